//! Opening a ledger to write on: verify everything, cut what a crash left torn, refuse the rest.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use super::{
    Follower, Ledger, LedgerError, Lock, Reader,
    scan::{Torn, scan},
    segment::{self, Folder},
    writer,
};
use crate::domain::Digest;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A segment that has reached this many bytes is followed by a new one. Default 64 MiB.
    pub segment_size: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_size: 64 * 1024 * 1024,
        }
    }
}

/// A verified ledger that nobody writes on yet. Views are brought up to it, and then it is started.
#[derive(Debug)]
pub struct Opened {
    pub reader: Reader,
    /// What was amiss and what was done about it, in sentences.
    pub findings: Vec<String>,
    pub last_seq: u64,
    pub last_hash: Digest,
    dir: PathBuf,
    lock: Lock,
    options: Options,
}

/// Opens the ledger in `dir`, creating it where there is none. Reads every line once.
pub fn open(dir: &Path, lock: Lock, options: Options) -> Result<Opened, LedgerError> {
    fs::create_dir_all(dir).map_err(|error| LedgerError::io("creating", dir, &error))?;
    let scanned = scan(dir)?;
    let mut findings = Vec::new();
    if let Some(torn) = &scanned.torn {
        let kept = cut(dir, torn).map_err(|error| {
            LedgerError::io("cutting a torn line off", &dir.join(&torn.segment), &error)
        })?;
        findings.push(format!(
            "the last line of {} was torn by a crash: {} bytes that would have become entry {} were \
             cut off and kept in {kept}",
            torn.segment, torn.bytes, torn.seq
        ));
    }
    Ok(Opened {
        last_seq: scanned.index.last_seq,
        last_hash: scanned.index.last_hash.clone(),
        reader: Reader::new(dir, scanned.index),
        findings,
        dir: dir.to_owned(),
        lock,
        options,
    })
}

/// Moves the torn bytes to a file of their own: first they are safe there, then they go here.
fn cut(dir: &Path, torn: &Torn) -> io::Result<String> {
    let mut segment = OpenOptions::new()
        .read(true)
        .write(true)
        .open(dir.join(&torn.segment))?;
    segment.seek(SeekFrom::Start(torn.offset))?;
    let (name, mut kept) = create_beside(dir, torn)?;
    let mut chunk = [0; 4096];
    loop {
        let read = segment.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        kept.write_all(&chunk[..read])?;
    }
    kept.sync_all()?;
    segment.set_len(torn.offset)?;
    segment.sync_all()?;
    segment::sync_dir(dir)?;
    Ok(name)
}

fn create_beside(dir: &Path, torn: &Torn) -> io::Result<(String, File)> {
    let base = format!("{}.torn-{}", torn.segment, torn.seq);
    let later = (2..).map(|n| format!("{base}.{n}"));
    for name in std::iter::once(base.clone()).chain(later) {
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(dir.join(&name));
        match created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (name, file)),
        }
    }
    Err(io::Error::other("no name is left for the torn bytes"))
}

impl Opened {
    /// Begins to write. The follower hears of every batch, in order, before those who appended it
    /// are answered.
    pub fn start(self, follower: impl Follower + 'static) -> Result<Ledger, LedgerError> {
        let firsts = segment::list(&self.dir)
            .map_err(|error| LedgerError::io("listing", &self.dir, &error))?;
        let folder = Folder::open(&self.dir, firsts.last().copied())
            .map_err(|error| LedgerError::io("opening the last segment in", &self.dir, &error))?;
        writer::start(
            self.reader,
            Box::new(folder),
            Box::new(follower),
            self.options.segment_size,
            Some(self.lock),
        )
    }
}
