//! The handle to the views, and how they come up: opened, checked, compared with the ledger, and
//! made again where anything does not hold.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{Rows, StoreError, error::contained, folder::Folder, live::Live};
use crate::ledger::{Reader, Recorded};

/// The views of one ledger. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Folder,
    reader: Reader,
    /// The database in use and its number; none while it could not be made.
    live: RwLock<(u64, Option<Live>)>,
    /// What was found amiss while running, until somebody takes it.
    findings: Mutex<Vec<String>>,
    /// Why the views are not current, where they are not.
    trouble: Mutex<Option<String>>,
}

impl Store {
    /// Opens the views in `dir` and brings them up to the ledger. Whoever calls holds the ledger's
    /// lock. Gives what was found amiss and mended, in sentences.
    ///
    /// An error means that the ledger itself cannot be read or contradicts itself, or that the disk
    /// takes no new views.
    pub fn open(dir: &Path, reader: Reader) -> Result<(Self, Vec<String>), StoreError> {
        let folder = Folder::new(dir)?;
        let mut findings = Vec::new();
        let (n, live) = if let Some(n) = folder.latest()? {
            opened_or_made(&folder, n, &reader, &mut findings)?
        } else {
            if reader.last_seq() > 0 {
                findings.push("the views were missing and were made again".to_owned());
            }
            made(&folder, &reader)?
        };
        let inner = Inner {
            folder,
            reader,
            live: RwLock::new((n, Some(live))),
            findings: Mutex::default(),
            trouble: Mutex::default(),
        };
        let inner = Arc::new(inner);
        Ok((Self { inner }, findings))
    }

    /// Makes the views again from the ledger, whatever state they are in. What the scanner saw is
    /// forgotten and comes back with its next pass.
    pub fn rebuild(&self) -> Result<(), StoreError> {
        let mut live = self
            .inner
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let old = live.0;
        closed(live.1.take());
        let (n, made) = made(&self.inner.folder, &self.inner.reader)?;
        *live = (n, Some(made));
        self.inner.folder.discard(old)
    }

    /// Takes up entries that are on disk. Entries that were taken up before change nothing.
    pub fn apply(&self, recorded: &[Recorded]) -> Result<(), StoreError> {
        let reader = &self.inner.reader;
        let applied = self
            .revived()
            .and_then(|()| self.with(|live| live.apply(recorded, reader)));
        let trouble = applied.as_ref().err().map(ToString::to_string);
        *self
            .inner
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = trouble;
        applied
    }

    /// Views that could not be made are tried again with each commit, not with each question.
    fn revived(&self) -> Result<(), StoreError> {
        let live = self
            .inner
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let missing = live.1.is_none().then_some(live.0);
        drop(live);
        missing.map_or(Ok(()), |n| self.mend(n, "they could not be made"))
    }

    /// The last entry that the views know.
    pub fn last_seq(&self) -> Result<u64, StoreError> {
        self.with(|live| Ok(live.meta().seq))
    }

    /// Makes sure that the views know every entry of the ledger.
    pub(super) fn current(&self) -> Result<(), StoreError> {
        self.revived()?;
        if self.last_seq()? < self.inner.reader.last_seq() {
            self.with(|live| live.catch_up(&self.inner.reader))?;
        }
        Ok(())
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    /// What was found amiss and mended since the last call, in sentences.
    pub fn take_findings(&self) -> Vec<String> {
        let mut findings = self
            .inner
            .findings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut findings)
    }

    /// Why screens may show what is no longer so.
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.inner.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes out what sled still holds in memory. Only saves the next open some reading.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.with(Live::flush)
    }

    /// Every row of every view, by key. Two stores of one ledger give the same.
    pub fn dump(&self) -> Result<Rows, StoreError> {
        self.with(Live::dump)
    }

    /// Asks the database. When it fails or panics it is set aside and made again from the ledger,
    /// and asked once more.
    pub(super) fn with<T>(
        &self,
        ask: impl Fn(&Live) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let once = || {
            let live = self
                .inner
                .live
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            let answer = live.1.as_ref().map(|live| contained(|| ask(live)));
            (live.0, answer)
        };
        let none = || StoreError::Views("they could not be made".to_owned());
        match once() {
            (n, Some(Err(StoreError::Views(cause)))) => {
                self.mend(n, &cause)?;
                once().1.unwrap_or_else(|| Err(none()))
            }
            (_, answer) => answer.unwrap_or_else(|| Err(none())),
        }
    }

    fn mend(&self, n: u64, cause: &str) -> Result<(), StoreError> {
        let mut live = self
            .inner
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if live.0 != n {
            // Somebody else was here first.
            return Ok(());
        }
        let had = live.1.take();
        if had.is_some() {
            closed(had);
            let finding = set_aside(&self.inner.folder, n, cause)?;
            tracing::error!(%finding, "the views failed while running");
            let findings = self.inner.findings.lock();
            findings
                .unwrap_or_else(PoisonError::into_inner)
                .push(finding);
        }
        let (n, made) = made(&self.inner.folder, &self.inner.reader)?;
        *live = (n, Some(made));
        Ok(())
    }
}

fn opened_or_made(
    folder: &Folder,
    n: u64,
    reader: &Reader,
    findings: &mut Vec<String>,
) -> Result<(u64, Live), StoreError> {
    if folder.set_snapshots_aside(n)? {
        let text = "a snapshot of the views was cut short by a crash and set aside";
        findings.push(text.to_owned());
    }
    match contained(|| opened(folder, n, reader, findings)) {
        Ok(live) => Ok((n, live)),
        Err(StoreError::Ledger(error)) => Err(error.into()),
        // Entries that contradict old views may still agree with each other.
        Err(error @ (StoreError::Views(_) | StoreError::Chain(_))) => {
            findings.push(set_aside(folder, n, &error.to_string())?);
            made(folder, reader)
        }
    }
}

