//! Moving between JSON and the canonical shape of a setting, which each setting has as a Rust type:
//! a document that does not fit the type is refused with the field's name, never sent in part.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::domain::Document;

/// An object that says something by being there: `"EventBridgeConfiguration": {}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A text that views fill in as empty where there is none.
pub fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The typed form of a document or of what an expression yielded.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// The document of a typed form.
pub fn document(shape: &impl Serialize) -> Result<Document, String> {
    serde_json::to_value(shape)
        .map(Document::present)
        .map_err(|error| error.to_string())
}

/// The typed form of a document, if it is present and fits.
pub fn held<T: DeserializeOwned>(document: &Document) -> Option<T> {
    document
        .value()
        .cloned()
        .and_then(|value| typed(value).ok())
}

/// Drops what views add: keys that begin in lower case, at every level. Every key of the CLI's own
/// shapes begins in upper case.
pub fn without_derived(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| !key.starts_with(|c: char| c.is_ascii_lowercase()))
            .map(|(key, value)| (key, without_derived(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_derived).collect(),
        other => other,
    }
}

/// Drops what views fill in: nulls, empty texts, and objects and lists that hold nothing else.
pub fn without_empty(value: Value) -> Value {
    fn empty(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, without_empty(value)))
            .filter(|(_, value)| !empty(value))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        other => other,
    }
}

/// Fills `keys` that an object lacks with null, so that an expression may name them. Null and not
/// an empty text, because to these settings an empty prefix is something else than none.
pub fn with_all(value: Value, keys: &[&str]) -> Value {
    match value {
        Value::Object(mut map) => {
            for key in keys {
                map.entry(*key).or_insert(Value::Null);
            }
            Value::Object(map)
        }
        other => other,
    }
}

/// Drops what [`with_all`] fills in, and what views add.
pub fn without_filling(value: Value) -> Value {
    fn without_null(value: Value) -> Value {
        match value {
            Value::Object(map) => map
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_null(value)))
                .collect(),
            Value::Array(items) => items.into_iter().map(without_null).collect(),
            other => other,
        }
    }
    without_null(without_derived(value))
}

/// Something that is there more than once in a sorted list.
pub fn twice<T: PartialEq>(sorted: &[T]) -> Option<&T> {
    sorted
        .iter()
        .zip(sorted.iter().skip(1))
        .find_map(|(one, next)| (one == next).then_some(one))
}

/// `1 grant`, `3 grants`
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_view_adds_is_dropped_again() {
        let view = json!({
            "Rules": [{"Apply": {"Key": "", "Name": "x"}, "Blocked": {"Types": []}, "On": false}],
            "algorithm": "x"
        });
        assert_eq!(
            without_empty(without_derived(view)),
            json!({"Rules": [{"Apply": {"Name": "x"}, "On": false}]})
        );
    }
}
