//! A plan is one value: whoever computes it, in whatever order, gets the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rules_support;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use rules_support::{GROUPS, case, grant, library, owners_grant, subject, walkthrough_acl};
use serde_json::{Map, Value, json};
use sixfold::{
    domain::{ChangeId, Document, Plan, canonical},
    rules::{Case, Evaluator, Found, Verdict, Which, plan},
    settings::{self, Step},
};

const CHANGE: ChangeId = ChangeId::new(2026, 418_114);

/// Compiling the library takes longer than all that is judged here.
static JUDGE: LazyLock<Evaluator> =
    LazyLock::new(|| Evaluator::start(Arc::new(library())).unwrap());

fn found(rule: &str, mut case: Case) -> Found {
    case.rules = Which::One(rule.to_owned());
    let verdicts = JUDGE.judge(case);
    match verdicts.into_iter().next() {
        Some((_, Verdict::Violation(found))) => *found,
        other => panic!("{rule}: {other:?}"),
    }
}

fn plan_of(rule: &str, before: &Document, params: &BTreeMap<String, Value>) -> Plan {
    let rule = Arc::clone(JUDGE.library().get(rule).unwrap());
    // What else the rule reads is not set.
    let others = rule
        .reads
        .iter()
        .map(|other| (other.name(), Document::ABSENT));
    let mut case = case(others.chain([(rule.setting.name(), before.clone())]));
    case.params.clone_from(params);
    let tag = ("data-classification".to_owned(), "restricted".to_owned());
    case.subject.tags.extend([tag]);
    let found = found(&rule.id, case);
    plan(&rule, &subject(), CHANGE, before, &found).unwrap()
}

#[test]
fn the_walkthroughs_plan_is_the_walkthroughs() {
    let plan = plan_of("acl-public-read", &walkthrough_acl(), &BTreeMap::new());
    assert_eq!(plan.action, "remove public-read grant");
    assert_eq!(
        plan.command.text(),
        "aws s3api put-bucket-acl \\\n  --bucket acme-prod-customer-exports \\\n  --acl private"
    );
    assert_eq!(
        plan.inverse.text(),
        "aws s3api put-bucket-acl \\\n  --bucket acme-prod-customer-exports \\\n  \
         --access-control-policy \\\n  file://acl-snapshot-CHG-2026-0418-114.json"
    );
    assert!(plan.residue.is_empty());
    assert_eq!(plan.hazards.len(), 1);
    let private = json!({"Owner": {"ID": "0wner"}, "Grants": [owners_grant()]});
    assert_eq!(plan.target, Document::present(private));
    // Pinned: another process, machine, locale or time zone computes this very hash, and so did a
    // few lines of Python from the same words.
    assert_eq!(
        plan.hash(CHANGE, &subject().asset).as_str(),
        "9aed3e936cb970a58ed48d0787771e07e30fcb886b0ee36132ac2097b9a2fe77"
    );
}

/// The same JSON with the keys of every object put in another order, and its lists turned.
fn shuffled(value: &Value, turn: usize) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            let by = turn % entries.len().max(1);
            entries.rotate_left(by);
            let entry = |(key, value): (&String, &Value)| (key.clone(), shuffled(value, turn));
            entries
                .into_iter()
                .rev()
                .map(entry)
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| shuffled(item, turn)).collect();
            let by = turn % items.len().max(1);
            items.rotate_left(by);
            items.into()
        }
        other => other.clone(),
    }
}

/// (rule, a violating document whose lists have no order)
fn violations() -> Vec<(&'static str, Value)> {
    let partner =
        json!({"Grantee": {"Type": "CanonicalUser", "ID": "partner"}, "Permission": "READ"});
    vec![
        (
            "acl-public-write",
            json!({"Owner": {"ID": "0wner"}, "Grants": [
                owners_grant(), partner, grant("global/AllUsers", "WRITE"),
                grant("global/AuthenticatedUsers", "READ"), grant("s3/LogDelivery", "WRITE"),
            ]}),
        ),
        (
            "mandatory-tags",
            json!({"TagSet": [
                {"Key": "z", "Value": "1"}, {"Key": "a", "Value": "2"}, {"Key": "m", "Value": "3"},
            ]}),
        ),
        (
            "tls-only",
            json!({"Version": "2012-10-17", "Id": "i", "Statement": [{
                "Sid": "s", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:ListBucket"],
                "Principal": {"AWS": ["arn:aws:iam::2:root", "arn:aws:iam::1:root"], "Service": "x"},
                "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"],
                "Condition": {
                    "StringEquals": {"aws:SourceVpce": ["vpce-2", "vpce-1"], "aws:PrincipalOrgID": "o"},
                    "Bool": {"aws:SecureTransport": true},
                },
            }]}),
        ),
        (
            "kms-for-classified",
            json!({"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": true,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C", "NONE"]},
            }]}),
        ),
    ]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_maps_and_sets_never_reaches_a_plan(turn in 0..60usize) {
        let key = |turn| shuffled(&json!({"us-east-1": "k1", "eu-west-1": "k2"}), turn);
        let values = |turn| shuffled(&json!({"team": "t", "cost": "c"}), turn);
        for (rule, document) in violations() {
            let setting = JUDGE.library().get(rule).unwrap().setting;
            let plan = |turn: usize| {
                let params = BTreeMap::from([
                    ("kms_key".to_owned(), key(turn)),
                    ("tag_values".to_owned(), values(turn)),
                    ("mandatory_tags".to_owned(), json!(["env", "owner", "team", "cost"])),
                ]);
                let before = setting.tidy(shuffled(&document, turn)).unwrap();
                let plan = plan_of(rule, &before, &params);
                (canonical(&plan), plan.hash(CHANGE, &subject().asset), setting.file(Step::new(&plan.before, &plan.target)))
            };
            proptest::prop_assert_eq!(plan(0), plan(turn), "{}", rule);
        }
    }
}

#[test]
fn json_keeps_its_maps_sorted_as_every_hash_assumes() {
    let value: Value = serde_json::from_str(r#"{"b": 1, "a": 2}"#).unwrap();
    assert_eq!(value.to_string(), r#"{"a":2,"b":1}"#);
}

#[test]
fn a_private_acl_by_command_is_the_target_that_was_predicted() {
    let setting = settings::by_name("acl").unwrap();
    let target = plan_of("acl-public-read", &walkthrough_acl(), &BTreeMap::new()).target;
    assert_eq!(
        setting.summary(&target).lines,
        ["bucket-owner: FULL_CONTROL"]
    );
    assert!(!target.pretty().contains(GROUPS));
}
