//! The process dies at each of the writer's points, and the next one finds whole entries and views
//! that agree with them. Run with `--features failpoints`.
#![cfg(feature = "failpoints")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ledger_support;

use std::{
    env,
    path::Path,
    process::{Command, ExitStatus},
};

use ledger_support::Story;
use sixfold::{
    ledger::{Ledger, Lock, Options, open},
    store::Store,
};

/// Where the child that dies has its state.
const STATE: &str = "SIXFOLD_TEST_STATE";

fn room(state: &Path) -> (Ledger, Store) {
    let lock = Lock::take(state).unwrap();
    let options = Options {
        segment_size: 4_096,
    };
    let opened = open(&state.join("ledger"), lock, options).unwrap();
    let (store, _) = Store::open(&state.join("views"), opened.reader.clone()).unwrap();
    let ledger = opened.start(store.follower()).unwrap();
    (ledger, store)
}

#[test]
#[ignore = "the child of the test below"]
fn dies() {
    let Some(state) = env::var_os(STATE) else {
        return;
    };
    let (ledger, _store) = room(Path::new(&state));
    for draft in Story::new(1).remediated() {
        ledger.commit_blocking(vec![draft]).unwrap();
    }
}

fn child(state: &Path, failpoint: &str) -> ExitStatus {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "dies", "--ignored"])
        .env(STATE, state)
        .env("SIXFOLD_FAILPOINT", failpoint)
        .output()
        .unwrap()
        .status
}

#[test]
fn whatever_was_synced_is_there_and_whatever_was_not_may_be_appended_again() {
    for (failpoint, recorded) in [
        ("ledger.write", 0),
        ("ledger.write:4", 3),
        ("ledger.sync:4", 4),
        ("ledger.synced:4", 4),
        ("ledger.applied:4", 4),
        ("ledger.write@fix.intent", 4),
        ("ledger.synced@fix.intent", 5),
        ("ledger.applied@alert", 9),
    ] {
        let state = tempfile::tempdir().unwrap();
        assert!(
            !child(state.path(), failpoint).success(),
            "{failpoint}: it lived"
        );
        let (ledger, store) = room(state.path());
        // What was written but not synced is still there after a kill; after a power cut it may not be.
        assert_eq!(ledger.reader().last_seq(), recorded, "{failpoint}");
        let fresh = state.path().join("fresh");
        let (replay, _) = Store::open(&fresh, ledger.reader().clone()).unwrap();
        assert_eq!(store.dump().unwrap(), replay.dump().unwrap(), "{failpoint}");
        let rest = Story::new(1).remediated();
        let rest = rest[usize::try_from(recorded).unwrap()..].to_vec();
        ledger.commit_blocking(rest).unwrap();
        assert_eq!(store.counts().unwrap().closed, 1, "{failpoint}");
    }
}

#[test]
fn a_point_that_nothing_reaches_kills_nothing() {
    let state = tempfile::tempdir().unwrap();
    assert!(child(state.path(), "ledger.write:99").success());
    assert_eq!(room(state.path()).0.reader().last_seq(), 10);
}
