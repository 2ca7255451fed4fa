//! Where a reader goes on from a change.

use serde::{Deserialize, Serialize};

/// A web address to read on at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What is there: the `rule`'s source, or the bucket in AWS's `console`.
    pub what: String,
    pub address: String,
}
