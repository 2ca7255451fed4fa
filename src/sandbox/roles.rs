//! Roles that sessions play: whom they trust, and what they may. A session may what both its role's
//! policy and its own allow and neither denies; what is in another account, that account must allow
//! besides.
//!
//! Trust is told by a few fields and not by a policy document: an account, an external id, what may
//! and must come with the call. Source of what sessions inherit, and may:
//! [session policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session).

use std::{collections::BTreeMap, fmt};

use chrono::TimeDelta;

use super::{
    auth::{Known, Session, letters},
    policy::{Asks, IdentityPolicy, PolicyProblem, Says},
    state::State,
};
use crate::domain::Account;

/// A role of some account, which callers of one account may assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `arn:aws:iam::222233334444:role/sixfold-remediator`
    pub arn: String,
    /// The account whose callers may assume it.
    pub trusts: Account,
    /// Must then be given, and be equal. Where none is wanted, one that is given does not matter.
    pub external_id: Option<String>,
    pub source_identity: SourceIdentity,
    /// Whether it lets session tags in (`sts:TagSession`).
    pub lets_tag: bool,
    /// The longest session, 1 to 12 hours.
    pub longest: TimeDelta,
    /// What it may: an identity policy as JSON. `None` is everything.
    pub allows: Option<String>,
}

/// What a role's trust says of source identities (`sts:SetSourceIdentity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceIdentity {
    Refused,
    Allowed,
    Needed,
}

impl Role {
    /// A role that asks for nothing, lets everything come with the call and may everything, for an hour.
    pub fn new(arn: &str, trusts: &Account) -> Self {
        Self {
            arn: arn.to_owned(),
            trusts: trusts.clone(),
            external_id: None,
            source_identity: SourceIdentity::Allowed,
            lets_tag: true,
            longest: TimeDelta::hours(1),
            allows: None,
        }
    }

    #[must_use]
    pub fn with_external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    #[must_use]
    pub fn needing_source_identity(mut self) -> Self {
        self.source_identity = SourceIdentity::Needed;
        self
    }

    /// Instead of everything.
    #[must_use]
    pub fn allowing(mut self, policy: impl fmt::Display) -> Self {
        self.allows = Some(policy.to_string());
        self
    }
}

/// Why a role was not put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    #[error("`{0}` is not the ARN of a role, such as arn:aws:iam::222233334444:role/name")]
    NotARole(String),
    #[error("the policy of {arn}: {problem}")]
    Policy { arn: String, problem: PolicyProblem },
}

/// A role as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub role: Role,
    pub account: Account,
    /// Without its path, as it stands in a session's ARN.
    pub name: String,
    may: Option<IdentityPolicy>,
}

impl Kept {
    fn new(role: Role) -> Result<Self, RoleError> {
        let (account, name) =
            parts(&role.arn).ok_or_else(|| RoleError::NotARole(role.arn.clone()))?;
        let may = role.allows.as_deref().map(IdentityPolicy::accept);
        let may = may.transpose().map_err(|problem| RoleError::Policy {
            arn: role.arn.clone(),
            problem,
        })?;
        Ok(Self {
            role,
            account,
            name,
            may,
        })
    }

    /// `AROA…`
    pub(super) fn id(&self) -> String {
        format!("AROA{}", letters(&self.role.arn, 17))
    }
}

/// The account and the name of a role's ARN.
fn parts(arn: &str) -> Option<(Account, String)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    let account = Account::try_from(account.to_owned()).ok()?;
    Some((account, name.to_owned()))
}

/// By ARN.
pub(super) type Roles = BTreeMap<String, Kept>;

impl State {
    /// Puts a role in, in the place of one with the same ARN. Sessions that play it go on under its new policy.
    pub fn insert_role(&self, role: Role) -> Result<(), RoleError> {
        let kept = Kept::new(role)?;
        self.write_beside()
            .roles
            .insert(kept.role.arn.clone(), kept);
        Ok(())
    }

    /// Takes a role out; its sessions may nothing from then on. False where there is none.
    pub fn remove_role(&self, arn: &str) -> bool {
        self.write_beside().roles.remove(arn).is_some()
    }

    /// Whether a caller's own policies allow this. A key of an account's own may everything.
    pub(super) fn allows(&self, caller: &Known, wants: Wants<'_>) -> Result<(), NotAllowed> {
        let Some(session) = &caller.session else {
            return Ok(());
        };
        let beside = self.read_beside();
        let role = beside.roles.get(&session.role);
        judged(role, session, wants).map_err(|why| NotAllowed {
            user: session.arn.clone(),
            action: wants.action.to_owned(),
            resource: wants.resource.to_owned(),
            why,
        })
    }
}

/// What somebody wants to do, and whose what they do it to is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants<'a> {
    pub action: &'a str,
    /// An ARN, or `*` for an action on none.
    pub resource: &'a str,
    pub account: &'a str,
}

fn judged(role: Option<&Kept>, session: &Session, wants: Wants<'_>) -> Result<(), Why> {
    let asks = Asks {
        action: wants.action,
        resource: wants.resource,
        account: wants.account,
        tags: &session.tags,
        source_identity: session.source_identity.as_deref(),
    };
    let all = |policy: Option<&IdentityPolicy>| policy.map_or(Says::Allowed, |it| it.says(&asks));
    let of_role = role.map_or(Says::Nothing, |role| all(role.may.as_ref()));
    match (of_role, all(session.narrowed.as_ref())) {
        (Says::Denied, _) => Err(Why::DeniedByRole),
        (_, Says::Denied) => Err(Why::DeniedBySession),
        (Says::Nothing, _) => Err(Why::NotByRole),
        (_, Says::Nothing) => Err(Why::NotBySession),
        (Says::Allowed, Says::Allowed) => Ok(()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    DeniedByRole,
    DeniedBySession,
    NotByRole,
    NotBySession,
}

/// A refusal in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotAllowed {
    user: String,
    action: String,
    resource: String,
    why: Why,
}

impl NotAllowed {
    /// S3 alone puts the resource in quotes.
    pub(super) fn in_s3(mut self) -> s3s::S3Error {
        self.resource = format!("\"{}\"", self.resource);
        super::errors::refuse(403, "AccessDenied", self.to_string())
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            action,
            resource,
            why,
        } = self;
        write!(
            f,
            "User: {user} is not authorized to perform: {action} on resource: {resource} "
        )?;
        match why {
            Why::DeniedByRole => f.write_str("with an explicit deny in an identity-based policy"),
            Why::DeniedBySession => f.write_str("with an explicit deny in a session policy"),
            Why::NotByRole => {
                write!(
                    f,
                    "because no identity-based policy allows the {action} action"
                )
            }
            Why::NotBySession => write!(f, "because no session policy allows the {action} action"),
        }
    }
}
