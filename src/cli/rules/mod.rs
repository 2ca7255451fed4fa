//! `sixfold rules`: what is judged, why, and whether the rule files keep their own promises.

mod author;
mod show;

use std::{path::Path, sync::Arc};

use color_eyre::{
    Report, Result,
    eyre::{bail, eyre},
};

use super::{
    args::{Common, Rules},
    coverage, exit, print, scan,
};
use crate::{
    config::Config,
    domain::Control,
    rules::{Edition, Library, Rule, RuleFault},
};

pub async fn run(common: &Common, command: Rules) -> Result<u8> {
    // The library is looked at without a config too: rule authors need no account.
    let folder = if common.config.exists() {
        Config::load(&common.config)?.rules.directory
    } else {
        None
    };
    match command {
        Rules::List { framework } => list(&load(folder.as_deref())?, framework.as_deref()),
        Rules::Show { id } => show::run(&load(folder.as_deref())?, &id),
        Rules::Coverage {
            framework,
            estate,
            json,
        } => {
            let look = if estate {
                Some(scan::look(common).await?)
            } else {
                None
            };
            let library = match &look {
                Some(look) => Arc::clone(&look.library),
                None => Arc::new(load(folder.as_deref())?),
            };
            let seen = look.as_ref().map(|look| look.seen.as_slice());
            coverage::run(&library, seen, framework.as_deref(), json)
        }
        Rules::New {
            id,
            setting,
            folder: given,
        } => {
            let library = load(folder.as_deref())?;
            let here = Path::new(".");
            let into = given.as_deref().or(folder.as_deref()).unwrap_or(here);
            author::new(&library, into, &id, &setting)
        }
        Rules::Lint {
            folder: given,
            strict,
        } => author::lint(given.as_deref().or(folder.as_deref()), strict),
        Rules::Schema => author::schema(),
        Rules::Diff { old, new } => author::diff(&old, &new),
        Rules::Docs { folder: given } => author::docs(given.as_deref().or(folder.as_deref())),
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
    let editions = match framework {
        None => Vec::new(),
        Some(wanted) => library
            .catalogue()
            .select(wanted)
            .map_err(|why| eyre!(why))?,
    };
    let covers = |rule: &Rule, edition: &Edition<'_>| {
        rule.covers(&edition.framework.name, &edition.version.name)
    };
    let rows: Vec<_> = library
        .rules()
        .iter()
        .filter(|rule| framework.is_none() || editions.iter().any(|edition| covers(rule, edition)))
        .map(|rule| {
            vec![
                rule.severity.to_string(),
                rule.id.clone(),
                rule.writes()
                    .map_or("by hand", |setting| setting.name())
                    .to_owned(),
                rule.title.clone(),
                stands_for(rule, &editions),
            ]
        })
        .collect();
    if let (Some(framework), true) = (framework, rows.is_empty()) {
        bail!("no rule stands for a control of {framework} yet");
    }
    print::bytes(print::table(&rows).as_bytes())?;
    Ok(exit::OK)
}

/// What a rule's tickets show; where frameworks were asked for, all that it covers of them.
fn stands_for(rule: &Rule, editions: &[Edition<'_>]) -> String {
    if editions.is_empty() {
        let controls: Vec<_> = rule.controls().iter().map(Control::long).collect();
        return controls.join(" · ");
    }
    let of = |edition: &Edition<'_>| {
        let ids = show::ids(rule, *edition);
        (!ids.is_empty()).then(|| format!("{edition}: {}", ids.join(" ")))
    };
    let covered: Vec<_> = editions.iter().filter_map(of).collect();
    covered.join(" · ")
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
