//! What the evaluator does with what goes wrong while judging.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rules_support;

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use rules_support::{acl, case, library, library_with, lines, owners_grant, versioning_rule};
use sixfold::{
    domain::{Document, Scope},
    rules::{Evaluator, Verdict, Which},
};

/// Minutes of work in a few hundred bytes.
fn slow() -> String {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let loops = ('a'..='h').rev().fold("true".to_owned(), |inner, name| {
        format!("{ten}.all({name}, {inner})")
    });
    format!("!versioning.enabled && {loops}")
}

fn of<'a>(verdicts: &'a [(String, Verdict)], id: &str) -> &'a Verdict {
    &verdicts.iter().find(|(rule, _)| rule == id).unwrap().1
}

/// How many of the embedded rules are about buckets.
fn about_buckets() -> usize {
    let library = library();
    let rules = library.rules().iter();
    rules.filter(|rule| rule.scope() == Scope::Bucket).count()
}

#[test]
fn a_rule_that_overruns_makes_its_case_unknown_and_nothing_else() {
    let rule = versioning_rule("slow", &slow(), r#"{"Status": "Enabled"}"#);
    let (library, _dir) = library_with(&[("slow.toml", &rule)]);
    let library = library.unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    let limit = Duration::from_secs(1);
    let evaluator = Evaluator::with_watchdog(Arc::new(library), limit).unwrap();

    let quick = case([(
        "versioning",
        Document::present(serde_json::json!({"Status": "Enabled"})),
    )]);
    assert_eq!(
        of(&evaluator.judge(quick.clone()), "slow"),
        &Verdict::Compliant
    );

    let first = evaluator.judge(case([("versioning", Document::ABSENT)]));
    assert_eq!(first.len(), about_buckets() + 1);
    for (id, verdict) in &first {
        let Verdict::Unknown { cause } = verdict else {
            panic!("{id}: {verdict:?}");
        };
        assert_eq!(cause, "rule `slow` ran longer than 1s");
    }

    // A new thread has taken over, and leaves that rule alone.
    let second = evaluator.judge(case([("versioning", Document::ABSENT)]));
    assert!(matches!(of(&second, "versioning"), Verdict::Violation(_)));
    let Verdict::Unknown { cause } = of(&second, "slow") else {
        panic!("{second:?}");
    };
    assert!(cause.starts_with("not run: "), "{cause}");
}

#[test]
fn what_was_denied_or_never_read_is_unknown_by_name_and_never_compliant() {
    let evaluator = Evaluator::start(Arc::new(library())).unwrap();
    let mut denied = case([
        ("account_public_access_block", Document::ABSENT),
        ("acl", acl(vec![owners_grant()])),
        ("ownership_controls", Document::ABSENT),
        ("public_access_block", Document::ABSENT),
    ]);
    let cause = "GetBucketPolicy: AccessDenied (403)".to_owned();
    denied
        .documents
        .insert("policy".to_owned(), Err(cause.clone()));
    let verdicts = evaluator.judge(denied);
    assert_eq!(verdicts.len(), about_buckets());
    assert_eq!(of(&verdicts, "acl-public-read"), &Verdict::Compliant);
    for (id, said) in [
        ("tls-only", format!("policy: {cause}")),
        ("block-public-access", format!("policy: {cause}")),
        ("versioning", "versioning: not read".to_owned()),
        ("mandatory-tags", "tagging: not read".to_owned()),
    ] {
        assert_eq!(of(&verdicts, id), &Verdict::Unknown { cause: said });
    }
    let why = "the parameter `kms_key` is not set: give it in the config under [parameters], or, for these alone, \
               under [parameters_in.prod] or in the entry of account 123456789012 under [[accounts]]";
    assert_eq!(
        of(&verdicts, "kms-for-classified"),
        &Verdict::Skipped {
            why: why.to_owned()
        }
    );
}

#[test]
fn an_expression_that_fails_is_unknown_and_never_compliant() {
    let rule = versioning_rule("mine", r#"bucket.tags["none"] == "x""#, "{}");
    let (library, _dir) = library_with(&[("mine.toml", &rule)]);
    let evaluator = Evaluator::start(Arc::new(library.unwrap())).unwrap();
    let verdicts = evaluator.judge(case([("versioning", Document::ABSENT)]));
    let cause = "violates: there is no `none`".to_owned();
    assert_eq!(of(&verdicts, "mine"), &Verdict::Unknown { cause });
}

#[test]
fn a_disabled_rule_judges_only_when_it_is_asked_by_name() {
    let mut library = library();
    library.disable("versioning");
    let evaluator = Evaluator::start(Arc::new(library)).unwrap();
    let mut bucket = case([("versioning", Document::ABSENT)]);
    let verdicts = evaluator.judge(bucket.clone());
    assert!(verdicts.iter().all(|(id, _)| id != "versioning"));

    bucket.rules = Which::One("versioning".to_owned());
    let verdicts = evaluator.judge(bucket.clone());
    assert!(matches!(of(&verdicts, "versioning"), Verdict::Violation(_)));

    bucket.rules = Which::One("gone".to_owned());
    let cause = "there is no rule `gone`".to_owned();
    assert_eq!(
        of(&evaluator.judge(bucket), "gone"),
        &Verdict::Unknown { cause }
    );
}

#[test]
fn a_callers_panic_leaves_the_others_their_verdicts() {
    let evaluator = Evaluator::start(Arc::new(library())).unwrap();
    let bucket = case([("versioning", Document::ABSENT)]);
    evaluator.submit(bucket.clone(), |_| panic!("the caller's own"));
    let (sender, verdicts) = mpsc::channel();
    evaluator.submit(bucket, move |verdicts| sender.send(verdicts).unwrap());
    assert_eq!(verdicts.recv().unwrap().len(), about_buckets());
}
