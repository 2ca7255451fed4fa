//! `DeleteObject`: a marker on top where versions are kept, removal otherwise; never a locked version.

use chrono::{DateTime, Utc};
use s3s::{S3Result, dto};

use super::{Content, NULL_VERSION, Version, get::keeps_versions};
use crate::sandbox::{
    errors::{not_imitated, refuse},
    settings::object_lock::LockMode,
    state::Bucket,
};

pub(in crate::sandbox) fn delete(
    bucket: &mut Bucket,
    input: &dto::DeleteObjectInput,
    version_id: String,
    now: DateTime<Utc>,
) -> S3Result<dto::DeleteObjectOutput> {
    if input.if_match.is_some() {
        return Err(not_imitated("conditional deletes"));
    }
    let key = &input.key;
    if let Some(id) = &input.version_id {
        let bypass = input.bypass_governance_retention.unwrap_or_default();
        if let Ok((_, object)) = bucket.objects.find(key, Some(id)) {
            let locked = object.retention.is_some_and(|retention| {
                retention.until > now && (retention.mode == LockMode::Compliance || !bypass)
            });
            if locked {
                return Err(locked_version());
            }
        }
        let removed = bucket.objects.remove(key, id);
        let marker = removed.is_some_and(|version| version.object().is_none());
        return Ok(dto::DeleteObjectOutput {
            delete_marker: marker.then_some(true),
            version_id: Some(id.clone()),
            ..Default::default()
        });
    }
    if bucket.settings.versioning.is_none() {
        bucket.objects.remove(key, NULL_VERSION);
        return Ok(dto::DeleteObjectOutput::default());
    }
    // Suspended: the marker is the null version and takes the place of one that is there.
    let id = if keeps_versions(bucket) {
        version_id
    } else {
        NULL_VERSION.to_owned()
    };
    let marker = Version {
        id: id.clone(),
        at: now,
        content: Content::DeleteMarker,
    };
    bucket.objects.push(key, marker);
    Ok(dto::DeleteObjectOutput {
        delete_marker: Some(true),
        version_id: Some(id),
        ..Default::default()
    })
}

pub(in crate::sandbox) fn locked_version() -> s3s::S3Error {
    refuse(
        403,
        "AccessDenied",
        "Access Denied because object protected by object lock.",
    )
}
