//! `sixfold scan`: one pass and a report. Nothing is written anywhere, not even to the ledger.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use color_eyre::{Result, eyre::eyre};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{args::Common, coverage, exit, house, print};
use crate::{
    cloud,
    domain::{Safe, Scope},
    room,
    rules::{Coverage, Evaluator, Library, Rule, Verdict},
    scanner::{Observation, Scanner},
};

/// One pass over every bucket, as it was seen.
pub struct Look {
    pub library: Arc<Library>,
    /// By account, region and bucket.
    pub seen: Vec<Observation>,
    listed: usize,
    /// What was not looked at, in sentences.
    missed: Vec<String>,
    took: Duration,
}

pub async fn look(common: &Common) -> Result<Look> {
    let config = Arc::new(house::config(common)?);
    let library = Arc::new(room::library(&config)?);
    let judge = Arc::new(Evaluator::start(Arc::clone(&library))?);
    let accounts = Arc::new(cloud::connect(&config).await?);
    let scanner = Scanner::new(accounts, Arc::clone(&config), &library, judge);
    let seen: Mutex<Vec<Observation>> = Mutex::default();
    let report = scanner
        .pass(&CancellationToken::new(), |observation| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(observation);
            std::future::ready(())
        })
        .await
        .map_err(|error| eyre!(room::listing_failed(&error, &config.cloud)))?;
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.sort_by(|one, other| one.subject.asset.cmp(&other.subject.asset));
    Ok(Look {
        library,
        seen,
        listed: report.buckets(),
        missed: report.missed(),
        took: scanner.progress().figures().took,
    })
}

pub async fn run(common: &Common, framework: Option<&str>, as_json: bool) -> Result<u8> {
    let mut look = look(common).await?;
    let frameworks = coverage::of(&look.library, framework)?;
    if framework.is_some() {
        let asked: BTreeSet<String> = frameworks.iter().flat_map(Coverage::rules).collect();
        for observation in &mut look.seen {
            let verdicts = &mut observation.verdicts;
            verdicts.retain(|(rule, _)| asked.contains(rule));
        }
    }
    let Look {
        library,
        seen,
        listed,
        missed,
        took,
    } = look;
    for missed in &missed {
        print::note(missed);
    }
    let mut totals = Totals::of(&seen);
    totals.missed = !missed.is_empty();
    if as_json {
        let of = |scope: Scope| -> Vec<Value> {
            let seen = seen.iter();
            seen.filter(|observation| observation.subject.asset.scope() == scope)
                .map(|observation| asset(observation, &library))
                .collect()
        };
        let document = json!({
            "accounts": of(Scope::Account),
            "buckets": of(Scope::Bucket),
            "totals": totals.json(),
            "listed": listed,
            "missed": missed,
            "frameworks": coverage::json(&frameworks, Some(&seen)),
        });
        print::line(serde_json::to_string_pretty(&document)?)?;
    } else {
        print::bytes(text(&seen, &library).as_bytes())?;
        print::line(format!(
            "{}, in {:.1} s",
            totals.words(listed),
            took.as_secs_f64()
        ))?;
        if totals.violation > 0 {
            print::line(coverage::NO_EXCEPTIONS)?;
        }
        if framework.is_some() {
            print::bytes(coverage::summary(&frameworks, Some(&seen)).as_bytes())?;
        }
    }
    Ok(totals.code())
}

#[derive(Default)]
struct Totals {
    compliant: usize,
    violation: usize,
    skipped: usize,
    unknown: usize,
    /// Not everything was looked at.
    missed: bool,
}

impl Totals {
    fn of(seen: &[Observation]) -> Self {
        let mut totals = Self::default();
        for (_, verdict) in seen.iter().flat_map(|observation| &observation.verdicts) {
            *match verdict {
                Verdict::Compliant => &mut totals.compliant,
                Verdict::Violation(_) => &mut totals.violation,
                Verdict::Skipped { .. } => &mut totals.skipped,
                Verdict::Unknown { .. } => &mut totals.unknown,
            } += 1;
        }
        totals
    }

    fn json(&self) -> Value {
        let Self {
            compliant,
            violation,
            skipped,
            unknown,
            ..
        } = self;
        json!({ "compliant": compliant, "violation": violation, "skipped": skipped, "unknown": unknown })
    }

    fn words(&self, buckets: usize) -> String {
        let Self {
            compliant,
            violation,
            skipped,
            unknown,
            ..
        } = self;
        format!(
            "{buckets} buckets: {violation} violations, {unknown} unknown, {compliant} compliant, {skipped} skipped"
        )
    }

    const fn code(&self) -> u8 {
        match (self.violation, self.unknown) {
            (0, 0) if !self.missed => exit::OK,
            (0, _) => exit::UNKNOWN,
            _ => exit::VIOLATIONS,
        }
    }
}

fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Compliant => "compliant",
        Verdict::Violation(_) => "violation",
        Verdict::Skipped { .. } => "skipped",
        Verdict::Unknown { .. } => "unknown",
    }
}

fn asset(observation: &Observation, library: &Library) -> Value {
    let subject = &observation.subject;
    let verdict = |(id, verdict): &(String, Verdict)| {
        let rule = library.get(id).map(Arc::as_ref);
        let mut value = json!({
            "rule": id,
            "verdict": verdict_word(verdict),
            "severity": rule.map(|rule| rule.severity),
            "controls": rule.map(Rule::controls),
        });
        match verdict {
            Verdict::Violation(found) => {
                value["evidence"] = json!(found.evidence);
                if let Some(why) = found.blocked() {
                    value["blocked"] = json!(why);
                }
            }
            Verdict::Skipped { why } => value["why"] = json!(why),
            Verdict::Unknown { cause } => value["cause"] = json!(cause),
            Verdict::Compliant => {}
        }
        value
    };
    let mut value = json!({
        "account": subject.asset.account,
        "region": subject.asset.region,
        "environment": subject.environment,
        "owner": subject.owner,
        "verdicts": observation.verdicts.iter().map(verdict).collect::<Vec<_>>(),
    });
    if let Some(bucket) = subject.asset.bucket_name() {
        value["bucket"] = json!(bucket);
    }
    value
}

fn text(seen: &[Observation], library: &Library) -> String {
    let mut rows = Vec::new();
    for observation in seen {
        for (id, verdict) in &observation.verdicts {
            let rule = library.get(id).map(Arc::as_ref);
            let (word, what) = match verdict {
                Verdict::Violation(found) => {
                    let evidence = found.evidence.join(", ");
                    let mut what = format!("{}: {evidence}", violation(rule));
                    if let Some(why) = found.blocked() {
                        what.push_str(&format!(" (can't be fixed now: {why})"));
                    }
                    (severity(rule), what)
                }
                Verdict::Unknown { cause } => ("unknown", format!("{id}: {cause}")),
                Verdict::Compliant | Verdict::Skipped { .. } => continue,
            };
            let subject = &observation.subject;
            rows.push(vec![
                word.to_owned(),
                Safe::line(&subject.environment.name).into_string(),
                Safe::line(&subject.asset.label()).into_string(),
                Safe::line(&what).into_string(),
            ]);
        }
    }
    print::table(&rows)
}

fn severity(rule: Option<&Rule>) -> &'static str {
    rule.map_or("?", |rule| rule.severity.word())
}

fn violation(rule: Option<&Rule>) -> String {
    rule.map(|rule| format!("{} {}", rule.primary.short(), rule.title))
        .unwrap_or_default()
}
