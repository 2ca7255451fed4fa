//! What comes next for a change.

use super::cause;
use crate::domain::{
    Change, RevertState, Stage, Stamp,
    artifact::{Fix, FixStatus, Outcome},
};

/// The engine's next step for one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read afresh and ask people; an entry `approval.requested`.
    Ask {
        round: u32,
    },
    /// Record that the standing policy needs nobody; an entry `approval`.
    Waive,
    /// Withdraw the request; an entry `approval.expired`.
    Expire {
        round: u32,
    },
    /// Nothing to do before `until`, or before a person decides.
    Wait {
        until: Option<Stamp>,
    },
    /// Ask people to do it by hand; an entry `manual.asked`.
    AskHands,
    /// Read until it is clear whether it was done; an entry `manual.resolved` or `manual.unfinished`.
    CheckHands,
    /// Put the state before into the vault and read it back; an entry `backup`.
    Backup,
    /// Read afresh, [settle](super::settle()), write; entries `fix.intent` and `fix.written`, or `fix`.
    Fix,
    /// Read until the reads agree; an entry `fix` or `fix.mismatch`.
    Verify,
    /// Put the state before back and verify that; an entry `fix`.
    Undo,
    /// Put the inverse into the vault; an entry `rollback`.
    StoreRollback,
    /// Write the close-out record; an entry `alert`.
    Close(Outcome),
    /// The window for a revert is over; an entry `settled`.
    Settle,
    /// A revert is on record without its end: read, then write or record what was found.
    Revert,
    Nothing,
}

/// The next step at `now`. Asking again without a new entry gives the same answer, or a later one
/// once a window has closed.
pub fn next(change: &Change, now: Stamp) -> Order {
    match change.stage {
        Stage::Ticketed if change.ticket.plan().is_none() => Order::AskHands,
        // It stands until a person or a pass says that something happened.
        Stage::ByHand => Order::Wait { until: None },
        Stage::Checking => Order::CheckHands,
        Stage::Ticketed if !change.ticket.waits_for().is_empty() => Order::Ask { round: 1 },
        Stage::Ticketed => Order::Waive,
        Stage::AwaitingApproval | Stage::Expired => waiting(change, now),
        Stage::Approved => Order::Backup,
        Stage::BackedUp | Stage::Fixing => Order::Fix,
        Stage::Verifying => Order::Verify,
        Stage::RollingBack => Order::Undo,
        Stage::Fixed => Order::StoreRollback,
        Stage::Unfixed if change.may_be_written() && change.rollback.is_none() => {
            Order::StoreRollback
        }
        Stage::Denied | Stage::Unfixed | Stage::RollbackStored => {
            closing(change).map_or(Order::Nothing, Order::Close)
        }
        Stage::Closed | Stage::Halted => closed(change, now),
    }
}

fn waiting(change: &Change, now: Stamp) -> Order {
    let Some(request) = &change.request else {
        return Order::Ask { round: 1 };
    };
    let round = request.round;
    if change.stage == Stage::Expired {
        Order::Ask { round: round + 1 }
    } else if now >= request.expires {
        Order::Expire { round }
    } else {
        Order::Wait {
            until: Some(request.expires),
        }
    }
}

fn closed(change: &Change, now: Stamp) -> Order {
    let state = change.revert.as_ref().map(|revert| &revert.state);
    match (&change.rollback, state) {
        (_, Some(RevertState::Pending)) => Order::Revert,
        (Some(bundle), state)
            if !bundle.ran && !change.settled && state != Some(&RevertState::Done) =>
        {
            if now >= bundle.expires {
                Order::Settle
            } else {
                Order::Wait {
                    until: Some(bundle.expires),
                }
            }
        }
        _ => Order::Nothing,
    }
}

/// The outcome that an `alert` would give the change now; none while there is something to do first.
pub fn closing(change: &Change) -> Option<Outcome> {
    let status = change.fix.as_ref().map(|fix| fix.status);
    match (change.stage, status) {
        (Stage::Denied, _) => Some(Outcome::WontFix),
        (Stage::Unfixed, None) if change.resolved.is_some() => {
            let exempt = change.exempt().is_some();
            Some(if exempt {
                Outcome::WontFix
            } else {
                Outcome::ResolvedElsewhere
            })
        }
        (Stage::RollbackStored, Some(FixStatus::Applied | FixStatus::FoundApplied)) => {
            Some(Outcome::Remediated)
        }
        (Stage::RollbackStored, Some(FixStatus::RolledBack)) => Some(Outcome::RolledBack),
        (Stage::Unfixed | Stage::RollbackStored, Some(FixStatus::Halted)) => {
            change.fix.as_ref().map(halted)
        }
        _ => None,
    }
}

/// Whether a halted fix says that nothing was written and nobody has to act.
pub fn unwritten(fix: &Fix) -> bool {
    halted(fix) != Outcome::Halted
}

fn halted(fix: &Fix) -> Outcome {
    match fix.cause.as_deref().unwrap_or_default() {
        text if text.starts_with(cause::DRIFTED) => Outcome::Drifted,
        text if text.starts_with(cause::RESOLVED) => Outcome::ResolvedElsewhere,
        text if text.starts_with(cause::EXEMPT) => Outcome::WontFix,
        _ => Outcome::Halted,
    }
}
