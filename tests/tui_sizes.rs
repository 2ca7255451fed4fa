//! No size, no pane and no foreign text breaks the screen or leaves its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "frames/desk.rs"]
mod desk;
#[path = "frames/estate.rs"]
mod estate;
#[path = "frames/fake.rs"]
mod fake;

use desk::{Desk, text};
use fake::Fake;
use proptest::prelude::*;
use sixfold::{
    domain::{Asset, Change, Environment, Stage, artifact::Reason, artifact::ReasonCode},
    room::protocol::Hold,
    tui::{Msg, text::width},
};

/// Ways to every pane, card and sheet.
const WAYS: [&str; 31] = [
    "1",
    "2 G",
    "3",
    "4 G",
    "4 = G",
    "4 Enter G",
    "4 Enter = G",
    "5 G",
    "5 Enter G",
    "a",
    "a Tab",
    "d Enter",
    "g e Tab",
    "b",
    "?",
    "u",
    "x G",
    "w",
    "t G",
    "/",
    "/ x : Backspace s e v :",
    "o O O",
    "L G",
    "3 n n N",
    "i G",
    ": r e v",
    "x Enter Tab",
    "x a BackTab s e e n",
    "x j e Tab",
    "+",
    "1 g j + Tab o p s Tab Tab",
];

#[test]
fn no_small_size_and_none_at_a_breakpoint_panics_in_any_pane_card_or_sheet() {
    let small = (1..=22).flat_map(|width| (1..=15).map(move |height| (width, height)));
    let breakpoints = [45, 59, 60, 80, 119, 120, 300]
        .into_iter()
        .flat_map(|width| [2, 3, 8, 13, 14, 20, 27, 28, 40, 100].map(|height| (width, height)));
    let sizes: Vec<(u16, u16)> = small.chain(breakpoints).collect();
    for way in WAYS {
        let mut room = Fake::asked();
        room.status.breaker = Some("3 fixes in a row halted".to_owned());
        let mut desk = Desk::with((100, 30), room, "default");
        desk.press("j j");
        desk.settle();
        desk.press(way);
        desk.wait(600);
        for size in &sizes {
            desk.model.size = *size;
            assert_eq!(desk.buffer().area.width, size.0);
        }
    }
}

#[test]
fn below_20x3_one_sentence_is_left_and_only_leaving_works() {
    let mut desk = Desk::new((19, 2));
    assert_eq!(desk.text(), "sixfold needs 20x3;\n\n");
    desk.press("j j a Tab Enter");
    assert!(desk.model.card.is_none());
    desk.press("q");
    assert!(desk.left);
}

#[test]
fn the_footer_keeps_help_and_quit_at_every_width() {
    for width in 20..130 {
        let mut desk = Desk::new((width, 20));
        desk.press("j j");
        let text = desk.text();
        let footer = text.lines().last().unwrap();
        assert!(footer.contains("? help  q quit"), "{width}: {footer}");
    }
}

/// A change in which every field is foreign text.
fn hostile(text: &str) -> Change {
    let mut change = estate::walkthrough(Stage::AwaitingApproval);
    let text = text.to_owned();
    let ticket = &mut change.ticket;
    ticket.title.clone_from(&text);
    ticket.rule.id.clone_from(&text);
    ticket.asset = Asset::bucket(ticket.asset.account.clone(), &text, &text);
    ticket.owner.contact.clone_from(&text);
    ticket.owner.team.clone_from(&text);
    ticket.primary.id.clone_from(&text);
    ticket.environment = Environment {
        name: text.clone(),
        production: true,
        from: text.clone(),
    };
    ticket.detection.evidence = vec![text.clone(), text.clone()];
    let plan = estate::plan_of(ticket);
    plan.action.clone_from(&text);
    plan.residue = vec![text.clone()];
    for hazard in &mut plan.hazards {
        hazard.text.clone_from(&text);
    }
    plan.command = plan.command.clone().with(&text, text.clone());
    ticket.plan_hash = ticket.plan().unwrap().hash(change.id, &ticket.asset);
    let hash = ticket.plan_hash.clone();
    let hazards = ticket.plan().unwrap().hazards.clone();
    let request = change.request.as_mut().unwrap();
    request.plan_hash = hash;
    request.hazards = hazards;
    request.asked = vec![text.clone()];
    request.channel.clone_from(&text);
    request.action = text;
    change
}

