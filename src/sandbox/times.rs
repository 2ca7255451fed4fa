//! Between the protocol library's times and ours, and what time it is to answers and signatures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
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

/// The clock by which answers are dated and signatures judged: the machine's, which clients sign by
/// too, but for how far off a test wants it. The world's own times are [`Clock`](super::Clock)'s.
#[derive(Clone, Debug, Default)]
pub(super) struct Dial(Arc<AtomicI64>);

impl Dial {
    /// To the second, which is as exact as a date in an answer is.
    pub(super) fn shift(&self, by: TimeDelta) {
        self.0.store(by.num_seconds(), Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
    }

    /// Whether a request of this time is too old or too early.
    pub(super) fn is_far_from(&self, at: DateTime<Utc>, tolerance: TimeDelta) -> bool {
        (self.now() - at).abs() > tolerance
    }
}

/// `20260418T091500Z`, as requests are dated.
pub(super) fn of_request(text: &str) -> Option<DateTime<Utc>> {
    let at = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
    Some(at.and_utc())
}
