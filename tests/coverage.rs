//! How the estate stands by a framework, as a room tells its screens and as the command line prints it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod shell;

use futures_util::FutureExt as _;
use house::{House, nina, only, walkthrough_sandbox};
use serde_json::Value;
use shell::{Shell, bare, run};
use sixfold::{
    domain::{
        Stage, Tally, Via,
        artifact::{Reason, ReasonCode},
    },
    room::protocol::{Answer, Page, RefusalCode, Reply, Request, Score, Span},
    rules::Library,
    sandbox::{BucketSettings, FaultKind, FaultRule, NewBucket, estate::WALKTHROUGH},
};

const RULE: &str = "acl-public-read";
const NOW: &str = "2026-04-15T03:12:47Z";

async fn scores(house: &House) -> Vec<Score> {
    let caller = nina(Via::Tui);
    match house.room.answer(&caller, Request::Coverage).await {
        Ok(Reply::Coverage(scores)) => scores,
        other => panic!("{other:?}"),
    }
}

/// Until a framework's buckets stand so, by screens that ask again and again.
async fn until(house: &House, label: &str, wanted: &Tally) {
    let asking = async {
        loop {
            let scores = scores(house).await;
            let score = scores.iter().find(|score| score.label == label).unwrap();
            if score.buckets == *wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let asked = tokio::time::timeout(std::time::Duration::from_mins(1), asking).await;
    let last = scores(house).await;
    asked.unwrap_or_else(|_| panic!("{label} never stood as {wanted:?}: {last:#?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exempt_bucket_is_exempt_and_an_unreadable_one_is_no_compliant_one() {
    let house = House::open(walkthrough_sandbox().await, NOW, |c| only(c, RULE)).await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let violating = Tally {
        violating: 1,
        readable: 1,
        ..Tally::default()
    };
    until(&house, "CIS 1.3.0", &violating).await;
    until(&house, "HIPAA 2013", &violating).await;

    let reason = Reason {
        code: ReasonCode::AcceptedRisk,
        note: "a public dataset".to_owned(),
    };
    let (hash, deny) = (change.ticket.plan_hash.clone(), Answer::Deny(reason));
    let engine = &house.room.engine;
    engine
        .decide(&nina(Via::Tui), change.id, &hash, deny)
        .await
        .unwrap();
    house.another_pass().await;
    let exempt = Tally {
        exempt: 1,
        readable: 1,
        ..Tally::default()
    };
    until(&house, "CIS 1.3.0", &exempt).await;

    let denied = FaultRule::new(FaultKind::Denied).on("GetBucketAcl");
    house.sandbox.faults().add(denied);
    house.another_pass().await;
    let unknown = Tally {
        unknown: 1,
        ..Tally::default()
    };
    until(&house, "CIS 1.3.0", &unknown).await;
    // Version 1.2.0 has no control that this rule stands for: nothing is claimed.
    let all = scores(&house).await;
    let old = all.iter().find(|score| score.label == "CIS 1.2.0").unwrap();
    assert_eq!((old.covered, old.buckets.percent()), (0, None));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trends_are_of_what_was_found_fixed_and_asked_of_aws() {
    let house = House::open(walkthrough_sandbox().await, NOW, |c| only(c, RULE)).await;
    let trends = async |span| {
        let request = Request::Trends { span };
        match house.room.answer(&nina(Via::Tui), request).await {
            Ok(Reply::Trends(trends)) => trends,
            other => panic!("{other:?}"),
        }
    };
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    let severity = change.ticket.severity;
    let open = trends(Span::Hour).await;
    let last = open.steps.last().unwrap();
    assert_eq!((last.open.of(severity), last.open.total()), (1, 1));
    assert_eq!((last.opened, last.closed, open.took.total()), (1, 0, 0));
    assert_eq!(open.steps[0].open.total(), 0);
    assert!(open.rates.iter().any(|rate| *rate > 0), "{:?}", open.rates);

    house.approve(&change, Via::Tui).await.unwrap();
    house.until_stage(change.id, Stage::Closed).await;
    for span in [Span::Hour, Span::Day, Span::Week, Span::Month] {
        let closed = trends(span).await;
        let last = closed.steps.last().unwrap();
        assert_eq!((last.open.total(), last.closed), (0, 1), "{span:?}");
        assert_eq!(closed.took.total(), 1);
    }
    house.another_pass().await;
    let (caller, request) = (nina(Via::Tui), Request::Trends { span: Span::Hour });
    house
        .until("the account stands as its bucket", |house| {
            let answer = house.room.answer(&caller, request.clone());
            let Ok(Reply::Trends(trends)) = answer.now_or_never()? else {
                return None;
            };
            let [score] = &trends.accounts[..] else {
                return None;
            };
            (score.buckets.compliant == 1 && score.buckets.violating == 0).then_some(())
        })
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controls_of_a_framework_come_with_their_rules_and_in_pages() {
    let house = House::open(walkthrough_sandbox().await, NOW, |c| only(c, RULE)).await;
    let caller = nina(Via::Tui);
    let controls = async |version: &str, offset, limit| {
        let request = Request::Controls {
            framework: "CIS".to_owned(),
            version: version.to_owned(),
            offset,
            limit,
        };
        house.room.answer(&caller, request).await
    };
    house.another_pass().await;
    let Ok(Reply::Controls(Page { items, total })) = controls("3.0.0", 0, 100).await else {
        panic!("no controls");
    };
    assert_eq!(items.len(), total);
    let covered = items.iter().find(|control| control.id == "2.1.4").unwrap();
    assert_eq!(covered.rules, [RULE]);
    assert_eq!(covered.buckets.violating, 1);
    // The rule is there, but this room does not use it.
    let tls = items.iter().find(|control| control.id == "2.1.1").unwrap();
    let why = tls.why_not.join("; ");
    assert!(why.contains("tls-only is disabled"), "{why}");
    assert_eq!((tls.rules.len(), tls.buckets.percent()), (0, None));

    let Ok(Reply::Controls(second)) = controls("3.0.0", 1, 1).await else {
        panic!("no page");
    };
    assert_eq!((&second.items[..], second.total), (&items[1..2], total));
    let refused = controls("9.9.9", 0, 1).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotFound);
    house.close().await;
}

#[test]
fn the_commands_say_what_is_covered_why_not_and_how_much_could_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |args: &[&str]| {
        run(bare(
            folder.path(),
            &[&["rules", "coverage"], args].concat(),
        ))
    };
    let library = Library::load(None).unwrap();
    let all = rules(&[]);
    all.exits(0).says("CIS 3.0.0 ").says("NIST 800-53 r5 ");
    assert!(
        !all.out.contains("readable"),
        "nothing was scanned: {all:#?}"
    );
    assert!(
        !all.out.contains("Security Hub"),
        "an alias has no score: {all:#?}"
    );
    rules(&["--framework", "CIS 3.0.0"])
        .exits(0)
        .says("CIS 3.0.0: CIS Amazon Web Services Foundations Benchmark");
    let cis = rules(&["--framework", "CIS 3.0.0"]);
    let own = &library.coverage(Some("CIS 3.0.0")).unwrap()[0];
    for covered in &own.controls {
        assert_eq!(covered.rules.is_empty(), !covered.why_not.is_empty());
        let words = if covered.rules.is_empty() {
            format!("not covered: {}", covered.why_not.join("; "))
        } else {
            covered.words()
        };
        let line = |line: &&str| {
            let (id, rest) = line.trim().split_once(' ').unwrap_or_default();
            id == covered.control.id && rest.trim() == words
        };
        assert_eq!(cis.out.lines().filter(line).count(), 1, "{words}: {cis:#?}");
    }
    cis.says("  2.1.2  mfa-delete (by hand)");
    rules(&["--framework", "CIS 3"])
        .exits(1)
        .complains("no framework is called `CIS 3`; there are CIS 1.2.0");
    let json = rules(&["--framework", "hipaa", "--json"]);
    let document: Value = serde_json::from_str(&json.exits(0).out).unwrap();
    assert_eq!(document["library"], library.digest().as_str());
    assert_eq!(document["frameworks"][0]["label"], "HIPAA 2013");
    assert_eq!(document["frameworks"][0]["buckets"], Value::Null);
}

#[test]
fn a_scan_of_one_framework_judges_by_its_rules_alone_and_ends_with_its_score() {
    let shell = Shell::open();
    let owner = &shell.sandbox.options().owner;
    shell.sandbox.state().insert(NewBucket {
        name: "another-bucket".to_owned(),
        region: "us-east-1".to_owned(),
        account: owner.account.to_string(),
        owner: owner.canonical_id(),
        created: house::at(NOW),
        settings: BucketSettings::of_a_new_bucket(&owner.canonical_id()),
    });
    let scan = |framework: &str| shell.run(&["scan", "--framework", framework]);
    scan("CIS 1.3.0")
        .exits(3)
        .says("CIS 1.20 public-read bucket")
        .says("50% compliant (2 of 2 readable), 1 compliant, 1 violating, 0 unknown")
        .says("exceptions are not applied here: what is exempt counts as a violation");
    // No rule that this config uses stands for a house control.
    scan("House")
        .exits(0)
        .says("0 violations, 0 unknown, 0 compliant")
        .says("no bucket concerned");
    scan("CIS 1.9").exits(1).complains("no framework is called");
    let denied = FaultRule::new(FaultKind::Denied)
        .on("GetBucketAcl")
        .of("another-bucket");
    shell.sandbox.faults().add(denied);
    scan("CIS 1.3.0")
        .exits(3)
        .says("0% compliant (1 of 2 readable), 0 compliant, 1 violating, 1 unknown");
    let estate = ["rules", "coverage", "--estate", "--framework", "CIS 1.3.0"];
    shell
        .run(&estate)
        .exits(0)
        .says("1 of 2 readable")
        .says("  1.20  ")
        .says("exceptions are not applied here");
    let json = shell.run(&["scan", "--framework", "CIS 1.3.0", "--json"]);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    let buckets = &document["frameworks"][0]["buckets"];
    assert_eq!(
        (&buckets["readable"], &buckets["total"]),
        (&1.into(), &2.into())
    );
    assert_eq!(buckets["violating"], 1);
    assert!(
        buckets.get("exempt").is_none(),
        "none would be a claim that a look without a room can't make: {buckets}"
    );
    assert_eq!(shell.sandbox.calls().all_writes(), 0);
}
