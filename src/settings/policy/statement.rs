//! A policy statement as rules look at it: every field there, every field a list.

use serde_json::{Value, json};

/// The flat form. Actions and condition keys are lower-cased, since IAM compares them so; everyone
/// is `*`, whichever way it was spelled.
pub fn flat(statement: &Value) -> Value {
    let field = |key: &str| statement.get(key);
    let text = |key: &str| field(key).and_then(Value::as_str).unwrap_or_default();
    let lower = |key: &str| -> Vec<String> {
        texts(field(key))
            .into_iter()
            .map(|text| text.to_lowercase())
            .collect()
    };
    json!({
        "sid": text("Sid"),
        "effect": text("Effect"),
        "principals": principals(field("Principal")),
        "not_principals": principals(field("NotPrincipal")),
        "actions": lower("Action"),
        "not_actions": lower("NotAction"),
        "resources": texts(field("Resource")),
        "not_resources": texts(field("NotResource")),
        "conditions": conditions(field("Condition")),
    })
}

/// `TlsOnly: Deny s3:* to *`
pub fn line(at: usize, statement: &Value) -> String {
    let flat = flat(statement);
    let list = |key: &str, not: &str| {
        let words = texts(flat.get(key)).join(" ");
        match (words.is_empty(), texts(flat.get(not)).join(" ")) {
            (false, _) => words,
            (true, except) => format!("all but {except}"),
        }
    };
    let sid = match flat["sid"].as_str().unwrap_or_default() {
        "" => format!("#{}", at + 1),
        sid => sid.to_owned(),
    };
    format!(
        "{sid}: {} {} to {}",
        flat["effect"].as_str().unwrap_or_default(),
        list("actions", "not_actions"),
        list("principals", "not_principals"),
    )
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

/// `*`, or `AWS:arn:…`, `Service:logging.s3.amazonaws.com` and so on.
fn principals(value: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(kinds)) = value else {
        return texts(value);
    };
    kinds
        .iter()
        .flat_map(|(kind, ids)| {
            texts(Some(ids))
                .into_iter()
                .map(move |id| match (kind.as_str(), id.as_str()) {
                    ("AWS", "*") => id,
                    _ => format!("{kind}:{id}"),
                })
        })
        .collect()
}

fn conditions(value: Option<&Value>) -> Vec<Value> {
    let operators = value.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| {
                json!({
                    "op": operator,
                    "key": key.to_lowercase(),
                    "values": texts(Some(values)),
                })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_a_list_whichever_way_it_was_spelled() {
        let flat = flat(&json!({
            "Effect": "Deny", "Principal": {"AWS": "*", "Service": ["a", "b"]},
            "NotAction": "s3:Get*", "Resource": "r",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }));
        assert_eq!(
            flat,
            json!({
                "sid": "", "effect": "Deny",
                "principals": ["*", "Service:a", "Service:b"], "not_principals": [],
                "actions": [], "not_actions": ["s3:get*"],
                "resources": ["r"], "not_resources": [],
                "conditions": [{"op": "Bool", "key": "aws:securetransport", "values": ["false"]}],
            })
        );
    }

    #[test]
    fn a_statement_without_a_name_is_shown_by_its_place() {
        let statement = json!({"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*"});
        assert_eq!(line(1, &statement), "#2: Allow all but s3:put* to *");
    }
}
