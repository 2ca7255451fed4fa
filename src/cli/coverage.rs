//! `sixfold rules coverage`: which controls the rules cover, and, after a scan, how the buckets stand
//! by each framework. The same summary ends `sixfold scan --framework`.

use color_eyre::{Result, eyre::eyre};
use serde_json::{Value, json};

use super::{exit, print};
use crate::{
    domain::{Judged, Tally},
    rules::{Coverage, Covered, Library, Verdict},
    scanner::Observation,
};

/// A look without a room knows of no exception, and says so where it found what one could be about.
pub const NO_EXCEPTIONS: &str =
    "exceptions are not applied here: what is exempt counts as a violation";

/// `seen` is the estate, where it was looked at.
pub fn run(
    library: &Library,
    seen: Option<&[Observation]>,
    framework: Option<&str>,
    as_json: bool,
) -> Result<u8> {
    let frameworks = of(library, framework)?;
    if as_json {
        let document = json!({
            "library": library.digest(),
            "frameworks": json(&frameworks, seen),
        });
        print::line(serde_json::to_string_pretty(&document)?)?;
        return Ok(exit::OK);
    }
    if framework.is_some() {
        for coverage in &frameworks {
            print::bytes(controls(coverage, seen).as_bytes())?;
        }
    } else {
        print::bytes(summary(&frameworks, seen).as_bytes())?;
    }
    let mut verdicts = seen
        .unwrap_or_default()
        .iter()
        .flat_map(|one| &one.verdicts);
    if verdicts.any(|(_, verdict)| matches!(verdict, Verdict::Violation(_))) {
        print::line(NO_EXCEPTIONS)?;
    }
    Ok(exit::OK)
}

/// The frameworks that were asked for, or all of them.
pub fn of(library: &Library, framework: Option<&str>) -> Result<Vec<Coverage>> {
    library.coverage(framework).map_err(|why| eyre!(why))
}

/// A line for each framework.
pub fn summary(frameworks: &[Coverage], seen: Option<&[Observation]>) -> String {
    let row = |coverage: &Coverage| {
        let mut row = vec![
            coverage.label.clone(),
            format!(
                "{} of {} controls covered",
                coverage.covered(),
                coverage.controls.len()
            ),
            format!("{} rules", coverage.rules().len()),
        ];
        if let Some(seen) = seen {
            row.push(words(&tally(seen, &coverage.rules())));
        }
        row
    };
    print::table(&frameworks.iter().map(row).collect::<Vec<_>>())
}

/// One framework, control by control.
fn controls(coverage: &Coverage, seen: Option<&[Observation]>) -> String {
    let rules = coverage.rules();
    let mut text = format!(
        "{}: {}\n{} of {} controls that concern S3 are covered, by {} rules\n",
        coverage.label,
        coverage.title,
        coverage.covered(),
        coverage.controls.len(),
        rules.len()
    );
    if let Some(seen) = seen {
        text.push_str(&format!("{}\n", words(&tally(seen, &rules))));
    }
    let row = |covered: &Covered| {
        let by = if covered.rules.is_empty() {
            format!("not covered: {}", covered.why_not.join("; "))
        } else {
            covered.words()
        };
        let mut row = vec![format!("  {}", covered.control.id)];
        if let Some(seen) = seen {
            row.push(if covered.rules.is_empty() {
                String::new()
            } else {
                counts(&tally(seen, &covered.rules))
            });
        }
        row.push(by);
        row
    };
    let rows: Vec<_> = coverage.controls.iter().map(row).collect();
    text + &print::table(&rows) + "\n"
}

/// How buckets stand by some rules together.
fn tally(seen: &[Observation], rules: &[String]) -> Tally {
    let mut tally = Tally::default();
    for observation in seen {
        let of = |(rule, verdict): &(String, Verdict)| -> Option<Judged> {
            rules.contains(rule).then(|| verdict.judged())
        };
        tally.add(observation.verdicts.iter().filter_map(of));
    }
    tally
}

fn words(tally: &Tally) -> String {
    let score = tally.percent().map_or_else(
        || "no bucket concerned".to_owned(),
        |percent| format!("{percent}% compliant"),
    );
    format!("{score} ({}), {}", tally.readable_words(), counts(tally))
}

fn counts(tally: &Tally) -> String {
    let Tally {
        violating,
        unknown,
        compliant,
        skipped,
        ..
    } = tally;
    let mut words = format!("{compliant} compliant, {violating} violating, {unknown} unknown");
    if *skipped > 0 {
        words.push_str(&format!(", {skipped} skipped"));
    }
    words
}

pub fn json(frameworks: &[Coverage], seen: Option<&[Observation]>) -> Value {
    let buckets = |rules: &[String]| {
        seen.map(|seen| {
            let tally = tally(seen, rules);
            let mut value = json!(tally);
            value["total"] = json!(tally.total());
            value["percent"] = json!(tally.percent());
            // A count of none would be a claim.
            if let Some(counts) = value.as_object_mut() {
                counts.remove("exempt");
            }
            value
        })
    };
    let control = |covered: &Covered| {
        json!({
            "id": covered.control.id,
            "rules": covered.rules,
            "manual": covered.manual,
            "why_not": covered.why_not,
            "buckets": buckets(&covered.rules),
        })
    };
    let one = |coverage: &Coverage| {
        json!({
            "framework": coverage.framework,
            "version": coverage.version,
            "label": coverage.label,
            "title": coverage.title,
            "covered": coverage.covered(),
            "rules": coverage.rules(),
            "controls": coverage.controls.iter().map(control).collect::<Vec<_>>(),
            "buckets": buckets(&coverage.rules()),
        })
    };
    frameworks.iter().map(one).collect()
}
