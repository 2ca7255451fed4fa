//! Values of `sixfold.toml` that are checked while they are read, so that the reader can say on which
//! line a wrong one stands.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use crate::channels::COMPLIANCE_LOG;

/// A duration as people write it: `90s`, `60m`, `1h 30m`, `90d`; from `LEAST` to `MOST` seconds, and
/// never nothing at all, which would make a loop spin.
#[derive(Debug)]
pub struct Span<const LEAST: u64, const MOST: u64>(pub Duration);

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Span<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let span = humantime::parse_duration(&text).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is not a duration: `90s`, `60m`, `1h 30m` or `90d` is wanted"
            ))
        })?;
        let least = Duration::from_secs(LEAST).max(Duration::from_millis(1));
        let most = Duration::from_secs(MOST);
        if (least..=most).contains(&span) {
            return Ok(Self(span));
        }
        let words = humantime::format_duration;
        Err(D::Error::custom(format!(
            "{text} is not possible here: {} to {} is wanted",
            words(least),
            words(most)
        )))
    }
}

pub fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom(
            "0 is not possible here: 1 or more is wanted",
        )),
        number => Ok(Some(number)),
    }
}

pub fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(deserializer)? {
        days @ 1..=3_650 => Ok(Some(days)),
        days => Err(D::Error::custom(format!(
            "{days} is not possible here: 1 to 3650 is wanted"
        ))),
    }
}

/// A channel's name stands in the ledger as who took a record.
pub fn channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if (1..=40).contains(&name.len()) && name.bytes().all(fits) && name != COMPLIANCE_LOG {
        Ok(name)
    } else {
        Err(D::Error::custom(format!(
            "`{name}` can't be a channel's name: 1 to 40 of a-z, 0-9, `-`, `_` and `.` are wanted, and not `{COMPLIANCE_LOG}`"
        )))
    }
}

pub fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if (0.1..=10_000.0).contains(&rate) {
        Ok(Some(rate))
    } else {
        Err(D::Error::custom(format!(
            "{rate} is not possible here: 0.1 to 10000 is wanted"
        )))
    }
}
