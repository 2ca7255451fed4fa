//! The chain from outside: what is fixed on its own, what waits, and what happens when the world does
//! not hold still.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod receiver;

use house::{House, at, nina, only, walkthrough_sandbox};
use sixfold::{
    config::{Mode, Secret, Webhook, WebhookKind},
    domain::{
        Draft, Fact, Stage, Via,
        artifact::{Decision, FixStatus, Outcome, Reason, ReasonCode},
    },
    room::protocol::{Answer, RefusalCode},
    sandbox::{
        BucketSettings, FaultKind, FaultRule, Grant, Grantee, Permission, Sandbox, SandboxOptions,
        Setting, Tamper,
        estate::{self, VAULT, WALKTHROUGH},
    },
    store::Query,
};

const RULE: &str = "acl-public-read";
const NOW: &str = "2026-04-15T03:12:47Z";

fn reason() -> Reason {
    Reason {
        code: ReasonCode::AcceptedRisk,
        note: "the board knows".to_owned(),
    }
}

/// The walkthrough's bucket, said to be outside production.
async fn dev_sandbox() -> Sandbox {
    let sandbox = walkthrough_sandbox().await;
    let dev =
        |settings: &mut BucketSettings| settings.tags = vec![("env".to_owned(), "dev".to_owned())];
    sandbox.state().patch(WALKTHROUGH, dev).unwrap();
    sandbox
}

async fn dev_house() -> House {
    House::open(dev_sandbox().await, NOW, |config| only(config, RULE)).await
}

