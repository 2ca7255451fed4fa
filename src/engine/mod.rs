//! The workers that carry changes on, and the gate that every decision and every write passes.
//!
//! The chain says what comes next, purely; here it is done: read, store, write, verify, record. The
//! rule of this room is that an entry is on disk before anything acts on it, and that no step trusts
//! memory about a bucket: whether to write is decided on a fresh read, so a kill at any moment is
//! settled by reading.
//!
//! - [`open`](mod@open): a violation becomes a change when its turn has come; `again`: buckets that are
//!   to be looked at soon
//! - `drive`: the loop over one change; `approve`, `backup`, `fix`, `undo`, `bundle`, `close`: its steps;
//!   `hands`: whoever writes
//! - `by_hand`: what a person does; `vanished`, `gone`: what ended by itself
//! - `revert`: a person puts the state before back; `exceptions`: a person lets a violation be
//! - [`gate`]: who may decide, what may be written; `refusals`, `flood`: what it refused, within bounds
//! - `keeper`: what happens when a time comes; `deliver`: the outbox, `outbox`: what a person does
//!   about it, `backoff`: how long it waits; [`phone`]: asking on phones
//! - `mishaps`: what people should know of all that, beside the counts

mod again;
mod approve;
mod backoff;
mod backup;
mod breaker;
mod bundle;
mod by_hand;
mod clock;
mod close;
mod consent;
mod deliver;
mod drive;
mod exceptions;
mod fix;
mod flood;
mod foreign;
pub mod gate;
mod gone;
mod ground;
mod halt;
mod hands;
mod keeper;
mod lanes;
mod look;
mod mishaps;
mod open;
mod operate;
mod outbox;
pub mod phone;
mod refusals;
mod revert;
mod undo;
mod vanished;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::AtomicU64},
};

