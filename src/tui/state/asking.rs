//! What somebody who asks for an exception says beside its reason: who answers for it, and how long.

use std::time::Duration;

use super::LineEdit;
use crate::domain::Exception;

/// How long, where nobody says otherwise.
const USUAL: &str = "30d";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Empty for the bucket's owner.
    pub owner: LineEdit,
    /// As the command takes it: `12h`, `30d`.
    pub lasts: LineEdit,
    /// What the room allows, once it has said so.
    pub longest: Option<Duration>,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            owner: LineEdit::default(),
            lasts: LineEdit::new(USUAL),
            longest: None,
        }
    }
}

impl Asking {
    /// Who is named; none where it is the bucket's owner.
    pub fn named(&self) -> Option<String> {
        let owner = self.owner.text().trim().to_owned();
        (!owner.is_empty()).then_some(owner)
    }

    /// How long, or what is wrong with what is typed, in the room's words where it is too long.
    pub fn lasts(&self) -> Result<Duration, String> {
        let typed = self.lasts.text();
        let typed = typed.trim();
        if typed.is_empty() {
            return Err("how long is missing, such as 12h or 30d".to_owned());
        }
        let lasts = humantime::parse_duration(typed)
            .map_err(|_| format!("`{typed}` is no time such as 12h or 30d"))?;
        let unfit = |longest| Exception::unfit(lasts, longest);
        self.longest.and_then(unfit).map_or(Ok(lasts), Err)
    }

    /// `at most 365d`
    pub fn at_most(&self) -> Option<String> {
        self.longest.map(Exception::at_most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_what_the_command_takes_and_nothing_else() {
        let lasts = |text: &str| {
            let lasts = LineEdit::new(text);
            Asking {
                lasts,
                ..Asking::default()
            }
            .lasts()
        };
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3_600));
        assert_eq!(Asking::default().lasts(), hours(30 * 24));
        assert_eq!(lasts(" 12h "), hours(12));
        for wrong in ["", "30", "soon", "-1d", "99999999999999999999d"] {
            assert!(lasts(wrong).is_err(), "{wrong}");
        }
        let allowed = |typed: &str| Asking {
            lasts: LineEdit::new(typed),
            longest: Some(Duration::from_hours(24 * 60)),
            ..Asking::default()
        };
        assert_eq!(allowed("60d").lasts(), hours(60 * 24));
        for wrong in ["61d", "0s"] {
            let why = allowed(wrong).lasts().unwrap_err();
            assert!(
                why.starts_with("an exception lasts up to 60d here"),
                "{why}"
            );
        }
    }
}
