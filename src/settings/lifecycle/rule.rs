//! Lifecycle rules in the CLI's shape: what a document holds, in what order, and what it says.

use aws_smithy_types::{DateTime, date_time::Format};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::Document,
    settings::{
        filter::{self, Filter, Knows},
        shape,
    },
};

/// What S3 assumes about transitions of small objects where nothing is said.
pub const DEFAULT_MINIMUM: &str = "all_storage_classes_128K";
/// The most rules that one configuration can have.
const MOST: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Lifecycle {
    pub rules: Vec<Rule>,
    /// It travels in a header and not in the body; a put without it would reset it.
    #[serde(default = "default_minimum")]
    pub transition_default_minimum_object_size: String,
}

fn default_minimum() -> String {
    DEFAULT_MINIMUM.to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Rule {
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The old form of a filter. A configuration with one such rule may have no `Filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transitions: Option<Vec<Transition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_expiration: Option<NoncurrentExpiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_transitions: Option<Vec<NoncurrentTransition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Expiration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_object_delete_marker: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Transition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NoncurrentExpiration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_noncurrent_versions: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NoncurrentTransition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_noncurrent_versions: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Abort {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_after_initiation: Option<i32>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            transition_default_minimum_object_size: default_minimum(),
        }
    }
}

impl Lifecycle {
    pub fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// Sorted by id. Without rules there is no configuration.
    pub fn document(mut self) -> Result<Document, String> {
        if self.rules.is_empty() {
            return Ok(Document::ABSENT);
        }
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
        for rule in &mut self.rules {
            rule.transitions.iter_mut().for_each(|list| list.sort());
            rule.noncurrent_version_transitions
                .iter_mut()
                .for_each(|list| list.sort());
        }
        shape::document(&self)
    }

    /// What S3 would refuse in a target for reasons that no single rule shows.
    pub fn checked(mut self) -> Result<Self, String> {
        if self.rules.len() > MOST {
            return Err(format!(
                "{} rules are too many; S3 takes {MOST}",
                self.rules.len()
            ));
        }
        self.rules = (self.rules.into_iter())
            .map(Rule::checked)
            .collect::<Result<_, _>>()?;
        let mut ids: Vec<&str> = self.rules.iter().filter_map(|r| r.id.as_deref()).collect();
        ids.sort_unstable();
        if let Some(twice) = shape::twice(&ids) {
            return Err(format!("the rule `{twice}` is there twice"));
        }
        if self.is_old_form() {
            if self.rules.iter().any(|rule| rule.filter.is_some()) {
                return Err(
                    "rules with `Prefix` and rules with `Filter` can't stand in one configuration"
                        .to_owned(),
                );
            }
            self.without_overlap()?;
        }
        Ok(self)
    }

    /// Whether the rules have the old form, with `Prefix` in the place of `Filter`.
    pub fn is_old_form(&self) -> bool {
        self.rules.iter().any(|rule| rule.prefix.is_some())
    }

    /// In the old form no two rules may do the same thing to one object.
    fn without_overlap(&self) -> Result<(), String> {
        for (at, one) in self.rules.iter().enumerate() {
            for other in &self.rules[at + 1..] {
                let (a, b) = (one.prefix(), other.prefix());
                let action = one
                    .actions()
                    .find(|action| other.actions().any(|it| it == *action));
                if let Some(action) = action
                    && (a.starts_with(b) || b.starts_with(a))
                {
                    return Err(format!(
                        "rules of the old form may not overlap, and S3 would refuse the prefixes `{a}` and `{b}` for {action}"
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Rule {
    pub fn enabled(&self) -> bool {
        self.status == "Enabled"
    }

    pub fn prefix(&self) -> &str {
        let filter = self.filter.as_ref().map(Filter::prefix);
        self.prefix.as_deref().or(filter).unwrap_or_default()
    }

    fn is_narrow(&self) -> bool {
        self.filter.as_ref().is_some_and(Filter::is_narrow)
    }

    pub fn whole_bucket(&self) -> bool {
        self.prefix().is_empty() && !self.is_narrow()
    }

    fn actions(&self) -> impl Iterator<Item = &'static str> {
        [
            ("Expiration", self.expiration.is_some()),
            ("Transition", self.transitions.is_some()),
            (
                "NoncurrentVersionExpiration",
                self.noncurrent_version_expiration.is_some(),
            ),
            (
                "NoncurrentVersionTransition",
                self.noncurrent_version_transitions.is_some(),
            ),
            (
                "AbortIncompleteMultipartUpload",
                self.abort_incomplete_multipart_upload.is_some(),
            ),
        ]
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
    }

    /// Whether it ends current objects, by age or by date.
    pub fn expires(&self) -> bool {
        let ends = |it: &Expiration| it.days.is_some() || it.date.is_some();
        self.expiration.as_ref().is_some_and(ends)
    }

    /// Whether it takes data away while it is enabled: current objects or earlier versions.
    pub fn deletes(&self) -> bool {
        self.expires() || self.noncurrent_version_expiration.is_some()
    }

    pub fn transitions(&self) -> bool {
        self.transitions.is_some() || self.noncurrent_version_transitions.is_some()
    }

    fn cleans_markers(&self) -> bool {
        let cleans = |it: &Expiration| it.expired_object_delete_marker == Some(true);
        self.expiration.as_ref().is_some_and(cleans)
    }

    fn aborts_after(&self) -> Option<i32> {
        (self.abort_incomplete_multipart_upload.as_ref())?.days_after_initiation
    }

    fn checked(mut self) -> Result<Self, String> {
        if !["Enabled", "Disabled"].contains(&self.status.as_str()) {
            return Err(format!("unknown status `{}`", self.status));
        }
        if self.prefix.is_some() == self.filter.is_some() {
            return Err("a rule has either a `Filter` or the older `Prefix`".to_owned());
        }
        if self.actions().next().is_none() {
            return Err("a rule without an action".to_owned());
        }
        let knows = Knows {
            sizes: true,
            access_points: false,
        };
        self.filter = self.filter.map(|it| it.checked(knows)).transpose()?;
        let dates = (self.expiration.iter_mut().map(|it| &mut it.date))
            .chain((self.transitions.iter_mut().flatten()).map(|transition| &mut transition.date));
        for date in dates.flatten() {
            *date = written(&instant(date)?)?;
        }
        Ok(self)
    }

    /// Beside the CLI's fields: `enabled`, `whole_bucket`, `prefix`, `expires`, `expires_days`,
    /// `noncurrent_days`, `noncurrent_kept`, `aborts_multipart_days`, `cleans_markers`,
    /// `transitions`, `deletes`, and its `line` in the boxes. A number of days is 0 where there is
    /// none.
    pub fn view(&self) -> Value {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut view = shape::with_all(
            value,
            &[
                "ID",
                "Prefix",
                "Filter",
                "Expiration",
                "Transitions",
                "NoncurrentVersionExpiration",
                "NoncurrentVersionTransitions",
                "AbortIncompleteMultipartUpload",
            ],
        );
        let noncurrent = self.noncurrent_version_expiration.as_ref();
        let derived = json!({
            "Filter": self.filter.as_ref().map(Filter::view),
            "enabled": self.enabled(),
            "whole_bucket": self.whole_bucket(),
            "prefix": self.prefix(),
            "expires": self.expires(),
            "expires_days": self.expiration.as_ref().and_then(|it| it.days).unwrap_or(0),
            "noncurrent_days": noncurrent.and_then(|it| it.noncurrent_days).unwrap_or(0),
            "noncurrent_kept": noncurrent.and_then(|it| it.newer_noncurrent_versions).unwrap_or(0),
            "aborts_multipart_days": self.aborts_after().unwrap_or(0),
            "cleans_markers": self.cleans_markers(),
            "transitions": self.transitions(),
            "deletes": self.deletes(),
            "line": self.line(),
        });
        if let (Value::Object(view), Value::Object(derived)) = (&mut view, derived) {
            view.extend(derived);
        }
        view
    }

    /// `old-logs: expires after 90 days below logs/`
    pub fn line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(it) = &self.expiration {
            parts.extend(it.days.map(|days| format!("expires after {days} days")));
            parts.extend(
                it.date
                    .as_deref()
                    .map(|date| format!("expires on {}", day(date))),
            );
        }
        if self.cleans_markers() {
            parts.push("removes expired delete markers".to_owned());
        }
        for it in self.transitions.iter().flatten() {
            let class = it.storage_class.as_deref().unwrap_or_default();
            parts.extend(it.days.map(|days| format!("to {class} after {days} days")));
            parts.extend(
                it.date
                    .as_deref()
                    .map(|date| format!("to {class} on {}", day(date))),
            );
        }
        if let Some(it) = &self.noncurrent_version_expiration {
            let days = it.noncurrent_days.unwrap_or(0);
            let mut part = format!("noncurrent versions expire after {days} days");
            if let Some(kept) = it.newer_noncurrent_versions {
                part.push_str(&format!(", the newest {kept} kept"));
            }
            parts.push(part);
        }
        for it in self.noncurrent_version_transitions.iter().flatten() {
            let class = it.storage_class.as_deref().unwrap_or_default();
            let days = it.noncurrent_days.unwrap_or(0);
            parts.push(format!("noncurrent versions to {class} after {days} days"));
        }
        parts.extend(
            self.aborts_after()
                .map(|days| format!("aborts incomplete uploads after {days} days")),
        );
        let id = self.id.as_deref().unwrap_or("(unnamed)");
        let scope = filter::scope(self.prefix(), self.is_narrow());
        let off = if self.enabled() { "" } else { " (disabled)" };
        format!("{id}: {}{scope}{off}", parts.join(", "))
    }
}

/// A date as text, whichever way it is spelled.
pub fn instant(text: &str) -> Result<DateTime, String> {
    DateTime::from_str(text, Format::DateTimeWithOffset)
        .map_err(|_| format!("`{text}` is no date such as 2026-01-01T00:00:00Z"))
}

/// The one spelling of a date that documents have.
pub fn written(date: &DateTime) -> Result<String, String> {
    date.fmt(Format::DateTime)
        .map_err(|error| error.to_string())
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}
