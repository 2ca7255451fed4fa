//! `sixfold serve --once`: what a run came to, for the log of whoever runs it.

use std::time::Duration;

use color_eyre::{Result, eyre::eyre};

use super::{exit, print};
use crate::{
    config::{self, Mode},
    domain::{Behind, Change, Safe, Stage, artifact::Outcome},
    room::{OnceError, Report, Room, listing_failed, protocol::Waiting},
};

/// Most time that is given to channels which do not answer. What they have not taken by then is sent
/// with the next run.
const DELIVERY: Duration = Duration::from_secs(5);

/// Runs until nothing moves without a person, and says what came of it. None when it was stopped.
pub async fn run(room: &Room, cloud: &config::Cloud, mode: Mode) -> Result<Option<u8>> {
    let report = match room.once().await {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(None),
        Err(OnceError::Listing(error)) => return Err(eyre!(listing_failed(&error, cloud))),
        Err(error) => return Err(error.into()),
    };
    print::bytes(text(&report, mode).as_bytes())?;
    if let Some(missed) = &report.missed {
        print::note(format!("note: not everything was scanned: {missed}"));
    }
    for warning in &report.warnings {
        print::note(format!("note: {warning}"));
    }
    if !room.delivered(DELIVERY).await? {
        print::note(
            "note: a channel has not taken every close-out record yet, or a phone its request; they are sent with the next run",
        );
    }
    Ok(Some(code(&report)))
}

const fn code(report: &Report) -> u8 {
    match (report.verdicts.violating, report.verdicts.unknown) {
        (0, 0) if report.missed.is_none() => exit::OK,
        (0, _) => exit::UNKNOWN,
        _ => exit::VIOLATIONS,
    }
}

fn text(report: &Report, mode: Mode) -> String {
    let ended = |wanted: fn(Outcome) -> bool| -> Vec<Vec<String>> {
        let ended = report.ended.iter();
        let of = ended.filter(|change| change.outcome().is_some_and(wanted));
        of.map(row).collect()
    };
    let open = |wanted: fn(Stage) -> bool| -> Vec<Vec<String>> {
        let open = report.open.iter();
        open.filter(|change| wanted(change.stage))
            .map(row)
            .collect()
    };
    let running = match mode {
        Mode::Observe => "Found, and only observed",
        Mode::Enforce => "Not through yet",
    };
    let (blocked, waiting): (Vec<_>, Vec<_>) = report
        .waiting
        .iter()
        .partition(|one| matches!(one.behind, Behind::Obstacle(_)));
    let waits = |one: &Waiting| line(&one.bucket, &one.rule, &one.behind.to_string());
    let unknown = report.unknown.iter();
    let unknown = unknown.map(|one| line(&one.bucket, &one.rule, &one.cause));
    let held = report.holds.iter();
    let held = held.map(|hold| line(&hold.asset.label(), &hold.rule, &hold.cause));
    let sections: [(&str, Vec<Vec<String>>); 10] = [
        ("Fixed", ended(|outcome| outcome == Outcome::Remediated)),
        (
            "Ended without a fix",
            ended(|outcome| !matches!(outcome, Outcome::Remediated | Outcome::Halted)),
        ),
        (
            "Halted, a person must act",
            open(|stage| stage == Stage::Halted),
        ),
        (
            "Waiting for approval",
            open(|stage| matches!(stage, Stage::AwaitingApproval | Stage::Expired)),
        ),
        ("To be done by hand", open(|stage| stage == Stage::ByHand)),
        (running, open(in_between)),
        (
            "Can't be fixed as things are",
            blocked.into_iter().map(waits).collect(),
        ),
        (
            "Waiting behind others",
            waiting.into_iter().map(waits).collect(),
        ),
        ("Held until a person releases it", held.collect()),
        ("Unknown", unknown.collect()),
    ];
    let mut text = String::new();
    for (title, rows) in sections.iter().filter(|(_, rows)| !rows.is_empty()) {
        text.push_str(&format!(
            "{title} ({})\n{}\n",
            rows.len(),
            print::table(rows)
        ));
    }
    let verdicts = &report.verdicts;
    text.push_str(&format!(
        "{} buckets: {} violations ({} wait), {} exempt, {} unknown, {} compliant, {} skipped\n",
        report.buckets,
        verdicts.violating,
        verdicts.waiting,
        verdicts.exempt,
        verdicts.unknown,
        verdicts.compliant,
        verdicts.skipped,
    ));
    text
}

/// Open, and neither halted nor with a person.
const fn in_between(stage: Stage) -> bool {
    !matches!(
        stage,
        Stage::Halted | Stage::AwaitingApproval | Stage::Expired | Stage::ByHand
    )
}

fn line(bucket: &str, rule: &str, why: &str) -> Vec<String> {
    [bucket, rule, why]
        .map(|text| Safe::line(text).into_string())
        .to_vec()
}

fn row(change: &Change) -> Vec<String> {
    let ticket = &change.ticket;
    let safe = |text: &str| Safe::line(text).into_string();
    vec![
        change.id.to_string(),
        safe(&ticket.environment.name),
        safe(&ticket.asset.label()),
        safe(&ticket.violation()),
        change.word(),
    ]
}
