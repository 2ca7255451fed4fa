//! A rule's parameters: what only the organisation knows, and which kinds of value say it.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::Subject;

/// Something that an organisation sets for a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: String,
    pub about: String,
    /// What it may be; empty where the file says neither a type nor a default, and anything goes.
    pub kinds: Vec<Kind>,
    /// Without one, the rule is skipped until the parameter is set.
    pub default: Option<Value>,
}

/// The types that `[[params]]` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Number,
    /// A list of texts.
    List,
    /// A table of texts by key.
    Map,
    Bool,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Text, Self::Number, Self::List, Self::Map, Self::Bool];

    fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Bool, Value::Bool(_)) => true,
            (Self::List, Value::Array(items)) => items.iter().all(Value::is_string),
            (Self::Map, Value::Object(map)) => map.values().all(Value::is_string),
            _ => false,
        }
    }

    /// The kind that a default is of, for files that do not say it.
    pub fn of(value: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.takes(value))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::List => "a list of texts",
            Self::Map => "a table of texts",
            Self::Bool => "true or false",
        })
    }
}

impl Param {
    /// Whether it may have this value; else what is wanted.
    pub fn takes(&self, value: &Value) -> Result<(), String> {
        if self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.takes(value)) {
            return Ok(());
        }
        let wanted: Vec<String> = self.kinds.iter().map(ToString::to_string).collect();
        Err(format!("{} is wanted, not {value}", wanted.join(" or ")))
    }
}

/// The variable `params` of one rule on one bucket, or why the rule is skipped there: the first
/// parameter that has neither value nor default, and where to give it.
pub fn values(
    wanted: &[Param],
    set: &BTreeMap<String, Value>,
    subject: &Subject,
) -> Result<Value, String> {
    let value = |param: &Param| {
        let Some(value) = set.get(&param.name).or(param.default.as_ref()) else {
            return Err(missing(&param.name, subject));
        };
        Ok((param.name.clone(), value.clone()))
    };
    wanted.iter().map(value).collect()
}

fn missing(name: &str, subject: &Subject) -> String {
    format!(
        "the parameter `{name}` is not set: give it in the config under [parameters], or, for these \
         alone, under [parameters_in.{}] or in the entry of account {} under [[accounts]]",
        bare(&subject.environment.name.to_lowercase()),
        subject.asset.account,
    )
}

/// As a key of a TOML file.
fn bare(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_type_is_told_what_is_wanted() {
        let param = |kinds: &[Kind]| Param {
            name: "p".to_owned(),
            about: String::new(),
            kinds: kinds.to_vec(),
            default: None,
        };
        for (kinds, good, bad, told) in [
            (
                &[Kind::Text][..],
                json!("x"),
                json!(1),
                "a text is wanted, not 1",
            ),
            (
                &[Kind::List],
                json!(["x"]),
                json!(["x", 1]),
                "a list of texts is wanted",
            ),
            (
                &[Kind::Text, Kind::Map],
                json!({"a": "x"}),
                json!({"a": 1}),
                "a text or a table of texts is wanted",
            ),
            (
                &[Kind::Number],
                json!(30),
                json!("30"),
                "a number is wanted, not \"30\"",
            ),
            (
                &[Kind::Bool],
                json!(true),
                json!("yes"),
                "true or false is wanted",
            ),
        ] {
            let param = param(kinds);
            assert_eq!(param.takes(&good), Ok(()));
            let said = param.takes(&bad).unwrap_err();
            assert!(said.starts_with(told), "{said}");
        }
    }
}
