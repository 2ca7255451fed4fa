//! What waits for a person outside production: what can't be undone, and what may break something
//! where the config says so.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod rules_support;

use house::{House, walkthrough_sandbox};
use rules_support::tag_rule;
use sixfold::{
    config::{AskOnHazards, Mode},
    domain::{
        Reversibility, Stage, Via,
        artifact::{Decision, Outcome},
    },
    rules::Library,
    sandbox::{BucketSettings, Sandbox, Setting, estate::WALKTHROUGH},
};

const NOW: &str = "2026-04-15T03:12:47Z";
const HAZARD: &str =
    "\n[[hazards]]\nlevel = \"high\"\nwhen = \"true\"\ntext = \"reports see the tag\"\n";

fn with_hazard() -> String {
    tag_rule("tag-a", "low", "a", "").replacen("\n[[tests]]", &format!("{HAZARD}\n[[tests]]"), 1)
}

async fn dev_sandbox() -> Sandbox {
    let sandbox = walkthrough_sandbox().await;
    let dev =
        |settings: &mut BucketSettings| settings.tags = vec![("env".to_owned(), "dev".to_owned())];
    sandbox.state().patch(WALKTHROUGH, dev).unwrap();
    sandbox
}

/// A room with one rule of its own.
async fn room(
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    rule: &str,
    (hazards, mode): (AskOnHazards, Mode),
) -> House {
    let rules = folder.path().join("rules");
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::write(rules.join("own.toml"), rule).unwrap();
    House::open_in(sandbox, folder, NOW, |config| {
        let embedded = Library::load(None).unwrap();
        config.rules.disabled = embedded
            .rules()
            .iter()
            .map(|rule| rule.id.clone())
            .collect();
        config.rules.directory = Some(rules);
        config.approval.hazards = hazards;
        config.mode = mode;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_way_fix_waits_in_every_environment_and_says_what_stays() {
    let rule = tag_rule("tag-a", "low", "a", "")
        .replace("[fix]\n", "[fix]\none_way = \"reports keep it for good\"\n");
    let folder = tempfile::tempdir().unwrap();
    let house = room(
        dev_sandbox().await,
        folder,
        &rule,
        (AskOnHazards::Off, Mode::Enforce),
    )
    .await;
    let asked = house.until_asked("tag-a", WALKTHROUGH).await;
    let plan = asked.ticket.plan().unwrap();
    let why = "reports keep it for good".to_owned();
    assert_eq!(plan.reversibility, Reversibility::OneWay(why.clone()));
    assert_eq!(plan.residue, [why]);
    let request = asked.request.as_ref().unwrap();
    assert_eq!(request.why, "one-way fix");
    assert_eq!(
        house
            .sandbox
            .calls()
            .attempts(WALKTHROUGH, Setting::Tagging),
        0
    );

    house.approve(&asked, Via::Tui).await.unwrap();
    let closed = house.until_stage(asked.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    let bundle = closed.rollback.unwrap().text();
    assert!(
        bundle.contains("not restored: reports keep it for good"),
        "{bundle}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn high_hazards_wait_everywhere_where_the_config_says_so() {
    let rule = with_hazard();
    let folder = tempfile::tempdir().unwrap();
    let house = room(
        dev_sandbox().await,
        folder,
        &rule,
        (AskOnHazards::High, Mode::Enforce),
    )
    .await;
    let asked = house.until_asked("tag-a", WALKTHROUGH).await;
    assert_eq!(asked.request.as_ref().unwrap().why, "high hazard");
    house.close().await;

    let folder = tempfile::tempdir().unwrap();
    let house = room(
        dev_sandbox().await,
        folder,
        &rule,
        (AskOnHazards::Off, Mode::Enforce),
    )
    .await;
    let closed = house
        .until("the fix runs", |house| {
            let change = house.change_on("tag-a", WALKTHROUGH);
            change.filter(|change| change.stage == Stage::Closed)
        })
        .await;
    let approval = closed.approval.unwrap();
    assert_eq!(approval.decision, Decision::NotRequired);
    house.close().await;
}

/// A ticket from before the config said so.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nobody_was_asked_about_is_asked_afresh_when_hazards_wait_by_now() {
    let rule = with_hazard();
    let folder = tempfile::tempdir().unwrap();
    let observing = (AskOnHazards::Off, Mode::Observe);
    let house = room(dev_sandbox().await, folder, &rule, observing).await;
    let first = house
        .until("there is a ticket", |house| {
            house.change_on("tag-a", WALKTHROUGH)
        })
        .await;
    let (sandbox, folder) = house.close().await;

    let house = room(sandbox, folder, &rule, (AskOnHazards::High, Mode::Enforce)).await;
    let closed = house.until_stage(first.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Drifted));
    let cause = closed.alert.unwrap().cause.unwrap();
    assert!(cause.contains("nobody was asked"), "{cause}");
    let asked = house.until_asked("tag-a", WALKTHROUGH).await;
    assert!(asked.id > first.id);
    let writes = house
        .sandbox
        .calls()
        .attempts(WALKTHROUGH, Setting::Tagging);
    assert_eq!(writes, 0);
    house.close().await;
}
