//! What a role may do, and to what a session narrows it: policies that say nothing of who, because
//! they hang on whoever has them.
//!
//! A policy that cannot be judged here is not taken at all, or a test would pass on a guess. Judged
//! are conditions on the caller's tags and source identity, on whose the resource is, and on TLS.
//! Sources: [identity policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html),
//! [operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).

use s3s::S3Result;
use serde_json::{Map, Value};

use super::{
    Condition, Effect, Principals, Says, Statement,
    parse::{malformed, statements},
};
use crate::sandbox::glob;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct IdentityPolicy(Vec<(Statement, Vec<Clause>)>);

/// Why a policy was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// AWS would not take it either.
    #[error("{0}")]
    Malformed(String),
    #[error("the sandbox does not imitate this: {0}")]
    NotImitated(String),
}

/// What is asked, and what conditions may ask about it.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Asks<'a> {
    pub action: &'a str,
    /// An ARN, or `*` for an action on none.
    pub resource: &'a str,
    /// Whose the resource is.
    pub account: &'a str,
    /// The session's.
    pub tags: &'a [(String, String)],
    pub source_identity: Option<&'a str>,
}

/// A condition that can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    key: Key,
    operator: Operator,
    /// Holds also where the key has no value (`…IfExists`).
    or_absent: bool,
    values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// `aws:PrincipalTag/…`, in small letters: tag keys have no case here.
    Tag(String),
    SourceIdentity,
    ResourceAccount,
    SecureTransport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    NotEquals,
    Like,
    NotLike,
    Null,
    Bool,
}

impl IdentityPolicy {
    pub(in crate::sandbox) fn accept(text: &str) -> Result<Self, PolicyProblem> {
        let statements = statements(text.trim(), holder).map_err(|error| {
            PolicyProblem::Malformed(error.message().unwrap_or_default().to_owned())
        })?;
        let mut judged = Vec::with_capacity(statements.len());
        for statement in statements {
            fits(&statement)?;
            let clauses = statement.conditions.iter().map(Clause::of);
            let clauses = clauses.collect::<Result<_, _>>()?;
            judged.push((statement, clauses));
        }
        Ok(Self(judged))
    }

    pub(in crate::sandbox) fn says(&self, asks: &Asks<'_>) -> Says {
        let applies = |effect| {
            self.0.iter().any(|(statement, clauses)| {
                statement.effect == effect
                    && statement.covers(asks.action, asks.resource)
                    && clauses.iter().all(|clause| clause.holds(asks))
            })
        };
        if applies(Effect::Deny) {
            Says::Denied
        } else if applies(Effect::Allow) {
            Says::Allowed
        } else {
            Says::Nothing
        }
    }
}

/// Everybody who holds the policy.
fn holder(fields: &Map<String, Value>) -> S3Result<Principals> {
    if fields.contains_key("Principal") || fields.contains_key("NotPrincipal") {
        return Err(malformed("Policy document should not specify a principal."));
    }
    let id = fields.get("Sid").and_then(Value::as_str);
    if id.is_some_and(|id| !id.chars().all(|c| c.is_ascii_alphanumeric())) {
        return Err(malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ));
    }
    Ok(Principals::Everybody)
}

fn fits(statement: &Statement) -> Result<(), PolicyProblem> {
    for resource in &statement.resources.list {
        if resource.contains("${") {
            let variable = format!("a policy variable in {resource}");
            return Err(PolicyProblem::NotImitated(variable));
        }
        if resource != "*" && !resource.starts_with("arn:") {
            return Err(PolicyProblem::Malformed(format!(
                "Resource {resource} must be in ARN format or \"*\"."
            )));
        }
    }
    let vendor = |action: &String| action == "*" || action.contains(':');
    if statement.actions.list.iter().all(vendor) {
        Ok(())
    } else {
        Err(PolicyProblem::Malformed(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned(),
        ))
    }
}

