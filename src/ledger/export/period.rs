//! A year or a quarter of one, in UTC.

use std::{fmt, str::FromStr};

use chrono::Datelike as _;

use crate::domain::Stamp;

/// `2026` or `2026Q2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    year: i32,
    /// 1 to 4; none for the whole year.
    quarter: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: a year (2026) or a quarter (2026Q2) is wanted")]
pub struct NotAPeriod(String);

impl Period {
    pub fn contains(self, at: Stamp) -> bool {
        let quarter = at.month0() / 3 + 1;
        at.year() == self.year && self.quarter.is_none_or(|wanted| wanted == quarter)
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let wrong = || NotAPeriod(text.to_owned());
        let (year, quarter) = match text.split_once(['Q', 'q']) {
            Some((year, quarter)) => (year, Some(quarter)),
            None => (text, None),
        };
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let quarter = match quarter {
            Some("1") => Some(1),
            Some("2") => Some(2),
            Some("3") => Some(3),
            Some("4") => Some(4),
            Some(_) => return Err(wrong()),
            None => None,
        };
        Ok(Self {
            year: year.parse().map_err(|_| wrong())?,
            quarter,
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        self.quarter
            .map_or(Ok(()), |quarter| write!(f, "Q{quarter}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_quarter_begins_and_ends_at_midnight_utc() {
        let period: Period = "2026Q2".parse().unwrap();
        for (at, inside) in [
            ("2026-03-31T23:59:59.999Z", false),
            ("2026-04-01T00:00:00.000Z", true),
            ("2026-06-30T23:59:59.999Z", true),
            ("2026-07-01T00:00:00.000Z", false),
            ("2025-05-01T00:00:00.000Z", false),
        ] {
            assert_eq!(period.contains(at.parse().unwrap()), inside, "{at}");
        }
        let year: Period = "2026".parse().unwrap();
        assert!(year.contains("2026-12-31T23:59:59.999Z".parse().unwrap()));
        assert_eq!(
            (period.to_string(), year.to_string()),
            ("2026Q2".to_owned(), "2026".to_owned())
        );
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "", "26", "2026Q5", "2026Q", "Q2", "2026-Q2", "+026", "2026Q22",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
