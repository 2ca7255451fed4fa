//! In which order the queue comes, and under which headings.
//!
//! What is open is put in order; closed changes follow, the latest first. The order by urgency, which
//! is the default, is an index of the room's. The others are made from the first [`SORTED`] of it for
//! each question, so that their price has an end; what is open beyond those follows as it stands.

use serde::{Deserialize, Serialize};

/// How many open changes are put in order for one question.
pub const SORTED: usize = 10_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What needs a person first: halted, then waiting for approval, then to be done by hand, then
    /// running, each by severity and age.
    #[default]
    Urgency,
    /// The most severe first, the oldest of them first.
    Severity,
    /// The oldest first.
    Age,
    /// By the bucket's name.
    Asset,
    /// Production first, then by the environment's name, the most severe first.
    Environment,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    #[default]
    Stage,
    Severity,
    Environment,
    Account,
    /// By the primary control's framework.
    Framework,
    Rule,
    /// No headings, but that closed changes follow.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrangement {
    pub order: Order,
    pub grouping: Grouping,
}

impl Order {
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Urgency => Self::Severity,
            Self::Severity => Self::Age,
            Self::Age => Self::Asset,
            Self::Asset => Self::Environment,
            Self::Environment => Self::Urgency,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Severity => "severity",
            Self::Age => "age",
            Self::Asset => "asset",
            Self::Environment => "environment",
        }
    }
}

impl Grouping {
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Stage => Self::Severity,
            Self::Severity => Self::Environment,
            Self::Environment => Self::Account,
            Self::Account => Self::Framework,
            Self::Framework => Self::Rule,
            Self::Rule => Self::None,
            Self::None => Self::Stage,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Severity => "severity",
            Self::Environment => "environment",
            Self::Account => "account",
            Self::Framework => "framework",
            Self::Rule => "rule",
            Self::None => "no headings",
        }
    }
}

impl Arrangement {
    /// The room's index is in this order.
    pub const fn indexed(self) -> bool {
        matches!(self.order, Order::Urgency)
            && matches!(self.grouping, Grouping::Stage | Grouping::None)
    }
}
