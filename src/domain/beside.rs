//! What was found beside a bucket's own settings: plain values that hazards are judged by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Document;

/// Another bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherBucket {
    /// Somebody has a bucket of this name.
    pub exists: bool,
    /// Empty where it does not exist, or nobody told.
    pub region: String,
    /// The asking account where it is that one's; empty where it is not, or not known to be.
    pub account: String,
    /// The settings that were asked for, by name; none where the bucket is not known to be ours.
    pub documents: BTreeMap<String, Document>,
}

/// A KMS key, as `DescribeKey` in the bucket's region tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmsKey {
    pub exists: bool,
    pub enabled: bool,
    /// [`KeyState`](https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html), such as
    /// `Enabled`, `Disabled`, `PendingDeletion`; empty where there is no such key.
    pub state: String,
    /// Of the key itself, also where an alias was asked for; empty where there is no such key.
    pub arn: String,
    pub region: String,
    pub account: String,
    /// `AWS` or `CUSTOMER`.
    pub manager: String,
    /// Encrypts and decrypts with one secret, which is the only kind that S3 takes.
    pub symmetric: bool,
}

impl KmsKey {
    /// A key that is not there; what its ARN says, where an ARN was asked for, is all that is known.
    pub fn missing(asked: &str) -> Self {
        let part = |at| asked.split(':').nth(at).unwrap_or_default().to_owned();
        Self {
            exists: false,
            enabled: false,
            state: String::new(),
            arn: String::new(),
            region: part(3),
            account: part(4),
            manager: String::new(),
            symmetric: false,
        }
    }
}

/// Which objects are meant by a count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    #[serde(default)]
    pub prefix: String,
    /// Days since an object was written, or since a version stopped being the current one.
    #[serde(default)]
    pub older_than_days: u32,
    /// Versions that are no longer current, instead of current objects.
    #[serde(default)]
    pub noncurrent: bool,
}

/// How many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    pub count: u64,
    pub bytes: u64,
    /// False where the look was ended before the last object: then there are at least so many.
    pub complete: bool,
}
