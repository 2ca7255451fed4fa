//! How a value of a document reads in a line of words.

use serde_json::Value;

/// A text as it stands, where it can be taken for nothing else; everything else as JSON, so that the
/// text `"1"` and the number `1` never read the same.
pub fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Values in a row.
pub fn listed<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let words: Vec<_> = values.into_iter().map(spelled).collect();
    words.join(", ")
}

fn is_plain(text: &str) -> bool {
    let marks = ["\"", ", ", "→", " > ", ": "];
    !text.is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && !text.starts_with(['[', '{'])
        && !marks.iter().any(|mark| text.contains(mark))
        && serde_json::from_str::<Value>(text).is_err()
}