use tokio::{
    sync::{Notify, Semaphore, broadcast, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use clock::{Clock, PinnedClock, SystemClock};
use drive::StepFault;
pub use gate::Caller;
pub use open::{Sighting, Taken};

use crate::{
    cloud::{Accounts, Activity, Vault},
    config::Config,
    domain::{Change, ChangeId, Draft, Entry, Fact, Stamp},
    ledger::{Follower, Ledger, LedgerError, Recorded},
    room::protocol::{Notice, NoticeKind},
    rules::{Evaluator, Library},
    scanner::Answers,
    store::{Store, StoreError},
};

/// Notices that a lagging screen may be behind before it has to reload.
const NOTICES: usize = 1_024;

/// Changes carried on at one time, for each bucket that is scanned at one time. Most of a change's time
/// is waiting between reads, so there may be more of them than of scans.
const TURNS: usize = 4;

/// Between a task's bad end and its new beginning.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Approval requests that are pushed at one time.
const PUSHES: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("there is no change {0} in this ledger")]
    NoSuchChange(ChangeId),
    #[error("this version does not know the setting `{0}`")]
    Unknown(String),
    #[error("{0}")]
    Undecided(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What an engine is made of.
pub struct Parts {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub ledger: Ledger,
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub vault: Option<Vault>,
    pub library: Arc<Library>,
    pub judge: Arc<Evaluator>,
    pub notices: broadcast::Sender<Notice>,
}

/// A handle; all clones are one engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub struct Inner {
    pub config: Arc<Config>,
    pub store: Store,
    pub ledger: Ledger,
    pub library: Arc<Library>,
    clock: Arc<dyn Clock>,
    accounts: Arc<Accounts>,
    vault: Option<Vault>,
    judge: Arc<Evaluator>,
    notices: broadcast::Sender<Notice>,
    /// What many findings of a scan want to know.
    answers: Answers,
    lanes: lanes::Lanes,
    breaker: Mutex<breaker::Breaker>,
    driving: Mutex<drive::Driving>,
    /// Changes whose last step did not go through, and why.
    trouble: Mutex<BTreeMap<ChangeId, String>>,
    /// What happened that a person should know, in words: tasks that ended badly, violations whose
    /// documents do not fit an entry.
    mishaps: Mutex<BTreeMap<String, String>>,
    alarms: Mutex<keeper::Alarms>,
    refused: Mutex<refusals::Refused>,
    /// Changes whose violation a look did not find any more.
    rechecks: Mutex<BTreeSet<ChangeId>>,
    again: Mutex<again::Again>,
    again_set: Notify,
    /// Grows whenever a change or a look is begun.
    moves: AtomicU64,
    /// Decisions and expiries of requests, one at a time.
    deciding: tokio::sync::Mutex<()>,
    /// Change numbers are given out one at a time, so that none is missing.
    opening: tokio::sync::Mutex<()>,
    alarm_set: Notify,
    /// Grows with every record that channels are owed.
    outbox: watch::Sender<u64>,
    /// Breaker facts are recorded one at a time, so that what memory says is what the ledger says.
    breaking: tokio::sync::Mutex<()>,
    /// Changes that are carried on at one time.
    turns: Semaphore,
    pushes: Semaphore,
    /// Set once pushing has begun.
    phone: OnceLock<phone::Phone>,
    idle: Notify,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Deref for Engine {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// A channel for notices, made before the ledger since its writer announces every entry.
pub fn notices() -> broadcast::Sender<Notice> {
    broadcast::channel(NOTICES).0
}

/// Tells screens about entries, after the views know them.
pub struct Announcing<F> {
    pub views: F,
    pub notices: broadcast::Sender<Notice>,
}

impl<F: Follower> Follower for Announcing<F> {
    fn admit(&mut self, entries: &[Recorded]) -> Result<(), String> {
        self.views.admit(entries)
    }

    fn applied(&mut self, entries: &[Recorded]) {
        self.views.applied(entries);
        for Recorded { entry, .. } in entries {
            let notice = Notice {
                kind: NoticeKind::Entry,
                change: entry.change,
                revision: entry.seq,
            };
            // No screen is listening, and that is fine.
            let _ = self.notices.send(notice);
        }
    }
}

impl Engine {
    /// Starts the keeper and the outbox, and carries on every change that is open.
    pub fn start(parts: Parts) -> Result<Self, EngineError> {
        let Parts {
            config,
            clock,
            ledger,
            store,
            accounts,
            vault,
            library,
            judge,
            notices,
        } = parts;
        let breaker = breaker::Breaker::new(config.breaker.clone(), store.breaker()?);
        let breaker = breaker.remembering(ledger.reader(), clock.now())?;
        let turns = Semaphore::new(config.cloud.in_flight.max(1) * TURNS);
        let engine = Self(Arc::new(Inner {
            breaker: Mutex::new(breaker),
            config,
            store,
            ledger,
            library,
            clock,
            accounts,
            vault,
            judge,
            notices,
            answers: Answers::default(),
            lanes: lanes::Lanes::default(),
            driving: Mutex::default(),
            trouble: Mutex::default(),
            mishaps: Mutex::default(),
            alarms: Mutex::default(),
            refused: Mutex::default(),
            rechecks: Mutex::default(),
            again: Mutex::default(),
            again_set: Notify::new(),
            moves: AtomicU64::new(0),
            deciding: tokio::sync::Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            alarm_set: Notify::new(),
            outbox: watch::Sender::default(),
            breaking: tokio::sync::Mutex::default(),
            turns,
            pushes: Semaphore::new(PUSHES),
            phone: OnceLock::new(),
            idle: Notify::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }));
        engine.keep();
        engine.deliver();
        for id in engine.store.open_changes()? {
            engine.wake(id);
        }
        Ok(engine)
    }

    /// Runs something for as long as the engine runs. What panics is begun again, and said.
    pub(crate) fn supervised<F, Fut>(&self, what: &'static str, work: F)
    where
        F: Fn(Self) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let engine = self.clone();
        self.tasks.spawn(async move {
            while let Err(error) = tokio::spawn(work(engine.clone())).await {
                tracing::error!(%error, "{what} ended badly and is begun again");
                lock(&engine.mishaps).insert(
                    what.to_owned(),
                    format!("{what} ended badly and was begun again; see sixfold.log"),
                );
                tokio::select! {
                    () = engine.stopping.cancelled() => return,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        });
    }

    /// Lets every running step come to an end that is on record, then stops.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits until no change is being carried on. For commands that end when their work is done.
    pub async fn settled(&self) {
        loop {
            let idle = self.idle.notified();
            if self.driving().is_empty() {
                return;
            }
            idle.await;
        }
    }

    pub fn now(&self) -> Stamp {
        self.clock.now()
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Tells screens that something besides the ledger changed.
    pub fn notify(&self, kind: NoticeKind) {
        let _ = self.notices.send(Notice {
            kind,
            change: None,
            revision: self.ledger.reader().last_seq(),
        });
    }

    /// Appends, and answers once the entries are on disk and in the views.
    pub(crate) async fn record(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>, EngineError> {
        // What is read from here on is read after whatever these entries tell of.
        let now = Instant::now();
        let entries = self.ledger.commit(drafts).await?;
        for entry in &entries {
            self.look_again(entry, now);
            self.phones_heard(entry);
        }
        Ok(entries)
    }

    async fn record_for(&self, change: &Change, fact: Fact) -> Result<(), EngineError> {
        self.record(vec![Draft::room(self.now(), change.id, fact)])
            .await?;
        Ok(())
    }

    fn breaker(&self) -> MutexGuard<'_, breaker::Breaker> {
        lock(&self.breaker)
    }

    fn driving(&self) -> MutexGuard<'_, drive::Driving> {
        lock(&self.driving)
    }

    /// Why fixing is stopped, if it is.
    pub fn stopped_fixing(&self) -> Option<String> {
        self.breaker().tripped().map(str::to_owned)
    }

    /// What was asked of AWS lately.
    pub fn activity(&self) -> &Activity {
        self.accounts.activity()
    }

    pub fn vault(&self) -> Option<&Vault> {
        self.vault.as_ref()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever is behind these locks is replaced whole, never left half-changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
