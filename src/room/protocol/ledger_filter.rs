//! What a person types to find entries of the ledger: words and fields, all of which must hold.
//!
//! `approval by:nina since:2026-04-01` finds what she decided from April on. A bare word is a change id
//! or part of a kind. Nothing is ignored: what is not understood is an error that says what would be.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::filter::Misread;
use crate::domain::{ChangeId, Fact, When, nearest};

/// Which entries; every given part must match.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerFilter {
    pub change: Option<ChangeId>,
    /// Part of a kind's word, such as `fix`.
    pub kind: Option<String>,
    /// Part of an actor's name.
    pub actor: Option<String>,
    #[serde(default)]
    pub since: Option<When>,
    /// Entries of this time and later ones are not meant.
    #[serde(default)]
    pub until: Option<When>,
}

/// What is typed as `name:value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Kind,
    By,
    Change,
    Since,
    Until,
    On,
}

impl Field {
    pub const ALL: [Self; 6] = [
        Self::Kind,
        Self::By,
        Self::Change,
        Self::Since,
        Self::Until,
        Self::On,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::By => "by",
            Self::Change => "change",
            Self::Since => "since",
            Self::Until => "until",
            Self::On => "on",
        }
    }

    pub const fn takes(self) -> &'static str {
        match self {
            Self::Kind => "part of a kind, as kind:approval",
            Self::By => "part of a name, as by:nina",
            Self::Change => "a change id, as change:CHG-2026-0418-114",
            Self::Since => {
                "a day, a time or an age, as since:2026-04-15, since:2026-04-15T03:12, since:2h"
            }
            Self::Until => {
                "a day, a time or an age, as until:2026-04-15, until:2026-04-15T03:12, until:2h"
            }
            Self::On => "a day (UTC), as on:2026-04-15",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFilterError {
    #[error("no field `{0}`{near}: there are {all}", near = near(.0, &fields()), all = fields().join(", "))]
    UnknownField(String),
    #[error("{name}: wants {takes}", name = .0.name(), takes = .0.takes())]
    BadValue(Field),
    #[error("no kind of entry has `{0}` in it{near}; there are {all}", near = near(.0, &Fact::KINDS), all = Fact::KINDS.join(", "))]
    UnknownKind(String),
    #[error("{0} stands there twice")]
    Twice(&'static str),
}

fn fields() -> Vec<&'static str> {
    Field::ALL.map(Field::name).to_vec()
}

fn near(word: &str, known: &[&'static str]) -> String {
    nearest(word, known.iter().copied())
        .map(|near| format!(", did you mean {near}?"))
        .unwrap_or_default()
}

impl LedgerFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Parses what somebody is typing.
    pub fn typed(text: &str) -> Result<Self, Misread<LedgerFilterError>> {
        let mut filter = Self::default();
        let mut read: Vec<&str> = Vec::new();
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.next() {
            filter.take(word).map_err(|error| Misread {
                error,
                before: words.peek().is_none().then(|| read.join(" ")),
            })?;
            read.push(word);
        }
        Ok(filter)
    }

    fn take(&mut self, word: &str) -> Result<(), LedgerFilterError> {
        let Some((name, value)) = word.split_once(':') else {
            return match word.to_uppercase().parse() {
                Ok(id) => once(&mut self.change, id, "a change"),
                Err(_) => self.kind(word),
            };
        };
        let name = name.to_lowercase();
        let field = Field::ALL.into_iter().find(|field| field.name() == name);
        let field = field.ok_or(LedgerFilterError::UnknownField(name))?;
        let bad = || LedgerFilterError::BadValue(field);
        if value.is_empty() {
            return Err(bad());
        }
        match field {
            Field::Kind => self.kind(value),
            Field::By => once(&mut self.actor, value.to_lowercase(), "by:"),
            Field::Change => {
                let id = value.to_uppercase().parse().map_err(|_| bad())?;
                once(&mut self.change, id, "a change")
            }
            Field::Since => once(
                &mut self.since,
                When::begins(value).map_err(|_| bad())?,
                "since:",
            ),
            Field::Until => once(
                &mut self.until,
                When::ends(value).map_err(|_| bad())?,
                "until:",
            ),
            Field::On => {
                let (begins, ends) = (When::day(value, 0), When::day(value, 1));
                once(&mut self.since, begins.map_err(|_| bad())?, "since: or on:")?;
                once(&mut self.until, ends.map_err(|_| bad())?, "until: or on:")
            }
        }
    }

    fn kind(&mut self, word: &str) -> Result<(), LedgerFilterError> {
        let word = word.to_lowercase();
        if !Fact::KINDS.iter().any(|kind| kind.contains(&word)) {
            return Err(LedgerFilterError::UnknownKind(word));
        }
        once(&mut self.kind, word, "a kind")
    }
}

impl FromStr for LedgerFilter {
    type Err = LedgerFilterError;

    fn from_str(text: &str) -> Result<Self, LedgerFilterError> {
        Self::typed(text).map_err(|misread| misread.error)
    }
}

fn once<T>(place: &mut Option<T>, value: T, what: &'static str) -> Result<(), LedgerFilterError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(LedgerFilterError::Twice(what)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn at(text: &str) -> When {
        When::At(text.parse().unwrap())
    }

    #[test]
    fn words_and_fields_are_read_and_narrow_each_other() {
        let wanted = LedgerFilter {
            change: Some(ChangeId::new(2026, 418_114)),
            kind: Some("approval".to_owned()),
            actor: Some("nina".to_owned()),
            since: Some(at("2026-04-15T00:00:00Z")),
            until: Some(at("2026-04-16T00:00:00Z")),
        };
        for text in [
            "chg-2026-0418-114 by:nina approval on:2026-04-15",
            "kind:Approval change:CHG-2026-0418-114 by:Nina since:2026-04-15 until:2026-04-15",
            "approval by:nina since:2026-04-15T00:00 until:2026-04-16T00:00:00Z chg-2026-0418-114",
        ] {
            assert_eq!(text.parse(), Ok(wanted.clone()), "{text}");
        }
        assert_eq!("  ".parse(), Ok(LedgerFilter::default()));
    }

    #[test]
    fn what_is_not_understood_says_what_would_be() {
        for (text, wanted) in [
            (
                "from:2026",
                "no field `from`: there are kind, by, change, since, until, on",
            ),
            ("snce:2h", "no field `snce`, did you mean since?: there are"),
            (
                "since:",
                "since: wants a day, a time or an age, as since:2026-04-15",
            ),
            ("since:yesterday", "since: wants a day"),
            ("on:2026-13-01", "on: wants a day (UTC), as on:2026-04-15"),
            ("on:2h", "on: wants a day"),
            ("change:114", "change: wants a change id"),
            ("by:", "by: wants part of a name"),
            (
                "aproval",
                "no kind of entry has `aproval` in it, did you mean approval?; there are ticket,",
            ),
            ("fix backup", "a kind stands there twice"),
            ("on:2026-04-15 since:2h", "since: stands there twice"),
        ] {
            let error = text.parse::<LedgerFilter>().unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn while_the_last_word_is_half_typed_those_before_it_hold() {
        let before = |text| LedgerFilter::typed(text).unwrap_err().before;
        assert_eq!(before("by:nina  sinc:"), Some("by:nina".to_owned()));
        assert_eq!(before("sinc: by:nina"), None);
    }
}
