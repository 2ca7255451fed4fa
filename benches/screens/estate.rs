//! A room on a live estate: a thousand buckets, of which some break all the time and are fixed, and
//! changes that wait for a person.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sixfold::{
    cli::demo_config,
    config::{Config, People},
    domain::{ChangeId, Fact, Stamp},
    room::{Door, Room, Starting},
    sandbox::{BucketSettings, Sandbox, SandboxOptions, Versioning, estate},
    store::Query,
};
use tokio::task::JoinHandle;

const BUCKETS: usize = 1_000;
const IN_FLIGHT: usize = 16;

/// Calls a second: more than can be made.
pub const UNLIMITED: f64 = 100_000.0;

/// Between two violations that come and are fixed by themselves.
const BREAKS: Duration = Duration::from_millis(100);

/// Changes that are there to be approved, one after the other.
const MARKED: usize = 300;

/// Buckets that break and are fixed in turn: long enough until each one's next turn.
const BREAKING: usize = 150;

/// How many people there are to come, each with a screen or two.
pub const PEOPLE: usize = 100;

pub struct Estate {
    pub sandbox: Sandbox,
    pub room: Arc<Room>,
    pub socket: PathBuf,
    /// The changes that wait for nobody but this benchmark.
    pub marked: Vec<ChangeId>,
    breaking: Vec<String>,
    config: Config,
    door: JoinHandle<()>,
}

pub fn person(number: usize) -> String {
    format!("person-{}", number % PEOPLE)
}

/// Of four people one approves, two run things and one audits.
fn people() -> People {
    let mut text = String::new();
    for number in 0..PEOPLE {
        let role = ["approver", "lead", "operator", "auditor"][number % 4];
        let name = person(number);
        writeln!(text, "[[people]]\nname = \"{name}\"\nrole = \"{role}\"").unwrap();
    }
    Config::parse(&text, Path::new("people.toml"))
        .unwrap()
        .people
}

async fn opened(config: &Config, socket: &Path) -> (Arc<Room>, JoinHandle<()>) {
    let room = Room::start(Starting::new(config.clone())).await.unwrap();
    let door = Door::open(socket).unwrap();
    let attending = Arc::clone(&room);
    let door = tokio::spawn(async move { door.attend(&attending).await });
    (room, door)
}

/// One violation and no other.
fn break_it(settings: &mut BucketSettings) {
    settings.versioning = Some(Versioning::Suspended);
}

