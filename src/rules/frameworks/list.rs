//! `rules/frameworks.toml`: which frameworks there are, in which versions, where their ids stand, and
//! which ids of other tools' maps are slips.

use std::fmt;

use serde::Deserialize;

use super::numbering::Numbering;

pub const FILE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/rules/frameworks.toml"
));

/// What a framework's ids are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Published; it counts in coverage.
    Standard,
    /// Another tool's name for the same check.
    Alias,
    /// The organisation's own.
    Own,
}

/// A framework as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Short, as boxes print it: `CIS`, `SOC 2`.
    pub name: String,
    /// Other names that people type.
    #[serde(default)]
    pub also: Vec<String>,
    pub title: String,
    pub publisher: String,
    /// Where the published text is.
    pub source: String,
    pub kind: Kind,
    /// For all of its versions that name none themselves.
    #[serde(default)]
    column: Option<String>,
    #[serde(default)]
    evidence: Option<String>,
    pub versions: Vec<Version>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    #[serde(rename = "version")]
    pub name: String,
    /// What it is called with its version, where that is not name and version.
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    column: Option<String>,
    #[serde(default)]
    evidence: Option<String>,
    /// What stands before an id in the column.
    #[serde(default)]
    pub prefix: String,
    /// The ids that the published text has; none where we have no list of our own.
    #[serde(default)]
    pub numbering: Option<Numbering>,
}

/// An id in another tool's map that does not belong in that row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    pub row: String,
    pub framework: String,
    pub version: String,
    pub ids: Vec<String>,
    pub why: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub frameworks: Vec<Framework>,
    #[serde(default)]
    pub slips: Vec<Slip>,
}

/// One framework in one version: what a score is about.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    pub framework: &'a Framework,
    pub version: &'a Version,
}

impl Edition<'_> {
    pub fn column(&self) -> Option<&str> {
        let own = self.version.column.as_deref();
        own.or(self.framework.column.as_deref())
    }

    /// The name under which `provenance.csv` knows the column.
    pub fn evidence(&self) -> Option<&str> {
        let own = self.version.evidence.as_deref();
        own.or(self.framework.evidence.as_deref())
    }

    /// `CIS 3.0.0`, `ISO 27001:2022`, `NIST 800-53 r5`
    pub fn label(&self) -> String {
        self.version
            .label
            .clone()
            .unwrap_or_else(|| format!("{} {}", self.framework.name, self.version.name))
    }
}

impl fmt::Display for Edition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl List {
    pub fn embedded() -> Result<Self, toml::de::Error> {
        toml::from_str(FILE)
    }

    /// Every framework in every version, in the file's order.
    pub fn editions(&self) -> impl Iterator<Item = Edition<'_>> {
        self.frameworks.iter().flat_map(|framework| {
            let versions = framework.versions.iter();
            versions.map(move |version| Edition { framework, version })
        })
    }

    pub fn edition(&self, framework: &str, version: &str) -> Option<Edition<'_>> {
        self.editions()
            .find(|edition| edition.framework.name == framework && edition.version.name == version)
    }

    /// What a person means by `HIPAA` (every version), `cis 3.0.0`, `PCI-DSS v4.0`, `ISO 27001:2022`.
    /// Spaces, dashes and capitals don't matter. The error lists what there is.
    pub fn select(&self, wanted: &str) -> Result<Vec<Edition<'_>>, String> {
        let typed = plain(wanted);
        let names = |edition: &Edition<'_>| -> Vec<String> {
            let framework = edition.framework;
            let all = framework.also.iter().chain([&framework.name]);
            all.map(|name| plain(name)).collect()
        };
        let meant = |edition: &Edition<'_>| {
            let version = plain(&edition.version.name);
            plain(&edition.label()) == typed
                || names(edition).iter().any(|name| {
                    typed.strip_prefix(name.as_str()).is_some_and(|rest| {
                        rest.is_empty()
                            || rest == version
                            || rest.strip_prefix(['v', 'r']) == Some(version.as_str())
                    })
                })
        };
        let found: Vec<_> = self.editions().filter(meant).collect();
        if found.is_empty() {
            let all: Vec<_> = self.editions().map(|edition| edition.label()).collect();
            return Err(format!(
                "no framework is called `{wanted}`; there are {}",
                all.join(", ")
            ));
        }
        Ok(found)
    }
}

/// Letters, digits and the dots between them: `PCI-DSS v4.0` is `pcidssv4.0`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn people_may_name_a_framework_as_they_are_used_to() {
        let list = List::embedded().unwrap();
        for (typed, labels) in [
            ("HIPAA", &["HIPAA 2013"][..]),
            ("hipaa security rule", &["HIPAA 2013"]),
            ("CIS 3.0.0", &["CIS 3.0.0"]),
            ("cis v3.0.0", &["CIS 3.0.0"]),
            ("CIS AWS Foundations 4.0.1", &["CIS 4.0.1"]),
            ("PCI-DSS 4.0", &["PCI-DSS 4.0"]),
            ("pci dss v3.2.1", &["PCI-DSS 3.2.1"]),
            ("ISO 27001:2022", &["ISO 27001:2022"]),
            ("ISO 27001", &["ISO 27001:2013", "ISO 27001:2022"]),
            ("soc2", &["SOC 2 2017"]),
            ("NIST 800-53 r5", &["NIST 800-53 r5"]),
            ("Security Hub", &["Security Hub"]),
            ("House", &["House"]),
        ] {
            let found = list.select(typed).unwrap();
            let found: Vec<_> = found.iter().map(Edition::label).collect();
            assert_eq!(found, labels, "{typed}");
        }
        assert_eq!(list.select("CIS").unwrap().len(), 11);
    }

    #[test]
    fn an_unknown_framework_or_version_is_answered_with_what_there_is() {
        let list = List::embedded().unwrap();
        for typed in ["FedRAMP", "CIS 9.9.9", "CIS 3", "", "PCI-DSS 4.0.0"] {
            let told = list.select(typed).unwrap_err();
            assert!(told.contains("CIS 3.0.0, CIS 4.0.0"), "{told}");
            assert!(told.contains(&format!("`{typed}`")), "{told}");
        }
    }

    #[test]
    fn no_framework_has_a_version_twice_and_standards_say_where_their_ids_stand() {
        let list = List::embedded().unwrap();
        let mut labels: Vec<_> = list.editions().map(|edition| edition.label()).collect();
        let count = labels.len();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), count);
        for edition in list.editions() {
            let kind = edition.framework.kind;
            assert_eq!(edition.column().is_none(), kind == Kind::Own, "{edition}");
            assert_eq!(
                edition.evidence().is_some(),
                kind == Kind::Standard,
                "{edition}"
            );
            if kind != Kind::Own {
                assert!(
                    edition.framework.source.starts_with("https://"),
                    "{edition}"
                );
            }
        }
    }
}
