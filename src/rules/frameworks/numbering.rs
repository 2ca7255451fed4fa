//! The ids that a published text has, in few words: `CC6.1..8` is CC6.1 to CC6.8. It is a second
//! opinion on `controls.csv`: a typing slip there is no id of the framework.

use serde::Deserialize;

/// A list of ids and ranges of ids.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Numbering(Vec<String>);

impl TryFrom<Vec<String>> for Numbering {
    type Error = String;

    fn try_from(ranges: Vec<String>) -> Result<Self, String> {
        let mut ids = Vec::new();
        for range in ranges {
            let Some((from, to)) = range.split_once("..") else {
                ids.push(range);
                continue;
            };
            let stem = from.trim_end_matches(|c: char| c.is_ascii_digit());
            let first: Result<u32, _> = from[stem.len()..].parse();
            let (Ok(first), Ok(last)) = (first, to.parse::<u32>()) else {
                return Err(format!("`{range}` is no range such as `CC6.1..8`"));
            };
            if last <= first {
                return Err(format!("`{range}` ends before it begins"));
            }
            ids.extend((first..=last).map(|number| format!("{stem}{number}")));
        }
        Ok(Self(ids))
    }
}

impl Numbering {
    /// Whether the text has this id, or an entry that the id goes deeper into: `164.312` covers
    /// `164.312(a)(1)`, and `A.9.4` covers `A.9.4.1`.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| {
            id.strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(ranges: &[&str]) -> Result<Numbering, String> {
        Numbering::try_from(
            ranges
                .iter()
                .map(|range| (*range).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn ranges_hold_their_ends_and_what_is_deeper_and_nothing_else() {
        let numbering = of(&["CC6.1..8", "164.312", "A.9.1..4", "AC-1..25", "Art. 1..99"]).unwrap();
        for id in [
            "CC6.1",
            "CC6.8",
            "164.312(a)(1)",
            "A.9.4.1",
            "AC-17(4)(a)",
            "Art. 32",
        ] {
            assert!(numbering.has(id), "{id}");
        }
        for id in [
            "CC6.9", "CC6.10", "CC6", "164.3123", "A.9.5.1", "AC-26", "AC-2x", "Art. 100", "",
        ] {
            assert!(!numbering.has(id), "{id}");
        }
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for range in ["CC..8", "CC6.8..1", "CC6.1..x", "CC6.1..1"] {
            assert!(of(&[range]).is_err(), "{range}");
        }
    }
}