/// Opens, checks and catches up.
fn opened(
    folder: &Folder,
    n: u64,
    reader: &Reader,
    findings: &mut Vec<String>,
) -> Result<Live, StoreError> {
    let live = Live::open(&folder.live(n))?;
    live.compare(reader)?.map_err(StoreError::Views)?;
    live.recall(reader)?;
    let behind = live.catch_up(reader)?;
    if behind > 0 {
        findings.push(format!(
            "the views were {behind} entries behind and caught up"
        ));
    }
    Ok(live)
}

/// New views from the whole ledger. What a failed attempt leaves is no database and goes.
fn made(folder: &Folder, reader: &Reader) -> Result<(u64, Live), StoreError> {
    let n = folder.next()?;
    let made = contained(|| {
        let live = Live::open(&folder.live(n))?;
        live.catch_up(reader)?;
        live.flush()?;
        Ok(live)
    });
    match made {
        Ok(live) => Ok((n, live)),
        Err(error) => {
            // The error that counts is the one that is returned.
            let _ = folder.discard(n);
            Err(error)
        }
    }
}

fn set_aside(folder: &Folder, n: u64, cause: &str) -> Result<String, StoreError> {
    let kept = folder.quarantine(n)?;
    Ok(format!(
        "the views were set aside as {kept} and made again from the ledger: {cause}"
    ))
}

/// Closing a damaged database may panic as well.
fn closed(live: Option<Live>) {
    let _ = contained(|| {
        drop(live);
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::{
        domain::{Draft, Fact},
        ledger::{Ledger, Lock, Options, open},
    };

    fn tripped(n: i64) -> Draft {
        let cause = format!("halt {n}");
        let at = Utc.timestamp_opt(1_776_222_767 + n, 0).unwrap();
        Draft::room(at, None, Fact::BreakerTripped { cause })
    }

    fn room(state: &Path) -> (Ledger, Store) {
        let lock = Lock::take(state).unwrap();
        let opened = open(&state.join("ledger"), lock, Options::default()).unwrap();
        let (store, _) = Store::open(&state.join("views"), opened.reader.clone()).unwrap();
        let ledger = opened.start(store.follower()).unwrap();
        (ledger, store)
    }

    #[test]
    fn views_that_fail_or_panic_while_running_are_made_again_and_asked_once_more() {
        let state = tempfile::tempdir().unwrap();
        let (ledger, store) = room(state.path());
        ledger.commit_blocking(vec![tripped(1)]).unwrap();
        let whole = store.dump().unwrap();
        for failure in ["error", "panic"] {
            let asked = AtomicU32::new(0);
            let answer = store.with(|live| {
                if asked.fetch_add(1, Ordering::SeqCst) > 0 {
                    return Ok(live.meta().seq);
                }
                assert!(failure != "panic", "page 7 is gone");
                Err(StoreError::Views("corruption at 7".to_owned()))
            });
            assert_eq!((answer, asked.into_inner()), (Ok(1), 2), "{failure}");
            assert_eq!(store.dump().unwrap(), whole);
            let findings = store.take_findings();
            assert!(
                findings[0].contains("made again from the ledger"),
                "{findings:?}"
            );
        }
        ledger.commit_blocking(vec![tripped(2)]).unwrap();
        assert_eq!(store.breaker(), Ok(Some("halt 2".to_owned())));
        let kept = std::fs::read_dir(state.path().join("views")).unwrap();
        assert_eq!(kept.count(), 3, "the live folder and two damaged ones");
    }

    #[test]
    fn views_that_cannot_be_made_answer_nothing_and_come_back_with_a_later_commit() {
        let state = tempfile::tempdir().unwrap();
        let (ledger, store) = room(state.path());
        ledger.commit_blocking(vec![tripped(1)]).unwrap();
        // The folder goes, and a file stands in its place.
        let views = state.path().join("views");
        std::fs::rename(&views, state.path().join("gone")).unwrap();
        std::fs::write(&views, "").unwrap();
        let broken = || Err::<(), _>(StoreError::Views("corruption at 7".to_owned()));
        assert!(store.with(|_| broken()).is_err());
        assert!(
            store.breaker().is_err(),
            "no answer is better than an empty one"
        );
        let error = ledger.commit_blocking(vec![tripped(2)]).unwrap_err();
        assert!(
            error.to_string().contains("could not be checked"),
            "{error}"
        );

        std::fs::remove_file(&views).unwrap();
        std::fs::create_dir(&views).unwrap();
        let entries = ledger.commit_blocking(vec![tripped(3)]).unwrap();
        assert_eq!(entries[0].seq, 2, "what was refused is not in the ledger");
        assert_eq!(store.breaker(), Ok(Some("halt 3".to_owned())));
        assert_eq!(store.trouble(), None);
    }

    #[test]
    fn a_rebuild_gives_the_same_views_in_a_new_folder() {
        let state = tempfile::tempdir().unwrap();
        let (ledger, store) = room(state.path());
        for n in 0..600 {
            drop(ledger.append(vec![tripped(n)]));
        }
        ledger.commit_blocking(vec![tripped(600)]).unwrap();
        let whole = store.dump().unwrap();
        store.rebuild().unwrap();
        assert_eq!(store.dump().unwrap(), whole);
        assert_eq!(store.last_seq(), Ok(601));
        assert!(state.path().join("views/live-2").exists());
        assert!(!state.path().join("views/live-1").exists());
    }
}
