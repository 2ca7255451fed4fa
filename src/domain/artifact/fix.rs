//! 04: what was run, what was predicted, and what was then read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Command, Digest, Stamp, time};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixStatus {
    /// Written and verified.
    Applied,
    /// The state was already as predicted; nothing had to be written (again).
    FoundApplied,
    /// Verification read something else, and the state before was put back and verified.
    RolledBack,
    /// Nothing was written, or a person must look.
    Halted,
}

impl fmt::Display for FixStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::FoundApplied => "found-applied",
            Self::RolledBack => "rolled-back",
            Self::Halted => "halted",
        })
    }
}

/// 04: the fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    pub command: Command,
    /// The provider's id of the write; none where nothing was written by this process.
    pub request_id: Option<String>,
    pub read_before: Digest,
    pub predicted: Digest,
    /// What the last read gave; none when no read succeeded.
    pub observed: Option<Digest>,
    /// `acl returns 1 grant` and what it is.
    pub verify: Vec<String>,
    /// Reads that verification took.
    pub attempts: u32,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub status: FixStatus,
    /// Why it halted or rolled back.
    pub cause: Option<String>,
}

impl Fix {
    pub fn text(&self) -> String {
        let mut text = format!("remediation command\n{}\n", self.command.text());
        if let Some((first, rest)) = self.verify.split_first() {
            text.push_str(&format!("\nverify: {first}\n"));
            for line in rest {
                text.push_str(&format!("        ({line})\n"));
            }
        }
        text.push_str(&format!("status: {}", self.status));
        if let Some(cause) = &self.cause {
            text.push_str(&format!("\ncause: {cause}"));
        }
        text
    }
}
