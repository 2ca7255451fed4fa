//! The fold: one entry after the other makes a change, in the one order there is.
//!
//! What people are asked and decide is folded in [`approval`], what one does by hand in [`by_hand`].
//!
//! The checks here are the promises an auditor relies on (no write without an approval of the same
//! plan and a backup of the state before), held against the record itself rather than against the
//! code that wrote it.

mod after;
mod approval;
mod by_hand;

use super::{closing, unwritten};
use crate::domain::{
    Change, ChangeId, Entry, Fact, Intent, Mismatch, Plan, RevertState, Stage, Written,
    artifact::{Alert, Backup, Fix, FixStatus, Outcome, PagingAction, Rollback, Ticket},
};

/// An entry that does not follow from those before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} ({kind}) of {change} at stage {stage}: {why}")]
pub struct ChainError {
    pub seq: u64,
    pub kind: &'static str,
    /// The change's id, or `no change`.
    pub change: String,
    /// Where the change stood, or `none` before its ticket.
    pub stage: &'static str,
    pub why: &'static str,
}

const ORDER: &str = "this cannot follow what came before";
const PLAN: &str = "the plan is not the one that was approved";

/// Whether a fact is a step of some change and means nothing without one.
pub const fn needs_change(fact: &Fact) -> bool {
    !matches!(
        fact,
        Fact::Refused { .. }
            | Fact::RevertedForeign { .. }
            | Fact::ExceptionOpened(_)
            | Fact::ExceptionEnded { .. }
            | Fact::ExceptionRequested(_)
            | Fact::ExceptionDecided { .. }
            | Fact::ExceptionReminder(_)
            | Fact::Held { .. }
            | Fact::Released { .. }
            | Fact::BreakerTripped { .. }
            | Fact::BreakerReset
            | Fact::RoomStarted { .. }
            | Fact::ChannelDead { .. }
            | Fact::ChannelRetried { .. }
            // What is told may be about no change, such as an exception that ends soon.
            | Fact::Waived { .. }
            | Fact::Delivered { of: Some(_), .. }
    )
}

/// The change after one more of its entries; a ticket makes it.
pub fn apply(change: Option<Change>, entry: &Entry) -> Result<Change, ChainError> {
    let stage = change.as_ref().map_or("none", |change| change.stage.word());
    let refused = |why| ChainError {
        seq: entry.seq,
        kind: entry.fact.kind(),
        change: entry
            .change
            .map_or_else(|| "no change".to_owned(), |id| id.to_string()),
        stage,
        why,
    };
    let id = entry
        .change
        .ok_or_else(|| refused("this kind of entry belongs to a change"))?;
    let mut change = match (change, &entry.fact) {
        (None, Fact::Ticket(ticket)) => return Ok(opened(id, ticket, entry)),
        (None, _) => return Err(refused("there is no ticket of this number")),
        (Some(_), Fact::Ticket(_)) => return Err(refused("the ticket is there already")),
        (Some(change), _) => change,
    };
    if change.id != id {
        return Err(refused("it belongs to another change"));
    }
    if entry.seq <= change.last_seq {
        return Err(refused("it is not later than the change's last entry"));
    }
    step(&mut change, entry).map_err(refused)?;
    change.last_seq = entry.seq;
    change.last_prev = entry.prev.clone();
    change.updated_at = entry.at;
    Ok(change)
}

fn opened(id: ChangeId, ticket: &Ticket, entry: &Entry) -> Change {
    Change {
        id,
        stage: Stage::Ticketed,
        ticket: ticket.clone(),
        request: None,
        agreed: Vec::new(),
        approval: None,
        by_hand: None,
        resolved: None,
        backup: None,
        intent: None,
        mismatch: None,
        fix: None,
        rollback: None,
        alert: None,
        revert: None,
        alert_seq: 0,
        delivered: Vec::new(),
        waived: Vec::new(),
        paged: false,
        settled: false,
        opened_seq: entry.seq,
        last_seq: entry.seq,
        last_prev: entry.prev.clone(),
        updated_at: entry.at,
    }
}

