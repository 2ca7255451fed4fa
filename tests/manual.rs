//! What a person does by hand: it is asked for, marked done, looked at, and never pretended.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod rules_support;

use std::{collections::BTreeMap, path::Path, time::Duration};

use house::{House, nina, walkthrough_sandbox};
use rules_support::{library_with, lines, tag_rule};
use sixfold::{
    channels::Record,
    config::{Config, Mode},
    domain::{
        Actor, Change, Digest, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    engine::Caller,
    ledger::export,
    room::protocol::{Answer, RefusalCode},
    rules::Library,
    sandbox::{BucketSettings, estate::WALKTHROUGH},
};

const NOW: &str = "2026-04-15T03:12:47Z";

const PEOPLE: &str = r#"
[[people]]
name = "nina.ramirez"
user = "nina"
role = "approver"

[[people]]
name = "otto"
user = "otto"
role = "auditor"

[[people]]
name = "lea"
user = "lea"
role = "lead"
"#;

/// A rule that wants a tag which only a person may set.
fn by_hand() -> String {
    let rule = tag_rule("tag-a", "low", "a", "");
    let (before, rest) = rule.split_once("[fix]").unwrap();
    let (_, tests) = rest.split_once("[[tests]]").unwrap();
    format!(
        "{before}[manual]\naction = \"tag it\"\nsteps = [\"sign in to {{account}}\", \"tag {{bucket}} in {{region}} with {{\\\"a\\\": 1}}\"]\n\n[[tests]]{tests}"
    )
}

async fn room(mode: Mode) -> (House, tempfile::TempDir) {
    let sandbox = walkthrough_sandbox().await;
    let rules = tempfile::tempdir().unwrap();
    std::fs::write(rules.path().join("own.toml"), by_hand()).unwrap();
    let house = House::open(sandbox, NOW, |config| {
        let embedded = Library::load(None).unwrap();
        config.rules.disabled = embedded
            .rules()
            .iter()
            .map(|rule| rule.id.clone())
            .collect();
        config.rules.directory = Some(rules.path().to_owned());
        config.scan.pause = Duration::from_hours(1);
        config.verify.deadline = Duration::from_millis(300);
        config.mode = mode;
        config.people = Config::parse(PEOPLE, Path::new("sixfold.toml"))
            .unwrap()
            .people;
    })
    .await;
    (house, rules)
}

async fn until_asked(house: &House) -> Change {
    house
        .until("it is asked for", |house| {
            let change = house.change_on("tag-a", WALKTHROUGH)?;
            (change.stage == Stage::ByHand).then_some(change)
        })
        .await
}

fn tag(house: &House) {
    let tagged =
        |settings: &mut BucketSettings| settings.tags.push(("a".to_owned(), "yes".to_owned()));
    house.sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_for_marked_done_looked_at_and_closed_without_one_write() {
    let (house, _rules) = room(Mode::Enforce).await;
    let asked = until_asked(&house).await;
    let ticket = asked.ticket.text(asked.id);
    assert!(
        ticket.ends_with(&format!(
            "by hand: tag it\n  1. sign in to {}\n  2. tag {WALKTHROUGH} in us-east-1 with {{\"a\": 1}}",
            asked.ticket.asset.account
        )),
        "{ticket}"
    );
    let engine = &house.room.engine;
    let nina = nina(Via::Cli);

    // There is nothing to approve, and a stale sight of the steps marks nothing.
    let refused = house.approve(&asked, Via::Tui).await.unwrap_err();
    assert!(refused.message.contains("mark it done"), "{refused}");
    let stale = engine.mark_done(&nina, asked.id, &Digest::of("x")).await;
    assert_eq!(stale.unwrap_err().code, RefusalCode::Forbidden);
    let auditor = Caller {
        actor: Actor::person("otto").unwrap(),
        via: Via::Cli,
        readonly: false,
    };
    let hash = asked.ticket.plan_hash.clone();
    let refused = engine.mark_done(&auditor, asked.id, &hash).await;
    assert_eq!(refused.unwrap_err().code, RefusalCode::Forbidden);

    // Marked done too early: it says so and asks again.
    engine.mark_done(&nina, asked.id, &hash).await.unwrap();
    let again = house
        .until("it is found undone", |house| {
            let change = house.change(asked.id);
            let unfinished = change.by_hand.as_ref()?.unfinished.is_some();
            (change.stage == Stage::ByHand && unfinished).then_some(change)
        })
        .await;
    let said = again
        .by_hand
        .as_ref()
        .unwrap()
        .text(again.id, &again.ticket);
    assert!(
        said.ends_with(
            "marked done by: nina.ramirez (cli, 2026-04-15 03:12:47 UTC)\nstill violating: no tag a"
        ),
        "{said}"
    );

    tag(&house);
    engine.mark_done(&nina, asked.id, &hash).await.unwrap();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::ResolvedElsewhere));
    let alert = closed.alert.as_ref().unwrap();
    assert_eq!(
        (alert.approver.to_string(), alert.via, alert.written),
        ("nina.ramirez".to_owned(), Via::Cli, false)
    );
    let cause = alert.cause.as_ref().unwrap();
    assert!(
        cause.starts_with("done by hand, marked by nina.ramirez (cli"),
        "{cause}"
    );
    assert!(closed.backup.is_none() && closed.fix.is_none() && closed.rollback.is_none());
    assert_eq!(
        house.sandbox.calls().all_writes(),
        0,
        "not even the vault was written"
    );
    let late = engine.mark_done(&nina, asked.id, &hash).await.unwrap_err();
    assert_eq!(late.code, RefusalCode::Conflict);
    let on_record = house.refusals();
    let on_record: Vec<_> = on_record
        .iter()
        .filter_map(|line| line.split_once(": "))
        .collect();
    assert_eq!(
        on_record.iter().map(|(who, _)| *who).collect::<Vec<_>>(),
        [
            "nina.ramirez approve",
            "nina.ramirez mark done",
            "otto mark done",
            "nina.ramirez mark done"
        ]
    );
    assert_eq!(on_record[3].1, late.message);
    let folder = house.folder.path().join("ledger");
    sixfold::ledger::verify(&folder).unwrap();
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_finds_it_done_closes_it_although_nobody_marked_it() {
    let (house, _rules) = room(Mode::Enforce).await;
    let asked = until_asked(&house).await;
    house.another_pass().await;
    assert_eq!(
        house.change(asked.id).stage,
        Stage::ByHand,
        "it still violates"
    );
    tag(&house);
    house.room.watch.scan_now();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::ResolvedElsewhere));
    assert_eq!(closed.alert.unwrap().approver, Actor::Room);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_denied_like_anything_else_and_only_observing_asks_nobody() {
    let (house, _rules) = room(Mode::Enforce).await;
    let asked = until_asked(&house).await;
    let deny = Answer::Deny(Reason {
        code: ReasonCode::AcceptedRisk,
        note: "nobody has the device".to_owned(),
    });
    let hash = asked.ticket.plan_hash.clone();
    let engine = &house.room.engine;
    engine
        .decide(&nina(Via::Tui), asked.id, &hash, deny)
        .await
        .unwrap();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::WontFix));
    house
        .until("the rule is exempt there", |house| {
            (house.room.watch.status().exempt == 1).then_some(())
        })
        .await;
    house.close().await;

    let (house, _rules) = room(Mode::Observe).await;
    let found = house
        .until("there is a ticket", |house| {
            house.change_on("tag-a", WALKTHROUGH)
        })
        .await;
    house.room.engine.settled().await;
    assert_eq!(house.change(found.id).stage, Stage::Ticketed);
    tag(&house);
    house.room.watch.scan_now();
    let closed = house.until_stage(found.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::ResolvedElsewhere));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_exception_lets_be_is_never_told_as_done() {
    let (house, _rules) = room(Mode::Enforce).await;
    let asked = until_asked(&house).await;
    let engine = &house.room.engine;
    let lea = Caller {
        actor: Actor::person("lea").unwrap(),
        ..nina(Via::Cli)
    };
    let on = ("tag-a", WALKTHROUGH);
    let reason = Reason {
        code: ReasonCode::AcceptedRisk,
        note: "nobody has the device".to_owned(),
    };
    let day = 24 * 60 * 60;
    engine
        .add_exception(&lea, on, reason, None, day)
        .await
        .unwrap();
    engine
        .decide_exception(&nina(Via::Cli), on, None, true, "")
        .await
        .unwrap();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::WontFix));

    let mut out = Vec::new();
    let reader = engine.ledger.reader();
    export::changes(reader, &export::Filter::default(), &mut out).unwrap();
    let mut rows = csv::Reader::from_reader(out.as_slice());
    let row: BTreeMap<String, String> = rows.deserialize().next().unwrap().unwrap();
    assert_eq!(
        [&row["outcome"], &row["verified_at"], &row["decision"]],
        ["wont-fix", "", ""]
    );
    assert!(
        row["reason"].starts_with("accepted-risk: nobody has the device (kept off"),
        "{row:?}"
    );
    let alert = closed.alert.as_ref().unwrap();
    let record = Record::closed(&closed, alert, (closed.alert_seq, String::new()));
    let told = ("verification", "none".to_owned());
    assert!(record.fields.contains(&told), "{record:?}");
    house.close().await;
}

