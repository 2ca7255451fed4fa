//! What is public is public in effect: after conditions, Block Public Access and object ownership, and
//! only where everything that decides it could be read. Each case is a mistake that another tool made,
//! with the place where its users told it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod rules_support;

use std::sync::Arc;

use rules_support::{acl, case, grant, library, owners_grant};
use serde_json::{Value, json};
use sixfold::{
    domain::Document,
    rules::{Case, Evaluator, Verdict},
    settings,
};

const BUCKET: &str = "arn:aws:s3:::acme-prod-customer-exports";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Compliant,
    Violation,
    Unknown,
}

fn word(verdict: &Verdict) -> Word {
    match verdict {
        Verdict::Violation(_) => Word::Violation,
        Verdict::Unknown { .. } => Word::Unknown,
        _ => Word::Compliant,
    }
}

fn policy(statements: &Value) -> Document {
    let value = json!({"Version": "2012-10-17", "Statement": statements});
    settings::by_name("policy").unwrap().tidy(value).unwrap()
}

fn block(flags: &[&str]) -> Document {
    let flags: serde_json::Map<_, _> = flags
        .iter()
        .map(|flag| ((*flag).to_owned(), json!(true)))
        .collect();
    let setting = settings::by_name("public_access_block").unwrap();
    setting.tidy(Value::Object(flags)).unwrap()
}

/// A private bucket without a policy and without a block.
fn bucket() -> Case {
    case([
        ("account_public_access_block", Document::ABSENT),
        ("acl", acl(vec![owners_grant()])),
        ("ownership_controls", Document::ABSENT),
        ("policy", Document::ABSENT),
        ("public_access_block", Document::ABSENT),
        ("website", Document::ABSENT),
    ])
}

fn with(setting: &str, document: Document) -> Case {
    let mut case = bucket();
    case.documents.insert(setting.to_owned(), Ok(document));
    case
}

/// A bucket whose policy has one statement for everyone, under a condition.
fn everyone(action: &str, condition: Value) -> Case {
    let mut statement = json!({
        "Sid": "S", "Effect": "Allow", "Principal": "*", "Action": action,
        "Resource": format!("{BUCKET}/*"),
    });
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    with("policy", policy(&json!([statement])))
}

