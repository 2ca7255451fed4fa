//! The process is killed at each boundary of the chain and started again: every change ends as it
//! would have, and the invariants of a crash-safe chain hold in the ledger, in the vault and in the
//! calls that S3 saw.
//!
//! The embedded S3 runs in this process and survives; the room runs in a child, which aborts at a
//! named point (compiled in by the feature `failpoints` only).
#![cfg(feature = "failpoints")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "house/mod.rs"]
mod house;
mod receiver;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sixfold::{
    chain,
    domain::{
        Change, Entry, Fact, Stage,
        artifact::{Decision, Outcome},
    },
    ledger::Reader,
    sandbox::{
        BucketSettings, Sandbox, Setting,
        estate::{VAULT, WALKTHROUGH},
    },
};

/// Every boundary: before and after each outside effect, and around each durable write.
const POINTS: &[&str] = &[
    "ledger.write@ticket",
    "ledger.synced@ticket",
    "ledger.applied@ticket",
    "ledger.write@approval",
    "ledger.synced@approval",
    "ledger.applied@approval",
    "backup.store",
    "backup.stored",
    "ledger.write@backup",
    "ledger.synced@backup",
    "ledger.applied@backup",
    "fix.look",
    "ledger.write@fix.intent",
    "ledger.synced@fix.intent",
    "ledger.applied@fix.intent",
    "fix.write",
    "fix.sent",
    "ledger.write@fix.written",
    "ledger.synced@fix.written",
    "verify.begin",
    "verify.agreed",
    "ledger.write@fix",
    "ledger.synced@fix",
    "bundle.store",
    "bundle.stored",
    "ledger.write@rollback",
    "ledger.synced@rollback",
    "ledger.write@alert",
    "ledger.synced@alert",
    "ledger.applied@alert",
    "ledger.write@alert.delivered",
    "ledger.synced@alert.delivered",
];

const CONFIG: &str = r#"
name = "crash"
mode = "enforce"
[cloud]
region = "us-east-1"
account = "111122223333"
endpoint_url = "ENDPOINT"
calls_per_second = 5000
[vault]
bucket = "acme-rollback-vault"
[scan]
pause = "200ms"
[verify]
first = "5ms"
gap = "10ms"
deadline = "5s"
[rules]
disabled = ["DISABLED"]
"#;

fn write_config(sandbox: &Sandbox, folder: &Path) {
    let library = sixfold::rules::Library::load(None).unwrap();
    let others: Vec<_> = library
        .rules()
        .iter()
        .map(|rule| rule.id.clone())
        .filter(|id| id != "acl-public-read")
        .collect();
    let text = CONFIG
        .replace("ENDPOINT", &sandbox.endpoint_url())
        .replace("DISABLED", &others.join("\", \""));
    std::fs::write(folder.join("sixfold.toml"), text).unwrap();
}

