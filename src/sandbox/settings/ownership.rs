//! Object Ownership: who owns uploads, and whether ACLs work at all.

use s3s::{S3Result, dto};

use crate::sandbox::{
    acl,
    errors::{malformed_xml, refuse},
    state::{Bucket, BucketSettings, Ownership, Setting},
};

impl Ownership {
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => dto::ObjectOwnership::BUCKET_OWNER_ENFORCED,
            Self::BucketOwnerPreferred => dto::ObjectOwnership::BUCKET_OWNER_PREFERRED,
            Self::ObjectWriter => dto::ObjectOwnership::OBJECT_WRITER,
        }
    }

    pub(in crate::sandbox) fn named(word: &str) -> S3Result<Self> {
        [
            Self::BucketOwnerEnforced,
            Self::BucketOwnerPreferred,
            Self::ObjectWriter,
        ]
        .into_iter()
        .find(|each| each.word() == word)
        .ok_or_else(malformed_xml)
    }
}

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketOwnershipControlsOutput> {
    let ownership = bucket.seen(Setting::OwnershipControls).ownership;
    let ownership = ownership.ok_or_else(|| {
        refuse(
            404,
            "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found",
        )
    })?;
    Ok(dto::GetBucketOwnershipControlsOutput {
        ownership_controls: Some(dto::OwnershipControls {
            rules: vec![dto::OwnershipControlsRule {
                object_ownership: dto::ObjectOwnership::from_static(ownership.word()),
            }],
        }),
    })
}

/// ACLs can only be disabled when they grant nothing to anybody but the owner.
pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    bucket: &Bucket,
    input: &dto::PutBucketOwnershipControlsInput,
) -> S3Result<dto::PutBucketOwnershipControlsOutput> {
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(malformed_xml());
    };
    let ownership = Ownership::named(rule.object_ownership.as_str())?;
    if ownership == Ownership::BucketOwnerEnforced && acl::grants_others(&new.acl, &bucket.owner) {
        return Err(acl_with_ownership());
    }
    new.ownership = Some(ownership);
    Ok(dto::PutBucketOwnershipControlsOutput {})
}

pub(in crate::sandbox) fn acl_with_ownership() -> s3s::S3Error {
    refuse(
        400,
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
}
