//! The parameters of a call: read, and held to what STS takes.
//!
//! Source: [AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).

use std::collections::BTreeMap;

use super::Refused;

/// A form, by the names of its fields.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names beside these are of what is not imitated, and never ignored.
    fn only(&self, names: &[&str]) -> Result<(), Refused> {
        let known = |name: &str| names.contains(&name.split('.').next().unwrap_or(name));
        match self.0.keys().find(|name| !known(name)) {
            Some(other) => Err(Refused::not_imitated(&format!("the parameter {other}"))),
            None => Ok(()),
        }
    }
}

/// What a call to assume a role asks for.
#[derive(Debug)]
pub(super) struct AssumeRole {
    pub role: String,
    pub name: String,
    pub seconds: Option<i64>,
    pub policy: Option<String>,
    pub tags: Vec<(String, String)>,
    pub external_id: Option<String>,
    pub source_identity: Option<String>,
}

/// Letters, digits and these in names and source identities.
const IN_NAMES: &str = "_+=,.@-";
const IN_EXTERNAL_IDS: &str = "_+=,.@:/-";
/// In tags, beside letters, digits and spaces of any script.
const IN_TAGS: &str = "_.:/=+-@";
const MOST_TAGS: usize = 50;

impl AssumeRole {
    pub(super) fn read(form: &Form) -> Result<Self, Refused> {
        form.only(&[
            "Action",
            "Version",
            "RoleArn",
            "RoleSessionName",
            "DurationSeconds",
            "Policy",
            "Tags",
            "ExternalId",
            "SourceIdentity",
        ])?;
        let mut wrong = Violations::default();
        let text = |name| form.get(name).map(str::to_owned);
        let role = wrong.needed(text("RoleArn"), "roleArn");
        let name = wrong.needed(text("RoleSessionName"), "roleSessionName");
        wrong.length(&role, "roleArn", 20, 2_048);
        wrong.length(&name, "roleSessionName", 2, 64);
        wrong.pattern(&name, "roleSessionName", IN_NAMES, "[\\w+=,.@-]*");
        let (external_id, source_identity) = (text("ExternalId"), text("SourceIdentity"));
        if let Some(id) = &external_id {
            wrong.length(id, "externalId", 2, 1_224);
            wrong.pattern(id, "externalId", IN_EXTERNAL_IDS, "[\\w+=,.@:\\/-]*");
        }
        if let Some(identity) = &source_identity {
            // The service's own model has had 256 of late, its documentation 64: the stricter is held to.
            wrong.length(identity, "sourceIdentity", 2, 64);
            wrong.pattern(identity, "sourceIdentity", IN_NAMES, "[\\w+=,.@-]*");
        }
        let seconds = match form.get("DurationSeconds").map(str::parse::<i64>) {
            None => None,
            Some(Ok(seconds)) => {
                wrong.range(seconds, "durationSeconds", 900, 43_200);
                Some(seconds)
            }
            Some(Err(_)) => {
                return Err(Refused::new(
                    400,
                    "MalformedInput",
                    "Invalid type for parameter DurationSeconds",
                ));
            }
        };
        let policy = text("Policy");
        if let Some(policy) = &policy {
            let plain = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
            wrong.length(policy, "policy", 1, usize::MAX);
            if !policy.chars().all(plain) {
                wrong.add(policy, "policy", "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+");
            }
        }
        let tags = tags(form, &mut wrong)?;
        wrong.none()?;
        unlike(&tags)?;
        if !role.starts_with("arn:") {
            return Err(invalid(format!("{role} is invalid")));
        }
        Ok(Self {
            role,
            name,
            seconds,
            policy,
            tags,
            external_id,
            source_identity,
        })
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Refused {
    Refused::new(400, "ValidationError", message)
}

/// `Tags.member.1.Key` and `.Value`, and so on without a gap.
fn tags(form: &Form, wrong: &mut Violations) -> Result<Vec<(String, String)>, Refused> {
    let mut tags = Vec::new();
    for at in 1.. {
        let field = |part| form.get(&format!("Tags.member.{at}.{part}"));
        let (key, value) = match (field("Key"), field("Value")) {
            (None, None) => break,
            (key, value) => (key.unwrap_or_default(), value.unwrap_or_default()),
        };
        let (key_at, value_at) = (
            format!("tags.{at}.member.key"),
            format!("tags.{at}.member.value"),
        );
        wrong.length(key, &key_at, 1, 128);
        wrong.length(value, &value_at, 0, 256);
        for (text, place) in [(key, &key_at), (value, &value_at)] {
            let may = |c: char| c.is_alphanumeric() || c.is_whitespace() || IN_TAGS.contains(c);
            if !text.chars().all(may) {
                wrong.add(text, place, "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");
            }
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(
                "Tag keys beginning with aws: are reserved for AWS's own use",
            ));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    if tags.len() > MOST_TAGS {
        wrong.add(
            &format!("{} tags", tags.len()),
            "tags",
            "Member must have length less than or equal to 50",
        );
    }
    Ok(tags)
}

fn unlike(tags: &[(String, String)]) -> Result<(), Refused> {
    let twice = |at: usize, key: &str| {
        let mut before = tags[..at].iter();
        before.any(|(other, _)| other.eq_ignore_ascii_case(key))
    };
    let mut keys = tags.iter().enumerate();
    if keys.any(|(at, (key, _))| twice(at, key)) {
        return Err(Refused::new(
            400,
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    Ok(())
}

/// Everything that is wrong with a request, for one refusal.
#[derive(Default)]
struct Violations(Vec<String>);

impl Violations {
    fn add(&mut self, value: &str, at: &str, rule: &str) {
        self.0.push(format!(
            "Value '{value}' at '{at}' failed to satisfy constraint: {rule}"
        ));
    }

    fn needed(&mut self, value: Option<String>, at: &str) -> String {
        if value.is_none() {
            self.0.push(format!(
                "Value null at '{at}' failed to satisfy constraint: Member must not be null"
            ));
        }
        value.unwrap_or_default()
    }

    /// In characters. What is missing is told by itself.
    fn length(&mut self, value: &str, at: &str, least: usize, most: usize) {
        let length = value.chars().count();
        if length < least
            && !self
                .0
                .iter()
                .any(|said| said.contains(&format!("null at '{at}'")))
        {
            let rule = format!("Member must have length greater than or equal to {least}");
            self.add(value, at, &rule);
        }
        if length > most {
            let rule = format!("Member must have length less than or equal to {most}");
            self.add(value, at, &rule);
        }
    }

    fn range(&mut self, value: i64, at: &str, least: i64, most: i64) {
        let rule = if value < least {
            format!("Member must have value greater than or equal to {least}")
        } else if value > most {
            format!("Member must have value less than or equal to {most}")
        } else {
            return;
        };
        self.add(&value.to_string(), at, &rule);
    }

    fn pattern(&mut self, value: &str, at: &str, beside: &str, pattern: &str) {
        if !value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || beside.contains(c))
        {
            let rule = format!("Member must satisfy regular expression pattern: {pattern}");
            self.add(value, at, &rule);
        }
    }

    fn none(self) -> Result<(), Refused> {
        let said = self.0.join("; ");
        match self.0.len() {
            0 => Ok(()),
            1 => Err(invalid(format!("1 validation error detected: {said}"))),
            n => Err(invalid(format!("{n} validation errors detected: {said}"))),
        }
    }
}
