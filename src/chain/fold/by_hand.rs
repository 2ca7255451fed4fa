//! The part of the fold that is about changes which a person makes.

use super::{ORDER, PLAN, Step, require};
use crate::domain::{
    Actor, Change, Digest, Entry, Stage, Stamp,
    artifact::{Approval, ByHand, Decision, HandRequest, Marked, Resolved},
};

const PLANNED: &str = "it is not done by hand, there is a plan";

pub(super) fn asked(change: &mut Change, request: &HandRequest) -> Step {
    require(change.ticket.remedy.manual().is_some(), PLANNED)?;
    require(request.plan_hash == change.ticket.plan_hash, PLAN)?;
    change.by_hand = Some(ByHand {
        request: request.clone(),
        marked: None,
        unfinished: None,
    });
    change.stage = Stage::ByHand;
    Ok(())
}

pub(super) fn done(change: &mut Change, plan_hash: &Digest, entry: &Entry) -> Step {
    require(
        matches!(entry.actor, Actor::Person(_)),
        "only a person says that it is done",
    )?;
    require(*plan_hash == change.ticket.plan_hash, PLAN)?;
    let by_hand = change.by_hand.as_mut().ok_or(ORDER)?;
    by_hand.marked = Some(Marked {
        by: entry.actor.clone(),
        via: entry.via,
        at: entry.at,
    });
    by_hand.unfinished = None;
    change.stage = Stage::Checking;
    Ok(())
}

pub(super) fn unfinished(change: &mut Change, cause: &str) -> Step {
    let by_hand = change.by_hand.as_mut().ok_or(ORDER)?;
    by_hand.unfinished = Some(cause.to_owned());
    change.stage = Stage::ByHand;
    Ok(())
}

pub(super) fn resolved(change: &mut Change, cause: &str, attempts: u32, at: Stamp) -> Step {
    require(change.ticket.remedy.manual().is_some(), PLANNED)?;
    change.resolved = Some(Resolved {
        cause: cause.to_owned(),
        attempts,
        at,
    });
    change.stage = Stage::Unfixed;
    Ok(())
}

/// Nothing else is decided about what a person does: there is nothing to let through.
pub(super) fn denied(change: &mut Change, approval: &Approval) -> Step {
    require(approval.plan_hash == change.ticket.plan_hash, PLAN)?;
    require(approval.decision == Decision::Denied, ORDER)?;
    require(
        matches!(approval.by, Actor::Person(_)),
        "only a person decides",
    )?;
    require(approval.reason.is_some(), "a denial needs a reason")?;
    change.approval = Some(approval.clone());
    change.stage = Stage::Denied;
    Ok(())
}
