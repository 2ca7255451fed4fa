//! Reading: one entry, a range in order, or a page backwards, each with the memory of what it gives.

use std::{
    fs::File,
    io::{BufReader, Read as _, Seek as _, SeekFrom, Take},
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    Broken, Damage, LedgerError, Recorded, Verified,
    index::Index,
    line::{Piece, decode, next_line},
    scan::{check, scan},
    segment,
};
use crate::domain::Digest;

/// Reads a ledger, while it is written or from a copy. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader {
    dir: Arc<Path>,
    index: Arc<RwLock<Index>>,
}

impl Reader {
    /// Verifies a copied folder and reads from it. A torn last line is left alone and not read.
    pub fn offline(dir: &Path) -> Result<(Self, Verified), LedgerError> {
        let scanned = scan(dir)?;
        let verified = scanned.verified();
        Ok((Self::new(dir, scanned.index), verified))
    }

    pub(super) fn new(dir: &Path, index: Index) -> Self {
        Self {
            dir: dir.into(),
            index: Arc::new(RwLock::new(index)),
        }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&Index) -> T) -> T {
        look(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Index)) {
        change(&mut self.index.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The last entry's number and its line's hash; 0 and zeros while there is none.
    pub fn head(&self) -> (u64, Digest) {
        self.with(|index| (index.last_seq, index.last_hash.clone()))
    }

    pub fn last_seq(&self) -> u64 {
        self.with(|index| index.last_seq)
    }

    pub fn entry(&self, seq: u64) -> Result<Recorded, LedgerError> {
        self.range(seq)
            .next()
            .unwrap_or(Err(LedgerError::NoEntry(seq)))
    }

    /// Entries from `from` on, in order, up to the head as it is now.
    pub fn range(&self, from: u64) -> Range {
        let from = from.max(1);
        self.with(|index| {
            let place = index.before(from);
            let at = place.map_or(index.segments.len(), |place| place.segment);
            Range {
                dir: Arc::clone(&self.dir),
                segments: index.segments[at..]
                    .iter()
                    .map(|segment| (segment.first, segment.length))
                    .collect(),
                offset: place.map_or(0, |place| place.offset),
                seq: place.map_or(from, |place| place.seq),
                wanted: from,
                last: index.last_seq,
                prev: None,
                line: place.map_or(0, |place| place.seq - index.segments[at].first),
                open: None,
                buffer: Vec::new(),
            }
        })
    }

    /// Up to `limit` entries below `before` (none: from the head), the latest first.
    pub fn before(&self, before: Option<u64>, limit: usize) -> Result<Vec<Recorded>, LedgerError> {
        let end = before.unwrap_or(u64::MAX).min(self.last_seq() + 1);
        let from = end.saturating_sub(limit as u64).max(1);
        let count = usize::try_from(end.saturating_sub(from)).unwrap_or(limit);
        let mut page = self
            .range(from)
            .take(count)
            .collect::<Result<Vec<_>, _>>()?;
        page.reverse();
        Ok(page)
    }
}

/// An iterator over entries in order. It checks each line and its place in the chain.
pub struct Range {
    dir: Arc<Path>,
    /// First entry and committed length of each segment that is left, the current one first.
    segments: std::collections::VecDeque<(u64, u64)>,
    offset: u64,
    /// The entry that stands next in the file.
    seq: u64,
    wanted: u64,
    last: u64,
    prev: Option<Digest>,
    line: u64,
    open: Option<BufReader<Take<File>>>,
    buffer: Vec<u8>,
}

impl Range {
    fn broken(&self, what: Damage) -> LedgerError {
        LedgerError::Damaged(Broken {
            segment: segment::name(self.segments.front().map_or(0, |one| one.0)),
            line: self.line,
            seq: self.seq,
            what,
        })
    }

    fn open(&self) -> std::io::Result<BufReader<Take<File>>> {
        let (first, length) = self.segments.front().copied().unwrap_or_default();
        let mut file = File::open(self.dir.join(segment::name(first)))?;
        file.seek(SeekFrom::Start(self.offset))?;
        let left = length.saturating_sub(self.offset);
        Ok(BufReader::with_capacity(1 << 14, file.take(left)))
    }

    /// The next line of the file, decoded where it is wanted.
    fn advance(&mut self) -> Result<Option<Recorded>, LedgerError> {
        let unreadable = |error: std::io::Error| Damage::Unreadable(error.to_string());
        while self.seq <= self.last && !self.segments.is_empty() {
            let mut reader = match self.open.take() {
                Some(reader) => reader,
                None => self
                    .open()
                    .map_err(|error| self.broken(unreadable(error)))?,
            };
            self.line += 1;
            let piece = next_line(&mut reader, &mut self.buffer)
                .map_err(|error| self.broken(unreadable(error)))?;
            match piece {
                Piece::Line => self.open = Some(reader),
                Piece::TooLong => return Err(self.broken(Damage::TooLong)),
                Piece::Torn(_) => return Err(self.broken(Damage::CutShort)),
                Piece::End => {
                    self.segments.pop_front();
                    (self.offset, self.line) = (0, 0);
                    continue;
                }
            }
            if self.seq < self.wanted {
                self.seq += 1;
                continue;
            }
            let recorded = decode(&self.buffer).map_err(|what| self.broken(what))?;
            check(&recorded, self.seq, self.prev.as_ref()).map_err(|what| self.broken(what))?;
            self.seq += 1;
            self.prev = Some(recorded.hash.clone());
            return Ok(Some(recorded));
        }
        if self.seq <= self.last && self.wanted <= self.last {
            let gone = "entries are gone from the end".to_owned();
            return Err(self.broken(Damage::Unreadable(gone)));
        }
        Ok(None)
    }
}

impl Iterator for Range {
    type Item = Result<Recorded, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            // Nothing behind a damaged line is worth anything.
            self.segments.clear();
            self.last = 0;
        }
        next
    }
}
