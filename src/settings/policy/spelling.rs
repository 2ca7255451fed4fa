//! One spelling for policies that mean the same.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Reads a policy's text. A key that is there twice, or a number that JSON values can't hold
/// exactly, is refused: keeping one of two meanings would be a silent change.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str::<Exact>(text)
        .map(|exact| exact.0)
        .map_err(|error| format!("the policy can't be read: {error}"))
}

/// The same policy with `Statement` as a list, scalars of conditions as texts, lists of texts
/// sorted, and lists of one as their element.
pub fn canonical(policy: Value) -> Result<Value, String> {
    let Value::Object(mut policy) = policy else {
        return Err("a policy is an object".to_owned());
    };
    let statements = match policy.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(statement @ Value::Object(_)) => vec![statement],
        Some(_) => return Err("`Statement` is a list".to_owned()),
        None => return Err("a policy has a `Statement`".to_owned()),
    };
    let statements = statements
        .into_iter()
        .map(statement)
        .collect::<Result<Vec<_>, _>>()?;
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Ok(Value::Object(policy))
}

fn statement(statement: Value) -> Result<Value, String> {
    let Value::Object(statement) = statement else {
        return Err("a statement is an object".to_owned());
    };
    if !matches!(
        statement.get("Effect").and_then(Value::as_str),
        Some("Allow" | "Deny")
    ) {
        return Err("a statement's `Effect` is `Allow` or `Deny`".to_owned());
    }
    Ok(statement
        .into_iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "Action" | "NotAction" | "Resource" | "NotResource" => set(value, false),
                "Principal" | "NotPrincipal" => each(value, |ids| set(ids, false)),
                "Condition" => each(value, |keys| each(keys, |values| set(values, true))),
                _ => value,
            };
            (key, value)
        })
        .collect())
}

fn each(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, change(value)))
            .collect(),
        other => other,
    }
}

/// A set of texts that may be spelled as a list or, if it has one element, as that.
fn set(value: Value, as_text: bool) -> Value {
    let text = |value: Value| match value {
        Value::Bool(_) | Value::Number(_) if as_text => Value::String(value.to_string()),
        other => other,
    };
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(text).collect();
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            if items.len() == 1 {
                items.swap_remove(0)
            } else {
                Value::Array(items)
            }
        }
        scalar => text(scalar),
    }
}

/// A JSON value read without silent choices.
struct Exact(Value);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExactVisitor).map(Exact)
    }
}

struct ExactVisitor;

impl<'de> Visitor<'de> for ExactVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated keys")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format!(
            "the number {value} might not be kept exactly"
        )))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Exact(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Exact(value))) = entries.next_entry::<String, Exact>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn spellings_that_mean_the_same_become_one() {
        let one = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"],
            "Condition": {"Bool": {"aws:SecureTransport": false}},
        }});
        let two = json!({"Statement": [{
            "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
        }], "Version": "2012-10-17"});
        assert_eq!(canonical(one), canonical(two));
    }

    #[test]
    fn two_meanings_of_one_key_are_refused_not_chosen_from() {
        let text = r#"{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}"#;
        assert!(parse(text).unwrap_err().contains("`Effect` is there twice"));
        assert!(parse(r#"{"a": 1e30}"#).unwrap_err().contains("exactly"));
        assert!(parse(r#"{"a": [1, -2, true, null, "x"]}"#).is_ok());
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for value in [
            json!([]),
            json!({}),
            json!({"Statement": "x"}),
            json!({"Statement": [1]}),
            json!({"Statement": [{"Effect": "Maybe"}]}),
        ] {
            assert!(canonical(value.clone()).is_err(), "{value}");
        }
    }
}
