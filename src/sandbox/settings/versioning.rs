//! Versioning: never set, enabled or suspended. There is no way back to never set.

use s3s::{S3Result, dto};

use super::replication::keeps_versioning;
use crate::sandbox::{
    errors::{not_imitated, refuse},
    state::{Bucket, BucketSettings, Setting, Versioning},
};

pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketVersioningOutput {
    let status = bucket.seen(Setting::Versioning).versioning;
    dto::GetBucketVersioningOutput {
        mfa_delete: bucket
            .seen(Setting::Versioning)
            .mfa_delete
            .then(|| dto::MFADeleteStatus::from_static(dto::MFADeleteStatus::ENABLED)),
        status: status.map(|status| {
            dto::BucketVersioningStatus::from_static(match status {
                Versioning::Enabled => dto::BucketVersioningStatus::ENABLED,
                Versioning::Suspended => dto::BucketVersioningStatus::SUSPENDED,
            })
        }),
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: &dto::PutBucketVersioningInput,
) -> S3Result<dto::PutBucketVersioningOutput> {
    let sent = &input.versioning_configuration;
    if let Some(mfa) = &sent.mfa_delete
        && mfa.as_str() == dto::MFADelete::ENABLED
    {
        return Err(not_imitated("MFA delete"));
    }
    let status = match sent
        .status
        .as_ref()
        .map(dto::BucketVersioningStatus::as_str)
    {
        Some(dto::BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(dto::BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => {
            return Err(refuse(
                400,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            ));
        }
    };
    if status == Versioning::Suspended && new.object_lock.is_some() {
        return Err(refuse(
            409,
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        ));
    }
    if new.mfa_delete {
        return Err(refuse(
            403,
            "AccessDenied",
            "Versioning of a bucket with MFA delete is changed by the root user and its device alone.",
        ));
    }
    if status == Versioning::Suspended && new.replication.is_some() {
        return Err(keeps_versioning());
    }
    new.versioning = Some(status);
    Ok(dto::PutBucketVersioningOutput {})
}
