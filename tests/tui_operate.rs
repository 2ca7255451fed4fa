//! What an operator lets go on: a held rule, and fixing after the breaker stopped it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::Desk;
use estate::{WALKTHROUGH, id};
use fake::Fake;
use sixfold::{
    domain::{Asset, ChangeId, Stage},
    room::protocol::{Hold, Refusal, RefusalCode, Request},
    tui::state::{Focus, Phase},
};

/// The change that halted in the demo, which is the first that is selected.
const HALTED: ChangeId = id(418_109);

fn desk() -> Desk {
    let desk = Desk::new((80, 24));
    assert_eq!(desk.model.subject, Some(HALTED));
    desk
}

/// A room whose breaker tripped.
fn stopped() -> Desk {
    let mut room = Fake::demo();
    room.status.breaker = Some("3 fixes in a row halted".to_owned());
    Desk::with((80, 24), room, "default")
}

fn bucket(name: &str) -> Asset {
    let account = estate::walkthrough(Stage::Closed).ticket.asset.account;
    Asset::bucket(account, "us-east-1", name)
}

fn hold() -> Hold {
    Hold {
        rule: "s3-bpa-incomplete".to_owned(),
        asset: bucket("acme-prod-ml-features"),
        cause: "CHG-2026-0418-109 halted: the rollback could not be verified: AccessDenied"
            .to_owned(),
    }
}

#[test]
fn a_held_rule_is_released_by_the_gesture_of_an_approval() {
    let mut desk = desk();
    desk.press("e");
    desk.wait(600);
    let text = desk.text();
    for words in [
        "Release a held rule",
        "let s3-bpa-incomplete act again",
        "on s3://acme-prod-ml-features",
        "CHG-2026-0418-109 halted: the rollback could not be verified:",
        "CHG-2026-0418-109, as halted",
        "the next pass judges the bucket",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    desk.press("Tab Enter");
    let Hold { rule, asset, .. } = hold();
    let bucket = asset.label();
    assert_eq!(desk.room.orders(), [&Request::Release { rule, bucket }]);
    assert!(desk.model.card.is_none());
    let said = "s3-bpa-incomplete may act on acme-prod-ml-features again";
    assert!(desk.text().contains(said));
    desk.entry_notice();
    assert!(!desk.text().contains("HALTED"));
    assert_eq!(desk.model.stage(), Some(Stage::Closed));
}

#[test]
fn fixing_is_resumed_by_the_gesture_of_an_approval() {
    let mut desk = stopped();
    let text = desk.text();
    assert!(text.contains("FIXING STOPPED"), "{text}");
    assert!(text.contains("3 fixes in a row halted; b resumes it"));
    desk.press("b");
    desk.wait(600);
    let text = desk.text();
    assert!(text.contains("Resume fixing"));
    assert!(text.contains("3 fixes in a row halted"));
    assert!(text.contains("fixing goes on at once"));
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders(), [&Request::ResetBreaker]);
    desk.settle();
    let text = desk.text();
    assert!(text.contains("the room fixes again"), "{text}");
    assert!(!text.contains("FIXING STOPPED"), "{text}");
}

#[test]
fn the_card_is_locked_at_first_and_its_own_key_does_nothing_in_it() {
    for (key, mut desk) in [("e", desk()), ("b", stopped())] {
        desk.press(key);
        desk.press("Tab Enter");
        desk.press(key);
        desk.wait(600);
        desk.press(key);
        let card = desk.model.card.as_ref().unwrap();
        assert_eq!(card.focus, Focus::NotNow, "{key}");
        desk.press("Enter");
        assert!(desk.model.card.is_none());
        assert!(desk.room.orders().is_empty());
    }
}

#[test]
fn what_is_let_go_on_elsewhere_ends_the_card_and_what_happens_meanwhile_locks_it() {
    let mut desk = desk();
    desk.press("e");
    desk.wait(600);
    desk.press("Tab");
    desk.room.status.holds[0].cause = "it halted once more".to_owned();
    desk.entry_notice();
    let card = desk.model.card.as_ref().unwrap();
    assert_eq!(card.focus, Focus::NotNow);
    assert_eq!(
        card.arming.why(),
        Some("something more happened, look at it again")
    );
    assert!(desk.text().contains("it halted once more"));
    desk.room.status.holds.clear();
    desk.entry_notice();
    assert!(
        desk.text()
            .contains("is no longer held on acme-prod-ml-features")
    );
    assert!(matches!(
        desk.model.card.as_ref().unwrap().phase,
        Phase::Over(_)
    ));
    desk.press("Tab Enter");
    assert!(desk.room.orders().is_empty());
}

#[test]
fn the_rule_of_a_closed_change_is_released_too_where_it_is_held() {
    let mut room = Fake::with(vec![estate::walkthrough(Stage::Closed)]);
    room.status.holds = vec![Hold {
        rule: "s3-acl-public-read".to_owned(),
        asset: bucket("acme-prod-customer-exports"),
        cause: "CHG-2026-0418-114 was rolled back: one grant too many".to_owned(),
    }];
    let mut desk = Desk::with((80, 24), room, "default");
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    assert!(desk.text().contains("e release"));
    desk.press("e");
    desk.wait(600);
    let text = desk.text();
    assert!(text.contains("one grant too many"));
    assert!(!text.contains("as halted"), "{text}");
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders().len(), 1);
}

#[test]
fn what_is_not_stopped_cannot_be_let_go_on_and_says_so() {
    let mut desk = Desk::new((80, 24));
    desk.press("j j");
    desk.settle();
    desk.press("e");
    assert!(
        desk.text()
            .contains("s3-acl-public-read is not held on acme-prod-customer-exports")
    );
    desk.press("b");
    assert!(desk.text().contains("fixing is not stopped"));
    assert!(desk.model.card.is_none());
    assert!(!desk.text().contains("e release"));
}

#[test]
fn a_refused_release_is_said_on_the_card() {
    let mut desk = desk();
    desk.room.refusal = Some(Refusal {
        code: RefusalCode::Forbidden,
        message: "nina.ramirez may not operate".to_owned(),
    });
    desk.press("e");
    desk.wait(600);
    desk.press("Tab Enter");
    let text = desk.text();
    assert!(
        text.contains("refused: nina.ramirez may not operate"),
        "{text}"
    );
    assert_eq!(desk.room.orders().len(), 1);
    assert_eq!(desk.model.card.as_ref().unwrap().focus, Focus::NotNow);
}
