//! Which controls of a framework the library's rules cover, and why the others are not covered.
//!
//! The controls are those that concern S3 at all, as `controls.csv` has them: nobody claims that a
//! bucket scanner covers the rest of ISO 27001. A control is covered by every rule that names one of
//! its rows.

use std::collections::BTreeMap;

use super::{
    frameworks::{Edition, Kind, natural},
    library::Library,
    rule::Rule,
};
use crate::domain::Control;

/// One framework in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub framework: String,
    pub version: String,
    /// `CIS 3.0.0`
    pub label: String,
    pub title: String,
    /// By id, as people count.
    pub controls: Vec<Covered>,
}

/// One control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    pub control: Control,
    /// Ids of the enabled rules that stand for it.
    pub rules: Vec<String>,
    /// Where there are none, why: what no call to S3 can do, or that no rule is there yet.
    pub why_not: Vec<String>,
}

impl Coverage {
    /// Controls that at least one rule covers.
    pub fn covered(&self) -> usize {
        let covered = self.controls.iter().filter(|c| !c.rules.is_empty());
        covered.count()
    }

    /// Every rule that covers one of the controls, each once.
    pub fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = self
            .controls
            .iter()
            .flat_map(|covered| covered.rules.iter().cloned())
            .collect();
        rules.sort();
        rules.dedup();
        rules
    }
}

impl Library {
    /// The coverage of every published framework and of the organisation's own controls, or of what
    /// was asked for; names as in [`Catalogue::select`](super::Catalogue::select).
    pub fn coverage(&self, wanted: Option<&str>) -> Result<Vec<Coverage>, String> {
        let editions: Vec<Edition<'_>> = if let Some(wanted) = wanted {
            self.catalogue().select(wanted)?
        } else {
            let all = self.catalogue().editions();
            all.filter(|edition| edition.framework.kind != Kind::Alias)
                .collect()
        };
        let one = |edition| self.coverage_of(edition);
        Ok(editions.into_iter().map(one).collect())
    }

    fn coverage_of(&self, edition: Edition<'_>) -> Coverage {
        let catalogue = self.catalogue();
        let mut rows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for slug in catalogue.slugs() {
            for id in catalogue.ids(slug, edition) {
                rows.entry(id.to_owned()).or_default().push(slug);
            }
        }
        let (framework, version) = (&edition.framework.name, &edition.version.name);
        for rule in self.rules() {
            for control in &rule.derived {
                if control.framework == *framework && control.version == *version {
                    rows.entry(control.id.clone()).or_default();
                }
            }
        }
        let mut controls: Vec<Covered> = rows
            .into_iter()
            .map(|(id, slugs)| {
                let control = Control {
                    framework: framework.clone(),
                    version: version.clone(),
                    id,
                };
                self.covered(control, &slugs)
            })
            .collect();
        controls.sort_by_key(|covered| natural(&covered.control.id));
        Coverage {
            framework: framework.clone(),
            version: version.clone(),
            label: edition.label(),
            title: edition.framework.title.clone(),
            controls,
        }
    }

    fn covered(&self, control: Control, slugs: &[&str]) -> Covered {
        let stands = |rule: &Rule| rule.derived.contains(&control);
        let rules: Vec<String> = self
            .enabled()
            .filter(|rule| stands(rule))
            .map(|rule| rule.id.clone())
            .collect();
        let mut why_not = Vec::new();
        if rules.is_empty() {
            let disabled = self.rules().iter().filter(|rule| stands(rule));
            why_not.extend(disabled.map(|rule| format!("the rule {} is disabled", rule.id)));
        }
        if rules.is_empty() && why_not.is_empty() {
            why_not.extend(slugs.iter().map(|slug| self.why_not(slug)));
        }
        Covered {
            control,
            rules,
            why_not,
        }
    }

    /// Why no rule stands for a row, in the words of `controls.csv` where it says why.
    fn why_not(&self, slug: &str) -> String {
        let fixable = self.catalogue().cell(slug, "can_be_auto_fixed");
        if fixable.starts_with("no") {
            format!("{slug}: {}", fixable.trim_start_matches("no: "))
        } else {
            format!("{slug}: no rule yet")
        }
    }
}
