//! Segments on disk: what is appended is there again, and damage is found and named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod ledger_support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use ledger_support::{Story, at};
use proptest::prelude::*;
use sixfold::{
    domain::{Actor, Digest, Draft, Fact},
    ledger::{
        Damage, Follower, Ledger, LedgerError, Lock, Opened, Options, Reader, Recorded, open,
        verify,
    },
};

const FIRST: &str = "00000000000000000001.jsonl";

fn opened_with(state: &Path, segment_size: u64) -> Result<Opened, LedgerError> {
    let lock = Lock::take(state)?;
    open(&state.join("ledger"), lock, Options { segment_size })
}

fn started(state: &Path, segment_size: u64) -> Ledger {
    let opened = opened_with(state, segment_size).unwrap();
    opened.start(|_: &[Recorded]| {}).unwrap()
}

fn reset(n: i64) -> Draft {
    Draft::room(at(n), None, Fact::BreakerReset)
}

/// A ledger of so many short entries, closed.
fn filled(entries: i64, segment_size: u64) -> (tempfile::TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), segment_size);
    for n in 0..entries {
        ledger.commit_blocking(vec![reset(n)]).unwrap();
    }
    ledger.close();
    let dir = state.path().join("ledger");
    (state, dir)
}

fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(dir)
        .unwrap()
        .map(|item| {
            let item = item.unwrap();
            let name = item.file_name().into_string().unwrap();
            (name, fs::read(item.path()).unwrap())
        })
        .collect()
}

#[test]
fn what_is_appended_is_there_again_after_a_restart() {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), 4_096);
    let one = ledger.commit_blocking(Story::new(1).remediated()).unwrap();
    let two = ledger.commit_blocking(Story::dev(2).remediated()).unwrap();
    assert_eq!((one[0].seq, two[0].seq), (1, 11));
    ledger.close();

    let again = opened_with(state.path(), 4_096).unwrap();
    let read: Vec<_> = again.reader.range(1).map(Result::unwrap).collect();
    let entries: Vec<_> = read.iter().map(|recorded| recorded.entry.clone()).collect();
    assert_eq!(entries, [one, two].concat());
    assert!(again.findings.is_empty());
    assert_eq!(again.last_hash, read.last().unwrap().hash);
    let mut prev = Digest::zero();
    for recorded in &read {
        assert_eq!(recorded.entry.prev, prev);
        assert_eq!(recorded.hash, Digest::of(&recorded.line));
        prev = recorded.hash.clone();
    }
    let verified = verify(&state.path().join("ledger")).unwrap();
    assert_eq!((verified.entries, verified.last_hash), (19, prev));
    assert_eq!(verified.segments, 2);
}

#[test]
fn the_chain_can_be_checked_with_nothing_but_sha256() {
    let (_state, dir) = filled(3, 1 << 20);
    let text = fs::read_to_string(dir.join(FIRST)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2) {
        let value: serde_json::Value = serde_json::from_str(pair[1]).unwrap();
        assert_eq!(value["prev"], Digest::of(pair[0]).as_str());
    }
}

#[test]
fn a_second_process_is_told_who_has_the_ledger() {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), 4_096);
    let error = opened_with(state.path(), 4_096).unwrap_err();
    let pid = std::process::id();
    assert!(
        error
            .to_string()
            .ends_with(&format!("already open in another process (pid {pid})")),
        "{error}"
    );
    ledger.close();
    assert!(opened_with(state.path(), 4_096).is_ok());
    let error = ledger.commit_blocking(vec![reset(0)]).unwrap_err();
    assert!(error.to_string().ends_with("it was closed"), "{error}");
}

#[test]
fn a_torn_last_line_is_cut_kept_and_said_so() {
    let (_keep, dir) = filled(5, 1 << 20);
    let whole = fs::read(dir.join(FIRST)).unwrap();
    let ends: Vec<_> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    // Every place at which the last two lines can be cut.
    for cut in ends[2] + 1..=whole.len() {
        let state = tempfile::tempdir().unwrap();
        let dir = state.path().join("ledger");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(FIRST), &whole[..cut]).unwrap();
        let complete = ends.iter().filter(|end| **end < cut).count() as u64;
        let kept = usize::try_from(complete).map(|n| ends[n - 1] + 1).unwrap();
        let torn = &whole[kept..cut];

        let verified = verify(&dir).unwrap();
        assert_eq!(verified.entries, complete);
        let bytes = verified.torn.map_or(0, |torn| torn.bytes);
        assert_eq!(bytes, torn.len() as u64);

        let opened = opened_with(state.path(), 1 << 20).unwrap();
        assert_eq!(opened.last_seq, complete, "cut at {cut}");
        assert_eq!(opened.findings.len(), usize::from(!torn.is_empty()));
        if !torn.is_empty() {
            let name = format!("{FIRST}.torn-{}", complete + 1);
            assert!(opened.findings[0].contains(&name), "{:?}", opened.findings);
            assert_eq!(fs::read(dir.join(name)).unwrap(), torn);
        }
        let ledger = opened.start(|_: &[Recorded]| {}).unwrap();
        let entries = ledger.commit_blocking(vec![reset(9)]).unwrap();
        assert_eq!(entries[0].seq, complete + 1);
        ledger.close();
        assert_eq!(verify(&dir).unwrap().entries, complete + 1);
    }
}

