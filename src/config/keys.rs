//! `[keys]`: other keys for the screen. Which actions and keys there are is the screen's to say.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Config, ConfigFault, fault::line_at};

/// A line of the table, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKeys {
    pub action: String,
    pub keys: Vec<String>,
    /// From 1.
    pub line: usize,
}

pub type Table = BTreeMap<Spanned<String>, Typed>;

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a key such as \"x\" or \"ctrl-x\" is wanted, or a list of keys"
)]
pub enum Typed {
    One(String),
    Many(Vec<String>),
}

/// In the file's order.
pub fn typed(table: Table, text: &str) -> Vec<OwnKeys> {
    let line = |(action, keys): (Spanned<String>, Typed)| OwnKeys {
        line: line_at(text, action.span().start),
        action: action.into_inner(),
        keys: match keys {
            Typed::One(key) => vec![key],
            Typed::Many(keys) => keys,
        },
    };
    let mut keys: Vec<_> = table.into_iter().map(line).collect();
    keys.sort_by_key(|own| own.line);
    keys
}

impl Config {
    /// What is wrong with an action's line of `[keys]`.
    pub fn key_fault(&self, action: &str, message: impl Into<String>) -> ConfigFault {
        let own = self.keys.iter().find(|own| own.action == action);
        ConfigFault {
            path: self.file.clone(),
            line: own.map(|own| own.line),
            key: Some(format!("keys.{action}")),
            message: message.into(),
        }
    }
}
