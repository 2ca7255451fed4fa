//! What IAM calls the rights that each setting takes; they differ from the names of the calls.
//!
//! Source: [actions for Amazon S3](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
//! One table for everybody who asks: whether a policy shuts the room out, what a role for one change
//! may do, and which policies `sixfold doctor --print-iam` prints.

/// The actions of one setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    pub read: &'static [&'static str],
    /// Empty for what nobody can change. The first one is what a put takes; whatever else there is, a
    /// delete takes.
    pub write: &'static [&'static str],
}

/// The rights of a setting by its name; none where there is no such setting.
pub fn rights(setting: &str) -> Option<Rights> {
    let (read, write): (&'static [&'static str], &'static [&'static str]) = match setting {
        "accelerate" => (
            &["s3:GetAccelerateConfiguration"],
            &["s3:PutAccelerateConfiguration"],
        ),
        "access_points" => (&["s3:ListAccessPoints", "s3:GetAccessPoint"], &[]),
        "account_public_access_block" => (
            &["s3:GetAccountPublicAccessBlock"],
            &["s3:PutAccountPublicAccessBlock"],
        ),
        "acl" => (&["s3:GetBucketAcl"], &["s3:PutBucketAcl"]),
        "cors" => (&["s3:GetBucketCORS"], &["s3:PutBucketCORS"]),
        "encryption" => (
            &["s3:GetEncryptionConfiguration"],
            &["s3:PutEncryptionConfiguration"],
        ),
        "intelligent_tiering" => (
            &["s3:GetIntelligentTieringConfiguration"],
            &["s3:PutIntelligentTieringConfiguration"],
        ),
        "inventory" => (
            &["s3:GetInventoryConfiguration"],
            &["s3:PutInventoryConfiguration"],
        ),
        "lifecycle" => (
            &["s3:GetLifecycleConfiguration"],
            &["s3:PutLifecycleConfiguration"],
        ),
        "logging" => (&["s3:GetBucketLogging"], &["s3:PutBucketLogging"]),
        "metrics" => (
            &["s3:GetMetricsConfiguration"],
            &["s3:PutMetricsConfiguration"],
        ),
        "multi_region_access_points" => (&["s3:ListMultiRegionAccessPoints"], &[]),
        "notification" => (&["s3:GetBucketNotification"], &["s3:PutBucketNotification"]),
        "object_lock" => (
            &["s3:GetBucketObjectLockConfiguration"],
            &["s3:PutBucketObjectLockConfiguration"],
        ),
        "ownership_controls" => (
            &["s3:GetBucketOwnershipControls"],
            &["s3:PutBucketOwnershipControls"],
        ),
        "policy" => (
            &["s3:GetBucketPolicy"],
            &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        ),
        "public_access_block" => (
            &["s3:GetBucketPublicAccessBlock"],
            &["s3:PutBucketPublicAccessBlock"],
        ),
        "replication" => (
            &["s3:GetReplicationConfiguration"],
            &["s3:PutReplicationConfiguration"],
        ),
        "request_payment" => (
            &["s3:GetBucketRequestPayment"],
            &["s3:PutBucketRequestPayment"],
        ),
        "tagging" => (&["s3:GetBucketTagging"], &["s3:PutBucketTagging"]),
        "versioning" => (&["s3:GetBucketVersioning"], &["s3:PutBucketVersioning"]),
        "website" => (
            &["s3:GetBucketWebsite"],
            &["s3:PutBucketWebsite", "s3:DeleteBucketWebsite"],
        ),
        _ => return None,
    };
    Some(Rights { read, write })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    #[test]
    fn every_setting_says_which_rights_it_takes() {
        for setting in settings::all() {
            let rights = rights(setting.name());
            let rights = rights.unwrap_or_else(|| panic!("{}", setting.name()));
            assert!(!rights.read.is_empty());
            assert_eq!(rights.write.is_empty(), setting.is_read_only());
            for action in rights.read.iter().chain(rights.write) {
                assert!(action.starts_with("s3:"), "{action}");
            }
        }
    }
}
