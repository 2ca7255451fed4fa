//! The room's process dies between a tap and its fix, at each boundary, and is started again: what was
//! tapped is done once, and nobody is told that it was not.
#![cfg(feature = "failpoints")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod ntfy;
mod shell;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ntfy::{BUTTON, Ntfy, PUBLISH, READ, REPLIES};
use serde_json::Value;
use sixfold::{
    chain,
    domain::{
        Change, Entry, Fact, Stage, Via,
        artifact::{Decision, Outcome},
    },
    ledger::Reader,
    sandbox::{Sandbox, Setting, estate::WALKTHROUGH},
};

const NINA: &str = "oncall-nina-4f1d77c0";

const PHONE: &str = r#"
[phone]
server = "SERVER"
reply_topic = "REPLIES"
publish_token_file = "publish"
read_token_file = "read"
button_token_file = "button"
[[people]]
name = "nina.ramirez"
groups = ["on-call"]
topic_env = "TOPIC_OF_NINA"
"#;

struct Room(Child);

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Estate {
    sandbox: Sandbox,
    ntfy: Ntfy,
    folder: tempfile::TempDir,
}

impl Estate {
    async fn new() -> Self {
        let (sandbox, ntfy) = (house::walkthrough_sandbox().await, Ntfy::start().await);
        let folder = tempfile::tempdir().unwrap();
        let text = shell::config("enforce", &sandbox.endpoint_url()) + PHONE;
        let text = text
            .replace("SERVER", &ntfy.url())
            .replace("REPLIES", REPLIES);
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("sixfold.toml", &text);
        for (name, token) in [("publish", PUBLISH), ("read", READ), ("button", BUTTON)] {
            write(name, token);
        }
        Self {
            sandbox,
            ntfy,
            folder,
        }
    }

    fn room(&self, point: Option<&str>) -> Room {
        let owner = &self.sandbox.options().owner;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sixfold"));
        command
            .arg("--config")
            .arg(self.folder.path().join("sixfold.toml"))
            .arg("--state")
            .arg(self.folder.path().join("state"))
            .arg("serve")
            .env("AWS_ACCESS_KEY_ID", &owner.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &owner.secret_key)
            .env("TOPIC_OF_NINA", NINA)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(point) = point {
            command.env("SIXFOLD_FAILPOINT", point);
        }
        Room(command.spawn().unwrap())
    }

    fn entries(&self) -> Vec<Entry> {
        let ledger = self.folder.path().join("state/ledger");
        let Ok((reader, _)) = Reader::offline(&ledger) else {
            return Vec::new();
        };
        let entries = reader.range(1).map(|recorded| recorded.unwrap().entry);
        entries.collect()
    }

    fn change(&self) -> Option<Change> {
        let entries = self.entries();
        let mine = entries.iter().filter(|entry| entry.change.is_some());
        mine.fold(None, |change, entry| {
            Some(chain::apply(change, entry).unwrap())
        })
    }

    fn refusals(&self) -> usize {
        let refused = |entry: &Entry| matches!(entry.fact, Fact::Refused { .. });
        self.entries().into_iter().filter(refused).count()
    }

    /// Waits until so many questions are on nina's topic, and gives the latest one's first button.
    fn approve_button(&self, count: usize) -> Value {
        let questions = || {
            let on = self.ntfy.on(NINA).into_iter();
            let asked = |push: &Value| {
                push["actions"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty())
            };
            on.filter(asked).collect::<Vec<_>>()
        };
        wait("nina is asked", || questions().len() >= count);
        questions().pop().unwrap()["actions"][0].clone()
    }

    /// Runs the room until the change is closed, its person is told, and so many taps were refused.
    fn ends(&self, after: &str, refused: usize) -> Change {
        let _room = self.room(None);
        wait(&format!("the change is closed after {after}"), || {
            let said = self.ntfy.on(NINA);
            let said = said.iter().any(|push| {
                push["message"]
                    .as_str()
                    .unwrap()
                    .starts_with("Approved by nina.ramirez (tap)")
            });
            let closed = |change: Change| change.stage == Stage::Closed;
            said && self.refusals() >= refused && self.change().is_some_and(closed)
        });
        self.change().unwrap()
    }

