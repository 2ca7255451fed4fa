//! Finding one's way: the palette, the runnable help, one's own keys, and the way back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::{Desk, repeated};
use fake::Fake;
use sixfold::tui::{
    Msg,
    keymap::{Keymap, TABLE},
    model::{Pane, Place, Sheet},
};

/// A screen with the walkthrough's change selected.
fn desk() -> Desk {
    let mut desk = Desk::new((120, 40));
    desk.press("j j");
    desk.settle();
    desk
}

#[test]
fn the_palette_finds_an_action_by_letters_of_its_name_and_enter_runs_it() {
    let mut desk = desk();
    desk.press(":");
    desk.write("unkn");
    desk.press("Enter");
    assert_eq!(desk.model.sheet, Some(Sheet::Unknowns));
    desk.press("Esc :");
    desk.write("diff");
    desk.press("Enter");
    assert_eq!(desk.model.pane, Pane::Diff);
    desk.press(":");
    desk.write("nothing like it");
    assert!(desk.text().contains("Nothing is called like that"));
    desk.press("Enter Esc");
    assert_eq!((desk.model.sheet, desk.model.pane), (None, Pane::Diff));
}

#[test]
fn letters_in_the_palette_are_not_commands_and_quit_is_one_of_its_actions() {
    let mut desk = desk();
    desk.press(":");
    desk.write("qa?:/");
    assert!(!desk.left && desk.model.card.is_none());
    assert_eq!(desk.model.sheet, Some(Sheet::Palette));
    desk.press("Ctrl-u");
    desk.write("q");
    desk.press("Enter");
    assert!(desk.text().contains("q again quits"), "a change is running");
    desk.press("q");
    assert!(desk.left);
}

#[test]
fn a_decision_found_in_the_palette_only_opens_its_card() {
    let mut desk = desk();
    for (name, title) in [("approve", "Approve CHG-"), ("deny", "Deny CHG-")] {
        desk.press(":");
        desk.write(name);
        desk.press("Enter");
        for _ in 0..5 {
            desk.event(repeated("Enter"));
        }
        assert!(desk.model.card.is_some());
        assert!(desk.text().contains(title), "{}", desk.text());
        assert!(desk.room.orders().is_empty());
        desk.press("Esc");
        desk.press("Esc");
    }
}

#[test]
fn what_cannot_be_done_now_stands_last_in_the_palette_with_its_reason_and_does_nothing() {
    let mut desk = desk();
    desk.press(":");
    desk.write("revert");
    assert!(
        desk.text()
            .contains("not now: CHG-2026-0418-114 is awaiting approval; only a"),
        "{}",
        desk.text()
    );
    desk.press("Enter");
    assert_eq!(desk.model.sheet, Some(Sheet::Palette));
    assert!(desk.model.card.is_none());
    desk.press("Ctrl-u");
    let text = desk.text();
    let at = |name: &str| text.find(name).unwrap_or(usize::MAX);
    assert!(
        at(" deny ") < at(" ledger ") && at(" ledger ") < at(" revert "),
        "{text}"
    );
}

#[test]
fn the_help_is_searched_with_a_slash_and_enter_runs_what_is_found() {
    let mut desk = desk();
    desk.press("? /");
    desk.write("could not be judged");
    assert!(!desk.text().contains("open the approval card"));
    desk.press("Enter");
    assert_eq!(desk.model.sheet, Some(Sheet::Unknowns));
    desk.press("Esc ? /");
    desk.write("sev");
    desk.press("Esc");
    assert!(desk.text().contains("open the approval card"));
    assert_eq!(desk.model.sheet, Some(Sheet::Help));
    desk.press("Esc");
    assert_eq!(desk.model.sheet, None);
}

