//! Exceptions as people use them, over a real room: asked for, approved by another person, told of
//! before they end, ended early, and always shown as what they are.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod receiver;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use house::{House, at, only, walkthrough_sandbox};
use receiver::Receiver;
use sixfold::{
    config::{Config, Secret, Webhook, WebhookKind},
    domain::{
        Actor, Entry, Fact, Stage, Stamp, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    engine::Caller,
    ledger::export,
    room::protocol::{Answer, Exceptions, ExemptRequest, RefusalCode, Reply, Request},
    sandbox::{BucketSettings, estate::WALKTHROUGH},
    store::Query,
};

const RULE: &str = "acl-public-read";
const NOW: &str = "2026-04-15T03:12:47Z";
const DAY: u64 = 24 * 60 * 60;

const PEOPLE: &str = r#"
[[people]]
name = "nina"
role = "approver"
[[people]]
name = "otto"
role = "approver"
[[people]]
name = "lea"
role = "lead"
[[people]]
name = "ada"
role = "auditor"
[[people]]
name = "oscar"
role = "operator"
"#;

fn caller(name: &str) -> Caller {
    Caller {
        actor: Actor::person(name).unwrap(),
        via: Via::Cli,
        readonly: false,
    }
}

async fn house(env: &str, shape: impl FnOnce(&mut Config)) -> House {
    let sandbox = walkthrough_sandbox().await;
    let tags = vec![("env".to_owned(), env.to_owned())];
    sandbox
        .state()
        .patch(WALKTHROUGH, |settings: &mut BucketSettings| {
            settings.tags = tags;
        })
        .unwrap();
    House::open(sandbox, NOW, |config| {
        only(config, RULE);
        let people = Config::parse(PEOPLE, std::path::Path::new("sixfold.toml"));
        config.people = people.unwrap().people;
        shape(config);
    })
    .await
}

fn reason() -> Reason {
    Reason {
        code: ReasonCode::BusinessNeed,
        note: "partners read it".to_owned(),
    }
}

fn add(lasts_s: u64) -> ExemptRequest {
    ExemptRequest::Add {
        rule: RULE.to_owned(),
        bucket: WALKTHROUGH.to_owned(),
        reason: reason(),
        owner: Some("web-team@acme.com".to_owned()),
        lasts_s,
    }
}

fn decide(approve: bool) -> ExemptRequest {
    ExemptRequest::Decide {
        rule: RULE.to_owned(),
        bucket: WALKTHROUGH.to_owned(),
        of: None,
        approve,
        note: "seen".to_owned(),
    }
}

fn end() -> ExemptRequest {
    end_shown(None)
}

/// Of the one that was shown as lasting until then.
fn end_shown(until: Option<Stamp>) -> ExemptRequest {
    ExemptRequest::End {
        rule: RULE.to_owned(),
        bucket: WALKTHROUGH.to_owned(),
        until,
        note: "the partner left".to_owned(),
    }
}

async fn ask(house: &House, who: &str, request: ExemptRequest) -> Result<String, RefusalCode> {
    let reply = house
        .room
        .answer(&caller(who), Request::Exempt(request))
        .await;
    match reply {
        Ok(Reply::Done(words)) => Ok(words),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal.code),
    }
}

async fn listed(house: &House) -> Exceptions {
    let reply = house.room.answer(&caller("ada"), Request::Exceptions).await;
    match reply.unwrap() {
        Reply::Exceptions(exceptions) => {
            assert!(exceptions.longest_s.is_some());
            Exceptions {
                longest_s: None,
                ..*exceptions
            }
        }
        other => panic!("{other:?}"),
    }
}

fn entries(house: &House, kind: &str) -> Vec<Entry> {
    let all = house.entries().into_iter();
    all.filter(|entry| entry.fact.kind() == kind).collect()
}

