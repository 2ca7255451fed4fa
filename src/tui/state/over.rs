//! Why there is nothing left to decide about a change, where that is so.

use super::Purpose;
use crate::domain::{Change, RevertState, Stage, artifact::Decision, time};

pub(super) fn why(purpose: Purpose, change: &Change) -> Option<String> {
    let id = change.id;
    match purpose {
        Purpose::Revert if change.stage != Stage::Closed => {
            Some(format!("{id} is {}", change.stage.word()))
        }
        // A revert that failed may be tried again.
        Purpose::Revert => match change.revert.as_ref().map(|revert| &revert.state) {
            Some(RevertState::Pending) => Some(format!("{id} is being reverted already")),
            Some(RevertState::Done) => Some(format!("{id} is {}", change.word())),
            Some(RevertState::Failed(_)) | None => None,
        },
        Purpose::Done if change.stage != Stage::ByHand => {
            Some(format!("{id} is {}", change.word()))
        }
        Purpose::Done => hash_differs(change),
        Purpose::Approve | Purpose::Deny => undecidable(purpose, change),
        // These don't hang on how the change is.
        Purpose::Release
        | Purpose::Resume
        | Purpose::Ask
        | Purpose::Grant
        | Purpose::Refuse
        | Purpose::End => None,
    }
}

fn undecidable(purpose: Purpose, change: &Change) -> Option<String> {
    if let Some(approval) = &change.approval {
        let verb = match approval.decision {
            Decision::Approved => "approved by",
            Decision::Denied => "denied by",
            Decision::NotRequired => "let through by",
        };
        let at = time::clock(approval.at);
        return Some(format!(
            "{verb} {} ({}, {at}) while this was open",
            approval.by, approval.via
        ));
    }
    let decidable = match purpose {
        Purpose::Deny => matches!(change.stage, Stage::AwaitingApproval | Stage::ByHand),
        _ => change.stage == Stage::AwaitingApproval,
    };
    if !decidable {
        return Some(format!("{} is {}", change.id, change.stage.word()));
    }
    hash_differs(change)
}

/// What is shown must be what its hash stands for.
fn hash_differs(change: &Change) -> Option<String> {
    let ticket = &change.ticket;
    let asked = change.request.as_ref().map(|request| &request.plan_hash);
    let differs = asked.is_some_and(|hash| *hash != ticket.plan_hash)
        || ticket.remedy.hash(change.id, &ticket.asset) != ticket.plan_hash;
    differs.then(|| "the plan does not match its hash, so it can't be decided from here".to_owned())
}
