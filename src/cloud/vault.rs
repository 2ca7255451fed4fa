//! The vault: the bucket in which the state before every fix is kept, under the change's id.
//!
//! An object is written once, with its SHA-256, and read back before anybody relies on it. Writing
//! the same bytes again is success (a kill between the write and its entry must not matter); other
//! bytes under the same key are never overwritten.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{BucketVersioningStatus, ChecksumMode, ExpirationStatus, ObjectLockEnabled},
};

use super::Accounts;
use crate::{
    config,
    domain::{Account, ChangeId, Digest},
    settings::{CallError, CallErrorKind},
};

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("vault `{vault}`: {error}")]
    Call { vault: String, error: CallError },
    #[error("vault `{vault}`: `{key}` is already there with other bytes; nothing was overwritten")]
    Different { vault: String, key: String },
    #[error("vault `{vault}`: `{key}` did not read back as it was written")]
    Unequal { vault: String, key: String },
}

impl VaultError {
    /// Whether it is worth trying again later.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Call { error, .. } if error.passes())
    }
}

/// An object that was written and read back.
#[derive(Clone, Debug)]
pub struct Stored {
    pub uri: String,
    pub version_id: Option<String>,
    pub sha256: Digest,
}

/// What a look at the vault found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VaultReport {
    /// What keeps it from being relied on. Empty means that it passes.
    pub faults: Vec<String>,
    /// What is good to know.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Vault {
    client: aws_sdk_s3::Client,
    owner: Account,
    pub bucket: String,
    pub retention_days: u32,
}

impl Vault {
    pub fn new(accounts: &Accounts, config: &config::Vault) -> Self {
        let cloud = accounts.keeper(config);
        let region = config.region.as_deref().unwrap_or(cloud.home());
        Self {
            client: cloud.client(region),
            owner: cloud.account().clone(),
            bucket: config.bucket.clone(),
            retention_days: config.retention_days,
        }
    }

    /// One that nobody calls.
    #[cfg(test)]
    pub(crate) fn of_tests(bucket: &str, owner: Account) -> Self {
        let version = aws_sdk_s3::config::BehaviorVersion::latest();
        let config = aws_sdk_s3::Config::builder().behavior_version(version);
        Self {
            client: aws_sdk_s3::Client::from_conf(config.build()),
            owner,
            bucket: bucket.to_owned(),
            retention_days: 30,
        }
    }

    /// Whose the vault is.
    pub const fn account(&self) -> &Account {
        &self.owner
    }

    pub fn key(change: ChangeId, file: &str) -> String {
        format!("{change}/{file}")
    }

    pub fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    fn call(&self, error: CallError) -> VaultError {
        VaultError::Call {
            vault: self.bucket.clone(),
            error,
        }
    }

    /// Writes once, reads back, compares.
    pub async fn store(
        &self,
        change: ChangeId,
        file: &str,
        bytes: Vec<u8>,
    ) -> Result<Stored, VaultError> {
        let key = Self::key(change, file);
        let sha256 = Digest::of(&bytes);
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .expected_bucket_owner(self.owner.as_str())
            .key(&key)
            .if_none_match("*")
            .checksum_sha256(base64(&sha256))
            .body(ByteStream::from(bytes.clone()))
            .send()
            .await
            .map_err(|error| CallError::of("PutObject", &error));
        let written = match put {
            Ok(_) => true,
            Err(error) if error.status == Some(412) => false,
            Err(error) => return Err(self.call(error)),
        };
        let (back, version_id) = self.read(&key).await?;
        match (back == bytes, written) {
            (true, _) => Ok(Stored {
                uri: self.uri(&key),
                version_id,
                sha256,
            }),
            (false, true) => Err(VaultError::Unequal {
                vault: self.bucket.clone(),
                key,
            }),
            (false, false) => Err(VaultError::Different {
                vault: self.bucket.clone(),
                key,
            }),
        }
    }

    /// The bytes that are stored under a change's id.
    pub async fn fetch(&self, change: ChangeId, file: &str) -> Result<Vec<u8>, VaultError> {
        Ok(self.read(&Self::key(change, file)).await?.0)
    }

