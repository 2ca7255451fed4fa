//! Exceptions as the screen has them: those that wait for another person first, then those in force,
//! the first to end on top; and which one is selected, whatever comes and goes around it.

use std::time::Duration;

use crate::{
    domain::{Exception, RequestedException, Stamp, time},
    room::protocol::Exceptions,
};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exempt {
    /// It waits for somebody else's yes.
    Asked(RequestedException),
    Open {
        exception: Exception,
        /// People are reminded of its end.
        soon: bool,
    },
}

impl Exempt {
    pub const fn exception(&self) -> &Exception {
        match self {
            Self::Asked(asked) => &asked.exception,
            Self::Open { exception, .. } => exception,
        }
    }

    /// The same one, whatever else is said of it by now.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Asked(one), Self::Asked(other)) => one.seq == other.seq,
            (Self::Open { .. }, Self::Open { .. }) => self.same_place(other.exception()),
            (Self::Asked(_), Self::Open { .. }) | (Self::Open { .. }, Self::Asked(_)) => false,
        }
    }

    /// About the same rule on the same bucket.
    fn same_place(&self, other: &Exception) -> bool {
        let own = self.exception();
        own.rule == other.rule && own.asset == other.asset
    }
}

#[derive(Clone, Debug, Default)]
pub struct Exempts {
    rows: Vec<Exempt>,
    /// The first answer has come.
    pub loaded: bool,
    /// What one by hand may last at most, where the room says it.
    pub(super) longest: Option<Duration>,
    index: usize,
}

impl Exempts {
    pub fn rows(&self) -> &[Exempt] {
        &self.rows
    }

    pub const fn index(&self) -> usize {
        self.index
    }

    pub fn current(&self) -> Option<&Exempt> {
        self.rows.get(self.index)
    }

    /// Selects a row; behind the last is the last.
    pub fn select(&mut self, index: usize) {
        self.index = index.min(self.rows.len().saturating_sub(1));
    }

    /// Takes in what there is now; false when that is what is shown. What was selected stays so. Where
    /// it is gone, what took its place in the list is selected, or what became of it.
    pub fn load(&mut self, exceptions: Exceptions) -> bool {
        let Exceptions {
            open,
            soon,
            mut requested,
            longest_s,
        } = exceptions;
        self.longest = longest_s.map(Duration::from_secs);
        requested.sort_by_key(|asked| asked.seq);
        let open = open.into_iter().enumerate();
        let mut open: Vec<_> = open
            .map(|(at, exception)| Exempt::Open {
                exception,
                soon: soon.contains(&at),
            })
            .collect();
        open.sort_by(|one, other| {
            let order = |one: &Exempt| {
                let Exception { until, rule, .. } = one.exception();
                (*until, one.exception().asset.key(), rule.clone())
            };
            order(one).cmp(&order(other))
        });
        let asked = requested.into_iter().map(Exempt::Asked);
        let rows: Vec<_> = asked.chain(open).collect();
        if self.loaded && self.rows == rows {
            return false;
        }
        let index = self.current().and_then(|selected| {
            let same = rows.iter().position(|row| row.is(selected));
            let became = || {
                let place = |row: &Exempt| row.same_place(selected.exception());
                rows.iter().position(place)
            };
            same.or_else(became)
        });
        self.rows = rows;
        self.loaded = true;
        self.select(index.unwrap_or(self.index));
        true
    }

    /// The same one as it is now.
    pub(super) fn now(&self, shown: &Exempt) -> Option<&Exempt> {
        self.rows.iter().find(|row| row.is(shown))
    }

    /// What became of one that is no longer there.
    pub(super) fn over(&self, shown: &Exempt, at: Option<Stamp>) -> String {
        let ended = at.is_some_and(|at| shown.exception().until <= at);
        match shown {
            Exempt::Asked(_) => {
                let of = |row: &&Exempt| row.same_place(shown.exception());
                match self.rows.iter().find(of) {
                    Some(Exempt::Open { exception, .. }) => {
                        let by = exception.approved_by.as_ref().or(exception.by.as_ref());
                        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
                        format!("approved{by} while this was open")
                    }
                    Some(Exempt::Asked(asked)) => format!(
                        "it was decided while this was open, and entry {} asks anew",
                        asked.seq
                    ),
                    None if ended => "the time that was asked for is over".to_owned(),
                    None => "it was decided while this was open: nothing is exempt".to_owned(),
                }
            }
            Exempt::Open { .. } if ended => "its time is over".to_owned(),
            Exempt::Open { .. } => "it was ended while this was open".to_owned(),
        }
    }

