//! Approvals that take more than one person, or somebody who does not own what is changed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;

use std::path::Path;

use house::{House, only_the_acl_rule, walkthrough_sandbox};
use sixfold::{
    chain,
    channels::Record,
    config::Config,
    domain::{
        Actor, Change, ChangeId, Digest, Fact, Stage, Via,
        artifact::{Decision, Outcome, Reason, ReasonCode},
    },
    engine::Caller,
    room::protocol::{Answer, RefusalCode},
    sandbox::{BucketSettings, Sandbox, estate::WALKTHROUGH},
};
use tempfile::TempDir;

const NOW: &str = "2026-04-15T03:12:47Z";

const PEOPLE: &str = r#"
[[people]]
name = "nina.ramirez"
[[people]]
name = "ravi.patel"
[[people]]
name = "dana"
groups = ["platform-security"]
"#;

async fn staging_sandbox() -> Sandbox {
    let sandbox = walkthrough_sandbox().await;
    let staging = |settings: &mut BucketSettings| {
        let env = settings.tags.iter_mut().find(|(key, _)| key == "env");
        env.unwrap().1 = String::from("staging");
    };
    sandbox.state().patch(WALKTHROUGH, staging).unwrap();
    sandbox
}

/// A room in which people and approvals are as the text says.
async fn room(sandbox: Sandbox, folder: TempDir, text: &str) -> House {
    let typed = Config::parse(text, Path::new("sixfold.toml")).unwrap();
    House::open_in(sandbox, folder, NOW, |config| {
        only_the_acl_rule(config);
        config.people = typed.people;
        config.approval.strict = typed.approval.strict;
        config.mode = typed.mode;
    })
    .await
}

fn enforcing(strict: &str, people: &str) -> String {
    format!("mode = \"enforce\"\n[vault]\nbucket = \"any\"\n{strict}{people}")
}

async fn house(strict: &str) -> (House, ChangeId, Digest) {
    let text = enforcing(strict, PEOPLE);
    let folder = tempfile::tempdir().unwrap();
    let house = room(walkthrough_sandbox().await, folder, &text).await;
    let change = house.until_asked("acl-public-read", WALKTHROUGH).await;
    (house, change.id, change.ticket.plan_hash)
}

fn caller(name: &str, via: Via) -> Caller {
    Caller {
        actor: Actor::person(name).unwrap(),
        via,
        readonly: false,
    }
}

