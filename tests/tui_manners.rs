//! How a screen behaves towards its person beside what it shows: the clipboard, news while they look
//! elsewhere, a screen that holds still, keys that would stop the room.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::Desk;
use fake::Fake;
use sixfold::{
    domain::{Right, Role},
    tui::{Habits, Msg, model::Pane},
};

const SIZE: (u16, u16) = (120, 40);

fn desk() -> Desk {
    Desk::new(SIZE)
}

#[test]
fn what_a_pane_shows_goes_to_the_clipboard_as_plain_text() {
    let mut desk = desk();
    desk.press("j j y");
    let id = desk.copied.take().unwrap();
    assert!(id.starts_with("CHG-2026-"), "{id}");
    assert!(desk.text().contains(&format!("{id} went to your terminal")));

    desk.press("2 y");
    let boxes = desk.copied.take().unwrap();
    assert!(boxes.starts_with("00 Detection\n"), "{boxes}");
    assert!(
        boxes.contains("01 Ticket\n") && boxes.contains(&id),
        "{boxes}"
    );
    assert!(!boxes.contains('│'), "no frames: {boxes}");

    desk.press("4");
    desk.settle();
    desk.press("y");
    let diff = desk.copied.take().unwrap();
    assert!(diff.lines().any(|line| line.starts_with('-')), "{diff}");

    desk.press("5 Enter");
    desk.settle();
    desk.press("y");
    let entry = desk.copied.take().unwrap();
    assert!(
        serde_json::from_str::<serde_json::Value>(&entry).is_ok(),
        "{entry}"
    );
}

#[test]
fn more_to_approve_is_told_only_to_a_person_who_looks_elsewhere() {
    let mut desk = desk();
    let more = |desk: &mut Desk| {
        desk.room.status.pending += 1;
        desk.entry_notice();
    };
    more(&mut desk);
    assert!(desk.notified.is_empty(), "they see it");
    desk.send(Msg::Focus(false));
    more(&mut desk);
    let waiting = desk.room.status.pending;
    assert_eq!(
        desk.notified,
        [format!("{waiting} changes wait for approval")]
    );
    // Fewer, or the same, is no news.
    desk.entry_notice();
    desk.room.status.pending -= 1;
    desk.entry_notice();
    desk.send(Msg::Focus(true));
    more(&mut desk);
    assert_eq!(desk.notified.len(), 1);
}

#[test]
fn a_frozen_screen_holds_still_decides_nothing_and_catches_up() {
    let mut desk = desk();
    desk.press("f");
    desk.wait(10_000);
    let before = desk.text();
    assert!(before.contains("FROZEN"), "{before}");
    desk.room = Fake::with(Vec::new());
    desk.entry_notice();
    let rows = |text: &str| text.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&desk.text()), rows(&before));
    desk.press("j j a");
    assert!(desk.model.card.is_none());
    assert!(
        desk.text().contains("the screen is frozen"),
        "{}",
        desk.text()
    );
    desk.press("f");
    desk.settle();
    assert!(!desk.text().contains("FROZEN"));
    assert_ne!(rows(&desk.text()), rows(&before));
}

#[test]
fn a_session_without_a_right_cannot_even_open_a_card_and_is_told_why() {
    for (role, readonly, why) in [
        (
            Some(Role::Auditor),
            false,
            "you are here as auditor, who may not",
        ),
        (
            Some(Role::Approver),
            true,
            "this session only looks (--readonly)",
        ),
        (None, true, "this session only looks (--readonly)"),
    ] {
        let mut desk = with_role(role, readonly, &[]);
        for keys in ["1 g a", "d", "m", "r", "e", "b"] {
            desk.press(keys);
            assert!(desk.model.card.is_none(), "{keys}");
            assert!(desk.text().contains(why), "{keys}: {}", desk.text());
        }
        assert!(desk.room.orders().is_empty());
        assert_eq!(desk.text().contains("only looking"), readonly);
        // Nor does any sentence send them to a key that they may not press.
        let mut looked = with_role(role, readonly, &[]);
        for _ in 0..looked.room.changes.len() {
            looked.settle();
            let text = looked.text();
            for key in [
                "a shows", "m marks", "d denies", "r tries", "r can", "e says",
            ] {
                assert!(!text.contains(key), "{key}: {text}");
            }
            looked.press("j");
            looked.wait(10_000);
        }
    }
    let mut lead = with_role(Some(Role::Lead), false, &[Right::Revert]);
    lead.press("1 g a");
    assert!(lead.model.card.is_none());
    assert!(
        lead.text().contains("may not decide on approvals"),
        "{}",
        lead.text()
    );
    lead.press("G r");
    assert!(
        lead.model.card.is_some(),
        "a lead may revert: {}",
        lead.text()
    );
}

#[test]
fn a_screen_opens_where_its_persons_work_is_and_stays_where_they_go() {
    for (role, pane) in [
        (None, Pane::Queue),
        (Some(Role::Approver), Pane::Approvals),
        (Some(Role::Lead), Pane::Queue),
        (Some(Role::Operator), Pane::Queue),
        (Some(Role::Auditor), Pane::Ledger),
    ] {
        let mut desk = with_role(role, false, &Right::ALL);
        assert_eq!(desk.model.pane, pane, "{role:?}");
        desk.press("2");
        desk.entry_notice();
        assert_eq!(desk.model.pane, Pane::Ticket);
    }
}

#[test]
fn a_screen_begins_in_any_pane_as_if_its_key_had_been_pressed() {
    for pane in Pane::ALL {
        let habits = Habits {
            pane: Some(pane),
            ..Habits::default()
        };
        let mut begun = with_habits(habits.clone());
        let mut gone = desk();
        gone.press(&pane.number().to_string());
        for desk in [&mut begun, &mut gone] {
            desk.wait(10_000);
            desk.settle();
        }
        assert_eq!(begun.text(), gone.text(), "{pane:?}");
        assert_eq!(begun.model.habits(), habits);
    }
}

#[test]
fn a_filter_that_was_left_is_said_and_one_that_is_not_understood_is_left_out() {
    let with = |filter: &str| {
        with_habits(Habits {
            filter: filter.to_owned(),
            ..Habits::default()
        })
    };
    let desk = with("env:prod");
    let text = desk.text();
    assert!(
        text.contains("filtered as you left it: /env:prod"),
        "{text}"
    );
    assert_eq!(desk.model.habits().filter, "env:prod");
    let desk = with("sev:(");
    assert!(!desk.text().contains("as you left it"));
    assert_eq!(desk.model.habits().filter, "");
}

fn with_habits(habits: Habits) -> Desk {
    Desk::looking(SIZE, Fake::demo(), "default", |options| {
        options.habits = habits;
    })
}

/// A screen of a person whom the room knows so.
fn with_role(role: Option<Role>, readonly: bool, rights: &[Right]) -> Desk {
    let mut room = Fake::demo();
    room.status.role = role;
    room.status.readonly = readonly;
    room.status.rights = rights.to_vec();
    Desk::with(SIZE, room, "default")
}

#[test]
fn ctrl_z_says_that_the_room_would_stop_too() {
    let mut desk = desk();
    desk.press("Ctrl-z");
    assert!(
        desk.text().contains("the room runs in this process"),
        "{}",
        desk.text()
    );
    assert!(!desk.left);
}
