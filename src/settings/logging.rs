//! Server access logging: where S3 writes a line for each request to the bucket. A bucket without it
//! answers with an empty body, and there is no delete call: an empty status turns it off.
//!
//! `SimplePrefix` is what S3 uses where no key format is said, so it is left out of the document.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketLogsPermission, LoggingEnabled, PartitionDateSource,
    PartitionedPrefix, TargetGrant as SdkTargetGrant, TargetObjectKeyFormat,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    acl::Grantee,
    call::{self, s3},
    fidelity,
    shape::{self, Empty},
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    logging_enabled: Option<Enabled>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(clippy::struct_field_names)] // the names are S3's
struct Enabled {
    target_bucket: String,
    #[serde(default)]
    target_prefix: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    target_grants: Vec<TargetGrant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_object_key_format: Option<KeyFormat>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TargetGrant {
    grantee: Grantee,
    permission: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyFormat {
    #[serde(skip_serializing_if = "Option::is_none")]
    simple_prefix: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partitioned_prefix: Option<Partitioned>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Partitioned {
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_date_source: Option<String>,
}

impl Status {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    fn document(self) -> Result<Document, String> {
        let Some(mut enabled) = self.logging_enabled else {
            return Ok(Document::ABSENT);
        };
        let format = enabled.target_object_key_format.take();
        enabled.target_object_key_format = format.filter(|it| it.partitioned_prefix.is_some());
        if enabled == Enabled::default() {
            return Ok(Document::ABSENT);
        }
        if enabled.target_bucket.is_empty() {
            return Err("logging without a target bucket".to_owned());
        }
        for grant in &mut enabled.target_grants {
            grant.grantee = grant.grantee.clone().filled();
            grant.grantee.checked()?;
        }
        enabled.target_grants.sort();
        shape::document(&Self {
            logging_enabled: Some(enabled),
        })
    }
}

impl Enabled {
    /// `acme-logs/exports/`
    fn place(&self) -> String {
        format!("{}/{}", self.target_bucket, self.target_prefix)
    }

    fn lines(&self) -> Vec<String> {
        let grants = self.target_grants.iter().map(TargetGrant::line);
        std::iter::once(self.place()).chain(grants).collect()
    }
}

impl TargetGrant {
    fn line(&self) -> String {
        format!("{}: {}", self.grantee.name(), self.permission)
    }
}

pub struct Logging;

#[async_trait]
impl Setting for Logging {
    fn name(&self) -> &'static str {
        "logging"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketLogging", get_bucket_logging);
        call::read("GetBucketLogging", "", answer, |output| {
            let logging_enabled = output.logging_enabled.map(from_sdk).transpose()?;
            Status { logging_enabled }.document()
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let status: Status = match step.to.value() {
            None => Ok(Status::default()),
            Some(value) => shape::typed(value.clone()),
        }
        .map_err(|message| CallError::unfit("PutBucketLogging", message))?;
        let enabled = status.logging_enabled.map(to_sdk).transpose();
        let enabled = enabled.map_err(|message| CallError::unfit("PutBucketLogging", message))?;
        let status = BucketLoggingStatus::builder().set_logging_enabled(enabled);
        s3!(
            bucket,
            "PutBucketLogging",
            put_bucket_logging,
            bucket_logging_status(status.build())
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        let status = if step.to.is_absent() {
            "{}".to_owned()
        } else {
            format!("file://{file}")
        };
        Command::s3api("put-bucket-logging", bucket).with("--bucket-logging-status", status)
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        let place = |document| Status::of(document).logging_enabled.map(|it| it.place());
        let (was, is) = (place(before), place(target));
        let mut residue = Vec::new();
        if let Some(is) = &is {
            residue.push(format!(
                "log objects that were delivered meanwhile stay in {is}"
            ));
        }
        if let Some(was) = was.filter(|was| is.as_ref() != Some(was)) {
            residue.push(format!("requests made meanwhile are missing from {was}"));
        }
        residue
    }

    /// Beside `LoggingEnabled` (whose texts are empty, and whose key format is null, where nothing
    /// is set): `enabled`, `target`, `prefix`, and `name` and `line` of each grant.
    fn view(&self, document: &Document) -> Value {
        let enabled = Status::of(document).logging_enabled.unwrap_or_default();
        let grants = enabled.target_grants.iter().map(|grant| {
            json!({
                "Grantee": grant.grantee.view(),
                "Permission": grant.permission,
                "name": grant.grantee.name(),
                "line": grant.line(),
            })
        });
        json!({
            "enabled": !enabled.target_bucket.is_empty(),
            "target": enabled.target_bucket,
            "prefix": enabled.target_prefix,
            "LoggingEnabled": {
                "TargetBucket": enabled.target_bucket,
                "TargetPrefix": enabled.target_prefix,
                "TargetGrants": grants.collect::<Vec<_>>(),
                "TargetObjectKeyFormat": enabled.target_object_key_format,
            },
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let status: Status = shape::typed(shape::without_derived(value))?;
        status.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let enabled = Status::of(document).logging_enabled;
        Summary {
            noun: "log targets".to_owned(),
            count: usize::from(enabled.is_some()),
            lines: enabled.map(|enabled| enabled.lines()).unwrap_or_default(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        match Status::of(document).logging_enabled {
            None => vec!["logging returns nothing set".to_owned()],
            Some(enabled) => std::iter::once("logging returns 1 target".to_owned())
                .chain(enabled.lines())
                .collect(),
        }
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |name, text| {
            name == "displayname"
                || (["targetgrants", "simpleprefix", "targetobjectkeyformat"].contains(&name)
                    && text.trim().is_empty())
        })
    }
}

fn from_sdk(enabled: LoggingEnabled) -> Result<Enabled, String> {
    let grants = enabled.target_grants.unwrap_or_default();
    let grant = |grant: SdkTargetGrant| {
        let grantee = grant.grantee.ok_or("a target grant without a grantee")?;
        let permission = grant
            .permission
            .ok_or("a target grant without a permission")?;
        Ok(TargetGrant {
            grantee: Grantee::from_sdk(grantee),
            permission: permission.as_str().to_owned(),
        })
    };
    Ok(Enabled {
        target_bucket: enabled.target_bucket,
        target_prefix: enabled.target_prefix,
        target_grants: grants
            .into_iter()
            .map(grant)
            .collect::<Result<_, String>>()?,
        target_object_key_format: enabled.target_object_key_format.map(|format| KeyFormat {
            simple_prefix: format.simple_prefix.map(|_| Empty {}),
            partitioned_prefix: format.partitioned_prefix.map(|prefix| Partitioned {
                partition_date_source: prefix
                    .partition_date_source
                    .map(|source| source.as_str().to_owned()),
            }),
        }),
    })
}

fn to_sdk(enabled: Enabled) -> Result<LoggingEnabled, String> {
    let grant = |grant: TargetGrant| {
        Ok(SdkTargetGrant::builder()
            .grantee(grant.grantee.into_sdk()?)
            .permission(BucketLogsPermission::from(grant.permission.as_str()))
            .build())
    };
    let grants = enabled.target_grants.into_iter().map(grant);
    let grants = grants.collect::<Result<Vec<_>, String>>()?;
    let prefix = enabled
        .target_object_key_format
        .and_then(|format| format.partitioned_prefix);
    let format = prefix.map(|prefix| {
        let source = prefix.partition_date_source;
        let source = source.map(|word| PartitionDateSource::from(word.as_str()));
        let prefix = PartitionedPrefix::builder().set_partition_date_source(source);
        TargetObjectKeyFormat::builder()
            .partitioned_prefix(prefix.build())
            .build()
    });
    LoggingEnabled::builder()
        .target_bucket(enabled.target_bucket)
        .target_prefix(enabled.target_prefix)
        .set_target_grants((!grants.is_empty()).then_some(grants))
        .set_target_object_key_format(format)
        .build()
        .map_err(|error| error.to_string())
}
