//! Rows that are being changed, and the totals by which a store is known to be whole.
//!
//! sled may come back with rows missing or old and say nothing. So each batch carries the number of
//! rows of every view and a sum over all rows' hashes; an open that counts otherwise is damage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sled::{Batch, IVec, Tree};

use super::{
    StoreError,
    keys::{self, EXCEPTION, META},
    places::Place,
};
use crate::domain::Digest;

/// What all rows amount to, whatever their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub rows: BTreeMap<String, u64>,
    sum: u64,
}

impl Totals {
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        *self.rows.entry(keys::label(key)).or_default() += 1;
        self.sum = self.sum.wrapping_add(hash(key, value));
    }

    fn remove(&mut self, key: &[u8], value: &[u8]) {
        let label = keys::label(key);
        let rows = self.rows.entry(label.clone()).or_default();
        *rows = rows.saturating_sub(1);
        if *rows == 0 {
            self.rows.remove(&label);
        }
        self.sum = self.sum.wrapping_sub(hash(key, value));
    }

    pub(super) fn of(&self, label: &[u8]) -> usize {
        let label = String::from_utf8_lossy(label);
        let rows = self.rows.get(label.as_ref()).copied().unwrap_or(0);
        usize::try_from(rows).unwrap_or(usize::MAX)
    }
}

/// FNV-1a with a final mix: quick, and against accidents only. The ledger's chain is what holds
/// against intent.
fn hash(key: &[u8], value: &[u8]) -> u64 {
    let length = (key.len() as u64).to_be_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in length.iter().chain(key).chain(value) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Raised whenever a row's key or value is spelled in another way than before.
pub(super) const FORMAT: u32 = 7;

/// Up to which entry the views are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// How keys and values are spelled; 0 in views from before there was a number.
    #[serde(default)]
    pub format: u32,
    pub seq: u64,
    pub hash: Digest,
    pub totals: Totals,
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            format: FORMAT,
            seq: 0,
            hash: Digest::zero(),
            totals: Totals::default(),
        }
    }
}

/// One atomic step of the views.
pub(super) struct Step {
    pub batch: Batch,
    /// What the views are after it.
    pub meta: Meta,
    /// Rows of the queue that come or change, and those that go.
    pub queue: Vec<(Place, Option<IVec>)>,
    /// Exceptions come, change or go.
    pub exceptions: bool,
}

/// Changes to rows that are not in the tree yet. Reads see them.
pub(super) struct Sheet<'a> {
    tree: &'a Tree,
    changed: BTreeMap<Vec<u8>, Option<IVec>>,
}

impl<'a> Sheet<'a> {
    pub(super) const fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            changed: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.tree.get(key)?),
        }
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: impl Into<IVec>) {
        self.changed.insert(key, Some(value.into()));
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.changed.insert(key, None);
    }

    pub(super) fn finish(self, mut meta: Meta) -> Result<Step, StoreError> {
        let mut batch = Batch::default();
        let mut queue = Vec::new();
        let mut exceptions = false;
        for (key, new) in self.changed {
            let old = self.tree.get(&key)?;
            if old == new {
                continue;
            }
            exceptions |= key.first() == Some(&EXCEPTION);
            if let Some(place) = Place::of(&key) {
                queue.push((place, new.clone()));
            }
            if let Some(old) = old {
                meta.totals.remove(&key, &old);
            }
            match new {
                Some(new) => {
                    meta.totals.add(&key, &new);
                    batch.insert(key, new);
                }
                None => batch.remove(key),
            }
        }
        batch.insert(META, serde_json::to_vec(&meta)?);
        Ok(Step {
            batch,
            meta,
            queue,
            exceptions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_tell_a_missing_an_old_and_a_moved_row() {
        let rows: [(&[u8], &[u8]); 3] = [(b"ca", b"1"), (b"cb", b"2"), (b"q0x", b"3")];
        let sum = |rows: &[(&[u8], &[u8])]| {
            let mut totals = Totals::default();
            for (key, value) in rows {
                totals.add(key, value);
            }
            totals
        };
        let whole = sum(&rows);
        assert_eq!((whole.of(b"c"), whole.of(b"q0"), whole.of(b"x")), (2, 1, 0));
        let reordered = [rows[2], rows[0], rows[1]];
        assert_eq!(sum(&reordered), whole);
        for other in [
            vec![rows[0], rows[1]],
            vec![rows[0], (b"cb", b"9"), rows[2]],
            vec![rows[0], (b"c", b"b2"), rows[2]],
            vec![(b"ca", b"2"), (b"cb", b"1"), rows[2]],
        ] {
            assert_ne!(sum(&other), whole);
        }
        let mut back = whole.clone();
        back.add(b"cz", b"9");
        back.remove(b"cz", b"9");
        assert_eq!(back, whole);
    }
}
