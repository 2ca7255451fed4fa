//! Pictures of every pane, card and sheet at the three sizes that people have: a phone in portrait, a
//! plain terminal, a wide one. `SIXFOLD_BLESS=1` writes them anew; look at them before committing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use std::{env, fs, path::PathBuf};

use desk::Desk;
use fake::Fake;
use sixfold::domain::{Change, Stage};

const SIZES: [(u16, u16); 3] = [(45, 20), (80, 24), (120, 40)];

/// Compares a frame with its picture on disk.
fn check(name: &str, desk: &Desk) {
    let (width, height) = desk.model.size;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/frames")
        .join(format!("{name}-{width}x{height}.txt"));
    let shown = desk.text();
    if env::var_os("SIXFOLD_BLESS").is_some() {
        fs::write(&path, shown).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    if wanted != shown {
        let diff = similar::TextDiff::from_lines(&wanted, &shown);
        panic!(
            "{} differs from the screen:\n{}",
            path.display(),
            diff.unified_diff().context_radius(2)
        );
    }
}

/// A screen at each size, with the walkthrough's change selected.
fn at_each_size(name: &str, go: impl Fn(&mut Desk)) {
    for size in SIZES {
        let mut desk = Desk::new(size);
        desk.press("j j");
        desk.settle();
        go(&mut desk);
        desk.settle();
        check(name, &desk);
    }
}

#[test]
fn the_queue() {
    at_each_size("queue", |_| {});
}

#[test]
fn the_queue_in_another_order_under_other_headings() {
    at_each_size("queue-arranged", |desk| desk.press("o O O"));
}

#[test]
fn the_ticket_of_a_change_that_waits() {
    at_each_size("ticket", |desk| desk.press("2"));
}

#[test]
fn the_ticket_of_a_closed_change_has_its_six_boxes() {
    for size in SIZES {
        let mut desk = Desk::with(
            size,
            Fake::with(vec![estate::walkthrough(Stage::Closed)]),
            "default",
        );
        desk.press("2");
        check("ticket-closed", &desk);
        desk.press("G");
        check("ticket-closed-end", &desk);
    }
}

#[test]
fn the_approvals() {
    at_each_size("approvals", |desk| desk.press("3"));
}

#[test]
fn the_diff() {
    at_each_size("diff", |desk| desk.press("4"));
}

/// One change on a screen of one size, its diff looked at.
fn diff_of(size: (u16, u16), change: Change) -> Desk {
    let mut desk = Desk::with(size, Fake::with(vec![change]), "default");
    desk.press("4");
    desk.settle();
    desk
}

#[test]
fn the_diff_of_a_policy_by_its_statements_and_as_its_text() {
    for size in [(45, 20), (80, 24), (120, 40), (200, 50)] {
        let mut desk = diff_of(size, estate::policy(Stage::AwaitingApproval));
        check("diff-policy", &desk);
        if size.0 > 45 {
            desk.press("Enter");
            check("diff-policy-large", &desk);
        }
        desk.press("=");
        desk.wait(7_000);
        check("diff-policy-text", &desk);
    }
}

#[test]
fn the_diff_of_a_lifecycle_that_is_as_the_target_now() {
    for size in [(45, 20), (80, 24), (120, 40), (200, 50)] {
        let mut desk = diff_of(size, estate::lifecycle(Stage::Closed));
        check("diff-lifecycle", &desk);
        desk.press("Enter");
        desk.wait(7_000);
        check("diff-lifecycle-large", &desk);
    }
}

#[test]
fn the_diff_of_what_is_neither_as_before_nor_as_the_target_now() {
    for size in [(45, 20), (80, 24), (120, 40), (200, 50)] {
        let change = estate::found_odd(estate::policy(Stage::Verifying));
        let mut desk = diff_of(size, change);
        desk.press("Enter");
        desk.wait(7_000);
        desk.press("G");
        check("diff-now", &desk);
    }
}

#[test]
fn a_card_has_every_statement_that_changes() {
    for size in SIZES {
        let change = estate::policy(Stage::AwaitingApproval);
        let mut desk = Desk::with(size, Fake::with(vec![change]), "default");
        desk.press("a");
        desk.wait(600);
        desk.press("PgDn");
        check("card-policy", &desk);
    }
}

#[test]
fn the_ledger() {
    at_each_size("ledger", |desk| desk.press("5"));
}

#[test]
fn the_coverage_and_the_controls_of_one_framework() {
    at_each_size("coverage", |desk| {
        desk.press("6");
        desk.settle();
        desk.press("j");
    });
    at_each_size("controls", |desk| {
        desk.press("6");
        desk.settle();
        desk.press("j Enter");
    });
}

#[test]
fn an_entry_of_the_ledger() {
    at_each_size("entry", |desk| {
        desk.press("5");
        desk.settle();
        desk.press("j j Enter");
    });
}

#[test]
fn the_approval_card_locked_and_ready() {
    at_each_size("card-locked", |desk| desk.press("a"));
    at_each_size("card-ready", |desk| {
        desk.press("a");
        desk.wait(600);
        desk.press("Tab");
    });
}

#[test]
fn the_approval_card_of_what_cannot_be_undone() {
    for size in SIZES {
        let mut room = Fake::demo();
        estate::make_one_way(room.change(estate::WALKTHROUGH));
        let mut desk = Desk::with(size, room, "default");
        desk.press("j j");
        desk.settle();
        desk.press("a");
        desk.wait(600);
        desk.press("Tab");
        desk.write("7");
        check("card-one-way", &desk);
    }
}

#[test]
fn the_deny_form() {
    at_each_size("deny", |desk| {
        desk.press("d Down Down Enter");
        desk.write("window of CHG0042 is still open");
        desk.wait(600);
    });
}

#[test]
fn the_revert_card() {
    for size in SIZES {
        let mut desk = Desk::with(
            size,
            Fake::with(vec![estate::walkthrough(Stage::Closed)]),
            "default",
        );
        desk.press("r");
        desk.wait(600);
        desk.settle();
        check("revert", &desk);
    }
}

#[test]
fn the_cards_that_let_something_go_on() {
    for size in SIZES {
        let mut room = Fake::demo();
        room.status.breaker = Some("3 fixes in a row halted".to_owned());
        let mut desk = Desk::with(size, room, "default");
        check("stopped", &desk);
        desk.press("e");
        desk.wait(600);
        check("release", &desk);
        desk.press("Esc b");
        desk.wait(600);
        check("resume", &desk);
    }
}

#[test]
fn after_an_approval() {
    at_each_size("approved", |desk| {
        desk.press("a");
        desk.wait(600);
        desk.press("Tab Enter");
        desk.entry_notice();
    });
}

#[test]
fn the_help() {
    at_each_size("help", |desk| desk.press("?"));
}

#[test]
fn the_palette_and_the_help_being_searched() {
    at_each_size("palette", |desk| desk.press(":"));
    at_each_size("palette-found", |desk| {
        desk.press(":");
        desk.write("rev");
    });
    at_each_size("help-found", |desk| {
        desk.press("? /");
        desk.write("change");
    });
}

#[test]
fn what_could_not_be_judged_and_how_the_room_is() {
    at_each_size("unknowns", |desk| desk.press("u"));
    at_each_size("requests", |desk| desk.press("v"));
    at_each_size("trends", |desk| desk.press("p"));
    at_each_size("trends-week", |desk| desk.press("p p p"));
    at_each_size("room", |desk| desk.press("w"));
}

#[test]
fn what_is_exempt_and_the_cards_about_it() {
    for size in SIZES {
        for (name, keys, more) in [
            ("exceptions", "x", ""),
            ("exceptions-end", "x G", ""),
            ("exception-approve", "x a", "Tab"),
            ("exception-deny", "x d", "BackTab"),
            ("exception-end", "x j e", ""),
            ("exception-ask", "j j +", "Tab"),
            ("approvals-asked", "3", ""),
        ] {
            let mut desk = Desk::with(size, Fake::asked(), "default");
            desk.settle();
            for key in keys.split(' ') {
                desk.press(key);
                desk.settle();
            }
            desk.wait(600);
            desk.press(more);
            check(name, &desk);
        }
    }
}

#[test]
fn what_was_said_and_whether_everything_is_in_order() {
    at_each_size("log", |desk| {
        desk.press("s y y");
        desk.wait(90_000);
        desk.press("b L");
    });
    at_each_size("doctor", |desk| desk.press("i"));
    at_each_size("doctor-end", |desk| {
        desk.press("i");
        desk.settle();
        desk.press("G");
    });
}

#[test]
fn the_themes_over_what_they_are_tried_on() {
    at_each_size("themes", |desk| desk.press("t j j"));
}

#[test]
fn a_filter_being_typed() {
    at_each_size("filter", |desk| {
        desk.press("/");
        desk.write("staging");
    });
    at_each_size("filter-error", |desk| {
        desk.press("/");
        desk.write("env:staging");
        desk.settle();
        desk.write(" sevv:high");
    });
}

#[test]
fn the_plain_theme_is_ascii() {
    let mut desk = Desk::with((80, 24), Fake::demo(), "plain");
    desk.press("j j");
    desk.settle();
    check("plain", &desk);
    // What the room writes may hold a middle dot; what the screen draws around it may not.
    let drawn = |desk: &Desk| desk.text().chars().all(|c| c.is_ascii() || c == '·');
    assert!(drawn(&desk));
    desk.press("a");
    desk.wait(600);
    check("plain-card", &desk);
    assert!(drawn(&desk));
}

#[test]
fn a_low_window_has_no_borders() {
    let mut desk = Desk::new((60, 10));
    desk.press("j j");
    desk.settle();
    check("low", &desk);
    desk.press("a");
    desk.wait(600);
    check("low-card", &desk);
}

#[test]
fn a_room_in_trouble_says_so_first() {
    let mut room = Fake::demo();
    room.status.breaker = Some("3 fixes halted in a row".to_owned());
    room.status.warnings = vec!["the vault has no Object Lock".to_owned()];
    room.status.scanner.trouble = Some("the endpoint does not answer".to_owned());
    let desk = Desk::with((80, 24), room, "default");
    check("trouble", &desk);
}

#[test]
fn an_empty_room() {
    let desk = Desk::with((80, 24), Fake::with(Vec::new()), "default");
    check("empty", &desk);
}
