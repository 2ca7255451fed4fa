//! Whether a Deny would hit the room's own calls. A policy that shuts out the one who wrote it can
//! only be repaired by the account's root user.
//!
//! Conditions are asked ([`super::evaluation`]) as the room's requests would be: signed with version 4 in a header, over TLS
//! 1.2 or later. What can't be known beforehand (an address, an organisation) may hit, and that is
//! enough to refuse a plan; only what surely hits is said of a policy that is there.

use std::borrow::Cow;

use super::{
    evaluation::{Has, Hit, holds},
    glob::matches,
    parsed,
    principal::{Arn, Principal, Who},
    statement::Statement,
};
use crate::{
    domain::{Document, Identity, Scope},
    settings::{self, Proposed, rights},
};

/// What the room needs of a bucket whose policy it wrote: to see it, and to take it back.
const REPAIR: [&str; 3] = [
    "s3:getbucketpolicy",
    "s3:putbucketpolicy",
    "s3:deletebucketpolicy",
];

/// Why a policy must not be written: a statement that is new in it would shut the room out.
pub fn by(proposed: &Proposed<'_>) -> Option<String> {
    let before = parsed(proposed.before);
    let added = parsed(proposed.target).into_iter().enumerate();
    let (at, statement, action) = added
        .filter(|(_, statement)| !before.contains(statement))
        .find_map(|(at, statement)| {
            let action = REPAIR
                .iter()
                .find(|action| hit(&statement, proposed.room, proposed.bucket, action) > Hit::No)?;
            Some((at, statement, *action))
        })?;
    Some(format!(
        "the statement {} may deny {action} to the room itself, and only the account's root user \
         could take that back; it has to spare the room's role",
        statement.name(at)
    ))
}

/// The statement of a policy that surely denies the room to write `setting`, by name.
pub fn denied(policy: &Document, setting: &str, bucket: &str, room: &Identity) -> Option<String> {
    let of_bucket = settings::by_name(setting)?.scope() == Scope::Bucket;
    let action = rights(setting).filter(|_| of_bucket)?.write.first()?;
    let action = action.to_lowercase();
    let statements = parsed(policy);
    let mut all = statements.iter().enumerate();
    let (at, statement) = all.find(|(_, one)| hit(one, room, bucket, &action) == Hit::Yes)?;
    Some(format!("{} ({action})", statement.name(at)))
}

fn hit(statement: &Statement, room: &Identity, bucket: &str, action: &str) -> Hit {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    let acts = if statement.not_actions.is_empty() {
        any(&statement.actions)
    } else {
        !any(&statement.not_actions)
    };
    if !statement.denies() || !acts || !on_bucket(statement, bucket) {
        return Hit::No;
    }
    let room = acting(room, action);
    let each = statement.conditions.iter();
    let conditions = each.map(|one| holds(one, has(&one.key, &room)));
    conditions.fold(principal(statement, &room), Ord::min)
}

/// Whose ARN a call for this action carries: who writes may be somebody else than who looks.
fn acting<'a>(room: &'a Identity, action: &str) -> Cow<'a, Identity> {
    match &room.writer {
        Some(writer) if !action.starts_with("s3:get") => Cow::Owned(Identity {
            arn: Some(writer.clone()),
            ..room.clone()
        }),
        _ => Cow::Borrowed(room),
    }
}

fn on_bucket(statement: &Statement, bucket: &str) -> bool {
    let named = |resources: &[String]| {
        resources.iter().any(|resource| {
            let name = Arn::of(resource).map_or(resource.as_str(), |arn| arn.resource);
            matches(name, bucket)
        })
    };
    if statement.not_resources.is_empty() {
        named(&statement.resources)
    } else {
        !named(&statement.not_resources)
    }
}