/// The last of those who have to agree does so, and it is seen through.
async fn approved_last(house: &House, name: &str, (id, plan): (ChangeId, &Digest)) -> Change {
    let who = caller(name, Via::Tui);
    let decided = house.room.engine.decide(&who, id, plan, Answer::Approve);
    decided.await.unwrap();
    let closed = house.until_stage(id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    closed
}

const TWO: &str =
    "[[approval.strict]]\nenvironment = \"production\"\nseverity = \"high\"\npeople = 2\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_different_people_must_agree_and_the_record_names_both() {
    let (house, id, plan) = house(TWO).await;
    let engine = house.room.engine.clone();
    let nina = caller("nina.ramirez", Via::Tap);
    let words = engine.decide(&nina, id, &plan, Answer::Approve).await;
    assert_eq!(
        words.unwrap(),
        format!("{id}: 1 of 2 agreed; it waits for another person")
    );
    // The same person by another way is the same person.
    let again = caller("nina.ramirez", Via::Tui);
    let refused = engine.decide(&again, id, &plan, Answer::Approve).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
    let again = format!("nina.ramirez agreed to {id} already; it takes 2 different people");
    assert_eq!(refused.message, again);
    assert_eq!(house.refusals(), [format!("nina.ramirez approve: {again}")]);
    let waiting = house.change(id);
    assert_eq!(waiting.stage, Stage::AwaitingApproval);
    assert_eq!(waiting.word(), "1 of 2 agreed");
    assert_eq!(house.sandbox.calls().all_writes(), 0);

    let closed = approved_last(&house, "ravi.patel", (id, &plan)).await;
    let boxes = closed.boxes();
    let text = |title: &str| {
        let found = boxes.iter().find(|(name, _)| *name == title);
        found.unwrap().1.clone()
    };
    assert!(text("02 Approval").contains("needs: 2 different people"));
    assert!(
        text("02 Decision")
            .contains("approved by: nina.ramirez (tap, 03:12:47 UTC)\n  and ravi.patel (tui,"),
        "{}",
        text("02 Decision")
    );
    assert!(
        text("06 Alert")
            .contains("approver: ravi.patel\n  (tui, 03:12:47 UTC)\n  with nina.ramirez (tap,")
    );
    let alert = closed.alert.as_ref().unwrap();
    let record = Record::closed(&closed, alert, (1, String::new()));
    let told = record.fields.iter().find(|(label, _)| *label == "approver");
    assert_eq!(
        told.unwrap().1,
        "nina.ramirez (tap, 03:12:47 UTC) and ravi.patel (tui, 03:12:47 UTC)"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_config_is_strict_about_waits_for_its_people_outside_production_too() {
    let strict = "[[approval.strict]]\nenvironment = \"staging\"\npeople = 2\n";
    let folder = tempfile::tempdir().unwrap();
    let text = enforcing(strict, PEOPLE);
    let house = room(staging_sandbox().await, folder, &text).await;
    let asked = house.until_asked("acl-public-read", WALKTHROUGH).await;
    let (id, plan) = (asked.id, asked.ticket.plan_hash.clone());
    assert!(!asked.ticket.environment.production);
    let request = asked.request.as_ref().unwrap();
    let shown = request.text(id, &asked.ticket);
    assert!(
        shown.contains("\nwaits: strict approval\nneeds: 2 different people\n"),
        "{shown}"
    );
    let engine = house.room.engine.clone();
    let nina = caller("nina.ramirez", Via::Tui);
    let words = engine.decide(&nina, id, &plan, Answer::Approve).await;
    assert!(words.unwrap().contains("1 of 2 agreed"));
    assert_eq!(house.sandbox.calls().all_writes(), 0);
    let closed = approved_last(&house, "ravi.patel", (id, &plan)).await;
    let approval = closed.approval.unwrap();
    assert_eq!(approval.agreed().len(), 2);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn severities_and_other_environments_than_the_strict_ones_are_fixed_without_a_question() {
    for strict in [
        "[[approval.strict]]\nenvironment = \"qa\"\npeople = 2\n",
        "[[approval.strict]]\nseverity = \"critical\"\npeople = 2\n",
        TWO,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = enforcing(strict, PEOPLE);
        let house = room(staging_sandbox().await, folder, &text).await;
        let closed = house.until_closed("acl-public-read", WALKTHROUGH).await;
        let approval = closed.approval.unwrap();
        assert_eq!(approval.headline(), "not required (env=staging)");
        house.close().await;
    }
}

/// A ticket from before the config said so, which nobody is asked about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_nobody_was_asked_about_is_asked_afresh_when_it_is_strict_by_now() {
    let folder = tempfile::tempdir().unwrap();
    let observing = format!("mode = \"observe\"\n{PEOPLE}");
    let house = room(staging_sandbox().await, folder, &observing).await;
    let first = house
        .until("there is a ticket", |house| {
            house.change_on("acl-public-read", WALKTHROUGH)
        })
        .await;
    let (sandbox, folder) = house.close().await;
    let strict = "[[approval.strict]]\nenvironment = \"staging\"\npeople = 2\n";
    let house = room(sandbox, folder, &enforcing(strict, PEOPLE)).await;
    let closed = house.until_stage(first.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Drifted));
    let cause = closed.alert.unwrap().cause.unwrap();
    assert!(cause.contains("[[approval.strict]]"), "{cause}");
    let asked = house.until_asked("acl-public-read", WALKTHROUGH).await;
    assert!(asked.id > first.id);
    assert_eq!(house.sandbox.calls().all_writes(), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_round_forgets_who_agreed_to_the_first_and_one_no_is_enough() {
    let (house, id, plan) = house(TWO).await;
    let engine = house.room.engine.clone();
    let nina = caller("nina.ramirez", Via::Tui);
    engine
        .decide(&nina, id, &plan, Answer::Approve)
        .await
        .unwrap();
    house.clock.set(house::at("2026-04-15T05:12:47Z"));
    house
        .until("it is asked again", |house| {
            house.room.engine.tick();
            let change = house.change(id);
            let round = change.request.as_ref()?.round;
            (round == 2 && change.stage == Stage::AwaitingApproval).then_some(())
        })
        .await;
    assert!(house.change(id).agreed.is_empty());
    let ravi = caller("ravi.patel", Via::Tui);
    engine
        .decide(&ravi, id, &plan, Answer::Approve)
        .await
        .unwrap();
    assert_eq!(house.change(id).stage, Stage::AwaitingApproval);
    let reason = Reason {
        code: ReasonCode::AcceptedRisk,
        note: String::new(),
    };
    engine
        .decide(&nina, id, &plan, Answer::Deny(reason))
        .await
        .unwrap();
    let closed = house.until_stage(id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::WontFix));
    assert_eq!(house.sandbox.calls().all_writes(), 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owners_team_may_not_approve_where_the_config_says_so() {
    let text = "[[approval.strict]]\nowner = false\n";
    let (house, id, plan) = house(text).await;
    assert_eq!(house.change(id).ticket.owner.team, "platform-security");
    let engine = house.room.engine.clone();
    let dana = caller("dana", Via::Tui);
    let refused = engine.decide(&dana, id, &plan, Answer::Approve).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Forbidden);
    assert!(
        refused.message.contains("takes somebody else's approval"),
        "{refused}"
    );
    assert_eq!(
        house.refusals(),
        [format!("dana approve: {}", refused.message)]
    );
    approved_last(&house, "nina.ramirez", (id, &plan)).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_does_not_count_once_whoever_gave_it_may_no_longer_decide() {
    for gone in [
        PEOPLE.replace("\"nina.ramirez\"", "\"nina.ramirez\"\nrole = \"auditor\""),
        PEOPLE.replace("nina.ramirez", "somebody.else"),
    ] {
        let (house, id, plan) = house(TWO).await;
        let nina = caller("nina.ramirez", Via::Tui);
        let engine = house.room.engine.clone();
        engine
            .decide(&nina, id, &plan, Answer::Approve)
            .await
            .unwrap();
        drop(engine);
        let (sandbox, folder) = house.close().await;
        let house = room(sandbox, folder, &enforcing(TWO, &gone)).await;
        let engine = house.room.engine.clone();
        let ravi = caller("ravi.patel", Via::Tui);
        let words = engine.decide(&ravi, id, &plan, Answer::Approve).await;
        assert_eq!(
            words.unwrap(),
            format!(
                "{id}: 1 of 2 agreed; it waits for another person (nina.ramirez agreed before and may not any more, so that does not count)"
            )
        );
        let waiting = house.change(id);
        assert_eq!(waiting.stage, Stage::AwaitingApproval);
        assert_eq!(waiting.word(), "1 of 2 agreed");
        assert_eq!(house.sandbox.calls().all_writes(), 0);
        let last = engine.store.entries_of(id).unwrap().pop().unwrap();
        assert_eq!(
            last.entry.headline(),
            "agreed, others must as well; nina.ramirez does not count any more"
        );

        let closed = approved_last(&house, "dana", (id, &plan)).await;
        let agreed = closed.approval.unwrap().agreed();
        let names: Vec<_> = agreed.iter().map(|agreed| agreed.by.name()).collect();
        assert_eq!(names, ["ravi.patel", "dana"]);
        house.close().await;
    }
}

/// Tags are typed by people: `Platform-Security`, or the address of one person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_is_asked_and_kept_from_approving_however_the_tag_spells_them() {
    let people = "[[people]]\nname = \"ravi.patel\"\n\
                  [[people]]\nname = \"nina@acme.com\"\n\
                  [[people]]\nname = \"dana\"\ngroups = [\"platform-security\"]\n";
    for (tag, name, asked) in [
        (
            "Platform-Security",
            "dana",
            &["on-call", "Platform-Security"][..],
        ),
        (
            "Nina@acme.com",
            "nina@acme.com",
            &["on-call", "Nina", "Nina@acme.com"],
        ),
        // Nobody's name, so the account's owner counts.
        ("@acme.com", "dana", &["on-call", "platform-security"]),
    ] {
        let sandbox = walkthrough_sandbox().await;
        let tagged = |settings: &mut BucketSettings| {
            settings.tags.push(("owner".to_owned(), tag.to_owned()));
        };
        sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = enforcing("[[approval.strict]]\nowner = false\n", people);
        let house = room(sandbox, folder, &text).await;
        let change = house.until_asked("acl-public-read", WALKTHROUGH).await;
        assert_eq!(change.request.as_ref().unwrap().asked, asked);
        let owner = caller(name, Via::Tui);
        let plan = &change.ticket.plan_hash;
        let engine = &house.room.engine;
        let refused = engine
            .decide(&owner, change.id, plan, Answer::Approve)
            .await;
        assert_eq!(refused.unwrap_err().code, RefusalCode::Forbidden, "{tag}");
        house.close().await;
    }
}

/// What an auditor's copy is held against: no ledger in which too few agreed is taken for a whole one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_in_which_too_few_agreed_is_refused() {
    let (house, id, plan) = house(TWO).await;
    let engine = house.room.engine.clone();
    for name in ["nina.ramirez", "ravi.patel"] {
        let caller = caller(name, Via::Tui);
        engine
            .decide(&caller, id, &plan, Answer::Approve)
            .await
            .unwrap();
    }
    house.until_stage(id, Stage::Closed).await;
    let entries: Vec<_> = engine
        .store
        .entries_of(id)
        .unwrap()
        .into_iter()
        .map(|recorded| recorded.entry)
        .collect();
    let fold = |entries: &[sixfold::domain::Entry]| -> Result<Option<Change>, chain::ChainError> {
        entries
            .iter()
            .try_fold(None, |change, entry| chain::apply(change, entry).map(Some))
    };
    assert!(fold(&entries).is_ok());
    let without: Vec<_> = entries
        .iter()
        .filter(|entry| !matches!(entry.fact, Fact::Agreed { .. }))
        .cloned()
        .collect();
    assert!(fold(&without).is_err());
    let mut stranger = entries.clone();
    for entry in &mut stranger {
        if let Fact::Agreed { without, .. } = &mut entry.fact {
            without.push(Actor::person("dana").unwrap());
        }
    }
    assert_eq!(
        fold(&stranger).unwrap_err().why,
        "somebody who does not count any more had not agreed"
    );
    let mut alone = without.clone();
    let mut twice = entries.clone();
    for entry in alone.iter_mut().chain(twice.iter_mut()) {
        if let Fact::Approval(approval) = &mut entry.fact {
            assert_eq!(approval.decision, Decision::Approved);
            approval.by = Actor::person("nina.ramirez").unwrap();
        }
    }
    for entry in &mut alone {
        if let Fact::Approval(approval) = &mut entry.fact {
            approval.with.clear();
        }
    }
    assert_eq!(fold(&alone).unwrap_err().why, "more people must agree");
    assert_eq!(
        fold(&twice).unwrap_err().why,
        "the same person agreed before"
    );
    house.close().await;
}
