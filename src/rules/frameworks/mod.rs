//! What rules may stand for: the frameworks of `rules/frameworks.toml`, their ids in
//! `rules/controls.csv` (one row a control, one column a framework), and where each id comes from, in
//! `rules/provenance.csv`.
//!
//! A rule says which rows it stands for. What it covers is derived: every id of those rows, in every
//! framework and version. The few that a ticket shows are chosen among them and no others, so an id
//! that somebody made up, or remembered from another version, never reaches an auditor.

mod list;
mod numbering;

use std::collections::BTreeMap;

use serde::Deserialize;

use list::List;
pub use list::{Edition, Framework, Kind};

use crate::domain::{Control, Digest};

const ROWS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls.csv"));
const PROVENANCE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/provenance.csv"));

/// The framework of house rules: controls of our own, such as mandatory tags, that no published
/// framework has. Its ids look like `TAG-1` and need no row.
pub const HOUSE: (&str, &str) = ("House", "1");

/// What is wrong with one of the embedded tables.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    #[error("rules/frameworks.toml: {0}")]
    Frameworks(#[from] toml::de::Error),
    #[error("rules/controls.csv or rules/provenance.csv: {0}")]
    Csv(#[from] csv::Error),
}

/// The tables.
#[derive(Debug)]
pub struct Catalogue {
    list: List,
    /// By the slug of each row.
    rows: BTreeMap<String, BTreeMap<String, String>>,
    /// By slug, column's name there, and what stands in the cell.
    sources: BTreeMap<(String, String, String), Vec<String>>,
}

#[derive(Deserialize)]
struct Origin {
    control_slug: String,
    framework: String,
    requirement_id: String,
    source: String,
}

impl Catalogue {
    pub fn embedded() -> Result<Self, TableFault> {
        let rows = csv::Reader::from_reader(ROWS.as_bytes())
            .deserialize::<BTreeMap<String, String>>()
            .map(|row| row.map(|row| (row.get("control_slug").cloned().unwrap_or_default(), row)))
            .collect::<Result<_, _>>()?;
        let mut sources: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for origin in csv::Reader::from_reader(PROVENANCE.as_bytes()).deserialize() {
            let origin: Origin = origin?;
            let key = (origin.control_slug, origin.framework, origin.requirement_id);
            sources.entry(key).or_default().push(origin.source);
        }
        let list = List::embedded()?;
        Ok(Self {
            list,
            rows,
            sources,
        })
    }

    /// Of the tables as they were read.
    pub fn digest(&self) -> Digest {
        Digest::of([list::FILE, ROWS, PROVENANCE].join("\0"))
    }

    /// Every framework in every version.
    pub fn editions(&self) -> impl Iterator<Item = Edition<'_>> {
        self.list.editions()
    }

    /// The versions that a person means by a framework's name, with or without a version.
    pub fn select(&self, wanted: &str) -> Result<Vec<Edition<'_>>, String> {
        self.list.select(wanted)
    }

    pub fn has(&self, slug: &str) -> bool {
        self.rows.contains_key(slug)
    }

    /// The slugs of all rows, in their order.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// What a row's column says, such as `can_be_auto_fixed`.
    pub fn cell(&self, slug: &str, column: &str) -> &str {
        let row = self.rows.get(slug);
        row.and_then(|row| row.get(column))
            .map_or("", |cell| cell.trim())
    }

    /// The ids that a row has in one framework and version, without the slips of other tools.
    pub fn ids<'a>(&'a self, slug: &'a str, edition: Edition<'a>) -> impl Iterator<Item = &'a str> {
        let cell = edition
            .column()
            .map_or("", |column| self.cell(slug, column));
        cell.split(" | ")
            // Config rules say in brackets which of them are no managed ones.
            .map(|entry| entry.split_once(" (").map_or(entry, |(id, _)| id).trim())
            .filter(|entry| !entry.is_empty())
            .filter_map(move |entry| entry.strip_prefix(edition.version.prefix.as_str()))
            .filter(move |id| self.slip(slug, edition, id).is_none())
    }

    fn slip(&self, slug: &str, edition: Edition<'_>, id: &str) -> Option<&str> {
        let (framework, version) = (&edition.framework.name, &edition.version.name);
        let slip = self.list.slips.iter().find(|slip| {
            slip.row == slug
                && slip.framework == *framework
                && slip.version == *version
                && slip.ids.iter().any(|other| other == id)
        });
        slip.map(|slip| slip.why.as_str())
    }

    /// Every id of these rows, each once, in the frameworks' order.
    pub fn derived<S: AsRef<str>>(&self, slugs: &[S]) -> Vec<Control> {
        let mut controls: Vec<Control> = Vec::new();
        for edition in self.editions() {
            let mut ids: Vec<&str> = slugs
                .iter()
                .flat_map(|slug| self.ids(slug.as_ref(), edition))
                .collect();
            ids.sort_by_key(|id| natural(id));
            ids.dedup();
            controls.extend(ids.into_iter().map(|id| Control {
                framework: edition.framework.name.clone(),
                version: edition.version.name.clone(),
                id: id.to_owned(),
            }));
        }
        controls
    }

    /// Who says that one of these rows belongs to this control.
    pub fn sources<S: AsRef<str>>(&self, slugs: &[S], control: &Control) -> Vec<String> {
        let Some(edition) = self.list.edition(&control.framework, &control.version) else {
            return Vec::new();
        };
        let Some(evidence) = edition.evidence() else {
            return vec![edition.framework.source.clone()];
        };
        let cell = format!("{}{}", edition.version.prefix, control.id);
        let mut found: Vec<String> = slugs
            .iter()
            .filter_map(|slug| {
                let key = (slug.as_ref().to_owned(), evidence.to_owned(), cell.clone());
                self.sources.get(&key)
            })
            .flatten()
            .cloned()
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// The edition of a control, where there is one.
    pub fn edition(&self, control: &Control) -> Option<Edition<'_>> {
        self.list.edition(&control.framework, &control.version)
    }

    /// Whether one of the rows `slugs` has this control; else why not.
    pub fn admits(&self, slugs: &[&str], control: &Control) -> Result<(), String> {
        let Control {
            framework,
            version,
            id,
        } = control;
        if framework == HOUSE.0 {
            return house(version, id);
        }
        let Some(edition) = self.edition(control) else {
            let known = self.editions().filter(|e| e.framework.name == *framework);
            let versions: Vec<_> = known.map(|e| e.version.name.as_str()).collect();
            return Err(if versions.is_empty() {
                format!("unknown framework `{framework}`")
            } else {
                format!("{framework} is known as version {}", versions.join(", "))
            });
        };
        if slugs
            .iter()
            .any(|slug| self.ids(slug, edition).any(|known| known == id))
        {
            return Ok(());
        }
        if let Some(why) = slugs.iter().find_map(|slug| self.slip(slug, edition, id)) {
            return Err(format!("`{id}` is a slip of other tools' maps: {why}"));
        }
        Err(format!(
            "`{}{id}` is not in the column {} of the rule's controls ({})",
            edition.version.prefix,
            edition.column().unwrap_or_default(),
            slugs.join(", ")
        ))
    }
}

