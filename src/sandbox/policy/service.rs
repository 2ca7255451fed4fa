//! What a policy says to a service of AWS's own, such as the one that delivers access logs. Beside
//! what callers are asked about, the conditions on where the service comes from are evaluated.

use super::{Condition, Effect, Policy, Principals, Says, Statement};
use crate::sandbox::glob;

/// A service that acts for one bucket on another.
pub(in crate::sandbox) struct ServiceRequest<'a> {
    /// `logging.s3.amazonaws.com`
    pub service: &'a str,
    pub action: &'a str,
    pub resource: &'a str,
    /// `aws:SourceArn`
    pub source_arn: &'a str,
    /// `aws:SourceAccount`
    pub source_account: &'a str,
}

impl Policy {
    pub(in crate::sandbox) fn says_to_service(&self, request: &ServiceRequest<'_>) -> Says {
        let applies = |effect| {
            let mut statements = self.statements.iter();
            statements.any(|each| each.effect == effect && request.is_meant_by(each))
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

impl ServiceRequest<'_> {
    fn is_meant_by(&self, statement: &Statement) -> bool {
        let named = |list: &[String]| list.iter().any(|principal| principal == self.service);
        let principal = match &statement.principals {
            Principals::Everybody => true,
            Principals::AllBut(list) => !named(list),
            Principals::Named(list) => named(list),
        };
        principal
            && statement.covers(self.action, self.resource)
            && statement.conditions.iter().all(|each| self.meets(each))
    }

    /// A condition that is not known here never holds.
    fn meets(&self, condition: &Condition) -> bool {
        let operator = condition.operator.to_ascii_lowercase();
        let operator = operator.trim_end_matches("ifexists");
        let is = match condition.key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => self.source_arn,
            "aws:sourceaccount" => self.source_account,
            "aws:securetransport" | "aws:principalisawsservice" => "true",
            _ => return false,
        };
        let mut values = condition.values.iter();
        match operator {
            "stringequals" | "bool" => values.any(|value| value == is),
            "stringlike" | "arnequals" | "arnlike" => values.any(|value| glob::matches(value, is)),
            "stringnotequals" => values.all(|value| value != is),
            "stringnotlike" | "arnnotequals" | "arnnotlike" => {
                values.all(|value| !glob::matches(value, is))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn said(statements: &Value) -> Says {
        let text = json!({ "Statement": statements }).to_string();
        Policy::accept(&text, "logs")
            .unwrap()
            .says_to_service(&ServiceRequest {
                service: "logging.s3.amazonaws.com",
                action: "s3:PutObject",
                resource: "arn:aws:s3:::logs/app/x",
                source_arn: "arn:aws:s3:::app",
                source_account: "111122223333",
            })
    }

    #[test]
    fn a_service_is_let_in_by_its_name_and_where_it_comes_from() {
        let allow = |change: Value| {
            let mut statement = json!({
                "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*",
            });
            for (key, value) in change.as_object().unwrap() {
                statement[key] = value.clone();
            }
            statement
        };
        for (change, expected) in [
            (json!({}), Says::Allowed),
            (
                json!({"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}),
                Says::Allowed,
            ),
            (
                json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}}),
                Says::Allowed,
            ),
            (
                json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}}),
                Says::Nothing,
            ),
            (
                json!({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}),
                Says::Nothing,
            ),
            (
                json!({"Principal": {"Service": "cloudtrail.amazonaws.com"}}),
                Says::Nothing,
            ),
            (
                json!({"Resource": "arn:aws:s3:::logs/other/*"}),
                Says::Nothing,
            ),
            (json!({"Effect": "Deny"}), Says::Denied),
        ] {
            assert_eq!(said(&json!([allow(change.clone())])), expected, "{change}");
        }
        // A Deny for other accounts' buckets leaves this one alone.
        let deny = |account: &str| {
            json!({
                "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*",
                "Condition": {"StringNotEquals": {"aws:SourceAccount": account}},
            })
        };
        for (account, expected) in [
            ("111122223333", Says::Allowed),
            ("444455556666", Says::Denied),
        ] {
            let both = json!([allow(json!({})), deny(account)]);
            assert_eq!(said(&both), expected, "{account}");
        }
    }
}
