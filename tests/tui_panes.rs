//! Moving about: what is selected, what stays where it is, and what each pane leads to.
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
    domain::{Severity, Stage, Via, artifact::Decision},
    room::{
        client::Told,
        protocol::{Asked, Page, Reply, Request, Span, filter::FIELDS},
    },
    tui::{Msg, Question, model::Pane, state::Topic},
};

fn desk() -> Desk {
    Desk::new((120, 40))
}

/// A room with very many closed changes.
fn crowd(count: u64) -> Fake {
    let one = estate::walkthrough(Stage::Closed);
    let changes = (0..count)
        .map(|number| {
            let mut change = one.clone();
            change.id = id(1_000 + number);
            change
        })
        .collect();
    Fake::with(changes)
}

#[test]
fn the_most_urgent_change_is_selected_at_the_start() {
    let mut desk = desk();
    assert_eq!(desk.model.subject, Some(id(418_109)));
    desk.press("Down");
    assert_eq!(desk.model.subject, Some(id(418_120)));
}

#[test]
fn the_header_counts_what_channels_have_not_taken() {
    for size in [(120, 40), (80, 24)] {
        let header = |room: Fake| {
            let text = Desk::with(size, room, "default").text();
            text.lines().next().unwrap().to_owned()
        };
        assert!(!header(Fake::with(Vec::new())).contains("undelivered"));
        let mut room = Fake::with(Vec::new());
        room.status.undelivered = 50;
        let line = header(room);
        assert!(line.contains("50 undelivered"), "{line}");
    }
}

#[test]
fn all_panes_speak_of_the_same_change() {
    let mut desk = desk();
    desk.press("j j");
    desk.settle();
    let text = desk.text();
    assert_eq!(desk.model.change.as_ref().unwrap().id, WALKTHROUGH);
    assert_eq!(desk.model.diff.as_ref().unwrap().id, WALKTHROUGH);
    assert!(text.contains("2 Ticket CHG-2026-0418-114"));
    desk.press("3 k");
    desk.settle();
    assert!(desk.text().contains("2 Ticket CHG-2026-0418-120"));
    assert_eq!(desk.model.queue.selected, Some(id(418_120)));
}

#[test]
fn new_changes_and_new_stages_never_move_the_selection() {
    let mut desk = desk();
    desk.press("j j");
    desk.settle();
    for (at, number) in [418_130, 418_131, 418_132].into_iter().enumerate() {
        let mut change = desk.room.change(id(418_120)).clone();
        change.id = id(number);
        change.ticket.severity = Severity::Critical;
        desk.room.changes.insert(at, change);
    }
    desk.entry_notice();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    let change = desk.room.change(WALKTHROUGH);
    fake::decided(change, Decision::Approved, Stage::Closed, Via::Tap);
    desk.entry_notice();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    assert_eq!(desk.model.queue.current().unwrap().id, WALKTHROUGH);
}

#[test]
fn the_first_screen_shows_what_is_most_urgent_until_somebody_chooses() {
    let changes = estate::changes();
    let (running, rest): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|change| change.id == id(418_121));
    let mut desk = Desk::with((120, 40), Fake::with(running), "default");
    assert_eq!(desk.model.subject, Some(id(418_121)));
    desk.room.change(id(418_121)).stage = Stage::Closed;
    desk.room.changes.extend(rest);
    desk.entry_notice();
    assert_eq!(desk.model.subject, Some(id(418_109)));
    assert!(desk.text().contains("2 Ticket CHG-2026-0418-109"));
    desk.press("Enter");
    desk.room.change(id(418_109)).stage = Stage::Closed;
    desk.entry_notice();
    assert_eq!(desk.model.subject, Some(id(418_109)), "it was opened");
}

#[test]
fn scroll_is_kept_over_a_refresh_and_begins_anew_with_another_change() {
    let mut desk = Desk::new((80, 20));
    desk.press("j j");
    desk.settle();
    desk.press("2 j j j");
    desk.entry_notice();
    assert_eq!(desk.model.ticket_scroll, 3);
    desk.press("Esc j");
    assert_eq!(desk.model.ticket_scroll, 0);
}

