//! Bucket policies: what S3 refuses to store, and what a stored policy says about a caller.
//!
//! The text itself is kept byte for byte as it was sent. Of the condition keys only
//! `aws:SecureTransport` is evaluated (a loopback endpoint counts as TLS); a statement with any other
//! condition never applies to a caller here, so it neither opens nor closes anything.

use s3s::{S3Error, S3Result};
use serde_json::{Map, Value};

use super::{errors::refuse, glob};

/// Bucket policies are limited to 20 KB.
const LARGEST: usize = 20 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Principals {
    /// `*`, or `{"AWS": "*"}`.
    Everybody,
    /// Everybody except those named (`NotPrincipal`).
    AllBut(Vec<String>),
    Named(Vec<String>),
}

/// A list that stands in the statement as itself or as its opposite (`NotAction`, `NotResource`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patterns {
    pub inverted: bool,
    pub list: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub effect: Effect,
    pub principals: Principals,
    pub actions: Patterns,
    pub resources: Patterns,
    pub conditions: Vec<Condition>,
}

/// Who asks for what, as a policy sees it.
pub(super) struct Request<'a> {
    /// `None` for an anonymous caller.
    pub account: Option<&'a str>,
    pub action: &'a str,
    pub resource: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Allowed,
    Denied,
    Nothing,
}

impl Policy {
    /// Reads a policy as PutBucketPolicy does, with its refusals.
    pub(super) fn accept(text: &str, bucket: &str) -> S3Result<Self> {
        if text.len() > LARGEST {
            return Err(refuse(
                400,
                "PolicyTooLarge",
                "Policy exceeds the maximum allowed document size.",
            ));
        }
        if !text.starts_with('{') {
            return Err(malformed(
                "Policies must be valid JSON and the first byte must be '{'",
            ));
        }
        let Ok(Value::Object(policy)) = serde_json::from_str(text) else {
            return Err(malformed("This policy contains invalid Json"));
        };
        for (field, value) in &policy {
            match field.as_str() {
                "Version" => {
                    if value != "2012-10-17" && value != "2008-10-17" {
                        return Err(malformed("The policy must contain a valid version string"));
                    }
                }
                "Id" | "Statement" => {}
                _ => return Err(malformed(format!("Unknown field {field}"))),
            }
        }
        let statements = match policy.get("Statement") {
            Some(Value::Array(list)) if !list.is_empty() => {
                list.iter().map(statement).collect::<S3Result<Vec<_>>>()?
            }
            Some(one @ Value::Object(_)) => vec![statement(one)?],
            Some(Value::Array(_)) => {
                return Err(malformed("Could not parse the policy: Statement is empty!"));
            }
            _ => return Err(malformed("Missing required field Statement")),
        };
        for statement in &statements {
            statement.fits(bucket)?;
        }
        Ok(Self { statements })
    }

    pub(super) fn says(&self, request: &Request<'_>) -> Says {
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
        let named = |list: &[String]| {
            request.account.is_some_and(|account| {
                list.iter().any(|principal| {
                    principal == account
                        || principal
                            .strip_prefix("arn:aws:iam::")
                            .is_some_and(|rest| rest.starts_with(account))
                })
            })
        };
        let principal = match &self.principals {
            Principals::Everybody => true,
            Principals::AllBut(list) => !named(list),
            Principals::Named(list) => named(list),
        };
        principal
            && self
                .actions
                .covers(|pattern| glob::matches_action(pattern, request.action))
            && self
                .resources
                .covers(|pattern| glob::matches(pattern, request.resource))
            && self.conditions.iter().all(Condition::holds)
    }

    /// Whether this statement can stand in the policy of this bucket at all.
    fn fits(&self, bucket: &str) -> S3Result<()> {
        let ours = |resource: &str| {
            resource
                .strip_prefix("arn:aws:s3:::")
                .is_some_and(|path| glob::matches(path.split('/').next().unwrap_or(path), bucket))
        };
        if !self.resources.list.iter().all(|resource| ours(resource)) {
            return Err(malformed("Policy has invalid resource"));
        }
        if !self
            .actions
            .list
            .iter()
            .all(|action| action == "*" || action.to_ascii_lowercase().starts_with("s3:"))
        {
            return Err(malformed("Policy has invalid action"));
        }
        if self.actions.inverted || self.resources.inverted {
            return Ok(());
        }
        let objects = self
            .resources
            .list
            .iter()
            .any(|each| each.contains('/') || each.ends_with('*'));
        let bucket_itself = self.resources.list.iter().any(|each| !each.contains('/'));
        for action in &self.actions.list {
            let fits = match level(action) {
                Level::Any => true,
                Level::Object => objects,
                Level::Bucket => bucket_itself,
            };
            if !fits {
                return Err(malformed(
                    "Action does not apply to any resource(s) in statement",
                ));
            }
        }
        Ok(())
    }
}

