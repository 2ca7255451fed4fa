//! One sled database in use: opening it, checking it, and bringing it up to the ledger.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sled::{Db, IVec, Tree};

use super::{
    Rows, StoreError,
    fold::Fold,
    keys::META,
    places::Place,
    recent::{KEPT, Recent},
    search::Lists,
    sheet::{FORMAT, Meta, Sheet, Step, Totals},
};
use crate::{
    ledger::{LedgerError, Reader, Recorded},
    room::protocol::Line,
};

/// Bytes that sled may cache. Its own default is a gigabyte.
const CACHE: u64 = 48 * 1024 * 1024;

/// Entries that one batch holds while views are made from the ledger.
const BATCH: usize = 256;

pub(super) struct Live {
    db: Db,
    /// All views.
    pub rows: Tree,
    /// What is no view of the ledger: observations, and when to try a delivery again.
    pub local: Tree,
    /// As in the tree; held while a batch is made, so that batches do not overtake each other.
    meta: Mutex<Meta>,
    /// Of the queue's rows; behind `meta` where both are held.
    pub lists: Mutex<Lists>,
    /// Ends with the last entry that the views know, or before it while that one is taken up.
    recent: Mutex<Recent>,
}

impl Live {
    /// Opens a database and reads every row once. Rows that do not amount to their totals, or that
    /// cannot be read, are an error.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let db = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE)
            .open()?;
        let rows = db.open_tree("rows")?;
        let local = db.open_tree("local")?;
        let mut totals = Totals::default();
        let mut lists = Lists::default();
        for item in &rows {
            let (key, value) = item?;
            if key != META {
                totals.add(&key, &value);
            }
            if let Some(place) = Place::of(&key) {
                lists.all.insert(place);
            }
        }
        for item in &local {
            item?;
        }
        let meta: Meta = match rows.get(META)? {
            Some(bytes) => serde_json::from_slice(&bytes)?,
            None => Meta::default(),
        };
        if meta.totals != totals {
            let count = |totals: &Totals| totals.rows.values().sum::<u64>();
            return Err(StoreError::Views(format!(
                "their rows are not what was written: {} were found of {}, or some are old",
                count(&totals),
                count(&meta.totals)
            )));
        }
        Ok(Self {
            db,
            rows,
            local,
            meta: Mutex::new(meta),
            lists: Mutex::new(lists),
            recent: Mutex::default(),
        })
    }

    /// Keeps the latest lines ready, of entries that were taken up before.
    pub(super) fn recall(&self, reader: &Reader) -> Result<(), StoreError> {
        let latest = reader.before(Some(self.meta().seq + 1), KEPT)?;
        let mut recent = self.recent();
        for recorded in latest.iter().rev() {
            recent.push(Line::of(&recorded.entry));
        }
        Ok(())
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        // A line is pushed or it is not.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn meta(&self) -> Meta {
        self.meta
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether these views are made from this ledger, up to some entry of it. The words say what is
    /// wrong.
    pub(super) fn compare(&self, reader: &Reader) -> Result<Result<(), String>, StoreError> {
        let meta = self.meta();
        let last = reader.last_seq();
        if meta.seq == 0 {
            let empty = last > 0;
            return Ok(if empty {
                Err("they were empty".to_owned())
            } else {
                Ok(())
            });
        }
        if meta.format != FORMAT {
            return Ok(Err(format!(
                "they are of another version's making (format {}, this one has {FORMAT})",
                meta.format
            )));
        }
        if meta.seq > last {
            return Ok(Err(format!(
                "they were made from entry {}, but the ledger ends with entry {last}: entries may be \
                 missing from its end",
                meta.seq
            )));
        }
        if reader.entry(meta.seq)?.hash != meta.hash {
            return Ok(Err(format!(
                "they were made from another ledger: entry {} has another hash",
                meta.seq
            )));
        }
        Ok(Ok(()))
    }

    /// Takes up what the ledger has beyond these views. Gives the number of entries.
    pub(super) fn catch_up(&self, reader: &Reader) -> Result<u64, StoreError> {
        let from = self.meta().seq;
        let mut entries = reader.range(from + 1);
        loop {
            let batch: Vec<_> = entries
                .by_ref()
                .take(BATCH)
                .collect::<Result<_, LedgerError>>()?;
            if batch.is_empty() {
                return Ok(self.meta().seq - from);
            }
            self.apply(&batch, reader)?;
        }
    }

    /// Takes up entries, in order and once each; what is missing before them is read.
    pub(super) fn apply(&self, recorded: &[Recorded], reader: &Reader) -> Result<(), StoreError> {
        let gap = recorded
            .first()
            .is_some_and(|first| first.entry.seq > self.meta().seq + 1);
        if gap {
            self.catch_up(reader)?;
        }
        let mut guard = self.meta.lock().unwrap_or_else(PoisonError::into_inner);
        let from = guard.seq;
        let fresh = || recorded.iter().filter(move |one| one.entry.seq > from);
        let Some(last) = fresh().next_back() else {
            return Ok(());
        };
        let mut fold = Fold::new(Sheet::new(&self.rows));
        for one in fresh() {
            fold.entry(&one.entry)?;
        }
        let meta = Meta {
            format: FORMAT,
            seq: last.entry.seq,
            hash: last.hash.clone(),
            totals: guard.totals.clone(),
        };
        let step: Step = fold.finish()?.finish(meta)?;
        self.rows.apply_batch(step.batch)?;
        let mut lists = self.lists();
        lists.rows(&step.queue);
        if step.exceptions {
            lists.forget_exempt();
        }
        drop(lists);
        *guard = step.meta;
        // Of a long history that is taken up only the end is kept, so only that is made.
        let kept = |one: &&Recorded| one.entry.seq + KEPT as u64 > reader.last_seq();
        let mut recent = self.recent();
        for one in fresh().filter(kept) {
            recent.push(Line::of(&one.entry));
        }
        drop((recent, guard));
        for one in fresh() {
            self.noted(&one.entry)?;
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush()?;
        Ok(())
    }

    pub(super) fn dump(&self) -> Result<Rows, StoreError> {
        let owned = |pair: Result<(IVec, IVec), sled::Error>| {
            let (key, value) = pair?;
            Ok((key.to_vec(), value.to_vec()))
        };
        self.rows.iter().map(owned).collect()
    }
}
