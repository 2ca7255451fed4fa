//! 02 in the fold: a request, those who agree to it, and the one decision.

use super::{ORDER, PLAN, Step, plan, require};
use crate::domain::{
    Actor, Change, Digest, Entry, Stage,
    artifact::{Agreed, Approval, ApprovalRequest, Decision},
};

pub(super) fn requested(change: &mut Change, request: &ApprovalRequest) -> Step {
    let round = change.request.as_ref().map_or(0, |last| last.round) + 1;
    require(request.round == round, "the rounds have a gap")?;
    require(request.plan_hash == change.ticket.plan_hash, PLAN)?;
    plan(change)?;
    change.request = Some(request.clone());
    change.stage = Stage::AwaitingApproval;
    Ok(())
}

pub(super) fn agreed(
    change: &mut Change,
    plan_hash: &Digest,
    without: &[Actor],
    entry: &Entry,
) -> Step {
    let request = change.request.as_ref().ok_or("nobody was asked")?;
    require(*plan_hash == change.ticket.plan_hash, PLAN)?;
    require(
        matches!(entry.actor, Actor::Person(_)),
        "only a person agrees",
    )?;
    require(entry.at < request.expires, "the request had expired")?;
    let agreed = |who: &Actor| change.agreed.iter().any(|agreed| agreed.by == *who);
    require(!agreed(&entry.actor), "the same person agreed before")?;
    require(
        without.iter().all(agreed),
        "somebody who does not count any more had not agreed",
    )?;
    change.agreed.retain(|agreed| !without.contains(&agreed.by));
    require(
        change.agreed.len() + 1 < usize::from(request.consent.people),
        "the last one to agree approves",
    )?;
    change.agreed.push(Agreed {
        by: entry.actor.clone(),
        via: entry.via,
        at: entry.at,
    });
    Ok(())
}

/// Whether as many different people agreed as the request asks for.
fn enough(change: &Change, request: &ApprovalRequest, approval: &Approval) -> Step {
    require(
        approval.with == change.agreed,
        "those who agreed are not those on record",
    )?;
    let again = change.agreed.iter().any(|agreed| agreed.by == approval.by);
    require(!again, "the same person agreed before")?;
    require(
        change.agreed.len() + 1 >= usize::from(request.consent.people),
        "more people must agree",
    )
}

pub(super) fn decided(change: &mut Change, approval: &Approval) -> Step {
    require(approval.plan_hash == change.ticket.plan_hash, PLAN)?;
    plan(change)?;
    if approval.decision == Decision::NotRequired {
        require(change.stage == Stage::Ticketed, ORDER)?;
        require(approval.by == Actor::Policy, "only the policy waives")?;
        require(
            !change.ticket.environment.production,
            "production waits for a person",
        )?;
        require(
            change.ticket.waits_for().is_empty(),
            "what the ticket says waits for a person",
        )?;
    } else {
        let request = change.request.as_ref().ok_or("nobody was asked")?;
        require(change.stage == Stage::AwaitingApproval, ORDER)?;
        require(
            matches!(approval.by, Actor::Person(_)),
            "only a person decides",
        )?;
        require(approval.at < request.expires, "the request had expired")?;
        if approval.decision == Decision::Approved {
            enough(change, request, approval)?;
        }
    }
    let denied = approval.decision == Decision::Denied;
    require(
        !denied || approval.reason.is_some(),
        "a denial needs a reason",
    )?;
    change.approval = Some(approval.clone());
    change.stage = if denied {
        Stage::Denied
    } else {
        Stage::Approved
    };
    Ok(())
}
