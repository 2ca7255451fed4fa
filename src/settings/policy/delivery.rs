//! Whether a policy lets one of AWS's services write for an account, as S3's delivery of access logs
//! does. S3 checks it when logging is turned on, or delivers nothing and tells nobody.

use serde_json::Value;

use super::{
    evaluation::{Has, Hit, holds},
    glob::matches,
    principal::{Principal, Who},
    statement::Statement,
};

/// What a service is about to do.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Such as `logging.s3.amazonaws.com`.
    pub service: &'a str,
    /// The objects that it writes, as a pattern: `arn:aws:s3:::logs/app/*`.
    pub objects: &'a str,
    /// The ARN of what it writes for, the source bucket.
    pub source: &'a str,
    /// The twelve digits of the source's account.
    pub account: &'a str,
}

/// What a policy makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Allowed,
    /// It depends on something that is not known beforehand.
    Perhaps,
    /// No statement allows it.
    Missing,
    /// A statement denies it.
    Denied,
}

impl Permission {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Perhaps => "perhaps",
            Self::Missing => "missing",
            Self::Denied => "denied",
        }
    }
}

impl Delivery<'_> {
    const ACTION: &'static str = "s3:putobject";

    /// What the statements of a policy make of it.
    pub fn permission(&self, statements: &[Value]) -> Permission {
        let all: Vec<Statement> = statements.iter().map(Statement::of).collect();
        let likeliest = |allows: bool| {
            let each = all.iter().filter(|one| one.allows() == allows);
            each.map(|one| self.hit(one)).max().unwrap_or(Hit::No)
        };
        match (likeliest(false), likeliest(true)) {
            (Hit::Yes, _) => Permission::Denied,
            (_, Hit::No) => Permission::Missing,
            (Hit::No, Hit::Yes) => Permission::Allowed,
            _ => Permission::Perhaps,
        }
    }

    fn hit(&self, statement: &Statement) -> Hit {
        let named = |all: &[Principal]| {
            all.iter().any(|one| match one.who() {
                Who::Everyone => true,
                Who::Service(name) => name == self.service,
                _ => false,
            })
        };
        let about = |all: &[String]| all.iter().any(|one| matches(one, Self::ACTION));
        let principal = if statement.not_principals.is_empty() {
            named(&statement.principals)
        } else {
            !named(&statement.not_principals)
        };
        let action = if statement.not_actions.is_empty() {
            about(&statement.actions)
        } else {
            !about(&statement.not_actions)
        };
        if !principal || !action || !self.on(statement) {
            return Hit::No;
        }
        let each = statement.conditions.iter();
        each.map(|one| holds(one, self.has(&one.key)))
            .fold(Hit::Yes, Ord::min)
    }

    /// An Allow has to cover all the objects, a Deny hurts where it covers some.
    fn on(&self, statement: &Statement) -> bool {
        let within = |one: &String| matches(one, self.objects);
        let touches = |one: &String| within(one) || matches(self.objects, one);
        if statement.not_resources.is_empty() {
            let mut all = statement.resources.iter();
            if statement.allows() {
                all.any(within)
            } else {
                all.any(touches)
            }
        } else if statement.allows() {
            !statement.not_resources.iter().any(touches)
        } else {
            !statement.not_resources.iter().any(within)
        }
    }

    fn has(&self, key: &str) -> Has {
        let text = |text: &str| Has::Value(text.to_owned());
        match key {
            "aws:sourceaccount" => text(self.account),
            "aws:sourcearn" => text(self.source),
            "aws:securetransport" | "aws:principalisawsservice" => text("true"),
            "aws:principalservicename" => text(self.service),
            // A service has no account, is in no organisation and comes through no endpoint, and the
            // deliveries do not say how they are to be encrypted.
            "aws:principalaccount"
            | "aws:principalarn"
            | "aws:principalorgid"
            | "aws:principalorgpaths"
            | "aws:sourcevpc"
            | "aws:sourcevpce" => Has::Nothing,
            key if key.starts_with("s3:x-amz-server-side-encryption") => Has::Nothing,
            _ => Has::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permission(change: &Value, deny: Option<Value>) -> Permission {
        let mut allow = json!({
            "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/app/*",
        });
        for (key, value) in change.as_object().into_iter().flatten() {
            allow[key] = value.clone();
        }
        let statements: Vec<Value> = [allow].into_iter().chain(deny).collect();
        Delivery {
            service: "logging.s3.amazonaws.com",
            objects: "arn:aws:s3:::logs/app/*",
            source: "arn:aws:s3:::app",
            account: "123456789012",
        }
        .permission(&statements)
    }

    #[test]
    fn a_service_may_write_where_action_objects_and_source_are_right() {
        for (change, expected) in [
            (json!({}), Permission::Allowed),
            (json!({"Action": "s3:*"}), Permission::Allowed),
            (json!({"Action": "s3:GetObject"}), Permission::Missing),
            (
                json!({"Resource": "arn:aws:s3:::logs/*"}),
                Permission::Allowed,
            ),
            (
                json!({"Resource": "arn:aws:s3:::logs/other/*"}),
                Permission::Missing,
            ),
            (
                json!({"Resource": "arn:aws:s3:::logs"}),
                Permission::Missing,
            ),
            (
                json!({"Principal": {"Service": "cloudtrail.amazonaws.com"}}),
                Permission::Missing,
            ),
            (
                json!({"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}),
                Permission::Allowed,
            ),
            (
                json!({"Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}}}),
                Permission::Missing,
            ),
            (
                json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::app*"}}}),
                Permission::Allowed,
            ),
            (
                json!({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}}),
                Permission::Missing,
            ),
            (
                json!({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}),
                Permission::Perhaps,
            ),
        ] {
            assert_eq!(permission(&change, None), expected, "{change}");
        }
    }

    #[test]
    fn a_deny_for_everyone_is_one_for_the_service_too() {
        let deny = |condition: Value| {
            json!({
                "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::logs/*", "Condition": condition,
            })
        };
        for (condition, expected) in [
            (json!({}), Permission::Denied),
            (
                json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
                Permission::Denied,
            ),
            (
                json!({
                    "StringNotEquals": {"aws:PrincipalOrgID": "o-1"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                }),
                Permission::Allowed,
            ),
            (
                json!({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
                Permission::Denied,
            ),
            (
                json!({"Bool": {"aws:SecureTransport": "false"}}),
                Permission::Allowed,
            ),
            (
                json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
                Permission::Perhaps,
            ),
        ] {
            let found = permission(&json!({}), Some(deny(condition.clone())));
            assert_eq!(found, expected, "{condition}");
        }
    }
}