    /// Why nobody needs to ask for one from this rule on this bucket.
    pub(super) fn there(&self, rule: &str, bucket: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| {
            let exception = row.exception();
            exception.rule == rule && exception.asset.answers_to(bucket)
        })?;
        Some(match row {
            Exempt::Asked(asked) => {
                let by = asked.exception.by.as_ref();
                let by = by.map_or_else(|| "somebody".to_owned(), ToString::to_string);
                format!("{by} asked for it already, and it waits for another person")
            }
            Exempt::Open { exception, .. } => {
                format!("exempt already, until {}", time::to_minute(exception.until))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::{
        Account, Actor, Asset,
        artifact::{Reason, ReasonCode},
    };

    fn exception(bucket: &str, until: &str) -> Exception {
        let account = Account::try_from("123456789012".to_owned()).unwrap();
        Exception {
            rule: "versioning".to_owned(),
            asset: Asset::bucket(account, "us-east-1", bucket),
            reason: Reason {
                code: ReasonCode::AcceptedRisk,
                note: String::new(),
            },
            until: until.parse().unwrap(),
            owner: None,
            by: Some(Actor::person("otto").unwrap()),
            approved_by: None,
        }
    }

    fn asked(seq: u64, bucket: &str) -> RequestedException {
        RequestedException {
            seq,
            at: "2026-04-15T03:00:00Z".parse().unwrap(),
            exception: exception(bucket, "2026-05-15T03:00:00Z"),
        }
    }

    fn order(exempts: &Exempts) -> Vec<String> {
        let rows = exempts.rows().iter();
        rows.map(|row| row.exception().asset.label()).collect()
    }

    #[test]
    fn what_waits_stands_first_and_what_ends_first_stands_above_what_lasts() {
        let mut exempts = Exempts::default();
        let exceptions = Exceptions {
            open: vec![
                exception("long", "2027-01-01T00:00:00Z"),
                exception("short", "2026-04-16T00:00:00Z"),
            ],
            soon: vec![1],
            requested: vec![asked(9, "later"), asked(4, "first")],
            longest_s: None,
        };
        assert!(exempts.load(exceptions.clone()));
        assert_eq!(order(&exempts), ["first", "later", "short", "long"]);
        let soon = |row: &Exempt| matches!(row, Exempt::Open { soon: true, .. });
        assert!(soon(&exempts.rows()[2]) && !soon(&exempts.rows()[3]));
        assert!(!exempts.load(exceptions), "nothing new is no news");
    }

    #[test]
    fn the_selection_stays_with_its_exception_and_goes_with_what_became_of_it() {
        let mut exempts = Exempts::default();
        let mut exceptions = Exceptions {
            open: vec![exception("open", "2026-06-01T00:00:00Z")],
            requested: vec![asked(4, "one"), asked(9, "two")],
            ..Exceptions::default()
        };
        exempts.load(exceptions.clone());
        exempts.select(1);
        let shown = exempts.current().unwrap().clone();
        exceptions.requested.insert(0, asked(2, "before"));
        exempts.load(exceptions.clone());
        assert_eq!(exempts.current(), Some(&shown));
        // It is approved, and so in force.
        let mut approved = exceptions.requested.pop().unwrap().exception;
        approved.approved_by = Some(Actor::person("lea").unwrap());
        exceptions.open.push(approved);
        exempts.load(exceptions.clone());
        assert_eq!(exempts.current().unwrap().exception().asset.label(), "two");
        assert_eq!(
            exempts.over(&shown, None),
            "approved by lea while this was open"
        );
        // And it ends: its neighbour takes its place.
        exceptions.open.pop();
        exempts.load(exceptions);
        assert_eq!(exempts.current().unwrap().exception().asset.label(), "open");
    }
}