#[test]
fn a_segment_that_was_created_and_never_written_is_written_on() {
    let (state, dir) = filled(2, 1);
    let empty = dir.join("00000000000000000003.jsonl");
    fs::write(&empty, "").unwrap();
    let ledger = started(state.path(), 1);
    ledger.commit_blocking(vec![reset(3)]).unwrap();
    ledger.close();
    assert_eq!(verify(&dir).unwrap().entries, 3);
    assert!(!fs::read(empty).unwrap().is_empty());
}

/// A name, what is done, the place that is named, and the words for it.
type Case = (
    &'static str,
    fn(&Path),
    (&'static str, u64, u64),
    &'static str,
);

fn edit(path: PathBuf, change: impl FnOnce(Vec<&str>) -> Vec<String>) {
    let text = fs::read_to_string(&path).unwrap();
    let lines = change(text.lines().collect());
    fs::write(path, lines.concat()).unwrap();
}

fn with_ends(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn damage_is_named_by_segment_line_and_entry_and_nothing_is_changed() {
    // Three segments of four, four and one entries.
    let second = "00000000000000000005.jsonl";
    let cases: &[Case] = &[
        (
            "a line was edited",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    let line = lines[1].replace("03:12", "04:12");
                    with_ends(&[lines[0], &line, lines[2], lines[3]])
                });
            },
            (FIRST, 3, 3),
            "another hash",
        ),
        (
            "the last line of a segment was edited",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    let line = lines[3].replace("03:12", "04:12");
                    with_ends(&[lines[0], lines[1], lines[2], &line])
                });
            },
            (second, 1, 5),
            "another hash",
        ),
        (
            "a line is missing",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    with_ends(&[lines[0], lines[2], lines[3]])
                });
            },
            (FIRST, 2, 2),
            "entry 3 stands there",
        ),
        (
            "lines were reordered",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    with_ends(&[lines[0], lines[2], lines[1], lines[3]])
                });
            },
            (FIRST, 2, 2),
            "entry 3 stands there",
        ),
        (
            "a line stands twice",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    with_ends(&[lines[0], lines[0], lines[1]])
                });
            },
            (FIRST, 2, 2),
            "entry 1 stands there",
        ),
        (
            "the end of a segment in the middle is gone",
            |dir| {
                let path = dir.join(FIRST);
                let bytes = fs::read(&path).unwrap();
                fs::write(path, &bytes[..bytes.len() - 9]).unwrap();
            },
            (FIRST, 4, 4),
            "ends within a line",
        ),
        (
            "whole lines at the end of a segment in the middle are gone",
            |dir| edit(dir.join(FIRST), |lines| with_ends(&lines[..2])),
            (second, 0, 3),
            "a segment before it is missing",
        ),
        (
            "the first segment is missing",
            |dir| fs::remove_file(dir.join(FIRST)).unwrap(),
            (second, 0, 1),
            "a segment before it is missing",
        ),
        (
            "a segment in the middle is missing",
            |dir| fs::remove_file(dir.join("00000000000000000005.jsonl")).unwrap(),
            ("00000000000000000009.jsonl", 0, 5),
            "a segment before it is missing",
        ),
        (
            "a segment was copied under another number",
            |dir| {
                let copy = dir.join("00000000000000000003.jsonl");
                fs::copy(dir.join(FIRST), copy).unwrap();
            },
            ("00000000000000000003.jsonl", 0, 5),
            "which an earlier segment holds",
        ),
        (
            "line ends were converted",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    lines.iter().map(|line| format!("{line}\r\n")).collect()
                });
            },
            (FIRST, 1, 1),
            "plain newline",
        ),
        (
            "an empty line was put in",
            |dir| edit(dir.join(FIRST), |lines| with_ends(&["", lines[0]])),
            (FIRST, 1, 1),
            "the line is empty",
        ),
        (
            "the JSON was formatted anew",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    let line = lines[1].replace("\":", "\": ");
                    with_ends(&[lines[0], &line, lines[2], lines[3]])
                });
            },
            (FIRST, 2, 2),
            "not canonical",
        ),
        (
            "zeros stand where a line was",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    let line = "\0".repeat(lines[1].len());
                    with_ends(&[lines[0], &line, lines[2], lines[3]])
                });
            },
            (FIRST, 2, 2),
            "not JSON",
        ),
        (
            "a line was glued to the next",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    with_ends(&[lines[0], &lines[1..].concat()])
                });
            },
            (FIRST, 2, 2),
            "not JSON",
        ),
        (
            "a line is a hundred thousand bytes long",
            |dir| {
                edit(dir.join(FIRST), |lines| {
                    with_ends(&[lines[0], &"x".repeat(100_000), lines[2]])
                });
            },
            (FIRST, 2, 2),
            "longer than an entry may be",
        ),
    ];
    let four_lines = 4 * line_length() - 10;
    for (name, damage, (segment, line, seq), what) in cases {
        let (state, dir) = filled(9, four_lines);
        assert_eq!(verify(&dir).unwrap().segments, 3, "{name}");
        damage(&dir);
        let before = contents(&dir);
        let broken = verify(&dir).unwrap_err();
        assert_eq!(
            (broken.segment.as_str(), broken.line, broken.seq),
            (*segment, *line, *seq),
            "{name}: {broken}"
        );
        assert!(broken.to_string().contains(what), "{name}: {broken}");
        let error = opened_with(state.path(), 1 << 20).unwrap_err();
        assert_eq!(error, LedgerError::Damaged(broken), "{name}");
        assert_eq!(contents(&dir), before, "{name}: it was touched");
        assert!(matches!(
            Reader::offline(&dir),
            Err(LedgerError::Damaged(_))
        ));
    }
}

