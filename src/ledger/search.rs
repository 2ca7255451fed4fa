//! Finding entries by kind, actor and time among millions of them, the latest first.
//!
//! No index tells where an actor's entries are; but each block of some entries remembers which kinds
//! and actors it holds and from when to when it reaches, so a search reads the few blocks that may hold
//! what is wanted and steps over the others. It reads only so much a call and says where to go on.

use super::{LedgerError, Reader, Recorded};
use crate::domain::{ChangeId, Entry, Stamp};

/// Blocks that one call reads.
const BLOCKS: usize = 640;

/// Names that occur, each with a bit of its own while there are bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names(Vec<String>);

/// Bits but the last, which all names share that came when the others were given away.
const OWN: usize = 63;

impl Names {
    pub(super) fn bit(&mut self, name: &str) -> u64 {
        let known = self.0.iter().position(|known| known == name);
        let at = known.unwrap_or_else(|| {
            if self.0.len() < OWN {
                self.0.push(name.to_owned());
                self.0.len() - 1
            } else {
                OWN
            }
        });
        1 << at
    }

    /// The bits of names that contain a part, in any case.
    fn with(&self, part: Option<&str>) -> u64 {
        let Some(part) = part else {
            return u64::MAX;
        };
        let bit = |(at, name): (usize, &String)| {
            let holds = contains(name, part);
            u64::from(holds) << at
        };
        let own = self
            .0
            .iter()
            .enumerate()
            .map(bit)
            .fold(0, |all, bit| all | bit);
        own | 1 << OWN
    }
}

/// What some entries are, from an offset on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub offset: u64,
    kinds: u64,
    actors: u64,
    /// The earliest and the latest; clocks are set back now and then.
    times: Option<(Stamp, Stamp)>,
}

impl Block {
    pub(super) const fn at(offset: u64) -> Self {
        Self {
            offset,
            kinds: 0,
            actors: 0,
            times: None,
        }
    }

    pub(super) fn take(&mut self, kind: u64, actor: u64, at: Stamp) {
        self.kinds |= kind;
        self.actors |= actor;
        let (from, until) = self.times.unwrap_or((at, at));
        self.times = Some((from.min(at), until.max(at)));
    }

    pub(super) fn may_hold(&self, wanted: &Wanted) -> bool {
        let within = self.times.is_some_and(|(earliest, latest)| {
            wanted.since.is_none_or(|since| since <= latest)
                && wanted.until.is_none_or(|until| earliest < until)
        });
        within && self.kinds & wanted.kinds != 0 && self.actors & wanted.actors != 0
    }
}

/// A search in the words of blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    kinds: u64,
    actors: u64,
    since: Option<Stamp>,
    until: Option<Stamp>,
}

/// Which entries; every given part must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub change: Option<ChangeId>,
    /// Part of a kind's word, such as `fix`.
    pub kind: Option<String>,
    /// Part of an actor's name, in any case.
    pub actor: Option<String>,
    pub since: Option<Stamp>,
    /// Entries of this time and later ones are not meant.
    pub until: Option<Stamp>,
}