#[test]
fn scrolling_past_the_end_is_not_remembered() {
    let mut desk = Desk::new((80, 20));
    desk.press("2 G");
    let end = desk.model.ticket_scroll;
    desk.press("j j j j k");
    assert_eq!(desk.model.ticket_scroll, end - 1);
}

#[test]
fn two_thousand_changes_are_walked_with_a_few_questions() {
    let mut desk = Desk::with((80, 24), crowd(2_000), "default");
    assert_eq!(desk.model.queue.total, 2_000);
    assert!(desk.model.queue.rows.len() <= 500);
    desk.press("G");
    desk.settle();
    assert_eq!(desk.model.subject, Some(id(2_999)));
    desk.press("k");
    desk.settle();
    assert_eq!(desk.model.subject, Some(id(2_998)));
    let queues = desk
        .room
        .asked
        .iter()
        .filter(|request| matches!(request, Request::Queue { .. }))
        .count();
    assert!(queues < 6, "{queues}");
}

#[test]
fn a_filter_narrows_while_it_is_typed_and_esc_clears_it() {
    let mut desk = desk();
    desk.press("/");
    desk.write("staging");
    desk.settle();
    assert_eq!(desk.model.queue.total, 4);
    assert_eq!(desk.model.subject, Some(id(418_121)));
    desk.press("Enter j");
    assert!(desk.text().contains("1 Queue /staging"));
    desk.press("Esc");
    desk.settle();
    assert_eq!(desk.model.queue.total, 14);
}

#[test]
fn letters_in_a_filter_are_not_commands() {
    let mut desk = desk();
    desk.press("/");
    desk.write("qad?5");
    assert_eq!(desk.model.queue_filter, "qad?5");
    assert!(!desk.left && desk.model.card.is_none() && desk.model.pane == Pane::Queue);
}

#[test]
fn an_entry_opens_whole_and_leads_to_its_change() {
    let mut desk = desk();
    desk.press("5");
    desk.settle();
    desk.press("/");
    desk.write("chg-2026-0418-114");
    desk.settle();
    desk.press("Enter j Enter");
    desk.settle();
    let text = desk.text();
    assert!(text.contains("what    CIS 1.20 public-read bucket on"));
    assert!(text.contains("\"kind\": \"ticket\""));
    let entry = desk.model.ledger.entry.as_ref().unwrap();
    assert!(text.contains(&entry.hash.as_str()[..40]));
    desk.press("c");
    assert_eq!(desk.model.pane, Pane::Ticket);
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
}

#[test]
fn the_ledger_follows_its_head_until_somebody_reads_it() {
    let mut desk = desk();
    desk.press("5");
    desk.settle();
    let head = desk.model.ledger.current().unwrap().seq;
    let add = |desk: &mut Desk, number| {
        let mut change = desk.room.change(id(418_122)).clone();
        change.id = id(number);
        desk.room.changes.push(change);
        desk.room.status.ledger_seq += 3;
        desk.entry_notice();
    };
    add(&mut desk, 418_140);
    let newer = desk.model.ledger.current().unwrap().seq;
    assert!(newer > head);
    desk.press("j");
    let read = desk.model.ledger.current().unwrap().seq;
    add(&mut desk, 418_141);
    assert_eq!(desk.model.ledger.current().unwrap().seq, read);
    assert!(desk.text().contains("3 newer"), "{}", desk.text());
    desk.press("g");
    desk.settle();
    assert!(desk.model.ledger.current().unwrap().seq > newer);
}

#[test]
fn numbers_tab_and_esc_lead_through_the_panes() {
    let mut desk = Desk::new((45, 20));
    for (keys, pane) in [
        ("5", Pane::Ledger),
        ("Esc", Pane::Queue),
        ("Tab", Pane::Ticket),
        ("Tab", Pane::Approvals),
        ("BackTab BackTab", Pane::Queue),
        ("BackTab", Pane::Coverage),
        ("BackTab", Pane::Ledger),
        ("6", Pane::Coverage),
        ("Esc", Pane::Queue),
        ("3", Pane::Approvals),
        ("4", Pane::Diff),
        ("Left", Pane::Approvals),
    ] {
        desk.press(keys);
        assert_eq!(desk.model.pane, pane, "{keys}");
    }
}