/// These columns of the one change in the auditors' export.
fn exported<const N: usize>(house: &House, columns: [&str; N]) -> [String; N] {
    let mut out = Vec::new();
    let reader = house.room.engine.ledger.reader();
    export::changes(reader, &export::Filter::default(), &mut out).unwrap();
    let mut rows = csv::Reader::from_reader(out.as_slice());
    let row: BTreeMap<String, String> = rows.deserialize().next().unwrap().unwrap();
    columns.map(|column| row[column].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_for_production_waits_for_another_approver_and_ends_the_question_that_was_asked()
 {
    let house = house("prod", |_| {}).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let words = ask(&house, "otto", add(30 * DAY)).await.unwrap();
    assert!(words.contains("another approver"), "{words}");
    let Exceptions {
        open, requested, ..
    } = listed(&house).await;
    assert!(open.is_empty(), "nothing is exempt yet");
    assert_eq!(
        requested[0].exception.owner.as_deref(),
        Some("web-team@acme.com")
    );
    assert_eq!(house.change(change.id).stage, Stage::AwaitingApproval);

    // Neither whoever asked nor somebody without the right says yes.
    for who in ["otto", "lea", "ada", "oscar"] {
        assert_eq!(
            ask(&house, who, decide(true)).await,
            Err(RefusalCode::Forbidden),
            "{who}"
        );
    }
    assert_eq!(entries(&house, "attempt.refused").len(), 4);
    assert_eq!(
        ask(&house, "nina", add(DAY)).await,
        Err(RefusalCode::Conflict),
        "it was asked already"
    );

    ask(&house, "nina", decide(true)).await.unwrap();
    let Exceptions {
        open, requested, ..
    } = listed(&house).await;
    assert!(requested.is_empty());
    assert_eq!(
        open[0].opened_by().as_deref(),
        Some("otto, approved by nina")
    );
    assert_eq!(open[0].until, at(NOW) + TimeDelta::days(30));
    let decided = entries(&house, "exception.decided").remove(0);
    assert_eq!(decided.actor, caller("nina").actor);
    let Fact::ExceptionDecided {
        of, approved: true, ..
    } = decided.fact
    else {
        panic!("{decided:?}");
    };
    assert_eq!(of, entries(&house, "exception.requested")[0].seq);

    // Nobody is asked about that violation any longer, and it is exempt wherever it is shown.
    let closed = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::WontFix));
    let why = "business-need: partners read it (kept off the bucket until 2026-05-15 by otto, approved by nina), nothing was written";
    assert_eq!(
        closed.alert.as_ref().unwrap().cause,
        Some(format!("exempt: {why}"))
    );
    assert_eq!(
        exported(&house, ["outcome", "reason", "fix_status", "verified_at"]),
        ["wont-fix", why, "halted", ""]
    );
    house.another_pass().await;
    let status = house.room.watch.status();
    assert_eq!((status.exempt, status.violating), (1, 0));
    assert_eq!(house.changes().len(), 1);
    let query = Query {
        filter: "is:exempt".parse().unwrap(),
        now: house.room.engine.now(),
        ..Query::default()
    };
    assert_eq!(
        house.room.engine.store.queue(&query, 0, 9).unwrap().total,
        1
    );
    let Ok(Reply::Coverage(scores)) = house.room.answer(&caller("ada"), Request::Coverage).await
    else {
        panic!("coverage");
    };
    let cis = scores
        .iter()
        .map(|score| &score.buckets)
        .find(|tally| tally.exempt > 0)
        .unwrap();
    assert_eq!((cis.exempt, cis.violating), (1, 0));

    // All of it follows from the ledger.
    let before = listed(&house).await;
    house.room.engine.store.rebuild().unwrap();
    assert_eq!(listed(&house).await, before);
    house.close().await;
}

