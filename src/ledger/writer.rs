//! One thread writes. It takes whatever waits, numbers and chains it, writes it at once and syncs it
//! once, so a hundred appenders cost one sync. Only then do views hear of it, and only then is
//! anybody answered.
//!
//! A batch keeps its order and has no other entry between its own, but a power cut may keep its
//! first lines without the rest: whoever appends several entries must be able to go on after any of
//! them.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, TryRecvError},
    },
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

use super::{LedgerError, Lock, Reader, Recorded, failpoint, line::encode, segment::Disk};
use crate::domain::{Digest, Draft, Entry};

/// Entries that one write and one sync carry at most.
const GROUP: usize = 1_024;

/// Somebody who keeps views of the ledger.
pub trait Follower: Send {
    /// Whether these entries follow from all that were admitted or applied before. What is refused
    /// here is never written.
    fn admit(&mut self, entries: &[Recorded]) -> Result<(), String> {
        let _ = entries;
        Ok(())
    }

    /// These entries are on disk.
    fn applied(&mut self, entries: &[Recorded]);
}

impl<F: FnMut(&[Recorded]) + Send> Follower for F {
    fn applied(&mut self, entries: &[Recorded]) {
        self(entries);
    }
}

type Answer = oneshot::Sender<Result<Vec<Entry>, LedgerError>>;

struct Job {
    drafts: Vec<Draft>,
    answer: Answer,
}

/// A handle to the writer. Cheap to clone; when the last one goes, what waits is written and the
/// ledger's lock is given back.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    reader: Reader,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

fn stopped() -> LedgerError {
    LedgerError::Stopped {
        cause: "it was closed".to_owned(),
    }
}

impl Ledger {
    pub fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    /// Hands drafts to the writer. The answer comes when they are on disk and in the views; whoever
    /// does not wait for it has them written all the same.
    pub fn append(&self, drafts: Vec<Draft>) -> oneshot::Receiver<Result<Vec<Entry>, LedgerError>> {
        let (answer, receiver) = oneshot::channel();
        let jobs = self.inner.jobs.lock();
        let jobs = jobs.unwrap_or_else(PoisonError::into_inner);
        let job = Job { drafts, answer };
        let unsent = match jobs.as_ref() {
            Some(jobs) => jobs.send(job).err().map(|error| error.0),
            None => Some(job),
        };
        if let Some(job) = unsent {
            // Nobody waiting is nobody to tell.
            let _ = job.answer.send(Err(stopped()));
        }
        receiver
    }