#[test]
fn trends_look_further_back_with_each_press_and_never_show_another_span_as_theirs() {
    let asked = |desk: &Desk| {
        let all = desk.room.asked.iter();
        all.filter_map(|asked| match asked {
            Request::Trends { span } => Some(*span),
            _ => None,
        })
        .next_back()
    };
    let mut desk = Desk::new((80, 24));
    assert_eq!(asked(&desk), None);
    for span in [Span::Hour, Span::Day, Span::Week, Span::Month, Span::Hour] {
        desk.press("p");
        let title = format!("Trends of {}", span.words());
        assert!(desk.text().contains(&title), "{}", desk.text());
        let shown = desk.model.trends.as_ref().map(|trends| trends.span);
        assert_eq!(
            desk.text().contains("Open violations"),
            shown == Some(span),
            "what is not there yet is asked for: {}",
            desk.text()
        );
        desk.settle();
        assert_eq!(asked(&desk), Some(span));
        let told = format!("closed in {}", span.words());
        assert!(desk.text().contains(&told), "{}", desk.text());
    }
    let before = desk.room.asked.len();
    desk.entry_notice();
    assert!(
        desk.room.asked[before..].contains(&Request::Trends { span: Span::Hour }),
        "it follows the room"
    );
    desk.press("Esc");
    let before = desk.room.asked.len();
    desk.entry_notice();
    let trends = |asked: &Request| matches!(asked, Request::Trends { .. });
    assert!(
        !desk.room.asked[before..].iter().any(trends),
        "nobody looks"
    );
}

#[test]
fn coverage_is_asked_for_while_it_is_looked_at_and_opens_its_frameworks() {
    let asked = |desk: &Desk, request: &Request| {
        let all = desk.room.asked.iter();
        all.filter(|asked| *asked == request).count()
    };
    let mut desk = Desk::new((80, 24));
    assert_eq!(asked(&desk, &Request::Coverage), 0);
    desk.press("6");
    desk.settle();
    let once = asked(&desk, &Request::Coverage);
    assert!(once > 0);
    desk.entry_notice();
    assert!(
        asked(&desk, &Request::Coverage) > once,
        "it follows the room"
    );
    desk.press("j Enter");
    desk.settle();
    let opened = Request::Controls {
        framework: "CIS".to_owned(),
        version: "3.0.0".to_owned(),
        offset: 0,
        limit: 500,
    };
    assert!(asked(&desk, &opened) > 0);
    assert!(
        desk.text().contains("2.1.2  not covered"),
        "{}",
        desk.text()
    );
    desk.press("Esc");
    assert_eq!(desk.model.pane, Pane::Coverage);
    desk.press("1");
    desk.settle();
    let before = asked(&desk, &Request::Coverage);
    desk.entry_notice();
    assert_eq!(asked(&desk, &Request::Coverage), before, "nobody looks");
}

#[test]
fn a_scan_is_asked_for_once() {
    let mut room = Fake::demo();
    room.status.scanner.running = false;
    let mut desk = Desk::with((80, 24), room, "default");
    desk.press("s");
    assert!(desk.room.asked.contains(&Request::ScanNow));
    assert!(desk.text().contains("the next pass begins now"));
    desk.wait(7_000);
    assert!(!desk.text().contains("the next pass begins now"));
}

#[test]
fn a_change_that_cannot_be_read_says_why_in_its_own_pane() {
    let mut desk = Desk::new((80, 24));
    desk.press("5");
    desk.settle();
    desk.room.changes.retain(|change| change.id != id(418_122));
    desk.press("c");
    desk.settle();
    assert!(desk.text().contains("there is no CHG-2026-0418-122"));
}

#[test]
fn pasted_text_outside_a_field_is_not_taken_as_keys() {
    let mut desk = desk();
    desk.send(Msg::Paste("aqqq\r".to_owned()));
    assert!(!desk.left && desk.model.card.is_none());
    assert!(desk.text().contains("pasted text is not taken as keys"));
}

#[test]
fn what_could_not_be_judged_is_listed_with_its_cause() {
    let mut desk = desk();
    desk.press("u");
    let text = desk.text();
    assert!(text.contains("acme-prod-payroll") && text.contains("AccessDenied (403)"));
    desk.press("Esc");
    assert!(desk.model.sheet.is_none());
}