/// Bytes of a short entry's line with its newline.
fn line_length() -> u64 {
    let (_state, dir) = filled(1, 1);
    fs::read(dir.join(FIRST)).unwrap().len() as u64
}

#[test]
fn every_flipped_bit_before_the_last_line_is_found() {
    let (_state, dir) = filled(3, 1 << 20);
    let path = dir.join(FIRST);
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap();
    for at in 0..=last {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        assert!(verify(&dir).is_err(), "byte {at}");
    }
}

#[test]
fn other_files_in_the_folder_are_nobodys_business() {
    let (state, dir) = filled(3, 1);
    for name in [
        "README",
        "1.jsonl",
        "00000000000000000001.jsonl.torn-9",
        "0000000000000000000a.jsonl",
    ] {
        fs::write(dir.join(name), "not a ledger").unwrap();
    }
    let before = contents(&dir);
    assert_eq!(verify(&dir).unwrap().entries, 3);
    assert_eq!(contents(&dir), before, "verifying writes nothing");
    assert!(opened_with(state.path(), 1).is_ok());
}

#[test]
fn a_folder_without_segments_is_no_verified_ledger() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(verify(dir.path()).unwrap_err().what, Damage::NoSegments);
    let missing = verify(&dir.path().join("missing")).unwrap_err();
    assert!(matches!(missing.what, Damage::Unreadable(_)), "{missing}");
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_nothing_of_its_batch_is_written() {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), 4_096);
    let long = Fact::BreakerTripped {
        cause: "x".repeat(60_000),
    };
    let batch = vec![reset(0), Draft::room(at(1), None, long)];
    let error = ledger.commit_blocking(batch).unwrap_err();
    assert!(matches!(error, LedgerError::TooLong { .. }), "{error}");
    assert_eq!(ledger.commit_blocking(vec![reset(2)]).unwrap()[0].seq, 1);
}

/// Refuses whatever an actor named `mallory` does, and notes what it heard.
struct Doorman(Arc<Mutex<Vec<u64>>>);

impl Follower for Doorman {
    fn admit(&mut self, entries: &[Recorded]) -> Result<(), String> {
        match entries
            .iter()
            .find(|one| one.entry.actor.name() == "mallory")
        {
            Some(one) => Err(format!("{} may not", one.entry.actor)),
            None => Ok(()),
        }
    }

    fn applied(&mut self, entries: &[Recorded]) {
        let mut heard = self.0.lock().unwrap();
        heard.extend(entries.iter().map(|one| one.entry.seq));
    }
}

