//! When S3 calls an ACL or a policy public. Block Public Access turns on exactly this question.
//!
//! Source: [The meaning of "public"](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).

use super::{
    acl::{Grant, Grantee},
    policy::{Condition, Effect, Policy, Principals, Statement},
};

/// An ACL is public when it grants anything to everybody or to everybody with an AWS account.
pub(super) fn acl(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| group(&grant.grantee))
}

pub(super) fn group(grantee: &Grantee) -> bool {
    matches!(grantee, Grantee::AllUsers | Grantee::AuthenticatedUsers)
}

/// A policy is public when one of its statements allows everybody without tying them to a fixed value.
pub(super) fn policy(policy: &Policy) -> bool {
    policy.statements.iter().any(statement)
}

fn statement(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && !matches!(statement.principals, Principals::Named(_))
        && !statement.conditions.iter().any(ties_to_a_fixed_value)
}

/// Condition keys that say who or where the caller is.
const FIXED: [&str; 12] = [
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalarn",
    "aws:principalaccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

fn ties_to_a_fixed_value(condition: &Condition) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    let key = condition.key.to_ascii_lowercase();
    if operator == "ipaddress" && key == "aws:sourceip" {
        return condition.values.iter().all(|range| narrow(range));
    }
    let compares = ["stringequals", "stringlike", "arnequals", "arnlike"]
        .iter()
        .any(|each| operator == *each || operator == format!("{each}ignorecase"));
    // The name of an access point may be a pattern, its account may not.
    let account_part = |value: &str| value.split(':').take(5).collect::<Vec<_>>().join(":");
    compares
        && FIXED.contains(&key.as_str())
        && condition.values.iter().all(|value| {
            let value = if key == "s3:dataaccesspointarn" {
                account_part(value)
            } else {
                value.clone()
            };
            !value.contains(['*', '?']) && !value.contains("${")
        })
}

/// Ranges wider than /8 (IPv4) or /32 (IPv6) are as good as everybody.
fn narrow(range: &str) -> bool {
    let (address, bits) = range.split_once('/').unwrap_or((range, "128"));
    let widest = if address.contains(':') { 32 } else { 8 };
    bits.parse::<u8>().is_ok_and(|bits| bits >= widest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn judged(principal: &Value, condition: &Value) -> bool {
        let mut statement = json!({
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*"
        });
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        let text = json!({ "Statement": [statement] }).to_string();
        policy(&Policy::accept(&text, "b").unwrap())
    }

    #[test]
    fn a_policy_for_everybody_is_public_unless_it_names_who_or_where() {
        let everybody = json!("*");
        for (principal, condition, public) in [
            (everybody.clone(), json!(null), true),
            (json!({"AWS": "*"}), json!(null), true),
            (json!({"AWS": "444455556666"}), json!(null), false),
            (
                json!({"Service": "cloudtrail.amazonaws.com"}),
                json!(null),
                false,
            ),
            (
                everybody.clone(),
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
                false,
            ),
            (
                everybody.clone(),
                json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
                true,
            ),
            (
                everybody.clone(),
                json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
                false,
            ),
            (
                everybody.clone(),
                json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}),
                true,
            ),
            (
                everybody,
                json!({"Bool": {"aws:SecureTransport": "true"}}),
                true,
            ),
        ] {
            assert_eq!(
                judged(&principal, &condition),
                public,
                "{principal} {condition}"
            );
        }
    }
}