    /// Appends and waits until it is durable.
    pub async fn commit(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>, LedgerError> {
        self.append(drafts).await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Ledger::commit`], for threads that no async runtime drives.
    pub fn commit_blocking(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>, LedgerError> {
        self.append(drafts)
            .blocking_recv()
            .unwrap_or_else(|_| Err(stopped()))
    }

    /// Writes what waits, then ends the writer and gives the lock back, whoever else has a handle.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        let jobs = self.jobs.lock();
        drop(jobs.unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has answered nobody, and everybody is told so.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) fn start(
    reader: Reader,
    disk: Box<dyn Disk>,
    follower: Box<dyn Follower>,
    segment_size: u64,
    lock: Option<Lock>,
) -> Result<Ledger, LedgerError> {
    let (sender, jobs) = mpsc::channel();
    let mut writer = Writer {
        reader: reader.clone(),
        disk,
        follower,
        segment_size,
        poison: None,
    };
    let thread = thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || {
            let _lock = lock;
            writer.run(&jobs);
        })
        .map_err(|error| LedgerError::Stopped {
            cause: format!("its thread could not be started: {error}"),
        })?;
    Ok(Ledger {
        inner: Arc::new(Inner {
            reader,
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        }),
    })
}

struct Writer {
    reader: Reader,
    disk: Box<dyn Disk>,
    follower: Box<dyn Follower>,
    segment_size: u64,
    /// Why nothing is written any more.
    poison: Option<String>,
}

/// What one write will carry, and who waits for which part of it.
#[derive(Default)]
struct Group {
    recorded: Vec<Recorded>,
    answers: Vec<(Answer, usize)>,
}

impl Writer {
    fn run(&mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let mut waiting = vec![job];
            let mut entries = waiting[0].drafts.len();
            while entries < GROUP {
                match jobs.try_recv() {
                    Ok(job) => {
                        entries += job.drafts.len();
                        waiting.push(job);
                    }
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            self.commit(waiting);
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let mut group = Group::default();
        let (mut seq, mut prev) = self.reader.head();
        for job in jobs {
            match self.prepare(job.drafts, seq, prev.clone()) {
                Ok(recorded) => {
                    if let Some(last) = recorded.last() {
                        (seq, prev) = (last.entry.seq, last.hash.clone());
                    }
                    group.answers.push((job.answer, recorded.len()));
                    group.recorded.extend(recorded);
                }
                Err(error) => drop(job.answer.send(Err(error))),
            }
        }
        let written = self.write(&group.recorded);
        if written.is_ok() && !group.recorded.is_empty() {
            self.follower.applied(&group.recorded);
            failpoint!("ledger.applied", kinds(&group.recorded));
        }
        let mut entries = group.recorded.into_iter().map(|one| one.entry);
        for (answer, count) in group.answers {
            let own = entries.by_ref().take(count).collect();
            // Whoever stopped waiting has it written all the same.
            let _ = answer.send(written.clone().map(|()| own));
        }
    }

    /// Numbers, chains and encodes the drafts of one appender, and asks whether they may follow.
    fn prepare(
        &mut self,
        drafts: Vec<Draft>,
        mut seq: u64,
        mut prev: Digest,
    ) -> Result<Vec<Recorded>, LedgerError> {
        if let Some(cause) = &self.poison {
            return Err(LedgerError::Stopped {
                cause: cause.clone(),
            });
        }
        let mut recorded = Vec::with_capacity(drafts.len());
        for draft in drafts {
            seq += 1;
            let one = encode(&draft.numbered(seq, prev))?;
            prev = one.hash.clone();
            recorded.push(one);
        }
        self.follower
            .admit(&recorded)
            .map_err(LedgerError::Refused)?;
        Ok(recorded)
    }

    fn write(&mut self, recorded: &[Recorded]) -> Result<(), LedgerError> {
        let Some(first) = recorded.first() else {
            return Ok(());
        };
        let mut length = 0;
        self.reader.update(|index| {
            length = index.segments.last().map_or(u64::MAX, |one| one.length);
        });
        let begins = length >= self.segment_size;
        failpoint!("ledger.write", kinds(recorded));
        if begins {
            self.disk
                .begin(first.entry.seq)
                .map_err(|error| self.poisoned(first, &error, None))?;
            length = 0;
        }
        self.write_lines(recorded)
            .map_err(|error| self.poisoned(first, &error, Some(length)))?;
        self.reader.update(|index| {
            if begins {
                index.begin(first.entry.seq);
            }
            for one in recorded {
                index.push(one, one.line.len() as u64 + 1);
            }
        });
        Ok(())
    }

    fn write_lines(&mut self, recorded: &[Recorded]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for one in recorded {
            bytes.extend_from_slice(one.line.as_bytes());
            bytes.push(b'\n');
        }
        self.disk.write(&bytes)?;
        failpoint!("ledger.sync", kinds(recorded));
        self.disk.sync()?;
        failpoint!("ledger.synced", kinds(recorded));
        Ok(())
    }

    /// After a failed write or sync nobody knows what is on disk, so nothing is written behind it.
    fn poisoned(&mut self, first: &Recorded, error: &io::Error, cut: Option<u64>) -> LedgerError {
        let mut cause = format!("writing entry {} failed: {error}", first.entry.seq);
        if let Some(Err(error)) = cut.map(|length| self.disk.truncate(length)) {
            cause = format!("{cause}; cutting off what was written of it failed too: {error}");
        }
        self.poison = Some(cause.clone());
        LedgerError::Stopped { cause }
    }
}

#[cfg(feature = "failpoints")]
fn kinds(recorded: &[Recorded]) -> impl Iterator<Item = &str> {
    recorded.iter().map(|one| one.entry.fact.kind())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::{
        domain::Fact,
        ledger::{index::Index, segment::Folder, verify},
    };

    /// A disk that fails at one step, once it was told to.
    struct Failing {
        folder: Folder,
        at: &'static str,
        left: u32,
    }

    impl Failing {
        fn check(&mut self, step: &str) -> io::Result<()> {
            if step != self.at {
                return Ok(());
            }
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            Ok(())
        }
    }

    impl Disk for Failing {
        fn begin(&mut self, first: u64) -> io::Result<()> {
            self.check("begin")?;
            self.folder.begin(first)
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            if let Err(error) = self.check("write") {
                // A full disk takes what still fits.
                self.folder.write(&bytes[..bytes.len() / 2])?;
                return Err(error);
            }
            self.folder.write(bytes)
        }

        fn sync(&mut self) -> io::Result<()> {
            self.check("sync")?;
            self.folder.sync()
        }

        fn truncate(&mut self, length: u64) -> io::Result<()> {
            self.folder.truncate(length)
        }
    }

    fn draft() -> Draft {
        Draft::room(
            Utc.timestamp_nanos(1_776_222_767_000_000_000),
            None,
            Fact::BreakerReset,
        )
    }

    #[test]
    fn after_a_failed_write_nothing_more_is_taken_and_what_was_there_stays() {
        // The second segment begins with the third entry: each segment takes two.
        for (at, left) in [
            ("write", 2),
            ("sync", 2),
            ("write", 3),
            ("sync", 3),
            ("begin", 2),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let folder = Folder::open(dir.path(), None).unwrap();
            let disk = Failing { folder, at, left };
            let reader = Reader::new(dir.path(), Index::default());
            let follower = Box::new(|_: &[Recorded]| {});
            let ledger = start(reader, Box::new(disk), follower, 300, None).unwrap();
            let mut good = 0;
            let error = loop {
                match ledger.commit_blocking(vec![draft()]) {
                    Ok(entries) => good += entries.len() as u64,
                    Err(error) => break error,
                }
                assert!(good < 10, "{at} never failed");
            };
            assert!(error.to_string().contains("writing entry"), "{at}: {error}");
            let again = ledger.commit_blocking(vec![draft()]).unwrap_err();
            assert_eq!(again, error, "{at}: the cause is still told");
            assert_eq!(ledger.reader().range(1).count() as u64, good);
            ledger.close();
            let verified = verify(dir.path()).unwrap();
            assert_eq!((verified.entries, verified.torn), (good, None), "{at}");
        }
    }
}
