//! How things went lately, as charts are drawn from it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::{BySeverity, Stamp, Tally, Took, time};

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    #[default]
    Hour,
    Day,
    Week,
    Month,
}

impl Span {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hour => "the last hour",
            Self::Day => "the last 24 hours",
            Self::Week => "the last 7 days",
            Self::Month => "the last 30 days",
        }
    }

    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Hour => Self::Day,
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month => Self::Hour,
        }
    }

    /// How long one step is, and how many there are.
    pub const fn steps(self) -> (TimeDelta, usize) {
        match self {
            Self::Hour => (TimeDelta::minutes(2), 30),
            Self::Day => (TimeDelta::minutes(30), 48),
            Self::Week => (TimeDelta::hours(4), 42),
            Self::Month => (TimeDelta::days(1), 30),
        }
    }
}

/// Steps are of the clock (a day begins at midnight UTC), so the last one is still running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trends {
    pub span: Span,
    /// When the first step begins.
    #[serde(with = "time::millis")]
    pub from: Stamp,
    /// The earliest first.
    pub steps: Vec<Step>,
    /// Of what closed within the span.
    pub took: Took,
    /// Requests a second to AWS, by the [`RATE_STEP`], the earliest first; at most [`RATE_STEPS`].
    pub rates: Vec<u32>,
    /// By account id.
    pub accounts: Vec<AccountScore>,
}

/// Seconds of one step of the scan's rate.
pub const RATE_STEP: u64 = 30;
/// Half an hour.
pub const RATE_STEPS: usize = 60;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Open violations at its end, or now.
    pub open: BySeverity,
    pub opened: u64,
    pub closed: u64,
}

/// How an account's buckets (and the account itself) stand by all rules together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountScore {
    pub account: String,
    pub buckets: Tally,
}
