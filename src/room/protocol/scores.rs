//! How frameworks stand, in the protocol's words.

use serde::{Deserialize, Serialize};

use crate::domain::Tally;

/// A framework in one version, as the rules cover it and the buckets stand by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub framework: String,
    pub version: String,
    /// `CIS 3.0.0`
    pub label: String,
    pub title: String,
    /// Controls that concern S3, and those of them that a rule covers.
    pub controls: usize,
    pub covered: usize,
    pub rules: usize,
    pub buckets: Tally,
}

/// A control of one framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlScore {
    pub id: String,
    /// Ids of the rules that cover it.
    pub rules: Vec<String>,
    /// Those among them whose violations a person ends.
    pub manual: Vec<String>,
    /// Why none does, where that is so.
    pub why_not: Vec<String>,
    pub buckets: Tally,
}
