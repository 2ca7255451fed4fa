//! Reading a bucket policy as S3 does, with its refusals.

use s3s::{S3Error, S3Result};
use serde_json::{Map, Value};

use super::{Condition, Effect, Patterns, Policy, Principals, Statement};
use crate::sandbox::{errors::refuse, glob};

/// Bucket policies are limited to 20 KB.
const LARGEST: usize = 20 * 1024;

impl Policy {
    /// Reads a policy as `PutBucketPolicy` does, with its refusals.
    pub(in crate::sandbox) fn accept(text: &str, bucket: &str) -> S3Result<Self> {
        if text.len() > LARGEST {
            return Err(refuse(
                400,
                "PolicyTooLarge",
                "Policy exceeds the maximum allowed document size.",
            ));
        }
        let statements = statements(text, principals)?;
        for statement in &statements {
            statement.fits(bucket)?;
        }
        Ok(Self { statements })
    }
}

/// Reads who a statement is for.
type Whose = fn(&Map<String, Value>) -> S3Result<Principals>;

/// The statements of any policy document.
pub(super) fn statements(text: &str, whose: Whose) -> S3Result<Vec<Statement>> {
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
    match policy.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => {
            list.iter().map(|each| statement(each, whose)).collect()
        }
        Some(one @ Value::Object(_)) => Ok(vec![statement(one, whose)?]),
        Some(Value::Array(_)) => Err(malformed("Could not parse the policy: Statement is empty!")),
        _ => Err(malformed("Missing required field Statement")),
    }
}

impl Statement {
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

enum Level {
    Bucket,
    Object,
    Any,
}

/// Actions on objects whose name does not say so.
const OTHERS_ON_OBJECTS: [&str; 6] = [
    "abortmultipartupload",
    "bypassgovernanceretention",
    "initiatereplication",
    "listmultipartuploadparts",
    "replicatedelete",
    "replicatetags",
];

/// What kind of resource an action works on. Patterns fit both.
fn level(action: &str) -> Level {
    if action.contains(['*', '?']) {
        return Level::Any;
    }
    let name = action.to_ascii_lowercase();
    let name = name.trim_start_matches("s3:");
    let on_objects = name.contains("object") && !name.contains("bucketobjectlock")
        || OTHERS_ON_OBJECTS.contains(&name);
    if on_objects {
        Level::Object
    } else {
        Level::Bucket
    }
}

pub(super) fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    refuse(400, "MalformedPolicy", message)
}

fn statement(value: &Value, whose: Whose) -> S3Result<Statement> {
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
        principals: whose(fields)?,
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
