//! Fixes of other tools that broke what they were not about. None of them may happen here, and each
//! has a test with its name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rules_support;

use std::sync::{Arc, LazyLock};

use rules_support::{
    acl, case, grant, library, library_with, lines, owners_grant, room, walkthrough_acl,
};
use serde_json::{Value, json};
use sixfold::{
    domain::{ChangeId, Document, Identity},
    rules::{Case, Evaluator, Found, Verdict, plan},
    settings,
};

const BUCKET: &str = "acme-prod-customer-exports";

fn policy(statements: &Value) -> Document {
    let value = json!({"Version": "2012-10-17", "Statement": statements});
    settings::by_name("policy").unwrap().tidy(value).unwrap()
}

fn bucket(document: Document) -> Case {
    case([
        ("account_public_access_block", Document::ABSENT),
        ("acl", acl(vec![owners_grant()])),
        ("ownership_controls", Document::ABSENT),
        ("policy", document),
        ("public_access_block", Document::ABSENT),
        ("website", Document::ABSENT),
    ])
}

/// Compiling the library takes longer than all that is judged here.
static JUDGE: LazyLock<Evaluator> =
    LazyLock::new(|| Evaluator::start(Arc::new(library())).unwrap());

fn judge(case: Case, rule: &str) -> Verdict {
    let verdicts = JUDGE.judge(case).into_iter();
    verdicts.into_iter().find(|(id, _)| id == rule).unwrap().1
}

fn found(verdict: Verdict) -> Found {
    match verdict {
        Verdict::Violation(found) => *found,
        other => panic!("{other:?}"),
    }
}

fn target(found: &Found) -> Document {
    found
        .target()
        .cloned()
        .expect("a rule that a write can fix")
}

fn statements(document: &Document) -> Vec<Value> {
    let policy = document.to_json();
    policy["Statement"].as_array().cloned().unwrap_or_default()
}

fn arn(partition: &str, path: &str) -> String {
    format!("arn:{partition}:s3:::{BUCKET}{path}")
}

fn reader() -> Value {
    json!({"Sid": "Reader", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "s3:GetObject", "Resource": arn("aws", "/*")})
}

