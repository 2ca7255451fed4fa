//! A policy statement as rules look at it: every field there, every field a list, and what the
//! statement means for outsiders told beside it.

use serde_json::{Value, json};

use super::{
    glob::is_every_action,
    narrowing::{Condition, Narrowing},
    principal::{Principal, Who, is_account},
    tie,
};

/// A statement, whichever way it was spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub sid: String,
    pub effect: String,
    pub principals: Vec<Principal>,
    pub not_principals: Vec<Principal>,
    /// Actions are lower-cased, since IAM compares them so.
    pub actions: Vec<String>,
    pub not_actions: Vec<String>,
    pub resources: Vec<String>,
    pub not_resources: Vec<String>,
    pub conditions: Vec<Condition>,
}

impl Statement {
    pub fn of(statement: &Value) -> Self {
        let field = |key: &str| statement.get(key);
        let text = |key: &str| {
            let text = field(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let lower = |key: &str| -> Vec<String> {
            let texts = texts(field(key)).into_iter();
            texts.map(|text| text.to_lowercase()).collect()
        };
        Self {
            sid: text("Sid"),
            effect: text("Effect"),
            principals: Principal::all(field("Principal")),
            not_principals: Principal::all(field("NotPrincipal")),
            actions: lower("Action"),
            not_actions: lower("NotAction"),
            resources: texts(field("Resource")),
            not_resources: texts(field("NotResource")),
            conditions: conditions(field("Condition")),
        }
    }

    pub fn allows(&self) -> bool {
        self.effect == "Allow"
    }

    pub fn denies(&self) -> bool {
        self.effect == "Deny"
    }

    /// Whether anybody at all may be meant. `NotPrincipal` means everyone but a few.
    pub fn everyone(&self) -> bool {
        !self.not_principals.is_empty()
            || self.principals.iter().any(|one| one.who() == Who::Everyone)
    }

    /// How far the conditions narrow it, taken together.
    fn narrowing(&self) -> Narrowing {
        let each = self.conditions.iter();
        each.map(|one| one.narrowing(&self.conditions))
            .max()
            .unwrap_or(Narrowing::Open)
    }

    /// Strangers may do what it allows.
    pub fn public(&self) -> bool {
        self.allows() && self.everyone() && self.narrowing() == Narrowing::Open
    }

    /// S3 calls it public: it refuses to store it under `BlockPublicPolicy`, and under
    /// `RestrictPublicBuckets` shuts out whoever is not of the bucket's account.
    pub fn counts_as_public(&self) -> bool {
        self.allows() && self.everyone() && self.narrowing() < Narrowing::Fixed
    }

    /// Whether it covers anything beside reading and listing.
    fn writes(&self) -> bool {
        let reads = |action: &String| {
            ["s3:get", "s3:list", "s3:describe"]
                .iter()
                .any(|verb| action.starts_with(verb))
        };
        !self.not_actions.is_empty() || !self.actions.iter().all(reads)
    }

    /// Denies everyone every action of S3, where its conditions hold.
    fn blanket(&self) -> bool {
        self.denies()
            && self.principals.iter().any(|one| one.who() == Who::Everyone)
            && self.not_resources.is_empty()
            && self.actions.iter().any(|action| is_every_action(action))
    }

    /// Whether it is about everything. All but a few is as good as that.
    fn every_action(&self) -> bool {
        !self.not_actions.is_empty() || self.actions.iter().any(|action| is_every_action(action))
    }

    /// The accounts whose logs its resources are meant for: `…/AWSLogs/<account>/…`.
    fn log_accounts(&self) -> Vec<&str> {
        let after = |resource: &'_ String| -> Option<usize> {
            resource.find("/AWSLogs/").map(|at| at + "/AWSLogs/".len())
        };
        let mut found: Vec<&str> = self
            .resources
            .iter()
            .filter_map(|resource| resource.get(after(resource)?..)?.split('/').next())
            .filter(|account| is_account(account))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// `TlsOnly`, or `#2` where it has no name.
    pub fn name(&self, at: usize) -> String {
        if self.sid.is_empty() {
            format!("#{}", at + 1)
        } else {
            self.sid.clone()
        }
    }

    /// `TlsOnly: Deny s3:* to *`
    pub fn line(&self, at: usize) -> String {
        let or_all_but = |words: String, except: String| {
            if words.is_empty() {
                format!("all but {except}")
            } else {
                words
            }
        };
        format!(
            "{}: {} {} to {}",
            self.name(at),
            self.effect,
            or_all_but(self.actions.join(" "), self.not_actions.join(" ")),
            or_all_but(
                said(&self.principals).join(" "),
                said(&self.not_principals).join(" ")
            ),
        )
    }

    /// The flat form. `at` is its place in `Statement`.
    pub fn view(&self, at: usize) -> Value {
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|one| json!({"op": one.operator, "key": one.key, "values": one.values}))
            .collect();
        let narrowed_by: Vec<&str> = self
            .conditions
            .iter()
            .filter(|one| one.narrowing(&self.conditions) > Narrowing::Open)
            .map(|one| one.key.as_str())
            .collect();
        let tied = tie::accounts(&self.conditions).filter(|_| self.everyone());
        let mut grantees = Vec::new();
        let mut services = Vec::new();
        for principal in &self.principals {
            match principal.who() {
                Who::Account(account) | Who::Canonical(account) => {
                    grantees.push(json!({"principal": principal.text(), "account": account}));
                }
                Who::Service(name) => services.push(name),
                Who::Everyone | Who::Gone | Who::Aws | Who::Other => {}
            }
        }
        let named = self.principals.iter().chain(&self.not_principals);
        let orphans: Vec<String> = named
            .filter(|one| one.who() == Who::Gone)
            .map(Principal::text)
            .collect();
        json!({
            "sid": self.sid,
            "name": self.name(at),
            "at": at,
            "effect": self.effect,
            "principals": said(&self.principals),
            "not_principals": said(&self.not_principals),
            "actions": self.actions,
            "not_actions": self.not_actions,
            "resources": self.resources,
            "not_resources": self.not_resources,
            "conditions": conditions,
            "everyone": self.everyone(),
            "public": self.public(),
            "counts_as_public": self.counts_as_public(),
            "narrowed_by": narrowed_by,
            "grantees": grantees,
            "tied": tied.is_some(),
            "tied_accounts": tied.unwrap_or_default(),
            "services": services,
            "sources": tie::to(&self.conditions, tie::Tie::Way).unwrap_or_default(),
            "delivers_logs": self.principals.iter().any(Principal::delivers_logs),
            "log_accounts": self.log_accounts(),
            "orphans": orphans,
            "line": self.line(at),
            "every_action": self.every_action(),
            "writes": self.writes(),
            "blanket": self.blanket(),
        })
    }
}

fn said(principals: &[Principal]) -> Vec<String> {
    principals.iter().map(Principal::text).collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(scalar) => vec![text(scalar)],
    }
}

