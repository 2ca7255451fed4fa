//! A long history, made through the ledger and its views as a room makes it, without a room's waiting.

use std::path::Path;

use chrono::TimeDelta;
use sixfold::{
    domain::{
        Draft, Fact,
        artifact::{Decision, FixStatus, Outcome},
    },
    ledger::{self, Lock, Options},
    store::Store,
};

use super::ledger_support::{Story, at};

/// Changes that are open in the end.
const OPEN: u64 = 2_000;

/// Changes of one commit.
const BATCH: u64 = 200;

const AREAS: [&str; 8] = [
    "billing", "customer", "eu", "mobile", "orders", "partner", "shared", "support",
];
const KINDS: [&str; 8] = [
    "archive", "assets", "dropbox", "exports", "invoices", "ledger", "logs", "uploads",
];

/// Makes so many changes, unless they are there. Gives the number of entries.
pub fn make(folder: &Path, changes: u64) -> u64 {
    std::fs::create_dir_all(folder).unwrap();
    let lock = Lock::take(folder).unwrap();
    let opened = ledger::open(&folder.join("ledger"), lock, Options::default()).unwrap();
    if opened.last_seq > 0 {
        return opened.last_seq;
    }
    let (store, _) = Store::open(&folder.join("views"), opened.reader.clone()).unwrap();
    let ledger = opened.start(store.follower()).unwrap();
    let open = changes.saturating_sub(OPEN).max(changes / 2);
    for first in (1..=changes).step_by(usize::try_from(BATCH).unwrap()) {
        let numbers = first..=changes.min(first + BATCH - 1);
        let drafts = numbers.flat_map(|number| change(number, number > open));
        ledger.commit_blocking(drafts.collect()).unwrap();
        if first % 50_000 < BATCH && first > BATCH {
            eprintln!("{first} of {changes} changes");
        }
    }
    let entries = ledger.reader().last_seq();
    store.flush().unwrap();
    entries
}

/// A request that nobody has to ask again while this is measured.
fn asked(story: &Story) -> Draft {
    let mut draft = story.request(1);
    if let Fact::ApprovalRequested(request) = &mut draft.fact {
        request.expires = at(0) + TimeDelta::days(36_500);
    }
    draft
}

/// Six entries on average: of four closed changes, one of development was fixed and three of production
/// were denied.
fn change(number: u64, open: bool) -> Vec<Draft> {
    let mut story = if number.is_multiple_of(4) {
        Story::dev(number)
    } else {
        Story::new(number)
    };
    // Rows that are alike would cost fewer bytes than anybody's do.
    let word = |words: [&'static str; 8], nth: u64| words[usize::try_from(nth % 8).unwrap()];
    story.bucket = format!(
        "acme-{}-{}-{number}",
        word(AREAS, number.wrapping_mul(0x9e37_79b9) >> 7),
        word(KINDS, number.wrapping_mul(0x85eb_ca6b) >> 9)
    );
    // A day has a thousand of them.
    story.begins = i64::try_from(number).unwrap() * 86 - 86_400_000;
    match (open, story.production) {
        (true, _) => vec![story.ticket(), asked(&story)],
        (false, true) => {
            let denied = story.approval(Decision::Denied);
            vec![
                story.ticket(),
                story.request(1),
                denied,
                story.alert(Outcome::WontFix),
                story.delivered("compliance.log"),
            ]
        }
        (false, false) => vec![
            story.ticket(),
            story.approval(Decision::NotRequired),
            story.backup(),
            story.intent(),
            story.written(),
            story.fix(FixStatus::Applied, None),
            story.rollback(false),
            story.alert(Outcome::Remediated),
            story.delivered("compliance.log"),
        ],
    }
}