impl Search {
    /// Whether an entry is meant.
    pub fn holds(&self, entry: &Entry) -> bool {
        let part = |part: &Option<String>, of| part.as_ref().is_none_or(|part| contains(of, part));
        self.change.is_none_or(|id| entry.change == Some(id))
            && part(&self.kind, entry.fact.kind())
            && part(&self.actor, entry.actor.name())
            && self.since.is_none_or(|since| since <= entry.at)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

fn contains(name: &str, part: &str) -> bool {
    name.to_lowercase().contains(&part.to_lowercase())
}

/// What a call found, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub entries: Vec<Recorded>,
    /// Below which entry to go on; none when there is nothing left to read.
    pub next: Option<u64>,
}

impl Reader {
    /// Up to `limit` entries below `before` that are meant, or fewer where many had to be read.
    pub fn search(&self, search: &Search, before: u64, limit: usize) -> Result<Found, LedgerError> {
        let wanted = self.with(|index| Wanted {
            kinds: index.kinds.with(search.kind.as_deref()),
            actors: index.actors.with(search.actor.as_deref()),
            since: search.since,
            until: search.until,
        });
        let mut found = Found::default();
        let mut below = before;
        for _ in 0..BLOCKS {
            let Some((first, end)) = self.with(|index| index.candidate(&wanted, below)) else {
                return Ok(found);
            };
            let count = usize::try_from(end - first).unwrap_or(usize::MAX);
            let block: Vec<_> = self.range(first).take(count).collect::<Result<_, _>>()?;
            for recorded in block.into_iter().rev() {
                if search.holds(&recorded.entry) {
                    if found.entries.len() == limit {
                        found.next = found.entries.last().map(|last| last.entry.seq);
                        return Ok(found);
                    }
                    found.entries.push(recorded);
                }
            }
            below = first;
        }
        found.next = self
            .with(|index| index.candidate(&wanted, below))
            .map(|_| below);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::{
        domain::{Actor, Draft, Fact, Via},
        ledger::{Lock, Options, open},
    };

    fn at(n: i64) -> Stamp {
        // Every tenth comes from a clock that was set back.
        let back = if n % 10 == 9 { 5_000 } else { 0 };
        Utc.with_ymd_and_hms(2026, 4, 15, 3, 12, 47).unwrap() + TimeDelta::seconds(n * 60 - back)
    }

    /// Entry `n + 1` is of the room, or of one of a hundred people.
    fn draft(n: i64) -> Draft {
        let cause = format!("halt {n}");
        let mut draft = Draft::room(at(n), None, Fact::BreakerTripped { cause });
        if n % 7 == 3 {
            draft.fact = Fact::BreakerReset;
        }
        if n % 3 == 0 {
            draft.actor = Actor::person(&format!("Person.{:03}", n % 300)).unwrap();
            draft.via = Via::Tui;
        }
        draft
    }

    fn walked(reader: &Reader, search: &Search, limit: usize) -> Vec<u64> {
        let (mut seqs, mut before) = (Vec::new(), Some(u64::MAX));
        while let Some(below) = before {
            let found = reader.search(search, below, limit).unwrap();
            assert!(found.entries.len() <= limit);
            seqs.extend(found.entries.iter().map(|one| one.entry.seq));
            before = found.next;
        }
        seqs
    }

    #[test]
    fn a_search_finds_every_entry_that_is_meant_and_no_other() {
        let state = tempfile::tempdir().unwrap();
        let options = Options {
            segment_size: 20_000,
        };
        let opened = |options| {
            let lock = Lock::take(state.path()).unwrap();
            open(&state.path().join("ledger"), lock, options).unwrap()
        };
        let ledger = opened(options).start(|_: &[Recorded]| {}).unwrap();
        ledger
            .commit_blocking((0..500).map(draft).collect())
            .unwrap();
        let written = ledger.reader().clone();
        ledger.close();
        let opened = opened(options).reader;
        let all: Vec<_> = opened.range(1).map(Result::unwrap).collect();
        let some = |text: &str| Some(text.to_owned());
        let searches = [
            Search::default(),
            Search {
                kind: some("reset"),
                ..Search::default()
            },
            Search {
                kind: some("BREAKER"),
                ..Search::default()
            },
            Search {
                actor: some("person.003"),
                ..Search::default()
            },
            // One of those that came when every bit was given away.
            Search {
                actor: some("person.297"),
                ..Search::default()
            },
            Search {
                actor: some("nobody"),
                ..Search::default()
            },
            Search {
                since: Some(at(120)),
                until: Some(at(130)),
                ..Search::default()
            },
            Search {
                until: Some(at(11)),
                ..Search::default()
            },
            Search {
                since: Some(at(490)),
                kind: some("reset"),
                ..Search::default()
            },
        ];
        for search in searches {
            let meant = all.iter().rev().filter(|one| search.holds(&one.entry));
            let wanted: Vec<_> = meant.map(|one| one.entry.seq).collect();
            for reader in [&written, &opened] {
                for limit in [1, 13, 500] {
                    assert_eq!(walked(reader, &search, limit), wanted, "{search:?}");
                }
            }
        }
    }

    #[test]
    fn blocks_that_hold_nothing_that_is_meant_are_not_read() {
        let mut names = Names::default();
        let nina = names.bit("nina.ramirez");
        let bits: Vec<_> = (0..100)
            .map(|n| names.bit(&format!("person.{n}")))
            .collect();
        assert_eq!(names.bit("nina.ramirez"), nina);
        assert_eq!((bits[61], bits[62], bits[99]), (1 << 62, 1 << 63, 1 << 63));
        let wanted = |actor, since| Wanted {
            kinds: names.with(None),
            actors: names.with(actor),
            since,
            until: None,
        };
        let mut block = Block::at(0);
        assert!(!block.may_hold(&wanted(None, None)), "it is empty");
        block.take(1, nina, at(0));
        assert!(block.may_hold(&wanted(Some("NINA"), Some(at(0)))));
        assert!(!block.may_hold(&wanted(Some("person.7"), None)));
        assert!(!block.may_hold(&wanted(None, Some(at(1)))));
    }
}