impl Clause {
    fn of(condition: &Condition) -> Result<Self, PolicyProblem> {
        let unknown = || {
            let Condition {
                operator,
                key,
                values,
            } = condition;
            PolicyProblem::NotImitated(format!("the condition {operator} {key} {values:?}"))
        };
        let operator = condition.operator.to_ascii_lowercase();
        let plain = operator.trim_end_matches("ifexists");
        let or_absent = plain != operator;
        let operator = match plain {
            "stringequals" => Operator::Equals,
            "stringnotequals" => Operator::NotEquals,
            "stringlike" => Operator::Like,
            "stringnotlike" => Operator::NotLike,
            "bool" => Operator::Bool,
            "null" if !or_absent => Operator::Null,
            _ => return Err(unknown()),
        };
        let name = condition.key.to_ascii_lowercase();
        let key = match name.strip_prefix("aws:principaltag/") {
            Some(tag) => Key::Tag(tag.to_owned()),
            None => match name.as_str() {
                "aws:sourceidentity" => Key::SourceIdentity,
                "aws:resourceaccount" | "s3:resourceaccount" => Key::ResourceAccount,
                "aws:securetransport" => Key::SecureTransport,
                _ => return Err(unknown()),
            },
        };
        let flag = matches!(operator, Operator::Bool | Operator::Null);
        let judged = condition.values.iter().all(|value| {
            let word = value == "true" || value == "false";
            !value.contains("${") && (word || !flag)
        });
        if !judged || (operator == Operator::Bool) != (key == Key::SecureTransport) {
            return Err(unknown());
        }
        Ok(Self {
            key,
            operator,
            or_absent,
            values: condition.values.clone(),
        })
    }