type Step = Result<(), &'static str>;

fn plan(change: &Change) -> Result<&Plan, &'static str> {
    change
        .ticket
        .plan()
        .ok_or("it is done by hand, there is no plan")
}

fn require(holds: bool, why: &'static str) -> Step {
    if holds { Ok(()) } else { Err(why) }
}

fn step(change: &mut Change, entry: &Entry) -> Step {
    match (&entry.fact, change.stage) {
        (Fact::ApprovalRequested(request), Stage::Ticketed | Stage::Expired) => {
            approval::requested(change, request)
        }
        (Fact::ApprovalExpired { round }, Stage::AwaitingApproval) => {
            let open = change.request.as_ref().map(|request| request.round);
            require(open == Some(*round), "another round is open")?;
            change.agreed.clear();
            change.stage = Stage::Expired;
            Ok(())
        }
        (Fact::Agreed { plan_hash, without }, Stage::AwaitingApproval) => {
            approval::agreed(change, plan_hash, without, entry)
        }
        (Fact::Approval(approval), Stage::Ticketed | Stage::AwaitingApproval) => {
            approval::decided(change, approval)
        }
        (Fact::Approval(approval), Stage::ByHand) => by_hand::denied(change, approval),
        (Fact::HandAsked(request), Stage::Ticketed) => by_hand::asked(change, request),
        (Fact::HandDone { plan_hash }, Stage::ByHand) => by_hand::done(change, plan_hash, entry),
        (Fact::HandUnfinished { cause, .. }, Stage::Checking) => by_hand::unfinished(change, cause),
        (
            Fact::HandResolved { cause, attempts },
            Stage::Ticketed | Stage::ByHand | Stage::Checking,
        ) => by_hand::resolved(change, cause, *attempts, entry.at),
        (Fact::Backup(backup), Stage::Approved) => backed_up(change, backup),
        // A process that was killed before its write says again what it is about to send.
        (Fact::FixIntent { .. }, Stage::BackedUp | Stage::Fixing) => intended(change, &entry.fact),
        (Fact::FixWritten { request_id }, Stage::Fixing) => {
            let intent = change.intent.as_mut().ok_or(ORDER)?;
            intent.written = Some(Written {
                request_id: request_id.clone(),
            });
            change.stage = Stage::Verifying;
            Ok(())
        }
        (
            Fact::FixMismatch {
                observed,
                cause,
                attempts,
            },
            Stage::Verifying,
        ) => {
            change.mismatch = Some(Mismatch {
                observed: observed.digest(),
                cause: cause.clone(),
                attempts: *attempts,
            });
            change.stage = Stage::RollingBack;
            Ok(())
        }
        (Fact::Fix(fix), _) => fixed(change, fix),
        (Fact::Rollback(rollback), Stage::Fixed | Stage::Unfixed) => stored(change, rollback),
        (Fact::Alert(alert), _) => {
            closed(change, alert)?;
            change.alert_seq = entry.seq;
            Ok(())
        }
        (Fact::Delivered { channel, of }, _) => after::told(change, channel, *of),
        (Fact::Waived { channel, of, .. }, _) => {
            after::waived(change, channel, *of);
            Ok(())
        }
        (Fact::Paging(paging), _) => {
            change.paged = paging.action == PagingAction::Trigger;
            Ok(())
        }
        (Fact::RevertIntent { .. }, Stage::Closed | Stage::Halted) => {
            after::revert_asked(change, entry)
        }
        (Fact::Reverted { .. }, Stage::Closed | Stage::Halted) => {
            after::revert_ended(change, RevertState::Done)
        }
        (Fact::RevertFailed { cause }, Stage::Closed | Stage::Halted) => {
            after::revert_ended(change, RevertState::Failed(cause.clone()))
        }
        (Fact::Settled { .. }, Stage::Closed | Stage::Halted) => after::settled(change, entry),
        // A person looked at it: the next pass may judge the bucket afresh.
        (Fact::Released { .. }, Stage::Halted) => {
            change.stage = Stage::Closed;
            Ok(())
        }
        (fact, _) if !needs_change(fact) => Ok(()),
        _ => Err(ORDER),
    }
}

