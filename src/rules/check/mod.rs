//! From a file's text to a rule, or to everything that is wrong with it.

mod fix;
mod params;
mod probes;
mod tests_inside;

use std::collections::BTreeSet;

use cel::Env;
use toml::Spanned;

pub use params::disagreements;

use super::{
    expression::{Expression, Scope, Uses},
    fault::{Faults, RuleFault},
    frameworks::Catalogue,
    rule::{After, Applies, HazardRule, Rule},
    schema::{HazardTable, RuleFile},
    vocabulary,
};
use crate::{
    domain::{self, Control},
    settings::{self, Setting},
};

/// Reads one file. To be called on a deep stack: it compiles the expressions.
pub fn rule(
    file: &str,
    text: &str,
    catalogue: &Catalogue,
    env: &Env,
) -> Result<Rule, Vec<RuleFault>> {
    let mut faults = Faults::new(file, text);
    let mut read: RuleFile = match toml::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            faults.add_toml(&error);
            return Err(faults.into_inner());
        }
    };
    check_words(&read, &mut faults);
    fix::check(&read, &mut faults);
    let (setting, reads) = check_settings(&read, &mut faults);
    let controls = check_controls(&read, catalogue, &mut faults);
    let params = params::check(&read.params, &mut faults);
    let scope = vocabulary::scope(&reads, &params);
    let probes = probes::check(&read.probes, &scope, &mut faults);
    let applies_uses = check_expressions(&read, env, &scope, &mut faults);
    let mut asked = check_hazards(&read, env, &probes::scope(&scope, &probes), &mut faults);
    for uses in &mut asked {
        uses.retain(|name| probes.iter().any(|probe| probe.name == *name));
    }
    probes::check_uses(
        &read,
        &asked.iter().flatten().cloned().collect(),
        &mut faults,
    );
    let tests = tests_inside::check(&read, &reads, setting, &params, &probes, &mut faults);

    let (Some(setting), Some((primary, frameworks)), Some(fix), true) =
        (setting, controls, fix::fix(&mut read), faults.is_empty())
    else {
        return Err(faults.into_inner());
    };
    let applies = read
        .applies
        .zip(read.applies_why)
        .map(|(when, why)| Applies {
            when: when.into_inner(),
            why: why.into_inner(),
            needs: applies_uses
                .variables
                .into_iter()
                .filter(|name| settings::by_name(name).is_some())
                .collect(),
        });
    let controls: Vec<String> = read.controls.into_iter().map(Spanned::into_inner).collect();
    let derived = derived(catalogue, &controls, &primary, &frameworks);
    Ok(Rule {
        id: read.id.into_inner(),
        version: read.version,
        title: read.title.into_inner(),
        severity: read.severity,
        setting,
        reads,
        params,
        after: read
            .after
            .into_iter()
            .map(|rule| After {
                at: rule.span(),
                rule: rule.into_inner(),
            })
            .collect(),
        controls,
        primary,
        frameworks,
        derived,
        applies,
        violates: read.violates.into_inner(),
        evidence: read.evidence.into_inner(),
        fix,
        probes,
        hazards: read
            .hazards
            .into_iter()
            .zip(asked)
            .map(|(hazard, probes)| HazardRule {
                level: hazard.level,
                blocks: hazard.blocks,
                when: hazard.when.into_inner(),
                text: hazard.text.into_inner(),
                names: hazard.names.map(Spanned::into_inner),
                probes,
            })
            .collect(),
        rationale: read.rationale.into_inner().trim().to_owned(),
        references: read
            .references
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        file: file.to_owned(),
        text: text.to_owned(),
        tests,
    })
}