#[test]
fn what_the_follower_refuses_is_never_written_and_takes_no_number() {
    let state = tempfile::tempdir().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let opened = opened_with(state.path(), 1 << 20).unwrap();
    let ledger = opened.start(Doorman(Arc::clone(&heard))).unwrap();
    let forged = Draft {
        actor: Actor::person("mallory").unwrap(),
        ..reset(1)
    };
    let waiting: Vec<_> = [
        vec![reset(0)],
        vec![reset(1), forged],
        vec![reset(2)],
        vec![],
    ]
    .into_iter()
    .map(|batch| ledger.append(batch))
    .collect();
    let answers: Vec<_> = waiting
        .into_iter()
        .map(|answer| {
            let answer = answer.blocking_recv().unwrap();
            answer.map(|entries| entries.iter().map(|entry| entry.seq).collect::<Vec<_>>())
        })
        .collect();
    let refused = Err(LedgerError::Refused("mallory may not".to_owned()));
    assert_eq!(answers, [Ok(vec![1]), refused, Ok(vec![2]), Ok(vec![])]);
    assert_eq!(*heard.lock().unwrap(), [1, 2]);
}

#[test]
fn many_appenders_share_syncs_and_each_batch_stays_together() {
    let state = tempfile::tempdir().unwrap();
    let heard = Arc::new(Mutex::new((Vec::new(), 0)));
    let opened = opened_with(state.path(), 50_000).unwrap();
    let told = Arc::clone(&heard);
    let ledger = opened
        .start(move |entries: &[Recorded]| {
            let mut heard = told.lock().unwrap();
            heard.0.extend(entries.iter().map(|one| one.entry.seq));
            heard.1 += 1;
        })
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for n in 0..20 {
                    let entries = ledger
                        .commit_blocking(vec![reset(n), reset(n + 1), reset(n + 2)])
                        .unwrap();
                    let seqs: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
                    assert_eq!(seqs, [seqs[0], seqs[0] + 1, seqs[0] + 2]);
                    let last = *seqs.last().unwrap();
                    assert!(
                        heard.lock().unwrap().0.contains(&last),
                        "answered too early"
                    );
                }
            });
        }
    });
    let heard = heard.lock().unwrap();
    assert_eq!(heard.0, (1..=960).collect::<Vec<_>>());
    assert!(heard.1 < 320, "every batch had a sync of its own");
    assert_eq!(verify(&state.path().join("ledger")).unwrap().entries, 960);
}

#[test]
fn what_waits_is_written_when_the_last_handle_goes() {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), 1 << 20);
    let answers: Vec<_> = (0..50).map(|n| ledger.append(vec![reset(n)])).collect();
    drop((answers, ledger));
    assert_eq!(verify(&state.path().join("ledger")).unwrap().entries, 50);
}

#[test]
fn a_line_that_rots_while_the_room_runs_is_told_when_it_is_read() {
    let state = tempfile::tempdir().unwrap();
    let ledger = started(state.path(), 1 << 20);
    for n in 0..3 {
        ledger.commit_blocking(vec![reset(n)]).unwrap();
    }
    let path = state.path().join("ledger").join(FIRST);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"seq\":2", "\"seq\":7", 1)).unwrap();
    assert!(ledger.reader().entry(1).is_ok());
    let error = ledger.reader().entry(2).unwrap_err().to_string();
    assert!(
        error.contains("line 2 (entry 2): entry 7 stands there"),
        "{error}"
    );
    assert_eq!(
        ledger.reader().range(1).count(),
        2,
        "it ends with the damage"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn reading_gives_every_entry_from_any_place_in_pages_of_any_size(
        batches in prop::collection::vec(1..40i64, 1..12),
        segment_size in 1..20_000u64,
        limit in 1..50usize,
        from in 1..300u64,
    ) {
        let state = tempfile::tempdir().unwrap();
        let ledger = started(state.path(), segment_size);
        for batch in &batches {
            ledger.commit_blocking((0..*batch).map(reset).collect()).unwrap();
        }
        let total = batches.iter().sum::<i64>().unsigned_abs();
        let (copy, verified) = Reader::offline(&state.path().join("ledger")).unwrap();
        prop_assert_eq!(verified.entries, total);
        for reader in [ledger.reader(), &copy] {
            prop_assert_eq!(reader.head(), copy.head());
            let seqs: Vec<_> = reader.range(from).map(|one| one.unwrap().entry.seq).collect();
            prop_assert_eq!(seqs, (from..=total).collect::<Vec<_>>());

            let (mut pages, mut before) = (Vec::new(), None);
            loop {
                let page = reader.before(before, limit).unwrap();
                prop_assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                before = Some(last.entry.seq);
                pages.extend(page.iter().map(|one| one.entry.seq));
            }
            prop_assert_eq!(pages, (1..=total).rev().collect::<Vec<_>>());
            prop_assert_eq!(reader.entry(from).is_ok(), from <= total);
        }
    }
}
