//! How each fault of the demo estate looks in a bucket's settings.

use serde_json::{Value, json};

use crate::sandbox::{
    Algorithm, Encryption, Grant, Grantee,
    acl::Permission,
    state::{BucketSettings, Ownership, PublicAccessBlock, Versioning},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Everybody may list it.
    PublicRead,
    /// Everybody may list it and write to it.
    PublicWrite,
    /// Everybody with any AWS account may list it.
    AuthenticatedRead,
    /// A public grant from before the block, which masks it.
    MaskedPublicRead,
    /// Only the two ACL flags of Block Public Access are on.
    PartialBlock,
    /// Block Public Access was never set.
    NoBlock,
    /// No policy at all.
    NoPolicy,
    /// A policy that others rely on, without the TLS statement.
    PolicyWithoutTls,
    /// Encrypted with S3's own keys, whatever the classification.
    PlainEncryption,
    VersioningOff,
    VersioningSuspended,
    NoEnvTag,
    NoOwnerTag,
    NoClassTag,
    /// Uploads may bring a key of their own.
    CallersKeys,
    NoBucketKey,
    /// KMS with the key that AWS manages.
    ManagedKey,
    /// The key of another region, with which no upload works.
    KeyElsewhere,
    /// One layer of KMS, whatever the classification.
    OneLayer,
    /// The environment in words of somebody's own.
    OddEnvTag,
}

impl Fault {
    pub(super) const ALL: [Self; 20] = [
        Self::PublicRead,
        Self::PublicWrite,
        Self::AuthenticatedRead,
        Self::MaskedPublicRead,
        Self::PartialBlock,
        Self::NoBlock,
        Self::NoPolicy,
        Self::PolicyWithoutTls,
        Self::PlainEncryption,
        Self::VersioningOff,
        Self::VersioningSuspended,
        Self::NoEnvTag,
        Self::NoOwnerTag,
        Self::NoClassTag,
        Self::CallersKeys,
        Self::NoBucketKey,
        Self::ManagedKey,
        Self::KeyElsewhere,
        Self::OneLayer,
        Self::OddEnvTag,
    ];

    pub(super) fn break_it(self, settings: &mut BucketSettings, bucket: &str) {
        match self {
            Self::PublicRead => open(settings, &[(Grantee::AllUsers, Permission::Read)]),
            Self::PublicWrite => open(
                settings,
                &[
                    (Grantee::AllUsers, Permission::Read),
                    (Grantee::AllUsers, Permission::Write),
                ],
            ),
            Self::AuthenticatedRead => {
                open(settings, &[(Grantee::AuthenticatedUsers, Permission::Read)]);
            }
            Self::MaskedPublicRead => {
                open(settings, &[(Grantee::AllUsers, Permission::Read)]);
                settings.public_access_block = Some(PublicAccessBlock::ALL);
            }
            Self::PartialBlock => {
                settings.public_access_block = Some(PublicAccessBlock {
                    block_public_acls: true,
                    ignore_public_acls: true,
                    ..PublicAccessBlock::default()
                });
            }
            Self::NoBlock => settings.public_access_block = None,
            Self::NoPolicy => settings.policy = None,
            Self::PolicyWithoutTls => {
                let policy = json!({ "Version": "2012-10-17", "Statement": others(bucket) });
                settings.policy = Some(policy.to_string());
            }
            Self::PlainEncryption => {
                settings.encryption = Encryption {
                    blocked: std::mem::take(&mut settings.encryption.blocked),
                    ..Encryption::sse_s3()
                };
            }
            Self::VersioningOff => settings.versioning = None,
            Self::VersioningSuspended => settings.versioning = Some(Versioning::Suspended),
            Self::NoEnvTag => untag(settings, "env"),
            Self::NoOwnerTag => untag(settings, "owner"),
            Self::NoClassTag => untag(settings, "data-classification"),
            Self::CallersKeys => settings.encryption.blocked.clear(),
            Self::NoBucketKey => settings.encryption.bucket_key = false,
            Self::ManagedKey => {
                settings.encryption.algorithm = Algorithm::Kms;
                settings.encryption.kms_key = None;
            }
            Self::KeyElsewhere => {
                if let Some(key) = &mut settings.encryption.kms_key {
                    let mut parts: Vec<&str> = key.split(':').collect();
                    if let Some(region) = parts.get_mut(3) {
                        *region = "ap-southeast-2";
                    }
                    *key = parts.join(":");
                }
            }
            Self::OneLayer => settings.encryption.algorithm = Algorithm::Kms,
            Self::OddEnvTag => {
                for (key, value) in &mut settings.tags {
                    if key == "env" {
                        *value = match value.as_str() {
                            "prod" => "Production".to_owned(),
                            other => other.to_uppercase(),
                        };
                    }
                }
            }
        }
    }
}

/// Grants that are in effect: ACLs on, and no block over them.
fn open(settings: &mut BucketSettings, grants: &[(Grantee, Permission)]) {
    settings.ownership = Some(Ownership::ObjectWriter);
    settings.public_access_block = None;
    for (grantee, permission) in grants {
        let grant = Grant::new(grantee.clone(), *permission);
        if !settings.acl.contains(&grant) {
            settings.acl.push(grant);
        }
    }
}

fn untag(settings: &mut BucketSettings, tag: &str) {
    settings.tags.retain(|(key, _)| key != tag);
}

/// A partner account that reads, and a service that delivers logs: statements that a fix must not lose.
fn others(bucket: &str) -> Value {
    json!([
        {
            "Sid": "PartnerRead",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::444455556666:root" },
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")]
        },
        {
            "Sid": "LogDelivery",
            "Effect": "Allow",
            "Principal": { "Service": "logging.s3.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{bucket}/logs/*")
        }
    ])
}
