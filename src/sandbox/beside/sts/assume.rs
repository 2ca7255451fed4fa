//! Assuming a role: whether the caller may, whether the role lets them, and the session that comes of it.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    Refused,
    form::{AssumeRole, invalid},
};
use crate::sandbox::{
    auth::{Known, Session},
    gate::Gate,
    policy::{IdentityPolicy, PolicyProblem},
    roles::{Kept, SourceIdentity, Wants},
};

/// What a session lasts where nothing is asked for, and all that one lasts that comes of another.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// The characters that session policies may have.
const LARGEST_POLICY: usize = 2_048;

pub(super) struct Assumed {
    pub known: Arc<Known>,
    /// How much of the room for policies and tags is used, in percent; `None` where there are none.
    pub packed: Option<usize>,
}

pub(super) fn assume(
    gate: &Gate,
    caller: &Known,
    mut wanted: AssumeRole,
) -> Result<Assumed, Refused> {
    let chained = caller.session.is_some();
    let lasts = wanted.seconds.map_or(HOUR, TimeDelta::seconds);
    if chained && lasts > HOUR {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let (narrowed, packed) = narrowed(&wanted)?;
    let role = gate.state.read_beside().roles.get(&wanted.role).cloned();
    let role = trusted(gate, caller, &mut wanted, role)?;
    if lasts > role.role.longest {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let session = Session {
        arn: format!(
            "arn:aws:sts::{}:assumed-role/{}/{}",
            role.account, role.name, wanted.name
        ),
        user_id: format!("{}:{}", role.id(), wanted.name),
        role: wanted.role,
        source_identity: wanted.source_identity,
        tags: wanted.tags,
        narrowed,
        narrowed_by: wanted.policy,
        token: String::new(),
        ends: gate.clock.now() + lasts,
    };
    Ok(Assumed {
        known: gate.parties.give_out(role.account, session),
        packed,
    })
}

/// The session's own policy, and how much of their room policy and tags take.
fn narrowed(wanted: &AssumeRole) -> Result<(Option<IdentityPolicy>, Option<usize>), Refused> {
    let tags = wanted
        .tags
        .iter()
        .map(|(key, value)| key.len() + value.len());
    let tags: usize = tags.sum();
    let Some(text) = &wanted.policy else {
        // A real session packs its tags in a way that is nowhere told; this only grows with them.
        let packed = (tags > 0).then(|| (tags / 100).clamp(1, 100));
        return Ok((None, packed));
    };
    let policy = IdentityPolicy::accept(text).map_err(|problem| match problem {
        PolicyProblem::Malformed(message) => Refused::new(400, "MalformedPolicyDocument", message),
        PolicyProblem::NotImitated(what) => Refused::not_imitated(&what),
    })?;
    let length = text.chars().count();
    let percent = (length * 100).div_ceil(LARGEST_POLICY);
    if length > LARGEST_POLICY {
        return Err(Refused::new(
            400,
            "PackedPolicyTooLarge",
            format!("Packed size of session policy consumes {percent}% of allotted space."),
        ));
    }
    Ok((Some(policy), Some(percent)))
}

/// The role, where it and the caller's own policies let the caller assume it so. What must come with
/// the call from an earlier session comes.
fn trusted(
    gate: &Gate,
    caller: &Known,
    wanted: &mut AssumeRole,
    role: Option<Kept>,
) -> Result<Kept, Refused> {
    let arn = wanted.role.clone();
    let denied = |action| Refused::denied(caller, action, &arn);
    let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
    let external_id = role.role.external_id.as_ref();
    let trusted = role.role.trusts == caller.account
        && external_id.is_none_or(|id| wanted.external_id.as_ref() == Some(id));
    let may = |action| {
        let wants = Wants {
            action,
            resource: &arn,
            account: role.account.as_str(),
        };
        gate.state.allows(caller, wants).is_ok()
    };
    if !trusted || !may("sts:AssumeRole") {
        return Err(denied("sts:AssumeRole"));
    }
    let inherited = caller.session.as_ref();
    let inherited = inherited.and_then(|session| session.source_identity.clone());
    match (inherited, &wanted.source_identity) {
        // It is set once, and stays whatever comes of the session.
        (Some(before), Some(now)) if before != *now => return Err(denied("sts:SetSourceIdentity")),
        (Some(before), _) => wanted.source_identity = Some(before),
        (None, _) => {}
    }
    let trust = role.role.source_identity;
    match &wanted.source_identity {
        None if trust == SourceIdentity::Needed => return Err(denied("sts:AssumeRole")),
        Some(_) if trust == SourceIdentity::Refused || !may("sts:SetSourceIdentity") => {
            return Err(denied("sts:SetSourceIdentity"));
        }
        _ => {}
    }
    let lets_tag = role.role.lets_tag && may("sts:TagSession");
    if !wanted.tags.is_empty() && !lets_tag {
        return Err(denied("sts:TagSession"));
    }
    Ok(role)
}
