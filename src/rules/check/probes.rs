//! The probes of a rule file.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::{
    rules::{
        expression::Scope,
        fault::Faults,
        probe::{Kind, Probe},
        schema::{ProbeTable, RuleFile},
    },
    settings::{self, Setting},
};

pub fn check(tables: &[ProbeTable], scope: &Scope, faults: &mut Faults) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let key = |field: &str| format!("probes[{index}].{field}");
        let name = table.name.get_ref();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            let message = "lower-case letters and `_` are wanted: expressions use it";
            faults.add(&table.name.span(), key("name"), message);
        }
        let taken =
            scope.variables.contains_key(name) || probes.iter().any(|probe| probe.name == *name);
        if taken || settings::by_name(name).is_some() {
            let message = format!("`{name}` is the name of something else already");
            faults.add(&table.name.span(), key("name"), message);
        }
        if table.about.get_ref().trim().is_empty() {
            faults.add(&table.about.span(), key("about"), "it is empty");
        }
        let reads = reads(table, &key("reads"), faults);
        let (kind, expression) = match (&table.bucket, &table.key, &table.objects) {
            (Some(source), None, None) => (Kind::Bucket(reads), source),
            (None, Some(source), None) => (Kind::Key, source),
            (None, None, Some(source)) => (Kind::Objects, source),
            _ => {
                let message = "exactly one of `bucket`, `key` and `objects` is wanted";
                faults.add(&table.name.span(), key("name"), message);
                continue;
            }
        };
        if let (Kind::Key | Kind::Objects, Some(read)) = (&kind, table.reads.first()) {
            faults.add(
                &read.span(),
                key("reads"),
                "only a `bucket` has settings to read",
            );
        }
        probes.push(Probe {
            name: name.clone(),
            about: table.about.get_ref().clone(),
            kind,
            expression: expression.get_ref().clone(),
        });
    }
    probes
}

fn reads(table: &ProbeTable, key: &str, faults: &mut Faults) -> Vec<&'static dyn Setting> {
    let mut found: Vec<&'static dyn Setting> = Vec::new();
    for name in &table.reads {
        match settings::by_name(name.get_ref()) {
            Some(setting) => found.push(setting),
            None => faults.add(
                &name.span(),
                key,
                format!("unknown setting `{}`", name.get_ref()),
            ),
        }
    }
    found
}

/// What hazards may name: what every expression may, and the answers.
pub fn scope(scope: &Scope, probes: &[Probe]) -> Scope {
    let mut variables = scope.variables.clone();
    for probe in probes {
        let fields: BTreeSet<String> = probe.kind.fields().into_iter().map(str::to_owned).collect();
        variables.insert(probe.name.clone(), fields);
    }
    Scope { variables }
}

/// Asking costs calls: every answer must be of use to some hazard.
pub fn check_uses(read: &RuleFile, used: &BTreeSet<String>, faults: &mut Faults) {
    for (index, table) in read.probes.iter().enumerate() {
        let name: &Spanned<String> = &table.name;
        if !used.contains(name.get_ref()) {
            let message = "no hazard looks at it";
            faults.add(&name.span(), format!("probes[{index}].name"), message);
        }
    }
}
