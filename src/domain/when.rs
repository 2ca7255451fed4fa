//! A time as people type it: a day or a time of one, in UTC, or how long ago it was.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

use super::{Stamp, time};

/// Units of an age, the largest first, in seconds.
pub const UNITS: [(char, u64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    At(#[serde(with = "time::millis")] Stamp),
    /// So many seconds before now.
    Ago(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time: a day (2026-04-15), a time (2026-04-15T03:12, UTC) or an age (2h, 30d) is wanted"
)]
pub struct NoTime(String);

impl When {
    /// From when on, as in "since": a day begins at midnight UTC.
    pub fn begins(text: &str) -> Result<Self, NoTime> {
        Self::read(text, 0)
    }

    /// Until when: a day is meant as a whole.
    pub fn ends(text: &str) -> Result<Self, NoTime> {
        Self::read(text, 1)
    }

    /// The midnight UTC in which a day begins, or so many days later.
    pub fn day(text: &str, later: i64) -> Result<Self, NoTime> {
        let midnight = || {
            let day: NaiveDate = text.parse().ok()?;
            let day = day.checked_add_signed(TimeDelta::days(later))?;
            Some(Self::At(day.and_hms_opt(0, 0, 0)?.and_utc()))
        };
        midnight().ok_or_else(|| NoTime(text.to_owned()))
    }

    fn read(text: &str, days: i64) -> Result<Self, NoTime> {
        let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
        let form = |form| NaiveDateTime::parse_from_str(bare, form).ok();
        let time = form("%Y-%m-%dT%H:%M").or_else(|| form("%Y-%m-%dT%H:%M:%S"));
        let time = time.map(|time| Self::At(time.and_utc()));
        Self::day(text, days).or_else(|error| time.or(age(text).map(Self::Ago)).ok_or(error))
    }

    pub fn at(self, now: Stamp) -> Stamp {
        let ago = |seconds: u64| {
            let ago = TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?;
            now.checked_sub_signed(ago)
        };
        match self {
            Self::At(at) => at,
            // Before all times is early enough.
            Self::Ago(seconds) => ago(seconds).unwrap_or(Stamp::MIN_UTC),
        }
    }
}

/// `2h` in seconds.
pub fn age(text: &str) -> Option<u64> {
    let (last, _) = text.char_indices().next_back()?;
    let (number, unit) = text.split_at(last);
    let (_, length) = UNITS.iter().find(|(letter, _)| unit.starts_with(*letter))?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok()?.checked_mul(*length)?;
    digits.then_some(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn days_times_and_ages_are_read_and_nothing_else() {
        let now: Stamp = "2026-04-15T03:12:47Z".parse().unwrap();
        for (text, begins, ends) in [
            ("2026-04-15", "2026-04-15T00:00:00Z", "2026-04-16T00:00:00Z"),
            (
                "2026-04-15T03:12",
                "2026-04-15T03:12:00Z",
                "2026-04-15T03:12:00Z",
            ),
            (
                "2026-04-15T03:12:05Z",
                "2026-04-15T03:12:05Z",
                "2026-04-15T03:12:05Z",
            ),
            ("2h", "2026-04-15T01:12:47Z", "2026-04-15T01:12:47Z"),
            ("1w", "2026-04-08T03:12:47Z", "2026-04-08T03:12:47Z"),
        ] {
            let read = |when: When| when.at(now).to_rfc3339();
            let wanted = |text: &str| text.parse::<Stamp>().unwrap().to_rfc3339();
            assert_eq!(read(When::begins(text).unwrap()), wanted(begins), "{text}");
            assert_eq!(read(When::ends(text).unwrap()), wanted(ends), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026",
            "2",
            "+2h",
            "-2h",
            "h",
            "2h3m",
        ] {
            assert!(When::begins(text).is_err(), "{text}");
        }
        assert_eq!(
            When::begins("99999999999w").unwrap().at(now),
            Stamp::MIN_UTC
        );
    }
}