fn principal(statement: &Statement, room: &Identity) -> Hit {
    let likeliest = |all: &[Principal]| {
        let each = all.iter().map(|one| is_room(one, room));
        each.max().unwrap_or(Hit::No)
    };
    if statement.not_principals.is_empty() {
        return likeliest(&statement.principals);
    }
    match likeliest(&statement.not_principals) {
        Hit::Yes => Hit::No,
        Hit::Maybe => Hit::Maybe,
        Hit::No => Hit::Yes,
    }
}

fn is_room(principal: &Principal, room: &Identity) -> Hit {
    match principal.who() {
        Who::Everyone => Hit::Yes,
        Who::Account(account) => match &room.account {
            None => Hit::Maybe,
            Some(own) if own != account => Hit::No,
            Some(_) => {
                let named = Arn::of(&principal.id).map(|arn| arn.identity());
                match (named, room.arn.as_deref().and_then(Arn::of)) {
                    // An account by its number or its root stands for all in it.
                    (None | Some((_, "root")), _) => Hit::Yes,
                    (Some(_), None) => Hit::Maybe,
                    (Some(named), Some(own)) if named == own.identity() => Hit::Yes,
                    (Some(_), Some(_)) => Hit::No,
                }
            }
        },
        Who::Canonical(_) | Who::Other => Hit::Maybe,
        Who::Gone | Who::Service(_) | Who::Aws => Hit::No,
    }
}

