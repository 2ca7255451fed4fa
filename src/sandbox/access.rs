//! Who may do what with a bucket that is not theirs: by its ACL, by its policy, within Block Public Access.
//! The owner's account may do everything; identity policies are not imitated.

use super::{
    acl::{Grantee, Permission},
    auth::Known,
    policy::{Policy, Request, Says},
    public,
    state::Bucket,
};

/// What an operation needs: the action a policy names, and the permission of the bucket's ACL that covers it too.
struct Need {
    action: &'static str,
    acl: Option<Permission>,
}

const fn need(action: &'static str, acl: Option<Permission>) -> Need {
    Need { action, acl }
}

/// Operations that others than the owner can be given. What is not here stays the owner's.
#[rustfmt::skip]
fn needs(operation: &str) -> Option<Need> {
    use Permission::{Read, ReadAcp, Write, WriteAcp};
    Some(match operation {
        "HeadBucket" | "ListObjectsV2" => need("s3:ListBucket", Some(Read)),
        "ListObjectVersions" => need("s3:ListBucketVersions", Some(Read)),
        "GetBucketLocation" => need("s3:GetBucketLocation", None),
        "GetObject" | "HeadObject" => need("s3:GetObject", None),
        "PutObject" => need("s3:PutObject", Some(Write)),
        "DeleteObject" => need("s3:DeleteObject", Some(Write)),
        "GetObjectRetention" => need("s3:GetObjectRetention", None),
        "PutObjectRetention" => need("s3:PutObjectRetention", None),
        "GetBucketAcl" => need("s3:GetBucketAcl", Some(ReadAcp)),
        "PutBucketAcl" => need("s3:PutBucketAcl", Some(WriteAcp)),
        "GetPublicAccessBlock" => need("s3:GetBucketPublicAccessBlock", None),
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => need("s3:PutBucketPublicAccessBlock", None),
        "GetBucketPolicyStatus" => need("s3:GetBucketPolicyStatus", None),
        "GetBucketOwnershipControls" => need("s3:GetBucketOwnershipControls", None),
        "PutBucketOwnershipControls" | "DeleteBucketOwnershipControls" => need("s3:PutBucketOwnershipControls", None),
        "GetBucketEncryption" => need("s3:GetEncryptionConfiguration", None),
        "PutBucketEncryption" | "DeleteBucketEncryption" => need("s3:PutEncryptionConfiguration", None),
        "GetBucketVersioning" => need("s3:GetBucketVersioning", None),
        "PutBucketVersioning" => need("s3:PutBucketVersioning", None),
        "GetBucketTagging" => need("s3:GetBucketTagging", None),
        "PutBucketTagging" | "DeleteBucketTagging" => need("s3:PutBucketTagging", None),
        "GetBucketLifecycleConfiguration" => need("s3:GetLifecycleConfiguration", None),
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => need("s3:PutLifecycleConfiguration", None),
        "GetObjectLockConfiguration" => need("s3:GetBucketObjectLockConfiguration", None),
        "PutObjectLockConfiguration" => need("s3:PutBucketObjectLockConfiguration", None),
        "GetBucketLogging" => need("s3:GetBucketLogging", None),
        "PutBucketLogging" => need("s3:PutBucketLogging", None),
        "GetBucketCors" => need("s3:GetBucketCORS", None),
        "PutBucketCors" | "DeleteBucketCors" => need("s3:PutBucketCORS", None),
        "GetBucketWebsite" => need("s3:GetBucketWebsite", None),
        "PutBucketWebsite" => need("s3:PutBucketWebsite", None),
        "DeleteBucketWebsite" => need("s3:DeleteBucketWebsite", None),
        "GetBucketNotificationConfiguration" => need("s3:GetBucketNotification", None),
        "PutBucketNotificationConfiguration" => need("s3:PutBucketNotification", None),
        "GetBucketAccelerateConfiguration" => need("s3:GetAccelerateConfiguration", None),
        "PutBucketAccelerateConfiguration" => need("s3:PutAccelerateConfiguration", None),
        "GetBucketRequestPayment" => need("s3:GetBucketRequestPayment", None),
        "PutBucketRequestPayment" => need("s3:PutBucketRequestPayment", None),
        "GetBucketReplication" => need("s3:GetReplicationConfiguration", None),
        "PutBucketReplication" | "DeleteBucketReplication" => need("s3:PutReplicationConfiguration", None),
        "GetBucketInventoryConfiguration" | "ListBucketInventoryConfigurations" => need("s3:GetInventoryConfiguration", None),
        "PutBucketInventoryConfiguration" | "DeleteBucketInventoryConfiguration" => need("s3:PutInventoryConfiguration", None),
        "GetBucketMetricsConfiguration" | "ListBucketMetricsConfigurations" => need("s3:GetMetricsConfiguration", None),
        "PutBucketMetricsConfiguration" | "DeleteBucketMetricsConfiguration" => need("s3:PutMetricsConfiguration", None),
        "GetBucketIntelligentTieringConfiguration" | "ListBucketIntelligentTieringConfigurations" => need("s3:GetIntelligentTieringConfiguration", None),
        "PutBucketIntelligentTieringConfiguration" | "DeleteBucketIntelligentTieringConfiguration" => need("s3:PutIntelligentTieringConfiguration", None),
        _ => return None,
    })
}

/// `None` is an anonymous caller.
pub(super) fn permits(
    operation: &str,
    bucket: &Bucket,
    key: Option<&str>,
    caller: Option<&Known>,
) -> bool {
    if caller.is_some_and(|caller| caller.account == bucket.account) {
        return true;
    }
    let Some(need) = needs(operation) else {
        return false;
    };
    match by_policy(&need, bucket, key, caller) {
        Says::Denied => false,
        Says::Allowed => true,
        Says::Nothing => need
            .acl
            .is_some_and(|permission| by_acl(permission, bucket, caller)),
    }
}

fn by_policy(need: &Need, bucket: &Bucket, key: Option<&str>, caller: Option<&Known>) -> Says {
    let text = bucket.settings.policy.as_deref();
    let Some(Ok(policy)) = text.map(|text| Policy::accept(text, &bucket.name)) else {
        return Says::Nothing;
    };
    let resource = match key {
        Some(key) => format!("arn:aws:s3:::{}/{key}", bucket.name),
        None => format!("arn:aws:s3:::{}", bucket.name),
    };
    let says = policy.says(&Request {
        account: caller.map(|caller| caller.account.as_str()),
        action: need.action,
        resource: &resource,
    });
    let restricted = bucket.block().restrict_public_buckets;
    if says == Says::Allowed && restricted && public::policy(&policy) {
        // A public policy then opens the bucket to its owner's account alone.
        return Says::Nothing;
    }
    says
}

fn by_acl(permission: Permission, bucket: &Bucket, caller: Option<&Known>) -> bool {
    if bucket.settings.owner_enforced() {
        return false;
    }
    let ignore_public = bucket.block().ignore_public_acls;
    bucket.settings.acl.iter().any(|grant| {
        let permitted =
            grant.permission == permission || grant.permission == Permission::FullControl;
        let meant = match &grant.grantee {
            grantee if ignore_public && public::group(grantee) => false,
            Grantee::AllUsers => true,
            Grantee::AuthenticatedUsers => caller.is_some(),
            Grantee::Account(id) => caller.is_some_and(|caller| caller.canonical_id == *id),
            Grantee::LogDelivery => false,
        };
        permitted && meant
    })
}
