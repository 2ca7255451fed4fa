//! The state of one bucket setting as a value: the JSON that the AWS CLI's `file://` argument takes,
//! or nothing where the setting is not set. Everything that is compared, hashed, shown or stored is
//! this one value, so an approver, the engine and an auditor speak of the same thing.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A SHA-256 in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        use fmt::Write as _;
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            // Writing to a String never fails.
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// The `prev` of the very first entry: sixty-four zeros.
    pub fn zero() -> Self {
        Self("0".repeat(64))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell two apart on a screen.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Canonical JSON ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)): the same value gives the
/// same bytes in every process, locale and map order.
pub fn canonical(value: &impl Serialize) -> String {
    // Our values hold strings, booleans, finite numbers and string-keyed maps only, and those are
    // what RFC 8785 can express; there is nothing left that could fail.
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// One setting of one bucket at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Document(Option<Value>);

impl Document {
    pub const ABSENT: Self = Self(None);

    pub fn present(value: Value) -> Self {
        Self(Some(value))
    }

    pub fn value(&self) -> Option<&Value> {
        self.0.as_ref()
    }

    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// What stands in snapshot files and hashes: an absent setting is said, never an empty file.
    pub fn to_json(&self) -> Value {
        self.0.clone().unwrap_or_else(|| json!({ "absent": true }))
    }

    pub fn digest(&self) -> Digest {
        Digest::of(canonical(&self.to_json()))
    }

    /// Two-space indented JSON with a newline at its end: what people read and diffs compare.
    pub fn pretty(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.to_json()).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(if value == json!({ "absent": true }) {
            Self::ABSENT
        } else {
            Self::present(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_setting_is_said_in_words_and_comes_back_absent() {
        let text = canonical(&Document::ABSENT);
        assert_eq!(text, r#"{"absent":true}"#);
        let back: Document = serde_json::from_str(&text).unwrap();
        assert!(back.is_absent());
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order_of_keys() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"c":3,"d":2},"b":1}"#).unwrap();
        assert_eq!(
            Document::present(one).digest(),
            Document::present(two).digest()
        );
    }
}
