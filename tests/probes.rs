//! What hazards want to know beside a bucket's own settings, asked over HTTP: it stands in the ticket,
//! in the request and in what is pushed, before anyone approves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;
mod house;
mod receiver;
mod shell;

use chrono::{TimeDelta, Utc};
use house::{House, only, walkthrough_sandbox};
use serde_json::json;
use shell::Shell;
use sixfold::{
    config::{Mode, Secret, Webhook, WebhookKind},
    domain::{Hazard, HazardLevel, Stage},
    sandbox::{
        Encryption, FaultKind, FaultRule, KeyState, KmsKey, NewBucket, Sandbox, SandboxOptions,
        Setting,
        estate::{self, WALKTHROUGH},
    },
};

const RULE: &str = "kms-for-classified";
const NOW: &str = "2026-04-15T03:12:47Z";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";

/// The walkthrough's bucket with confidential data on SSE-S3, and a key.
async fn sandbox(state: KeyState) -> Sandbox {
    let sandbox = walkthrough_sandbox().await;
    let plain = |settings: &mut sixfold::sandbox::BucketSettings| {
        settings.encryption = Encryption::sse_s3();
    };
    sandbox.state().patch(WALKTHROUGH, plain).unwrap();
    let mut key = KmsKey::new(KEY);
    key.state = state;
    sandbox.state().insert_key(key);
    sandbox
}

fn says(hazards: &[Hazard], level: HazardLevel, part: &str) -> bool {
    hazards
        .iter()
        .any(|hazard| hazard.level == level && hazard.text.contains(part))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_waits_for_its_end_is_told_in_ticket_request_and_push() {
    let receiver = receiver::Receiver::start().await;
    let sandbox = sandbox(KeyState::PendingDeletion).await;
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.parameters.insert("kms_key", json!(KEY));
        config.channels.webhooks = vec![Webhook {
            kind: WebhookKind::Plain,
            name: "audit".to_owned(),
            url: Secret::new(receiver.url()),
            approvals: true,
        }];
    })
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    let told = "every upload will fail. Its state is: PendingDeletion";
    let (ticket, request) = (&asked.ticket, asked.request.as_ref().unwrap());
    assert!(
        says(&ticket.plan().unwrap().hazards, HazardLevel::High, told),
        "{:#?}",
        ticket.plan().unwrap().hazards
    );
    assert!(
        says(&request.hazards, HazardLevel::High, told),
        "{:#?}",
        request.hazards
    );
    let log_delivery = "access logs are delivered here";
    assert!(
        says(&request.hazards, HazardLevel::High, log_delivery),
        "{:#?}",
        request.hazards
    );
    let pushed = house
        .until("the request is pushed", |_| receiver.bodies().pop())
        .await;
    let text = pushed["blocks"].to_string();
    assert!(
        text.contains(&format!("high: the KMS key can't be used as it is; {told}")),
        "{text}"
    );
    assert_eq!(pushed["text"], request.text(asked.id, ticket));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_about_the_key_as_it_is_then() {
    let sandbox = sandbox(KeyState::Disabled).await;
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.parameters.insert("kms_key", json!(KEY));
    })
    .await;
    let first = house.until_asked(RULE, WALKTHROUGH).await;
    let disabled = "Its state is: Disabled";
    assert!(says(
        &first.request.unwrap().hazards,
        HazardLevel::High,
        disabled
    ));
    house.sandbox.state().insert_key(KmsKey::new(KEY));
    house.clock.set(house::at(NOW) + TimeDelta::hours(2));
    house.room.engine.tick();
    let second = house
        .until("it is asked again", |house| {
            let request = house.change(first.id).request?;
            (request.round == 2).then_some(request)
        })
        .await;
    assert!(
        !says(&second.hazards, HazardLevel::High, disabled),
        "{:#?}",
        second.hazards
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_fails_is_said_and_changes_no_verdict() {
    let sandbox = sandbox(KeyState::Enabled).await;
    let denied = FaultRule::new(FaultKind::Denied);
    sandbox.faults().add(denied.clone().on("DescribeKey"));
    sandbox
        .faults()
        .add(denied.on("GetBucketAcl").of(WALKTHROUGH));
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.parameters.insert("kms_key", json!(KEY));
    })
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    for hazards in [
        &asked.ticket.plan().unwrap().hazards,
        &asked.request.as_ref().unwrap().hazards,
    ] {
        for told in [
            "could not be checked: the KMS key (DescribeKey: AccessDeniedException (400)",
            "could not be checked: who else uses the bucket, by its policy, ACL and replication (GetBucketAcl: AccessDenied (403)",
        ] {
            assert!(says(hazards, HazardLevel::Medium, told), "{hazards:#?}");
        }
    }
    house
        .approve(&asked, sixfold::domain::Via::Cli)
        .await
        .unwrap();
    house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(
        house
            .sandbox
            .calls()
            .writes(WALKTHROUGH, Setting::Encryption),
        1
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_about_a_regions_key_serves_a_whole_scan_and_none_is_asked_of_what_is_known() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make(&sandbox);
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.mode = Mode::Observe;
        config.cloud.in_flight = 1;
    })
    .await;
    house.another_pass().await;
    let found = house.changes().len();
    let changes = house.changes();
    let regions: std::collections::BTreeSet<_> = changes
        .iter()
        .map(|change| change.ticket.asset.region.as_str())
        .collect();
    assert!(found > 3 && regions.len() == 2, "{:#?}", house.words());
    assert_eq!(house.sandbox.calls().count("DescribeKey", ""), 2);
    house.another_pass().await;
    assert_eq!(house.sandbox.calls().count("DescribeKey", ""), 2);
    assert_eq!(house.changes().len(), found);
    house.close().await;
}

