//! A rule as the rest of the crate sees it: read, checked, and ready to judge.

use std::{collections::BTreeSet, ops::Range};

use super::{fixtures::Fixture, param::Param, probe::Probe};
use crate::{
    domain::{Asset, Control, Document, HazardLevel, Manual, RuleRef, Scope, Severity},
    settings::Setting,
};

/// One rule. Everything in it has been checked at load: the settings exist, the expressions compile
/// and use known names, the control ids stand in the table.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    pub version: u32,
    /// What is wrong, in few words: `public-read bucket`.
    pub title: String,
    pub severity: Severity,
    /// What the fix writes; where a person does it, what it is about.
    pub setting: &'static dyn Setting,
    /// What judging needs, the written setting included.
    pub reads: Vec<&'static dyn Setting>,
    pub params: Vec<Param>,
    /// Rules that must not violate on a bucket before this one changes it.
    pub after: Vec<After>,
    /// Slugs of rows in `controls.csv`.
    pub controls: Vec<String>,
    /// The control in the violation line.
    pub primary: Control,
    /// Its siblings.
    pub frameworks: Vec<Control>,
    /// Every control that its rows stand for, in every framework and version; the ones above among
    /// them.
    pub derived: Vec<Control>,
    pub applies: Option<Applies>,
    pub violates: String,
    pub evidence: String,
    pub fix: Fix,
    /// What hazards want to know beside the settings.
    pub probes: Vec<Probe>,
    pub hazards: Vec<HazardRule>,
    pub rationale: String,
    pub references: Vec<String>,
    /// `rules/access/public-read.toml` for an embedded rule, else the path it was read from.
    pub file: String,
    /// The file's whole text.
    pub text: String,
    pub(super) tests: Vec<Fixture>,
}

impl Rule {
    /// Whether it stands for a control of this framework in this version.
    pub fn covers(&self, framework: &str, version: &str) -> bool {
        let of = |control: &&Control| control.framework == framework && control.version == version;
        self.derived.iter().any(|control| of(&control))
    }

    /// The controls that its tickets show, the primary one first.
    pub fn controls(&self) -> Vec<Control> {
        std::iter::once(&self.primary)
            .chain(&self.frameworks)
            .cloned()
            .collect()
    }

    /// The setting that a change of this rule writes; none where a person does it.
    pub fn writes(&self) -> Option<&'static dyn Setting> {
        self.fix.automatic().map(|_| self.setting)
    }

    /// What it is about: the asset whose setting the fix writes.
    pub fn scope(&self) -> Scope {
        self.setting.scope()
    }

    pub fn reference(&self) -> RuleRef {
        RuleRef {
            id: self.id.clone(),
            version: self.version,
        }
    }
}

/// A rule that comes before another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub rule: String,
    /// Where the file says so.
    pub(super) at: Range<usize>,
}

/// When a rule says anything about a bucket at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applies {
    pub when: String,
    /// Why the bucket is skipped where `when` is false.
    pub why: String,
    /// The settings that `when` looks at. It is asked even while others can't be read.
    pub(super) needs: BTreeSet<String>,
}

/// What ends a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    Automatic(Automatic),
    /// Something that no call of ours can do.
    Manual(Steps),
}

/// A write of the rule's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automatic {
    /// `remove public-read grant`
    pub action: String,
    /// Yields the whole document that the setting becomes.
    pub target: String,
    /// Why it can't be undone, whatever the setting says of the step. It then waits for a person in
    /// every environment.
    pub one_way: Option<String>,
}

/// What a person does, with [`PLACEHOLDERS`] in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// `turn on MFA delete`
    pub action: String,
    pub steps: Vec<String>,
}

/// What `{bucket}` and its like in a step stand for.
pub const PLACEHOLDERS: [&str; 3] = ["bucket", "region", "account"];

impl Steps {
    /// The steps for one asset.
    pub fn on(&self, asset: &Asset) -> Manual {
        let fill = |text: &String| {
            text.replace("{bucket}", asset.name())
                .replace("{region}", &asset.region)
                .replace("{account}", asset.account.as_str())
        };
        Manual {
            action: fill(&self.action),
            steps: self.steps.iter().map(fill).collect(),
        }
    }
}

impl Fix {
    pub fn action(&self) -> &str {
        match self {
            Self::Automatic(fix) => &fix.action,
            Self::Manual(steps) => &steps.action,
        }
    }

    /// None where a person does it.
    pub fn automatic(&self) -> Option<&Automatic> {
        match self {
            Self::Automatic(fix) => Some(fix),
            Self::Manual(_) => None,
        }
    }
}

/// A hazard that is said when its expression holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HazardRule {
    pub level: HazardLevel,
    /// S3 would refuse the fix while it holds, so none is planned.
    pub blocks: bool,
    pub when: String,
    pub text: String,
    /// Yields what it is about (grants, statements); put behind `text`.
    pub names: Option<String>,
    /// The probes whose answers it looks at.
    pub(super) probes: BTreeSet<String>,
}

/// The state of a setting in a test: a document, or why it could not be read.
pub type Reading = Result<Document, String>;
