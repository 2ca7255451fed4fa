//! Random walks through the chain: whatever folds without an error keeps the invariants.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ledger_support;

use std::{collections::BTreeMap, sync::LazyLock};

use ledger_support::{Story, at};
use proptest::{prelude::*, sample::Index, strategy::ValueTree as _};
use sixfold::{
    chain::{Order, apply, cause, next},
    domain::{
        Change, Digest, Draft, Entry, Fact, Stage,
        artifact::{Decision, FixStatus, Outcome},
    },
};

/// Every draft that a change could have, and some that none should.
fn candidates(story: &Story) -> Vec<Draft> {
    use Outcome::{Drifted, Halted, Remediated, ResolvedElsewhere, RolledBack, WontFix};
    let mut drafts = vec![
        story.ticket(),
        story.request(1),
        story.expired(1),
        story.request(2),
        story.approval(Decision::Approved),
        story.approval(Decision::Denied),
        story.approval(Decision::NotRequired),
        story.backup(),
        story.intent(),
        story.written(),
        story.mismatch(),
        story.fix(FixStatus::Applied, None),
        story.fix(FixStatus::FoundApplied, None),
        story.fix(FixStatus::RolledBack, None),
        story.fix(FixStatus::Halted, Some("the vault refused")),
        story.fix(FixStatus::Halted, Some(cause::DRIFTED)),
        story.fix(FixStatus::Halted, Some(cause::RESOLVED)),
        story.rollback(false),
        story.rollback(true),
        story.delivered("compliance.log"),
        story.revert_intent(200),
        story.reverted(200),
        story.settled(),
        story.exception(),
    ];
    drafts.extend(
        [
            Remediated,
            WontFix,
            RolledBack,
            ResolvedElsewhere,
            Drifted,
            Halted,
        ]
        .map(|outcome| story.alert(outcome)),
    );
    let mut forged = [
        story.intent(),
        story.approval(Decision::Approved),
        story.backup(),
    ];
    for draft in &mut forged {
        match &mut draft.fact {
            Fact::FixIntent { plan_hash, .. } => *plan_hash = Digest::of("another plan"),
            Fact::Approval(approval) => approval.plan_hash = Digest::of("another plan"),
            Fact::Backup(backup) => backup.before = Digest::of("another state"),
            _ => unreachable!("only these are forged"),
        }
    }
    drafts.extend(forged);
    drafts
}

/// One draft that carries the order out.
fn obeyed(story: &Story, order: Order) -> Option<Draft> {
    Some(match order {
        Order::Ask { round } => story.request(round),
        Order::Waive => story.approval(Decision::NotRequired),
        Order::Expire { round } => story.expired(round),
        Order::Backup => story.backup(),
        Order::Fix => story.intent(),
        Order::Verify => story.fix(FixStatus::Applied, None),
        Order::Undo => story.fix(FixStatus::RolledBack, None),
        Order::StoreRollback => story.rollback(false),
        Order::Close(outcome) => story.alert(outcome),
        Order::Settle => story.settled(),
        Order::Revert => story.reverted(200),
        // Both stories have plans.
        Order::AskHands | Order::CheckHands => unreachable!("nothing is done by hand here"),
        Order::Wait { .. } | Order::Nothing => return None,
    })
}

/// A ledger of two interleaved changes, of which every entry folds.
fn legal_walk(choices: &[(bool, bool, Index)]) -> Vec<Entry> {
    static WILD: LazyLock<[Vec<Draft>; 2]> =
        LazyLock::new(|| [candidates(&Story::new(1)), candidates(&Story::dev(2))]);
    let stories = [Story::new(1), Story::dev(2)];
    let mut changes: BTreeMap<_, Change> = BTreeMap::new();
    let mut entries: Vec<Entry> = Vec::new();
    for (second, wild, index) in choices {
        let story = &stories[usize::from(*second)];
        let wild_draft = || index.get(&WILD[usize::from(*second)]).clone();
        let draft = match changes.get(&story.id) {
            _ if *wild => wild_draft(),
            None => story.ticket(),
            Some(change) if change.stage == Stage::Fixing => story.written(),
            Some(change) => obeyed(story, next(change, at(100))).unwrap_or_else(wild_draft),
        };
        let entry = draft.numbered(entries.len() as u64 + 1, Digest::zero());
        if let Ok(change) = apply(changes.get(&story.id).cloned(), &entry) {
            changes.insert(story.id, change);
            entries.push(entry);
        }
    }
    entries
}

