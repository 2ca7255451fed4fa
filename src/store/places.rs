//! Rows of the queue by their number in it.
//!
//! sled finds a key at once, but can only walk to the five-hundred-thousandth. So the keys stand here
//! once more, in order and in runs of some hundred: a page far down is as near as the first one, and a
//! row that comes or goes moves one run. A million of them take 30 MB.

use super::keys::{CLOSED, QUEUE};

/// Bytes of a queue's key behind its first one; shorter keys end in zeros.
const LENGTH: usize = 29;

/// Of those, what a key of an open change has.
const OPEN: usize = 22;

/// A run that has grown to this is cut in two.
const RUN: usize = 1_024;

/// A row's key. They sort as the keys do: whatever stands in one group has the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place([u8; LENGTH]);

impl Place {
    /// None for a key that is none of the queue's.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        let (first, rest) = key.split_first()?;
        let mut place = [0; LENGTH];
        place.get_mut(..rest.len())?.copy_from_slice(rest);
        let place = Self(place);
        (*first == QUEUE && rest.len() == place.length()).then_some(place)
    }

    pub(super) fn key(&self) -> Vec<u8> {
        [&[QUEUE][..], &self.0[..self.length()]].concat()
    }

    pub(super) const fn open(&self) -> bool {
        self.0[0] != CLOSED
    }

    const fn length(&self) -> usize {
        if self.open() { OPEN } else { LENGTH }
    }
}

/// Places in order, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// None is empty.
    runs: Vec<Vec<Place>>,
    length: usize,
}

impl Places {
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// The run in which a place stands or would stand.
    fn run(&self, place: &Place) -> usize {
        let after = self.runs.partition_point(|run| run[0] <= *place);
        after.saturating_sub(1)
    }

    pub(super) fn insert(&mut self, place: Place) {
        let at = self.run(&place);
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![place]);
            self.length = 1;
            return;
        };
        let Err(within) = run.binary_search(&place) else {
            return;
        };
        run.insert(within, place);
        self.length += 1;
        if run.len() == RUN {
            // What comes in order, as when the views are opened, leaves full runs behind.
            let cut = if within + 1 == RUN { RUN - 1 } else { RUN / 2 };
            let rest = run.split_off(cut);
            self.runs.insert(at + 1, rest);
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        let at = self.run(place);
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        let Ok(within) = run.binary_search(place) else {
            return;
        };
        run.remove(within);
        self.length -= 1;
        if run.is_empty() {
            self.runs.remove(at);
        }
    }

    /// How many stand behind a place.
    pub(super) fn behind(&self, place: &Place) -> usize {
        let at = self.run(place);
        let Some((run, later)) = self.runs.get(at..).and_then(<[_]>::split_first) else {
            return 0;
        };
        let within = run.len() - run.partition_point(|one| one <= place);
        within + later.iter().map(Vec::len).sum::<usize>()
    }

    /// From the place with this number on.
    pub(super) fn from(&self, mut number: usize) -> impl Iterator<Item = &Place> {
        let mut first = self.runs.len();
        for (at, run) in self.runs.iter().enumerate() {
            if number < run.len() {
                first = at;
                break;
            }
            number -= run.len();
        }
        self.runs[first..].iter().flatten().skip(number)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn place(number: u16) -> Place {
        let mut key = vec![QUEUE, CLOSED];
        key.extend([0; LENGTH - 3]);
        key.extend(number.to_be_bytes());
        Place::of(&key).unwrap()
    }

    #[test]
    fn a_key_that_is_not_the_queues_has_no_place() {
        let key = place(7).key();
        assert_eq!(Place::of(&key), Some(place(7)));
        assert_eq!(Place::of(&key[..key.len() - 1]), None);
        assert_eq!(Place::of(&[&key[..], b"x"].concat()), None);
        assert_eq!(Place::of(b"c"), None);
        assert_eq!(Place::of(b""), None);
    }

    proptest! {
        #[test]
        fn every_number_finds_the_row_that_stands_there(
            steps in proptest::collection::vec((any::<bool>(), 0..4_000_u16), 0..3_000),
            grown in 0..4_000_u16,
        ) {
            let mut places = Places::default();
            let mut wanted = BTreeSet::new();
            for number in 0..grown {
                places.insert(place(number));
                wanted.insert(place(number));
            }
            for (insert, number) in steps {
                if insert {
                    places.insert(place(number));
                    wanted.insert(place(number));
                } else {
                    places.remove(&place(number));
                    wanted.remove(&place(number));
                }
            }
            prop_assert_eq!(places.len(), wanted.len());
            let all: Vec<_> = wanted.into_iter().collect();
            for number in [0, 1, all.len() / 2, all.len().saturating_sub(1), all.len(), all.len() + 9] {
                let rest: Vec<_> = places.from(number).copied().collect();
                prop_assert_eq!(&rest[..], all.get(number..).unwrap_or_default());
                let at = place(u16::try_from(number).unwrap());
                let behind = all.iter().filter(|one| **one > at).count();
                prop_assert_eq!(places.behind(&at), behind);
            }
        }
    }
}
