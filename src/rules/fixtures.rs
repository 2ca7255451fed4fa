//! The tests inside rule files: what a rule says about documents that its author wrote down.
//!
//! Beside what a test asks for, every violation must name its evidence, must be fixed by its target
//! (judging again with the target in place finds nothing, so fixing twice writes once), and must
//! come out the same each time: the order of a map, which differs from one evaluation to the next,
//! must not reach a plan. And the way back must lead where it came from, and neighbours that the rule
//! is not about must be left alone: [`mutation`].

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    evaluator::Evaluator,
    judge::{Case, Found, Verdict, Which},
    library::Library,
    mutation::{self, Readings},
    probe::Answered,
    rule::{Reading, Rule},
    schema::Word,
};
use crate::{
    domain::{Document, Identity, Subject},
    settings::Setting,
};

/// A test, checked at load.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub name: String,
    pub line: usize,
    pub verdict: Word,
    pub subject: Subject,
    pub readings: Readings,
    pub params: BTreeMap<String, Value>,
    pub target: Option<Document>,
    pub evidence: Option<Vec<String>>,
    pub hazards: Option<Vec<String>>,
    pub answers: BTreeMap<String, Answered>,
    pub asks: Option<BTreeMap<String, Value>>,
    pub says: Option<String>,
}

/// How a test came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    pub rule: String,
    pub test: String,
    pub file: String,
    pub line: usize,
    /// What was otherwise than the file says.
    pub outcome: Result<(), String>,
}

/// How often a violation is judged: maps hash anew each time, so an order that leaks shows soon.
const REPEATS: usize = 5;

pub fn run(library: &Library) -> Vec<TestResult> {
    let evaluator = Evaluator::start(Arc::new(library.clone()));
    let all = library
        .rules()
        .iter()
        .flat_map(|rule| rule.tests.iter().map(move |test| (rule, test)));
    all.map(|(rule, test)| TestResult {
        rule: rule.id.clone(),
        test: test.name.clone(),
        file: rule.file.clone(),
        line: test.line,
        outcome: match &evaluator {
            Ok(evaluator) => check(evaluator, rule, test),
            Err(error) => Err(format!("no thread for rules: {error}")),
        },
    })
    .collect()
}

/// What the rule makes of a test's bucket with these documents.
pub(super) fn judged(
    evaluator: &Evaluator,
    rule: &Rule,
    test: &Fixture,
    documents: &Readings,
) -> Result<Verdict, String> {
    let verdicts = evaluator.judge(Case {
        subject: test.subject.clone(),
        documents: documents.clone(),
        params: test.params.clone(),
        answers: test.answers.clone(),
        room: Identity {
            account: Some(test.subject.asset.account.to_string()),
            ..Identity::default()
        },
        rules: Which::One(rule.id.clone()),
    });
    let verdict = verdicts.into_iter().next().map(|(_, verdict)| verdict);
    verdict.ok_or_else(|| "no verdict came back".to_owned())
}

/// What a test's document means: as a read gives it, absent, or failed with a cause.
pub fn reading(setting: &dyn Setting, value: &Value) -> Result<Reading, String> {
    let only = |key: &str| value.as_object().filter(|map| map.len() == 1)?.get(key);
    match (only("absent"), only("failed")) {
        (Some(Value::Bool(true)), _) => Ok(Ok(Document::ABSENT)),
        (_, Some(Value::String(cause))) => Ok(Err(cause.clone())),
        _ => setting.tidy(value.clone()).map(Ok),
    }
}

fn check(evaluator: &Evaluator, rule: &Rule, test: &Fixture) -> Result<(), String> {
    let judge = |documents: &Readings| judged(evaluator, rule, test, documents);
    let verdict = judge(&test.readings)?;
    match (test.verdict, &verdict) {
        (Word::Compliant, Verdict::Compliant) => Ok(()),
        (Word::Skipped, Verdict::Skipped { why: said })
        | (Word::Unknown, Verdict::Unknown { cause: said }) => match &test.says {
            Some(part) if !said.contains(part) => Err(format!("it says `{said}`")),
            _ => Ok(()),
        },
        (Word::Blocked, Verdict::Violation(found)) if found.blocked().is_some() => {
            let said = found.blocked().unwrap_or_default();
            if let Some(part) = &test.says
                && !said.contains(part)
            {
                return Err(format!("it says `{said}`"));
            }
            found_as_written(found, test)
        }
        (Word::Violation, Verdict::Violation(found)) if found.blocked().is_none() => {
            found_as_written(found, test)?;
            for _ in 1..REPEATS {
                if judge(&test.readings)? != verdict {
                    return Err("it comes out differently from one time to the next".to_owned());
                }
            }
            if let (Some(Ok(before)), Some(target)) =
                (test.readings.get(rule.setting.name()), found.target())
            {
                mutation::back(rule, before, target)?;
                mutation::bystanders(rule, &test.subject, &test.readings, judge)?;
            }
            let mut fixed = test.readings.clone();
            let mut target = found.target().cloned();
            // What a person does is not there to be judged; a test of its own says how that looks.
            while let Some(document) = target {
                fixed.insert(rule.setting.name().to_owned(), Ok(document));
                match judge(&fixed)? {
                    Verdict::Compliant => return Ok(()),
                    // The violation is gone; something else is not known, which the test says.
                    Verdict::Unknown { cause }
                        if test.says.as_ref().is_some_and(|part| cause.contains(part)) =>
                    {
                        return Ok(());
                    }
                    // One part of many is fixed; that there is less of it each time was judged.
                    Verdict::Violation(next) if rule.setting.one_at_a_time() => {
                        target = next.target().cloned();
                    }
                    other => {
                        return Err(format!("with the target in place it is {}", told(&other)));
                    }
                }
            }
            Ok(())
        }
        (_, other) => Err(format!("it is {}", told(other))),
    }
}

fn found_as_written(found: &Found, test: &Fixture) -> Result<(), String> {
    if found.evidence.is_empty() {
        return Err("there is no evidence".to_owned());
    }
    if let Some(evidence) = &test.evidence
        && *evidence != found.evidence
    {
        return Err(format!("the evidence is {:?}", found.evidence));
    }
    if let Some(target) = &test.target
        && Some(target) != found.target()
    {
        let found = found.target().map(Document::to_json);
        return Err(format!("the target is {}", found.unwrap_or_default()));
    }
    if let Some(asks) = &test.asks {
        let asked = found.asks.iter();
        let asked: BTreeMap<String, Value> = asked
            .map(|asked| (asked.probe.clone(), asked.ask.written()))
            .collect();
        if *asks != asked {
            return Err(format!("it asks for {}", Value::from_iter(asked)));
        }
    }
    if let Some(hazards) = &test.hazards {
        let said: Vec<&str> = found.hazards.iter().map(|h| h.text.as_str()).collect();
        let same = said.len() == hazards.len()
            && said
                .iter()
                .zip(hazards)
                .all(|(said, part)| said.contains(part));
        if !same {
            return Err(format!("the hazards are {said:?}"));
        }
    }
    Ok(())
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Compliant => "compliant".to_owned(),
        Verdict::Skipped { why } => format!("skipped ({why})"),
        Verdict::Unknown { cause } => format!("unknown ({cause})"),
        Verdict::Violation(found) => match found.blocked() {
            Some(why) => format!("blocked ({why})"),
            None => format!("a violation ({})", found.evidence.join(", ")),
        },
    }
}
