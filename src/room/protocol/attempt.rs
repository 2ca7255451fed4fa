//! What a person answers to a question, and what they try on a change: by which right, and how a refusal
//! calls it.

use serde::{Deserialize, Serialize};

use crate::domain::{Right, artifact::Reason};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Approve,
    Deny(Reason),
}

impl Answer {
    pub const fn attempt(&self) -> Attempt {
        match self {
            Self::Approve => Attempt::Approve,
            Self::Deny(_) => Attempt::Deny,
        }
    }
}

/// What somebody tries on a change, whether they may or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    Approve,
    Deny,
    MarkDone,
    Revert,
}

impl Attempt {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::MarkDone => "mark done",
            Self::Revert => "revert",
        }
    }

    pub const fn right(self) -> Right {
        match self {
            Self::Approve | Self::Deny | Self::MarkDone => Right::Decide,
            Self::Revert => Right::Revert,
        }
    }
}
