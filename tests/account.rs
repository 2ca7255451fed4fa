//! The account itself through the whole chain: found, decided by a person, fixed, verified, put back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

#[path = "common/sandbox.rs"]
mod common;
mod house;
mod rules_support;

use common::{aws_control, aws_control_of};
use house::{House, nina, only, walkthrough_sandbox};
use rules_support::versioning_rule;
use sixfold::{
    config::AccountFacts,
    domain::{
        Change, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    sandbox::{
        FaultKind, FaultRule, PublicAccessBlock,
        estate::{self, WALKTHROUGH},
    },
    store::Query,
};

const RULE: &str = "account-block-public-access";
const ACCOUNT: &str = "account:111122223333";
const NOW: &str = "2026-04-15T03:12:47Z";

fn reason() -> Reason {
    Reason {
        code: ReasonCode::BusinessNeed,
        note: "the website is public".to_owned(),
    }
}

fn block(house: &House) -> Option<PublicAccessBlock> {
    let owner = &house.sandbox.options().owner.account;
    house.sandbox.state().account_block(owner)
}

fn writes(house: &House) -> u64 {
    let calls = house.sandbox.calls();
    calls.count("PutPublicAccessBlock", ACCOUNT) + calls.count("DeletePublicAccessBlock", ACCOUNT)
}

async fn reverted(house: &House, change: &Change) {
    let nina = nina(Via::Cli);
    let revert = house.room.engine.revert(&nina, change.id, reason());
    revert.await.unwrap();
    house
        .until("the revert is done", |house| {
            let revert = house.change(change.id).revert?;
            (revert.state == sixfold::domain::RevertState::Done).then_some(())
        })
        .await;
}

/// The account is said not to be production, so nothing waits.
fn in_dev(config: &mut sixfold::config::Config) {
    let facts = AccountFacts {
        environment: Some("dev".to_owned()),
        owner: Some("web@acme.com".to_owned()),
        ..AccountFacts::default()
    };
    let account = "111122223333".to_owned().try_into().unwrap();
    config.accounts.insert(account, facts);
    only(config, RULE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_account_waits_for_a_person_and_is_then_blocked_verified_and_put_back() {
    let sandbox = walkthrough_sandbox().await;
    let house = House::open(sandbox, NOW, |_| {}).await;
    let change = house.until_asked(RULE, ACCOUNT).await;
    let ticket = &change.ticket;
    assert_eq!(ticket.asset.uri(), ACCOUNT);
    assert!(ticket.environment.production);
    assert_eq!(ticket.owner.contact, "platform-security@acme.com");
    let (title, text) = &change.boxes()[0];
    assert!(
        text.contains("not set for an account with env=prod"),
        "{title} {text}"
    );
    let hazards: Vec<_> = ticket
        .plan()
        .unwrap()
        .hazards
        .iter()
        .map(|hazard| &hazard.text)
        .collect();
    assert!(hazards[0].contains("goes dark at once"), "{hazards:?}");
    let query = Query {
        filter: ACCOUNT.parse().unwrap(),
        ..Query::default()
    };
    let found = house.room.engine.store.queue(&query, 0, 10);
    let labels: Vec<_> = found
        .unwrap()
        .items
        .into_iter()
        .map(|row| row.bucket)
        .collect();
    assert!(
        labels.contains(&"account 111122223333".to_owned()),
        "{labels:?}"
    );
    assert!(
        labels.contains(&WALKTHROUGH.to_owned()),
        "the walkthrough's bucket is public still, and asked about too: {labels:?}"
    );
    assert_eq!((block(&house), writes(&house)), (None, 0));

    house.approve(&change, Via::Tui).await.unwrap();
    let change = house.until_closed(RULE, ACCOUNT).await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    assert_eq!(block(&house), Some(PublicAccessBlock::ALL));
    let script = house.room.engine.vault().unwrap();
    let script = script.fetch(change.id, "rollback.sh").await.unwrap();
    let script = String::from_utf8(script).unwrap();
    for part in [
        "# Puts back the state before CHG-",
        "on account:111122223333.",
        "aws s3control delete-public-access-block \\\n  --account-id 111122223333 \\\n  --region us-east-1",
    ] {
        assert!(script.contains(part), "{script}");
    }

    // What the bucket's own rules make of it is theirs; the account's has nothing more to say.
    house.another_pass().await;
    house.another_pass().await;
    let of_the_account = |change: &Change| change.ticket.rule.id == RULE;
    let opened = house.changes().into_iter().filter(of_the_account).count();
    assert_eq!((opened, writes(&house)), (1, 1), "{:#?}", house.words());

    reverted(&house, &change).await;
    assert_eq!((block(&house), writes(&house)), (None, 2));
    house.another_pass().await;
    assert_eq!(
        house.change_on(RULE, ACCOUNT).unwrap().id,
        change.id,
        "a person put it back, so the rule leaves the account alone for a while"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_incomplete_block_is_completed_and_comes_back_and_the_printed_commands_do_the_same() {
    let flag = |bits: u32, at: u32| bits >> at & 1 == 1;
    let states = (0..15).map(|bits| {
        Some(PublicAccessBlock {
            block_public_acls: flag(bits, 0),
            ignore_public_acls: flag(bits, 1),
            block_public_policy: flag(bits, 2),
            restrict_public_buckets: flag(bits, 3),
        })
    });
    for (at, before) in states.chain([None]).enumerate() {
        let sandbox = walkthrough_sandbox().await;
        let owner = sandbox.options().owner.clone();
        sandbox.state().set_account_block(&owner.account, before);
        let house = House::open(sandbox, NOW, in_dev).await;
        let change = house.until_closed(RULE, ACCOUNT).await;
        assert_eq!(change.outcome(), Some(Outcome::Remediated), "{before:?}");
        assert_eq!(block(&house), Some(PublicAccessBlock::ALL), "{before:?}");
        reverted(&house, &change).await;
        assert_eq!(block(&house), before);
        // The command line starts slowly: some states stand for all.
        if at % 6 > 0 && before.is_some() {
            house.close().await;
            continue;
        }

        let plan = change.ticket.plan().unwrap();
        let vault = house.room.engine.vault().unwrap();
        let name = sixfold::domain::Plan::snapshot_file(&plan.setting, change.id);
        let snapshot = vault.fetch(change.id, &name).await.unwrap();
        let file = house.folder.path().join(&name);
        std::fs::write(&file, snapshot).unwrap();
        for (command, after) in [
            (&plan.command, Some(PublicAccessBlock::ALL)),
            (&plan.inverse, before),
        ] {
            let words = command.words();
            assert_eq!(words[..2], ["aws", "s3control"]);
            let words: Vec<_> = words[2..]
                .iter()
                .map(|word| word.replace(&name, file.to_str().unwrap()))
                .collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let ran = aws_control_of(&house.sandbox, &owner, &words).await;
            assert!(ran.is_silent(), "{words:?}");
            assert_eq!(block(&house), after, "{words:?}");
        }
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organisation_refuses_halts_loudly_until_a_person_releases_the_rule() {
    let sandbox = walkthrough_sandbox().await;
    let denied = FaultRule::new(FaultKind::Denied).on("PutPublicAccessBlock");
    sandbox.faults().add(denied.of(ACCOUNT));
    let house = House::open(sandbox, NOW, in_dev).await;
    let change = house
        .until("the change halts", |house| {
            house
                .change_on(RULE, ACCOUNT)
                .filter(|change| change.stage == Stage::Halted)
        })
        .await;
    let cause = change.fix.as_ref().and_then(|fix| fix.cause.clone());
    assert!(cause.unwrap().contains("AccessDenied (403)"));
    assert_eq!(block(&house), None);
    let engine = &house.room.engine;
    let nina = nina(Via::Cli);
    let wrong = engine.release(&nina, RULE, "account:999900001111");
    assert!(wrong.await.is_err());
    engine.release(&nina, RULE, ACCOUNT).await.unwrap();
    house.sandbox.faults().clear();
    house.another_pass().await;
    let again = house.until_closed(RULE, ACCOUNT).await;
    assert_ne!(again.id, change.id);
    assert_eq!(block(&house), Some(PublicAccessBlock::ALL));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_can_not_be_read_is_unknown_and_never_gone() {
    let sandbox = walkthrough_sandbox().await;
    let house = House::open(sandbox, NOW, |config| only(config, RULE)).await;
    let change = house.until_asked(RULE, ACCOUNT).await;
    let denied = FaultRule::new(FaultKind::Denied).on("GetPublicAccessBlock");
    house.sandbox.faults().add(denied.of(ACCOUNT));
    for _ in 0..3 {
        house.another_pass().await;
    }
    let unknown = house.room.engine.store.unknowns(0, 10).unwrap().items;
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!(unknown[0].bucket, "account 111122223333");
    assert!(unknown[0].cause.contains("AccessDenied (403)"));
    let stage = house.change(change.id).stage;
    assert_eq!(stage, Stage::AwaitingApproval, "no listing has the account");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_asks_for_the_account_once_however_many_buckets_look_at_it() {
    let sandbox = walkthrough_sandbox().await;
    estate::make_many(&sandbox, 40, 3);
    let rule = versioning_rule(
        "looks-at-the-account",
        "!versioning.enabled && !account_public_access_block.configured",
        r#"{"Status": "Enabled"}"#,
    )
    .replace(
        "rationale = \"r\"",
        "reads = [\"account_public_access_block\"]\nrationale = \"r\"",
    )
    .replace(
        "documents = { versioning",
        "documents = { account_public_access_block = { absent = true }, versioning",
    );
    let rules = tempfile::tempdir().unwrap();
    std::fs::write(rules.path().join("own.toml"), rule).unwrap();
    let house = House::open(sandbox, NOW, |config| {
        only(config, RULE);
        config.rules.directory = Some(rules.path().to_owned());
        config.mode = sixfold::config::Mode::Observe;
        config.scan.pause = std::time::Duration::from_hours(1);
    })
    .await;
    let asked = |house: &House| house.sandbox.calls().count("GetPublicAccessBlock", ACCOUNT);
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    assert_eq!(asked(&house), 1);
    assert!(
        house
            .change_on("looks-at-the-account", WALKTHROUGH)
            .is_none()
    );
    let judged = house.room.watch.status();
    assert!(judged.compliant + judged.violating >= 41, "{judged:?}");
    assert_eq!(judged.unknown, 0);

    house.another_pass().await;
    assert_eq!(asked(&house), 2, "the next pass asks again, once");
    let owner = house.sandbox.options().owner.account.clone();
    let all = Some(PublicAccessBlock::ALL);
    house.sandbox.state().set_account_block(&owner, all);
    house.another_pass().await;
    let status = house.room.watch.status();
    assert_eq!(status.violating, 0, "{status:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_access_point_is_replaced_by_a_person_and_believed_only_when_it_is_gone() {
    const ACCESS_POINTS: &str = "access-point-block-public-access";
    let sandbox = walkthrough_sandbox().await;
    let owner = sandbox.options().owner.clone();
    let house = House::open(sandbox, NOW, |config| {
        only(config, ACCESS_POINTS);
        config.scan.pause = std::time::Duration::from_hours(1);
    })
    .await;
    let aws = async |args: &[&str]| aws_control(&house.sandbox, &owner, args).await;
    let create = ["create-access-point", "--bucket", WALKTHROUGH, "--name"];
    let open = [
        "open",
        "--public-access-block-configuration",
        "BlockPublicAcls=true",
    ];
    aws(&[&create[..], &open].concat()).await.json();
    house.another_pass().await;
    let change = house
        .until("a person is asked", |house| {
            house
                .change_on(ACCESS_POINTS, WALKTHROUGH)
                .filter(|change| change.stage == Stage::ByHand)
        })
        .await;
    assert_eq!(
        change.ticket.detection.evidence,
        ["open: IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets off"]
    );
    let steps = &change.ticket.remedy.manual().unwrap().steps;
    let make =
        format!("--account-id 111122223333 --region us-east-1 --bucket {WALKTHROUGH} --name NEW");
    assert!(steps[2].contains(&make), "{steps:#?}");

    let done = async || {
        let (nina, shown) = (nina(Via::Cli), change.ticket.plan_hash.clone());
        let marked = house.room.engine.mark_done(&nina, change.id, &shown).await;
        marked.unwrap();
    };
    // Another one beside it is not enough.
    aws(&[&create[..], &["closed"]].concat()).await.json();
    done().await;
    house
        .until("the room has looked in vain", |house| {
            let change = house.change(change.id);
            let left = change.by_hand.as_ref()?.unfinished.clone()?;
            (change.stage == Stage::ByHand).then(|| assert!(left.contains("open: "), "{left}"))
        })
        .await;
    let delete = ["delete-access-point", "--name", "open"];
    assert!(aws(&delete).await.is_silent());
    done().await;
    let closed = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(
        closed.outcome(),
        Some(Outcome::ResolvedElsewhere),
        "{}",
        closed.word()
    );
    house.close().await;
}
