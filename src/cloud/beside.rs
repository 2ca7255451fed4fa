//! What hazards want to know beside a bucket's own settings: whose another bucket is, how a KMS key
//! stands. Paced and counted like every read.

use aws_sdk_kms::types::{KeyManagerType, KeyState};
use aws_sdk_s3::error::SdkError;

use super::{Cloud, Urgency};
use crate::{
    domain::{Asset, KmsKey, OtherBucket},
    settings::{CallError, Setting},
};

/// What one `HeadBucket` tells.
enum Head {
    Is(OtherBucket),
    /// It is in this region, which has to be asked.
    Elsewhere(String),
}

impl Cloud {
    /// Whether there is such a bucket, where, and whether it is `asking`'s account's; then these of
    /// its settings. A bucket that may not be looked at is one that is not known to be ours.
    pub async fn other_bucket(
        &self,
        name: &str,
        settings: &[&dyn Setting],
        asking: &Asset,
        urgency: Urgency,
    ) -> Result<OtherBucket, CallError> {
        let mut other = if asking.bucket_name() == Some(name) {
            ours(&asking.region, asking)
        } else {
            self.find(name, asking, urgency).await?
        };
        if other.account.is_empty() {
            return Ok(other);
        }
        let asset = Asset::bucket(asking.account.clone(), &other.region, name);
        for setting in settings {
            let read = self.read(*setting, &asset, urgency).await?;
            let name = setting.name().to_owned();
            other.documents.insert(name, read.document);
        }
        Ok(other)
    }

    async fn find(
        &self,
        name: &str,
        asking: &Asset,
        urgency: Urgency,
    ) -> Result<OtherBucket, CallError> {
        match self.head(name, &self.home, asking, urgency).await? {
            Head::Is(other) => Ok(other),
            Head::Elsewhere(region) => match self.head(name, &region, asking, urgency).await? {
                Head::Is(other) => Ok(other),
                Head::Elsewhere(region) => Ok(somebodys(&region)),
            },
        }
    }

    /// [HeadBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html); its refusals
    /// name the bucket's region too.
    async fn head(
        &self,
        name: &str,
        region: &str,
        asking: &Asset,
        urgency: Urgency,
    ) -> Result<Head, CallError> {
        let place = self.region(region);
        self.patiently(&place, urgency, || async {
            let call = place
                .client
                .head_bucket()
                .bucket(name)
                .expected_bucket_owner(asking.account.as_str());
            let error = match call.send().await {
                Ok(head) => {
                    let there = head.bucket_region().unwrap_or(region);
                    return Ok(Head::Is(ours(there, asking)));
                }
                Err(error) => error,
            };
            let status = error.raw_response().map(|raw| raw.status().as_u16());
            match (status, told_region(&error)) {
                (Some(404), _) => Ok(Head::Is(OtherBucket::default())),
                (_, Some(there)) if there != region => Ok(Head::Elsewhere(there)),
                (Some(403), there) => Ok(Head::Is(somebodys(&there.unwrap_or_default()))),
                _ => Err(CallError::of("HeadBucket", &error)),
            }
        })
        .await
    }

    /// [DescribeKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html) in a
    /// region. That KMS knows no key of this name is an answer, not a failure.
    pub async fn kms_key(
        &self,
        key: &str,
        region: &str,
        urgency: Urgency,
    ) -> Result<KmsKey, CallError> {
        let place = self.region(region);
        let answer = self
            .patiently(&place, urgency, || async {
                let call = place.kms.describe_key().key_id(key);
                call.send()
                    .await
                    .map_err(|error| CallError::of("DescribeKey", &error))
            })
            .await;
        let metadata = match answer {
            Ok(answer) => answer.key_metadata,
            Err(error) if ["NotFoundException", "InvalidArnException"].contains(&&*error.code) => {
                None
            }
            Err(error) => return Err(error),
        };
        let Some(metadata) = metadata else {
            return Ok(KmsKey::missing(key));
        };
        let arn = metadata.arn().unwrap_or_default();
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        Ok(KmsKey {
            exists: true,
            enabled: metadata.enabled(),
            state: word(metadata.key_state().map(KeyState::as_str)),
            arn: arn.to_owned(),
            region: word(arn.split(':').nth(3)),
            account: word(metadata.aws_account_id()),
            manager: word(metadata.key_manager().map(KeyManagerType::as_str)),
            symmetric: metadata
                .key_spec()
                .is_none_or(|spec| spec.as_str() == "SYMMETRIC_DEFAULT"),
        })
    }
}

fn ours(region: &str, asking: &Asset) -> OtherBucket {
    OtherBucket {
        exists: true,
        region: region.to_owned(),
        account: asking.account.as_str().to_owned(),
        ..OtherBucket::default()
    }
}

fn somebodys(region: &str) -> OtherBucket {
    OtherBucket {
        exists: true,
        region: region.to_owned(),
        ..OtherBucket::default()
    }
}

fn told_region<E>(
    error: &SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
) -> Option<String> {
    let headers = error.raw_response()?.headers();
    headers.get("x-amz-bucket-region").map(str::to_owned)
}
