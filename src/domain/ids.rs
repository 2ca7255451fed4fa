//! The number by which a change is known everywhere: in the vault, in the ledger, on the phone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// `CHG-YYYY-NNNN-NNN`: the year (UTC) and a number that is gap-free within it, at least seven
/// digits, written in groups of four and three. Past 9,999,999 the first group grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChangeId {
    year: i32,
    number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a change id: CHG-YYYY-NNNN-NNN is wanted, such as CHG-2026-0418-114")]
pub struct NotAChangeId(String);

impl ChangeId {
    pub const fn new(year: i32, number: u64) -> Self {
        Self { year, number }
    }

    pub const fn year(self) -> i32 {
        self.year
    }

    pub const fn number(self) -> u64 {
        self.number
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CHG-{:04}-{:04}-{:03}",
            self.year,
            self.number / 1_000,
            self.number % 1_000
        )
    }
}

impl FromStr for ChangeId {
    type Err = NotAChangeId;

    fn from_str(text: &str) -> Result<Self, NotAChangeId> {
        let wrong = || NotAChangeId(text.to_owned());
        let mut parts = text.split('-');
        let (Some("CHG"), Some(year), Some(high), Some(low), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(wrong());
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let shape = year.len() == 4 && high.len() >= 4 && low.len() == 3;
        if !shape || !digits(year) || !digits(high) || !digits(low) {
            return Err(wrong());
        }
        let year = year.parse().map_err(|_| wrong())?;
        let number = format!("{high}{low}").parse().map_err(|_| wrong())?;
        let id = Self { year, number };
        // One change has one spelling: leading zeros past the seventh digit are another text.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for ChangeId {
    type Error = NotAChangeId;
    fn try_from(text: String) -> Result<Self, NotAChangeId> {
        text.parse()
    }
}

impl From<ChangeId> for String {
    fn from(id: ChangeId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walkthroughs_number_is_written_four_three() {
        let id = ChangeId::new(2026, 418_114);
        assert_eq!(id.to_string(), "CHG-2026-0418-114");
        assert_eq!("CHG-2026-0418-114".parse(), Ok(id));
        assert_eq!(
            ChangeId::new(2026, 12_345_678).to_string(),
            "CHG-2026-12345-678"
        );
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "CHG-2026-418-114",
            "chg-2026-0418-114",
            "CHG-2026-00418-114",
            "CHG-2026-0418-114-1",
            "CHG-2026-0418-١١٤",
            "CHG-2026-+418-114",
        ] {
            assert!(text.parse::<ChangeId>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_id_reads_back(year in 2000..9999i32, number in 0..99_999_999_999u64) {
            let id = ChangeId::new(year, number);
            proptest::prop_assert_eq!(id.to_string().parse::<ChangeId>(), Ok(id));
        }
    }
}
