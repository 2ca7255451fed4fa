//! What a room says of how a setting is now: never more than the entries of the change do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "ledger_support/mod.rs"]
mod ledger_support;

use ledger_support::{Story, numbered};
use sixfold::{
    chain,
    domain::{Draft, Fact, artifact::FixStatus},
    room::protocol::{Diff, Now, Seen},
};

/// After these entries.
fn now(drafts: Vec<Draft>) -> Now {
    let entries = numbered(drafts);
    let own = |entry: &&sixfold::domain::Entry| entry.change.is_some();
    let mut change = None;
    for entry in entries.iter().filter(own) {
        change = Some(chain::apply(change, entry).unwrap());
    }
    Diff::of(&change.unwrap(), &entries).unwrap().now
}

fn story() -> Story {
    Story::new(1)
}

/// The walkthrough up to the entry of a kind.
fn until(kind: &str) -> Vec<Draft> {
    let mut drafts = story().remediated();
    let at = drafts.iter().position(|draft| draft.fact.kind() == kind);
    drafts.truncate(at.unwrap() + 1);
    drafts
}

#[test]
fn before_a_write_the_setting_is_as_it_was_read_when_the_violation_was_found() {
    for kind in ["ticket", "approval.requested", "approval", "backup"] {
        let now = now(until(kind));
        assert_eq!(now.seen, Seen::Before, "{kind}");
        assert!(!now.written && !now.stale);
        assert_eq!(now.at, story().ticket_artifact().detected_at);
    }
    assert_eq!(now(story().denied()).seen, Seen::Before);
}

#[test]
fn from_the_write_to_its_verification_nobody_knows() {
    for kind in ["fix.intent", "fix.written"] {
        let now = now(until(kind));
        assert!(now.stale && now.written, "{kind}");
        assert_eq!(now.seen, Seen::Before, "as it was read just before");
        assert_eq!(now.at, story().intent().at);
    }
}

#[test]
fn a_verified_fix_is_as_the_target_and_a_revert_as_before() {
    let mut drafts = story().remediated();
    let fixed = now(drafts.clone());
    assert_eq!(
        (fixed.seen, fixed.stale, fixed.written),
        (Seen::Target, false, true)
    );
    drafts.push(story().revert_intent(100));
    let pending = now(drafts.clone());
    assert!(pending.stale);
    assert_eq!(pending.seen, Seen::Target);
    drafts.push(story().reverted(105));
    let reverted = now(drafts);
    assert_eq!((reverted.seen, reverted.stale), (Seen::Restored, false));
    assert_eq!(reverted.at, story().reverted(105).at);
}

#[test]
fn what_a_verification_found_instead_is_shown_against_the_target() {
    let mut drafts = until("fix.written");
    drafts.push(story().mismatch());
    let odd = now(drafts.clone());
    let Seen::Other(between) = odd.seen else {
        panic!("{:?}", odd.seen);
    };
    assert!(!between.is_empty());
    assert!(odd.stale, "the rollback may have gone out");
    // The rollback was not verified, and what it left was not read.
    drafts.push(story().fix(FixStatus::Halted, Some("the rollback was not verified")));
    let halted = now(drafts);
    assert!(halted.stale && matches!(halted.seen, Seen::Other(_)));
    let back = now(story().rolled_back());
    assert_eq!((back.seen, back.stale), (Seen::Restored, false));
}

#[test]
fn what_was_found_before_a_write_that_never_went_out_is_said_by_its_words() {
    let mut drafts = until("backup");
    let mut end = story().fix(FixStatus::Halted, Some(chain::cause::DRIFTED));
    let Fact::Fix(fix) = &mut end.fact else {
        panic!("a fix");
    };
    fix.observed = Some(ledger_support::grants(2).digest());
    fix.verify = vec!["acl returns 2 grants".to_owned()];
    drafts.push(end);
    let now = now(drafts);
    assert_eq!(
        now.seen,
        Seen::Unlike(vec!["acl returns 2 grants".to_owned()])
    );
    assert!(!now.written && !now.stale);
}