#[test]
fn enter_in_the_help_does_what_the_line_says_where_its_key_would() {
    let mut desk = desk();
    desk.press("j j");
    desk.settle();
    desk.press("? Enter");
    assert!(desk.text().contains("Approve CHG-2026-0418-114"));
    desk.wait(600);
    desk.press("? Enter");
    assert!(
        desk.text()
            .contains("on a card keys are pressed themselves")
    );
    assert!(desk.room.orders().is_empty());
    desk.press("Esc Esc ? j j j Enter");
    assert!(
        desk.text()
            .contains("awaiting approval; only a closed change can be reverted")
    );
    desk.press("g");
    for _ in 0..100 {
        let text = desk.text();
        let mut lines = text.lines();
        if lines.any(|line| line.contains("▌Enter") && line.contains("in this list")) {
            break;
        }
        desk.press("j");
    }
    desk.press("Enter");
    assert!(desk.text().contains("works here: sheets"));
    assert!(!desk.left);
}

#[test]
fn the_selected_line_of_the_help_is_always_in_sight() {
    let mut desk = Desk::new((45, 20));
    desk.press("?");
    for _ in 0..60 {
        assert!(desk.text().contains('▌'), "{}", desk.text());
        desk.press("j");
    }
    desk.press("g");
    assert!(desk.text().contains("▌a "));
}

#[test]
fn a_filter_that_is_not_understood_says_so_and_leaves_the_list_as_it_was() {
    let mut desk = desk();
    desk.press("/");
    desk.write("env:staging");
    desk.settle();
    assert_eq!(desk.model.queue.total, 4);
    assert!(desk.text().contains("4 match"), "{}", desk.text());
    desk.write(" sevv:high");
    desk.settle();
    assert!(desk.text().contains("no field `sevv`, did you mean sev?"));
    assert_eq!(desk.model.queue.total, 4);
    assert_eq!(desk.model.queue_filter, "env:staging");
    desk.press("Enter");
    assert!(desk.model.filtering.is_some(), "it can't be kept");
    for _ in 0.."v:high".len() {
        desk.press("Backspace");
    }
    desk.write(":high");
    desk.settle();
    assert_eq!(desk.model.queue.total, 2);
    desk.press("Enter");
    assert!(desk.text().contains("1 Queue /env:staging sev:high"));
    desk.press("Esc");
    desk.settle();
    assert_eq!(desk.model.queue.total, 14);
}

#[test]
fn letters_may_be_left_out_of_a_filters_word() {
    let mut desk = desk();
    desk.press("/");
    desk.write("custexp");
    desk.settle();
    assert_eq!(desk.model.queue.total, 1);
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
}

#[test]
fn the_help_lists_every_field_of_the_filter_and_begins_one() {
    let mut desk = Desk::new((120, 40));
    desk.press("? G");
    for row in FIELDS {
        assert!(desk.text().contains(row.example), "{}", desk.text());
    }
    desk.press("Enter");
    assert_eq!(
        desk.model.filtering.as_ref().unwrap().line.text(),
        "change:"
    );
    desk.write("114");
    desk.settle();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
}

#[test]
fn another_order_or_grouping_keeps_the_selection_and_so_do_new_rows_in_it() {
    let mut desk = desk();
    desk.press("j j");
    desk.settle();
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    desk.press("o O O");
    desk.settle();
    let text = desk.text();
    assert!(
        text.contains("1 Queue by severity per environment"),
        "{text}"
    );
    let at = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(at(&text, "prod (production)") < at(&text, "\nstaging"));
    assert!(at(&text, "\nstaging") < at(&text, "\nClosed"));
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
    assert_eq!(desk.model.queue.current().unwrap().id, WALKTHROUGH);
    for number in [418_130, 418_131, 418_132] {
        let mut change = desk.room.change(id(418_120)).clone();
        change.id = id(number);
        change.ticket.severity = Severity::Critical;
        desk.room.changes.insert(0, change);
        desk.entry_notice();
        assert_eq!(desk.model.subject, Some(WALKTHROUGH));
        assert_eq!(desk.model.queue.current().unwrap().id, WALKTHROUGH);
    }
    desk.press("o o o o O O");
    desk.settle();
    let text = desk.text();
    assert!(
        at(&text, "\nCIS 1.3.0") < at(&text, "\nCIS 3.0.0"),
        "{text}"
    );
    desk.press("O O O");
    desk.settle();
    assert!(desk.text().contains("─ 1 Queue ─"), "{}", desk.text());
    assert_eq!(desk.model.subject, Some(WALKTHROUGH));
}