fn conditions(value: Option<&Value>) -> Vec<Condition> {
    let operators = value.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| Condition {
                operator: operator.clone(),
                key: key.to_lowercase(),
                values: texts(Some(values)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(statement: &Value) -> Value {
        Statement::of(statement).view(0)
    }

    #[test]
    fn every_field_is_a_list_whichever_way_it_was_spelled() {
        let flat = view(&json!({
            "Effect": "Deny", "Principal": {"AWS": "*", "Service": ["a", "b"]},
            "NotAction": "s3:Get*", "Resource": "r",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }));
        assert_eq!(
            flat,
            json!({
                "sid": "", "name": "#1", "at": 0, "effect": "Deny",
                "principals": ["*", "Service:a", "Service:b"], "not_principals": [],
                "actions": [], "not_actions": ["s3:get*"],
                "resources": ["r"], "not_resources": [],
                "conditions": [{"op": "Bool", "key": "aws:securetransport", "values": ["false"]}],
                "everyone": true, "public": false, "counts_as_public": false, "narrowed_by": [],
                "grantees": [], "tied": false, "tied_accounts": [], "services": ["a", "b"], "sources": [], "delivers_logs": false,
                "log_accounts": [], "orphans": [],
                "line": "#1: Deny all but s3:get* to * Service:a Service:b",
                "every_action": true, "writes": true, "blanket": false,
            })
        );
    }

    #[test]
    fn a_statement_without_a_name_is_shown_by_its_place() {
        let statement = json!({"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*"});
        assert_eq!(
            Statement::of(&statement).line(1),
            "#2: Allow all but s3:put* to *"
        );
    }

    #[test]
    fn strangers_are_let_in_by_everyone_and_by_all_but_a_few() {
        let allow = |who: Value, condition: Value| {
            let mut statement =
                json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "r"});
            for (key, value) in who.as_object().into_iter().flatten() {
                statement[key] = value.clone();
            }
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            Statement::of(&statement)
        };
        let star = json!({"Principal": {"AWS": "*"}});
        let organisation = json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}});
        let below = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}});
        let tls = json!({"Bool": {"aws:SecureTransport": "true"}});
        for (who, condition, public, counts) in [
            (star.clone(), Value::Null, true, true),
            (star.clone(), tls, true, true),
            (star.clone(), organisation.clone(), false, false),
            (star, below, false, true),
            (
                json!({"NotPrincipal": {"AWS": "444455556666"}}),
                Value::Null,
                true,
                true,
            ),
            (
                json!({"NotPrincipal": {"AWS": "444455556666"}}),
                organisation,
                false,
                false,
            ),
            (
                json!({"Principal": {"AWS": ["444455556666", "*"]}}),
                Value::Null,
                true,
                true,
            ),
            (
                json!({"Principal": {"AWS": "444455556666"}}),
                Value::Null,
                false,
                false,
            ),
            (
                json!({"Principal": {"Service": "s3.amazonaws.com"}}),
                Value::Null,
                false,
                false,
            ),
        ] {
            let statement = allow(who, condition);
            assert_eq!(statement.public(), public, "{statement:?}");
            assert_eq!(statement.counts_as_public(), counts, "{statement:?}");
        }
    }

    #[test]
    fn reading_is_told_from_everything_else() {
        for (actions, writes) in [
            (json!(["s3:GetObject", "s3:ListBucket"]), false),
            (json!("s3:Get*"), false),
            (json!(["s3:GetObject", "s3:PutObject"]), true),
            (json!("s3:*"), true),
            (json!("s3:RestoreObject"), true),
        ] {
            let statement = json!({"Effect": "Allow", "Principal": "*", "Action": actions});
            assert_eq!(view(&statement)["writes"], writes, "{statement}");
        }
    }
}