fn backed_up(change: &mut Change, backup: &Backup) -> Step {
    require(
        backup.before == plan(change)?.before.digest(),
        "the backup is of another state than the plan's",
    )?;
    change.backup = Some(backup.clone());
    change.stage = Stage::BackedUp;
    Ok(())
}

fn intended(change: &mut Change, fact: &Fact) -> Step {
    let Fact::FixIntent {
        plan_hash,
        read,
        target,
        backup,
        version_id,
    } = fact
    else {
        return Err(ORDER);
    };
    let approved = change.approval.as_ref().map(|approval| &approval.plan_hash);
    let receipt = change.backup.as_ref().ok_or("there is no backup")?;
    require(approved == Some(plan_hash), PLAN)?;
    require(
        receipt.sha256 == *backup && receipt.version_id == *version_id,
        "the backup is not the one on record",
    )?;
    require(
        *read == plan(change)?.before.digest(),
        "the read before the write is not the state that was approved",
    )?;
    require(*target == plan(change)?.target.digest(), PLAN)?;
    change.intent = Some(Intent {
        read: read.clone(),
        target: target.clone(),
        written: None,
    });
    change.stage = Stage::Fixing;
    Ok(())
}

fn fixed(change: &mut Change, fix: &Fix) -> Step {
    let (allowed, then) = match (fix.status, change.stage) {
        (FixStatus::Applied, stage) => (stage == Stage::Verifying, Stage::Fixed),
        (FixStatus::FoundApplied, stage) => (
            matches!(stage, Stage::Fixing | Stage::Verifying),
            Stage::Fixed,
        ),
        (FixStatus::RolledBack, stage) => (stage == Stage::RollingBack, Stage::Unfixed),
        // Nothing was written, or a person must look: possible wherever there is no ending yet.
        (FixStatus::Halted, stage) => (
            stage < Stage::Fixed && stage != Stage::Denied,
            Stage::Unfixed,
        ),
    };
    require(allowed, ORDER)?;
    let target = plan(change)?.target.digest();
    if then == Stage::Fixed {
        require(
            fix.predicted == target && fix.observed.as_ref() == Some(&target),
            "what was read is not what was predicted",
        )?;
    }
    if fix.status == FixStatus::RolledBack {
        require(
            fix.observed.as_ref() == Some(&plan(change)?.restored)
                || fix.observed.as_ref() == Some(&plan(change)?.before.digest()),
            "what was read is not the state before",
        )?;
    }
    let written = matches!(change.stage, Stage::Verifying | Stage::RollingBack);
    require(
        !(fix.status == FixStatus::Halted && unwritten(fix) && written),
        "a change that was written cannot end as if it was not",
    )?;
    if unwritten(fix) {
        // The write was refused for certain, so there is nothing to put back.
        change.intent = None;
    }
    change.fix = Some(fix.clone());
    change.stage = then;
    Ok(())
}

fn stored(change: &mut Change, rollback: &Rollback) -> Step {
    let status = change.fix.as_ref().map(|fix| fix.status);
    require(
        change.may_be_written(),
        "nothing was written that could be put back",
    )?;
    require(
        rollback.ran == (status == Some(FixStatus::RolledBack)),
        "whether the inverse ran contradicts the fix",
    )?;
    require(
        rollback.bound_to == change.id,
        "the bundle is bound to another change",
    )?;
    change.rollback = Some(rollback.clone());
    change.stage = Stage::RollbackStored;
    Ok(())
}

fn closed(change: &mut Change, alert: &Alert) -> Step {
    let outcome = closing(change).ok_or(ORDER)?;
    require(
        alert.outcome == outcome,
        "the outcome is not the one that its entries make",
    )?;
    change.alert = Some(alert.clone());
    change.stage = if outcome == Outcome::Halted {
        Stage::Halted
    } else {
        Stage::Closed
    };
    Ok(())
}