    async fn read(&self, key: &str) -> Result<(Vec<u8>, Option<String>), VaultError> {
        let object = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .expected_bucket_owner(self.owner.as_str())
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| self.call(CallError::of("GetObject", &error)))?;
        let version_id = object.version_id().map(str::to_owned);
        let bytes = object.body.collect().await.map_err(|error| {
            self.call(CallError {
                operation: "GetObject".to_owned(),
                code: "BrokenAnswer".to_owned(),
                status: None,
                message: error.to_string(),
                request_id: None,
                kind: CallErrorKind::Unreachable,
            })
        })?;
        Ok((bytes.to_vec(), version_id))
    }

    /// Looks whether this bucket can be relied on: reachable, versioned, and with a lifecycle rule
    /// that keeps every object for the retention and no shorter.
    pub async fn check(&self) -> VaultReport {
        let mut report = VaultReport::default();
        let owner = self.owner.as_str();
        let versioning = self
            .client
            .get_bucket_versioning()
            .bucket(&self.bucket)
            .expected_bucket_owner(owner)
            .send()
            .await;
        match versioning.map_err(|error| CallError::of("GetBucketVersioning", &error)) {
            Ok(answer) if answer.status() == Some(&BucketVersioningStatus::Enabled) => {}
            Ok(_) => report.faults.push(format!(
                "versioning is not enabled: `aws s3api put-bucket-versioning --bucket {} --versioning-configuration Status=Enabled` does it",
                self.bucket
            )),
            Err(error) => {
                let hint = match error.kind {
                    CallErrorKind::NoSuchBucket => {
                        ". Make this bucket, or name another under [vault]"
                    }
                    CallErrorKind::Denied => {
                        ". Who keeps the vault must be allowed to read it, and it must be of that account: one \
                         of another account needs `role_arn` under [vault]"
                    }
                    _ => "",
                };
                report.faults.push(format!("{error}{hint}"));
                return report;
            }
        }
        self.check_lifecycle(&mut report).await;
        let lock = self
            .client
            .get_object_lock_configuration()
            .bucket(&self.bucket)
            .expected_bucket_owner(owner)
            .send()
            .await;
        let locked = lock
            .ok()
            .and_then(|answer| answer.object_lock_configuration?.object_lock_enabled);
        report.notes.push(match locked {
            Some(ObjectLockEnabled::Enabled) => "Object Lock is on".to_owned(),
            _ => "Object Lock is off: whoever may delete objects may delete backups".to_owned(),
        });
        report
    }

    async fn check_lifecycle(&self, report: &mut VaultReport) {
        let days = self.retention_days;
        let answer = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(&self.bucket)
            .expected_bucket_owner(self.owner.as_str())
            .send()
            .await
            .map_err(|error| CallError::of("GetBucketLifecycleConfiguration", &error));
        let rules = match answer {
            Ok(answer) => answer.rules.unwrap_or_default(),
            Err(error) if error.code == "NoSuchLifecycleConfiguration" => Vec::new(),
            Err(error) => return report.faults.push(error.to_string()),
        };
        let on = rules
            .iter()
            .filter(|rule| rule.status() == &ExpirationStatus::Enabled);
        let expiries: Vec<_> = on.filter_map(|rule| rule.expiration()?.days()).collect();
        let shortest = expiries.iter().min().copied();
        match shortest.map(|shortest| u32::try_from(shortest).unwrap_or(0)) {
            Some(shortest) if shortest < days => report.faults.push(format!(
                "a lifecycle rule deletes objects after {shortest} days, sooner than the retention of {days} days"
            )),
            Some(_) => {}
            None => report.faults.push(format!(
                "no lifecycle rule ends the retention: add one that expires objects after {days} days or more"
            )),
        }
    }
}

/// Base64 of the digest's 32 bytes, as the checksum header wants it.
fn base64(digest: &Digest) -> String {
    let bytes: Vec<u8> = digest
        .as_str()
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    aws_smithy_types::base64::encode(bytes)
}
