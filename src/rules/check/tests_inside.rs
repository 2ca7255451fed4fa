//! The tests inside a rule file, read into what can be run.

use std::collections::BTreeMap;

use crate::{
    domain::{Account, Asset, Environment, Owner, Scope, Subject},
    rules::{
        fault::Faults,
        fixtures::{Fixture, reading},
        param::Param,
        probe::{Answered, Probe},
        rule::Reading,
        schema::{RuleFile, TestTable, Word},
    },
    settings::Setting,
};

pub fn check(
    read: &RuleFile,
    reads: &[&'static dyn Setting],
    setting: Option<&'static dyn Setting>,
    params: &[Param],
    probes: &[Probe],
    faults: &mut Faults,
) -> Vec<Fixture> {
    for (word, name) in [
        (Word::Violation, "violation"),
        (Word::Compliant, "compliant"),
    ] {
        if !read.tests.iter().any(|test| test.get_ref().verdict == word) {
            let message = format!("no test has the verdict `{name}`; one is needed");
            faults.add(&read.id.span(), "tests", message);
        }
    }
    let scope = setting.map_or(Scope::Bucket, Setting::scope);
    let mut fixtures = Vec::new();
    for (index, spanned) in read.tests.iter().enumerate() {
        let table = spanned.get_ref();
        let readings = readings(table, index, reads, faults);
        let target = match (&table.target, setting) {
            (Some(value), Some(setting)) => reading(setting, value.get_ref())
                .and_then(|target| target)
                .map_err(|message| {
                    faults.add(&value.span(), format!("tests[{index}].target"), message);
                })
                .ok(),
            _ => None,
        };
        for (name, value) in &table.params {
            let fits = match params.iter().find(|param| param.name == *name) {
                None => Err(format!("the rule has no parameter `{name}`")),
                Some(param) => param
                    .takes(value)
                    .map_err(|message| format!("{name}: {message}")),
            };
            if let Err(message) = fits {
                faults.add(&spanned.span(), format!("tests[{index}].params"), message);
            }
        }
        let answers = answers(table, index, probes, faults);
        match subject(table, scope) {
            Err(message) => faults.add(&spanned.span(), format!("tests[{index}].bucket"), message),
            Ok(subject) => fixtures.push(Fixture {
                name: table.name.clone(),
                line: faults.line(&spanned.span()),
                verdict: table.verdict,
                subject,
                readings,
                params: table.params.clone(),
                target,
                evidence: table.evidence.clone(),
                hazards: table.hazards.clone(),
                answers,
                asks: table.asks.clone(),
                says: table.says.clone(),
            }),
        }
    }
    fixtures
}

/// The documents of a test in the form that reads give: tidied, absent, or failed with a cause.
fn readings(
    test: &TestTable,
    index: usize,
    reads: &[&'static dyn Setting],
    faults: &mut Faults,
) -> BTreeMap<String, Reading> {
    let mut readings = BTreeMap::new();
    for (name, value) in &test.documents {
        let reading = match reads.iter().find(|setting| setting.name() == name) {
            None => Err(format!("the rule does not read `{name}`")),
            Some(setting) => reading(*setting, value.get_ref()),
        };
        match reading {
            Ok(reading) => {
                readings.insert(name.clone(), reading);
            }
            Err(message) => {
                faults.add(
                    &value.span(),
                    format!("tests[{index}].documents.{name}"),
                    message,
                );
            }
        }
    }
    readings
}

fn answers(
    test: &TestTable,
    index: usize,
    probes: &[Probe],
    faults: &mut Faults,
) -> BTreeMap<String, Answered> {
    let mut answers = BTreeMap::new();
    for (name, value) in &test.probes {
        let answer = match probes.iter().find(|probe| probe.name == *name) {
            None => Err("the rule has no such probe".to_owned()),
            Some(probe) => probe.kind.answer(value.get_ref()),
        };
        match answer {
            Ok(answer) => drop(answers.insert(name.clone(), answer)),
            Err(message) => {
                faults.add(
                    &value.span(),
                    format!("tests[{index}].probes.{name}"),
                    message,
                );
            }
        }
    }
    answers
}

fn subject(test: &TestTable, scope: Scope) -> Result<Subject, String> {
    let bucket = &test.bucket;
    let account =
        Account::try_from("123456789012".to_owned()).map_err(|error| error.to_string())?;
    Ok(Subject {
        asset: match scope {
            Scope::Bucket => Asset::bucket(account, &bucket.region, &bucket.name),
            Scope::Account => Asset::account(account, &bucket.region),
        },
        tags: test.tags.clone(),
        environment: Environment {
            name: bucket.env.clone(),
            production: bucket.env == "prod",
            from: bucket.env_from.clone(),
        },
        owner: Owner {
            contact: bucket.owner.clone(),
            team: bucket.team.clone(),
            from: bucket.owner_from.clone(),
        },
    })
}
