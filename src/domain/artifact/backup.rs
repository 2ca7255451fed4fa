//! 03: the state before, in the vault, read back and found equal. A receipt of this type is the only
//! key to a write.

use serde::{Deserialize, Serialize};

use crate::domain::{Digest, Stamp, time};

/// What a document holds, in the words of its setting: `grants captured: 3` and a line for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Summary {
    /// `grants`
    pub noun: String,
    pub count: usize,
    pub lines: Vec<String>,
}

/// 03: the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    pub file: String,
    pub summary: Summary,
    /// The vault's name.
    pub vault: String,
    /// Where the snapshot file lies: `s3://vault/CHG-…/acl-snapshot-CHG-….json`.
    pub uri: String,
    pub version_id: Option<String>,
    /// Of the file's bytes, as they were read back.
    pub sha256: Digest,
    /// Of the document in it; equal to the plan's before-hash.
    pub before: Digest,
    pub retention_days: u32,
    #[serde(with = "time::millis")]
    pub retained_until: Stamp,
}

impl Backup {
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}\n{} captured: {}\n",
            self.file, self.summary.noun, self.summary.count
        );
        for line in &self.summary.lines {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str(&format!(
            "stored at: s3://{}/\nretention: {} days",
            self.vault, self.retention_days
        ));
        text
    }
}
