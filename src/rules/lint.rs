//! Advice for rule authors: nothing that makes a rule wrong, only what a reader, a reviewer or an
//! auditor would miss. What is wrong is told at load.

use std::sync::Arc;

use toml::Spanned;

use super::{
    evaluator::Evaluator,
    fault::{Faults, RuleFault},
    fixtures::{self, Fixture},
    judge::{Found, Verdict},
    library::Library,
    mutation::{self, Readings},
    rule::Rule,
    schema::{RuleFile, Word},
};

impl Library {
    /// Advice about the rules that `wanted` picks, by file and line.
    pub fn advice(&self, wanted: impl Fn(&Rule) -> bool) -> Vec<RuleFault> {
        let evaluator = Evaluator::start(Arc::new(self.clone()));
        let mut found = Vec::new();
        for rule in self.rules().iter().filter(|rule| wanted(rule)) {
            // It was read once already, so it can be read again.
            let Ok(read) = toml::from_str::<RuleFile>(&rule.text) else {
                continue;
            };
            let mut faults = Faults::new(&rule.file, &rule.text);
            words(rule, &read, &mut faults);
            tests(rule, &read, &mut faults);
            match &evaluator {
                Ok(evaluator) => shown(evaluator, rule, &read, &mut faults),
                Err(error) => faults.add(&read.id.span(), "tests", format!("not run: {error}")),
            }
            found.extend(faults.into_inner());
        }
        found.sort();
        found
    }
}

fn words(rule: &Rule, read: &RuleFile, faults: &mut Faults) {
    if read.references.is_empty() {
        faults.add(
            &read.id.span(),
            "references",
            "there is none: whoever reads the ticket has nothing to check it against",
        );
    }
    for (index, param) in read.params.iter().enumerate() {
        let name = &param.get_ref().name;
        if !rule.text.contains(&format!("params.{name}")) {
            let message = format!("no expression uses `params.{name}`");
            faults.add(&param.span(), format!("params[{index}].name"), message);
        }
    }
    let title = read.title.get_ref();
    if title.ends_with('.') {
        faults.add(
            &read.title.span(),
            "title",
            "it stands in a line with other words: no full stop",
        );
    }
}

fn tests(rule: &Rule, read: &RuleFile, faults: &mut Faults) {
    let there = |word: Word| rule.tests.iter().any(|test| test.verdict == word);
    let mut miss = |message: &str| faults.add(&read.id.span(), "tests", message);
    if !there(Word::Unknown) {
        miss("no test says what a read that failed makes of it");
    }
    let needs = rule.params.iter().find(|param| param.default.is_none());
    if !there(Word::Skipped) {
        if rule.applies.is_some() {
            miss("no test says what `applies` leaves out");
        } else if let Some(param) = needs {
            miss(&format!(
                "no test says what is skipped without `{}`",
                param.name
            ));
        }
    }
    let violations = || {
        rule.tests
            .iter()
            .filter(|test| test.verdict == Word::Violation)
    };
    if rule.fix.automatic().is_some() && violations().all(|test| test.target.is_none()) {
        miss("no test says what the setting becomes (`target`)");
    }
}

/// What shows only when the tests are run: hazards that are never said or always, and parts of a
/// target that nothing asks for.
fn shown(evaluator: &Evaluator, rule: &Rule, read: &RuleFile, faults: &mut Faults) {
    let found: Vec<(&Fixture, Box<Found>)> = rule
        .tests
        .iter()
        .filter(|test| matches!(test.verdict, Word::Violation | Word::Blocked))
        .filter_map(
            |test| match fixtures::judged(evaluator, rule, test, &test.readings) {
                Ok(Verdict::Violation(found)) => Some((test, found)),
                _ => None,
            },
        )
        .collect();
    for (index, (hazard, table)) in rule.hazards.iter().zip(&read.hazards).enumerate() {
        let says = |(_, found): &(&Fixture, Box<Found>)| {
            let said = found.hazards.iter();
            said.filter(|said| said.level == hazard.level)
                .any(|said| said.text.starts_with(&hazard.text))
        };
        let said = found.iter().filter(|one| says(one)).count();
        let message = match said {
            0 => "no test shows it being said",
            all if all == found.len() => "no test shows a violation without it",
            _ => continue,
        };
        faults.add(
            &table.when.span(),
            format!("hazards[{index}].when"),
            message,
        );
    }
    let Some(target) = read.fix.as_ref().map(|fix| &fix.target) else {
        return;
    };
    for (test, found) in &found {
        let judge = |readings: &Readings| fixtures::judged(evaluator, rule, test, readings);
        for part in mutation::unneeded(rule, &test.readings, found, judge) {
            unneeded(target, test, &part, faults);
        }
    }
}

fn unneeded(target: &Spanned<String>, test: &Fixture, part: &str, faults: &mut Faults) {
    let message = format!(
        "in the test \"{}\" the rule is content without the change of `{part}`",
        test.name
    );
    faults.add(&target.span(), "fix.target", message);
}
