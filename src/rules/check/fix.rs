//! What ends a violation, as a file says it: a fix or steps by hand, exactly one of both.

use toml::Spanned;

use crate::rules::{
    fault::Faults,
    rule::{Automatic, Fix, PLACEHOLDERS, Steps},
    schema::{ManualTable, RuleFile},
};

/// Tells what is wrong; [`fix`] is then given nothing.
pub fn check(read: &RuleFile, faults: &mut Faults) {
    match (&read.fix, &read.manual) {
        (Some(_), Some(manual)) => faults.add(
            &manual.span(),
            "manual",
            "a rule has [fix] or [manual], not both",
        ),
        (None, None) => faults.add(
            &read.id.span(),
            "fix",
            "there is no [fix]; where no call can fix it, [manual] says what a person does",
        ),
        (Some(_), None) => {}
        (None, Some(manual)) => {
            steps(manual.get_ref(), faults);
            if let Some(hazard) = read.hazards.first() {
                let key = "hazards[0].when";
                faults.add(&hazard.when.span(), key, "nothing is written that could break something: the steps are the place for warnings");
            }
            for (at, test) in read.tests.iter().enumerate() {
                if let Some(target) = &test.get_ref().target {
                    let key = format!("tests[{at}].target");
                    faults.add(&target.span(), key, "a rule without [fix] has no target");
                }
            }
        }
    }
}

fn steps(manual: &ManualTable, faults: &mut Faults) {
    if manual.steps.get_ref().is_empty() {
        faults.add(&manual.steps.span(), "manual.steps", "there is none");
    }
    let steps = manual.steps.get_ref().iter().enumerate();
    let steps = steps.map(|(at, step)| (format!("manual.steps[{at}]"), step));
    let texts = std::iter::once(("manual.action".to_owned(), &manual.action)).chain(steps);
    for (key, text) in texts {
        if text.get_ref().trim().is_empty() {
            faults.add(&text.span(), key, "it is empty");
        } else if let Some(name) = unknown_placeholder(text.get_ref()) {
            let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
            let message = format!("`{{{name}}}` stands for nothing; there are {known}");
            faults.add(&text.span(), key, message);
        }
    }
}

/// Braces around a word are meant to be filled in; others (JSON in a command) stay as they are.
fn unknown_placeholder(text: &str) -> Option<&str> {
    text.split('{').skip(1).find_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (word && !PLACEHOLDERS.contains(&name)).then_some(name)
    })
}

/// None where [`check`] found something wrong.
pub fn fix(read: &mut RuleFile) -> Option<Fix> {
    match (read.fix.take(), read.manual.take()) {
        (Some(table), None) => Some(Fix::Automatic(Automatic {
            action: table.action.into_inner(),
            target: table.target.into_inner(),
            one_way: table.one_way.map(Spanned::into_inner),
        })),
        (None, Some(table)) => {
            let ManualTable { action, steps } = table.into_inner();
            let steps = steps.into_inner();
            Some(Fix::Manual(Steps {
                action: action.into_inner(),
                steps: steps.into_iter().map(Spanned::into_inner).collect(),
            }))
        }
        _ => None,
    }
}
