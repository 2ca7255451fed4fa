//! What takes its turn on one asset: changes that are open, and violations that wait behind them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ChangeId;

/// An open change of an asset, whether its rule still violates there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChange {
    pub id: ChangeId,
    pub rule: String,
    /// What it writes; empty where a person does it.
    pub setting: String,
}

/// What a violation waits for before a change of its own is opened.
///
/// One asset is changed in an order, and one setting of it by one change at a time; and what S3 would
/// not take is not tried. What waits is not a change yet, so it has no number; it waits behind
/// something that can be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behind {
    /// It closes first, whatever comes of it.
    Change(ChangeId),
    /// A rule that comes first violates there and has no change of its own; `why` says how that is,
    /// such as `exempt`.
    Rule { id: String, why: String },
    /// It can't be fixed as things are, for this reason. Every look finds out anew.
    Obstacle(String),
}

impl Behind {
    pub fn change(&self) -> Option<ChangeId> {
        match self {
            Self::Change(id) => Some(*id),
            Self::Rule { .. } | Self::Obstacle(_) => None,
        }
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(id) => write!(f, "behind {id}"),
            Self::Rule { id, why } => write!(f, "behind {id} ({why})"),
            Self::Obstacle(why) => write!(f, "can't be fixed now: {why}"),
        }
    }
}