fn deny_http(change: impl FnOnce(&mut Value)) -> Case {
    let mut statement = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [BUCKET, format!("{BUCKET}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    change(&mut statement);
    with("policy", policy(&json!([statement])))
}

/// The same, with another setting beside.
fn and(mut case: Case, setting: &str, reading: Result<Document, String>) -> Case {
    case.documents.insert(setting.to_owned(), reading);
    case
}

fn denied(operation: &str) -> Result<Document, String> {
    Err(format!("{operation}: AccessDenied (403): Access Denied"))
}

#[test]
fn the_mistakes_of_peers_are_not_made_again() {
    use Word::{Compliant, Unknown, Violation};
    const ALL: [&str; 4] = [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ];
    let all_users = || acl(vec![owners_grant(), grant("global/AllUsers", "READ")]);
    let restricted = || Ok(block(&["RestrictPublicBuckets"]));
    let table: Vec<(&str, &str, Case, Word)> = vec![
        // Conditions that narrow.
        (
            "https://github.com/prowler-cloud/prowler/issues/4257",
            "policy-public-write",
            everyone(
                "s3:*",
                json!({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}),
            ),
            Compliant,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/5386",
            "policy-public",
            everyone(
                "s3:GetObject",
                json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}),
            ),
            Compliant,
        ),
        (
            "https://github.com/turbot/steampipe-mod-aws-compliance/issues/952",
            "policy-public",
            everyone(
                "s3:GetObject",
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            ),
            Compliant,
        ),
        (
            "https://github.com/turbot/steampipe-mod-aws-perimeter/issues/9",
            "policy-public-write",
            everyone(
                "s3:PutObject",
                json!({"StringLike": {"aws:SourceAccount": "123456789012"}}),
            ),
            Compliant,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/10500",
            "policy-public",
            everyone(
                "s3:GetObject",
                json!({
                    "StringEquals": {"AWS:PrincipalOrgID": "o-a1b2c3d4e5"},
                    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"},
                }),
            ),
            Compliant,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/pull/10753",
            "policy-public",
            everyone(
                "s3:GetObject",
                json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}),
            ),
            Compliant,
        ),
        // Conditions that do not narrow, although they look so.
        (
            "https://github.com/prowler-cloud/prowler/issues/5386",
            "policy-public",
            everyone(
                "s3:GetObject",
                json!({"Bool": {"aws:SecureTransport": "true"}}),
            ),
            Violation,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/1894",
            "policy-public-write",
            everyone(
                "s3:PutObject",
                json!({"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}),
            ),
            Violation,
        ),
        // Reading is not writing.
        (
            "https://github.com/prowler-cloud/prowler/issues/3346",
            "policy-public-write",
            everyone("s3:Get*", Value::Null),
            Compliant,
        ),
        // A policy that lets everyone in is seen.
        (
            "https://github.com/turbot/steampipe-mod-aws-compliance/issues/538",
            "policy-public-write",
            everyone("s3:*", Value::Null),
            Violation,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/5961",
            "policy-public",
            everyone("s3:GetObject", Value::Null),
            Violation,
        ),
        // Block Public Access that neutralises, and the half of it that does not.
        (
            "https://github.com/prowler-cloud/prowler/pull/2715",
            "policy-public-write",
            and(
                everyone("s3:PutObject", Value::Null),
                "public_access_block",
                restricted(),
            ),
            Compliant,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/2052",
            "policy-public-write",
            and(
                everyone("s3:PutObject", Value::Null),
                "public_access_block",
                Ok(block(&ALL)),
            ),
            Compliant,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/635",
            "acl-public-read",
            and(
                with("acl", all_users()),
                "public_access_block",
                Ok(block(&ALL)),
            ),
            Compliant,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/458",
            "acl-public-read",
            and(
                with("acl", all_users()),
                "public_access_block",
                Ok(block(&["BlockPublicAcls"])),
            ),
            Violation,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/458",
            "policy-public",
            and(
                everyone("s3:GetObject", Value::Null),
                "public_access_block",
                Ok(block(&[
                    "BlockPublicAcls",
                    "IgnorePublicAcls",
                    "BlockPublicPolicy",
                ])),
            ),
            Violation,
        ),
        // Two of four flags.
        (
            "https://github.com/prowler-cloud/prowler/pull/1167",
            "block-public-access",
            with(
                "public_access_block",
                block(&["IgnorePublicAcls", "RestrictPublicBuckets"]),
            ),
            Violation,
        ),
        // A read that was denied.
        (
            "https://github.com/prowler-cloud/prowler/issues/12872",
            "acl-public-read",
            and(bucket(), "acl", denied("GetBucketAcl")),
            Unknown,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/12872",
            "policy-public",
            and(bucket(), "policy", denied("GetBucketPolicy")),
            Unknown,
        ),
        (
            "https://github.com/prowler-cloud/prowler/pull/336",
            "acl-public-write",
            and(bucket(), "acl", denied("GetBucketAcl")),
            Unknown,
        ),
        (
            "https://github.com/k2m30/a9s/issues/544",
            "policy-public",
            and(
                everyone("s3:GetObject", Value::Null),
                "account_public_access_block",
                Ok(block(&["RestrictPublicBuckets"])),
            ),
            Compliant,
        ),
        (
            "https://github.com/k2m30/a9s/issues/544",
            "acl-public-read",
            and(
                with("acl", all_users()),
                "account_public_access_block",
                Ok(block(&["IgnorePublicAcls"])),
            ),
            Compliant,
        ),
        (
            "https://github.com/k2m30/a9s/issues/544",
            "policy-public",
            and(
                everyone("s3:GetObject", Value::Null),
                "account_public_access_block",
                denied("GetPublicAccessBlock"),
            ),
            Unknown,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/971",
            "cloudtrail-bucket-public",
            and(bucket(), "policy", denied("GetBucketPolicy")),
            Unknown,
        ),
        (
            "https://github.com/nccgroup/ScoutSuite/issues/867",
            "tls-only",
            and(bucket(), "policy", denied("GetBucketPolicy")),
            Unknown,
        ),
        // A TLS Deny that covers only part, and one that covers all in another spelling.
        (
            "https://github.com/prowler-cloud/prowler/issues/1481",
            "tls-only",
            deny_http(|it| it["Resource"] = json!(format!("{BUCKET}/*"))),
            Violation,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/1744",
            "tls-only",
            deny_http(|it| it["Action"] = json!("s3:GetObject")),
            Violation,
        ),
        (
            "https://github.com/someengineering/fixinventory/pull/1925",
            "tls-only",
            deny_http(|it| it["Action"] = json!("s3:PutObject")),
            Violation,
        ),
        (
            "https://github.com/aquasecurity/cloudsploit/issues/579",
            "tls-only",
            with(
                "policy",
                policy(&json!([
                    {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject",
                     "Resource": format!("{BUCKET}/*")},
                    {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
                     "Resource": [BUCKET, format!("{BUCKET}/*")],
                     "Condition": {"Bool": {"aws:SecureTransport": false}}},
                ])),
            ),
            Compliant,
        ),
        (
            "https://github.com/nccgroup/ScoutSuite/issues/1525",
            "tls-only",
            deny_http(|it| it["Condition"] = json!({"Bool": {"AWS:securetransport": "false"}})),
            Compliant,
        ),
        (
            "https://github.com/Checkmarx/kics/issues/5763",
            "tls-only",
            with(
                "policy",
                policy(&json!([
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                     "Resource": [BUCKET, format!("{BUCKET}/*")],
                     "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("{BUCKET}/*"),
                     "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}},
                ])),
            ),
            Compliant,
        ),
        (
            "https://github.com/aws-cloudformation/aws-guard-rules-registry/issues/243",
            "tls-only",
            deny_http(|it| it["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}})),
            Violation,
        ),
        (
            "https://github.com/ministryofjustice/modernisation-platform-environments/pull/4693",
            "tls-only",
            deny_http(|it| {
                it["Condition"] = json!({
                    "Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"s3:TlsVersion": "1.2"},
                });
            }),
            Violation,
        ),
        // Services of AWS, and who is no other account.
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/7191",
            "policy-service-unbound",
            with(
                "policy",
                policy(
                    &json!([{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "s3:PutObject", "Resource": format!("{BUCKET}/*"),
                    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}}]),
                ),
            ),
            Violation,
        ),
        (
            "https://github.com/prowler-cloud/prowler/issues/7021",
            "policy-service-unbound",
            with(
                "policy",
                policy(
                    &json!([{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "s3:PutObject", "Resource": format!("{BUCKET}/*")}]),
                ),
            ),
            Compliant,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/issues/9879",
            "policy-cross-account",
            {
                let mut case = with(
                    "policy",
                    policy(
                        &json!([{"Effect": "Allow", "Principal": {"AWS": "AROA1234567123456DXYZ"},
                        "Action": "s3:GetObject", "Resource": format!("{BUCKET}/*")}]),
                    ),
                );
                case.params.insert("trusted_accounts".to_owned(), json!([]));
                case
            },
            Compliant,
        ),
        (
            "https://github.com/cloud-custodian/cloud-custodian/pull/8665",
            "policy-cross-account",
            {
                let mut case = with(
                    "policy",
                    policy(
                        &json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                        "Action": "s3:GetObject", "Resource": format!("{BUCKET}/*"),
                        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]),
                    ),
                );
                case.params.insert("trusted_accounts".to_owned(), json!([]));
                case
            },
            Compliant,
        ),
    ];
    let evaluator = Evaluator::start(Arc::new(library())).unwrap();
    let mut wrong = Vec::new();
    for (link, rule, case, expected) in table {
        let verdicts = evaluator.judge(case);
        let (_, verdict) = verdicts.iter().find(|(id, _)| id == rule).unwrap();
        if word(verdict) != expected {
            wrong.push(format!("{link} {rule}: {verdict:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without the block's document nobody could say that S3 would take the policy.
#[test]
fn every_rule_that_writes_a_policy_knows_whether_s3_would_take_it() {
    for rule in library().rules() {
        let reads = |name| rule.reads.iter().any(|setting| setting.name() == name);
        if rule.setting.name() == "policy" {
            assert!(reads("public_access_block"), "{}", rule.id);
        }
        if rule.setting.name() == "ownership_controls" {
            assert!(reads("acl"), "{}", rule.id);
        }
    }
}
