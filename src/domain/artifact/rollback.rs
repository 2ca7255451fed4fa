//! 05: the inverse, computed from the backup and stored beside it. It runs when a person asks.

use serde::{Deserialize, Serialize};

use crate::domain::{ChangeId, Command, Stamp, time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    pub command: Command,
    /// Files that the command reads, all in the vault under the change id.
    pub files: Vec<String>,
    pub bound_to: ChangeId,
    pub ttl_days: u32,
    #[serde(with = "time::millis")]
    pub expires: Stamp,
    /// What can't be given back, in words.
    pub residue: Vec<String>,
    /// Of the manifest: `s3://vault/CHG-…/rollback.json`.
    pub uri: String,
    /// The inverse has already run, on its own, because verification failed.
    pub ran: bool,
}

impl Rollback {
    pub fn text(&self) -> String {
        let run = if self.ran {
            "run by the chain"
        } else {
            "stored, not run"
        };
        let mut text = format!(
            "inverse command ({run})\n{}\n\nbound to: {}\nTTL: {} days",
            self.command.text(),
            self.bound_to,
            self.ttl_days,
        );
        for line in &self.residue {
            text.push_str(&format!("\nnot restored: {line}"));
        }
        text
    }

    /// Whether a revert is still offered.
    pub fn open_at(&self, now: Stamp) -> bool {
        !self.ran && now < self.expires
    }

    pub fn until(&self) -> String {
        time::to_day(self.expires)
    }
}
