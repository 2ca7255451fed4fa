//! The folder of the views: `live-3` is in use, `damaged-2` is kept for whoever wants to look.
//!
//! Each rebuild gets a folder of its own, so that a database which panicked and still has a thread
//! somewhere cannot write into its successor.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::StoreError;

/// Damaged databases that are kept.
const KEPT: usize = 2;

pub(super) struct Folder {
    dir: PathBuf,
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Views(format!("{doing} {}: {error}", path.display()))
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|error| failed("creating", dir, &error))?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    pub(super) fn live(&self, n: u64) -> PathBuf {
        self.dir.join(format!("live-{n}"))
    }

    /// The latest database, if there is one. Earlier ones are what a rebuild left behind when it was
    /// killed, and go.
    pub(super) fn latest(&self) -> Result<Option<u64>, StoreError> {
        let mut found = self.numbers("live-")?;
        let latest = found.pop();
        for n in found {
            self.remove(&self.live(n))?;
        }
        Ok(latest)
    }

    /// A free number, above all that were ever used and are still there.
    pub(super) fn next(&self) -> Result<u64, StoreError> {
        let live = self.numbers("live-")?.pop().unwrap_or(0);
        let damaged = self.numbers("damaged-")?.pop().unwrap_or(0);
        Ok(live.max(damaged) + 1)
    }

    /// A snapshot that sled was writing when it was killed makes the next open fail for good, so it
    /// is moved out of sled's sight. Tells whether there was one.
    pub(super) fn set_snapshots_aside(&self, n: u64) -> Result<bool, StoreError> {
        let live = self.live(n);
        let mut any = false;
        for item in fs::read_dir(&live).map_err(|error| failed("listing", &live, &error))? {
            let item = item.map_err(|error| failed("listing", &live, &error))?;
            let name = item.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                let aside = live.join("aside.generating");
                fs::rename(item.path(), &aside)
                    .map_err(|error| failed("setting aside", &item.path(), &error))?;
                any = true;
            }
        }
        Ok(any)
    }

    /// Sets a damaged database aside and lets the oldest ones go. Gives its new name.
    pub(super) fn quarantine(&self, n: u64) -> Result<String, StoreError> {
        let (live, name) = (self.live(n), format!("damaged-{n}"));
        fs::rename(&live, self.dir.join(&name))
            .map_err(|error| failed("setting aside", &live, &error))?;
        let damaged = self.numbers("damaged-")?;
        for old in damaged.iter().rev().skip(KEPT) {
            self.remove(&self.dir.join(format!("damaged-{old}")))?;
        }
        Ok(name)
    }

    pub(super) fn discard(&self, n: u64) -> Result<(), StoreError> {
        self.remove(&self.live(n))
    }

    fn remove(&self, path: &Path) -> Result<(), StoreError> {
        debug_assert!(path.starts_with(&self.dir), "only our own folders go");
        fs::remove_dir_all(path).map_err(|error| failed("removing", path, &error))
    }

    fn numbers(&self, prefix: &str) -> Result<Vec<u64>, StoreError> {
        let listing = |error: io::Error| failed("listing", &self.dir, &error);
        let mut numbers: Vec<u64> = Vec::new();
        for item in fs::read_dir(&self.dir).map_err(listing)? {
            let name = item.map_err(listing)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(prefix));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}
