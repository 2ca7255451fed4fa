//! Whose turn it is when one bucket violates several rules: what rule files say about it, and what a
//! room makes of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod rules_support;

use std::time::Duration;

use house::{House, nina, walkthrough_sandbox};
use rules_support::{library_with, lines, tag_rule, versioning_rule};
use sixfold::{
    domain::{
        Behind, Change, ChangeId, OpenChange, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    room::protocol::Answer,
    rules::{Claim, Library, Turn, Violation, turns},
    sandbox::{
        BucketSettings, FaultKind, FaultRule, PublicAccessBlock, Sandbox, Tamper,
        estate::WALKTHROUGH,
    },
};

const NOW: &str = "2026-04-15T03:12:47Z";

#[test]
fn a_rule_after_one_that_is_not_there_is_refused_by_file_line_and_key() {
    let text = tag_rule("mine", "low", "a", r#"after = ["versioning", "nobody"]"#);
    let (library, dir) = library_with(&[("mine.toml", &text)]);
    let told = lines(&library.unwrap_err());
    let path = dir.path().join("mine.toml").display().to_string();
    assert_eq!(
        told,
        format!("{path}:7: after: there is no rule `nobody`; `sixfold rules list` shows them all")
    );
}

#[test]
fn an_order_that_runs_in_a_circle_is_refused_in_each_of_its_files() {
    let after = |rule: &str| format!("after = [\"{rule}\"]");
    let one = tag_rule("one", "low", "a", &after("two"));
    let two = tag_rule("two", "low", "b", &after("three"));
    let three = tag_rule("three", "low", "c", &after("one"));
    let bystander = tag_rule("four", "low", "d", &after("one"));
    let (library, _dir) = library_with(&[
        ("1.toml", &one),
        ("2.toml", &two),
        ("3.toml", &three),
        ("4.toml", &bystander),
    ]);
    let faults = library.unwrap_err();
    let told = lines(&faults);
    assert_eq!(faults.len(), 3, "{told}");
    assert!(
        told.contains(
            "1.toml:7: after: the order runs in a circle: one after two after three after one"
        ),
        "{told}"
    );
    let own = tag_rule("mine", "low", "a", &after("mine"));
    let (library, _dir) = library_with(&[("mine.toml", &own)]);
    assert!(lines(&library.unwrap_err()).contains("mine after mine"));
}

#[test]
fn an_organisations_file_in_place_of_ours_is_held_to_the_order_too() {
    let rule = versioning_rule(
        "versioning",
        "!versioning.enabled",
        r#"{"Status": "Enabled"}"#,
    );
    let rule = rule.replace("severity", "after = [\"mine\"]\nseverity");
    let mine = tag_rule("mine", "low", "a", r#"after = ["versioning"]"#);
    let (library, _dir) = library_with(&[("1.toml", &rule), ("2.toml", &mine)]);
    assert_eq!(library.unwrap_err().len(), 2);
}

/// Four rules on one setting, and one on another.
fn library() -> Library {
    let (library, _dir) = library_with(&[
        ("1.toml", &tag_rule("tag-a", "low", "a", "")),
        ("2.toml", &tag_rule("tag-b", "high", "b", "")),
        (
            "3.toml",
            &tag_rule("tag-c", "critical", "c", r#"after = ["tag-a"]"#),
        ),
        ("4.toml", &tag_rule("tag-d", "high", "d", "")),
        (
            "5.toml",
            &versioning_rule(
                "own-versioning",
                "!versioning.enabled",
                r#"{"Status": "Enabled"}"#,
            )
            .replace("severity", "after = [\"tag-c\"]\nseverity"),
        ),
    ]);
    library.unwrap_or_else(|faults| panic!("{}", lines(&faults)))
}

/// The turns in words: `now`, or behind what.
fn words(claims: &[(&str, Claim)], open: &[OpenChange]) -> Vec<String> {
    let library = library();
    let violations: Vec<_> = claims
        .iter()
        .map(|(id, claim)| Violation {
            rule: library.get(id).unwrap(),
            claim: *claim,
        })
        .collect();
    turns(library.order(), &violations, open)
        .into_iter()
        .map(|(rule, turn)| match turn {
            Turn::Now => format!("{rule} now"),
            Turn::Waits(behind) => format!("{rule} {behind}"),
        })
        .collect()
}

const FIRST: ChangeId = ChangeId::new(2026, 1);

fn open(rule: &str, setting: &str) -> OpenChange {
    OpenChange {
        id: FIRST,
        rule: rule.to_owned(),
        setting: setting.to_owned(),
    }
}

#[test]
fn of_several_on_one_setting_the_declared_order_then_severity_then_the_id_decides() {
    let new = |rules: &[&'static str]| -> Vec<(&'static str, Claim)> {
        rules.iter().map(|rule| (*rule, Claim::New)).collect()
    };
    for (violating, told) in [
        (vec!["tag-a"], vec!["tag-a now"]),
        (
            vec!["tag-a", "tag-b", "tag-d"],
            vec![
                "tag-a behind tag-b (comes first)",
                "tag-b now",
                "tag-d behind tag-b (comes first)",
            ],
        ),
        (
            vec!["tag-a", "tag-c"],
            vec!["tag-a now", "tag-c behind tag-a (comes first)"],
        ),
        (
            vec!["tag-b", "tag-c"],
            vec!["tag-b behind tag-c (comes first)", "tag-c now"],
        ),
        // Another setting goes side by side, unless it is declared to come later.
        (
            vec!["own-versioning", "tag-b"],
            vec!["own-versioning now", "tag-b now"],
        ),
        (
            vec!["own-versioning", "tag-c"],
            vec!["own-versioning behind tag-c (comes first)", "tag-c now"],
        ),
    ] {
        assert_eq!(words(&new(&violating), &[]), told);
    }
}

#[test]
fn what_is_open_exempt_or_held_lets_no_rule_after_it_go_on() {
    for claim in [Claim::Kept("exempt"), Claim::Kept("held")] {
        let Claim::Kept(why) = claim else {
            unreachable!()
        };
        assert_eq!(
            words(
                &[
                    ("tag-a", claim),
                    ("tag-c", Claim::New),
                    ("tag-b", Claim::New)
                ],
                &[]
            ),
            [
                "tag-b now".to_owned(),
                format!("tag-c behind tag-a ({why})")
            ],
        );
    }
    // An open change holds its setting, whether its rule still violates or not.
    for violating in [vec![("tag-b", Claim::Open(FIRST))], vec![]] {
        let claims = [violating, vec![("tag-d", Claim::New)]].concat();
        assert_eq!(
            words(&claims, &[open("tag-b", "tagging")]),
            [format!("tag-d behind {FIRST}")]
        );
    }
    // And it holds what comes after its rule on any setting, until it has closed.
    assert_eq!(
        words(
            &[("own-versioning", Claim::New)],
            &[open("tag-c", "tagging")]
        ),
        [format!("own-versioning behind {FIRST}")]
    );
}

/// The walkthrough's bucket in an environment, judged by these rules alone. Passes are an hour apart.
async fn room(env: &str, files: &[(&str, String)]) -> (House, tempfile::TempDir) {
    let sandbox: Sandbox = walkthrough_sandbox().await;
    let tagged =
        |settings: &mut BucketSettings| settings.tags = vec![("env".to_owned(), env.to_owned())];
    sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
    let rules = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(rules.path().join(name), text).unwrap();
    }
    let house = House::open(sandbox, NOW, |config| {
        let embedded = Library::load(None).unwrap();
        config.rules.disabled = embedded
            .rules()
            .iter()
            .map(|rule| rule.id.clone())
            .collect();
        config.rules.directory = Some(rules.path().to_owned());
        config.scan.pause = Duration::from_hours(1);
    })
    .await;
    (house, rules)
}

async fn all_closed(house: &House, count: usize) -> Vec<Change> {
    house
        .until(&format!("{count} changes are closed"), |house| {
            let changes = house.changes();
            let closed = changes
                .iter()
                .filter(|change| change.stage == Stage::Closed);
            (closed.count() == count).then_some(changes)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_violations_of_one_setting_are_fixed_one_after_the_other_in_one_pass() {
    let files: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|tag| {
            let rule = tag_rule(&format!("tag-{tag}"), "low", tag, "");
            (format!("{tag}.toml"), rule)
        })
        .to_vec();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    let (house, _rules) = room("dev", &files).await;
    let changes = all_closed(&house, 5).await;
    let rules: Vec<_> = changes
        .iter()
        .map(|change| change.ticket.rule.id.as_str())
        .collect();
    assert_eq!(rules, ["tag-a", "tag-b", "tag-c", "tag-d", "tag-e"]);
    for change in &changes {
        assert_eq!(change.outcome(), Some(Outcome::Remediated), "{}", change.id);
    }
    house
        .until("the bucket is seen to be compliant", |house| {
            let status = house.room.watch.status();
            (status.compliant == 5 && status.waiting == 0).then_some(())
        })
        .await;
    assert_eq!(
        house.room.watch.status().pass,
        1,
        "no further pass was needed"
    );
    let tags = house.sandbox.state().settings(WALKTHROUGH).unwrap().tags;
    assert_eq!(tags.len(), 6, "nothing was lost: {tags:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_and_gets_its_turn_when_the_change_before_it_closes() {
    let files = [
        ("a.toml", tag_rule("tag-a", "low", "a", "")),
        ("b.toml", tag_rule("tag-b", "low", "b", "")),
        (
            "v.toml",
            versioning_rule(
                "own-versioning",
                "!versioning.enabled",
                r#"{"Status": "Enabled"}"#,
            )
            .replace("severity", "after = [\"tag-b\"]\nseverity"),
        ),
    ];
    let (house, _rules) = room("prod", &files).await;
    let suspend = |settings: &mut BucketSettings| settings.versioning = None;
    house.sandbox.state().patch(WALKTHROUGH, suspend).unwrap();
    house.room.watch.scan_now();
    let first = house.until_asked("tag-a", WALKTHROUGH).await;
    let waiting = |house: &House| -> Vec<(String, Behind)> {
        let waiting = house.room.engine.store.waiting(9).unwrap();
        waiting
            .into_iter()
            .map(|one| (one.rule, one.behind))
            .collect()
    };
    let b = ("tag-b".to_owned(), Behind::Change(first.id));
    let comes_first = Behind::Rule {
        id: "tag-b".to_owned(),
        why: "comes first".to_owned(),
    };
    let v = ("own-versioning".to_owned(), comes_first);
    house
        .until("both others wait", |house| {
            (waiting(house) == [v.clone(), b.clone()]).then_some(())
        })
        .await;
    let status = house.room.watch.status();
    assert_eq!(
        (status.violating, status.waiting),
        (3, 2),
        "what waits violates"
    );
    let asset = &first.ticket.asset;
    let behind = house.room.engine.store.waiting_behind(asset, first.id);
    assert_eq!(behind.unwrap(), ["tag-b"]);

    house.approve(&first, Via::Tui).await.unwrap();
    let second = house.until_asked("tag-b", WALKTHROUGH).await;
    assert_eq!(
        second.ticket.plan().unwrap().before,
        first.ticket.plan().unwrap().target,
        "planned on what is there now"
    );
    house
        .until("versioning waits behind the second", |house| {
            let waits = ("own-versioning".to_owned(), Behind::Change(second.id));
            (waiting(house) == [waits]).then_some(())
        })
        .await;

    // Denied: a person wants it so, and what was to come after it is not done behind their back.
    let deny = Answer::Deny(Reason {
        code: ReasonCode::AcceptedRisk,
        note: String::new(),
    });
    let hash = second.ticket.plan_hash.clone();
    house
        .room
        .engine
        .decide(&nina(Via::Tui), second.id, &hash, deny)
        .await
        .unwrap();
    let exempt = Behind::Rule {
        id: "tag-b".to_owned(),
        why: "exempt".to_owned(),
    };
    house
        .until("versioning waits behind an exception", |house| {
            (waiting(house) == [("own-versioning".to_owned(), exempt.clone())]).then_some(())
        })
        .await;
    assert_eq!(house.changes().len(), 2);
    house.close().await;
}

/// While a policy waits for its approval, somebody turns Block Public Access on: from then on S3 takes
/// no policy with the public statement that stands beside it.
/// A room of the TLS rule and of the one for a public policy behind Block Public Access, whose bucket has a public
/// policy; and the TLS rule's change, which waits for a person.
async fn published() -> (House, tempfile::TempDir, Change) {
    let own = |path: &str, id: &str, named: &str| {
        let path = format!("{}/rules/{path}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        text.replacen(&format!("id = \"{id}\""), &format!("id = \"{named}\""), 1)
    };
    let files = [
        (
            "tls.toml",
            own("transport/tls-only.toml", "tls-only", "tls"),
        ),
        (
            "masked.toml",
            own(
                "access/policy-public-masked.toml",
                "policy-public-masked",
                "masked",
            ),
        ),
    ];
    let (house, rules) = room("prod", &files).await;
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "PublicSite", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{WALKTHROUGH}/*"),
    }]});
    let publish = |settings: &mut BucketSettings| {
        settings.policy = Some(policy.to_string());
        settings.public_access_block = None;
    };
    house.sandbox.state().patch(WALKTHROUGH, publish).unwrap();
    house.another_pass().await;
    let asked = house
        .until("the policy as it is now is asked about", |house| {
            let change = house.change_on("tls", WALKTHROUGH)?;
            let shown = change.ticket.plan()?.before.to_json().to_string();
            (change.stage == Stage::AwaitingApproval && shown.contains("PublicSite"))
                .then_some(change)
        })
        .await;
    (house, rules, asked)
}

fn block(settings: &mut BucketSettings) {
    settings.public_access_block = Some(PublicAccessBlock::ALL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_refused_because_another_fix_came_between_ends_as_drifted_and_gets_its_turn_again()
{
    let (house, _rules, tls) = published().await;
    let quicker = FaultRule::new(FaultKind::Meanwhile(Tamper::new(block)))
        .on("PutBucketPolicy")
        .times(1);
    house.sandbox.faults().add(quicker);
    house.approve(&tls, Via::Tui).await.unwrap();
    let tls = house.until_stage(tls.id, Stage::Closed).await;
    assert_eq!(tls.outcome(), Some(Outcome::Drifted));
    assert!(!tls.alert.as_ref().unwrap().written && tls.rollback.is_none());
    let cause = tls.fix.unwrap().cause.unwrap();
    assert!(cause.contains("the write was refused"), "{cause}");
    assert!(cause.contains("(PublicSite)"), "{cause}");

    let masked = house.until_asked("masked", WALKTHROUGH).await;
    house.approve(&masked, Via::Tui).await.unwrap();
    house.until_asked("tls", WALKTHROUGH).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_s3_would_refuse_by_now_steps_back_for_the_one_that_has_to_go_first() {
    let (house, _rules, tls) = published().await;
    house.sandbox.state().patch(WALKTHROUGH, block).unwrap();
    house.approve(&tls, Via::Tui).await.unwrap();
    let tls = house.until_stage(tls.id, Stage::Closed).await;
    assert_eq!(tls.outcome(), Some(Outcome::Drifted));
    let cause = tls.fix.unwrap().cause.unwrap();
    assert!(
        cause.contains("can't be fixed now") && cause.contains("(PublicSite)"),
        "{cause}"
    );

    let masked = house.until_asked("masked", WALKTHROUGH).await;
    let waiting = house.room.engine.store.waiting(9).unwrap();
    assert!(
        matches!(&waiting[..], [one] if one.rule == "tls" && matches!(one.behind, Behind::Obstacle(_))),
        "{waiting:?}"
    );
    house.approve(&masked, Via::Tui).await.unwrap();
    let again = house
        .until("it has its turn", |house| {
            let change = house.change_on("tls", WALKTHROUGH)?;
            (change.id > masked.id && change.stage == Stage::AwaitingApproval).then_some(change)
        })
        .await;
    house.approve(&again, Via::Tui).await.unwrap();
    let again = house.until_stage(again.id, Stage::Closed).await;
    assert_eq!(again.outcome(), Some(Outcome::Remediated));
    house.close().await;
}

/// Each of these rules takes away what the other one wants.
#[tokio::test(flavor = "multi_thread")]
async fn two_rules_that_undo_each_other_come_to_rest_until_the_next_pass() {
    let swap = |id: &str, has: &str, wants: &str| {
        tag_rule(id, "low", wants, "").replace(
            "tagging.TagSet +",
            &format!(r#"tagging.TagSet.filter(t, t.Key != "{has}") +"#),
        )
    };
    let files = [
        ("a.toml", swap("tag-a", "b", "a")),
        ("b.toml", swap("tag-b", "a", "b")),
    ];
    let (house, _rules) = room("dev", &files).await;
    // Two rules: two looks after a fix, so three fixes and no fourth.
    all_closed(&house, 3).await;
    house.room.engine.settled().await;
    assert_eq!(house.changes().len(), 3);
    house.another_pass().await;
    house
        .until("the next pass goes on", |house| {
            (house.changes().len() > 3).then_some(())
        })
        .await;
    house.close().await;
}
