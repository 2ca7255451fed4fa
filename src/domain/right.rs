//! What roles there are, and what each may do: one table.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    Approver,
    Lead,
    Auditor,
    Operator,
}

/// What somebody may do beside looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Approve and deny.
    Decide,
    /// Put a state before back.
    Revert,
    /// Release a held rule, reset the breaker, start a scan, retry or waive what channels are owed.
    Operate,
    /// Ask for an exception by hand, and end one early.
    Except,
}

impl Right {
    pub const ALL: [Self; 4] = [Self::Decide, Self::Revert, Self::Operate, Self::Except];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Decide => "decide on approvals",
            Self::Revert => "revert changes",
            Self::Operate => "operate the room",
            Self::Except => "add and end exceptions",
        }
    }
}

impl Role {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approver => "approver",
            Self::Lead => "lead",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    pub const fn may(self, right: Right) -> bool {
        match (self, right) {
            (Self::Approver, _)
            | (Self::Lead, Right::Revert | Right::Except)
            | (Self::Operator, Right::Revert | Right::Operate) => true,
            (Self::Lead | Self::Operator | Self::Auditor, _) => false,
        }
    }
}
