//! What would be done about a violation: computed once, hashed, and executed as hashed.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asset, ChangeId, Command, Digest, Document, canonical};

/// How bad a side effect of a fix may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HazardLevel {
    Note,
    Medium,
    High,
}

impl HazardLevel {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Something that a fix may break, said before anyone approves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hazard {
    pub level: HazardLevel,
    pub text: String,
}

/// How much of the state before a fix can be had back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reversibility {
    /// All of it. Also of plans that were recorded before there was this word.
    #[default]
    Exact,
    /// All but the plan's residue, which is minor.
    Residue,
    /// Something that counts is gone for good, for this reason. Never done without a person.
    OneWay(String),
}

impl Reversibility {
    /// Why it can't be undone, where it can't.
    pub fn one_way(&self) -> Option<&str> {
        match self {
            Self::OneWay(why) => Some(why),
            Self::Exact | Self::Residue => None,
        }
    }
}

/// The whole plan of a change: which document becomes which, by which command, and how it is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The setting that is written, such as `acl`.
    pub setting: String,
    /// In words: `remove public-read grant`.
    pub action: String,
    pub before: Document,
    pub target: Document,
    pub command: Command,
    pub inverse: Command,
    /// What the setting reads as once the inverse has run; equal to `before` but for the residue.
    pub restored: Digest,
    pub hazards: Vec<Hazard>,
    #[serde(default)]
    pub reversibility: Reversibility,
    /// What the inverse can't give back, in words; empty when it restores everything.
    pub residue: Vec<String>,
}

impl Plan {
    pub fn has_high_hazard(&self) -> bool {
        self.hazards
            .iter()
            .any(|hazard| hazard.level == HazardLevel::High)
    }

    /// What the approver sees, signs and the engine runs, as one value.
    pub fn hash(&self, change: ChangeId, asset: &Asset) -> Digest {
        Digest::of(canonical(&json!({
            "change": change,
            "asset": asset.uri(),
            "account": asset.account,
            "region": asset.region,
            "setting": self.setting,
            "before": self.before.digest(),
            "target": self.target,
            "command": self.command,
        })))
    }

    /// `acl-snapshot-CHG-2026-0418-114.json`: the file that the inverse command reads.
    pub fn snapshot_file(setting: &str, change: ChangeId) -> String {
        format!("{}-snapshot-{change}.json", setting.replace('_', "-"))
    }

    /// `policy-target-CHG-2026-0418-114.json`: the file that the command reads, where it needs one.
    pub fn target_file(setting: &str, change: ChangeId) -> String {
        format!("{}-target-{change}.json", setting.replace('_', "-"))
    }
}
