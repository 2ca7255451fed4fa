//! Every known way in which sled comes back damaged, old, empty or wrong ends in views that are a
//! replay of the ledger, with a sentence about it. Never in an empty queue.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ledger_support;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use ledger_support::{Story, at};
use sixfold::{
    domain::{Draft, Fact},
    ledger::{Ledger, Lock, Options, open},
    store::{Query, Rows, Store},
};

const CHANGES: u64 = 160;

fn room(state: &Path) -> (Ledger, Store, Vec<String>) {
    let lock = Lock::take(state).unwrap();
    let opened = open(&state.join("ledger"), lock, Options::default()).unwrap();
    let (store, findings) = Store::open(&state.join("views"), opened.reader.clone()).unwrap();
    let ledger = opened.start(store.follower()).unwrap();
    (ledger, store, findings)
}

/// What is done to a folder or a file, with its name.
type Damage = (&'static str, fn(&Path));

struct Base {
    state: tempfile::TempDir,
    rows: Rows,
}

/// A ledger with views of a few megabytes, closed in good order after several restarts, so that
/// sled has snapshots and rewritten segments.
static BASE: LazyLock<Base> = LazyLock::new(|| {
    let state = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    for part in 0..4 {
        let (ledger, store, _) = room(state.path());
        for number in part * CHANGES / 4 + 1..=(part + 1) * CHANGES / 4 {
            let drafts = match number % 4 {
                0 => Story::new(number).denied(),
                1 => vec![Story::new(number).ticket(), Story::new(number).request(1)],
                _ => Story::dev(number).remediated(),
            };
            for few in drafts.chunks(3) {
                ledger.commit_blocking(few.to_vec()).unwrap();
            }
        }
        store.flush().unwrap();
        rows = store.dump().unwrap();
    }
    assert!(
        snapshots(&state.path().join("views/live-1")).len() == 1,
        "there is a snapshot"
    );
    assert!(
        fs::metadata(state.path().join("views/live-1/db"))
            .unwrap()
            .len()
            > 2_000_000
    );
    Base { state, rows }
});

fn snapshots(live: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(live).unwrap().map(|item| item.unwrap().path());
    let snapshot = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("snap.") && !name.contains("generating")
    };
    items.filter(snapshot).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// Damages a copy, opens it, and holds the views against a replay. Gives what was found.
fn survives(name: &str, damage: impl FnOnce(&Path)) -> Vec<String> {
    let base = &*BASE;
    let state = tempfile::tempdir().unwrap();
    copy(base.state.path(), state.path());
    damage(&state.path().join("views/live-1"));

    let (ledger, store, findings) = room(state.path());
    assert!(
        store.dump().unwrap() == base.rows,
        "{name}: the views are no replay; {findings:?}"
    );
    let all = store.queue(&Query::default(), 0, 1).unwrap();
    assert_eq!(u64::try_from(all.total).unwrap(), CHANGES, "{name}");
    ledger
        .commit_blocking(vec![Story::new(CHANGES + 1).ticket()])
        .unwrap();
    let rows = store.dump().unwrap();
    assert!(store.take_findings().is_empty(), "{name}: it failed later");
    ledger.close();
    drop((ledger, store));

    let (_ledger, store, again) = room(state.path());
    assert!(again.is_empty(), "{name}: {again:?}");
    assert!(store.dump().unwrap() == rows, "{name}: after a restart");
    findings
}

fn truncate(path: &Path, by: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(by)).unwrap();
}

fn change_bytes(path: &Path, change: impl FnOnce(&mut [u8])) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn without_snapshots(live: &Path) {
    for snapshot in snapshots(live) {
        fs::remove_file(snapshot).unwrap();
    }
}

#[test]
fn views_in_good_order_are_opened_without_a_word() {
    assert_eq!(survives("untouched", |_| {}), Vec::<String>::new());
}

