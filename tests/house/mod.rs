//! A whole room on an embedded S3, for tests that look at it from outside: real HTTP, a real ledger
//! in a temporary folder, and a clock that stands where a test puts it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use sixfold::{
    cli::demo_config,
    config::Config,
    domain::{Actor, Change, ChangeId, Entry, Fact, Stage, Stamp, Via},
    engine::{Caller, PinnedClock},
    room::{
        Room, Starting,
        protocol::{Answer, Refusal},
    },
    rules::Library,
    sandbox::{Sandbox, SandboxOptions, estate},
    store::Query,
};

/// Long enough for a loaded machine; nothing waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(3);

pub struct House {
    pub sandbox: Sandbox,
    pub room: Arc<Room>,
    pub clock: Arc<PinnedClock>,
    pub folder: tempfile::TempDir,
}

pub fn at(text: &str) -> Stamp {
    text.parse().unwrap()
}

pub fn nina(via: Via) -> Caller {
    Caller {
        actor: Actor::person("nina.ramirez").unwrap(),
        via,
        readonly: false,
    }
}

/// The demo's config on this sandbox, with quick verification.
pub fn config(sandbox: &Sandbox, state: &Path) -> Config {
    let mut config = demo_config(sandbox, state).unwrap();
    config.cloud.calls_per_second = 5_000.0;
    config.cloud.in_flight = 8;
    config.verify.first = Duration::from_millis(5);
    config.verify.gap = Duration::from_millis(10);
    config.verify.deadline = Duration::from_secs(2);
    config
}

/// A sandbox with the vault and the walkthrough's bucket and nothing else.
pub async fn walkthrough_sandbox() -> Sandbox {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make(&sandbox);
    for bucket in sandbox.state().buckets() {
        if bucket != estate::WALKTHROUGH && bucket != estate::VAULT {
            sandbox.state().remove(&bucket).unwrap();
        }
    }
    sandbox
}

/// Only the walkthrough's rule judges.
pub fn only_the_acl_rule(config: &mut Config) {
    only(config, "acl-public-read");
}

pub fn only(config: &mut Config, rule: &str) {
    // The proofs open hundreds of rooms, and all rules are compiled to load them.
    static EMBEDDED: LazyLock<Library> = LazyLock::new(|| Library::load(None).unwrap());
    let library = &*EMBEDDED;
    let others = library
        .rules()
        .iter()
        .map(|rule| rule.id.clone())
        .filter(|id| id != rule);
    config.rules.disabled = others.collect();
    assert_eq!(
        config.rules.disabled.len() + 1,
        library.rules().len(),
        "there is no rule {rule}"
    );
}

impl House {
    pub async fn open(sandbox: Sandbox, now: &str, shape: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open_in(sandbox, folder, now, shape).await
    }

    pub async fn open_in(
        sandbox: Sandbox,
        folder: tempfile::TempDir,
        now: &str,
        shape: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = config(&sandbox, folder.path());
        shape(&mut config);
        let clock = Arc::new(PinnedClock::at(at(now)));
        let mut starting = Starting::new(config);
        starting.clock = clock.clone();
        let room = Box::pin(Room::start(starting)).await.unwrap();
        Self {
            sandbox,
            room,
            clock,
            folder,
        }
    }

    /// Stops the room, keeps the world and the state.
    pub async fn close(self) -> (Sandbox, tempfile::TempDir) {
        self.room.stop().await;
        (self.sandbox, self.folder)
    }

    /// Waits until the room shows something; every entry and every pass makes it look again.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut notices = self.room.engine.subscribe();
        let waiting = async {
            loop {
                if let Some(found) = look(self) {
                    return found;
                }
                let _ = tokio::time::timeout(Duration::from_millis(500), notices.recv()).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| {
            panic!(
                "waited in vain until {what}; {:#?}; changes: {:#?}",
                self.stuck(),
                self.words()
            )
        })
    }

    pub fn change(&self, id: ChangeId) -> Change {
        self.room.engine.store.change(id).unwrap().unwrap()
    }

