//! `sixfold ledger`: for auditors. Only the ledger's files are read, so it works on a copy, offline,
//! and while a room is running.

use std::path::Path;

use chrono::Utc;
use color_eyre::{
    Result,
    eyre::{WrapErr as _, bail},
};

use super::{
    args::{Common, Format, Ledger},
    exit, house, print,
};
use crate::{
    chain,
    domain::{Change, ChangeId, Entry, Safe, Stamp, time},
    ledger::{
        self, Reader, Search,
        export::{self, Filter},
    },
};

pub fn run(common: &Common, command: Ledger) -> Result<u8> {
    if let Ledger::Verify {
        folder: Some(folder),
    } = &command
    {
        return verify(folder);
    }
    let folder = house::ledger_folder(common)?;
    match command {
        Ledger::List {
            change,
            kind,
            by,
            since,
            until,
            limit,
        } => {
            let now = Utc::now();
            let search = Search {
                change,
                kind,
                actor: by,
                since: since.map(|since| since.at(now)),
                until: until.map(|until| until.at(now)),
            };
            list(&folder, &search, limit)
        }
        Ledger::Show { what } => show(&folder, &what),
        Ledger::Export { quarter, format } => export(&folder, quarter.as_deref(), format),
        Ledger::Verify { .. } => verify(&folder),
    }
}

/// A ledger that is not there is no damaged one.
fn there(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    bail!(
        "there is no ledger in {}: a room makes one when it first runs (`sixfold`, `sixfold serve`); \
         if it lies elsewhere, name its state directory with --state",
        folder.display()
    )
}

/// Verified first: an auditor is never shown entries of a chain that does not hold.
fn reader(folder: &Path) -> Result<Reader> {
    there(folder)?;
    let (reader, verified) =
        Reader::offline(folder).wrap_err_with(|| format!("the ledger in {}", folder.display()))?;
    if let Some(torn) = verified.torn {
        print::note(format!(
            "note: the last line of {} is torn or still being written; it is not shown",
            torn.segment
        ));
    }
    Ok(reader)
}

fn list(folder: &Path, search: &Search, limit: usize) -> Result<u8> {
    let reader = reader(folder)?;
    let mut latest: Vec<Entry> = Vec::new();
    let mut before = Some(u64::MAX);
    while let Some(below) = before.filter(|_| latest.len() < limit) {
        let found = reader.search(search, below, limit - latest.len())?;
        latest.extend(found.entries.into_iter().map(|recorded| recorded.entry));
        before = found.next;
    }
    let rows: Vec<_> = latest.iter().rev().map(row).collect();
    print::bytes(print::table(&rows).as_bytes())?;
    Ok(exit::OK)
}

fn row(entry: &Entry) -> Vec<String> {
    let change = entry
        .change
        .map_or_else(|| "-".to_owned(), |id| id.to_string());
    vec![
        entry.seq.to_string(),
        time::rfc3339(entry.at),
        change,
        entry.fact.kind().to_owned(),
        entry.actor.to_string(),
        entry.via.to_string(),
        Safe::line(&entry.headline()).into_string(),
    ]
}

fn show(folder: &Path, what: &str) -> Result<u8> {
    if let Ok(seq) = what.parse::<u64>() {
        let recorded = reader(folder)?.entry(seq)?;
        print::line(serde_json::to_string_pretty(&recorded.entry)?)?;
        print::line(format!("hash: {}", recorded.hash))?;
        return Ok(exit::OK);
    }
    let id: ChangeId = what
        .parse()
        .wrap_err("an entry's number or a change id is wanted")?;
    let mut change: Option<Change> = None;
    let mut rows = Vec::new();
    for recorded in reader(folder)?.range(1) {
        let entry = recorded?.entry;
        if entry.change == Some(id) {
            rows.push(row(&entry));
            change = Some(chain::apply(change.take(), &entry)?);
        }
    }
    let Some(change) = change else {
        bail!("there is no change {id} in {}", folder.display())
    };
    for (title, text) in change.boxes() {
        print::line(format!("{title}\n{}\n", Safe::lines(&text)))?;
    }
    if let Some(library) = &change.ticket.library {
        print::line(format!("Rule library\n{library}\n"))?;
    }
    print::bytes(print::table(&rows).as_bytes())?;
    Ok(exit::OK)
}

fn export(folder: &Path, quarter: Option<&str>, format: Format) -> Result<u8> {
    let filter = Filter {
        period: quarter.map(str::parse).transpose()?,
        change: None,
    };
    let reader = reader(folder)?;
    let mut text = Vec::new();
    match format {
        Format::Csv => export::changes(&reader, &filter, &mut text).map(drop)?,
        Format::Jsonl => export::entries(&reader, &filter, &mut text).map(drop)?,
    }
    print::bytes(&text)?;
    Ok(exit::OK)
}

fn verify(folder: &Path) -> Result<u8> {
    there(folder)?;
    match ledger::verify(folder) {
        Ok(verified) => {
            let time = |at: Option<Stamp>| at.map_or_else(|| "nothing".to_owned(), time::rfc3339);
            print::line(format!(
                "whole: {} entries in {} segment{}, {} to {}, last hash {}",
                verified.entries,
                verified.segments,
                if verified.segments == 1 { "" } else { "s" },
                time(verified.first),
                time(verified.last),
                verified.last_hash
            ))?;
            if let Some(torn) = verified.torn {
                print::line(format!(
                    "torn: entry {} in {} was cut off by a crash, or is being written now",
                    torn.seq, torn.segment
                ))?;
            }
            Ok(exit::OK)
        }
        Err(broken) => {
            print::line(format!("broken: {broken}"))?;
            Ok(exit::FAILED)
        }
    }
}
