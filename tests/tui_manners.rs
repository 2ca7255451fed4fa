//! How a screen behaves towards its person beside what it shows: the clipboard, news while they look
//! elsewhere, a screen that holds still, keys that would stop the room.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use desk::Desk;
use fake::Fake;
use ratatui::{Terminal, layout::Size};
use sixfold::{
    domain::{ChangeId, Right, Role},
    room::protocol::{Attempt, Notice, NoticeKind, Page, Refusal, RefusalCode, Request},
    tui::{Habits, Msg, Screen, model::Pane, view},
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

    // Whoever passed the row before rests on this one.
    desk.wait(150);
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
fn a_notice_that_stands_for_any_has_all_that_is_shown_asked_about_again() {
    let mut desk = desk();
    desk.press("j j");
    desk.wait(1_000);
    let id = desk.model.subject.unwrap();
    desk.room.asked.clear();
    desk.send(Msg::Notice(Notice::of_anything(1)));
    desk.wait(1_000);
    let asked = |wanted: fn(&Request) -> bool| desk.room.asked.iter().any(wanted);
    assert!(asked(|request| matches!(request, Request::Status)));
    assert!(asked(|request| matches!(request, Request::Queue { .. })));
    assert!(asked(|request| matches!(request, Request::Pending { .. })));
    for about in [
        Request::Change { id },
        Request::Diff { id },
        Request::Behind { id },
    ] {
        assert!(desk.room.asked.contains(&about), "{about:?}");
    }
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
        // What an auditor tried is told once, for the record; who came only to look tried nothing.
        desk.press("1 g a");
        let told = desk.room.asked.iter().filter_map(|request| match request {
            Request::Attempt { attempt, .. } => Some(*attempt),
            _ => None,
        });
        let wanted = [
            Attempt::Approve,
            Attempt::Deny,
            Attempt::MarkDone,
            Attempt::Revert,
        ];
        let wanted = if readonly { &[][..] } else { &wanted[..] };
        assert_eq!(told.collect::<Vec<_>>(), wanted);
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
fn before_the_room_has_said_what_a_person_may_do_no_card_opens() {
    let mut desk = with_role(Some(Role::Auditor), false, &[]);
    let said = desk.model.status.take();
    for keys in ["1 g a", "d", "m", "r", "e", "b"] {
        desk.press(keys);
        assert!(desk.model.card.is_none(), "{keys}");
        assert!(
            desk.text().contains("not said yet what you may do"),
            "{keys}: {}",
            desk.text()
        );
    }
    assert!(desk.room.orders().is_empty());
    desk.model.status = said;
    desk.press("1 g a");
    assert!(desk.text().contains("you are here as auditor, who may not"));
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

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal before which the desk stands.
struct Glass {
    wire: Wire,
    terminal: Terminal<Screen<Wire>>,
}

impl Glass {
    fn new(size: (u16, u16), links: bool) -> Self {
        let wire = Wire::default();
        let screen = Screen::new(wire.clone(), move || Ok(Size::new(size.0, size.1)));
        let terminal = Terminal::new(screen.with_links(links)).unwrap();
        Self { wire, terminal }
    }

    /// The bytes of the next frame.
    fn frame(&mut self, desk: &Desk) -> String {
        self.terminal
            .draw(|frame| view::draw(frame.buffer_mut(), &desk.model))
            .unwrap();
        String::from_utf8(std::mem::take(&mut *self.wire.0.lock().unwrap())).unwrap()
    }
}

/// The text under each link, by its address, as a terminal would take it.
fn linked(bytes: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut rest = bytes;
    while let Some((_, after)) = rest.split_once("\u{1b}]8;") {
        let (start, after) = after.split_once("\u{1b}\\").unwrap();
        let (_, address) = start.split_once(';').unwrap();
        let (under, after) = after.split_once("\u{1b}]8;;\u{1b}\\").unwrap();
        let mut text = String::new();
        for piece in under.split('\u{1b}') {
            let end = piece.find(|c: char| c.is_ascii_alphabetic());
            let sequence = piece.starts_with('[');
            text.push_str(if sequence {
                &piece[end.unwrap() + 1..]
            } else {
                piece
            });
        }
        *found.entry(address.to_owned()).or_default() += &text;
        rest = after;
    }
    found
}

#[test]
fn an_address_that_takes_several_lines_is_one_link_and_goes_with_its_ticket() {
    for size in [(45, 20), (80, 24), (120, 40)] {
        let mut desk = Desk::new(size);
        desk.press("j j 2");
        desk.settle();
        desk.press("G");
        let wanted: BTreeMap<_, _> = estate::references(estate::WALKTHROUGH)
            .into_iter()
            .map(|one| (one.address.clone(), one.address))
            .collect();
        let mut glass = Glass::new(size, true);
        assert_eq!(linked(&glass.frame(&desk)), wanted, "{size:?}");
        assert_eq!(glass.frame(&desk), "", "an equal frame is no byte");
        // Another sheet over it has none.
        desk.press("L");
        desk.settle();
        assert!(linked(&glass.frame(&desk)).is_empty());
        desk.press("Esc");
        assert_eq!(linked(&glass.frame(&desk)), wanted, "{size:?}");
    }
}

#[test]
fn a_terminal_that_takes_no_links_shows_the_same_without_a_byte_of_them() {
    let mut desk = desk();
    desk.press("j j 2");
    desk.settle();
    desk.press("G");
    let shown = |links| {
        let bytes = Glass::new(SIZE, links).frame(&desk);
        let cells = |count: u16| count.try_into().unwrap();
        let mut parser = vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0);
        parser.process(bytes.as_bytes());
        (parser.screen().contents_formatted(), bytes)
    };
    let ((with, _), (without, bytes)) = (shown(true), shown(false));
    assert!(!bytes.contains("\u{1b}]8"), "{bytes:?}");
    assert_eq!(with, without);
}

#[test]
fn foreign_text_that_spells_an_address_is_no_link() {
    let forged = "https://evil.example/ \u{1b}]8;;https://evil.example/\u{1b}\\x\u{1b}]8;;\u{1b}\\";
    let mut room = Fake::demo();
    let ticket = &mut room.change(estate::WALKTHROUGH).ticket;
    ticket.detection.evidence = vec![forged.to_owned()];
    ticket.owner.contact = "https://evil.example/owner".to_owned();
    let mut desk = Desk::with(SIZE, room, "default");
    desk.press("j j 2");
    desk.settle();
    let mut glass = Glass::new(SIZE, true);
    for _ in 0..4 {
        let bytes = glass.frame(&desk);
        let links = linked(&bytes);
        assert!(
            links.keys().all(|address| !address.contains("evil")),
            "{links:?}"
        );
        assert!(
            links.values().all(|text| !text.contains("evil")),
            "{links:?}"
        );
        desk.press("PgDn");
    }
    assert!(desk.text().contains("console"), "{}", desk.text());
}

#[test]
fn the_doctors_page_says_when_it_looked_and_looks_only_when_it_is_asked() {
    let mut desk = desk();
    let looks = |desk: &Desk| {
        let asked = desk.room.asked.iter();
        asked.filter(|one| **one == Request::Doctor).count()
    };
    desk.held = true;
    desk.press("i");
    assert!(desk.text().contains("looking …"), "{}", desk.text());
    desk.release();
    assert!(desk.text().contains("1 check fails, as of 03:14:07 UTC"));
    // Whatever happens in the room, a look costs calls.
    desk.wait(60_000);
    desk.entry_notice();
    desk.settle();
    assert_eq!(looks(&desk), 1);
    desk.held = true;
    desk.press("i");
    let text = desk.text();
    assert!(
        text.contains("looking … below what was found as of 03:14:07 UTC"),
        "{text}"
    );
    desk.release();
    assert_eq!(looks(&desk), 2);
    assert!(desk.text().contains("it has not yet"), "{}", desk.text());
    desk.send(Msg::Focus(false));
    desk.send(Msg::Focus(true));
    assert!(desk.text().contains("it tells when it loses the focus"));
}

#[test]
fn an_error_is_still_to_be_read_after_a_key_took_it_away() {
    let mut desk = desk();
    desk.room.refusal = Some(Refusal {
        code: RefusalCode::Failed,
        message: "the vault does not answer".to_owned(),
    });
    desk.press("j j a");
    desk.wait(600);
    desk.held = true;
    desk.press("Tab Enter Esc");
    desk.release();
    assert!(desk.text().contains("error: CHG-2026-0418-114: the vault"));
    desk.wait(60_000);
    desk.press("1");
    assert!(!desk.text().contains("the vault does not answer"));
    desk.press("L");
    desk.settle();
    let text = desk.text();
    assert!(
        text.contains("error  CHG-2026-0418-114: the vault does not answer"),
        "{text}"
    );
    let line = text
        .lines()
        .find(|line| line.contains("error  CHG"))
        .unwrap();
    assert!(line.contains("03:1"), "with the room's time: {line}");
}

#[test]
fn a_log_without_an_event_says_so() {
    let mut desk = desk();
    desk.room.log.events = Page {
        items: Vec::new(),
        total: 0,
    };
    desk.press("L");
    desk.settle();
    let text = desk.text();
    assert!(text.contains("Nothing was said to you yet."), "{text}");
    assert!(text.contains("It is empty."), "{text}");
    assert!(text.contains("/var/lib/sixfold/sixfold.log has the whole log."));
}

fn notice(kind: NoticeKind) -> Msg {
    Msg::Notice(Notice {
        kind,
        change: None,
        revision: 0,
    })
}

/// Changes whose tickets were asked for since so many questions.
fn tickets(desk: &Desk, since: usize) -> Vec<ChangeId> {
    let asked = desk.room.asked[since..].iter();
    let tickets = asked.filter_map(|request| match request {
        Request::Change { id } => Some(*id),
        _ => None,
    });
    tickets.collect()
}

#[test]
fn rows_that_pass_under_a_held_key_are_asked_about_once_one_of_them_is_rested_on() {
    let mut desk = desk();
    desk.wait(500);
    let before = desk.room.asked.len();
    desk.press("j");
    desk.wait(30);
    let first = tickets(&desk, before);
    assert_eq!(first.len(), 1, "a single key waits for nothing");
    for _ in 0..4 {
        desk.press("j");
        desk.wait(30);
    }
    assert_eq!(tickets(&desk, before), first, "nobody reads what passes");
    desk.wait(150);
    let shown = tickets(&desk, before);
    assert_eq!(shown.len(), 2);
    assert_eq!(Some(shown[1]), desk.model.subject);
}

#[test]
fn a_screen_goes_on_when_its_room_is_back_and_a_frozen_one_holds_still_then_too() {
    let mut desk = desk();
    desk.send(notice(NoticeKind::Lost));
    assert!(desk.text().contains("the room hung up"));
    desk.press("a");
    assert!(
        desk.model.card.is_none(),
        "nothing is decided without a room"
    );
    let before = desk.room.asked.len();
    desk.send(notice(NoticeKind::Back));
    desk.wait(500);
    assert!(desk.text().contains("the room is back"));
    let asked = &desk.room.asked[before..];
    let is_queue = |request: &&Request| matches!(request, Request::Queue { .. });
    assert!(asked.iter().any(|request| is_queue(&request)));

    desk.press("f");
    desk.send(notice(NoticeKind::Lost));
    let before = desk.room.asked.len();
    desk.send(notice(NoticeKind::Back));
    desk.wait(500);
    let asked = &desk.room.asked[before..];
    assert!(!asked.iter().any(|request| is_queue(&request)), "{asked:?}");
    desk.press("f");
    desk.wait(500);
    let asked = &desk.room.asked[before..];
    assert!(asked.iter().any(|request| is_queue(&request)));

    // Back, and of another version, or without this person: nothing is to be hoped for.
    desk.send(notice(NoticeKind::Lost));
    desk.send(Msg::HungUp(Some("`otto` is nobody here".to_owned())));
    assert!(
        desk.text().contains("the room does not let you in") && !desk.text().contains("goes on"),
        "{}",
        desk.text()
    );
}