#[test]
fn a_snapshot_that_is_empty_cut_or_changed_costs_nothing() {
    let damages: [Damage; 4] = [
        ("empty", |snapshot| fs::write(snapshot, "").unwrap()),
        ("cut", |snapshot| truncate(snapshot, 20)),
        ("changed", |snapshot| {
            change_bytes(snapshot, |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x10;
            });
        }),
        ("deleted", |snapshot| fs::remove_file(snapshot).unwrap()),
    ];
    for (name, damage) in damages {
        let findings = survives(name, |live| damage(&snapshots(live)[0]));
        assert_eq!(
            findings.is_empty(),
            name == "deleted",
            "{name}: {findings:?}"
        );
    }
}

#[test]
fn a_snapshot_that_was_being_written_is_set_aside_and_the_views_kept() {
    for junk in ["", "half a snapshot"] {
        let findings = survives("generating", |live| {
            fs::write(live.join("snap.00000000000FFFFF.generating"), junk).unwrap();
        });
        let text = "a snapshot of the views was cut short by a crash and set aside";
        assert_eq!(findings, [text]);
    }
}

#[test]
fn a_lost_tail_of_the_log_costs_nothing() {
    let mut mended = 0;
    for bytes in [1, 4_096, 40_000, 300_000, 600_000, 2_000_000] {
        for kept in [true, false] {
            let name = format!("tail -{bytes}, snapshot kept: {kept}");
            let findings = survives(&name, |live| {
                truncate(&live.join("db"), bytes);
                if !kept {
                    without_snapshots(live);
                }
            });
            mended += usize::from(!findings.is_empty());
        }
    }
    assert!(mended > 0, "nothing was damaged");
}

#[test]
fn a_flipped_byte_anywhere_costs_nothing() {
    let mut mended = 0;
    for place in 0..12 {
        for kept in [true, false] {
            let name = format!("byte at {place}/12, snapshot kept: {kept}");
            let findings = survives(&name, |live| {
                change_bytes(&live.join("db"), |bytes| {
                    let at = bytes.len() * place / 12 + 1_234;
                    bytes[at] ^= 0x04;
                });
                if !kept {
                    without_snapshots(live);
                }
            });
            mended += usize::from(!findings.is_empty());
        }
    }
    assert!(mended > 0, "nothing was damaged");
}

#[test]
fn pages_of_zeros_in_the_log_cost_nothing() {
    for place in 0..4 {
        survives(&format!("zeros at {place}/4"), |live| {
            change_bytes(&live.join("db"), |bytes| {
                let at = bytes.len() * place / 4;
                bytes[at..at + 65_536].fill(0);
            });
        });
    }
}