    /// Every change, by its number.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = BTreeMap::new();
        loop {
            let page = self
                .room
                .engine
                .store
                .queue(&Query::default(), changes.len(), 1_000);
            let rows = page.unwrap().items;
            let before = changes.len();
            changes.extend(rows.iter().map(|row| (row.id, self.change(row.id))));
            // Rows move while they are paged through; what that hides is seen by the next look.
            if changes.len() == before {
                return changes.into_values().collect();
            }
        }
    }

    pub fn entries(&self) -> Vec<Entry> {
        let reader = self.room.engine.ledger.reader();
        reader.range(1).map(|entry| entry.unwrap().entry).collect()
    }

    /// Attempts that are on record as refused: whose, at what, and why.
    pub fn refusals(&self) -> Vec<String> {
        let refused = |entry: Entry| match entry.fact {
            Fact::Refused { attempt, cause } => Some(format!("{} {attempt}: {cause}", entry.actor)),
            _ => None,
        };
        self.entries().into_iter().filter_map(refused).collect()
    }

    /// Why the changes that went badly did, and what the room has trouble with.
    fn stuck(&self) -> Vec<String> {
        let halted = |change: &Change| {
            let cause = change.fix.as_ref()?.cause.as_ref()?;
            let (rule, asset) = (&change.ticket.rule.id, &change.ticket.asset);
            Some(format!("{} {rule} {asset}: {cause}", change.id))
        };
        let mut lines: Vec<_> = self.changes().iter().filter_map(halted).collect();
        lines.extend(self.room.engine.warnings());
        lines
    }

    pub fn words(&self) -> Vec<String> {
        let word = |change: &Change| {
            format!(
                "{} {} {}: {}",
                change.id,
                change.ticket.rule.id,
                change.ticket.asset,
                change.word()
            )
        };
        self.changes().iter().map(word).collect()
    }

    pub fn change_on(&self, rule: &str, bucket: &str) -> Option<Change> {
        let of = |change: &Change| {
            change.ticket.rule.id == rule && change.ticket.asset.answers_to(bucket)
        };
        self.changes().into_iter().rfind(of)
    }

    pub async fn until_stage(&self, id: ChangeId, stage: Stage) -> Change {
        self.until(&format!("{id} is {}", stage.word()), |house| {
            let change = house.change(id);
            (change.stage == stage).then_some(change)
        })
        .await
    }

    /// Starts a pass now and waits until it is over.
    pub async fn another_pass(&self) {
        let pass = self.room.watch.status().pass;
        self.room.watch.scan_now();
        self.until("another pass is over", |house| {
            let status = house.room.watch.status();
            (status.pass > pass && !status.running).then_some(())
        })
        .await;
    }

    /// Waits for the first change of a rule on a bucket to wait for approval.
    pub async fn until_asked(&self, rule: &str, bucket: &str) -> Change {
        self.until("approval is asked", |house| {
            house
                .change_on(rule, bucket)
                .filter(|change| change.stage == Stage::AwaitingApproval)
        })
        .await
    }

    pub async fn until_closed(&self, rule: &str, bucket: &str) -> Change {
        self.until("the change is closed", |house| {
            house
                .change_on(rule, bucket)
                .filter(|change| change.stage == Stage::Closed)
        })
        .await
    }

    pub async fn approve(&self, change: &Change, via: Via) -> Result<String, Refusal> {
        let hash = change.ticket.plan_hash.clone();
        self.room
            .engine
            .decide(&nina(via), change.id, &hash, Answer::Approve)
            .await
    }

    /// Approves whatever waits for a person's decision, until nothing moves any more and two passes
    /// in a row find nothing new. What is to be done by hand stays.
    pub async fn until_quiet(&self) {
        let mut quiet = 0;
        while quiet < 2 {
            let before = self.changes().len();
            self.until_at_rest().await;
            self.another_pass().await;
            self.until_at_rest().await;
            quiet = if self.changes().len() == before {
                quiet + 1
            } else {
                0
            };
        }
    }

    async fn until_at_rest(&self) {
        loop {
            // Asked of the room: to look at every change with every entry takes longer than it does.
            let rest = tokio::time::timeout(PATIENCE, self.room.engine.at_rest()).await;
            let changes = self.changes();
            let at_rest = |change: &Change| {
                use Stage::{AwaitingApproval, ByHand, Closed, Halted};
                matches!(change.stage, Closed | Halted | AwaitingApproval | ByHand)
            };
            assert!(
                rest.is_ok() && changes.iter().all(at_rest),
                "it does not come to rest: {:#?}; changes: {:#?}",
                self.stuck(),
                self.words()
            );
            let mut waiting = changes
                .iter()
                .filter(|change| change.stage == Stage::AwaitingApproval)
                .peekable();
            if waiting.peek().is_none() {
                return;
            }
            for change in waiting {
                // Somebody may have resolved it since; the next look tells.
                let _ = self.approve(change, Via::Cli).await;
            }
        }
    }
}
