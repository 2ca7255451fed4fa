//! The rule library as an operator and a rule author meet it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use sixfold::rules::Library;

fn library() -> Library {
    Library::load(None).unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_test_inside_the_embedded_rule_files_passes() {
    let results = library().test();
    let failed: Vec<String> = results
        .iter()
        .filter_map(|result| {
            let cause = result.outcome.as_ref().err()?;
            let (file, line, test) = (&result.file, result.line, &result.test);
            Some(format!("{file}:{line}: {test}: {cause}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(results.len() >= 16, "{} tests ran", results.len());
}
