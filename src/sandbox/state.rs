//! The world in memory: buckets with their settings and objects, and the handle through which tests
//! and the demo read and change it behind the API's back.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use chrono::{DateTime, Utc};
use s3s::dto;
use tokio::time::Instant;

use super::{
    acl::Grant,
    beside::Held,
    objects::Objects,
    settings::{by_id::ById, encryption::Encryption, object_lock::ObjectLock},
    world::Buckets,
};
use crate::domain::Account;

/// The settings of a bucket that this server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    Acl,
    PublicAccessBlock,
    Policy,
    OwnershipControls,
    Encryption,
    Versioning,
    Tagging,
    Lifecycle,
    ObjectLock,
    Logging,
    Cors,
    Website,
    Notification,
    Accelerate,
    RequestPayment,
    Replication,
    Inventory,
    Metrics,
    IntelligentTiering,
}

impl Setting {
    /// The operations that change it.
    pub const fn writes(self) -> &'static [&'static str] {
        match self {
            Self::Acl => &["PutBucketAcl"],
            Self::PublicAccessBlock => &["PutPublicAccessBlock", "DeletePublicAccessBlock"],
            Self::Policy => &["PutBucketPolicy", "DeleteBucketPolicy"],
            Self::OwnershipControls => &[
                "PutBucketOwnershipControls",
                "DeleteBucketOwnershipControls",
            ],
            Self::Encryption => &["PutBucketEncryption", "DeleteBucketEncryption"],
            Self::Versioning => &["PutBucketVersioning"],
            Self::Tagging => &["PutBucketTagging", "DeleteBucketTagging"],
            Self::Lifecycle => &["PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
            Self::ObjectLock => &["PutObjectLockConfiguration"],
            Self::Logging => &["PutBucketLogging"],
            Self::Cors => &["PutBucketCors", "DeleteBucketCors"],
            Self::Website => &["PutBucketWebsite", "DeleteBucketWebsite"],
            Self::Notification => &["PutBucketNotificationConfiguration"],
            Self::Accelerate => &["PutBucketAccelerateConfiguration"],
            Self::RequestPayment => &["PutBucketRequestPayment"],
            Self::Replication => &["PutBucketReplication", "DeleteBucketReplication"],
            Self::Inventory => &[
                "PutBucketInventoryConfiguration",
                "DeleteBucketInventoryConfiguration",
            ],
            Self::Metrics => &[
                "PutBucketMetricsConfiguration",
                "DeleteBucketMetricsConfiguration",
            ],
            Self::IntelligentTiering => &[
                "PutBucketIntelligentTieringConfiguration",
                "DeleteBucketIntelligentTieringConfiguration",
            ],
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // the four flags are AWS's own
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// The stricter of both, flag by flag.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    BucketOwnerEnforced,
    BucketOwnerPreferred,
    ObjectWriter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    Enabled,
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceleration {
    Enabled,
    Suspended,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    pub rules: dto::LifecycleRules,
    pub minimum_size: String,
}

/// All settings of one bucket. `None` is "never set" wherever S3 knows that.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketSettings {
    pub acl: Vec<Grant>,
    pub public_access_block: Option<PublicAccessBlock>,
    /// The text as it was sent, byte for byte.
    pub policy: Option<String>,
    pub ownership: Option<Ownership>,
    /// Never absent: S3 encrypts everything.
    pub encryption: Encryption,
    pub versioning: Option<Versioning>,
    /// The root user turned it on, with the device; no call of this server does.
    pub mfa_delete: bool,
    /// In the order in which they were written. Empty is "no tag set".
    pub tags: Vec<(String, String)>,
    pub lifecycle: Option<Lifecycle>,
    pub object_lock: Option<ObjectLock>,
    pub logging: Option<dto::LoggingEnabled>,
    /// Empty is "no CORS configuration".
    pub cors: dto::CORSRules,
    pub website: Option<dto::WebsiteConfiguration>,
    /// Without any target is "not set".
    pub notification: dto::NotificationConfiguration,
    pub accelerate: Option<Acceleration>,
    pub requester_pays: bool,
    pub replication: Option<dto::ReplicationConfiguration>,
    pub inventory: ById<dto::InventoryConfiguration>,
    pub metrics: ById<dto::MetricsConfiguration>,
    pub intelligent_tiering: ById<dto::IntelligentTieringConfiguration>,
}

impl BucketSettings {
    /// What a bucket is born with since April 2023.
    pub fn of_a_new_bucket(owner: &str) -> Self {
        Self {
            acl: Grant::owner_only(owner),
            public_access_block: Some(PublicAccessBlock::ALL),
            policy: None,
            ownership: Some(Ownership::BucketOwnerEnforced),
            encryption: Encryption::of_a_new_bucket(),
            versioning: None,
            tags: Vec::new(),
            mfa_delete: false,
            lifecycle: None,
            object_lock: None,
            logging: None,
            cors: Vec::new(),
            website: None,
            notification: dto::NotificationConfiguration::default(),
            accelerate: None,
            requester_pays: false,
            replication: None,
            inventory: ById::new(),
            metrics: ById::new(),
            intelligent_tiering: ById::new(),
        }
    }

    /// The bucket's own four flags: never set is all off. The account's apply beside them.
    pub fn block(&self) -> PublicAccessBlock {
        self.public_access_block.unwrap_or_default()
    }

    /// Whether ACLs are disabled.
    pub fn owner_enforced(&self) -> bool {
        self.ownership == Some(Ownership::BucketOwnerEnforced)
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

/// A value that reads still give although it was overwritten.
#[derive(Clone, Debug)]
struct Stale {
    setting: Setting,
    until: Instant,
    before: Arc<BucketSettings>,
}

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub name: String,
    pub region: String,
    /// The owner's account id.
    pub account: String,
    /// The owner's canonical user id.
    pub owner: String,
    pub created: DateTime<Utc>,
    pub settings: BucketSettings,
    pub objects: Objects,
    /// The account's own block, which [`Buckets`] keeps the same in all its buckets.
    pub in_account: PublicAccessBlock,
    stale: Vec<Stale>,
}

impl Bucket {
    pub(super) fn new(seed: NewBucket) -> Self {
        Self {
            name: seed.name,
            region: seed.region,
            account: seed.account,
            owner: seed.owner,
            created: seed.created,
            settings: seed.settings,
            objects: Objects::default(),
            in_account: PublicAccessBlock::default(),
            stale: Vec::new(),
        }
    }

    /// Block Public Access as it takes effect.
    pub(super) fn block(&self) -> PublicAccessBlock {
        self.block_with(&self.settings)
    }

    /// As it takes effect once the bucket's settings are these.
    pub(super) fn block_with(&self, settings: &BucketSettings) -> PublicAccessBlock {
        settings.block().and(self.in_account)
    }

    /// The settings as a read of this one sees them now: those before a write that has not
    /// propagated yet. The oldest such value first, so that reads never go back in time.
    pub(super) fn seen(&self, setting: Setting) -> &BucketSettings {
        if self.stale.is_empty() {
            return &self.settings;
        }
        let now = Instant::now();
        let stale = self
            .stale
            .iter()
            .find(|stale| stale.setting == setting && stale.until > now);
        stale.map_or(&self.settings, |stale| stale.before.as_ref())
    }

    pub(super) fn replace(
        &mut self,
        setting: Setting,
        new: BucketSettings,
        stale: Option<Duration>,
    ) {
        let before = std::mem::replace(&mut self.settings, new);
        let now = Instant::now();
        self.stale.retain(|stale| stale.until > now);
        if let Some(span) = stale {
            self.stale.push(Stale {
                setting,
                until: now + span,
                before: Arc::new(before),
            });
        }
    }
}

/// A bucket to be put into the world as it is, without the API's checks.
#[derive(Clone, Debug)]
pub struct NewBucket {
    pub name: String,
    pub region: String,
    /// The owner's account id.
    pub account: String,
    /// The owner's canonical user id.
    pub owner: String,
    pub created: DateTime<Utc>,
    pub settings: BucketSettings,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no bucket `{0}` in the sandbox")]
pub struct NoSuchBucket(pub String);

/// One stored object version, as [`State::objects`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    pub key: String,
    pub version_id: String,
    pub body: bytes::Bytes,
}

/// A handle on the world; clones share it. What is done here is seen by the next request, and is
/// what "somebody else changed it meanwhile" looks like to a client.
#[derive(Clone, Debug, Default)]
pub struct State {
    buckets: Arc<RwLock<Buckets>>,
    pub(super) beside: Arc<RwLock<Held>>,
}

impl State {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Buckets> {
        // Every change replaces a value in one step, so the world is whole even after a panic.
        self.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Buckets> {
        self.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a bucket in, in the place of one with the same name.
    pub fn insert(&self, bucket: NewBucket) {
        self.write().insert(Bucket::new(bucket));
    }

    /// Takes a bucket out with everything in it.
    pub fn remove(&self, bucket: &str) -> Result<(), NoSuchBucket> {
        let removed = self.write().remove(bucket);
        removed
            .map(|_| ())
            .ok_or_else(|| NoSuchBucket(bucket.to_owned()))
    }

    /// All names, sorted.
    pub fn buckets(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// The settings as they are, whatever stale reads show.
    pub fn settings(&self, bucket: &str) -> Result<BucketSettings, NoSuchBucket> {
        self.of(bucket, |bucket| bucket.settings.clone())
    }

    /// Changes settings at once, with none of the API's checks and no stale reads.
    pub fn patch(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut BucketSettings),
    ) -> Result<(), NoSuchBucket> {
        let mut buckets = self.write();
        let found = buckets.get_mut(bucket);
        let found = found.ok_or_else(|| NoSuchBucket(bucket.to_owned()))?;
        found.stale.clear();
        change(&mut found.settings);
        Ok(())
    }

    /// The account's own Block Public Access as it is, whatever stale reads show.
    pub fn account_block(&self, account: &Account) -> Option<PublicAccessBlock> {
        self.read().account_block_now(account.as_str())
    }

    /// Changes the account's own Block Public Access at once, with no stale reads.
    pub fn set_account_block(&self, account: &Account, block: Option<PublicAccessBlock>) {
        self.write()
            .set_account_block(account.as_str(), block, None);
    }

    /// Every version of every object, by key, oldest first. Delete markers are left out.
    pub fn objects(&self, bucket: &str) -> Result<Vec<StoredObject>, NoSuchBucket> {
        self.of(bucket, |bucket| bucket.objects.stored())
    }

    fn of<T>(&self, bucket: &str, look: impl FnOnce(&Bucket) -> T) -> Result<T, NoSuchBucket> {
        let buckets = self.read();
        let found = buckets.get(bucket);
        found
            .map(look)
            .ok_or_else(|| NoSuchBucket(bucket.to_owned()))
    }
}