async fn asked_of(house: &House, who: &str) -> usize {
    let reply = house.room.answer(&caller(who), Request::Status).await;
    match reply.unwrap() {
        Reply::Status(status) => status.asked,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_counted_for_whoever_may_answer_it_and_an_answer_is_to_the_one_that_was_shown()
{
    let house = house("prod", |_| {}).await;
    house.until_asked(RULE, WALKTHROUGH).await;
    ask(&house, "otto", add(DAY)).await.unwrap();
    for (who, count) in [("nina", 1), ("otto", 0), ("lea", 0), ("ada", 0)] {
        assert_eq!(asked_of(&house, who).await, count, "{who}");
    }
    let shown = listed(&house).await.requested[0].seq;
    let decide_on = |of| ExemptRequest::Decide {
        rule: RULE.to_owned(),
        bucket: WALKTHROUGH.to_owned(),
        of: Some(of),
        approve: true,
        note: String::new(),
    };
    // Somebody else denies it, and it is asked for again, for longer.
    ask(&house, "nina", decide(false)).await.unwrap();
    ask(&house, "otto", add(300 * DAY)).await.unwrap();
    let anew = listed(&house).await.requested[0].seq;
    assert_ne!(shown, anew);
    assert_eq!(
        ask(&house, "nina", decide_on(shown)).await,
        Err(RefusalCode::Conflict)
    );
    assert_eq!(
        house.refusals(),
        [format!(
            "nina approve an exception: entry {anew} asks for something else since that was shown: look at it again"
        )]
    );
    assert_eq!(listed(&house).await.open, []);
    ask(&house, "nina", decide_on(anew)).await.unwrap();
    assert_eq!(asked_of(&house, "nina").await, 0);

    // From when people are reminded on, it is told as one that ends soon.
    assert_eq!(listed(&house).await.soon, [0; 0]);
    let end = at(NOW) + TimeDelta::days(300);
    house.clock.set(end - TimeDelta::days(7));
    assert_eq!(listed(&house).await.soon, [0]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_time_is_over_can_only_be_denied() {
    let house = house("prod", |_| {}).await;
    ask(&house, "otto", add(DAY)).await.unwrap();
    house.clock.set(at(NOW) + TimeDelta::days(1));
    assert_eq!(
        ask(&house, "nina", decide(true)).await,
        Err(RefusalCode::Conflict)
    );
    assert_eq!(
        house.refusals(),
        ["nina approve an exception: the time that was asked for is over"]
    );
    assert_eq!(entries(&house, "exception.opened"), []);
    ask(&house, "nina", decide(false)).await.unwrap();
    assert_eq!(listed(&house).await, Exceptions::default());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_of_the_exception_that_was_shown_and_of_no_other_in_its_place() {
    let house = house("dev", |_| {}).await;
    ask(&house, "lea", add(DAY)).await.unwrap();
    let shown = listed(&house).await.open[0].until;
    ask(&house, "nina", end_shown(Some(shown))).await.unwrap();
    ask(&house, "otto", add(2 * DAY)).await.unwrap();
    let request = Request::Exempt(end_shown(Some(shown)));
    let refusal = house.room.answer(&caller("nina"), request).await;
    let refusal = refusal.unwrap_err();
    assert_eq!(
        (refusal.code, refusal.message),
        (
            RefusalCode::Conflict,
            format!(
                "{RULE} leaves {WALKTHROUGH} alone until 2026-04-17 03:12 UTC since that was shown: look at it again"
            )
        )
    );
    assert_eq!(entries(&house, "exception.ended").len(), 1);
    let there = listed(&house).await.open[0].until;
    assert_eq!(there, at(NOW) + TimeDelta::days(2));
    ask(&house, "nina", end_shown(Some(there))).await.unwrap();
    // A client that says nothing of it means whichever is there.
    ask(&house, "otto", add(DAY)).await.unwrap();
    let before = serde_json::json!({ "end": { "rule": RULE, "bucket": WALKTHROUGH, "note": "" } });
    let before = serde_json::from_value(before).unwrap();
    ask(&house, "nina", before).await.unwrap();
    assert_eq!(listed(&house).await, Exceptions::default());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_not_opened_over_an_exception_that_came_meanwhile() {
    let house = house("prod", |_| {}).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    ask(&house, "lea", add(DAY)).await.unwrap();
    let (hash, deny) = (change.ticket.plan_hash.clone(), Answer::Deny(reason()));
    let engine = &house.room.engine;
    engine
        .decide(&caller("nina"), change.id, &hash, deny)
        .await
        .unwrap();
    house.until_stage(change.id, Stage::Closed).await;
    let of_the_denial = at(NOW) + TimeDelta::days(90);
    assert_eq!(listed(&house).await.open[0].until, of_the_denial);
    assert_eq!(
        ask(&house, "nina", decide(true)).await,
        Err(RefusalCode::Conflict)
    );
    let Exceptions {
        open, requested, ..
    } = listed(&house).await;
    assert_eq!((open[0].until, open.len()), (of_the_denial, 1));
    assert_eq!(requested.len(), 1, "it still waits");
    ask(&house, "nina", decide(false)).await.unwrap();
    assert_eq!(listed(&house).await.requested, []);
    assert_eq!(
        house.refusals(),
        [format!(
            "nina approve an exception: {RULE} leaves {WALKTHROUGH} alone already, until 2026-07-14 03:12 UTC: end that first"
        )]
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_never_cuts_an_exception_short_that_lasts_longer() {
    for (days, then) in [(300, 300), (1, 90)] {
        let house = house("dev", |_| {}).await;
        let change = house.until_closed(RULE, WALKTHROUGH).await;
        ask(&house, "lea", add(days * DAY)).await.unwrap();
        let engine = &house.room.engine;
        engine
            .revert(&caller("nina"), change.id, reason())
            .await
            .unwrap();
        house
            .until("it is reverted", |house| {
                (house.change(change.id).word() == "reverted").then_some(())
            })
            .await;
        let open = listed(&house).await.open;
        let until: Vec<_> = open.iter().map(|one| one.until).collect();
        assert_eq!(until, [at(NOW) + TimeDelta::days(then)], "{days}");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_may_take_it_back_without_the_right_to_decide_for_others() {
    let house = house("prod", |_| {}).await;
    house.until_asked(RULE, WALKTHROUGH).await;
    ask(&house, "otto", add(DAY)).await.unwrap();
    assert_eq!(
        ask(&house, "lea", decide(false)).await,
        Err(RefusalCode::Forbidden),
        "it is somebody else's"
    );
    ask(&house, "otto", decide(false)).await.unwrap();
    ask(&house, "lea", add(DAY)).await.unwrap();
    assert_eq!(
        ask(&house, "lea", decide(true)).await,
        Err(RefusalCode::Forbidden)
    );
    ask(&house, "lea", decide(false)).await.unwrap();
    assert_eq!(listed(&house).await, Exceptions::default());
    let decided = entries(&house, "exception.decided");
    assert_eq!(decided[1].actor, caller("lea").actor);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_person_denies_never_becomes_an_exception() {
    let house = house("prod", |_| {}).await;
    house.until_asked(RULE, WALKTHROUGH).await;
    ask(&house, "lea", add(DAY)).await.unwrap();
    ask(&house, "nina", decide(false)).await.unwrap();
    assert_eq!(listed(&house).await, Exceptions::default());
    assert_eq!(
        ask(&house, "nina", decide(true)).await,
        Err(RefusalCode::NotFound)
    );
    assert_eq!(
        house.refusals(),
        [format!(
            "nina approve an exception: nobody asked for an exception from {RULE} on {WALKTHROUGH}"
        )]
    );
    assert_eq!(entries(&house, "exception.opened"), []);
    assert_eq!(
        entries(&house, "exception.decided")[0].headline(),
        format!("exception from {RULE} on {WALKTHROUGH} denied: seen")
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_and_what_is_too_long_or_about_nothing_is_refused() {
    let house = house("dev", |config| {
        config.exceptions.longest = std::time::Duration::from_secs(30 * DAY);
    })
    .await;
    for who in ["ada", "oscar", "mallory"] {
        assert_eq!(
            ask(&house, who, add(DAY)).await,
            Err(RefusalCode::Forbidden),
            "{who}"
        );
        assert_eq!(
            ask(&house, who, end()).await,
            Err(RefusalCode::Forbidden),
            "{who}"
        );
    }
    assert_eq!(entries(&house, "attempt.refused").len(), 6);
    for lasts in [0, 30 * DAY + 1, u64::MAX] {
        assert_eq!(
            ask(&house, "nina", add(lasts)).await,
            Err(RefusalCode::Conflict),
            "{lasts}"
        );
    }
    let long = Request::Exempt(add(31 * DAY));
    let refusal = house.room.answer(&caller("nina"), long).await.unwrap_err();
    assert!(refusal.message.contains("up to 30d here"), "{refusal}");
    // Whoever asks on a screen is told so before.
    let told = house
        .room
        .answer(&caller("nina"), Request::Exceptions)
        .await;
    let Ok(Reply::Exceptions(told)) = told else {
        panic!("exceptions");
    };
    assert_eq!(told.longest_s, Some(30 * DAY));
    for (rule, bucket) in [(RULE, "no-such-bucket"), ("no-such-rule", WALKTHROUGH)] {
        let request = ExemptRequest::Add {
            rule: rule.to_owned(),
            bucket: bucket.to_owned(),
            reason: reason(),
            owner: None,
            lasts_s: DAY,
        };
        assert_eq!(
            ask(&house, "nina", request).await,
            Err(RefusalCode::NotFound)
        );
    }
    assert_eq!(ask(&house, "nina", end()).await, Err(RefusalCode::NotFound));
    assert_eq!(listed(&house).await, Exceptions::default());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_told_of_once_before_it_ends_and_then_the_bucket_is_judged_again() {
    let receiver = Receiver::start().await;
    let house = house("prod", |config| {
        config.channels.webhooks = vec![Webhook {
            name: "audit".to_owned(),
            kind: WebhookKind::Slack,
            url: Secret::new(receiver.url()),
            approvals: false,
        }];
    })
    .await;
    house.until_asked(RULE, WALKTHROUGH).await;
    ask(&house, "otto", add(30 * DAY)).await.unwrap();
    ask(&house, "nina", decide(true)).await.unwrap();
    house.another_pass().await;
    let end = at(NOW) + TimeDelta::days(30);
    house
        .clock
        .set(end - TimeDelta::days(7) - TimeDelta::seconds(1));
    house.room.engine.tick();
    house.another_pass().await;
    assert_eq!(entries(&house, "exception.reminder"), []);
    house.clock.set(end - TimeDelta::days(7));
    for _ in 0..3 {
        house.room.engine.tick();
    }
    let told = |body: &&serde_json::Value| {
        let text = body["text"].as_str().unwrap_or_default();
        text.contains("exception ends 2026-05-15 03:12 UTC")
    };
    let body = house
        .until("the channel is told", |_| {
            receiver.bodies().iter().find(told).cloned()
        })
        .await;
    let text = body["text"].as_str().unwrap();
    for line in [
        "#compliance-audit",
        "acl-public-read on",
        "  acme-prod-customer-exports",
        "reason: business-need: partners read it",
        "owner: web-team@acme.com",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    house.room.engine.tick();
    house.another_pass().await;
    let reminders = entries(&house, "exception.reminder");
    assert_eq!(reminders.len(), 1, "once");
    assert!(
        text.contains(&format!("ledger: {} ", reminders[0].seq)),
        "{text}"
    );
    assert_eq!(receiver.bodies().iter().filter(told).count(), 1);
    assert_eq!(house.room.watch.status().exempt, 1, "it still is one");

    house.clock.set(end);
    house.room.engine.tick();
    house
        .until("the bucket is asked about again", |house| {
            let change = house.change_on(RULE, WALKTHROUGH)?;
            (change.stage == Stage::AwaitingApproval).then_some(())
        })
        .await;
    let ended = entries(&house, "exception.ended").remove(0);
    assert_eq!(ended.actor, Actor::Room);
    assert_eq!(listed(&house).await, Exceptions::default());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_production_it_holds_at_once_and_ended_early_the_bucket_is_fixed_without_waiting_for_a_pass()
 {
    // Compliant until the exception is there.
    let house = house("dev", |config| {
        config.mode = sixfold::config::Mode::Enforce;
        config.scan.pause = std::time::Duration::from_secs(DAY);
    })
    .await;
    house
        .until("the first fix is through", |house| {
            let change = house.change_on(RULE, WALKTHROUGH)?;
            (change.stage == Stage::Closed).then_some(())
        })
        .await;
    let words = ask(&house, "lea", add(DAY)).await.unwrap();
    assert_eq!(
        words,
        format!("{RULE} leaves {WALKTHROUGH} alone until 2026-04-16 03:12 UTC")
    );
    let public = |settings: &mut BucketSettings| {
        settings.acl.push(sixfold::sandbox::Grant::new(
            sixfold::sandbox::Grantee::AllUsers,
            sixfold::sandbox::Permission::Read,
        ));
    };
    house.sandbox.state().patch(WALKTHROUGH, public).unwrap();
    house.another_pass().await;
    assert_eq!(house.room.watch.status().exempt, 1);
    assert_eq!(house.changes().len(), 1, "it is let be");

    // No look is under way that could see the end of it by chance, and the pause between two passes
    // is a day.
    house.room.engine.at_rest().await;
    let pass = house.room.watch.status().pass;
    ask(&house, "lea", end()).await.unwrap();
    house
        .until("it is fixed", |house| {
            let changes = house.changes();
            let last = changes.last()?;
            (changes.len() == 2 && last.stage == Stage::Closed).then_some(())
        })
        .await;
    assert_eq!(house.room.watch.status().pass, pass);
    let ended = entries(&house, "exception.ended").remove(0);
    assert_eq!(
        ended.headline(),
        format!("{RULE} no longer exempt on {WALKTHROUGH}: ended by lea: the partner left")
    );
    house.close().await;
}
