//! Inventory: lists of a bucket's objects that S3 delivers to a bucket, daily or weekly.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    InventoryConfiguration, InventoryDestination, InventoryEncryption, InventoryFilter,
    InventoryFormat, InventoryFrequency, InventoryIncludedObjectVersions, InventoryOptionalField,
    InventoryS3BucketDestination, InventorySchedule, Ssekms, Sses3,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Configuration, Kind, Page, page};
use crate::settings::{
    Bucket, CallError, Written,
    call::{Answer, s3},
    filter,
    shape::{self, Empty},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct One {
    destination: Destination,
    is_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
    id: String,
    included_object_versions: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    optional_fields: Option<Vec<String>>,
    schedule: Schedule,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Destination {
    #[serde(rename = "S3BucketDestination")]
    bucket: BucketDestination,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BucketDestination {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    bucket: String,
    format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption: Option<Encryption>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    #[serde(rename = "SSES3", skip_serializing_if = "Option::is_none")]
    s3: Option<Empty>,
    #[serde(rename = "SSEKMS", skip_serializing_if = "Option::is_none")]
    kms: Option<SseKms>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SseKms {
    key_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    prefix: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Schedule {
    frequency: String,
}

impl One {
    /// The destination's name, out of its ARN.
    fn bucket(&self) -> &str {
        let arn = &self.destination.bucket.bucket;
        arn.rsplit(':').next().unwrap_or(arn)
    }

    fn encryption(&self) -> &'static str {
        match &self.destination.bucket.encryption {
            Some(Encryption { kms: Some(_), .. }) => "SSE-KMS",
            Some(Encryption { s3: Some(_), .. }) => "SSE-S3",
            _ => "",
        }
    }

    fn prefix(&self) -> &str {
        self.filter.as_ref().map_or("", |filter| &filter.prefix)
    }
}

impl Configuration for One {
    fn id(&self) -> &str {
        &self.id
    }

    fn line(&self) -> String {
        let to = &self.destination.bucket;
        format!(
            "{} {} to {}{}{}",
            self.schedule.frequency.to_lowercase(),
            to.format,
            self.bucket(),
            filter::scope(self.prefix(), false),
            if self.is_enabled { "" } else { " (disabled)" }
        )
    }

    /// Beside the CLI's fields: `enabled`, the destination's `bucket` (its name), `account` and
    /// `encryption` (`SSE-S3`, `SSE-KMS`, or empty), and `whole_bucket`.
    fn view(&self) -> Value {
        let mut view = shape::with_all(
            serde_json::to_value(self).unwrap_or_default(),
            &["Filter", "OptionalFields"],
        );
        let account = self.destination.bucket.account_id.as_deref();
        if let Some(to) = view.pointer_mut("/Destination/S3BucketDestination") {
            *to = shape::with_all(to.take(), &["AccountId", "Prefix", "Encryption"]);
        }
        if let Value::Object(view) = &mut view {
            view.insert("enabled".to_owned(), json!(self.is_enabled));
            view.insert("bucket".to_owned(), json!(self.bucket()));
            view.insert("account".to_owned(), json!(account.unwrap_or_default()));
            view.insert("encryption".to_owned(), json!(self.encryption()));
            view.insert("whole_bucket".to_owned(), json!(self.prefix().is_empty()));
        }
        view
    }

    fn checked(mut self) -> Result<Self, String> {
        if let Some(fields) = &mut self.optional_fields {
            fields.sort();
        }
        self.optional_fields = self.optional_fields.filter(|fields| !fields.is_empty());
        if !self.destination.bucket.bucket.starts_with("arn:") {
            return Err("the destination is given by its ARN".to_owned());
        }
        Ok(self)
    }
}

pub struct Inventory;

#[async_trait]
impl Kind for Inventory {
    type Configuration = One;

    const NAME: &'static str = "inventory";
    const WORD: &'static str = "InventoryConfiguration";
    const CLI: &'static str = "inventory-configuration";
    const RENAMED: &'static [(&'static str, &'static str)] = &[("field", "optionalfields")];
    const RESIDUE: &'static str = "reports that are delivered meanwhile stay in their destination";

    async fn page(
        bucket: Bucket<'_>,
        token: Option<String>,
    ) -> Result<Answer<Page<One>>, CallError> {
        let answer = s3!(
            bucket,
            "ListBucketInventoryConfigurations",
            list_bucket_inventory_configurations,
            set_continuation_token(token)
        );
        page(
            answer,
            |output| {
                (
                    output.inventory_configuration_list,
                    output.is_truncated,
                    output.next_continuation_token,
                )
            },
            from_sdk,
        )
    }

    async fn put(bucket: Bucket<'_>, one: One) -> Result<Written, CallError> {
        let id = one.id.clone();
        let configuration = to_sdk(one)
            .map_err(|message| CallError::unfit("PutBucketInventoryConfiguration", message))?;
        s3!(
            bucket,
            "PutBucketInventoryConfiguration",
            put_bucket_inventory_configuration,
            id(id),
            inventory_configuration(configuration)
        )
        .map(Written::from)
    }

    async fn delete(bucket: Bucket<'_>, id: &str) -> Result<Written, CallError> {
        s3!(
            bucket,
            "DeleteBucketInventoryConfiguration",
            delete_bucket_inventory_configuration,
            id(id)
        )
        .map(Written::from)
    }
}

fn from_sdk(one: InventoryConfiguration) -> Result<One, String> {
    let to = one
        .destination
        .and_then(|destination| destination.s3_bucket_destination)
        .ok_or("an inventory without a destination")?;
    let schedule = one.schedule.ok_or("an inventory without a schedule")?;
    let mut fields: Vec<String> = (one.optional_fields.unwrap_or_default().iter())
        .map(|field| field.as_str().to_owned())
        .collect();
    fields.sort();
    Ok(One {
        destination: Destination {
            bucket: BucketDestination {
                account_id: to.account_id,
                bucket: to.bucket,
                format: to.format.as_str().to_owned(),
                prefix: to.prefix,
                encryption: to.encryption.map(|encryption| Encryption {
                    s3: encryption.sses3.map(|_| Empty {}),
                    kms: encryption.ssekms.map(|kms| SseKms { key_id: kms.key_id }),
                }),
            },
        },
        is_enabled: one.is_enabled,
        filter: one.filter.map(|filter| Filter {
            prefix: filter.prefix,
        }),
        id: one.id,
        included_object_versions: one.included_object_versions.as_str().to_owned(),
        optional_fields: (!fields.is_empty()).then_some(fields),
        schedule: Schedule {
            frequency: schedule.frequency.as_str().to_owned(),
        },
    })
}

fn to_sdk(one: One) -> Result<InventoryConfiguration, String> {
    let wrong = |error: aws_smithy_types::error::operation::BuildError| error.to_string();
    let to = one.destination.bucket;
    let encryption = match to.encryption {
        None => None,
        Some(encryption) => {
            let kms = encryption
                .kms
                .map(|kms| Ssekms::builder().key_id(kms.key_id).build());
            let built = InventoryEncryption::builder()
                .set_sses3(encryption.s3.map(|Empty {}| Sses3::builder().build()))
                .set_ssekms(kms.transpose().map_err(wrong)?);
            Some(built.build())
        }
    };
    let destination = InventoryS3BucketDestination::builder()
        .set_account_id(to.account_id)
        .bucket(to.bucket)
        .format(InventoryFormat::from(to.format.as_str()))
        .set_prefix(to.prefix)
        .set_encryption(encryption)
        .build()
        .map_err(wrong)?;
    let filter = one
        .filter
        .map(|filter| InventoryFilter::builder().prefix(filter.prefix).build());
    let fields = one.optional_fields.map(|fields| {
        let field = |field: &String| InventoryOptionalField::from(field.as_str());
        fields.iter().map(field).collect()
    });
    let schedule = InventorySchedule::builder()
        .frequency(InventoryFrequency::from(one.schedule.frequency.as_str()))
        .build()
        .map_err(wrong)?;
    let versions = InventoryIncludedObjectVersions::from(one.included_object_versions.as_str());
    InventoryConfiguration::builder()
        .destination(
            InventoryDestination::builder()
                .s3_bucket_destination(destination)
                .build(),
        )
        .is_enabled(one.is_enabled)
        .set_filter(filter.transpose().map_err(wrong)?)
        .id(one.id)
        .included_object_versions(versions)
        .set_optional_fields(fields)
        .schedule(schedule)
        .build()
        .map_err(wrong)
}