/// Sorts `3.9` before `3.10`: digits count as numbers.
pub fn natural(id: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = id;
    while !rest.is_empty() {
        let word = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, tail) = rest.split_at(word);
        let digits = tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        parts.push((text.to_owned(), number.parse().unwrap_or(0)));
        rest = tail;
    }
    parts
}

fn house(version: &str, id: &str) -> Result<(), String> {
    let well_formed = id.split_once('-').is_some_and(|(word, number)| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if version == HOUSE.1 && well_formed {
        Ok(())
    } else {
        Err(format!(
            "a house control has version {} and an id such as TAG-1",
            HOUSE.1
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn control(framework: &str, version: &str, id: &str) -> Control {
        Control {
            framework: framework.to_owned(),
            version: version.to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn an_id_counts_only_in_its_own_row_framework_and_version() {
        let table = Catalogue::embedded().unwrap();
        let slugs = ["bucket_block_public_access"];
        for (framework, version, id, admitted) in [
            ("CIS", "1.3.0", "1.20", true),
            ("CIS", "1.4.0", "1.20", false),
            ("CIS", "1.3.0", "1.2", false),
            ("SOC 2", "2017", "CC6.6", false),
            ("HIPAA", "2013", "164.312(a)(1)", true),
            ("HIPAA", "1996", "164.312(a)(1)", false),
            ("Security Hub", "2024", "S3.8", true),
            (
                "AWS Config",
                "managed",
                "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
                true,
            ),
            ("Nonsense", "1", "1", false),
            ("House", "1", "TAG-1", true),
            ("House", "1", "CC6.6", false),
            ("House", "2", "TAG-1", false),
        ] {
            let outcome = table.admits(&slugs, &control(framework, version, id));
            assert_eq!(
                outcome.is_ok(),
                admitted,
                "{framework} {version} {id}: {outcome:?}"
            );
        }
        let elsewhere = ["bucket_public_read"];
        assert!(
            table
                .admits(&elsewhere, &control("SOC 2", "2017", "CC6.6"))
                .is_ok()
        );
    }

    #[test]
    fn every_column_that_a_framework_names_is_in_the_table() {
        let table = Catalogue::embedded().unwrap();
        let row = table.rows.values().next().unwrap();
        for edition in table.editions() {
            if let Some(column) = edition.column() {
                assert!(row.contains_key(column), "{edition}: {column}");
            }
        }
    }

    #[test]
    fn every_id_of_the_table_is_in_its_frameworks_own_list_and_has_a_source() {
        let table = Catalogue::embedded().unwrap();
        let slugs: Vec<_> = table.slugs().collect();
        let mut checked = 0;
        for slug in slugs {
            for control in table.derived(&[slug]) {
                let edition = table.edition(&control).unwrap();
                if let Some(numbering) = &edition.version.numbering {
                    assert!(numbering.has(&control.id), "{slug}: {}", control.long());
                    checked += 1;
                }
                let sources = table.sources(&[slug], &control);
                assert!(!sources.is_empty(), "{slug}: {}", control.long());
                let dangling = sources.iter().all(|source| source.contains("dangling"));
                assert!(!dangling, "{slug}: {}", control.long());
            }
        }
        assert!(checked > 1_000, "only {checked}");
    }

    #[test]
    fn every_cell_belongs_to_a_version_that_is_listed() {
        let table = Catalogue::embedded().unwrap();
        for (slug, row) in &table.rows {
            let cell = &row["CIS_AWS_Foundations"];
            for entry in cell.split(" | ").filter(|entry| !entry.is_empty()) {
                let known = table.editions().any(|edition| {
                    edition.framework.name == "CIS"
                        && entry.starts_with(edition.version.prefix.as_str())
                });
                assert!(known, "{slug}: {entry}");
            }
        }
    }

    #[test]
    fn the_known_mapping_slips_of_other_tools_are_not_repeated() {
        let table = Catalogue::embedded().unwrap();
        for (row, framework, version, id, why) in [
            // Prowler's PCI map has it through a check that does not exist.
            (
                "bucket_ssl_required",
                "PCI-DSS",
                "3.2.1",
                "8.2",
                "does not exist",
            ),
            // Prowler maps its cross-account check to replication.
            (
                "bucket_policy_cross_account_sensitive",
                "Security Hub",
                "2024",
                "S3.7",
                "replication",
            ),
            // ElectricEye takes a policy's being there for Block Public Access.
            (
                "bucket_policy_present",
                "CIS",
                "1.5.0",
                "2.1.5",
                "Block Public Access",
            ),
            (
                "bucket_policy_present",
                "CIS",
                "2.0.0",
                "2.1.4",
                "Block Public Access",
            ),
            (
                "bucket_policy_present",
                "CIS",
                "3.0.0",
                "2.1.4",
                "Block Public Access",
            ),
            // 1.20 is another control in each version of CIS.
            (
                "bucket_block_public_access",
                "CIS",
                "1.2.0",
                "1.20",
                "Support role",
            ),
            (
                "bucket_block_public_access",
                "CIS",
                "1.4.0",
                "1.20",
                "Access Analyzer",
            ),
            (
                "bucket_block_public_access",
                "CIS",
                "5.0.0",
                "1.20",
                "federation",
            ),
        ] {
            let wrong = control(framework, version, id);
            let told = table.admits(&[row], &wrong).unwrap_err();
            assert!(told.contains("slip") && told.contains(why), "{told}");
            assert!(
                !table.derived(&[row]).contains(&wrong),
                "{row}: {}",
                wrong.long()
            );
        }
        let replication = control("Security Hub", "2024", "S3.7");
        assert!(
            table
                .admits(&["bucket_cross_region_replication"], &replication)
                .is_ok()
        );
        // Prowler's synthetic letters (A.9.4.1.a) are no ids of ISO.
        for slug in table.slugs() {
            for control in table.derived(&[slug]) {
                let lettered = control.id.ends_with(|c: char| c.is_ascii_lowercase());
                assert!(
                    !(control.framework == "ISO 27001" && lettered),
                    "{}",
                    control.long()
                );
            }
        }
    }

    #[test]
    fn ids_sort_as_people_count() {
        let mut ids = ["3.10", "3.9", "AC-17(10)", "AC-2", "AC-17(9)"];
        ids.sort_by_key(|id| natural(id));
        assert_eq!(ids, ["3.9", "3.10", "AC-2", "AC-17(9)", "AC-17(10)"]);
    }
}