/// Two rules of one source with one id.
pub fn same_id(rule: &Rule, other: &Rule) -> RuleFault {
    let is_id = |line: &str| {
        line.trim_start()
            .strip_prefix("id")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    RuleFault {
        file: rule.file.clone(),
        line: rule.text.lines().position(is_id).map_or(1, |at| at + 1),
        column: 1,
        key: "id".to_owned(),
        message: format!("`{}` is the id of {} too", rule.id, other.file),
    }
}

fn check_words(read: &RuleFile, faults: &mut Faults) {
    let id = read.id.get_ref();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(plain) {
        faults.add(
            &read.id.span(),
            "id",
            "lower-case letters, digits and dashes are wanted",
        );
    }
    let mut words = vec![
        ("title".to_owned(), &read.title),
        ("rationale".to_owned(), &read.rationale),
    ];
    if let Some(fix) = &read.fix {
        words.push(("fix.action".to_owned(), &fix.action));
        words.extend((fix.one_way.iter()).map(|why| ("fix.one_way".to_owned(), why)));
    }
    words.extend(
        read.applies_why
            .iter()
            .map(|why| ("applies_why".to_owned(), why)),
    );
    words.extend(
        (read.hazards.iter().enumerate())
            .map(|(at, hazard)| (format!("hazards[{at}].text"), &hazard.text)),
    );
    for (key, word) in words {
        if word.get_ref().trim().is_empty() {
            faults.add(&word.span(), key, "it is empty");
        }
    }
    for reference in &read.references {
        if !reference.get_ref().starts_with("https://") {
            faults.add(
                &reference.span(),
                "references",
                "an https:// address is wanted",
            );
        }
    }
    match (&read.applies, &read.applies_why) {
        (Some(when), None) => {
            faults.add(
                &when.span(),
                "applies",
                "`applies_why` is missing: say why others are skipped",
            );
        }
        (None, Some(why)) => faults.add(&why.span(), "applies_why", "there is no `applies`"),
        _ => {}
    }
}

type Settings = (Option<&'static dyn Setting>, Vec<&'static dyn Setting>);

/// The written setting, and all that are read, itself included, each once.
fn check_settings(read: &RuleFile, faults: &mut Faults) -> Settings {
    let names: Vec<&str> = settings::all()
        .iter()
        .map(|setting| setting.name())
        .collect();
    let mut find = |key: &str, name: &Spanned<String>| {
        let found = settings::by_name(name.get_ref());
        if found.is_none() {
            let message = format!(
                "unknown setting `{}`; there are {}",
                name.get_ref(),
                names.join(", ")
            );
            faults.add(&name.span(), key, message);
        }
        found
    };
    let setting = find("setting", &read.setting);
    let written = setting.filter(|_| read.fix.is_some());
    let read_only = written.filter(|setting| setting.is_read_only());
    let mut reads: Vec<_> = setting.into_iter().collect();
    let mut foreign = Vec::new();
    for name in &read.reads {
        let Some(found) = find("reads", name) else {
            continue;
        };
        match (setting.map(Setting::scope), found.scope()) {
            (Some(domain::Scope::Account), domain::Scope::Bucket) => foreign.push(name),
            _ if reads.iter().any(|known| known.name() == found.name()) => {}
            _ => reads.push(found),
        }
    }
    if let Some(setting) = read_only {
        let message = format!(
            "S3 has no call that changes `{}`: what violates, a person mends, as [manual] says",
            setting.name()
        );
        faults.add(&read.setting.span(), "setting", message);
    }
    for name in foreign {
        let message = format!(
            "a rule about the account can't read `{}`: every bucket has one of its own",
            name.get_ref()
        );
        faults.add(&name.span(), "reads", message);
    }
    (setting, reads)
}

/// The primary control and its siblings.
fn check_controls(
    read: &RuleFile,
    catalogue: &Catalogue,
    faults: &mut Faults,
) -> Option<(Control, Vec<Control>)> {
    for slug in &read.controls {
        if !catalogue.has(slug.get_ref()) {
            let message = format!("controls.csv has no row `{}`", slug.get_ref());
            faults.add(&slug.span(), "controls", message);
        }
    }
    let slugs: Vec<&str> = read
        .controls
        .iter()
        .map(|slug| slug.get_ref().as_str())
        .collect();
    let mut primary = None;
    let mut siblings = Vec::new();
    for (index, table) in read.frameworks.iter().enumerate() {
        let control = Control {
            framework: table.get_ref().framework.clone(),
            version: table.get_ref().version.clone(),
            id: table.get_ref().id.clone(),
        };
        if let Err(message) = catalogue.admits(&slugs, &control) {
            faults.add(&table.span(), format!("frameworks[{index}].id"), message);
        }
        match (table.get_ref().primary, &primary) {
            (true, None) => primary = Some(control),
            (true, Some(_)) => {
                let key = format!("frameworks[{index}].primary");
                faults.add(&table.span(), key, "another one is primary already");
            }
            (false, _) => siblings.push(control),
        }
    }
    if primary.is_none() {
        faults.add(&read.id.span(), "frameworks", "one of them must be primary");
    }
    primary.map(|primary| (primary, siblings))
}

/// What the rows stand for, and the organisation's own controls, which have no row.
fn derived(
    catalogue: &Catalogue,
    rows: &[String],
    primary: &Control,
    siblings: &[Control],
) -> Vec<Control> {
    let mut derived = catalogue.derived(rows);
    for control in std::iter::once(primary).chain(siblings) {
        if !derived.contains(control) {
            derived.push(control.clone());
        }
    }
    derived
}

/// Compiles every expression and looks at its names; returns those that `applies` uses.
fn check_expressions(read: &RuleFile, env: &Env, scope: &Scope, faults: &mut Faults) -> Uses {
    let mut check =
        |key: &str, source: &Spanned<String>| check_expression(key, source, env, scope, faults);
    check("violates", &read.violates);
    check("evidence", &read.evidence);
    if let Some(fix) = &read.fix {
        check("fix.target", &fix.target);
    }
    for (index, probe) in read.probes.iter().enumerate() {
        let sources = [
            ("bucket", &probe.bucket),
            ("key", &probe.key),
            ("objects", &probe.objects),
        ];
        for (kind, source) in sources {
            if let Some(source) = source {
                check(&format!("probes[{index}].{kind}"), source);
            }
        }
    }
    let applies = read.applies.as_ref();
    applies.map_or_else(Uses::default, |when| check("applies", when))
}

/// The same for the hazards, which alone see what probes found; returns the variables of each.
fn check_hazards(
    read: &RuleFile,
    env: &Env,
    scope: &Scope,
    faults: &mut Faults,
) -> Vec<BTreeSet<String>> {
    let mut check = |key: String, source: &Spanned<String>| {
        check_expression(&key, source, env, scope, faults).variables
    };
    let uses = |(index, hazard): (usize, &HazardTable)| {
        let mut variables = check(format!("hazards[{index}].when"), &hazard.when);
        if let Some(names) = &hazard.names {
            variables.extend(check(format!("hazards[{index}].names"), names));
        }
        variables
    };
    read.hazards.iter().enumerate().map(uses).collect()
}

fn check_expression(
    key: &str,
    source: &Spanned<String>,
    env: &Env,
    scope: &Scope,
    faults: &mut Faults,
) -> Uses {
    let compiled = Expression::compile(env, source.get_ref());
    match compiled.and_then(|expression| expression.uses(scope)) {
        Ok(uses) => uses,
        Err(message) => {
            faults.add_within(&source.span(), key, message);
            Uses::default()
        }
    }
}
