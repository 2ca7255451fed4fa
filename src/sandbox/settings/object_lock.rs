//! Object Lock: whether the bucket has it, and the retention that new objects get by default.

use chrono::{DateTime, Months, TimeDelta, Utc};
use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{malformed_xml, refuse},
    state::{Bucket, BucketSettings, Setting, Versioning},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Can be lifted by who may bypass it.
    Governance,
    /// Can be lifted by nobody before its time.
    Compliance,
}

impl LockMode {
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    pub(in crate::sandbox) fn named(word: &str) -> S3Result<Self> {
        [Self::Governance, Self::Compliance]
            .into_iter()
            .find(|mode| mode.word() == word)
            .ok_or_else(malformed_xml)
    }
}

/// The longest default retention.
const MOST_YEARS: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Days(u32),
    Years(u32),
}

impl Span {
    pub(in crate::sandbox) fn after(self, start: DateTime<Utc>) -> DateTime<Utc> {
        let end = match self {
            Self::Days(days) => start.checked_add_signed(TimeDelta::days(days.into())),
            Self::Years(years) => years
                .checked_mul(12)
                .and_then(|months| start.checked_add_months(Months::new(months))),
        };
        end.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// Object Lock is on; it can never be turned off again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLock {
    pub default: Option<(LockMode, Span)>,
}

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetObjectLockConfigurationOutput> {
    let lock = bucket.seen(Setting::ObjectLock).object_lock;
    let lock = lock.ok_or_else(|| {
        refuse(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        )
    })?;
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let rule = lock.default.map(|(mode, span)| dto::ObjectLockRule {
        default_retention: Some(dto::DefaultRetention {
            days: match span {
                Span::Days(days) => Some(number(days)),
                Span::Years(_) => None,
            },
            mode: Some(dto::ObjectLockRetentionMode::from_static(mode.word())),
            years: match span {
                Span::Years(years) => Some(number(years)),
                Span::Days(_) => None,
            },
        }),
    });
    Ok(dto::GetObjectLockConfigurationOutput {
        object_lock_configuration: Some(dto::ObjectLockConfiguration {
            object_lock_enabled: Some(dto::ObjectLockEnabled::from_static(
                dto::ObjectLockEnabled::ENABLED,
            )),
            rule,
        }),
    })
}

/// Turns the lock on (which versioning must precede) and sets or removes the default retention.
pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutObjectLockConfigurationInput,
) -> S3Result<dto::PutObjectLockConfigurationOutput> {
    let sent = input.object_lock_configuration.ok_or_else(malformed_xml)?;
    let enabled = sent.object_lock_enabled.as_ref();
    if enabled.map(dto::ObjectLockEnabled::as_str) != Some(dto::ObjectLockEnabled::ENABLED) {
        return Err(malformed_xml());
    }
    if new.versioning != Some(Versioning::Enabled) {
        return Err(refuse(
            409,
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        ));
    }
    let retention = sent.rule.and_then(|rule| rule.default_retention);
    let default = match retention {
        None => None,
        Some(retention) => {
            let mode = retention.mode.ok_or_else(malformed_xml)?;
            let positive = |n: i32| u32::try_from(n).ok().filter(|n| *n > 0);
            let span = match (retention.days, retention.years) {
                (Some(days), None) => positive(days).map(Span::Days),
                (None, Some(years)) => positive(years).map(Span::Years),
                _ => return Err(malformed_xml()),
            };
            let span = span.filter(|span| match span {
                Span::Days(days) => *days <= MOST_YEARS * 365,
                Span::Years(years) => *years <= MOST_YEARS,
            });
            let span = span.ok_or_else(|| {
                refuse(
                    400,
                    "InvalidArgument",
                    "Default retention period must be a positive integer value of at most 100 years",
                )
            })?;
            Some((LockMode::named(mode.as_str())?, span))
        }
    };
    new.object_lock = Some(ObjectLock { default });
    Ok(dto::PutObjectLockConfigurationOutput::default())
}