impl Condition {
    fn holds(&self) -> bool {
        self.operator.eq_ignore_ascii_case("Bool")
            && self.key.eq_ignore_ascii_case("aws:SecureTransport")
            && self.values.iter().any(|value| value == "true")
    }
}

enum Level {
    Bucket,
    Object,
    Any,
}

/// What kind of resource an action works on. Patterns fit both.
fn level(action: &str) -> Level {
    if action.contains(['*', '?']) {
        return Level::Any;
    }
    let name = action.to_ascii_lowercase();
    let name = name.trim_start_matches("s3:");
    let on_objects = name.contains("object") && !name.contains("bucketobjectlock")
        || ["abortmultipartupload", "listmultipartuploadparts"].contains(&name);
    if on_objects {
        Level::Object
    } else {
        Level::Bucket
    }
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    refuse(400, "MalformedPolicy", message)
}

fn statement(value: &Value) -> S3Result<Statement> {
    const FIELDS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    let Value::Object(fields) = value else {
        return Err(malformed("This policy contains invalid Json"));
    };
    if let Some(unknown) = fields
        .keys()
        .find(|field| !FIELDS.contains(&field.as_str()))
    {
        return Err(malformed(format!("Unknown field {unknown}")));
    }
    let effect = match fields.get("Effect").map(|effect| effect.as_str()) {
        None => return Err(malformed("Missing required field Effect")),
        Some(Some("Allow")) => Effect::Allow,
        Some(Some("Deny")) => Effect::Deny,
        Some(other) => {
            let said = other.unwrap_or_default();
            return Err(malformed(format!("Invalid effect: {said}")));
        }
    };
    Ok(Statement {
        effect,
        principals: principals(fields)?,
        actions: patterns(fields, "Action", "NotAction")?,
        resources: patterns(fields, "Resource", "NotResource")?,
        conditions: conditions(fields.get("Condition"))?,
    })
}

/// One string or a list of them.
fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Bool(flag) => Some(vec![flag.to_string()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Array(list) => list
            .iter()
            .map(|each| each.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn patterns(fields: &Map<String, Value>, plain: &str, inverted: &str) -> S3Result<Patterns> {
    let (value, inverted) = match (fields.get(plain), fields.get(inverted)) {
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        (None, None) => return Err(malformed(format!("Missing required field {plain}"))),
        (Some(_), Some(_)) => {
            return Err(malformed(format!(
                "Statement has both {plain} and {inverted}"
            )));
        }
    };
    let list = strings(value).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| malformed(format!("Invalid {plain} in policy")))?;
    Ok(Patterns { inverted, list })
}

fn principals(fields: &Map<String, Value>) -> S3Result<Principals> {
    let invalid = || malformed("Invalid principal in policy");
    let (value, inverted) = match (fields.get("Principal"), fields.get("NotPrincipal")) {
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        _ => return Err(malformed("Missing required field Principal")),
    };
    let names = match value {
        Value::String(all) if all == "*" => vec!["*".to_owned()],
        Value::Object(kinds) if !kinds.is_empty() => {
            let mut names = Vec::new();
            for (kind, value) in kinds {
                let list = strings(value).ok_or_else(invalid)?;
                if !list.iter().all(|name| known_principal(kind, name)) {
                    return Err(invalid());
                }
                names.extend(list);
            }
            names
        }
        _ => return Err(invalid()),
    };
    Ok(if inverted {
        Principals::AllBut(names)
    } else if names.iter().any(|name| name == "*") {
        Principals::Everybody
    } else {
        Principals::Named(names)
    })
}

/// Whether S3 would resolve this principal. The bare ids (`AIDA…`, `AROA…`) that stand where a deleted user or role
/// was named cannot be put back, and that is imitated.
fn known_principal(kind: &str, name: &str) -> bool {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        "AWS" => {
            name == "*"
                || account(name)
                || name
                    .strip_prefix("arn:aws:iam::")
                    .or_else(|| name.strip_prefix("arn:aws:sts::"))
                    .and_then(|rest| rest.split_once(':'))
                    .is_some_and(|(id, who)| account(id) && !who.is_empty())
        }
        "CanonicalUser" => name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "Service" => name.ends_with(".amazonaws.com"),
        "Federated" => !name.is_empty(),
        _ => false,
    }
}

fn conditions(value: Option<&Value>) -> S3Result<Vec<Condition>> {
    let invalid = || malformed("Invalid Condition in policy");
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let operators = value.as_object().ok_or_else(invalid)?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().ok_or_else(invalid)? {
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: strings(values).ok_or_else(invalid)?,
            });
        }
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

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
                action: "s3:GetObject",
                resource: "arn:aws:s3:::b/key",
            });
            assert_eq!(says, expected);
        }
    }
}
