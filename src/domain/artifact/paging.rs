//! A page to whoever is on call beyond the people who were asked: an approval that nobody gave, or a
//! change that only a person can carry on.
//!
//! It goes out and nothing comes back. Whoever acknowledges it has decided nothing.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PagingAction {
    /// Somebody has to look.
    Trigger,
    /// What it was about is over.
    Resolve,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paging {
    pub action: PagingAction,
    /// In words: `nobody decided in 2 rounds`.
    pub cause: String,
    /// Channels that were configured when this was written, by name.
    pub deliver_to: Vec<String>,
}

impl Paging {
    pub fn headline(&self) -> String {
        match self.action {
            PagingAction::Trigger => format!("paged: {}", self.cause),
            PagingAction::Resolve => format!("page resolved: {}", self.cause),
        }
    }
}
