//! Bucket policies: what S3 refuses to store, and what a stored policy says about a caller. The
//! policies of roles and sessions are of the same grammar, read and judged by [`identity`].
//!
//! The text itself is kept byte for byte as it was sent. Of the condition keys only
//! `aws:SecureTransport` is evaluated (a loopback endpoint counts as TLS); a statement with any other
//! condition never applies to a caller here, so it neither opens nor closes anything.

mod identity;
mod parse;
mod service;

pub use identity::PolicyProblem;
pub(in crate::sandbox) use identity::{Asks, IdentityPolicy};
pub(in crate::sandbox) use service::ServiceRequest;

use super::glob;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Policy {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Principals {
    /// `*`, or `{"AWS": "*"}`.
    Everybody,
    /// Everybody except those named (`NotPrincipal`).
    AllBut(Vec<String>),
    Named(Vec<String>),
}

/// A list that stands in the statement as itself or as its opposite (`NotAction`, `NotResource`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Patterns {
    pub inverted: bool,
    pub list: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Statement {
    pub effect: Effect,
    pub principals: Principals,
    pub actions: Patterns,
    pub resources: Patterns,
    pub conditions: Vec<Condition>,
}

/// Who asks for what, as a policy sees it.
pub(in crate::sandbox) struct Request<'a> {
    /// `None` for an anonymous caller.
    pub account: Option<&'a str>,
    /// The ARNs of a session and of its role; none for a key of the account's own.
    pub session: Option<[&'a str; 2]>,
    pub action: &'a str,
    pub resource: &'a str,
}

impl Request<'_> {
    /// Whether a principal of a policy means this caller. Any user of an account is met by its one key.
    fn is(&self, principal: &str) -> bool {
        let Some(account) = self.account else {
            return false;
        };
        let of_account = principal.strip_prefix("arn:aws:iam::");
        let of_account = of_account.and_then(|rest| rest.strip_prefix(account));
        principal == account
            || of_account == Some(":root")
            || match self.session {
                Some(arns) => arns.contains(&principal),
                None => of_account.is_some(),
            }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Says {
    Allowed,
    Denied,
    Nothing,
}

impl Policy {
    pub(in crate::sandbox) fn says(&self, request: &Request<'_>) -> Says {
        let applies = |effect| {
            self.statements
                .iter()
                .any(|each| each.effect == effect && each.applies(request))
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

impl Patterns {
    fn covers(&self, covers: impl Fn(&str) -> bool) -> bool {
        self.list.iter().any(|pattern| covers(pattern)) != self.inverted
    }
}

impl Statement {
    fn applies(&self, request: &Request<'_>) -> bool {
        let named = |list: &[String]| list.iter().any(|principal| request.is(principal));
        let principal = match &self.principals {
            Principals::Everybody => true,
            Principals::AllBut(list) => !named(list),
            Principals::Named(list) => named(list),
        };
        principal
            && self.covers(request.action, request.resource)
            && self.conditions.iter().all(Condition::holds)
    }

    fn covers(&self, action: &str, resource: &str) -> bool {
        let action = |pattern: &str| glob::matches_action(pattern, action);
        let resource = |pattern: &str| glob::matches(pattern, resource);
        self.actions.covers(action) && self.resources.covers(resource)
    }
}

impl Condition {
    fn holds(&self) -> bool {
        self.operator.eq_ignore_ascii_case("Bool")
            && self.key.eq_ignore_ascii_case("aws:SecureTransport")
            && self.values.iter().any(|value| value == "true")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn statement_with(change: impl FnOnce(&mut Value)) -> String {
        let mut policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"AWS": "444455556666"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*"
            }]
        });
        change(&mut policy["Statement"][0]);
        policy.to_string()
    }

    #[test]
    fn a_policy_that_s3_would_not_store_is_refused_in_its_words() {
        for (text, message) in [
            ("hello".to_owned(), "the first byte must be '{'"),
            ("{".to_owned(), "invalid Json"),
            ("{}".to_owned(), "Missing required field Statement"),
            (r#"{"Statement":[]}"#.to_owned(), "Statement is empty"),
            (
                statement_with(|s| s["Effect"] = json!("Perhaps")),
                "Invalid effect: Perhaps",
            ),
            (
                statement_with(|s| s["Resource"] = json!("arn:aws:s3:::other/*")),
                "invalid resource",
            ),
            (
                statement_with(|s| s["Resource"] = json!("arn:aws:s3:::b")),
                "does not apply to any resource",
            ),
            (
                statement_with(|s| s["Principal"] = json!({"AWS": "AIDAJQABLZS4A3QDU576Q"})),
                "Invalid principal",
            ),
            (
                statement_with(|s| s["Colour"] = json!("red")),
                "Unknown field Colour",
            ),
        ] {
            let error = Policy::accept(&text, "b").unwrap_err();
            assert_eq!(error.code().as_str(), "MalformedPolicy", "{text}");
            assert!(error.message().unwrap().contains(message), "{error}");
        }
    }

    #[test]
    fn a_deny_without_tls_leaves_the_loopback_callers_alone() {
        let policy = json!({"Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        }})
        .to_string();
        let says = Policy::accept(&policy, "b").unwrap().says(&Request {
            account: None,
            session: None,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/key",
        });
        assert_eq!(says, Says::Nothing);
    }

    #[test]
    fn a_named_account_is_allowed_and_others_are_not() {
        let policy = Policy::accept(&statement_with(|_| {}), "b").unwrap();
        for (account, expected) in [
            (Some("444455556666"), Says::Allowed),
            (Some("777788889999"), Says::Nothing),
            (None, Says::Nothing),
        ] {
            let says = policy.says(&Request {
                account,
                session: None,
                action: "s3:GetObject",
                resource: "arn:aws:s3:::b/key",
            });
            assert_eq!(says, expected);
        }
    }
}
