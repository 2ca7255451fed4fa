//! What once broke, each named for it, over a real room and a real S3 endpoint.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;

use std::time::Duration;

use house::{House, nina, only, walkthrough_sandbox};
use sixfold::{
    config::{Config, Mode},
    domain::{
        Change, RevertState, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    sandbox::{
        BucketSettings, FaultKind, FaultRule, Grant, Grantee, Permission, PublicAccessBlock,
        Sandbox, Setting, Tamper,
        estate::{VAULT, WALKTHROUGH},
    },
};

const RULE: &str = "acl-public-read";
const NOW: &str = "2026-04-15T03:12:47Z";

fn tagged(sandbox: &Sandbox, env: &str) {
    let tags = vec![("env".to_owned(), env.to_owned())];
    sandbox
        .state()
        .patch(WALKTHROUGH, |settings| settings.tags = tags)
        .unwrap();
}

fn public(settings: &mut BucketSettings) {
    settings
        .acl
        .push(Grant::new(Grantee::AuthenticatedUsers, Permission::Read));
}

fn reason() -> Reason {
    Reason {
        code: ReasonCode::BusinessNeed,
        note: String::new(),
    }
}

/// From the first write of the ACL on, this too goes wrong.
fn once_written(sandbox: &Sandbox, then: FaultRule) {
    let faults = sandbox.faults().clone();
    let add = Tamper::new(move |_| faults.add(then.clone()));
    sandbox.faults().add(
        FaultRule::new(FaultKind::Tamper(add))
            .on("PutBucketAcl")
            .times(1),
    );
}

async fn ended(house: &House, rule: &str) -> Change {
    let ends = |change: &Change| matches!(change.stage, Stage::Closed | Stage::Halted);
    house
        .until("the change has ended", |house| {
            house.change_on(rule, WALKTHROUGH).filter(ends)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_could_not_be_read_were_taken_for_no_tags_and_production_was_written() {
    let sandbox = walkthrough_sandbox().await;
    sandbox.faults().add(
        FaultRule::new(FaultKind::Denied)
            .on("GetBucketTagging")
            .of(WALKTHROUGH),
    );
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        for account in config.accounts.values_mut() {
            account.environment = Some("dev".to_owned());
        }
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    assert!(change.ticket.environment.production);
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_became_production_was_written_on_remembered_tags() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    let observe = |config: &mut Config| {
        only(config, RULE);
        config.mode = Mode::Observe;
    };
    let house = House::open(sandbox, NOW, observe).await;
    house
        .until("a ticket is there", |house| {
            house.change_on(RULE, WALKTHROUGH)
        })
        .await;
    let (sandbox, folder) = house.close().await;
    tagged(&sandbox, "prod");
    let house = House::open_in(sandbox, folder, "2026-09-01T00:00:00Z", |config| {
        only(config, RULE);
    })
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    assert_eq!(house.changes()[0].outcome(), Some(Outcome::Drifted));
    assert_ne!(house.changes()[0].id, asked.id);
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_was_denied_after_the_ticket_was_called_resolved() {
    let rule = "block-public-access";
    let sandbox = walkthrough_sandbox().await;
    let one_of_four = PublicAccessBlock {
        block_public_acls: true,
        ..PublicAccessBlock::default()
    };
    sandbox
        .state()
        .patch(WALKTHROUGH, |settings| {
            settings.public_access_block = Some(one_of_four);
        })
        .unwrap();
    let house = House::open(sandbox, NOW, |config| only(config, rule)).await;
    let change = house.until_asked(rule, WALKTHROUGH).await;
    house.sandbox.faults().add(
        FaultRule::new(FaultKind::Denied)
            .on("GetBucketPolicy")
            .of(WALKTHROUGH),
    );
    house.approve(&change, Via::Tap).await.unwrap();
    house
        .until("it waits, visibly", |house| {
            house
                .room
                .engine
                .warnings()
                .into_iter()
                .find(|warning| warning.contains("can't be judged"))
        })
        .await;
    assert_eq!(house.change(change.id).stage, Stage::Approved);
    assert_eq!(
        house
            .sandbox
            .calls()
            .attempts(WALKTHROUGH, Setting::PublicAccessBlock),
        0
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_wrote_over_what_a_person_did_since() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    let tamper = FaultRule::new(FaultKind::Tamper(Tamper::new(public)))
        .on("PutBucketAcl")
        .of(WALKTHROUGH)
        .times(1);
    sandbox.faults().add(tamper);
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    house
        .until("the mismatch is seen", |house| {
            let change = house.change_on(RULE, WALKTHROUGH)?;
            // From now on nothing can be written, so the rollback waits.
            let rule = FaultRule::new(FaultKind::SlowDown)
                .on("PutBucketAcl")
                .of(WALKTHROUGH);
            (change.stage == Stage::Verifying).then(|| house.sandbox.faults().add(rule))
        })
        .await;
    house
        .until("the rollback waits", |house| {
            house
                .change_on(RULE, WALKTHROUGH)
                .filter(|change| change.stage == Stage::RollingBack)
        })
        .await;
    let (sandbox, folder) = house.close().await;
    // A person makes it private, with an owner's grant of READ, which is neither before nor target.
    let by_hand = |settings: &mut BucketSettings| {
        settings.acl.truncate(1);
        settings
            .acl
            .push(Grant::new(Grantee::LogDelivery, Permission::ReadAcp));
    };
    sandbox.state().patch(WALKTHROUGH, by_hand).unwrap();
    let left = sandbox.state().settings(WALKTHROUGH).unwrap().acl;
    sandbox.faults().clear();
    let house = House::open_in(sandbox, folder, NOW, |config| only(config, RULE)).await;
    let change = ended(&house, RULE).await;
    assert_eq!(change.stage, Stage::Halted);
    assert!(
        change
            .fix
            .unwrap()
            .cause
            .unwrap()
            .contains("changed again since")
    );
    assert_eq!(
        house.sandbox.state().settings(WALKTHROUGH).unwrap().acl,
        left
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_change_that_was_written_said_that_nothing_was_and_could_not_be_reverted() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    let before = sandbox.state().settings(WALKTHROUGH).unwrap().acl;
    // It can't be verified, since reads fail from the write on.
    once_written(
        &sandbox,
        FaultRule::new(FaultKind::Broken).on("GetBucketAcl"),
    );
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.scan.pause = Duration::from_hours(1);
    })
    .await;
    let change = ended(&house, RULE).await;
    assert_eq!(change.stage, Stage::Halted);
    let text = change.alert.as_ref().unwrap().text(change.id);
    assert!(text.contains("rollback: available until"), "{text}");
    house.sandbox.faults().clear();
    house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap();
    house
        .until("it is reverted", |house| {
            house
                .change(change.id)
                .revert
                .filter(|revert| revert.state == RevertState::Done)
        })
        .await;
    assert_eq!(
        house.sandbox.state().settings(WALKTHROUGH).unwrap().acl,
        before
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_reverted_was_fixed_again_by_the_next_pass() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    let before = sandbox.state().settings(WALKTHROUGH).unwrap().acl;
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.verify.gap = Duration::from_millis(400);
        config.scan.pause = Duration::from_millis(20);
    })
    .await;
    let change = ended(&house, RULE).await;
    house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap();
    let pass = house.room.watch.status().pass;
    house
        .until("several passes are over", |house| {
            (house.room.watch.status().pass > pass + 20).then_some(())
        })
        .await;
    house
        .until("it is reverted", |house| {
            house
                .change(change.id)
                .revert
                .filter(|revert| revert.state == RevertState::Done)
        })
        .await;
    assert_eq!(house.changes().len(), 1, "{:#?}", house.words());
    assert_eq!(
        house.sandbox.state().settings(WALKTHROUGH).unwrap().acl,
        before
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_could_not_be_stored_hid_its_cause() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    once_written(
        &sandbox,
        FaultRule::new(FaultKind::Denied).on("PutObject").of(VAULT),
    );
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let warning = house
        .until("the cause is shown", |house| {
            house
                .room
                .engine
                .warnings()
                .into_iter()
                .find(|warning| warning.contains("vault"))
        })
        .await;
    assert!(warning.contains("PutObject: AccessDenied"), "{warning}");
    // And when the vault is well again, the change ends as it should.
    house.sandbox.faults().clear();
    let change = ended(&house, RULE).await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_closed_while_no_room_ran_was_never_settled() {
    let sandbox = walkthrough_sandbox().await;
    tagged(&sandbox, "dev");
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = ended(&house, RULE).await;
    let (sandbox, folder) = house.close().await;
    let house = House::open_in(sandbox, folder, "2026-06-01T00:00:00Z", |config| {
        only(config, RULE);
    })
    .await;
    house
        .until("it is settled", |house| {
            house.change(change.id).settled.then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_no_room_acted_on_in_time_was_still_good_a_month_later() {
    let sandbox = walkthrough_sandbox().await;
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    // The vault is down, so nothing follows from the approval yet.
    house.sandbox.faults().add(
        FaultRule::new(FaultKind::SlowDown)
            .on("PutObject")
            .of(VAULT),
    );
    house.approve(&change, Via::Tap).await.unwrap();
    let (sandbox, folder) = house.close().await;
    sandbox.faults().clear();
    let house = House::open_in(sandbox, folder, "2026-05-15T03:12:47Z", |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(change.outcome(), Some(Outcome::Drifted));
    assert!(
        change
            .fix
            .unwrap()
            .cause
            .unwrap()
            .contains("older than its window")
    );
    house.until_asked(RULE, WALKTHROUGH).await;
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    house.close().await;
}