#[test]
fn missing_and_empty_files_cost_nothing() {
    let findings = survives("no folder", |live| fs::remove_dir_all(live).unwrap());
    assert_eq!(findings, ["the views were missing and were made again"]);
    let findings = survives("an empty folder", |live| {
        fs::remove_dir_all(live).unwrap();
        fs::create_dir(live).unwrap();
    });
    assert!(findings[0].ends_with("they were empty"), "{findings:?}");
    survives("a configuration of text", |live| {
        fs::write(live.join("conf"), "not one").unwrap();
    });
    let damages: [Damage; 3] = [
        ("no log", |live| fs::remove_file(live.join("db")).unwrap()),
        ("an empty log", |live| {
            fs::write(live.join("db"), "").unwrap();
        }),
        ("a log of text", |live| {
            fs::write(live.join("db"), "not a database").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let findings = survives(name, damage);
        let told = findings
            .iter()
            .any(|one| one.contains("made again from the ledger"));
        assert!(told, "{name}: {findings:?}");
    }
}

#[test]
fn views_of_another_ledger_are_set_aside() {
    let other = tempfile::tempdir().unwrap();
    let (ledger, store, _) = room(other.path());
    ledger.commit_blocking(Story::new(7).remediated()).unwrap();
    ledger.close();
    drop((ledger, store));
    let findings = survives("another ledger's", |live| {
        fs::remove_dir_all(live).unwrap();
        copy(&other.path().join("views/live-1"), live);
    });
    assert!(
        findings[0].contains("another ledger: entry 10 has another hash"),
        "{findings:?}"
    );
    assert!(
        findings[0].starts_with("the views were set aside as damaged-1"),
        "{findings:?}"
    );
}

#[test]
fn views_that_are_behind_catch_up_and_views_that_are_ahead_tell_of_missing_entries() {
    let state = tempfile::tempdir().unwrap();
    let (ledger, store, _) = room(state.path());
    ledger.commit_blocking(Story::new(1).remediated()).unwrap();
    ledger.close();
    drop((ledger, store));
    let earlier = tempfile::tempdir().unwrap();
    copy(state.path(), earlier.path());
    let (ledger, store, _) = room(state.path());
    ledger.commit_blocking(Story::new(2).remediated()).unwrap();
    let rows = store.dump().unwrap();
    ledger.close();
    drop((ledger, store));

    let swap = |views: &Path, ledger: &Path| {
        let mixed = tempfile::tempdir().unwrap();
        copy(&views.join("views"), &mixed.path().join("views"));
        copy(&ledger.join("ledger"), &mixed.path().join("ledger"));
        let (_ledger, store, findings) = room(mixed.path());
        (store.dump().unwrap(), findings, mixed)
    };
    let (caught_up, findings, _keep) = swap(earlier.path(), state.path());
    assert!(caught_up == rows);
    assert_eq!(findings, ["the views were 10 entries behind and caught up"]);

    let (shortened, findings, _keep) = swap(state.path(), earlier.path());
    assert!(shortened.len() < rows.len());
    let told = "they were made from entry 20, but the ledger ends with entry 10: entries may be \
                missing from its end";
    assert!(findings[0].ends_with(told), "{findings:?}");
}

#[test]
fn a_rebuild_that_was_killed_is_gone_on_with() {
    let base = &*BASE;
    let state = tempfile::tempdir().unwrap();
    copy(base.state.path(), state.path());
    // What is there while `live-2` is being made: a database that ends after some batch.
    let shorter = tempfile::tempdir().unwrap();
    let (ledger, store, _) = room(shorter.path());
    ledger.close();
    drop((ledger, store));
    copy(
        &shorter.path().join("views/live-1"),
        &state.path().join("views/live-2"),
    );
    let (_ledger, store, findings) = room(state.path());
    assert!(store.dump().unwrap() == base.rows, "{findings:?}");
    assert!(!state.path().join("views/live-1").exists());
}

#[test]
fn at_most_two_damaged_databases_are_kept() {
    let state = tempfile::tempdir().unwrap();
    let (ledger, store, _) = room(state.path());
    ledger
        .commit_blocking(vec![Draft::room(at(0), None, Fact::BreakerReset)])
        .unwrap();
    ledger.close();
    drop((ledger, store));
    for n in 1..=4 {
        fs::write(
            state.path().join(format!("views/live-{n}/db")),
            "not a database",
        )
        .unwrap();
        let (_ledger, store, findings) = room(state.path());
        assert_eq!(store.last_seq(), Ok(1));
        assert!(
            findings[0].contains(&format!("damaged-{n}")),
            "{findings:?}"
        );
    }
    let mut kept: Vec<_> = fs::read_dir(state.path().join("views"))
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["damaged-3", "damaged-4", "live-5"]);
}

/// sled lets go of its lock some time after the last handle is gone.
fn opened(path: &Path) -> sled::Db {
    let begin = Instant::now();
    loop {
        match sled::open(path) {
            Ok(db) => return db,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(30), "{error}"),
        }
        std::thread::yield_now();
    }
}

#[test]
fn views_that_another_version_spelled_are_made_again() {
    let state = tempfile::tempdir().unwrap();
    let (ledger, store, _) = room(state.path());
    ledger.commit_blocking(Story::new(7).remediated()).unwrap();
    let whole = store.dump().unwrap();
    ledger.close();
    drop((ledger, store));
    let db = opened(&state.path().join("views/live-1"));
    let rows = db.open_tree("rows").unwrap();
    let meta = rows.get("m").unwrap().unwrap();
    let mut meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
    assert!(meta.as_object_mut().unwrap().remove("format").is_some());
    rows.insert("m", serde_json::to_vec(&meta).unwrap())
        .unwrap();
    drop((rows, db));
    let (_ledger, store, findings) = room(state.path());
    assert!(
        findings[0].contains("another version's making"),
        "{findings:?}"
    );
    assert_eq!(store.dump().unwrap(), whole);
}
