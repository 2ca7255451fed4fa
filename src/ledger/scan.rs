//! The one pass that checks a chain of segments from its first line to its last, with the memory of
//! one line. Opening, offline verification and exports of a copy all go through it.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{
    Broken, Damage,
    index::Index,
    line::{Piece, Recorded, decode, next_line},
    segment,
};
use crate::domain::{Digest, Stamp};

/// A last line that a crash left without its end. It was never acknowledged to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub segment: String,
    /// The entry it would have been.
    pub seq: u64,
    pub offset: u64,
    pub bytes: u64,
}

/// What a verified folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub entries: u64,
    /// When the first and the last entry were recorded.
    pub first: Option<Stamp>,
    pub last: Option<Stamp>,
    pub last_hash: Digest,
    pub segments: usize,
    /// What stands behind the last entry and is none.
    pub torn: Option<Torn>,
}

/// Checks a folder of segments, such as an auditor's copy. It writes nothing and takes no lock, so a
/// read-only medium will do.
pub fn verify(dir: &Path) -> Result<Verified, Broken> {
    let scanned = scan(dir)?;
    if scanned.index.segments.is_empty() {
        return Err(Broken {
            segment: dir.display().to_string(),
            line: 0,
            seq: 1,
            what: Damage::NoSegments,
        });
    }
    Ok(scanned.verified())
}

pub(super) struct Scanned {
    pub index: Index,
    pub first: Option<Stamp>,
    pub last: Option<Stamp>,
    pub torn: Option<Torn>,
}

impl Scanned {
    pub(super) fn verified(&self) -> Verified {
        Verified {
            entries: self.index.last_seq,
            first: self.first,
            last: self.last,
            last_hash: self.index.last_hash.clone(),
            segments: self.index.segments.len(),
            torn: self.torn.clone(),
        }
    }
}

pub(super) fn scan(dir: &Path) -> Result<Scanned, Broken> {
    let firsts = segment::list(dir).map_err(|error| Broken {
        segment: dir.display().to_string(),
        line: 0,
        seq: 1,
        what: Damage::Unreadable(error.to_string()),
    })?;
    let mut scanned = Scanned {
        index: Index::default(),
        first: None,
        last: None,
        torn: None,
    };
    for (n, first) in firsts.iter().enumerate() {
        let is_last = n + 1 == firsts.len();
        scanned.segment(dir.join(segment::name(*first)), *first, is_last)?;
    }
    Ok(scanned)
}

impl Scanned {
    fn segment(&mut self, path: PathBuf, first: u64, is_last: bool) -> Result<(), Broken> {
        let mut line = 0;
        let broken = |line, seq, what| Broken {
            segment: segment::name(first),
            line,
            seq,
            what,
        };
        let wanted = self.index.last_seq + 1;
        if first != wanted {
            let what = if first > wanted {
                Damage::Gap(first)
            } else {
                Damage::Overlap(first)
            };
            return Err(broken(0, wanted, what));
        }
        let unreadable = |error: &std::io::Error| Damage::Unreadable(error.to_string());
        let file = File::open(path).map_err(|error| broken(0, wanted, unreadable(&error)))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut buffer = Vec::new();
        self.index.begin(first);
        loop {
            line += 1;
            let seq = self.index.last_seq + 1;
            let piece = next_line(&mut reader, &mut buffer)
                .map_err(|error| broken(line, seq, unreadable(&error)))?;
            match piece {
                Piece::Line => {
                    let recorded = decode(&buffer).map_err(|what| broken(line, seq, what))?;
                    self.take(&recorded, buffer.len() as u64 + 1)
                        .map_err(|what| broken(line, seq, what))?;
                }
                Piece::TooLong => return Err(broken(line, seq, Damage::TooLong)),
                Piece::Torn(bytes) if is_last => {
                    self.torn = Some(Torn {
                        segment: segment::name(first),
                        seq,
                        offset: self.index.segments.last().map_or(0, |one| one.length),
                        bytes,
                    });
                    return Ok(());
                }
                Piece::Torn(_) => return Err(broken(line, seq, Damage::CutShort)),
                Piece::End => return Ok(()),
            }
        }
    }

    fn take(&mut self, recorded: &Recorded, bytes: u64) -> Result<(), Damage> {
        check(
            recorded,
            self.index.last_seq + 1,
            Some(&self.index.last_hash),
        )?;
        self.first = self.first.or(Some(recorded.entry.at));
        self.last = Some(recorded.entry.at);
        self.index.push(recorded, bytes);
        Ok(())
    }
}

/// Whether a line is the entry that should stand there. `prev` is none where the line before it was
/// not read.
pub(super) fn check(recorded: &Recorded, seq: u64, prev: Option<&Digest>) -> Result<(), Damage> {
    if recorded.entry.seq != seq {
        return Err(Damage::Sequence(recorded.entry.seq));
    }
    if prev.is_some_and(|prev| recorded.entry.prev != *prev) {
        return Err(Damage::Chain);
    }
    Ok(())
}
