//! The second half of the table: moving about, cards, what is typed, and the way out.

use crossterm::event::KeyCode;

use super::{
    ALWAYS, Action, Binding, Places, able, bind,
    key::{char, control, key},
};

const SCROLLED: Places = Places::PANES
    .with(Places::ENTRY)
    .with(Places::SHEETS)
    .with(Places::THEMES)
    .with(Places::CARD);
const CLOSED_BY_ESC: Places = Places::PANES.with(Places::ENTRY).with(Places::SHEETS);

/// In the order in which help shows them.
pub const WAYS: &[Binding] = &[
    bind(&[key(KeyCode::Up), char('k')], Action::Up, "up", SCROLLED).named("up"),
    bind(
        &[key(KeyCode::Down), char('j')],
        Action::Down,
        "down",
        SCROLLED,
    )
    .named("down"),
    bind(&[control('u')], Action::HalfUp, "half a page up", SCROLLED).named("half-page-up"),
    bind(
        &[control('d')],
        Action::HalfDown,
        "half a page down",
        SCROLLED,
    )
    .named("half-page-down"),
    bind(
        &[key(KeyCode::PageUp)],
        Action::PageUp,
        "a page up",
        SCROLLED,
    )
    .named("page-up"),
    bind(
        &[key(KeyCode::PageDown)],
        Action::PageDown,
        "a page down",
        SCROLLED,
    )
    .named("page-down"),
    bind(
        &[char('g'), key(KeyCode::Home)],
        Action::Top,
        "to the top; in the ledger, to the newest entry",
        SCROLLED,
    )
    .named("top"),
    bind(
        &[char('G'), key(KeyCode::End)],
        Action::Bottom,
        "to the bottom",
        SCROLLED,
    )
    .named("bottom"),
    bind(
        &[
            char('1'),
            char('2'),
            char('3'),
            char('4'),
            char('5'),
            char('6'),
        ],
        Action::Pane,
        "the pane of that number",
        Places::PANES,
    ),
    bind(
        &[key(KeyCode::Tab)],
        Action::NextPane,
        "the next pane",
        Places::PANES,
    )
    .named("next-pane")
    .hint("pane", 30),
    bind(
        &[key(KeyCode::BackTab)],
        Action::PreviousPane,
        "the pane before",
        Places::PANES,
    )
    .named("previous-pane"),
    bind(
        &[key(KeyCode::Tab), key(KeyCode::Right), char('l')],
        Action::NextStop,
        "the next button or field",
        Places::CARD,
    )
    .hint("choose", 90),
    bind(
        &[key(KeyCode::BackTab), key(KeyCode::Left), char('h')],
        Action::PreviousStop,
        "the button or field before",
        Places::CARD,
    ),
    bind(
        &[key(KeyCode::Tab)],
        Action::NextStop,
        "on to the buttons",
        Places::NOTE,
    )
    .hint("on", 90),
    bind(
        &[key(KeyCode::BackTab)],
        Action::PreviousStop,
        "the field before",
        Places::NOTE,
    ),
    bind(
        &[key(KeyCode::Enter)],
        Action::Press,
        "press the button that is lit",
        Places::CARD,
    )
    .hint("press", 85),
    bind(
        &[key(KeyCode::Enter)],
        Action::NextStop,
        "on to the buttons",
        Places::NOTE,
    ),
    bind(
        &[key(KeyCode::Enter)],
        Action::Keep,
        "keep the filter",
        Places::FILTER,
    )
    .hint("keep", 90)
    .unless(able::not_understood),
    bind(
        &[key(KeyCode::Enter)],
        Action::KeepTheme,
        "keep the selected theme until you leave",
        Places::THEMES,
    )
    .hint("keep", 90),
    bind(
        &[key(KeyCode::Esc), key(KeyCode::Left), char('h'), char('t')],
        Action::Back,
        "back to the theme from before",
        Places::THEMES,
    )
    .hint("as before", 80),
    bind(
        &[key(KeyCode::Esc), key(KeyCode::Left), char('h')],
        Action::Back,
        "back; clears a filter; never quits",
        CLOSED_BY_ESC,
    )
    .named("back")
    .hint("back", 25)
    .unless(able::nowhere_back),
    bind(
        &[key(KeyCode::Esc)],
        Action::Back,
        "close the card, nothing is decided",
        Places::CARD.with(Places::NOTE),
    )
    .hint("not now", 80),
    bind(
        &[key(KeyCode::Esc)],
        Action::Back,
        "clear the filter",
        Places::FILTER,
    )
    .hint("clear", 80),
    bind(
        &[key(KeyCode::Enter)],
        Action::Run,
        "in this list: do what the selected line says",
        Places::SHEET.with(Places::FIND),
    )
    .hint("do it", 85)
    .unless(able::no_line),
    bind(
        &[key(KeyCode::Esc)],
        Action::Back,
        "close the palette; in the help, all keys again",
        Places::FIND,
    )
    .hint("back", 80),
    bind(
        &[key(KeyCode::Up)],
        Action::Up,
        "the line above",
        Places::FIND,
    ),
    bind(
        &[key(KeyCode::Down)],
        Action::Down,
        "the line below",
        Places::FIND,
    ),
    bind(
        &[key(KeyCode::PageUp)],
        Action::PageUp,
        "a page up",
        Places::FIND,
    ),
    bind(
        &[key(KeyCode::PageDown)],
        Action::PageDown,
        "a page down",
        Places::FIND,
    ),
    bind(
        &[char('/')],
        Action::Filter,
        "in the help: find a key or a field by its words",
        Places::SHEET,
    )
    .hint("find", 70)
    .unless(able::unsearched),
    bind(
        &[char(':')],
        Action::Palette,
        "every action by name",
        Places::PANES.with(Places::ENTRY).with(Places::SHEETS),
    )
    .named("palette")
    .hint("actions", 14),
    bind(&[char('?')], Action::Help, "all keys", Places::COMMANDS)
        .named("help")
        .hint("help", ALWAYS),
    bind(
        &[control('z')],
        Action::Suspend,
        "is not taken: the room would stop with the screen",
        Places::COMMANDS,
    ),
    bind(
        &[char('q')],
        Action::Quit,
        "quit; asks when a change is in the middle of a step",
        Places::COMMANDS,
    )
    .named("quit")
    .hint("quit", ALWAYS),
    bind(
        &[control('c')],
        Action::Leave,
        "twice: leave, wherever you are",
        Places::ALL,
    ),
];
