//! Between the protocol library's times and ours.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use s3s::dto::{Timestamp, TimestampFormat};

pub(super) fn to_dto(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from(SystemTime::from(at))
}

/// `None` for a time that cannot be written as RFC 3339, such as one before year 0.
pub(super) fn from_dto(at: &Timestamp) -> Option<DateTime<Utc>> {
    let mut text = Vec::new();
    at.format(TimestampFormat::DateTime, &mut text).ok()?;
    let text = String::from_utf8(text).ok()?;
    text.parse().ok()
}
