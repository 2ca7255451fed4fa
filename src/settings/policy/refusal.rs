//! Policies that S3 would not store, told before anybody approves the write.

use serde_json::{Value, json};

use super::{
    level, parsed,
    principal::{self, Who},
    spelling,
    statement::Statement,
};
use crate::{domain::Document, settings::Proposed};

pub fn of(proposed: &Proposed<'_>) -> Option<String> {
    let statements = parsed(proposed.target);
    let gone = orphans(&statements);
    if !gone.is_empty() {
        return Some(format!(
            "S3 takes no policy that names principals that were deleted ({}); they have to go first",
            gone.join(", ")
        ));
    }
    let before = parsed(proposed.before);
    let added = |statement: &Statement| !before.contains(statement);
    let unfit = statements.iter().enumerate().find_map(|(at, statement)| {
        let actions = level::unfit(statement);
        (added(statement) && !actions.is_empty()).then(|| (statement.name(at), actions.join(", ")))
    });
    if let Some((name, actions)) = unfit {
        return Some(format!(
            "S3 takes no statement with actions that apply to none of its resources: {actions} in {name}"
        ));
    }
    let public: Vec<String> = statements
        .iter()
        .enumerate()
        .filter(|(_, statement)| statement.counts_as_public())
        .map(|(at, statement)| statement.name(at))
        .collect();
    if !public.is_empty() && proposed.blocks("BlockPublicPolicy") {
        return Some(format!(
            "while BlockPublicPolicy is on, S3 takes no policy with a statement that it calls public \
             ({}); it has to be narrowed or removed first",
            public.join(", ")
        ));
    }
    None
}

/// The document without principals that were deleted, which is what S3 can be given of it. A
/// statement that is for nobody else goes with them, and the policy with its last statement.
pub fn storable(document: &Document) -> Document {
    let Some(policy) = document.value() else {
        return Document::ABSENT;
    };
    if orphans(&parsed(document)).is_empty() {
        return document.clone();
    }
    let mut policy = policy.clone();
    if let Some(Value::Array(statements)) = policy.get_mut("Statement") {
        *statements = statements.iter().filter_map(living).collect();
        if statements.is_empty() {
            return Document::ABSENT;
        }
    }
    // Only principals went, so the policy still has its form.
    spelling::canonical(policy).map_or_else(|_| document.clone(), Document::present)
}

/// The statement without principals that were deleted; none where it was for them alone. Nobody can
/// ever be one of them again, so it lets in and keeps out whom it did: all but somebody who is
/// nobody is everyone.
pub fn living(statement: &Value) -> Option<Value> {
    let mut left = statement.clone();
    for element in ["Principal", "NotPrincipal"] {
        let named = left.get_mut(element);
        if named.is_none_or(|named| principal::keep(named, |one| one.who() != Who::Gone)) {
            continue;
        }
        if element == "Principal" {
            return None;
        }
        left.as_object_mut()?.remove(element);
        left["Principal"] = json!("*");
    }
    Some(left)
}

/// What no revert brings back.
pub fn residue(before: &Document) -> Vec<String> {
    let gone = orphans(&parsed(before));
    if gone.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "a revert puts the policy back without principals that were deleted ({}): S3 refuses them",
        gone.join(", ")
    )]
}

fn orphans(statements: &[Statement]) -> Vec<String> {
    let mut found: Vec<String> = statements
        .iter()
        .flat_map(|statement| statement.principals.iter().chain(&statement.not_principals))
        .filter(|principal| principal.who() == Who::Gone)
        .map(|principal| principal.id.clone())
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::Identity;

    fn refused(before: &Document, target: &Document) -> Option<String> {
        of(&Proposed {
            bucket: "b",
            before,
            target,
            others: &BTreeMap::new(),
            room: &Identity::default(),
        })
    }

    #[test]
    fn actions_that_no_resource_of_the_statement_takes_are_never_sent() {
        let statement = |actions: &Value, resources: &Value| {
            Document::present(json!({"Statement": [{
                "Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
                "Action": actions, "Resource": resources,
            }]}))
        };
        let both = json!(["s3:GetObject", "s3:ListBucket"]);
        let unfit = statement(&both, &json!("arn:aws:s3:::b/*"));
        let why = refused(&Document::ABSENT, &unfit).unwrap_or_default();
        assert!(why.ends_with("s3:listbucket in Partner"), "{why}");
        for (actions, resources) in [
            (both, json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"])),
            (json!("s3:List*"), json!("arn:aws:s3:::b/*")),
            (json!("s3:ListBucket"), json!("arn:aws:s3:::b")),
        ] {
            let target = statement(&actions, &resources);
            assert_eq!(refused(&Document::ABSENT, &target), None, "{actions}");
        }
        // What S3 has stored it will take again.
        assert_eq!(refused(&unfit, &unfit), None);
    }

    fn policy(principal: &Value) -> Document {
        Document::present(json!({"Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "r"},
        ]}))
    }

    #[test]
    fn what_is_put_back_names_nobody_who_was_deleted() {
        let both =
            policy(&json!({"AWS": ["AIDAJQABLZS4A3QDU576Q", "arn:aws:iam::444455556666:root"]}));
        let left = policy(&json!({"AWS": "arn:aws:iam::444455556666:root"}));
        assert_eq!(storable(&both), left);
        assert_eq!(storable(&left), left);
        assert_eq!(
            storable(&policy(&json!({"AWS": "AROA1234567123456DXYZ"}))),
            Document::ABSENT
        );
        let spared = |who: &Value| {
            let mut document = policy(&json!("*")).value().cloned().unwrap_or_default();
            let statement = &mut document["Statement"][0];
            statement["Effect"] = json!("Deny");
            statement["NotPrincipal"] = who.clone();
            statement.as_object_mut().map(|it| it.remove("Principal"));
            Document::present(document)
        };
        let root = json!({"AWS": "arn:aws:iam::444455556666:root"});
        let beside = json!({"AWS": ["AIDAJQABLZS4A3QDU576Q", "arn:aws:iam::444455556666:root"]});
        assert_eq!(storable(&spared(&beside)), spared(&root));
        // Whom it spared is gone, so it denies everyone and did so before.
        let all = storable(&spared(&json!({"AWS": "AIDAJQABLZS4A3QDU576Q"})));
        let statement = &all.value().cloned().unwrap_or_default()["Statement"][0];
        assert_eq!(statement["Principal"], "*");
        assert_eq!(statement.get("NotPrincipal"), None);
        assert!(residue(&both)[0].contains("AIDAJQABLZS4A3QDU576Q"));
        assert!(residue(&left).is_empty());
    }
}
