//! How long a person may keep a rule off a bucket by hand, and how long before the end they are told.

use std::time::Duration;

use serde::Deserialize;

use super::values::Span;

const DAY: u64 = 24 * 60 * 60;

#[derive(Clone, Debug)]
pub struct Exceptions {
    /// The longest that may be asked for.
    pub longest: Duration,
    /// So long before its end everybody is reminded once.
    pub remind: Duration,
}

/// `[exceptions]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    longest: Option<Span<3_600, { 3_650 * DAY }>>,
    remind: Option<Span<60, { 365 * DAY }>>,
}

impl Table {
    pub fn resolve(self) -> Exceptions {
        let days = |days: u64| Duration::from_secs(days * DAY);
        Exceptions {
            longest: self.longest.map_or_else(|| days(365), |span| span.0),
            remind: self.remind.map_or_else(|| days(7), |span| span.0),
        }
    }
}