    fn check(&self, point: &str, refused: usize) {
        let change = self.change().unwrap();
        assert_eq!(change.outcome(), Some(Outcome::Remediated), "{point}");
        let approval = change.approval.unwrap();
        assert_eq!(
            (approval.decision, approval.via),
            (Decision::Approved, Via::Tap)
        );
        let entries = self.entries();
        let count = |is: fn(&Fact) -> bool| entries.iter().filter(|entry| is(&entry.fact)).count();
        assert_eq!(
            count(|fact| matches!(fact, Fact::Approval(_))),
            1,
            "{point}"
        );
        assert_eq!(self.refusals(), refused, "{point}");
        let writes = self.sandbox.calls().writes(WALKTHROUGH, Setting::Acl);
        let intents = count(|fact| matches!(fact, Fact::FixIntent { .. }));
        // Whether a write was sent whose answer a kill took is read, and it is not sent again.
        assert_eq!(writes, 1, "{point}");
        // Only one that was not sent is said again.
        assert!((1..=2).contains(&intents), "{point}: {intents}");
        let state = self.folder.path().join("state");
        sixfold::ledger::verify(&state.join("ledger")).unwrap();
        self.no_secret_in(&state);
        assert!(
            state.join("sixfold.log").exists(),
            "the log was looked at too"
        );
    }

    fn no_secret_in(&self, folder: &Path) {
        let buttons = self.ntfy.on(NINA);
        let macs = buttons
            .iter()
            .flat_map(|push| push["actions"].as_array().unwrap());
        let macs = macs.map(|action| action["body"].as_str().unwrap().rsplit('.').next().unwrap());
        let secrets: Vec<_> = macs.chain([PUBLISH, READ, BUTTON, NINA, REPLIES]).collect();
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                self.no_secret_in(&path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                for secret in &secrets {
                    let mut windows = bytes.windows(secret.len());
                    let found = windows.any(|window| window == secret.as_bytes());
                    assert!(!found, "a secret is in {}", path.display());
                }
            }
        }
    }
}

fn dies(room: &mut Room, point: &str) {
    wait(&format!("the room dies at {point}"), || {
        room.0.try_wait().unwrap().is_some()
    });
    assert!(!room.0.wait().unwrap().success(), "{point} was not hit");
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_outlives_the_death_of_the_room_at_any_boundary_and_is_done_once() {
    for point in [
        "ledger.write@approval",
        "ledger.synced@approval",
        "ledger.applied@approval",
        "phone.taken",
        "backup.stored",
        "ledger.synced@fix.intent",
        "fix.write",
        "fix.sent",
        "verify.begin",
    ] {
        let estate = Estate::new().await;
        let mut room = estate.room(Some(point));
        let button = tokio::task::block_in_place(|| estate.approve_button(1));
        assert_eq!(estate.ntfy.press(&button).await, 200);
        tokio::task::block_in_place(|| {
            dies(&mut room, point);
            estate.ends(point, 0);
        });
        estate.check(point, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_a_push_asks_once_more_in_its_place_and_of_both_buttons_one_decides() {
    let point = "phone.pushed";
    let estate = Estate::new().await;
    let (first, second) = tokio::task::block_in_place(|| {
        let mut room = estate.room(Some(point));
        dies(&mut room, point);
        let first = estate.approve_button(1);
        let _room = estate.room(None);
        (first, estate.approve_button(2))
    });
    assert_ne!(first["body"], second["body"]);
    let questions = estate.ntfy.on(NINA);
    assert_eq!(questions[0]["sequence_id"], questions[1]["sequence_id"]);
    // The room was killed again when it went out of sight; both are pressed while it is down.
    for button in [&first, &second] {
        assert_eq!(estate.ntfy.press(button).await, 200);
    }
    let change = tokio::task::block_in_place(|| estate.ends(point, 1));
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    estate.check(point, 1);
}
