//! Times and durations as they are stored and as the boxes print them. Everything is UTC; the clock
//! itself lives in the engine, and everybody else is given `now` as a value.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A moment in UTC. Stored to the millisecond.
pub type Stamp = DateTime<Utc>;

/// `2026-04-15 03:12:47 UTC`
pub fn to_second(at: Stamp) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2026-04-15 04:12 UTC`, for expiries.
pub fn to_minute(at: Stamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-05-15`
pub fn to_day(at: Stamp) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// `03:14:02 UTC`
pub fn clock(at: Stamp) -> String {
    at.format("%H:%M:%S UTC").to_string()
}

/// RFC 3339 with milliseconds, as the ledger and exports have it.
pub fn rfc3339(at: Stamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `01m 15s` below an hour, then `2h 05m`, then `3d 04h`. Negative durations (a clock that was set
/// back) print as `00m 00s`.
pub fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days}d {hours:02}h")
    } else if hours > 0 {
        format!("{hours}h {minutes:02}m")
    } else {
        format!("{minutes:02}m {:02}s", seconds % 60)
    }
}

/// For `#[serde(with = "…")]` on a [`Stamp`]: RFC 3339 with exactly three decimals.
pub mod millis {
    use super::{Stamp, rfc3339};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(*at))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Stamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| D::Error::custom(format!("`{text}` is not a time: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_change_unit_at_an_hour_and_at_a_day() {
        for (seconds, text) in [
            (75, "01m 15s"),
            (0, "00m 00s"),
            (-3, "00m 00s"),
            (3_599, "59m 59s"),
            (7_500, "2h 05m"),
            (86_399, "23h 59m"),
            (273_600, "3d 04h"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }
}
