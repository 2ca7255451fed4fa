//! Replication rules in the CLI's shape: what a document holds, in what order, and what it says.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::Document,
    settings::{
        filter::{self, Filter, Knows},
        shape,
    },
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Replication {
    pub role: String,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Rule {
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The old form of a filter, and then of the whole rule: no priority, no tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_selection_criteria: Option<Selection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing_object_replication: Option<Switch>,
    pub destination: Destination,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_marker_replication: Option<MaybeSwitch>,
}

/// `{"Status": "Enabled"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Switch {
    pub status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MaybeSwitch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sse_kms_encrypted_objects: Option<Switch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_modifications: Option<Switch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Destination {
    /// The bucket's ARN.
    pub bucket: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_control_translation: Option<Translation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_configuration: Option<Encryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_time: Option<ReplicationTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Translation {
    pub owner: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    #[serde(rename = "ReplicaKmsKeyID", skip_serializing_if = "Option::is_none")]
    pub replica_kms_key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ReplicationTime {
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Minutes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Metrics {
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_threshold: Option<Minutes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Minutes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i32>,
}

impl Replication {
    pub fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// Sorted by id. Without rules there is no configuration.
    pub fn document(mut self) -> Result<Document, String> {
        if self.rules.is_empty() {
            return Ok(Document::ABSENT);
        }
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
        shape::document(&self)
    }

    /// Whether the rules have the old form, with `Prefix` in the place of `Filter` or with neither.
    pub fn is_old_form(&self) -> bool {
        self.rules.iter().any(|rule| rule.filter.is_none())
    }

    /// What S3 would refuse in a target.
    pub fn checked(mut self) -> Result<Self, String> {
        if !self.role.starts_with("arn:") {
            return Err("`Role` is the ARN of a role".to_owned());
        }
        self.rules = (self.rules.into_iter())
            .map(Rule::checked)
            .collect::<Result<_, _>>()?;
        let mut ids: Vec<&str> = self.rules.iter().filter_map(|r| r.id.as_deref()).collect();
        ids.sort_unstable();
        if let Some(twice) = shape::twice(&ids) {
            return Err(format!("the rule `{twice}` is there twice"));
        }
        let mut priorities: Vec<i32> = self.rules.iter().filter_map(|r| r.priority).collect();
        priorities.sort_unstable();
        if let Some(twice) = shape::twice(&priorities) {
            return Err(format!("two rules have the priority {twice}"));
        }
        if self.is_old_form() && self.rules.iter().any(|rule| rule.filter.is_some()) {
            return Err(
                "rules with `Prefix` and rules with `Filter` can't stand in one configuration"
                    .to_owned(),
            );
        }
        Ok(self)
    }
}

impl Rule {
    pub fn enabled(&self) -> bool {
        self.status == "Enabled"
    }

    fn prefix(&self) -> &str {
        let filter = self.filter.as_ref().map(Filter::prefix);
        self.prefix.as_deref().or(filter).unwrap_or_default()
    }

    fn is_narrow(&self) -> bool {
        self.filter.as_ref().is_some_and(Filter::is_narrow)
    }

    /// The destination's name, out of its ARN.
    fn bucket(&self) -> &str {
        let arn = &self.destination.bucket;
        arn.rsplit(':').next().unwrap_or(arn)
    }

    /// Whether delete markers are replicated. The old form always does that.
    fn copies_deletes(&self) -> bool {
        let markers = self.delete_marker_replication.as_ref();
        self.filter.is_none() || markers.is_some_and(|it| it.status.as_deref() == Some("Enabled"))
    }

    fn checked(mut self) -> Result<Self, String> {
        if !["Enabled", "Disabled"].contains(&self.status.as_str()) {
            return Err(format!("unknown status `{}`", self.status));
        }
        if !self.destination.bucket.starts_with("arn:") {
            return Err("the destination is given by its ARN".to_owned());
        }
        if self.prefix.is_some() && self.filter.is_some() {
            return Err("a rule has either a `Filter` or the older `Prefix`".to_owned());
        }
        if self.filter.is_some()
            && (self.priority.is_none() || self.delete_marker_replication.is_none())
        {
            return Err(
                "a rule with a `Filter` has a `Priority` and says what becomes of delete markers"
                    .to_owned(),
            );
        }
        let knows = Knows {
            sizes: false,
            access_points: false,
        };
        self.filter = self.filter.map(|it| it.checked(knows)).transpose()?;
        Ok(self)
    }

    /// Beside the CLI's fields: `enabled`, `whole_bucket`, `prefix`, the destination's `bucket` (its
    /// name) and `account` (empty where it is not said), `copies_deletes`, and its `line` in the
    /// boxes.
    pub fn view(&self) -> Value {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut view = shape::with_all(
            value,
            &[
                "ID",
                "Priority",
                "Prefix",
                "Filter",
                "SourceSelectionCriteria",
                "ExistingObjectReplication",
                "DeleteMarkerReplication",
            ],
        );
        if let Some(to) = view.get_mut("Destination") {
            *to = shape::with_all(
                to.take(),
                &[
                    "Account",
                    "StorageClass",
                    "AccessControlTranslation",
                    "EncryptionConfiguration",
                    "ReplicationTime",
                    "Metrics",
                ],
            );
        }
        let derived = json!({
            "Filter": self.filter.as_ref().map(Filter::view),
            "enabled": self.enabled(),
            "whole_bucket": self.prefix().is_empty() && !self.is_narrow(),
            "prefix": self.prefix(),
            "bucket": self.bucket(),
            "account": self.destination.account.as_deref().unwrap_or_default(),
            "copies_deletes": self.copies_deletes(),
            "line": self.line(),
        });
        if let (Value::Object(view), Value::Object(derived)) = (&mut view, derived) {
            view.extend(derived);
        }
        view
    }

    /// `to-dr: to acme-dr (account 444455556666) below logs/`
    pub fn line(&self) -> String {
        let id = self.id.as_deref().unwrap_or("(unnamed)");
        let account = (self.destination.account.as_deref())
            .map(|account| format!(" (account {account})"))
            .unwrap_or_default();
        let scope = filter::scope(self.prefix(), self.is_narrow());
        let off = if self.enabled() { "" } else { " (disabled)" };
        format!("{id}: to {}{account}{scope}{off}", self.bucket())
    }
}
