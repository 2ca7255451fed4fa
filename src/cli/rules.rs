//! `sixfold rules`: what is judged, why, and whether the rule files keep their own promises.

use std::path::Path;

use color_eyre::{
    Report, Result,
    eyre::{bail, eyre},
};

use super::{
    args::{Common, Rules},
    exit, print,
};
use crate::{
    config::Config,
    domain::Control,
    rules::{Library, Rule, RuleFault},
};

pub fn run(common: &Common, command: Rules) -> Result<u8> {
    // The library is looked at without a config too: rule authors need no account.
    let folder = if common.config.exists() {
        Config::load(&common.config)?.rules.directory
    } else {
        None
    };
    match command {
        Rules::List { framework } => list(&load(folder.as_deref())?, framework.as_deref()),
        Rules::Show { id } => show(&load(folder.as_deref())?, &id),
        Rules::Test { folder: given } => test(&load(given.as_deref().or(folder.as_deref()))?),
    }
}

fn load(folder: Option<&Path>) -> Result<Library> {
    Library::load(folder).map_err(|faults| refused(&faults))
}

/// Every fault of a library, one a line.
fn refused(faults: &[RuleFault]) -> Report {
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    eyre!("the rule library can't be used:\n{}", lines.join("\n"))
}

fn list(library: &Library, framework: Option<&str>) -> Result<u8> {
    let of = |rule: &&std::sync::Arc<Rule>| {
        framework.is_none_or(|wanted| {
            rule.controls()
                .iter()
                .any(|control| control.framework.eq_ignore_ascii_case(wanted))
        })
    };
    let rows: Vec<_> = library
        .rules()
        .iter()
        .filter(of)
        .map(|rule| {
            let controls: Vec<_> = rule.controls().iter().map(Control::long).collect();
            vec![
                rule.severity.to_string(),
                rule.id.clone(),
                rule.setting.name().to_owned(),
                rule.title.clone(),
                controls.join(" · "),
            ]
        })
        .collect();
    if let (Some(framework), true) = (framework, rows.is_empty()) {
        bail!("no rule stands for a control of `{framework}`");
    }
    print::bytes(print::table(&rows).as_bytes())?;
    Ok(exit::OK)
}

fn show(library: &Library, id: &str) -> Result<u8> {
    let Some(rule) = library.get(id) else {
        bail!("there is no rule `{id}`: `sixfold rules list` shows them all");
    };
    print::line(format!("# {}\n\n{}", rule.file, rule.text.trim_end()))?;
    Ok(exit::OK)
}

fn test(library: &Library) -> Result<u8> {
    let results = library.test();
    let mut failed = 0;
    for result in &results {
        if let Err(why) = &result.outcome {
            failed += 1;
            print::line(format!(
                "{}:{}: {}: {why}",
                result.file, result.line, result.test
            ))?;
        }
    }
    print::line(format!(
        "{} cases of {} rules, {failed} failed",
        results.len(),
        library.rules().len()
    ))?;
    Ok(if failed == 0 { exit::OK } else { exit::FAILED })
}
