//! `sixfold rules show`: the rule's file as it is, and below it, as comments, what it covers and who
//! says so. The whole output is the file again, with more comments.

use std::collections::BTreeMap;

use color_eyre::{Result, eyre::bail};

use crate::{
    cli::{exit, print},
    domain::Control,
    rules::{Catalogue, Edition, Kind, Library, Rule},
};

pub fn run(library: &Library, id: &str) -> Result<u8> {
    let Some(rule) = library.get(id) else {
        bail!("there is no rule `{id}`: `sixfold rules list` shows them all");
    };
    print::line(format!(
        "# {}\n\n{}\n\n{}",
        rule.file,
        rule.text.trim_end(),
        covered(rule, library.catalogue()).trim_end()
    ))?;
    Ok(exit::OK)
}

/// The ids of one framework and version that a rule covers.
pub fn ids<'a>(rule: &'a Rule, edition: Edition<'_>) -> Vec<&'a str> {
    let (framework, version) = (&edition.framework.name, &edition.version.name);
    let of = |control: &&Control| control.framework == *framework && control.version == *version;
    rule.derived
        .iter()
        .filter(of)
        .map(|control| control.id.as_str())
        .collect()
}

/// Frameworks and versions with their ids, each group of ids that has the same sources on a line of
/// its own; then what other tools call it.
fn covered(rule: &Rule, catalogue: &Catalogue) -> String {
    let mut text = if rule.controls.is_empty() {
        "# Covers, by the organisation's own list:\n".to_owned()
    } else {
        format!("# Covers, by {}:\n", rule.controls.join(", "))
    };
    let mut aliases = String::new();
    for edition in catalogue.editions() {
        let ids = ids(rule, edition);
        if ids.is_empty() {
            continue;
        }
        if edition.framework.kind == Kind::Alias {
            aliases.push_str(&format!("#   {edition}: {}\n", ids.join(", ")));
            continue;
        }
        text.push_str(&format!("#   {edition} ({})\n", edition.framework.title));
        // Ids that the same sources speak for stand together, in the order of their first.
        let mut groups: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for id in ids {
            let control = Control {
                framework: edition.framework.name.clone(),
                version: edition.version.name.clone(),
                id: id.to_owned(),
            };
            let sources = merged(&catalogue.sources(&rule.controls, &control));
            match groups.iter_mut().find(|(known, _)| *known == sources) {
                Some((_, group)) => group.push(id),
                None => groups.push((sources, vec![id])),
            }
        }
        for (sources, ids) in groups {
            text.push_str(&format!("#     {}\n", ids.join(", ")));
            for source in sources {
                text.push_str(&format!("#       from {source}\n"));
            }
        }
    }
    if !aliases.is_empty() {
        text.push_str("# Others call it:\n");
        text.push_str(&aliases);
    }
    for slug in &rule.controls {
        let notes = catalogue.cell(slug, "notes");
        if !notes.is_empty() {
            text.push_str(&format!("# Note on {slug}: {notes}\n"));
        }
    }
    text
}

/// Entries of one source on one line: `cis_v130 [a]` and `cis_v130 [b]` are `cis_v130 [a, b]`.
fn merged(sources: &[String]) -> Vec<String> {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources {
        let (name, entry) = source.split_once(" [").unwrap_or((source, ""));
        let list = entries.entry(name).or_default();
        list.extend(Some(entry.trim_end_matches(']')).filter(|entry| !entry.is_empty()));
    }
    let line = |(name, list): (&str, Vec<&str>)| {
        if list.is_empty() {
            name.to_owned()
        } else {
            format!("{name} [{}]", list.join(", "))
        }
    };
    entries.into_iter().map(line).collect()
}