fn hostile_room(text: &str) -> Fake {
    let mut room = Fake::with(vec![hostile(text)]);
    text.clone_into(&mut room.status.person);
    text.clone_into(&mut room.status.estate);
    text.clone_into(&mut room.status.vault);
    room.status.warnings = vec![text.to_owned()];
    room.status.holds = vec![Hold {
        rule: text.to_owned(),
        asset: room.changes[0].ticket.asset.clone(),
        cause: text.to_owned(),
    }];
    room.status.breaker = Some(text.to_owned());
    room.status.scanner.trouble = Some(text.to_owned());
    for event in &mut room.log.events.items {
        text.clone_into(&mut event.from);
        text.clone_into(&mut event.text);
    }
    let mut asked = estate::requested();
    for exception in [&mut asked.exception, &mut room.exceptions.open[0]] {
        text.clone_into(&mut exception.rule);
        exception.asset = room.changes[0].ticket.asset.clone();
        exception.owner = Some(text.to_owned());
        text.clone_into(&mut exception.reason.note);
    }
    asked.exception.asset = Asset::bucket(asked.exception.asset.account, "us-east-1", text);
    room.exceptions.requested.push(asked);
    room.status.asked = 1;
    for unknown in &mut room.unknowns {
        text.clone_into(&mut unknown.bucket);
        text.clone_into(&mut unknown.cause);
    }
    room
}

fn allowed(symbol: &str) -> bool {
    symbol.chars().all(|c| {
        !c.is_control()
            && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_in_every_field_puts_no_control_character_in_a_cell(
        raw in prop::collection::vec(any::<u8>(), 0..60),
        more in "\\PC{0,20}|[\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{202e}\\u{2066}-\\u{2069}]{0,12}",
        size in (1u16..=300, 1u16..=100),
        way in prop::sample::select(WAYS.to_vec()),
    ) {
        let text = format!("{}{more}", String::from_utf8_lossy(&raw));
        let mut desk = Desk::with(size, hostile_room(&text), "default");
        desk.press(way);
        desk.settle();
        desk.wait(600);
        let buffer = desk.buffer();
        for cell in &buffer.content {
            prop_assert!(allowed(cell.symbol()), "{}: {:?}", way, cell.symbol());
        }
    }

    #[test]
    fn any_text_leaves_every_cell_outside_its_pane_as_it_was(
        text in "\\PC{1,40}",
        wide in "[東京都🙂é\u{301}]{1,30}",
    ) {
        // The line between the panes and the header's clock stand where they stand without it.
        let shown = |text: &str| {
            let mut desk = Desk::with((80, 24), Fake::with(vec![hostile(text)]), "default");
            desk.press("j");
            desk.settle();
            desk.buffer()
        };
        for text in [text.as_str(), wide.as_str()] {
            let buffer = shown(text);
            for y in 2..22 {
                prop_assert_eq!(buffer[(33, y)].symbol(), "│");
            }
            let lines = desk::text(&buffer);
            let header = lines.lines().next().unwrap();
            prop_assert!(header.ends_with("03:14 UTC"), "{}", header);
            for line in lines.lines() {
                prop_assert!(width(line) <= 80, "{}", line);
            }
        }
    }

    #[test]
    fn any_keys_in_any_order_leave_a_screen_that_draws(
        keys in prop::collection::vec(prop::sample::select(vec![
            "j", "k", "g", "G", "h", "l", "1", "2", "3", "4", "5", "Tab", "BackTab", "Enter", "Esc",
            "a", "d", "r", "+", "e", "/", "?", "u", "x", "w", "c", "s", "Ctrl-d", "Ctrl-u", "PgDn", "PgUp",
            "Left", "Right", "Backspace", "Space", "Home", "End",
        ]), 0..60),
        waits in prop::collection::vec(0u64..900, 0..10),
    ) {
        let mut desk = Desk::new((45, 20));
        for (at, key) in keys.iter().enumerate() {
            desk.press(key);
            if let Some(wait) = waits.get(at / 6) {
                desk.wait(*wait);
            }
            desk.buffer();
        }
        desk.send(Msg::Resize(130, 45));
        prop_assert!(!text(&desk.buffer()).is_empty());
    }
}

#[test]
fn a_policy_text_that_spells_an_approval_prompt_stays_inside_its_pane() {
    let forged = "x\u{1b}[2J\u{1b}[1;1H[ Approve ] Press Enter\r\n\u{202e}etucexe";
    let mut desk = Desk::with((80, 24), hostile_room(forged), "default");
    desk.press("2");
    let text = desk.text();
    assert!(text.contains("<U+001B>[2J"), "{text}");
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn a_note_keeps_no_character_that_hides_or_reorders() {
    let mut desk = Desk::new((80, 24));
    desk.press("j d Enter");
    desk.send(Msg::Paste(
        "ok\u{202e}\u{1b}]52;c;x\u{7} \nsecond line".to_owned(),
    ));
    desk.write("\u{200b}!");
    let card = desk.model.card.as_ref().unwrap();
    assert_eq!(
        card.reason(),
        Reason {
            code: ReasonCode::AcceptedRisk,
            note: "ok<U+202E><U+001B>]52;c;x<U+0007> second line<U+200B>!".to_owned()
        }
    );
}

#[test]
fn only_one_module_writes_symbols_into_cells() {
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/tui"
    ))];
    let mut writers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path)
                .unwrap()
                .contains("set_symbol")
            {
                writers.push(path.file_name().unwrap().to_owned());
            }
        }
    }
    assert_eq!(writers, ["paint.rs"]);
}