/// A rule that asks for another bucket and for objects.
const ASKING: &str = r#"
id = "asking"
version = 1
title = "t"
severity = "low"
setting = "versioning"
violates = '!versioning.enabled'
evidence = '["e"]'
rationale = "r"

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[[params]]
name = "asked_bucket"
about = "a"
type = "text"

[fix]
action = "a"
target = '{"Status": "Enabled"}'

[[probes]]
name = "logs"
about = "the log bucket"
bucket = "params.asked_bucket"
reads = ["encryption"]

[[probes]]
name = "old"
about = "old versions"
objects = '{"prefix": "logs/", "noncurrent": true}'

[[probes]]
name = "current"
about = "objects"
objects = '{}'

[[hazards]]
level = "high"
when = "true"
text = "the log bucket is"
names = '[string(logs.exists), logs.region, logs.account, logs.account == "" ? "" : logs.encryption.algorithm]'

[[hazards]]
level = "note"
when = "true"
text = "old versions and objects"
names = '[string(old.count), string(old.bytes), string(old.complete), string(current.count), string(current.bytes)]'

[[tests]]
name = "v"
verdict = "violation"
documents = { versioning = { absent = true } }
params = { asked_bucket = "logs" }
asks = { logs = "logs", old = { prefix = "logs/", older_than_days = 0, noncurrent = true }, current = { prefix = "", older_than_days = 0, noncurrent = false } }
probes = { logs = { exists = false }, old = { count = 3, bytes = 9 }, current = { complete = false } }
hazards = ["the log bucket is: false, , , ", "3, 9, true, 0, 0"]

[[tests]]
name = "c"
verdict = "compliant"
documents = { versioning = { Status = "Enabled" } }
params = { asked_bucket = "logs" }
"#;

fn shell(asked_bucket: &str) -> Shell {
    let mut shell = Shell::open();
    shell.sandbox = shell.runtime.block_on(async {
        let options = SandboxOptions::default().with_another_account();
        let sandbox = Sandbox::start(options).await.unwrap();
        estate::make(&sandbox);
        sandbox
    });
    shell.write("own/asking.toml", ASKING);
    let text = shell::config("observe", &shell.sandbox.endpoint_url());
    let (kept, _) = text.split_once("[rules]").unwrap();
    let more =
        format!("[rules]\ndirectory = \"own\"\n[parameters]\nasked_bucket = \"{asked_bucket}\"\n");
    shell.write("sixfold.toml", &format!("{kept}{more}"));
    shell
}

#[test]
fn another_bucket_is_found_wherever_it_is_and_whoever_has_it() {
    let shell = shell("acme-prod-eu-invoices");
    let other = shell.sandbox.options().other.clone().unwrap();
    shell.sandbox.state().insert(NewBucket {
        name: "theirs".to_owned(),
        region: "eu-west-1".to_owned(),
        account: other.account.as_str().to_owned(),
        owner: other.canonical_id(),
        created: Utc::now(),
        settings: sixfold::sandbox::BucketSettings::of_a_new_bucket(&other.canonical_id()),
    });
    let text = shell.read("sixfold.toml");
    for (name, told) in [
        (
            "acme-prod-eu-invoices",
            "true, eu-west-1, 111122223333, AES256",
        ),
        (
            "acme-prod-payments-ledger",
            "true, us-east-1, 111122223333, aws:kms",
        ),
        ("theirs", "true, eu-west-1, , "),
        ("nobody-has-this", "false, , , "),
    ] {
        shell.write("sixfold.toml", &text.replace("acme-prod-eu-invoices", name));
        let told = format!("hazard (high): the log bucket is: {told}\n");
        let plan = shell.run(&["plan", "asking", "acme-dev-notebooks"]);
        plan.exits(3).says(&told);
    }
}

#[test]
fn objects_and_versions_are_counted() {
    let shell = shell("logs");
    let client = common::client(&shell.sandbox);
    let bucket = "acme-dev-notebooks";
    let put = |key: &'static str, body: &'static [u8]| {
        let call = client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body.to_vec().into());
        shell.runtime.block_on(call.send()).unwrap();
    };
    let versions = |settings: &mut sixfold::sandbox::BucketSettings| {
        settings.versioning = Some(sixfold::sandbox::Versioning::Enabled);
    };
    shell.sandbox.state().patch(bucket, versions).unwrap();
    put("logs/a", b"12345");
    put("logs/a", b"123");
    put("logs/b", b"1");
    let delete = client.delete_object().bucket(bucket).key("logs/b");
    shell.runtime.block_on(delete.send()).unwrap();
    put("other", b"1234567");
    put("other", b"12345678");
    shell
        .sandbox
        .state()
        .patch(bucket, |settings| {
            settings.versioning = Some(sixfold::sandbox::Versioning::Suspended);
        })
        .unwrap();
    // logs/a has one old version of five bytes, and the delete marker left logs/b one of one byte.
    let plan = shell.run(&["plan", "asking", bucket]);
    plan.exits(3)
        .says("old versions and objects: 2, 6, true, 2, 11");
}
