//! The walkthrough, word for word: one violation from detect to audit, over a real S3 endpoint, and
//! back again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod house;
mod receiver;

use house::{House, at, nina, only_the_acl_rule, walkthrough_sandbox};
use sixfold::{
    config::{Secret, Webhook, WebhookKind},
    domain::{
        RevertState, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    sandbox::estate::{VAULT, WALKTHROUGH},
};

const RULE: &str = "acl-public-read";

const TICKET: &str = "
CHG-2026-0418-114
violation: CIS 1.20 public-read bucket
asset: s3://acme-prod-customer-exports
framework: SOC 2 CC6.6 · ISO 27001 A.9.4.1
severity: high
owner: platform-security@acme.com
detected: 2026-04-15 03:12:47 UTC";

const APPROVAL: &str = "
push · on-call, platform-security
CHG-2026-0418-114
action: remove public-read grant
asset: acme-prod-customer-exports
scheduled: pending approval
expires: 2026-04-15 04:12 UTC
[ Approve ]   [ Deny ]";

const BACKUP: &str = "
acl-snapshot-CHG-2026-0418-114.json
grants captured: 3
  bucket-owner: FULL_CONTROL
  AllUsers: READ
  log-delivery: WRITE
stored at: s3://acme-rollback-vault/
retention: 30 days";

const FIX: &str = "
remediation command
aws s3api put-bucket-acl \\
  --bucket acme-prod-customer-exports \\
  --acl private

verify: acl returns 1 grant
        (bucket-owner, FULL_CONTROL)
status: applied";

const ROLLBACK: &str = "
inverse command (stored, not run)
aws s3api put-bucket-acl \\
  --bucket acme-prod-customer-exports \\
  --access-control-policy \\
  file://acl-snapshot-CHG-2026-0418-114.json

bound to: CHG-2026-0418-114
TTL: 30 days";

const ALERT: &str = "
#compliance-audit
CHG-2026-0418-114 closed
CIS 1.20 remediated on
  acme-prod-customer-exports
approver: nina.ramirez
  (tap, 03:14:02 UTC)
duration: 01m 15s (detect → close)
rollback: available until 2026-05-15";

#[tokio::test(flavor = "multi_thread")]
async fn the_walkthrough_runs_word_for_word_and_back() {
    let receiver = receiver::Receiver::start().await;
    let house = House::open(
        walkthrough_sandbox().await,
        "2026-04-15T03:12:47Z",
        |config| {
            only_the_acl_rule(config);
            let url = Secret::new(receiver.url());
            config.channels.webhooks = vec![Webhook {
                kind: WebhookKind::Plain,
                name: "audit".to_owned(),
                url,
                approvals: true,
            }];
        },
    )
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    assert_eq!(asked.ticket.text(asked.id), TICKET.trim_start());
    assert_eq!(
        asked
            .request
            .as_ref()
            .unwrap()
            .text(asked.id, &asked.ticket),
        APPROVAL.trim_start()
    );
    let three = house.sandbox.state().settings(WALKTHROUGH).unwrap().acl;
    assert_eq!(three.len(), 3);

    house.clock.set(at("2026-04-15T03:14:02Z"));
    house.approve(&asked, Via::Tap).await.unwrap();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.backup.as_ref().unwrap().text(), BACKUP.trim_start());
    assert_eq!(closed.fix.as_ref().unwrap().text(), FIX.trim_start());
    assert_eq!(
        closed.rollback.as_ref().unwrap().text(),
        ROLLBACK.trim_start()
    );
    assert_eq!(
        closed.alert.as_ref().unwrap().text(closed.id),
        ALERT.trim_start()
    );
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    assert_eq!(
        house
            .sandbox
            .state()
            .settings(WALKTHROUGH)
            .unwrap()
            .acl
            .len(),
        1
    );

    // The vault has what a revert needs, without us.
    let mut keys: Vec<_> = house
        .sandbox
        .state()
        .objects(VAULT)
        .unwrap()
        .into_iter()
        .map(|object| object.key)
        .collect();
    keys.sort();
    // The raw body stands under its hash, which the embedded S3's owner id decides.
    let raw = keys.remove(0);
    assert!(raw.starts_with("CHG-2026-0418-114/acl-raw-"), "{raw}");
    let files = [
        "acl-snapshot-CHG-2026-0418-114.json",
        "rollback.json",
        "rollback.sh",
        "ticket.json",
    ];
    assert_eq!(keys, files.map(|file| format!("CHG-2026-0418-114/{file}")));

    // The ledger verifies, and the record reached log and channel.
    house
        .until("the record is delivered", |house| {
            (house.change(asked.id).delivered.len() == 2).then_some(())
        })
        .await;
    let log = std::fs::read_to_string(house.folder.path().join("compliance.log")).unwrap();
    assert!(log.starts_with(ALERT.trim_start()), "{log}");
    let bodies = receiver.bodies();
    assert!(
        bodies
            .iter()
            .any(|body| body["text"] == APPROVAL.trim_start()),
        "{bodies:?}"
    );
    assert!(
        bodies.iter().any(|body| body["text"] == ALERT.trim_start()),
        "{bodies:?}"
    );
    sixfold::ledger::verify(&house.folder.path().join("ledger")).unwrap();

    // And back: the three grants return, from the vault.
    let reason = Reason {
        code: ReasonCode::BusinessNeed,
        note: "partner still reads it".to_owned(),
    };
    house
        .room
        .engine
        .revert(&nina(Via::Tui), asked.id, reason)
        .await
        .unwrap();
    let reverted = house
        .until("the change is reverted", |house| {
            let change = house.change(asked.id);
            let done = change
                .revert
                .as_ref()
                .is_some_and(|revert| revert.state == RevertState::Done);
            done.then_some(change)
        })
        .await;
    assert_eq!(
        house.sandbox.state().settings(WALKTHROUGH).unwrap().acl,
        three
    );
    assert_eq!(reverted.word(), "reverted");

    // The rule stays off the bucket, so that the next pass does not fix it again.
    house.another_pass().await;
    assert_eq!(house.room.watch.status().exempt, 1);
    assert_eq!(house.changes().len(), 1);
    house.close().await;
}
