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
    /// Those among them whose violations a person ends.
    pub manual: Vec<String>,
    /// Where there are none, why: what no call to S3 can do, or that no rule is there yet.
    pub why_not: Vec<String>,
}

impl Covered {
    /// The rules, and of each whether a person has to do it: `tls-only, mfa-delete (by hand)`.
    pub fn words(&self) -> String {
        let word = |rule: &String| {
            if self.manual.contains(rule) {
                format!("{rule} (by hand)")
            } else {
                rule.clone()
            }
        };
        self.rules.iter().map(word).collect::<Vec<_>>().join(", ")
    }
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
        let standing = || self.enabled().filter(|rule| stands(rule));
        let rules: Vec<String> = standing().map(|rule| rule.id.clone()).collect();
        let manual = standing()
            .filter(|rule| rule.fix.automatic().is_none())
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
            manual,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_control_without_a_rule_says_in_the_tables_words_what_no_call_can_do() {
        let mut library = Library::load(None).unwrap();
        let all: Vec<String> = library.rules().iter().map(|rule| rule.id.clone()).collect();
        let (slug, told) = ("bucket_mfa_delete", "only root with an MFA device");
        assert!(library.why_not(slug).contains(told));
        assert!(
            library
                .why_not("bucket_ssl_required")
                .ends_with("no rule yet")
        );
        for id in &all {
            library.disable(id);
        }
        for coverage in library.coverage(None).unwrap() {
            assert_eq!(coverage.covered(), 0, "{}", coverage.label);
            for covered in &coverage.controls {
                assert!(!covered.why_not.is_empty(), "{}", covered.control.long());
            }
        }
    }

    #[test]
    fn a_rule_that_a_person_carries_out_is_told_apart() {
        let library = Library::load(None).unwrap();
        let cis = &library.coverage(Some("CIS 3.0.0")).unwrap()[0];
        let of = |id: &str| cis.controls.iter().find(|c| c.control.id == id).unwrap();
        assert_eq!(of("2.1.2").words(), "mfa-delete (by hand)");
        assert!(of("2.1.1").words().contains("tls-only"));
        assert!(of("2.1.1").manual.is_empty());
    }
}
