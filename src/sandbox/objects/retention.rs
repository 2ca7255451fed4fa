//! The retention of one object version, read and prolonged.

use chrono::{DateTime, Utc};
use s3s::{S3Result, dto};

use super::{Retention, delete::locked_version, put::missing_lock};
use crate::sandbox::{
    errors::{invalid_argument, malformed_xml, refuse},
    settings::object_lock::LockMode,
    state::Bucket,
    times,
};

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
    input: &dto::GetObjectRetentionInput,
) -> S3Result<dto::GetObjectRetentionOutput> {
    if bucket.settings.object_lock.is_none() {
        return Err(missing_lock());
    }
    let (_, object) = bucket
        .objects
        .find(&input.key, input.version_id.as_deref())?;
    let retention = object.retention.ok_or_else(|| {
        refuse(
            404,
            "NoSuchObjectLockConfiguration",
            "The specified object does not have a ObjectLock configuration",
        )
    })?;
    Ok(dto::GetObjectRetentionOutput {
        retention: Some(dto::ObjectLockRetention {
            mode: Some(dto::ObjectLockRetentionMode::from_static(
                retention.mode.word(),
            )),
            retain_until_date: Some(times::to_dto(retention.until)),
        }),
    })
}

/// A running retention can be prolonged. Shortening or lifting it needs governance mode and the bypass.
pub(in crate::sandbox) fn put(
    bucket: &mut Bucket,
    input: &dto::PutObjectRetentionInput,
    now: DateTime<Utc>,
) -> S3Result<dto::PutObjectRetentionOutput> {
    if bucket.settings.object_lock.is_none() {
        return Err(missing_lock());
    }
    let sent = input.retention.as_ref().ok_or_else(malformed_xml)?;
    let wanted = match (&sent.mode, &sent.retain_until_date) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let until = times::from_dto(until).filter(|until| *until > now);
            Some(Retention {
                mode: LockMode::named(mode.as_str())?,
                until: until.ok_or_else(|| {
                    invalid_argument("The retain until date must be in the future!")
                })?,
            })
        }
        _ => return Err(malformed_xml()),
    };
    let object = bucket
        .objects
        .find_mut(&input.key, input.version_id.as_deref())?;
    if let Some(held) = object.retention.filter(|held| held.until > now) {
        let stricter = wanted.is_some_and(|wanted| {
            wanted.until >= held.until
                && (wanted.mode == held.mode || wanted.mode == LockMode::Compliance)
        });
        let bypass = input.bypass_governance_retention.unwrap_or_default()
            && held.mode == LockMode::Governance;
        if !stricter && !bypass {
            return Err(locked_version());
        }
    }
    object.retention = wanted;
    Ok(dto::PutObjectRetentionOutput::default())
}
