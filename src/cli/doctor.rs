//! `sixfold doctor`: everything that must be in order, looked at one by one, each with what to do.

use std::{path::Path, sync::Arc};

use color_eyre::Result;
use nix::unistd::{AccessFlags, access};

use super::{advice::listing_failed, args::Common, exit, house, open, print};
use crate::{
    cloud::{self, Vault},
    config::{Config, Mode},
    ledger::{self, LedgerError},
    room,
};

/// How one check went.
enum Finding {
    Good(String),
    Note(String),
    Bad(String),
}

pub async fn run(common: &Common) -> Result<u8> {
    let mut findings = Vec::new();
    match house::config(common) {
        Ok(config) => {
            findings.push(Finding::Good(format!(
                "config: {}, mode {}",
                common.config.display(),
                config.mode.word()
            )));
            check(&config, &mut findings).await;
        }
        Err(error) => findings.push(Finding::Bad(format!("config: {}", paragraph(&error)))),
    }
    let mut bad = 0;
    for finding in findings {
        let (word, text) = match finding {
            Finding::Good(text) => ("ok  ", text),
            Finding::Note(text) => ("note", text),
            Finding::Bad(text) => {
                bad += 1;
                ("FAIL", text)
            }
        };
        print::line(format!("{word}  {text}"))?;
    }
    Ok(if bad == 0 { exit::OK } else { exit::FAILED })
}

async fn check(config: &Config, findings: &mut Vec<Finding>) {
    findings.push(match house::person(config) {
        Ok(person) => Finding::Good(format!("person: you are {person}")),
        Err(error) => Finding::Bad(format!("person: {error}")),
    });
    keys(config, findings);
    rules(config, findings);
    state(config, findings);
    let cloud = match cloud::connect(&config.cloud).await {
        Ok(cloud) => Arc::new(cloud),
        Err(error) => return findings.push(Finding::Bad(format!("cloud: {error}"))),
    };
    findings.push(match cloud.list(None).await {
        Ok(page) => Finding::Good(format!(
            "cloud: account {}, region {}, {}{} buckets",
            cloud.account(),
            cloud.home(),
            page.assets.len(),
            if page.next.is_some() { "+" } else { "" }
        )),
        Err(error) => Finding::Bad(format!("cloud: {}", listing_failed(&error, &config.cloud))),
    });
    let Some(named) = &config.vault else {
        let text = "vault: none; mode \"enforce\" will need a [vault]".to_owned();
        return findings.push(Finding::Note(text));
    };
    let report = Vault::new(&cloud, named).check().await;
    let bad = |text: String| {
        if config.mode == Mode::Enforce {
            Finding::Bad(text)
        } else {
            Finding::Note(text)
        }
    };
    if report.faults.is_empty() {
        findings.push(Finding::Good(format!(
            "vault: s3://{}/ keeps backups for {} days",
            named.bucket, named.retention_days
        )));
    }
    findings.extend(
        report
            .faults
            .into_iter()
            .map(|fault| bad(format!("vault: {fault}"))),
    );
    findings.extend(
        report
            .notes
            .into_iter()
            .map(|note| Finding::Note(format!("vault: {note}"))),
    );
}

fn keys(config: &Config, findings: &mut Vec<Finding>) {
    if config.keys.is_empty() {
        return;
    }
    let names: Vec<_> = config.keys.iter().map(|own| own.action.as_str()).collect();
    findings.push(match open::keys(config) {
        Ok(_) => Finding::Good(format!("keys: of your own for {}", names.join(", "))),
        Err(fault) => Finding::Bad(format!("keys: {fault}")),
    });
}

fn rules(config: &Config, findings: &mut Vec<Finding>) {
    let library = match room::library(config) {
        Ok(library) => library,
        Err(error) => return findings.push(Finding::Bad(format!("rules: {}", paragraph(&error)))),
    };
    let (all, enabled) = (library.rules().len(), library.enabled().count());
    findings.push(Finding::Good(format!(
        "rules: {all} loaded, {} of them disabled, library {}",
        all - enabled,
        library.digest()
    )));
}

/// A message of several lines, set under its word.
fn paragraph(error: &impl std::fmt::Display) -> String {
    error.to_string().replace('\n', "\n      ")
}

fn state(config: &Config, findings: &mut Vec<Finding>) {
    if let Err(why) = writable(&config.state) {
        return findings.push(Finding::Bad(format!(
            "state: {why}. Give a directory that this account may write, with `state` in the config or --state"
        )));
    }
    let folder = room::ledger_folder(&config.state);
    if !folder.exists() {
        return findings.push(Finding::Note(format!(
            "state: {} has no ledger yet",
            config.state.display()
        )));
    }
    findings.push(match ledger::verify(&folder) {
        Ok(verified) => Finding::Good(format!(
            "ledger: {} entries, whole, {}",
            verified.entries,
            verified.last_hash.short()
        )),
        Err(broken) => Finding::Bad(format!("ledger: {}", LedgerError::from(broken))),
    });
}

/// Whether files can be made there, without making any: the folder, or the one in which it would
/// be made.
fn writable(state: &Path) -> Result<(), String> {
    let there = state
        .ancestors()
        .map(|path| {
            if path == Path::new("") {
                Path::new(".")
            } else {
                path
            }
        })
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    if !there.is_dir() {
        return Err(format!("{} is not a directory", there.display()));
    }
    access(there, AccessFlags::W_OK | AccessFlags::X_OK)
        .map_err(|error| format!("{} can't be written: {}", there.display(), error.desc()))
}