#[test]
fn a_change_that_began_to_wait_can_be_decided_as_soon_as_the_list_says_so() {
    let mut change = estate::walkthrough(Stage::AwaitingApproval);
    change.stage = Stage::Ticketed;
    let mut desk = Desk::with((120, 40), Fake::with(vec![change]), "default");
    assert_eq!(desk.model.stage(), Some(Stage::Ticketed));
    let change = desk.room.change(WALKTHROUGH);
    change.stage = Stage::AwaitingApproval;
    change.last_seq += 1;
    let page = Page {
        items: vec![Asked::of(change)],
        total: 1,
    };
    desk.held = true;
    desk.entry_notice();
    let asked = Topic::Pending;
    let serial = (0..1_000).find(|serial| desk.model.feeds.clone().arrived(asked, *serial, None));
    desk.send(Msg::Answer {
        to: Question::Feed {
            topic: asked,
            serial: serial.unwrap(),
            at: 0,
        },
        told: Told {
            reply: Ok(Reply::Pending(page)),
            tag: None,
        },
    });
    assert_eq!(desk.model.stage(), Some(Stage::AwaitingApproval));
    desk.press("a");
    assert!(desk.model.card.is_some());
}

#[test]
fn esc_makes_a_large_diff_small_before_it_leaves_it() {
    let mut desk = Desk::new((80, 24));
    desk.press("j j");
    desk.settle();
    desk.press("4 Enter");
    assert!(!desk.text().contains("1 Queue ─"), "{}", desk.text());
    desk.press("Esc");
    assert!(desk.text().contains("1 Queue ─"), "{}", desk.text());
    assert_eq!(desk.model.pane, Pane::Diff);
    desk.press("Enter Tab 4");
    assert!(desk.text().contains("1 Queue ─"), "another pane ends it");
    desk.press("Esc");
    assert_eq!(desk.model.pane, Pane::Queue);
}

#[test]
fn the_form_of_a_diff_that_was_chosen_stays_and_is_what_is_copied() {
    let mut desk = Desk::new((80, 24));
    desk.press("j j");
    desk.settle();
    desk.press("4 y");
    let parts = desk.copied.take().unwrap();
    assert!(parts.starts_with("- grant AllUsers READ\n"), "{parts}");
    desk.press("= y");
    let text = desk.copied.take().unwrap();
    assert!(text.contains("-     {\n"), "{text}");
    desk.press("1 k");
    desk.settle();
    desk.press("4 y");
    let other = desk.copied.take().unwrap();
    assert!(other.contains("\"Grants\": ["), "{other}");
    desk.press("= y");
    assert_eq!(desk.copied.take().unwrap(), parts);
}

#[test]
fn from_row_to_row_what_was_shown_stays_until_the_room_answers_but_not_for_long() {
    let ticket = |desk: &Desk| {
        let text = desk.text();
        let title = text.split("2 Ticket CHG-").nth(1).unwrap();
        title.split_whitespace().next().unwrap().to_owned()
    };
    let mut desk = Desk::new((120, 40));
    desk.press("G k k k");
    desk.settle();
    let before = ticket(&desk);
    desk.held = true;
    desk.press("k");
    assert_eq!(ticket(&desk), before);
    assert!(!desk.text().contains("asking the room"), "{}", desk.text());
    // A held key does not keep it alive.
    for key in ["j", "k", "j", "k", "j"] {
        desk.wait(40);
        desk.press(key);
    }
    desk.press("k");
    assert_ne!(ticket(&desk), before);
    assert!(desk.text().contains("asking the room"), "{}", desk.text());
    desk.release();
    desk.settle();
    assert!(!desk.text().contains("asking the room"));
}
