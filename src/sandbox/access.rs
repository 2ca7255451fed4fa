//! Who may do what with a bucket that is not theirs: by its ACL, by its policy, within Block Public Access.
//! The owner's account may do everything; what a session of it may is asked of [`roles`](super::roles) before.

use super::{
    acl::{Grantee, Permission},
    actions::{self, Need},
    auth::Known,
    policy::{Policy, Request, Says},
    public,
    state::Bucket,
};

/// `None` is an anonymous caller.
pub(super) fn permits(
    need: Option<Need>,
    bucket: &Bucket,
    key: Option<&str>,
    caller: Option<&Known>,
) -> bool {
    if caller.is_some_and(|caller| caller.account.as_str() == bucket.account) {
        return true;
    }
    let Some(need) = need.filter(|need| !need.owner_only) else {
        return false;
    };
    match by_policy(&need, bucket, key, caller) {
        Says::Denied => false,
        Says::Allowed => true,
        Says::Nothing => need
            .acl
            .is_some_and(|permission| by_acl(permission, bucket, caller)),
    }
}

fn by_policy(need: &Need, bucket: &Bucket, key: Option<&str>, caller: Option<&Known>) -> Says {
    let text = bucket.settings.policy.as_deref();
    let Some(Ok(policy)) = text.map(|text| Policy::accept(text, &bucket.name)) else {
        return Says::Nothing;
    };
    let session = caller.and_then(|caller| caller.session.as_ref());
    let says = policy.says(&Request {
        account: caller.map(|caller| caller.account.as_str()),
        session: session.map(|session| [session.arn.as_str(), session.role.as_str()]),
        action: need.action,
        resource: &actions::arn(&bucket.name, key),
    });
    let restricted = bucket.block().restrict_public_buckets;
    if says == Says::Allowed && restricted && public::policy(&policy) {
        // A public policy then opens the bucket to its owner's account alone.
        return Says::Nothing;
    }
    says
}

fn by_acl(permission: Permission, bucket: &Bucket, caller: Option<&Known>) -> bool {
    if bucket.settings.owner_enforced() {
        return false;
    }
    let ignore_public = bucket.block().ignore_public_acls;
    bucket.settings.acl.iter().any(|grant| {
        let permitted =
            grant.permission == permission || grant.permission == Permission::FullControl;
        let meant = match &grant.grantee {
            grantee if ignore_public && public::group(grantee) => false,
            Grantee::AllUsers => true,
            Grantee::AuthenticatedUsers => caller.is_some(),
            Grantee::Account(id) => caller.is_some_and(|caller| caller.canonical_id == *id),
            Grantee::LogDelivery => false,
        };
        permitted && meant
    })
}