fn open(condition: Option<Value>) -> Value {
    let mut statement = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": arn("aws", "/*")});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    statement
}

/// <https://github.com/prowler-cloud/prowler/pull/6173> deletes the policy.
#[test]
fn a_whole_policy_is_not_deleted_to_remove_one_statement() {
    let kept = [
        reader(),
        json!({"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
            "Resource": arn("aws", "")}),
    ];
    let before = policy(&json!([kept[0], open(None), kept[1]]));
    let found = found(judge(bucket(before), "policy-public"));
    assert_eq!(statements(&target(&found)), kept);
}

/// <https://github.com/prowler-cloud/prowler/pull/5855> sends the canned ACL and says nothing of the rest.
#[test]
fn a_canned_acl_says_beforehand_what_else_it_drops_and_can_keep_it() {
    let rule = JUDGE.library().get("acl-public-read").unwrap().clone();
    let mut before = bucket(Document::ABSENT);
    let mut grants = walkthrough_acl().to_json()["Grants"]
        .as_array()
        .unwrap()
        .clone();
    grants
        .push(json!({"Grantee": {"Type": "CanonicalUser", "ID": "partner"}, "Permission": "READ"}));
    before.documents.insert("acl".to_owned(), Ok(acl(grants)));

    let dropped = found(judge(before.clone(), "acl-public-read"));
    let said: Vec<&str> = dropped.hazards.iter().map(|h| h.text.as_str()).collect();
    assert!(
        said.iter().any(|text| text.contains("log-delivery: WRITE")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|text| text.contains("partner: READ")),
        "{said:?}"
    );
    let command = |case: &Case, found: &Found| {
        let before = case.documents["acl"].clone().unwrap();
        plan(&rule, &case.subject, ChangeId::new(2026, 1), &before, found)
            .unwrap()
            .command
            .text()
    };
    assert!(command(&before, &dropped).contains("--acl private"));

    before
        .params
        .insert("keep_log_delivery".to_owned(), json!(true));
    let kept = found(judge(before.clone(), "acl-public-read"));
    let expected = acl(vec![owners_grant(), grant("s3/LogDelivery", "WRITE")]);
    assert_eq!(target(&kept), expected);
    assert!(command(&before, &kept).contains("--access-control-policy"));
}

/// <https://github.com/aws-solutions/automated-security-response-on-aws> puts one topic for S3.11, and a
/// put replaces every topic, queue and function that is there.
#[test]
fn notifications_that_are_there_are_not_overwritten_to_add_one() {
    let event = |id: &str, key: &str, arn: &str, prefix: &str| {
        json!({"Id": id, key: arn, "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": prefix}]}}})
    };
    let there = json!({
        "TopicConfigurations": [event("t", "TopicArn", "arn:aws:sns:us-east-1:111122223333:t", "a/")],
        "QueueConfigurations": [
            event("q", "QueueArn", "arn:aws:sqs:us-east-1:111122223333:q", "b/"),
            event("theirs", "QueueArn", "arn:aws:sqs:us-east-1:999988887777:q", "c/"),
        ],
        "LambdaFunctionConfigurations": [
            event("f", "LambdaFunctionArn", "arn:aws:lambda:us-east-1:111122223333:function:f", "d/"),
        ],
    });
    let setting = settings::by_name("notification").unwrap();
    let before = setting.tidy(there).unwrap();
    let violation = |rule: &str, params: &[(&str, Value)]| {
        let mut case = case([("notification", before.clone())]);
        let params = params.iter().cloned();
        case.params = params.map(|(key, value)| (key.to_owned(), value)).collect();
        target(&found(judge(case, rule))).to_json()
    };

    let mut added = violation("event-notifications", &[("event_bridge", json!("always"))]);
    let bridge = added
        .as_object_mut()
        .unwrap()
        .remove("EventBridgeConfiguration");
    assert_eq!(bridge, Some(json!({})));
    assert_eq!(added, before.to_json());

    let trusted = [("trusted_accounts", json!(["111122223333"]))];
    let removed = violation("notification-untrusted-target", &trusted);
    let mut expected = before.to_json();
    expected["QueueConfigurations"]
        .as_array_mut()
        .unwrap()
        .remove(1);
    assert_eq!(removed, expected);
}

/// <https://github.com/cloud-custodian/cloud-custodian/issues/6145>: one statement, many times.
#[test]
fn the_same_deny_is_not_appended_at_every_run() {
    let params = [
        ("minimum_tls", json!("1.2")),
        ("deny_signature_v2", json!(true)),
        ("presigned_max_minutes", json!(15)),
        ("required_encryption", json!(["aws:kms"])),
        ("trusted_accounts", json!(["444455556666"])),
        ("outside_actions", json!(["s3:GetObject"])),
    ];
    let mut case = bucket(policy(&json!([reader()])));
    case.params = params.map(|(name, value)| (name.to_owned(), value)).into();
    let class = ("data-classification".to_owned(), "restricted".to_owned());
    case.subject.tags.extend([class]);
    let mut rounds = 0;
    loop {
        let verdicts = JUDGE.judge(case.clone());
        let next = verdicts.into_iter().find_map(|(id, verdict)| {
            let rule = JUDGE.library().get(&id).unwrap().clone();
            match verdict {
                Verdict::Violation(found) if rule.setting.name() == "policy" => {
                    found.target().cloned()
                }
                _ => None,
            }
        });
        let Some(target) = next else { break };
        case.documents.insert("policy".to_owned(), Ok(target));
        rounds += 1;
        assert!(rounds < 20, "{:?}", case.documents["policy"]);
    }
    let end = statements(case.documents["policy"].as_ref().unwrap());
    assert_eq!(rounds, 5);
    assert_eq!(end.len(), 6);
    let sids: std::collections::BTreeSet<_> = end.iter().map(|s| s["Sid"].to_string()).collect();
    assert_eq!(sids.len(), 6, "{sids:?}");
    // What S3 makes of it, another order of lists, is still the same.
    let mut shuffled = end.clone();
    shuffled.reverse();
    case.documents
        .insert("policy".to_owned(), Ok(policy(&json!(shuffled))));
    let again = JUDGE.judge(case);
    for (id, verdict) in again {
        let writes_policy = JUDGE.library().get(&id).unwrap().setting.name() == "policy";
        assert!(
            !writes_policy || !matches!(verdict, Verdict::Violation(_)),
            "{id}"
        );
    }
}

/// <https://github.com/aws-solutions/automated-security-response-on-aws/issues/65>: `arn:aws` everywhere.
#[test]
fn arns_are_of_the_buckets_partition_in_govcloud_and_china() {
    for (region, partition) in [
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("cn-northwest-1", "aws-cn"),
        ("eu-west-1", "aws"),
    ] {
        for rule in JUDGE.library().rules() {
            if rule.setting.name() != "policy" {
                continue;
            }
            let source = rule.text.split("[[tests]]").next().unwrap();
            assert!(!source.contains("arn:aws"), "{}", rule.id);
        }
        let mut case = bucket(Document::ABSENT);
        region.clone_into(&mut case.subject.asset.region);
        let found = found(judge(case.clone(), "tls-only"));
        let [statement] = &statements(&target(&found))[..] else {
            panic!("{:?}", found.target())
        };
        let expected = [arn(partition, ""), arn(partition, "/*")];
        assert_eq!(statement["Resource"], json!(expected));
        case.documents
            .insert("policy".to_owned(), Ok(target(&found)));
        assert_eq!(judge(case, "tls-only"), Verdict::Compliant);
    }
}

/// <https://github.com/cloud-custodian/cloud-custodian/issues/8898>: a condition that narrows is not seen.
#[test]
fn statements_that_conditions_narrow_are_not_removed() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}),
        json!({"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}),
    ] {
        let narrowed = open(Some(condition));
        let other = json!({"Sid": "Any", "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket",
            "Resource": arn("aws", "")});
        let alone = bucket(policy(&json!([narrowed])));
        assert_eq!(
            judge(alone, "policy-public"),
            Verdict::Compliant,
            "{narrowed}"
        );
        let beside = bucket(policy(&json!([narrowed, other])));
        let found = found(judge(beside, "policy-public"));
        assert_eq!(statements(&target(&found)), [narrowed]);
    }
}

/// <https://github.com/prowler-cloud/prowler/issues/327>: a denied read that passed.
#[test]
fn a_bucket_whose_read_was_denied_never_passes() {
    for denied in ["acl", "policy", "public_access_block", "ownership_controls"] {
        let mut case = bucket(Document::ABSENT);
        case.documents.insert(
            denied.to_owned(),
            Err("AccessDenied (403): Access Denied".to_owned()),
        );
        for (id, verdict) in JUDGE.judge(case) {
            let rule = JUDGE.library().get(&id).unwrap().clone();
            let reads = rule.reads.iter().any(|setting| setting.name() == denied);
            if reads {
                let passes = matches!(verdict, Verdict::Compliant | Verdict::Violation(_));
                assert!(!passes, "{id} without {denied}: {verdict:?}");
            }
        }
    }
}

/// Nobody but the account's root could take such a policy back.
#[test]
fn a_deny_that_would_lock_the_room_out_is_not_planned() {
    let rule = |condition: &str| {
        format!(
            r#"
id = "mine"
version = 1
title = "t"
severity = "low"
setting = "policy"
reads = ["public_access_block"]
violates = 'policy.statements == []'
evidence = '["e"]'
rationale = "r"

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "a"
target = '{{"Version": "2012-10-17", "Statement": [{{"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn(bucket), arn(bucket) + "/*"]{condition}}}]}}'

[[tests]]
name = "v"
verdict = "violation"
documents = {{ policy = {{ absent = true }}, public_access_block = {{ absent = true }} }}

[[tests]]
name = "c"
verdict = "compliant"
documents.public_access_block = {{ absent = true }}
documents.policy = {{ Statement = {{ Effect = "Deny", Principal = "*", Action = "s3:DeleteBucket", Resource = "arn:aws:s3:::example-bucket" }} }}
"#
        )
    };
    let clear = Identity {
        in_the_clear: true,
        ..room()
    };
    let spared = r#", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/sixfold"}}"#;
    let tls = r#", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#;
    let office = r#", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#;
    for (condition, who, planned) in [
        ("", room(), false),
        (office, room(), false),
        (spared, room(), true),
        (spared, Identity::default(), false),
        (tls, room(), true),
        (tls, clear, false),
    ] {
        let (library, _dir) = library_with(&[("mine.toml", &rule(condition))]);
        let library = library.unwrap_or_else(|faults| panic!("{}", lines(&faults)));
        let evaluator = Evaluator::start(Arc::new(library)).unwrap();
        let mut case = bucket(Document::ABSENT);
        case.room = who;
        let verdicts = evaluator.judge(case).into_iter();
        let (_, verdict) = verdicts.into_iter().find(|(id, _)| id == "mine").unwrap();
        match verdict {
            Verdict::Violation(found) => match found.blocked() {
                None => assert!(planned, "{condition}"),
                Some(why) => assert!(
                    !planned && why.contains("the room itself"),
                    "{condition} {why}"
                ),
            },
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_policy_that_shuts_the_room_out_already_is_a_hazard_of_every_fix() {
    let shut = json!({"Sid": "OnlyOps", "Effect": "Deny", "Principal": "*",
        "Action": ["s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"], "Resource": arn("aws", ""),
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ops"}}});
    for (rule, action) in [
        ("tls-only", "s3:putbucketpolicy"),
        ("block-public-access", "s3:putbucketpublicaccessblock"),
    ] {
        let found = found(judge(bucket(policy(&json!([shut]))), rule));
        let said = format!("OnlyOps ({action})");
        assert!(
            found
                .hazards
                .iter()
                .any(|hazard| hazard.text.contains(&said)),
            "{rule}: {found:?}"
        );
        let mut ops = bucket(policy(&json!([shut])));
        ops.room.arn = Some("arn:aws:sts::123456789012:assumed-role/ops/session".to_owned());
        let spared = self::found(judge(ops, rule));
        assert!(
            !spared
                .hazards
                .iter()
                .any(|hazard| hazard.text.contains("OnlyOps")),
            "{rule}"
        );
    }
}

/// S3 takes 20 kB; a longer policy is not planned, and its bucket not passed.
#[test]
fn a_policy_that_would_be_too_long_is_not_planned() {
    let mut long: Vec<Value> = Vec::new();
    while serde_json::to_string(&long).unwrap().len() < 20_200 {
        let mut statement = reader();
        statement["Sid"] = json!(format!("Reader{}", long.len()));
        long.push(statement);
    }
    let before = policy(&json!(long));
    let verdict = judge(bucket(before), "tls-only");
    let Verdict::Unknown { cause } = verdict else {
        panic!("it is {}", verdict.word());
    };
    assert!(cause.contains("S3 takes 20480"), "{cause}");
}

/// S3 takes neither back while the block is on, and whoever approves reads that beforehand.
#[test]
fn that_a_revert_would_be_refused_is_said_beforehand() {
    let flags = json!({"BlockPublicAcls": true, "IgnorePublicAcls": true,
        "BlockPublicPolicy": true, "RestrictPublicBuckets": true});
    let blocked = |document, setting: &str| {
        let mut case = bucket(Document::ABSENT);
        case.documents.insert(setting.to_owned(), Ok(document));
        let block = Document::present(flags.clone());
        case.documents
            .insert("public_access_block".to_owned(), Ok(block));
        case
    };
    let open = blocked(policy(&json!([open(None)])), "policy");
    let public = blocked(walkthrough_acl(), "acl");
    for (case, rule, flag) in [
        (open, "policy-public-masked", "BlockPublicPolicy"),
        (public, "acl-public-masked", "BlockPublicAcls"),
    ] {
        let found = found(judge(case, rule));
        let said =
            |hazard: &&sixfold::domain::Hazard| hazard.text.contains("a revert would be refused");
        let hazard = found.hazards.iter().find(said).unwrap();
        assert!(hazard.text.contains(flag), "{hazard:?}");
    }
    let free = found(judge(bucket(Document::ABSENT), "tls-only"));
    assert!(
        !free
            .hazards
            .iter()
            .any(|hazard| hazard.text.contains("revert"))
    );
}
