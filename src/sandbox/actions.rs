//! From operations to the IAM actions that they need, which have other names here and there: the
//! deletion of a setting is mostly its put, and `HeadBucket` is `s3:ListBucket`.
//!
//! Sources: [actions of S3](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html),
//! [operations and their permissions](https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).

use hyper::HeaderMap;

use super::acl::Permission;

/// What an operation needs: the action that policies name, and the permission of the bucket's ACL that covers it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub action: &'static str,
    pub acl: Option<Permission>,
    /// Nobody outside the owner's account can be given it.
    pub owner_only: bool,
}

const fn need(action: &'static str, acl: Option<Permission>) -> Need {
    Need {
        action,
        acl,
        owner_only: false,
    }
}

const fn own(action: &'static str) -> Need {
    Need {
        action,
        acl: None,
        owner_only: true,
    }
}

/// `None` for an operation that is not imitated. Whether one version of an object is named matters.
#[rustfmt::skip]
pub(super) fn needs(operation: &str, of_version: bool) -> Option<Need> {
    use Permission::{Read, ReadAcp, Write, WriteAcp};
    Some(match operation {
        "ListBuckets" => own("s3:ListAllMyBuckets"),
        "CreateBucket" => own("s3:CreateBucket"),
        "DeleteBucket" => own("s3:DeleteBucket"),
        "HeadBucket" | "ListObjectsV2" => need("s3:ListBucket", Some(Read)),
        "ListObjectVersions" => need("s3:ListBucketVersions", Some(Read)),
        "GetBucketLocation" => need("s3:GetBucketLocation", None),
        "GetObject" | "HeadObject" if of_version => need("s3:GetObjectVersion", None),
        "GetObject" | "HeadObject" => need("s3:GetObject", None),
        "PutObject" => need("s3:PutObject", Some(Write)),
        "DeleteObject" if of_version => need("s3:DeleteObjectVersion", Some(Write)),
        "DeleteObject" => need("s3:DeleteObject", Some(Write)),
        "GetObjectRetention" => need("s3:GetObjectRetention", None),
        "PutObjectRetention" => need("s3:PutObjectRetention", None),
        "GetBucketAcl" => need("s3:GetBucketAcl", Some(ReadAcp)),
        "PutBucketAcl" => need("s3:PutBucketAcl", Some(WriteAcp)),
        "GetPublicAccessBlock" => need("s3:GetBucketPublicAccessBlock", None),
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => need("s3:PutBucketPublicAccessBlock", None),
        "GetBucketPolicy" => own("s3:GetBucketPolicy"),
        "PutBucketPolicy" => own("s3:PutBucketPolicy"),
        "DeleteBucketPolicy" => own("s3:DeleteBucketPolicy"),
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

/// What a header of an operation needs beside the operation itself.
const BY_HEADER: [(&str, &str, &str); 9] = [
    (
        "PutObject",
        "x-amz-object-lock-mode",
        "s3:PutObjectRetention",
    ),
    (
        "PutObject",
        "x-amz-object-lock-legal-hold",
        "s3:PutObjectLegalHold",
    ),
    ("PutObject", "x-amz-tagging", "s3:PutObjectTagging"),
    ("PutObject", "x-amz-acl", "s3:PutObjectAcl"),
    (
        "PutObjectRetention",
        "x-amz-bypass-governance-retention",
        "s3:BypassGovernanceRetention",
    ),
    (
        "DeleteObject",
        "x-amz-bypass-governance-retention",
        "s3:BypassGovernanceRetention",
    ),
    ("CreateBucket", "x-amz-acl", "s3:PutBucketAcl"),
    (
        "CreateBucket",
        "x-amz-bucket-object-lock-enabled",
        "s3:PutBucketObjectLockConfiguration",
    ),
    (
        "CreateBucket",
        "x-amz-object-ownership",
        "s3:PutBucketOwnershipControls",
    ),
];

/// The further actions of a request.
pub(super) fn by_header<'a>(
    operation: &'a str,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'static str> + 'a {
    let sent = move |(of, header, _): &&(&str, &str, &str)| {
        *of == operation && headers.contains_key(*header)
    };
    BY_HEADER.iter().filter(sent).map(|(_, _, action)| *action)
}

/// Of a bucket, or of an object in it.
pub(super) fn arn(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}