#[test]
fn ones_own_keys_do_what_the_tables_did_and_stand_wherever_keys_are_named() {
    let mut desk = desk();
    let own = [("approve", vec!["z".to_owned()])];
    desk.model.keys = Keymap::with(own.iter().map(|(action, keys)| (*action, &keys[..]))).unwrap();
    desk.model.dirty = true;
    let text = desk.text();
    assert!(
        text.contains("This waits for a decision: z shows it all."),
        "{text}"
    );
    assert!(text.contains(" z approve"), "{text}");
    desk.press("a");
    assert!(desk.model.card.is_none());
    desk.press("?");
    assert!(desk.text().contains("▌z  "), "{}", desk.text());
    desk.press("Esc z");
    assert!(desk.model.card.is_some());
}

#[test]
fn esc_leads_back_from_a_change_to_the_entry_it_was_gone_to_from() {
    let mut desk = desk();
    desk.press("5");
    desk.settle();
    desk.press("j j Enter");
    desk.settle();
    let seq = desk.model.ledger.opened.unwrap();
    assert!(desk.text().contains(&format!("Ledger › Entry {seq}")));
    desk.press("c");
    desk.settle();
    let change = desk.model.subject.unwrap();
    let way = format!("Ledger › entry {seq} › {change} › Ticket");
    assert!(desk.text().contains(&way), "{}", desk.text());
    desk.press("4 Esc");
    desk.settle();
    assert_eq!(desk.model.sheet, Some(Sheet::Entry));
    assert_eq!(desk.model.ledger.entry.as_ref().unwrap().entry.seq, seq);
    desk.press("Esc");
    assert_eq!((desk.model.sheet, desk.model.pane), (None, Pane::Ledger));
    assert_eq!(desk.model.ledger.current().unwrap().seq, seq);
    desk.press("Esc");
    assert_eq!(desk.model.pane, Pane::Queue);
    desk.press("4");
    assert!(desk.text().contains("› Diff") && desk.text().contains("Queue ›"));
    desk.press("Esc");
    assert_eq!(desk.model.pane, Pane::Queue);
}

#[test]
fn a_key_that_does_nothing_here_says_where_it_does_something() {
    let mut desk = desk();
    desk.press("2 o");
    assert!(
        desk.text().contains("o works here: queue"),
        "{}",
        desk.text()
    );
    desk.press("u a");
    assert!(
        desk.text().contains("a works here: panes 1-4"),
        "{}",
        desk.text()
    );
    let mut empty = Desk::with((80, 24), Fake::with(Vec::new()), "default");
    empty.press("a");
    assert!(empty.text().contains("no change is selected"));
    empty.press("5");
    empty.settle();
    empty.press("/");
    empty.write("rollback");
    empty.settle();
    empty.press("Enter c");
    assert!(
        empty.text().contains("no entry is selected"),
        "{}",
        empty.text()
    );
}

#[test]
fn a_second_control_c_leaves_from_the_palette_too() {
    let mut desk = desk();
    desk.press(": Ctrl-c Ctrl-c");
    assert!(desk.left);
}

#[test]
fn every_action_that_is_not_possible_says_why_when_its_key_is_pressed() {
    let gone = || {
        let mut desk = desk();
        desk.send(Msg::HungUp(None));
        desk
    };
    let empty = || Desk::with((120, 40), Fake::with(Vec::new()), "default");
    let mut told = 0;
    for make in [&desk as &dyn Fn() -> Desk, &gone, &empty] {
        for pane in Pane::ALL {
            for binding in TABLE {
                let mut desk = make();
                desk.press(&pane.number().to_string());
                desk.settle();
                desk.model.message = None;
                let Some(why) = (binding.disabled)(&desk.model) else {
                    continue;
                };
                if binding.places.has(Place::Pane(pane)) {
                    desk.press(&binding.keys[0].name());
                    let said = desk.model.message.as_ref().map(|message| &message.text);
                    assert_eq!(said, Some(&why), "{} in {pane:?}", binding.description);
                    assert!(desk.model.card.is_none());
                    told += 1;
                }
            }
        }
    }
    assert!(told > 50, "{told}");
}