    fn holds(&self, asks: &Asks<'_>) -> bool {
        let value = match &self.key {
            Key::Tag(key) => {
                let mut tags = asks.tags.iter();
                let tag = tags.find(|(name, _)| name.eq_ignore_ascii_case(key));
                tag.map(|(_, value)| value.as_str())
            }
            Key::SourceIdentity => asks.source_identity,
            Key::ResourceAccount => Some(asks.account),
            // A loopback endpoint counts as TLS.
            Key::SecureTransport => Some("true"),
        };
        let mut values = self.values.iter();
        if self.operator == Operator::Null {
            let absent = value.is_none();
            return values.any(|wanted| (wanted == "true") == absent);
        }
        let negated = matches!(self.operator, Operator::NotEquals | Operator::NotLike);
        let Some(value) = value else {
            return self.or_absent || negated;
        };
        let met = match self.operator {
            Operator::Like | Operator::NotLike => values.any(|wanted| glob::matches(wanted, value)),
            _ => values.any(|wanted| wanted == value),
        };
        met != negated
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn statement(change: &Value) -> String {
        let mut statement =
            json!({"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::b"});
        for (key, value) in change.as_object().unwrap() {
            statement[key] = value.clone();
        }
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    fn says(change: &Value, tags: &[(&str, &str)]) -> Says {
        let tags: Vec<_> = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        IdentityPolicy::accept(&statement(change))
            .unwrap()
            .says(&Asks {
                action: "s3:PutBucketTagging",
                resource: "arn:aws:s3:::b",
                account: "222233334444",
                tags: &tags,
                source_identity: Some("nina"),
            })
    }

    #[test]
    fn conditions_ask_for_the_sessions_tags_and_whose_the_resource_is() {
        let tagged: &[(&str, &str)] = &[("Ticket", "CHG-2026-0418-114")];
        for (condition, with, without) in [
            (
                json!({"StringLike": {"aws:PrincipalTag/ticket": "CHG-*"}}),
                true,
                false,
            ),
            (
                json!({"StringEquals": {"aws:PrincipalTag/ticket": "CHG-*"}}),
                false,
                false,
            ),
            (
                json!({"StringEquals": {"aws:PrincipalTag/ticket": ["a", "CHG-2026-0418-114"]}}),
                true,
                false,
            ),
            (
                json!({"StringNotLike": {"aws:PrincipalTag/ticket": "CHG-*"}}),
                false,
                true,
            ),
            (
                json!({"StringLikeIfExists": {"aws:PrincipalTag/ticket": "INC-*"}}),
                false,
                true,
            ),
            (
                json!({"Null": {"aws:PrincipalTag/ticket": "false"}}),
                true,
                false,
            ),
            (
                json!({"Null": {"aws:PrincipalTag/ticket": "true"}}),
                false,
                true,
            ),
            (
                json!({"StringEquals": {"aws:ResourceAccount": "222233334444"}}),
                true,
                true,
            ),
            (
                json!({"StringEquals": {"s3:ResourceAccount": "111122223333"}}),
                false,
                false,
            ),
            (
                json!({"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}),
                true,
                true,
            ),
            (
                json!({"StringEquals": {"aws:SourceIdentity": "nina"}}),
                true,
                true,
            ),
            (
                json!({"Bool": {"aws:SecureTransport": "false"}}),
                false,
                false,
            ),
            (
                json!({"Null": {"aws:PrincipalTag/ticket": false}, "StringEquals": {"aws:ResourceAccount": "1"}}),
                false,
                false,
            ),
        ] {
            let change = json!({ "Condition": condition });
            assert_eq!(
                says(&change, tagged) == Says::Allowed,
                with,
                "{condition} with the tag"
            );
            assert_eq!(
                says(&change, &[]) == Says::Allowed,
                without,
                "{condition} without"
            );
        }
    }

    #[test]
    fn what_can_not_be_judged_is_not_taken() {
        for change in [
            json!({"Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}),
            json!({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
            json!({"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalTag/ticket": "a"}}}),
            json!({"Condition": {"StringEquals": {"aws:PrincipalTag/a": "${aws:SourceIdentity}"}}}),
            json!({"Condition": {"Bool": {"aws:PrincipalTag/a": "true"}}}),
            json!({"Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}"}),
        ] {
            let refused = IdentityPolicy::accept(&statement(&change));
            assert!(
                matches!(refused, Err(PolicyProblem::NotImitated(_))),
                "{change}"
            );
        }
        for change in [
            json!({"Principal": "*"}),
            json!({"Resource": "b"}),
            json!({"Action": "PutBucketTagging"}),
            json!({"Sid": "one-statement"}),
            json!({"NotAction": "s3:Get*"}),
            json!({"Effect": "allow"}),
        ] {
            let refused = IdentityPolicy::accept(&statement(&change));
            assert!(
                matches!(refused, Err(PolicyProblem::Malformed(_))),
                "{change}"
            );
        }
    }

    #[test]
    fn a_deny_wins_and_opposites_are_understood() {
        let deny = json!({"Statement": [
            {"Effect": "Allow", "NotAction": "s3:Delete*", "NotResource": "arn:aws:s3:::vault*"},
            {"Effect": "Deny", "Action": "S3:putobject*", "Resource": "*"},
        ]});
        let policy = IdentityPolicy::accept(&deny.to_string()).unwrap();
        for (action, resource, expected) in [
            ("s3:PutBucketTagging", "arn:aws:s3:::b", Says::Allowed),
            ("s3:PutBucketTagging", "arn:aws:s3:::vault-1", Says::Nothing),
            ("s3:DeleteBucket", "arn:aws:s3:::b", Says::Nothing),
            ("s3:PutObject", "arn:aws:s3:::b/key", Says::Denied),
            ("s3:ListAllMyBuckets", "*", Says::Allowed),
        ] {
            let says = policy.says(&Asks {
                action,
                resource,
                account: "1",
                tags: &[],
                source_identity: None,
            });
            assert_eq!(says, expected, "{action} on {resource}");
        }
    }
}