/// I2, I3 and I6 of one change, from its entries alone and without the fold's help.
fn check(entries: &[&Entry]) -> Result<(), TestCaseError> {
    let mut ticket = None;
    let mut approved: Option<&Digest> = None;
    let mut backup = None;
    let mut step = 0;
    for entry in entries {
        // I6: the six artifacts come in their order, each at most once.
        let artifact = match &entry.fact {
            Fact::Ticket(_) => Some(1),
            Fact::Approval(_) => Some(2),
            Fact::Backup(_) => Some(3),
            Fact::Fix(_) => Some(4),
            Fact::Rollback(_) => Some(5),
            Fact::Alert(_) => Some(6),
            _ => None,
        };
        if let Some(artifact) = artifact {
            prop_assert!(artifact > step, "{} after step {step}", entry.fact.kind());
            step = artifact;
        }
        match &entry.fact {
            Fact::Ticket(fact) => ticket = Some(fact),
            Fact::Approval(fact) if fact.decision != Decision::Denied => {
                approved = Some(&fact.plan_hash);
            }
            Fact::Backup(fact) => backup = Some(fact),
            Fact::FixIntent {
                plan_hash,
                read,
                backup: receipt,
                ..
            } => {
                let ticket = ticket.unwrap();
                prop_assert_eq!(approved, Some(plan_hash), "I3: another plan or no approval");
                prop_assert_eq!(&ticket.plan_hash, plan_hash);
                let backup: &sixfold::domain::artifact::Backup = backup.unwrap();
                prop_assert_eq!(&backup.sha256, receipt, "I2: another backup");
                prop_assert_eq!(&backup.before, read, "I5: another state was read");
            }
            Fact::FixWritten { .. } => prop_assert!(backup.is_some(), "I2: written, not backed up"),
            Fact::Fix(fix) if fix.status != FixStatus::Halted => {
                prop_assert!(backup.is_some() && approved.is_some());
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_folds_keeps_the_invariants(
        choices in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.4), any::<Index>()), 1..60)
    ) {
        let entries = legal_walk(&choices);
        for story in [Story::new(1), Story::dev(2)] {
            let own: Vec<_> = entries.iter().filter(|e| e.change == Some(story.id)).collect();
            check(&own)?;
        }
    }

    #[test]
    fn an_order_that_is_carried_out_is_accepted(
        choices in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.4), any::<Index>()), 1..60)
    ) {
        let mut changes: BTreeMap<_, Change> = BTreeMap::new();
        let entries = legal_walk(&choices);
        for entry in &entries {
            let id = entry.change.unwrap();
            let change = apply(changes.get(&id).cloned(), entry).unwrap();
            changes.insert(id, change);
        }
        for (id, change) in changes {
            let story = if id.number() == 1 { Story::new(1) } else { Story::dev(2) };
            let draft = match (change.stage, next(&change, at(100))) {
                (Stage::Fixing, _) => Some(story.written()),
                (Stage::Verifying, _) => Some(story.mismatch()),
                (Stage::Unfixed, Order::StoreRollback) => {
                    let undone = change.fix.as_ref().is_some_and(|fix| fix.status == FixStatus::RolledBack);
                    Some(story.rollback(undone))
                }
                (_, order) => obeyed(&story, order),
            };
            if let Some(draft) = draft {
                let entry = draft.numbered(entries.len() as u64 + 1, Digest::zero());
                prop_assert!(apply(Some(change), &entry).is_ok(), "{entry:?}");
            }
        }
    }
}

#[test]
fn the_walks_reach_every_stage_that_has_an_end() {
    // Guards the two properties above against walks that never get anywhere.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(
        (any::<bool>(), prop::bool::weighted(0.4), any::<Index>()),
        60,
    );
    let mut outcomes = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let choices = strategy.new_tree(&mut runner).unwrap().current();
        for entry in legal_walk(&choices) {
            match entry.fact {
                Fact::Alert(alert) => outcomes.insert(alert.outcome.word()),
                Fact::Reverted { .. } => outcomes.insert("reverted"),
                Fact::Settled { .. } => outcomes.insert("settled"),
                _ => false,
            };
        }
    }
    assert_eq!(outcomes.len(), 8, "{outcomes:?}");
}