fn public(settings: &mut BucketSettings) {
    settings
        .acl
        .push(Grant::new(Grantee::AuthenticatedUsers, Permission::Read));
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_production_all_six_artifacts_come_without_a_person() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    let approval = change.approval.as_ref().unwrap();
    assert_eq!(
        (approval.decision, approval.via, approval.why.as_str()),
        (Decision::NotRequired, Via::Policy, "env=dev")
    );
    assert!(
        change.backup.is_some()
            && change.fix.is_some()
            && change.rollback.is_some()
            && change.alert.is_some()
    );
    assert_eq!(house.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_demo_estate_comes_to_rest_and_only_production_waits() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make(&sandbox);
    let house = House::open(sandbox, NOW, |_| {}).await;
    house
        .until("everything else is done", |house| {
            let status = house.room.watch.status();
            let changes = house.changes();
            let rest = |change: &sixfold::domain::Change| {
                matches!(
                    change.stage,
                    Stage::Closed | Stage::AwaitingApproval | Stage::ByHand
                )
            };
            (status.last_full_pass.is_some() && changes.iter().all(rest)).then_some(())
        })
        .await;
    let changes = house.changes();
    assert!(changes.len() > 20, "{:#?}", house.words());
    for change in &changes {
        let production = change.ticket.environment.production;
        // The trail's bucket asks for MFA delete, which no call of ours can turn on.
        let waits = matches!(change.stage, Stage::AwaitingApproval | Stage::ByHand);
        assert_eq!(waits, production, "{}: {}", change.id, change.word());
    }
    assert!(changes.iter().any(|change| change.stage == Stage::Closed));
    assert!(
        house.room.watch.status().unknown > 0,
        "the estate has buckets that can't be read"
    );
    // Numbers have no gap.
    let numbers: Vec<_> = changes.iter().map(|change| change.id.number()).collect();
    let expected: Vec<_> = (418_114..).take(changes.len()).collect();
    assert_eq!(numbers, expected);
    // Nothing in production was written.
    for change in changes
        .iter()
        .filter(|change| change.ticket.environment.production)
    {
        for setting in [
            Setting::Acl,
            Setting::Policy,
            Setting::PublicAccessBlock,
            Setting::Versioning,
            Setting::Tagging,
            Setting::Encryption,
            Setting::Logging,
            Setting::Cors,
            Setting::Website,
            Setting::Notification,
            Setting::Accelerate,
            Setting::RequestPayment,
        ] {
            assert_eq!(
                house
                    .sandbox
                    .calls()
                    .attempts(change.ticket.asset.name(), setting),
                0
            );
        }
    }
    sixfold::ledger::verify(&house.folder.path().join("ledger")).unwrap();
    house.close().await;
}

/// Whoever wants to know what was done in their name finds each request with the provider's id for it.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_to_aws_is_told_with_its_bucket_its_id_and_how_it_ended() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    let (calls, held) = house.room.engine.activity().page(None, 500);
    assert_eq!(calls.len(), held);
    let write = calls
        .iter()
        .find(|call| call.operation == "PutBucketAcl")
        .unwrap();
    assert_eq!(
        (write.bucket.as_str(), write.status, write.service.as_str()),
        (WALKTHROUGH, Some(200), "S3")
    );
    assert_eq!(
        Some(&write.request_id),
        change.fix.unwrap().request_id.as_ref()
    );
    let backup = calls
        .iter()
        .rfind(|call| call.operation == "PutObject")
        .unwrap();
    assert_eq!(backup.bucket, VAULT);
    assert!(backup.seq < write.seq, "no backup, no write");
    let absent = calls.iter().find(|call| call.status == Some(404)).unwrap();
    assert!(!absent.is_write(), "{absent:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_observe_mode_there_are_tickets_and_not_one_write() {
    let house = House::open(dev_sandbox().await, NOW, |config| {
        only(config, RULE);
        config.mode = Mode::Observe;
    })
    .await;
    let change = house
        .until("a ticket is there", |house| {
            house.change_on(RULE, WALKTHROUGH)
        })
        .await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    assert_eq!(house.change(change.id).stage, Stage::Ticketed);
    let refused = house.approve(&change, Via::Tui).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
    assert_eq!(house.sandbox.calls().all_writes(), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_closes_the_change_and_keeps_the_rule_off_the_bucket() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let hash = change.ticket.plan_hash.clone();
    let deny = Answer::Deny(reason());
    house
        .room
        .engine
        .decide(&nina(Via::Tui), change.id, &hash, deny)
        .await
        .unwrap();
    let change = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(change.outcome(), Some(Outcome::WontFix));
    assert_eq!(
        change.alert.as_ref().unwrap().cause.as_deref(),
        Some("accepted-risk: the board knows")
    );
    let exceptions = house.room.engine.store.exceptions().unwrap();
    assert_eq!(
        (exceptions.len(), exceptions[0].until),
        (1, at("2026-07-14T03:12:47Z"))
    );

    house.another_pass().await;
    assert_eq!(house.room.watch.status().exempt, 1);
    assert_eq!(
        house.changes().len(),
        1,
        "an exempt bucket must not page again"
    );
    assert_eq!(house.sandbox.calls().all_writes(), 0);

    // When the exception has run out, the bucket is judged like any other.
    house.clock.set(at("2026-07-14T03:12:48Z"));
    house.room.watch.scan_now();
    house
        .until("a second change is open", |house| {
            (house.changes().len() == 2).then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_decision_counts_and_a_second_one_is_told_so() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let stale = sixfold::domain::Digest::of("another plan");
    let refused = house
        .room
        .engine
        .decide(&nina(Via::Tui), change.id, &stale, Answer::Approve)
        .await
        .unwrap_err();
    assert_eq!(refused.code, RefusalCode::Forbidden);
    assert_eq!(house.change(change.id).stage, Stage::AwaitingApproval);

    let taps = (0..50).map(|_| house.approve(&change, Via::Tap));
    let answers = futures_util::future::join_all(taps).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let late = answers.into_iter().find_map(Result::err).unwrap();
    assert!(
        late.message
            .contains("already approved by nina.ramirez (tap)"),
        "{late}"
    );
    house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(house.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 1);
    let deny = Answer::Deny(reason());
    let hash = &change.ticket.plan_hash;
    let tui = nina(Via::Tui);
    let decided = house.room.engine.decide(&tui, change.id, hash, deny).await;
    assert_eq!(decided.unwrap_err().message, late.message);
    // The one on another plan, the taps that came too late, and the denial.
    let on_record = house.refusals();
    let [stale, taps @ .., deny] = &on_record[..] else {
        panic!("{on_record:?}");
    };
    assert!(stale.contains("the plan has changed"), "{stale}");
    assert_eq!(taps, vec![format!("nina.ramirez approve: {late}"); 49]);
    assert_eq!(*deny, format!("nina.ramirez deny: {late}"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_request_never_approves_and_is_asked_again() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    house.clock.set(at("2026-04-15T04:12:47Z"));
    let late = house.approve(&change, Via::Tap).await.unwrap_err();
    assert!(late.message.contains("expired"), "{late}");
    house.room.engine.tick();
    let again = house
        .until("the second round is asked", |house| {
            let change = house.change(change.id);
            let round = change.request.as_ref().unwrap().round;
            (round == 2 && change.stage == Stage::AwaitingApproval).then_some(change)
        })
        .await;
    assert_eq!(again.request.unwrap().expires, at("2026-04-15T05:12:47Z"));
    assert_eq!(house.sandbox.calls().all_writes(), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_changed_since_the_approval_is_left_alone() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    house.sandbox.state().patch(WALKTHROUGH, public).unwrap();
    house.approve(&change, Via::Tap).await.unwrap();
    let change = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(change.outcome(), Some(Outcome::Drifted));
    assert!(change.backup.is_none());
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    // The next pass opens a change over what is there now.
    house.room.watch.scan_now();
    house
        .until("a new change is open", |house| {
            (house.changes().len() == 2).then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_violation_that_somebody_else_ended_is_not_written_over() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let private = |settings: &mut BucketSettings| settings.acl.truncate(1);
    house.sandbox.state().patch(WALKTHROUGH, private).unwrap();
    house.approve(&change, Via::Tap).await.unwrap();
    let change = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(change.outcome(), Some(Outcome::ResolvedElsewhere));
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_differs_rolls_back_on_its_own_and_holds_the_rule() {
    let sandbox = dev_sandbox().await;
    let before = sandbox.state().settings(WALKTHROUGH).unwrap().acl;
    let tamper = FaultRule::new(FaultKind::Tamper(Tamper::new(public)))
        .on("PutBucketAcl")
        .of(WALKTHROUGH)
        .times(1);
    sandbox.faults().add(tamper);
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(change.outcome(), Some(Outcome::RolledBack));
    assert_eq!(change.fix.as_ref().unwrap().status, FixStatus::RolledBack);
    assert_eq!(
        house.sandbox.state().settings(WALKTHROUGH).unwrap().acl,
        before
    );

    house.another_pass().await;
    assert_eq!(house.changes().len(), 1, "a held rule opens nothing");

    let released = house
        .room
        .engine
        .release(&nina(Via::Tui), RULE, WALKTHROUGH)
        .await
        .unwrap();
    assert!(released.contains("may act"), "{released}");
    house.room.watch.scan_now();
    house
        .until("the second change is remediated", |house| {
            (house.changes().len() == 2
                && house.changes()[1].outcome() == Some(Outcome::Remediated))
            .then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_conflicts_cut_connections_and_stale_reads_end_in_one_verified_fix() {
    let sandbox = dev_sandbox().await;
    for rule in [
        FaultRule::new(FaultKind::SlowDown)
            .on("GetBucketAcl")
            .times(2),
        FaultRule::new(FaultKind::Conflict)
            .on("PutBucketAcl")
            .times(1),
        FaultRule::new(FaultKind::Cut).on("PutObject").times(1),
        FaultRule::new(FaultKind::AnswerLost)
            .on("PutObject")
            .times(1),
        FaultRule::new(FaultKind::Stale(std::time::Duration::from_millis(300))).on("PutBucketAcl"),
    ] {
        sandbox.faults().add(rule);
    }
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(
        change.outcome(),
        Some(Outcome::Remediated),
        "{:#?}",
        change.fix
    );
    assert_eq!(house.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_found_and_not_sent_again() {
    let sandbox = dev_sandbox().await;
    sandbox.faults().add(
        FaultRule::new(FaultKind::AnswerLost)
            .on("PutBucketAcl")
            .times(1),
    );
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(change.fix.as_ref().unwrap().status, FixStatus::FoundApplied);
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_refuses_halts_before_any_write_and_stays_loud() {
    let sandbox = dev_sandbox().await;
    sandbox
        .faults()
        .add(FaultRule::new(FaultKind::Denied).on("PutObject").of(VAULT));
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house
        .until("the change has halted", |house| {
            house
                .change_on(RULE, WALKTHROUGH)
                .filter(|change| change.stage == Stage::Halted)
        })
        .await;
    assert!(
        change
            .fix
            .as_ref()
            .unwrap()
            .cause
            .as_ref()
            .unwrap()
            .contains("vault"),
        "{:?}",
        change.fix
    );
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    assert_eq!(
        house
            .room
            .engine
            .store
            .queue(&Query::default(), 0, 10)
            .unwrap()
            .items[0]
            .id,
        change.id
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_an_element_we_do_not_know_is_never_overwritten() {
    let sandbox = dev_sandbox().await;
    let element = "<FutureProtection>On</FutureProtection>".to_owned();
    sandbox
        .faults()
        .add(FaultRule::new(FaultKind::Unmodelled { element }).on("GetBucketAcl"));
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house
        .until("the change has halted", |house| {
            house
                .change_on(RULE, WALKTHROUGH)
                .filter(|change| change.stage == Stage::Halted)
        })
        .await;
    assert!(
        change
            .fix
            .as_ref()
            .unwrap()
            .cause
            .as_ref()
            .unwrap()
            .to_lowercase()
            .contains("futureprotection"),
        "{:?}",
        change.fix
    );
    assert_eq!(house.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_denied_is_unknown_and_opens_nothing() {
    let sandbox = dev_sandbox().await;
    sandbox
        .faults()
        .add(FaultRule::new(FaultKind::Denied).on("GetBucketAcl"));
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    let status = house.room.watch.status();
    assert_eq!(
        (status.unknown, status.compliant, status.violating),
        (1, 0, 0)
    );
    let unknown = &house.room.engine.store.unknowns(0, 1).unwrap().items[0];
    assert!(
        unknown.cause.contains("GetBucketAcl: AccessDenied (403)"),
        "{unknown:?}"
    );
    assert!(house.changes().is_empty());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_never_writes_over_what_came_after_the_fix() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    house.sandbox.state().patch(WALKTHROUGH, public).unwrap();
    let refused = house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
    for part in [
        "before the fix:",
        "after the fix:",
        "now:",
        "AuthenticatedUsers",
    ] {
        assert!(refused.message.contains(part), "{refused}");
    }
    assert_eq!(house.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_window_has_passed_the_bundle_is_no_longer_offered() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    house.clock.set(at("2026-05-15T03:12:47Z"));
    house.room.engine.tick();
    house
        .until("the change is settled", |house| {
            house.change(change.id).settled.then_some(())
        })
        .await;
    let refused = house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap_err();
    assert!(refused.message.contains("settled"), "{refused}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_fixes_in_an_hour_stop_the_room_until_a_person_resets_it() {
    let sandbox = dev_sandbox().await;
    estate::make_many(&sandbox, 120, 7);
    for bucket in sandbox.state().buckets() {
        let dev = |settings: &mut BucketSettings| {
            for (key, value) in &mut settings.tags {
                if key == "env" {
                    *value = "dev".to_owned();
                }
            }
        };
        sandbox.state().patch(&bucket, dev).unwrap();
    }
    let house = House::open(sandbox, NOW, |config| {
        only(config, "versioning");
        config.breaker.fixes_per_hour = 3;
    })
    .await;
    house
        .until("the breaker has tripped", |house| {
            house.room.engine.stopped_fixing()
        })
        .await;
    house
        .until("nothing moves", |house| {
            let changes = house.changes();
            let moving = changes
                .iter()
                .filter(|change| {
                    matches!(
                        change.stage,
                        Stage::Ticketed
                            | Stage::Approved
                            | Stage::Fixing
                            | Stage::Verifying
                            | Stage::Fixed
                            | Stage::RollbackStored
                    )
                })
                .count();
            (moving == 0 && house.room.watch.status().last_full_pass.is_some()).then_some(())
        })
        .await;
    let done = |house: &House| {
        house
            .changes()
            .iter()
            .filter(|change| change.stage == Stage::Closed)
            .count()
    };
    assert_eq!(done(&house), 3, "{:#?}", house.words());
    house
        .room
        .engine
        .reset_breaker(&nina(Via::Tui))
        .await
        .unwrap();
    house
        .until("three more are fixed", |house| {
            (done(house) == 6).then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_fails_is_tried_again_and_never_touches_the_fix() {
    let receiver = receiver::Receiver::start().await;
    receiver.answer_with([503, 500]);
    let house = House::open(dev_sandbox().await, NOW, |config| {
        only(config, RULE);
        let url = Secret::new(receiver.url());
        config.channels.webhooks = vec![Webhook {
            kind: WebhookKind::Plain,
            name: "audit".to_owned(),
            url,
            approvals: false,
        }];
    })
    .await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    house
        .until("it is delivered", |house| {
            // Every look is a minute later, so that the next attempt is due.
            house
                .clock
                .set(house.room.engine.now() + chrono::TimeDelta::minutes(1));
            (house.change(change.id).delivered.len() == 2).then_some(())
        })
        .await;
    let ids = receiver.ids();
    assert_eq!(ids.len(), 3);
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "a repetition can be told: {ids:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_not_given_up_because_one_listing_left_it_out() {
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only(config, RULE);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    house.sandbox.state().remove(WALKTHROUGH).unwrap();
    for passes in 1..=2 {
        house.another_pass().await;
        if passes == 1 {
            assert_eq!(house.change(change.id).stage, Stage::AwaitingApproval);
        }
    }
    let change = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(change.outcome(), Some(Outcome::ResolvedElsewhere));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_reverted_from_the_vault_alone_when_the_state_was_lost() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    let (sandbox, folder) = house.close().await;
    drop(folder);

    let observe_only = |config: &mut sixfold::config::Config| {
        only(config, RULE);
        config.scan.pause = std::time::Duration::from_hours(1);
    };
    // The bucket is as the fix left it, so the first pass of the new room opens nothing.
    let house = House::open(sandbox, "2026-04-20T00:00:00Z", observe_only).await;
    assert!(house.changes().is_empty());
    let done = house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap();
    assert!(done.contains("from the vault alone"), "{done}");
    assert_eq!(
        house
            .sandbox
            .state()
            .settings(WALKTHROUGH)
            .unwrap()
            .acl
            .len(),
        3
    );
    let entries = house.room.engine.ledger.reader().before(None, 10).unwrap();
    let kinds: Vec<_> = entries
        .iter()
        .map(|recorded| recorded.entry.fact.kind())
        .collect();
    assert_eq!(
        kinds[..3],
        ["revert.foreign", "exception.opened", "revert.foreign"]
    );
    let Fact::ExceptionOpened(exception) = &entries[1].entry.fact else {
        panic!("{:?}", entries[1]);
    };
    assert_eq!(exception.owner, Some(change.ticket.owner.to_string()));

    let again = house
        .room
        .engine
        .revert(&nina(Via::Cli), change.id, reason())
        .await
        .unwrap_err();
    assert!(again.message.contains("in place already"), "{again}");
    let unknown = "CHG-2026-0000-001".parse().unwrap();
    let refused = house
        .room
        .engine
        .revert(&nina(Via::Cli), unknown, reason())
        .await
        .unwrap_err();
    assert!(
        refused
            .message
            .contains("is not in this ledger, and from the vault"),
        "{refused}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_from_the_vault_that_was_killed_behind_its_write_is_ended_by_the_next_attempt() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    let plan = change.ticket.plan().unwrap();
    let begun = Fact::RevertedForeign {
        of: change.id,
        asset: change.ticket.asset.clone(),
        setting: plan.setting.clone(),
        read: plan.target.digest(),
        target: plan.before.digest(),
        reason: reason(),
        done: false,
    };
    let (sandbox, folder) = house.close().await;
    drop(folder);
    // As the write left it; and no rule judges that, so that only the revert is seen.
    let unfixed = dev_sandbox().await.state().settings(WALKTHROUGH).unwrap();
    let restore = |settings: &mut BucketSettings| settings.acl = unfixed.acl;
    sandbox.state().patch(WALKTHROUGH, restore).unwrap();
    let house = House::open(sandbox, "2026-04-20T00:00:00Z", |config| {
        only(config, RULE);
        config.rules.disabled.insert(RULE.to_owned());
    })
    .await;
    let engine = &house.room.engine;
    let caller = nina(Via::Cli);
    let revert = || engine.revert(&caller, change.id, reason());
    // What nobody began here is none of this room's.
    let refused = revert().await.unwrap_err();
    assert!(refused.message.contains("in place already"), "{refused}");
    let writes = house.sandbox.calls().all_writes();
    let at = house.room.engine.now();
    let draft = Draft {
        at,
        change: None,
        actor: caller.actor.clone(),
        via: Via::Cli,
        fact: begun,
    };
    engine.ledger.commit(vec![draft]).await.unwrap();

    let done = revert().await.unwrap();
    assert!(done.contains("from the vault alone"), "{done}");
    assert_eq!(house.sandbox.calls().all_writes(), writes, "it was written");
    let exempt = engine.store.exempt(RULE, &change.ticket.asset, at).unwrap();
    assert_eq!(exempt.unwrap().reason, reason());
    let last = engine.ledger.reader().before(None, 1).unwrap();
    assert!(
        matches!(last[0].entry.fact, Fact::RevertedForeign { done: true, .. }),
        "{last:?}"
    );
    let refused = revert().await.unwrap_err();
    assert!(refused.message.contains("in place already"), "{refused}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_added_later_begins_with_later_records() {
    let house = dev_house().await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    house
        .until("the log has it", |house| {
            (house.change(change.id).delivered.len() == 1).then_some(())
        })
        .await;
    let (sandbox, folder) = house.close().await;
    let receiver = receiver::Receiver::start().await;
    let house = House::open_in(sandbox, folder, NOW, |config| {
        only(config, RULE);
        let url = Secret::new(receiver.url());
        config.channels.webhooks = vec![Webhook {
            kind: WebhookKind::Plain,
            name: "new".to_owned(),
            url,
            approvals: false,
        }];
    })
    .await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    assert_eq!(
        house
            .room
            .engine
            .store
            .undelivered(&house.room.engine.channels())
            .unwrap(),
        0
    );
    assert!(receiver.bodies().is_empty(), "an old record is not news");
    house.close().await;
}