/// The program with the sandbox's keys, to die at a point.
fn command(sandbox: &Sandbox, folder: &Path, point: Option<&str>) -> Command {
    let owner = &sandbox.options().owner;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sixfold"));
    command
        .arg("--config")
        .arg(folder.join("sixfold.toml"))
        .arg("--state")
        .arg(folder.join("state"))
        .env("AWS_ACCESS_KEY_ID", &owner.access_key)
        .env("AWS_SECRET_ACCESS_KEY", &owner.secret_key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(point) = point {
        command.env("SIXFOLD_FAILPOINT", point);
    }
    command
}

/// A room without a screen in a process of its own.
fn room(sandbox: &Sandbox, folder: &Path, point: Option<&str>) -> Child {
    command(sandbox, folder, point)
        .arg("serve")
        .spawn()
        .unwrap()
}

struct Kill(Child);

impl Drop for Kill {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn entries(folder: &Path) -> Vec<Entry> {
    let Ok((reader, _)) = Reader::offline(&folder.join("state/ledger")) else {
        return Vec::new();
    };
    reader
        .range(1)
        .map(|recorded| recorded.unwrap().entry)
        .collect()
}

/// The fold itself refuses a ledger in which a step is missing or out of order.
fn change(folder: &Path) -> Option<Change> {
    let mut change = None;
    for entry in entries(folder)
        .iter()
        .filter(|entry| entry.change.is_some())
    {
        change = Some(chain::apply(change, entry).unwrap());
    }
    change
}

/// Starts a room that dies at a point, and waits until it has.
fn dies(sandbox: &Sandbox, folder: &Path, point: &str) {
    let mut child = Kill(room(sandbox, folder, Some(point)));
    wait(&format!("the room dies at {point}"), || {
        child.0.try_wait().unwrap().is_some()
    });
    assert!(!child.0.wait().unwrap().success(), "{point} was not hit");
}

/// Starts a room that lives until the change is closed and its record delivered.
fn ends(sandbox: &Sandbox, folder: &Path, after: &str) {
    let _child = Kill(room(sandbox, folder, None));
    wait(&format!("the change is closed after {after}"), || {
        change(folder)
            .is_some_and(|change| change.stage == Stage::Closed && !change.delivered.is_empty())
    });
}

async fn sandbox_of(env: &str) -> Sandbox {
    let sandbox = house::walkthrough_sandbox().await;
    let tags = vec![("env".to_owned(), env.to_owned())];
    sandbox
        .state()
        .patch(WALKTHROUGH, |settings: &mut BucketSettings| {
            settings.tags = tags;
        })
        .unwrap();
    sandbox
}

async fn killed_at(points: &[&str]) {
    let sandbox = sandbox_of("dev").await;
    let folder = tempfile::tempdir().unwrap();
    write_config(&sandbox, folder.path());
    let what = points.join(", then ");
    tokio::task::block_in_place(|| {
        for point in points {
            dies(&sandbox, folder.path(), point);
        }
        ends(&sandbox, folder.path(), &what);
    });
    let kills = u64::try_from(points.len()).unwrap();
    check(&sandbox, folder.path(), &what, kills, Decision::NotRequired);
}

fn check(sandbox: &Sandbox, folder: &Path, point: &str, kills: u64, decision: Decision) {
    let entries = entries(folder);
    let change = change(folder).unwrap();
    assert_eq!(
        change.outcome(),
        Some(Outcome::Remediated),
        "{point}: {change:#?}"
    );
    // I1: what was recorded before the kill is there, and nothing was opened twice.
    let tickets = entries
        .iter()
        .filter(|entry| matches!(entry.fact, Fact::Ticket(_)))
        .count();
    assert_eq!(tickets, 1, "{point}");
    // I2: the vault holds what the receipt says, and the receipt came before the intent.
    let receipt = change.backup.as_ref().unwrap();
    let key = format!("{}/{}", change.id, receipt.file);
    let object = sandbox
        .state()
        .objects(VAULT)
        .unwrap()
        .into_iter()
        .find(|object| object.key == key)
        .unwrap();
    assert_eq!(
        sixfold::domain::Digest::of(&object.body),
        receipt.sha256,
        "{point}"
    );
    let place = |kind: &str| {
        entries
            .iter()
            .position(|entry| entry.fact.kind() == kind)
            .unwrap()
    };
    assert!(place("backup") < place("fix.intent"), "{point}");
    // I3: the write was decided on, for this plan.
    let approval = change.approval.as_ref().unwrap();
    assert_eq!(
        (approval.decision, &approval.plan_hash),
        (decision, &change.ticket.plan_hash),
        "{point}"
    );
    // I4: one more write at most for each kill, and of the same bytes.
    let writes = sandbox.calls().writes(WALKTHROUGH, Setting::Acl);
    assert!(
        (1..=1 + kills).contains(&writes),
        "{point}: {writes} writes"
    );
    let intents = entries
        .iter()
        .filter(|entry| entry.fact.kind() == "fix.intent")
        .count();
    assert!(
        writes <= u64::try_from(intents).unwrap(),
        "{point}: a write without its intent"
    );
    // I5 and I6 are the fold's: it refuses an intent over another read, and any step out of order.
    // I8: the views are what the ledger makes, since a room that starts over them agrees.
    assert_eq!(
        sandbox.state().settings(WALKTHROUGH).unwrap().acl.len(),
        1,
        "{point}"
    );
    let log = std::fs::read_to_string(folder.join("state/compliance.log")).unwrap();
    assert_eq!(log.matches("remediated on").count(), 1, "{point}: {log}");
    sixfold::ledger::verify(&folder.join("state/ledger")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_boundary_loses_nothing_and_does_nothing_twice() {
    for point in POINTS {
        killed_at(&[point]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_kill_while_the_first_is_recovered_from_changes_nothing() {
    for points in [
        ["ledger.synced@ticket", "backup.stored"],
        ["backup.store", "fix.write"],
        ["fix.write", "fix.write"],
        ["fix.write", "fix.sent"],
        ["fix.sent", "ledger.write@fix.written"],
        ["fix.sent", "verify.agreed"],
        ["ledger.write@fix.written", "bundle.stored"],
        ["bundle.store", "ledger.synced@alert"],
        [
            "ledger.write@alert.delivered",
            "ledger.write@alert.delivered",
        ],
    ] {
        killed_at(&points).await;
    }
}

/// A record that was sent and not noted as sent goes out again under the same id: the receiver is told
/// twice rather than never, and can tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_sender_was_killed_is_delivered_again_by_the_same_id() {
    let sandbox = sandbox_of("dev").await;
    let folder = tempfile::tempdir().unwrap();
    let receiver = receiver::Receiver::start().await;
    write_config(&sandbox, folder.path());
    let config = folder.path().join("sixfold.toml");
    let mut text = std::fs::read_to_string(&config).unwrap();
    let url = receiver.url();
    text.push_str(&format!(
        "[[webhooks]]\nname = \"audit\"\nurl = \"{url}\"\n"
    ));
    std::fs::write(&config, text).unwrap();
    tokio::task::block_in_place(|| {
        dies(&sandbox, folder.path(), "outbox.sent");
        assert_eq!(receiver.ids().len(), 1, "it was sent before the kill");
        let told = |entries: &[Entry]| {
            let of = |entry: &Entry| match &entry.fact {
                Fact::Delivered { channel, .. } => channel == "audit",
                _ => false,
            };
            entries.iter().any(of)
        };
        assert!(!told(&entries(folder.path())), "and is not on record");
        let _child = Kill(room(&sandbox, folder.path(), None));
        wait("the record is on record as delivered", || {
            told(&entries(folder.path()))
        });
    });
    let (ids, bodies) = (receiver.ids(), receiver.bodies());
    assert_eq!(ids.len(), 2);
    assert_eq!((&ids[0], &bodies[0]), (&ids[1], &bodies[1]));
    let id = change(folder.path()).unwrap();
    assert_eq!(ids[0], format!("{}.{}", id.id, id.alert_seq));
    let point = "outbox.sent";
    check(&sandbox, folder.path(), point, 1, Decision::NotRequired);
}

/// What a person decided in production is on record before it is answered, and it is done once.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_survives_the_death_of_the_command_that_made_it() {
    for point in [
        "ledger.synced@approval",
        "backup.stored",
        "fix.write",
        "fix.sent",
        "verify.begin",
    ] {
        let sandbox = sandbox_of("prod").await;
        let folder = tempfile::tempdir().unwrap();
        write_config(&sandbox, folder.path());
        tokio::task::block_in_place(|| {
            let asking = Kill(room(&sandbox, folder.path(), None));
            wait("approval is asked", || {
                change(folder.path()).is_some_and(|change| change.stage == Stage::AwaitingApproval)
            });
            drop(asking);
            let id = change(folder.path()).unwrap().id.to_string();
            let approve = |point: Option<&str>| {
                let mut command = command(&sandbox, folder.path(), point);
                command
                    .args(["approve", &id])
                    .spawn()
                    .unwrap()
                    .wait()
                    .unwrap()
            };
            assert!(!approve(Some(point)).success(), "{point} was not hit");
            assert_eq!(
                approve(None).code(),
                Some(5),
                "it was decided already, {point}"
            );
            ends(&sandbox, folder.path(), point);
        });
        check(&sandbox, folder.path(), point, 2, Decision::Approved);
    }
}
