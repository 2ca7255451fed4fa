//! Severities and the controls of frameworks that a rule stands for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ordered: `Severity::Critical` is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One control of one version of a framework. Numbers move between versions (CIS 1.20 is Block
/// Public Access in v1.3.0 and something else before and after), so the version always goes along.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Control {
    /// Short name, as boxes print it: `CIS`, `SOC 2`, `ISO 27001`, `HIPAA`, `PCI-DSS`, `GDPR`.
    pub framework: String,
    pub version: String,
    pub id: String,
}

impl Control {
    /// `CIS 1.20`
    pub fn short(&self) -> String {
        format!("{} {}", self.framework, self.id)
    }

    /// `CIS v1.3.0 1.20`
    pub fn long(&self) -> String {
        format!("{} v{} {}", self.framework, self.version, self.id)
    }
}

/// `SOC 2 CC6.6 · ISO 27001 A.9.4.1`
pub fn tags(controls: &[Control]) -> String {
    controls
        .iter()
        .map(Control::short)
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A rule by name and version, as it was when it judged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleRef {
    pub id: String,
    pub version: u32,
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.id, self.version)
    }
}