impl Estate {
    /// Opens a room, waits until nothing is left to do without a person, and has the marked changes wait.
    pub async fn open(folder: &Path) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        estate::make(&sandbox);
        estate::make_many(&sandbox, BUCKETS, 42);
        let mut config = demo_config(&sandbox, folder).unwrap();
        config.people = people();
        config.cloud.calls_per_second = UNLIMITED;
        config.cloud.in_flight = IN_FLIGHT;
        config.scan.pause = Duration::ZERO;
        config.breaker.fixes_per_hour = usize::MAX;
        config.breaker.halts_in_a_row = usize::MAX;
        config.verify.first = Duration::from_millis(5);
        config.verify.gap = Duration::from_millis(10);
        let socket = folder.join("socket");
        let (room, door) = opened(&config, &socket).await;
        let mut estate = Self {
            sandbox,
            room,
            socket,
            marked: Vec::new(),
            breaking: Vec::new(),
            config,
            door,
        };
        estate.until_quiet().await;
        estate.mark().await;
        estate
    }

    /// The same room, opened again with another ceiling for the calls to S3.
    pub async fn reopened(self, calls_per_second: f64) -> Self {
        self.room.stop().await;
        self.door.abort();
        let _ = self.door.await;
        // The ledger is locked until nobody has the room any more.
        drop(self.room);
        let mut config = self.config;
        config.cloud.calls_per_second = calls_per_second;
        let (room, door) = opened(&config, &self.socket).await;
        // Until its scanner is in the middle of a pass.
        while room.watch.status().done < BUCKETS / 10 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self {
            room,
            config,
            door,
            ..self
        }
    }

    /// Until the next pass begins.
    pub async fn next_pass(&self) {
        let pass = self.room.watch.status().pass;
        while self.room.watch.status().pass == pass {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until a whole pass opens nothing.
    async fn until_quiet(&self) {
        let mut before = 0;
        loop {
            let pass = self.room.watch.status().pass;
            while self.room.watch.status().pass < pass + 2 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.room.engine.at_rest().await;
            let last = self.room.engine.ledger.reader().last_seq();
            if last == before {
                return;
            }
            before = last;
        }
    }

    /// Takes buckets without a violation, some to become production with a violation of their own, some
    /// to break from now on.
    async fn mark(&mut self) {
        let store = &self.room.engine.store;
        let mut busy = BTreeSet::new();
        let rows = |offset| store.queue(&Query::default(), offset, 500).unwrap().items;
        for offset in (0..).step_by(500) {
            let rows = rows(offset);
            if rows.is_empty() {
                break;
            }
            let open = rows.iter().filter(|row| row.stage.is_open());
            busy.extend(open.map(|row| row.bucket.clone()));
        }
        let waiting = store.waiting(usize::MAX).unwrap();
        busy.extend(waiting.into_iter().map(|one| one.bucket));
        let calm = self.sandbox.state().buckets().into_iter().filter(|name| {
            let own = name.starts_with("acme-dev-") || name.starts_with("acme-staging-");
            own && !busy.contains(name)
        });
        let mut calm: Vec<_> = calm.collect();
        assert!(
            calm.len() >= MARKED + BREAKING,
            "only {} are calm",
            calm.len()
        );
        self.breaking = calm.split_off(calm.len() - BREAKING);
        calm.truncate(MARKED);
        let before = store.counts().unwrap().pending;
        for name in &calm {
            let marked = self.sandbox.state().patch(name, |settings| {
                for (key, value) in &mut settings.tags {
                    if key == "env" {
                        "prod".clone_into(value);
                    }
                }
                break_it(settings);
            });
            marked.unwrap();
        }
        self.until_quiet().await;
        let wanted: BTreeSet<_> = calm.into_iter().collect();
        for offset in (0..before + MARKED).step_by(500) {
            let pending = store.pending(offset, 500).unwrap().items;
            let marked = pending.into_iter().map(|asked| asked.row);
            let marked =
                marked.filter(|row| row.rule == "versioning" && wanted.contains(&row.bucket));
            self.marked.extend(marked.map(|row| row.id));
        }
        let pending = store.counts().unwrap().pending;
        assert_eq!(pending, before + MARKED, "each has one violation");
        assert_eq!(self.marked.len(), MARKED);
    }

    /// Breaks one bucket after the other, for ever.
    pub async fn live(&self) {
        let mut next = tokio::time::interval(BREAKS);
        for name in self.breaking.iter().cycle() {
            next.tick().await;
            self.sandbox.state().patch(name, break_it).unwrap();
        }
    }

    /// When a change was approved, by its entry.
    pub fn approved_at(&self, id: ChangeId) -> Stamp {
        let entries = self.room.engine.store.entries_of(id).unwrap();
        let approval = entries
            .iter()
            .find(|recorded| matches!(recorded.entry.fact, Fact::Approval(_)));
        approval.unwrap().entry.at
    }

    /// Changes that wait for a decision.
    pub fn pending(&self) -> usize {
        self.room.engine.store.counts().unwrap().pending
    }

    pub fn describe(&self) -> String {
        let counts = self.room.engine.store.counts().unwrap();
        let (pending, closed) = (counts.pending, counts.closed);
        let rules = self.room.engine.library.enabled().count();
        let halted = counts.halted;
        format!(
            "{BUCKETS} buckets, {rules} rules, {closed} changes closed, {pending} wait for a decision, {halted} halted; \
             ten break and are fixed in a second, one is approved in four"
        )
    }

    pub async fn close(self) {
        self.room.stop().await;
        self.sandbox.stop().await;
    }
}
