//! The settings of a bucket, one file each: what S3 answers to a get, and what it accepts or refuses in a
//! put or delete. Functions here are pure: they see the bucket and change a copy of its settings;
//! [`service`](super::service) does the locking and the faults.

pub(super) mod accelerate;
pub(super) mod acl;
pub(super) mod by_id;
pub(super) mod cors;
pub(super) mod encryption;
pub(super) mod intelligent_tiering;
pub(super) mod inventory;
pub(super) mod lifecycle;
pub(super) mod logging;
pub(super) mod metrics;
pub(super) mod notification;
pub(super) mod object_lock;
pub(super) mod ownership;
pub(super) mod policy;
pub(super) mod public_access_block;
pub(super) mod replication;
pub(super) mod request_payment;
pub(super) mod tagging;
pub(super) mod versioning;
pub(super) mod website;
