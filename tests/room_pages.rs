//! What a running room tells of itself: whether everything is in order, its log, and where to read on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

mod house;

use std::{collections::BTreeMap, sync::Arc};

use house::{House, nina, only_the_acl_rule, walkthrough_sandbox};
use sixfold::{
    domain::Via,
    engine::Caller,
    room::{
        Log, Room, Starting,
        protocol::{Checkup, Grade, LogPage, Reply, Request},
    },
    sandbox::{FaultKind, FaultRule, estate},
};
use tracing_subscriber::layer::SubscriberExt as _;

const NOW: &str = "2026-04-15T03:12:47Z";
const RULE: &str = "acl-public-read";

async fn checkup(room: &Room, caller: &Caller) -> Checkup {
    match room.answer(caller, Request::Doctor).await {
        Ok(Reply::Doctor(checkup)) => checkup,
        other => panic!("{other:?}"),
    }
}

fn said(checkup: &Checkup) -> BTreeMap<String, String> {
    let findings = checkup.findings.iter();
    findings
        .map(|finding| {
            let text = format!("{} {}", finding.grade.word(), finding.text);
            (finding.subject.clone(), text)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_room_is_looked_over_once_for_all_who_ask_and_says_what_it_holds() {
    let house = House::open(walkthrough_sandbox().await, NOW, only_the_acl_rule).await;
    house.until_asked(RULE, estate::WALKTHROUGH).await;
    let looked = || {
        let calls = house.sandbox.calls();
        calls.count("GetBucketVersioning", estate::VAULT)
    };
    let before = looked();
    let caller = nina(Via::Tui);
    let (one, other) = tokio::join!(checkup(&house.room, &caller), checkup(&house.room, &caller));
    assert_eq!(one, other);
    assert_eq!(checkup(&house.room, &caller).await, one);
    assert_eq!(looked(), before + 1, "it makes calls, so it looks once");

    let said = said(&one);
    let says = |subject: &str, text: &str| {
        let found = said.get(subject).unwrap_or_else(|| panic!("{said:?}"));
        assert!(found.contains(text), "{subject}: {found}");
    };
    says("config", "ok demo.toml, mode enforce");
    says("person", "ok you are nina.ramirez");
    says("rules", "ok ");
    says("state", "is held by this room and can be written");
    says("ledger", "all written by this room since it opened");
    says(
        "cloud",
        "ok account 111122223333, region us-east-1, 2 buckets",
    );
    says("vault", "Object Lock is");
    assert!(one.findings.iter().all(|it| it.grade != Grade::Bad));

    // After a new start it was read up to where the first room ended.
    let seq = house.room.engine.ledger.reader().last_seq();
    let (sandbox, folder) = house.close().await;
    let house = House::open_in(sandbox, folder, NOW, only_the_acl_rule).await;
    let again = checkup(&house.room, &caller).await;
    let ledger = &self::said(&again)["ledger"];
    // Its end may have been recorded meanwhile.
    let read: u64 = ledger
        .split("read whole up to entry ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap();
    assert!(read >= seq, "{ledger}, {seq}");
    house.room.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_refuses_now_fails_on_the_page_whatever_was_so_at_the_start() {
    let house = House::open(walkthrough_sandbox().await, NOW, only_the_acl_rule).await;
    for operation in ["ListBuckets", "GetBucketVersioning"] {
        let denied = FaultRule::new(FaultKind::Denied).on(operation);
        house.sandbox.faults().add(denied);
    }
    let checkup = checkup(&house.room, &nina(Via::Tui)).await;
    let said = said(&checkup);
    assert!(
        said["cloud"].starts_with("FAIL the buckets can't be listed")
            && said["cloud"].ends_with("must be allowed s3:ListAllMyBuckets"),
        "{said:?}"
    );
    assert!(said["vault"].starts_with("FAIL "), "{said:?}");
    house.room.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_changed_on_disk_are_said_to_count_from_the_next_start_on() {
    let rules = tempfile::tempdir().unwrap();
    let directory = rules.path().to_owned();
    let house = House::open(walkthrough_sandbox().await, NOW, |config| {
        only_the_acl_rule(config);
        config.rules.directory = Some(directory);
    })
    .await;
    std::fs::write(rules.path().join("own.toml"), "id = 7\n").unwrap();
    let checkup = checkup(&house.room, &nina(Via::Tui)).await;
    let rules = &said(&checkup)["rules"];
    assert!(
        rules.starts_with("note ") && rules.contains("the next start would refuse them"),
        "{rules}"
    );
    house.room.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_on_an_endpoint_of_its_own_has_no_console_and_its_rule_has_its_source() {
    let house = House::open(walkthrough_sandbox().await, NOW, only_the_acl_rule).await;
    let change = house.until_asked(RULE, estate::WALKTHROUGH).await;
    let asked = Request::References { id: change.id };
    let reply = house.room.answer(&nina(Via::Tui), asked).await.unwrap();
    let Reply::References { references, .. } = reply else {
        panic!("{reply:?}");
    };
    assert!(!references.is_empty());
    for reference in &references {
        assert_eq!(reference.what, "rule");
        assert!(reference.address.starts_with("https://"), "{reference:?}");
    }
    house.room.stop().await;
}

#[tokio::test]
async fn a_room_tells_the_log_of_the_process_that_it_was_given() {
    let sandbox = walkthrough_sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let log = Log::beside(&folder.path().join("sixfold.log"));
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _here = tracing::subscriber::set_default(subscriber);
    let mut config = house::config(&sandbox, folder.path());
    // A room that warns as it opens.
    let mut starting = Starting::new({
        config.mode = sixfold::config::Mode::Observe;
        config.vault.as_mut().unwrap().bucket = "no-such-vault".to_owned();
        config
    });
    starting.log = log;
    let room: Arc<Room> = Room::start(starting).await.unwrap();
    let asked = Request::Log {
        before: None,
        limit: 50,
    };
    let reply = room.answer(&nina(Via::Tui), asked).await.unwrap();
    let Reply::Log(LogPage { file, events }) = reply else {
        panic!("{reply:?}");
    };
    assert!(file.unwrap().ends_with("sixfold.log"));
    let warned = events.items.iter().find(|event| event.from == "room");
    let warned = warned.unwrap_or_else(|| panic!("{events:?}"));
    assert!(warned.text.contains("vault no-such-vault"), "{warned:?}");
    room.stop().await;
}
