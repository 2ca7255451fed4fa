//! The controls of frameworks that a rule may name: `rules/controls.csv`, one row a control, one
//! column a framework in one version.
//!
//! A rule says which rows it stands for and may then use the ids of those rows and no others, so an
//! id that somebody made up, or remembered from another version, never reaches an auditor.

use std::collections::BTreeMap;

use crate::domain::Control;

const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls.csv"));

/// The framework of house rules: controls of our own, such as mandatory tags, that no published
/// framework has. Its ids look like `TAG-1` and need no row.
pub const HOUSE: (&str, &str) = ("House", "1");

/// (framework, version, column). CIS has one column for all of its versions, with `v1.3.0:1.20` in
/// it.
const COLUMNS: [(&str, Option<&str>, &str); 10] = [
    ("CIS", None, "CIS_AWS_Foundations"),
    ("SOC 2", Some("2017"), "SOC2"),
    ("ISO 27001", Some("2013"), "ISO27001_2013"),
    ("ISO 27001", Some("2022"), "ISO27001_2022"),
    ("HIPAA", Some("2013"), "HIPAA"),
    ("PCI-DSS", Some("3.2.1"), "PCI_DSS_3.2.1"),
    ("PCI-DSS", Some("4.0"), "PCI_DSS_4.0"),
    ("GDPR", Some("2016"), "GDPR"),
    ("NIST 800-53", Some("5"), "NIST_800_53r5"),
    ("Security Hub", Some("2024"), "securityhub_id"),
];

/// The table, by the slug of each row.
pub struct Catalogue {
    rows: BTreeMap<String, BTreeMap<String, String>>,
}

impl Catalogue {
    pub fn embedded() -> Result<Self, csv::Error> {
        let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
        let rows = reader
            .deserialize::<BTreeMap<String, String>>()
            .map(|row| row.map(|row| (row.get("control_slug").cloned().unwrap_or_default(), row)))
            .collect::<Result<_, _>>()?;
        Ok(Self { rows })
    }

    pub fn has(&self, slug: &str) -> bool {
        self.rows.contains_key(slug)
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
        let known: Vec<_> = COLUMNS
            .iter()
            .filter(|(name, _, _)| name == framework)
            .collect();
        let Some((_, fixed, column)) = known
            .iter()
            .find(|(_, fixed, _)| fixed.is_none_or(|fixed| fixed == version))
        else {
            let versions: Vec<_> = known.iter().filter_map(|(_, fixed, _)| *fixed).collect();
            return Err(if versions.is_empty() {
                format!("unknown framework `{framework}`")
            } else {
                format!("{framework} is known as version {}", versions.join(", "))
            });
        };
        let wanted = match fixed {
            Some(_) => id.clone(),
            None => format!("v{version}:{id}"),
        };
        let found = slugs
            .iter()
            .filter_map(|slug| self.rows.get(*slug))
            .any(|row| {
                let cell = row.get(*column).map_or("", String::as_str);
                cell.split(" | ").any(|entry| entry.trim() == wanted)
            });
        if found {
            Ok(())
        } else {
            Err(format!(
                "`{wanted}` is not in the column {column} of the rule's controls ({})",
                slugs.join(", ")
            ))
        }
    }
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
    fn every_column_that_we_name_is_in_the_table() {
        let table = Catalogue::embedded().unwrap();
        let row = table.rows.values().next().unwrap();
        for (_, _, column) in COLUMNS {
            assert!(row.contains_key(column), "{column}");
        }
    }
}