/// What a request of the room has for a key.
fn has(key: &str, room: &Identity) -> Has {
    let text = |text: &str| Has::Value(text.to_owned());
    let known = |value: &Option<String>| value.clone().map_or(Has::Unknown, Has::Value);
    match key {
        "aws:securetransport" => text(if room.in_the_clear { "false" } else { "true" }),
        "aws:principalisawsservice" | "aws:viaawsservice" => text("false"),
        "aws:principalaccount" => known(&room.account),
        "aws:principalarn" => known(&room.arn),
        "s3:authtype" => text("REST-HEADER"),
        "s3:signatureversion" => text("AWS4-HMAC-SHA256"),
        "s3:signatureage" => Has::Nothing,
        // The oldest that our TLS speaks is 1.2; a later one passes wherever that does.
        "s3:tlsversion" if room.in_the_clear => Has::Nothing,
        "s3:tlsversion" => text("1.2"),
        key if key.starts_with("s3:x-amz-server-side-encryption") => Has::Nothing,
        _ => Has::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn room() -> Identity {
        Identity {
            account: Some("123456789012".to_owned()),
            arn: Some("arn:aws:sts::123456789012:assumed-role/sixfold/sixfold-scan".to_owned()),
            writer: None,
            in_the_clear: false,
        }
    }

    fn deny(change: impl FnOnce(&mut Value)) -> Hit {
        let mut statement = json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        });
        change(&mut statement);
        hit(
            &Statement::of(&statement),
            &room(),
            "b",
            "s3:putbucketpolicy",
        )
    }

    #[test]
    fn a_deny_for_everyone_hits_unless_it_is_about_something_else() {
        assert_eq!(deny(|_| ()), Hit::Yes);
        for (key, value) in [
            ("Resource", json!("arn:aws:s3:::b/*")),
            ("Resource", json!("arn:aws:s3:::other")),
            ("Action", json!(["s3:Get*", "s3:PutObject"])),
            ("Effect", json!("Allow")),
            (
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:role/other"}),
            ),
            ("Principal", json!({"AWS": "444455556666"})),
            ("Principal", json!({"Service": "s3.amazonaws.com"})),
        ] {
            assert_eq!(deny(|it| it[key] = value.clone()), Hit::No, "{key} {value}");
        }
        for (key, value) in [
            ("Resource", json!("*")),
            ("Resource", json!("arn:aws-cn:s3:::b*")),
            ("Action", json!("s3:PutBucket*")),
            (
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:role/ops/sixfold"}),
            ),
            (
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:root"}),
            ),
        ] {
            assert_eq!(
                deny(|it| it[key] = value.clone()),
                Hit::Yes,
                "{key} {value}"
            );
        }
    }

    #[test]
    fn all_but_the_room_spares_it() {
        let but = |who: &str| {
            deny(|it| {
                it["NotPrincipal"] = json!({"AWS": [who, "arn:aws:iam::123456789012:root"]});
                it.as_object_mut().map(|it| it.remove("Principal"));
            })
        };
        assert_eq!(but("arn:aws:iam::123456789012:role/sixfold"), Hit::No);
        let other = deny(|it| {
            it["NotPrincipal"] = json!({"AWS": "arn:aws:iam::123456789012:role/other"});
            it.as_object_mut().map(|it| it.remove("Principal"));
        });
        assert_eq!(other, Hit::Yes);
        assert_eq!(
            deny(
                |it| it["Condition"] = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/sixfold"}})
            ),
            Hit::No
        );
    }

    #[test]
    fn signed_requests_over_tls_pass_what_our_own_rules_add() {
        for (condition, expected) in [
            (json!({"Bool": {"aws:SecureTransport": "false"}}), Hit::No),
            (json!({"Bool": {"aws:SecureTransport": "true"}}), Hit::Yes),
            (
                json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
                Hit::No,
            ),
            (
                json!({"NumericLessThan": {"s3:TlsVersion": "1.3"}}),
                Hit::Yes,
            ),
            (
                json!({"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}}),
                Hit::No,
            ),
            (
                json!({"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}),
                Hit::No,
            ),
            (
                json!({"StringEquals": {"s3:signatureversion": "AWS"}}),
                Hit::No,
            ),
            (
                json!({"NumericGreaterThan": {"s3:signatureAge": "600000"}}),
                Hit::No,
            ),
            (
                json!({"StringNotEquals": {"s3:authType": "REST-HEADER"}}),
                Hit::No,
            ),
            (
                json!({"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}),
                Hit::No,
            ),
            (
                json!({"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}),
                Hit::Yes,
            ),
            (
                json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
                Hit::Maybe,
            ),
            (
                json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
                Hit::Maybe,
            ),
        ] {
            let found = deny(|it| it["Condition"] = condition.clone());
            assert_eq!(found, expected, "{condition}");
        }
    }

    #[test]
    fn a_room_that_speaks_plain_http_would_shut_itself_out() {
        let clear = Identity {
            in_the_clear: true,
            ..room()
        };
        let tls = json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        });
        let found = hit(&Statement::of(&tls), &clear, "b", "s3:putbucketpolicy");
        assert_eq!(found, Hit::Yes);
    }

    #[test]
    fn who_the_room_is_may_not_be_known_and_then_a_named_deny_may_hit() {
        let nobody = Identity::default();
        let named = json!({
            "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/x"},
            "Action": "s3:*", "Resource": "arn:aws:s3:::b",
        });
        let found = hit(&Statement::of(&named), &nobody, "b", "s3:putbucketpolicy");
        assert_eq!(found, Hit::Maybe);
    }

    #[test]
    fn a_bucket_policy_denies_nothing_of_the_account() {
        let policy = Document::present(json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b" },
        ] }));
        for setting in settings::all() {
            let asked = setting.scope() == Scope::Bucket && !setting.is_read_only();
            let said = denied(&policy, setting.name(), "b", &room());
            assert_eq!(said.is_some(), asked, "{}", setting.name());
        }
    }

    #[test]
    fn who_writes_and_who_looks_are_told_apart() {
        let apart = Identity {
            writer: Some("arn:aws:iam::123456789012:role/remediator".to_owned()),
            ..room()
        };
        let denying = |role: &str| {
            let statement = json!({
                "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b",
                "Principal": { "AWS": format!("arn:aws:iam::123456789012:role/{role}") },
            });
            let actions = ["s3:getbucketpolicy", "s3:putbucketpolicy"];
            actions.map(|action| hit(&Statement::of(&statement), &apart, "b", action))
        };
        assert_eq!(denying("sixfold"), [Hit::Yes, Hit::No]);
        assert_eq!(denying("remediator"), [Hit::No, Hit::Yes]);
    }
}
