//! The names that expressions may use, and what they stand for on one bucket.
//!
//! - one variable for each setting that the rule reads: the setting's view, all fields present;
//! - `bucket`: `name`, `account`, `region`, `env`, `env_from`, `env_known`, `production`, `owner`,
//!   `owner_from`, `team`, `classification`, `tags`; for a rule about the account, `name` is empty, there
//!   are no tags, and the rest is the account's;
//! - `params`: what the organisation set, over the rule's defaults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{expression::Scope, param::Param};
use crate::{
    domain::{Document, Subject, Tags},
    settings::Setting,
};

/// What the expressions of a rule may name.
pub fn scope(reads: &[&'static dyn Setting], params: &[Param]) -> Scope {
    let fields = |value: &Value| -> BTreeSet<String> {
        value
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect()
    };
    let mut variables: BTreeMap<String, BTreeSet<String>> = reads
        .iter()
        .map(|setting| {
            let view = setting.view(&Document::ABSENT);
            (setting.name().to_owned(), fields(&view))
        })
        .collect();
    variables.insert("bucket".to_owned(), BUCKET.map(str::to_owned).into());
    let names = params.iter().map(|param| param.name.clone());
    variables.insert("params".to_owned(), names.collect());
    Scope { variables }
}

const BUCKET: [&str; 12] = [
    "name",
    "account",
    "region",
    "env",
    "env_from",
    "env_known",
    "production",
    "owner",
    "owner_from",
    "team",
    "classification",
    "tags",
];

/// The variable `bucket`.
pub fn bucket(subject: &Subject) -> Value {
    let Subject {
        asset,
        tags,
        environment,
        owner,
    } = subject;
    json!({
        "name": asset.bucket_name().unwrap_or_default(),
        "account": asset.account.as_str(),
        "region": asset.region,
        "env": environment.name,
        "env_from": environment.from,
        // A bucket that nothing is known about counts as production; that is a precaution, and no
        // fact that could be written down.
        "env_known": environment.from != "unknown",
        "production": environment.production,
        "owner": owner.contact,
        "owner_from": owner.from,
        "team": owner.team,
        "classification": classification(tags),
        "tags": tags,
    })
}

/// The data's class by the tag `data-classification` or `classification`, however it is spelled
/// (`DataClassification`, `data_classification`); lower case, empty where there is none.
fn classification(tags: &Tags) -> String {
    let plain = |key: &str| -> String {
        key.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    ["dataclassification", "classification"]
        .iter()
        .find_map(|wanted| tags.iter().find(|(key, _)| plain(key) == *wanted))
        .map(|(_, value)| value.trim().to_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_the_data_is_found_however_its_tag_is_spelled() {
        for (key, value, class) in [
            ("data-classification", "Restricted ", "restricted"),
            ("DataClassification", "PII", "pii"),
            ("Classification", "public", "public"),
            ("class", "restricted", ""),
        ] {
            let tags = Tags::from([(key.to_owned(), value.to_owned())]);
            assert_eq!(classification(&tags), class, "{key}");
        }
    }
}
