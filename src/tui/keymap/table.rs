//! The table itself.

use crossterm::event::KeyCode;

use super::{
    ALWAYS, Action, Binding, Places, able, bind,
    key::{char, control, key},
};

const SCROLLED: Places = Places::PANES
    .with(Places::ENTRY)
    .with(Places::SHEET)
    .with(Places::THEMES)
    .with(Places::CARD);
const CLOSED_BY_ESC: Places = Places::PANES.with(Places::ENTRY).with(Places::SHEET);
const FILTERED: Places = Places::QUEUE.with(Places::LEDGER);
const LISTS: Places = FILTERED.with(Places::COVERAGE);
const DECIDED: Places = Places::APPROVALS.with(Places::TICKET);

/// The table, in the order in which help shows it.
pub static TABLE: &[Binding] = &[
    bind(
        &[char('a')],
        Action::Approve,
        "open the approval card of the selected change",
        Places::CHANGES,
    )
    .named("approve")
    .hint("approve", 90)
    .danger()
    .unless(able::undecidable),
    bind(
        &[char('d')],
        Action::Deny,
        "open the form that denies it, with a reason",
        Places::CHANGES.with(Places::CARD),
    )
    .named("deny")
    .hint("deny", 80)
    .danger()
    .unless(able::undeniable),
    bind(
        &[char('m')],
        Action::Done,
        "open the card that marks done what is to be done by hand",
        Places::CHANGES,
    )
    .named("mark-done")
    .hint("mark done", 76)
    .danger()
    .unless(able::undoable),
    bind(
        &[char('r')],
        Action::Revert,
        "open the card that puts the state before back",
        Places::CHANGES,
    )
    .named("revert")
    .hint("revert", 70)
    .danger()
    .unless(able::unrevertible),
    bind(
        &[char('e')],
        Action::Release,
        "open the card that releases a rule held on its bucket",
        Places::CHANGES,
    )
    .named("release")
    .hint("release", 75)
    .danger()
    .unless(able::unreleasable),
    bind(
        &[char('b')],
        Action::Resume,
        "open the card that resumes fixing once it is stopped",
        Places::PANES,
    )
    .named("resume")
    .hint("resume fixing", 78)
    .danger()
    .unless(able::unresumable),
    bind(
        &[key(KeyCode::Enter), key(KeyCode::Right), char('l')],
        Action::Open,
        "look at what is selected",
        LISTS,
    )
    .named("open")
    .hint("open", 60)
    .unless(able::nothing_selected),
    bind(
        &[key(KeyCode::Enter)],
        Action::Approve,
        "open the approval card",
        DECIDED,
    )
    .unless(able::undecidable),
    bind(
        &[char('/')],
        Action::Filter,
        "filter: words, and fields as below; the ledger by kind, change id, by:name",
        FILTERED,
    )
    .named("filter")
    .hint("filter", 40)
    .unless(able::unanswered),
    bind(
        &[char('o')],
        Action::Order,
        "the next order: urgency, severity, age, asset, environment",
        Places::QUEUE,
    )
    .named("order")
    .hint("order", 9)
    .unless(able::unanswered),
    bind(
        &[char('O')],
        Action::Group,
        "the next headings: stage, severity, environment, account, rule, none",
        Places::QUEUE,
    )
    .named("group")
    .hint("group", 8)
    .unless(able::unanswered),
    bind(
        &[char('c')],
        Action::GoToChange,
        "go to the change of this entry",
        Places::LEDGER.with(Places::ENTRY),
    )
    .named("change")
    .hint("change", 55)
    .unless(able::no_change),
    bind(
        &[char('s')],
        Action::Scan,
        "start the next scan now",
        Places::PANES,
    )
    .named("scan")
    .hint("scan", 20)
    .unless(able::unscannable),
    bind(
        &[char('u')],
        Action::Unknowns,
        "buckets that could not be judged, and why",
        Places::PANES,
    )
    .named("unknowns")
    .hint("unknown", 15),
    bind(
        &[char('x')],
        Action::Exceptions,
        "rules that are not applied to a bucket for a while",
        Places::PANES,
    )
    .named("exceptions")
    .hint("exceptions", 10),
    bind(
        &[char('y')],
        Action::Copy,
        "copy what is shown: the change's number, its boxes, the diff, the entry",
        Places::PANES.with(Places::ENTRY),
    )
    .named("copy")
    .hint("copy", 9),
    bind(
        &[char('f')],
        Action::Freeze,
        "freeze what is shown, to read it; once more goes on",
        Places::PANES.with(Places::ENTRY),
    )
    .named("freeze")
    .hint("freeze", 7),
    bind(
        &[char('v')],
        Action::Calls,
        "requests that went out to AWS, with ids and times",
        Places::PANES,
    )
    .named("requests")
    .hint("requests", 8),
    bind(
        &[char('w')],
        Action::Room,
        "how the room is: warnings, holds, vault, ledger",
        Places::PANES,
    )
    .named("room")
    .hint("room", 12),
    bind(
        &[char('t')],
        Action::Themes,
        "themes, tried on as you move through them",
        Places::PANES,
    )
    .named("themes")
    .hint("theme", 5),
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
        "back to the reasons",
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
        Places::SHEET,
    )
    .hint("do it", 85)
    .unless(able::no_line),
    bind(
        &[key(KeyCode::Enter)],
        Action::Run,
        "do what the selected line says",
        Places::FIND,
    )
    .hint("do it", 90),
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
    .unless(able::no_line),
    bind(
        &[char(':')],
        Action::Palette,
        "every action by name",
        Places::PANES.with(Places::ENTRY).with(Places::SHEET),
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
