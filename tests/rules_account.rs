//! Rules about the account beside rules about its buckets: which sees what.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rules_support;

use std::{collections::BTreeMap, sync::Arc};

use rules_support::{library_with, lines, subject, versioning_rule};
use serde_json::json;
use sixfold::{
    domain::{Asset, Document, Scope, Subject},
    rules::{Case, Evaluator, Verdict, Which},
};

/// A rule about the account that needs three flags, with one line of the caller's.
fn account_rule(line: &str) -> String {
    format!(
        r#"
id = "mine-account"
version = 1
title = "t"
severity = "low"
setting = "account_public_access_block"
{line}
violates = 'account_public_access_block.flags_on < 4 && bucket.name == "" && bucket.tags == {{}}'
evidence = '[bucket.account]'
rationale = "r"

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "a"
target = '{{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}'

[[tests]]
name = "v"
verdict = "violation"
evidence = ["123456789012"]
documents = {{ account_public_access_block = {{ absent = true }} }}

[[tests]]
name = "c"
verdict = "compliant"
documents = {{ account_public_access_block = {{ BlockPublicAcls = true, IgnorePublicAcls = true, BlockPublicPolicy = true, RestrictPublicBuckets = true }} }}
"#
    )
}

/// A rule about buckets that looks at the account's block too.
fn bucket_rule() -> String {
    versioning_rule(
        "mine-bucket",
        "!versioning.enabled && !account_public_access_block.configured",
        r#"{"Status": "Enabled"}"#,
    )
    .replace(
        "rationale = \"r\"",
        "reads = [\"account_public_access_block\"]\nrationale = \"r\"",
    )
    .replace(
        "versioning = { absent = true } }",
        "versioning = { absent = true }, account_public_access_block = { absent = true } }",
    )
    .replace(
        "versioning = { Status = \"Enabled\" } }",
        "versioning = { Status = \"Enabled\" }, account_public_access_block = { absent = true } }",
    )
}

fn case(subject: Subject) -> Case {
    let absent = |name: &str| (name.to_owned(), Ok(Document::ABSENT));
    Case {
        subject,
        documents: BTreeMap::from(["account_public_access_block", "versioning"].map(absent)),
        params: BTreeMap::new(),
        answers: BTreeMap::new(),
        rules: Which::All,
        room: sixfold::domain::Identity::default(),
    }
}

#[test]
fn the_account_is_judged_by_its_own_rules_and_a_bucket_by_the_buckets() {
    let (library, _dir) = library_with(&[
        ("account.toml", &account_rule("")),
        ("bucket.toml", &bucket_rule()),
    ]);
    let library = library.unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    let failed = library
        .test()
        .into_iter()
        .filter(|test| test.outcome.is_err());
    assert_eq!(failed.count(), 0);
    let needed = |scope| {
        let needed = library.needed_settings(scope);
        let names = needed.iter().map(|setting| setting.name());
        names.collect::<Vec<_>>()
    };
    assert!(needed(Scope::Account).contains(&"account_public_access_block"));
    assert!(!needed(Scope::Account).contains(&"versioning"));
    assert!(needed(Scope::Bucket).contains(&"account_public_access_block"));

    let evaluator = Evaluator::start(Arc::new(library)).unwrap();
    let bucket = subject();
    let account = Subject {
        asset: Asset::account(bucket.asset.account.clone(), "us-east-1"),
        tags: BTreeMap::new(),
        ..bucket.clone()
    };
    for (subject, mine, other) in [
        (bucket, "mine-bucket", "mine-account"),
        (account, "mine-account", "mine-bucket"),
    ] {
        let verdicts = evaluator.judge(case(subject));
        let of = |id: &str| verdicts.iter().find(|(rule, _)| rule == id);
        let (_, verdict) = of(mine).unwrap();
        assert!(matches!(verdict, Verdict::Violation(_)), "{verdict:?}");
        assert_eq!(of(other), None);
    }
}

#[test]
fn a_rule_about_the_account_can_not_read_what_every_bucket_has_one_of() {
    let text = account_rule("reads = [\"acl\"]");
    let (library, _dir) = library_with(&[("account.toml", &text)]);
    let faults = lines(&library.unwrap_err());
    let told = "account.toml:7: reads: a rule about the account can't read `acl`";
    assert!(faults.contains(told), "{faults}");
}

#[test]
fn a_document_of_the_account_has_the_fields_of_a_buckets_block() {
    let document = Document::present(json!({"BlockPublicAcls": true}));
    let view = |name: &str| {
        let setting = sixfold::settings::by_name(name).unwrap();
        setting.view(&document)
    };
    assert_eq!(
        view("account_public_access_block"),
        view("public_access_block")
    );
}

#[test]
fn no_fix_writes_what_nobody_can_change() {
    let text = account_rule("").replace(
        "setting = \"account_public_access_block\"",
        "setting = \"multi_region_access_points\"\nreads = [\"account_public_access_block\"]",
    );
    let (library, _dir) = library_with(&[("account.toml", &text)]);
    let faults = lines(&library.unwrap_err());
    let told = "account.toml:6: setting: S3 has no call that changes `multi_region_access_points`";
    assert!(faults.contains(told), "{faults}");
}
