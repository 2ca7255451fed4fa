//! Whom conditions tie "everyone" to, where they narrow it at all: accounts and organisations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    narrowing::{Condition, Narrowing},
    principal::{Arn, is_account},
};

/// What a condition's value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The caller's account.
    Caller,
    /// The account whose access point, or for which a service, the request comes through.
    Way,
    Organization,
}

impl Tie {
    fn of(key: &str) -> Option<Self> {
        match key {
            "aws:principalaccount" | "aws:principalarn" => Some(Self::Caller),
            "aws:sourceaccount"
            | "aws:sourcearn"
            | "aws:sourceowner"
            | "s3:dataaccesspointaccount"
            | "s3:dataaccesspointarn" => Some(Self::Way),
            "aws:principalorgid"
            | "aws:principalorgpaths"
            | "aws:sourceorgid"
            | "aws:sourceorgpaths"
            | "aws:vpceorgid"
            | "aws:vpceorgpaths" => Some(Self::Organization),
            _ => None,
        }
    }

    /// The account or organisation that a value names.
    fn named<'a>(self, key: &str, value: &'a str) -> Option<&'a str> {
        match self {
            Self::Organization => value.split('/').next(),
            Self::Caller | Self::Way if key.ends_with("arn") => {
                let account = Arn::of(value)?.account;
                is_account(account).then_some(account)
            }
            Self::Caller | Self::Way => Some(value),
        }
    }
}

/// Those whom all conditions of one kind name, each by one of its values; none where no condition is
/// of that kind, or one names somebody whose account is not known.
pub fn to(conditions: &[Condition], tie: Tie) -> Option<Vec<&str>> {
    let mut common: Option<BTreeSet<&str>> = None;
    for condition in conditions {
        if Tie::of(&condition.key) != Some(tie)
            || condition.narrowing(conditions) == Narrowing::Open
        {
            continue;
        }
        let named = condition.values.iter();
        let named: Option<BTreeSet<&str>> = named
            .map(|value| tie.named(&condition.key, value))
            .collect();
        let Some(named) = named else { continue };
        common = Some(match common {
            Some(before) => before.intersection(&named).copied().collect(),
            None => named,
        });
    }
    common.map(|all| all.into_iter().collect())
}

/// The accounts that everyone is tied to: the callers' own where conditions name those, else those
/// that requests come through.
pub fn accounts(conditions: &[Condition]) -> Option<Vec<&str>> {
    to(conditions, Tie::Caller).or_else(|| to(conditions, Tie::Way))
}

/// Takes out of a statement's `Condition` the values of one kind that name others than `kept`. A
/// condition that would lose its last value stays as it is: without it everyone would be let in.
pub fn keep(condition: &mut Value, tie: Tie, kept: &[String]) {
    let operators = condition.as_object_mut().into_iter().flatten();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object_mut().into_iter().flatten() {
            let lower = key.to_lowercase();
            let one = Condition {
                operator: operator.clone(),
                key: lower.clone(),
                values: Vec::new(),
            };
            let negated = one.operator().0.contains("not") || one.operator().0 == "null";
            let Value::Array(values) = values else {
                continue;
            };
            if Tie::of(&lower) != Some(tie) || negated {
                continue;
            }
            let stays = |value: &Value| {
                let named = value.as_str().and_then(|value| tie.named(&lower, value));
                named.is_none_or(|named| kept.iter().any(|kept| kept == named))
            };
            if values.iter().any(stays) {
                values.retain(stays);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::policy::statement::Statement;

    fn tied(condition: &Value) -> Option<Vec<String>> {
        let statement = Statement::of(&json!({"Effect": "Allow", "Condition": condition}));
        let found = accounts(&statement.conditions)?;
        Some(found.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn any_value_lets_in_and_every_condition_has_to_hold() {
        let (own, other) = ("123456789012", "444455556666");
        for (condition, expected) in [
            (
                json!({"StringEquals": {"aws:PrincipalAccount": [own, other]}}),
                Some(vec![own, other]),
            ),
            (
                json!({
                    "StringEquals": {"aws:PrincipalAccount": own},
                    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"},
                }),
                Some(vec![]),
            ),
            (
                json!({"StringEquals": {"s3:DataAccessPointAccount": other}}),
                Some(vec![other]),
            ),
            (
                json!({"StringEquals": {"s3:DataAccessPointAccount": own, "aws:PrincipalAccount": other}}),
                Some(vec![other]),
            ),
            (
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a-bucket"}}),
                None,
            ),
            (json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}), None),
            (
                json!({"StringNotEquals": {"aws:PrincipalAccount": other}}),
                None,
            ),
        ] {
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(tied(&condition), expected, "{condition}");
        }
    }
}
