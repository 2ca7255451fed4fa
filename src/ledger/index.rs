//! Where entries stand: a sparse index in memory, made while the chain is verified. One block for
//! every few entries costs some megabytes for ten million of them and makes any entry one short
//! read away. A block also says what its entries can be, so that a search steps over most of them.

use super::{
    Recorded,
    search::{Block, Names, Wanted},
};
use crate::domain::Digest;

/// Entries of one block.
const STRIDE: u64 = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub first: u64,
    /// Bytes that are written and synced; what stands behind them is not part of the ledger (yet).
    pub length: u64,
    /// One for every [`STRIDE`] lines, beginning with the first.
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    pub segments: Vec<Segment>,
    /// 0 while the ledger is empty.
    pub last_seq: u64,
    pub last_hash: Digest,
    /// Those that occur.
    pub kinds: Names,
    pub actors: Names,
}

/// A place to begin reading at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the segments.
    pub segment: usize,
    pub offset: u64,
    /// The entry that stands there.
    pub seq: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            segments: Vec::new(),
            last_seq: 0,
            last_hash: Digest::zero(),
            kinds: Names::default(),
            actors: Names::default(),
        }
    }
}

impl Index {
    pub(super) fn begin(&mut self, first: u64) {
        self.segments.push(Segment {
            first,
            length: 0,
            blocks: Vec::new(),
        });
    }

    /// Takes up one more line of the last segment. `bytes` counts its newline.
    pub(super) fn push(&mut self, recorded: &Recorded, bytes: u64) {
        let entry = &recorded.entry;
        self.last_seq += 1;
        self.last_hash.clone_from(&recorded.hash);
        let kind = self.kinds.bit(entry.fact.kind());
        let actor = self.actors.bit(entry.actor.name());
        if let Some(segment) = self.segments.last_mut() {
            if (self.last_seq - segment.first).is_multiple_of(STRIDE) {
                segment.blocks.push(Block::at(segment.length));
            }
            if let Some(block) = segment.blocks.last_mut() {
                block.take(kind, actor, entry.at);
            }
            segment.length += bytes;
        }
    }

    /// The last block before an entry that may hold what is wanted: its first entry, and the one
    /// behind its last that is before.
    pub(super) fn candidate(&self, wanted: &Wanted, before: u64) -> Option<(u64, u64)> {
        let mut end = before.min(self.last_seq + 1);
        for segment in self.segments.iter().rev().filter(|one| one.first < before) {
            for (at, block) in segment.blocks.iter().enumerate().rev() {
                let first = segment.first + at as u64 * STRIDE;
                if first < end {
                    if block.may_hold(wanted) {
                        return Some((first, end));
                    }
                    end = first;
                }
            }
        }
        None
    }

    /// The nearest remembered place at or before an entry; none where there is no such entry.
    pub(super) fn before(&self, seq: u64) -> Option<Place> {
        if seq == 0 || seq > self.last_seq {
            return None;
        }
        let after = self.segments.partition_point(|one| one.first <= seq);
        let segment = after.checked_sub(1)?;
        let found = self.segments.get(segment)?;
        let block = (seq - found.first) / STRIDE;
        Some(Place {
            segment,
            offset: found.blocks.get(usize::try_from(block).ok()?)?.offset,
            seq: found.first + block * STRIDE,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::{Draft, Fact, Stamp};

    fn recorded() -> Recorded {
        let draft = Draft::room(Stamp::default(), None, Fact::BreakerReset);
        Recorded {
            entry: draft.numbered(1, Digest::zero()),
            hash: Digest::zero(),
            line: String::new(),
        }
    }

    #[test]
    fn every_entry_is_less_than_a_stride_behind_its_place() {
        let mut index = Index::default();
        for (first, entries) in [(1, 100), (101, 1), (102, 64), (166, 0)] {
            index.begin(first);
            for _ in 0..entries {
                index.push(&recorded(), 10);
            }
        }
        for seq in 1..=165 {
            let place = index.before(seq).unwrap();
            let first = index.segments[place.segment].first;
            assert!(place.seq <= seq && seq < place.seq + STRIDE, "{seq}");
            assert_eq!(place.offset, (place.seq - first) * 10, "{seq}");
        }
        assert_eq!((index.before(0), index.before(166)), (None, None));
    }
}
