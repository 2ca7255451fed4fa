//! What can be wrong with a ledger, each said with the place and with what to do.

use std::{io, path::Path};

/// Where a chain of lines is broken. `seq` is the entry that should stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{segment}, line {line} (entry {seq}): {what}")]
pub struct Broken {
    pub segment: String,
    /// From 1; 0 for the file itself.
    pub line: u64,
    pub seq: u64,
    pub what: Damage,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error(
        "the entry before it has another hash: one of the two was changed, or entries are gone"
    )]
    Chain,
    #[error("entry {0} stands there")]
    Sequence(u64),
    #[error("the line is not JSON: {0}")]
    NotJson(String),
    #[error("the line is not an entry: {0}")]
    NotAnEntry(String),
    #[error("the line is not canonical JSON: it was written by something else")]
    NotCanonical,
    #[error("the line does not end in a plain newline")]
    LineEnd,
    #[error("the line is empty")]
    Empty,
    #[error("the line is longer than an entry may be")]
    TooLong,
    #[error("the segment ends within a line although another segment follows")]
    CutShort,
    #[error("the segment begins with entry {0}: a segment before it is missing")]
    Gap(u64),
    #[error("the segment begins with entry {0}, which an earlier segment holds")]
    Overlap(u64),
    #[error("there are no segments")]
    NoSegments,
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("{path} is already open in another process{}", pid.as_ref().map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Locked { path: String, pid: Option<u32> },
    #[error(
        "the ledger is damaged: {0}. Nothing was changed. Put back this segment from a copy that \
         `sixfold ledger verify` accepts, or begin a new ledger in another folder"
    )]
    Damaged(#[from] Broken),
    #[error("an entry of kind {kind} would be {bytes} bytes long; {limit} are the most", limit = super::LONGEST)]
    TooLong { kind: &'static str, bytes: usize },
    #[error("an entry of kind {kind} would not read back as written: {cause}")]
    Unwritable { kind: &'static str, cause: String },
    /// Whoever follows the ledger found that the entries do not follow from those before them.
    #[error("not recorded: {0}")]
    Refused(String),
    #[error("the ledger takes no more entries: {cause}")]
    Stopped { cause: String },
    #[error("there is no entry {0}")]
    NoEntry(u64),
    #[error("{doing} {path}: {cause}")]
    Io {
        doing: &'static str,
        path: String,
        cause: String,
    },
}

impl LedgerError {
    pub(super) fn io(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::Io {
            doing,
            path: path.display().to_string(),
            cause: error.to_string(),
        }
    }
}
