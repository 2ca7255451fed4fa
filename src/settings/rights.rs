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

const fn both(read: &'static [&'static str], write: &'static [&'static str]) -> Option<Rights> {
    Some(Rights { read, write })
}

/// The rights of a setting by its name; none where there is no such setting.
pub fn rights(setting: &str) -> Option<Rights> {
    match setting {
        "accelerate" => both(
            &["s3:GetAccelerateConfiguration"],
            &["s3:PutAccelerateConfiguration"],
        ),
        "access_points" => both(&["s3:ListAccessPoints", "s3:GetAccessPoint"], &[]),
        "account_public_access_block" => both(
            &["s3:GetAccountPublicAccessBlock"],
            &["s3:PutAccountPublicAccessBlock"],
        ),
        "acl" => both(&["s3:GetBucketAcl"], &["s3:PutBucketAcl"]),
        "cors" => both(&["s3:GetBucketCORS"], &["s3:PutBucketCORS"]),
        "encryption" => both(
            &["s3:GetEncryptionConfiguration"],
            &["s3:PutEncryptionConfiguration"],
        ),
        "intelligent_tiering" => both(
            &["s3:GetIntelligentTieringConfiguration"],
            &["s3:PutIntelligentTieringConfiguration"],
        ),
        "inventory" => both(
            &["s3:GetInventoryConfiguration"],
            &["s3:PutInventoryConfiguration"],
        ),
        "lifecycle" => both(
            &["s3:GetLifecycleConfiguration"],
            &["s3:PutLifecycleConfiguration"],
        ),
        "logging" => both(&["s3:GetBucketLogging"], &["s3:PutBucketLogging"]),
        "metrics" => both(
            &["s3:GetMetricsConfiguration"],
            &["s3:PutMetricsConfiguration"],
        ),
        "multi_region_access_points" => both(&["s3:ListMultiRegionAccessPoints"], &[]),
        "notification" => both(&["s3:GetBucketNotification"], &["s3:PutBucketNotification"]),
        "object_lock" => both(
            &["s3:GetBucketObjectLockConfiguration"],
            &["s3:PutBucketObjectLockConfiguration"],
        ),
        "ownership_controls" => both(
            &["s3:GetBucketOwnershipControls"],
            &["s3:PutBucketOwnershipControls"],
        ),
        "policy" => both(
            &["s3:GetBucketPolicy"],
            &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        ),
        "public_access_block" => both(
            &["s3:GetBucketPublicAccessBlock"],
            &["s3:PutBucketPublicAccessBlock"],
        ),
        "replication" => both(
            &["s3:GetReplicationConfiguration"],
            &["s3:PutReplicationConfiguration"],
        ),
        "request_payment" => both(
            &["s3:GetBucketRequestPayment"],
            &["s3:PutBucketRequestPayment"],
        ),
        "tagging" => both(&["s3:GetBucketTagging"], &["s3:PutBucketTagging"]),
        "versioning" => both(&["s3:GetBucketVersioning"], &["s3:PutBucketVersioning"]),
        "website" => both(
            &["s3:GetBucketWebsite"],
            &["s3:PutBucketWebsite", "s3:DeleteBucketWebsite"],
        ),
        _ => None,
    }
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