#[test]
fn a_rule_has_a_fix_or_steps_by_hand_and_the_steps_name_what_there_is() {
    let good = by_hand();
    let (library, _dir) = library_with(&[("own.toml", &good)]);
    let library = library.unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    assert!(library.get("tag-a").unwrap().writes().is_none());
    let fix = "[fix]\naction = \"x\"\ntarget = '{}'\n\n[manual]";
    for (from, to, told) in [
        (
            "[manual]",
            fix,
            ": manual: a rule has [fix] or [manual], not both",
        ),
        (
            "{region}",
            "{zone}",
            ": manual.steps[1]: `{zone}` stands for nothing; there are {bucket}, {region}, {account}",
        ),
        (
            "action = \"tag it\"",
            "action = \" \"",
            ": manual.action: it is empty",
        ),
        (
            "[\"sign in to {account}\", \"tag {bucket} in {region} with {\\\"a\\\": 1}\"]",
            "[]",
            ": manual.steps: there is none",
        ),
        (
            "\n[[tests]]\nname = \"v\"",
            "\n[[hazards]]\nlevel = \"note\"\nwhen = \"true\"\ntext = \"t\"\n\n[[tests]]\nname = \"v\"",
            ": hazards[0].when: nothing is written",
        ),
        (
            "verdict = \"violation\"",
            "verdict = \"violation\"\ntarget = { TagSet = [] }",
            ": tests[0].target: a rule without [fix]",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let (library, _dir) = library_with(&[("own.toml", &good.replacen(from, to, 1))]);
        let text = lines(&library.expect_err(to));
        assert!(text.contains(told), "{to}: {text}");
    }
    let neither = good.split_once("[manual]").unwrap().0.to_owned()
        + "[[tests]]"
        + good.split_once("[[tests]]").unwrap().1;
    let (library, _dir) = library_with(&[("own.toml", &neither)]);
    let text = lines(&library.unwrap_err());
    assert!(text.contains(":2: fix: there is no [fix]"), "{text}");
}
