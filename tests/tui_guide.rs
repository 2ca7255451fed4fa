//! The guided first minute, what waits looked through card by card, and the mouse.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::Desk;
use estate::WALKTHROUGH;
use fake::Fake;
use sixfold::{
    domain::{ChangeId, Stage},
    room::protocol::{Answer, Request},
    tui::{Gesture, Mouse, Msg, model::Pane, state::Purpose},
};

fn led(size: (u16, u16)) -> Desk {
    Desk::looking(size, Fake::demo(), "default", |options| options.tour = true)
}

fn card(desk: &Desk) -> Option<(Purpose, Option<ChangeId>)> {
    desk.model.card.as_ref().map(|card| (card.purpose, card.id))
}

/// Reaches the button of the card that is open and presses it.
fn press_approve(desk: &mut Desk) {
    desk.wait(600);
    desk.press("Tab Enter");
    desk.settle();
}

#[test]
fn a_newcomer_who_only_does_what_the_screen_says_approves_and_sees_it_through() {
    for size in [(120, 40), (80, 24), (45, 20)] {
        let mut desk = led(size);
        let says = |desk: &Desk, words: &str| {
            assert!(desk.text().contains(words), "{words}\n{}", desk.text());
        };
        says(&desk, "2/8 Press 3: production waits");
        desk.press("3");
        says(&desk, "3/8 Press a: the card of");
        desk.press("a");
        says(&desk, "4/8 Read, Tab to Approve, Enter.");
        assert!(desk.room.orders().is_empty());
        press_approve(&mut desk);
        let orders = desk.room.orders();
        assert!(matches!(
            orders[0],
            Request::Decide {
                answer: Answer::Approve,
                ..
            }
        ));
        desk.wait(7_000);
        says(&desk, "5/8 Press 2: backup, fix");
        desk.press("2");
        says(&desk, "5/8 Press 2");
        let id = desk.model.subject.unwrap();
        desk.room.change(id).stage = Stage::Closed;
        desk.entry_notice();
        desk.settle();
        says(&desk, "6/8 Press 4: what was changed");
        desk.press("4");
        says(&desk, "7/8 Press 5: every fact");
        desk.press("5");
        says(&desk, "8/8 Press 2, then r");
        desk.press("T");
        assert!(!desk.text().contains("8/8"), "{}", desk.text());
    }
}

#[test]
fn the_guide_can_be_skipped_at_once_and_is_nowhere_but_where_it_was_asked_for() {
    let mut desk = led((80, 24));
    desk.press("T");
    assert!(desk.model.tour.is_none());
    assert!(!desk.text().contains("/8 "), "{}", desk.text());
    desk.press("T");
    assert!(desk.text().contains("nothing to skip"), "{}", desk.text());
    assert!(Desk::new((80, 24)).model.tour.is_none());
}

#[test]
fn what_waits_is_looked_through_card_by_card_each_locked_and_with_its_own_decision() {
    let mut desk = Desk::new((80, 24));
    desk.press("3");
    let first = desk.model.subject.unwrap();
    desk.press("n");
    assert_eq!(card(&desk), Some((Purpose::Approve, Some(first))));
    assert!(desk.text().contains("1 of 3 that wait"), "{}", desk.text());
    press_approve(&mut desk);
    // The next one's card is here, with nothing lit.
    assert_eq!(card(&desk), Some((Purpose::Approve, Some(WALKTHROUGH))));
    assert!(desk.text().contains("2 of 3 that wait"), "{}", desk.text());
    desk.press("Tab Enter");
    assert_eq!(desk.room.orders().len(), 1, "a new card is locked");
    desk.press("n");
    let (_, third) = card(&desk).unwrap();
    desk.press("N");
    assert_eq!(card(&desk), Some((Purpose::Approve, Some(WALKTHROUGH))));
    desk.press("d");
    desk.wait(600);
    desk.press("Tab Tab Tab Enter");
    desk.settle();
    assert_eq!(card(&desk), Some((Purpose::Approve, third)));
    press_approve(&mut desk);
    assert_eq!(card(&desk), None);
    let decided: Vec<_> = desk
        .room
        .orders()
        .iter()
        .map(|order| match order {
            Request::Decide { id, answer, .. } => (*id, *answer == Answer::Approve),
            other => panic!("{other:?}"),
        })
        .collect();
    let wanted = [(first, true), (WALKTHROUGH, false), (third.unwrap(), true)];
    assert_eq!(decided, wanted);
}

#[test]
fn who_says_not_now_while_looking_through_them_is_asked_no_further() {
    let mut desk = Desk::new((80, 24));
    desk.press("3 n");
    desk.wait(600);
    desk.press("Enter");
    assert_eq!(card(&desk), None);
    desk.settle();
    assert_eq!(card(&desk), None);
    assert!(desk.room.orders().is_empty());
}

fn click(desk: &mut Desk, gesture: Gesture, words: &str) {
    let text = desk.text();
    let (y, line) = text
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(words))
        .unwrap();
    let x = line.split(words).next().unwrap().chars().count();
    let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
    desk.send(Msg::Mouse(Mouse { gesture, x, y }));
    desk.settle();
}

#[test]
fn the_mouse_is_off_until_it_is_switched_on_and_then_selects_and_scrolls() {
    let mut desk = Desk::new((120, 40));
    let before = desk.model.subject;
    click(&mut desk, Gesture::Press, "acme-dev-builds");
    assert_eq!((desk.model.subject, desk.mouse), (before, None));
    desk.press("M");
    assert_eq!(desk.mouse, Some(true));
    for bucket in [
        "acme-dev-builds",
        "acme-prod-ml-features",
        "acme-staging-exports",
    ] {
        click(&mut desk, Gesture::Press, bucket);
        let change = desk.model.change.as_ref().unwrap();
        assert_eq!(change.ticket.asset.label(), bucket);
        assert_eq!(desk.model.pane, Pane::Queue);
    }
    let mut desk = Desk::new((80, 24));
    desk.press("M");
    click(&mut desk, Gesture::Down, "2 Ticket CHG");
    assert_eq!(
        (desk.model.pane, desk.model.ticket_scroll),
        (Pane::Ticket, 3)
    );
    click(&mut desk, Gesture::Up, "2 Ticket CHG");
    assert_eq!(desk.model.ticket_scroll, 0);
    desk.press("5");
    click(&mut desk, Gesture::Press, "approval.requested");
    let line = desk.model.ledger.current().unwrap();
    assert_eq!(line.kind, "approval.requested");
    desk.press("M");
    assert_eq!(desk.mouse, Some(false));
}

#[test]
fn the_mouse_decides_nothing_wherever_it_is_pressed() {
    let mut desk = Desk::new((80, 24));
    desk.press("M j j");
    desk.settle();
    desk.press("a");
    desk.wait(600);
    desk.press("Tab");
    for y in 0..24 {
        for x in (0..80).step_by(5) {
            for gesture in [Gesture::Press, Gesture::Down, Gesture::Up] {
                desk.send(Msg::Mouse(Mouse { gesture, x, y }));
            }
        }
    }
    assert_eq!(card(&desk), Some((Purpose::Approve, Some(WALKTHROUGH))));
    assert!(desk.room.orders().is_empty());
}
