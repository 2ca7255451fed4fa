//! What lies between two libraries: rules that came, went or changed, and in what.
//!
//! It looks at files and not at rules, so that a library of another version can be compared even where
//! this one would not load it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use toml::{Table, Value};

use super::{
    fault::{Faults, RuleFault},
    frameworks::Catalogue,
    library::{self, File},
};
use crate::domain::Digest;

/// What the binary has. `builtin+FOLDER` is a folder over it.
pub const BUILTIN: &str = "builtin";

/// Keys that decide what is violated or what is done about it.
const JUDGING: [&str; 10] = [
    "setting", "reads", "applies", "violates", "evidence", "fix", "manual", "hazards", "params",
    "probes",
];

/// Rule files by id, unchecked.
#[derive(Debug)]
pub struct Shelf {
    rules: BTreeMap<String, (String, Table)>,
    pub digest: Digest,
}

/// A rule that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub id: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Added {
        title: String,
    },
    Removed {
        title: String,
    },
    Changed {
        /// The versions before and after, as the files say them.
        versions: (String, String),
        fields: Vec<Field>,
        /// What is judged or done changed, and the version did not.
        unraised: bool,
    },
}

/// A key whose value differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `severity`, `hazards[0].when`, `tests: private`
    pub key: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl Shelf {
    /// `builtin`, a folder, or `builtin+FOLDER`.
    pub fn open(name: &str) -> Result<Self, Vec<RuleFault>> {
        let folder = |path: &str| library::files_of(Path::new(path)).map_err(|fault| vec![fault]);
        let sources = match name.strip_prefix(BUILTIN) {
            Some("") => vec![library::embedded()],
            Some(rest) if rest.starts_with('+') => {
                vec![library::embedded(), folder(&rest[1..])?]
            }
            _ => vec![folder(name)?],
        };
        Self::of(sources.into_iter().flatten())
    }

    /// Later files take the place of earlier ones with their id.
    fn of(files: impl Iterator<Item = File>) -> Result<Self, Vec<RuleFault>> {
        let mut rules = BTreeMap::new();
        let mut wrong = Vec::new();
        for (file, text) in files {
            let mut faults = Faults::new(&file, &text);
            match toml::from_str::<Table>(&text) {
                Err(error) => faults.add_toml(&error),
                Ok(table) => match table.get("id").and_then(Value::as_str).map(str::to_owned) {
                    Some(id) => drop(rules.insert(id, (text.clone(), table))),
                    None => faults.add(&(0..0), "id", "it is missing"),
                },
            }
            wrong.extend(faults.into_inner());
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let catalogue = Catalogue::embedded()
            .map_err(|error| vec![RuleFault::of_file("rules", error.to_string())])?;
        let texts = rules
            .iter()
            .map(|(id, (text, _))| (id.as_str(), text.as_str()));
        Ok(Self {
            digest: library::digest(texts, &catalogue),
            rules,
        })
    }

    /// What is otherwise in `new`, by rule id.
    pub fn differences(&self, new: &Self) -> Vec<Difference> {
        let ids: BTreeSet<&String> = self.rules.keys().chain(new.rules.keys()).collect();
        let difference = |id: &String| {
            let what = match (self.rules.get(id), new.rules.get(id)) {
                (Some((_, old)), Some((_, new))) => changed(old, new)?,
                (Some((_, old)), None) => What::Removed { title: title(old) },
                (None, Some((_, new))) => What::Added { title: title(new) },
                (None, None) => return None,
            };
            Some(Difference {
                id: id.clone(),
                what,
            })
        };
        ids.into_iter().filter_map(difference).collect()
    }
}

fn title(table: &Table) -> String {
    let title = table.get("title").and_then(Value::as_str);
    title.unwrap_or_default().to_owned()
}

fn changed(old: &Table, new: &Table) -> Option<What> {
    let (before, after) = (flat(old), flat(new));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let fields: Vec<Field> = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| Field {
            key: key.clone(),
            old: before.get(key).cloned(),
            new: after.get(key).cloned(),
        })
        .collect();
    if fields.is_empty() {
        return None;
    }
    let version = |table: &Table| table.get("version").map_or_else(String::new, shown);
    let versions = (version(old), version(new));
    let judging = |field: &Field| {
        let first = field.key.split(['.', '[']).next().unwrap_or_default();
        JUDGING.contains(&first)
    };
    Some(What::Changed {
        unraised: versions.0 == versions.1 && fields.iter().any(judging),
        versions,
        fields,
    })
}

/// Every value by its path; controls and tests by what they are called, since their order is nothing.
fn flat(table: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in table {
        match (key.as_str(), value.as_array()) {
            ("frameworks", Some(items)) => {
                for item in items {
                    let part = |key: &str| item.get(key).map_or_else(String::new, shown);
                    let name = format!("{} v{} {}", part("framework"), part("version"), part("id"));
                    let primary = item.get("primary").and_then(Value::as_bool) == Some(true);
                    let word = if primary { "primary" } else { "shown" };
                    found.insert(format!("frameworks: {name}"), word.to_owned());
                }
            }
            ("tests", Some(items)) => {
                for item in items {
                    let name = item.get("name").map_or_else(String::new, shown);
                    found.insert(format!("tests: {name}"), item.to_string());
                }
            }
            _ => walk(key, value, &mut found),
        }
    }
    found
}

fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                walk(&format!("{path}.{key}"), value, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (index, value) in items.iter().enumerate() {
                walk(&format!("{path}[{index}]"), value, found);
            }
        }
        value => drop(found.insert(path.to_owned(), shown(value))),
    }
}

/// Texts as they are; white space around them is nothing.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}
