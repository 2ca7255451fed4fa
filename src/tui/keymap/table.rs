//! The first half of the table: what is done to changes, and what is looked at.

use crossterm::event::KeyCode;

use super::{
    Action, Binding, Places, able, bind, exempt,
    key::{char, key},
};

const FILTERED: Places = Places::QUEUE.with(Places::LEDGER);
const LISTS: Places = FILTERED.with(Places::COVERAGE);
/// Where something to decide on can be selected.
const DECIDABLE: Places = Places::CHANGES.with(Places::EXCEPTIONS);
const DECIDED: Places = Places::APPROVALS.with(Places::TICKET);

/// In the order in which help shows them.
pub const ACTIONS: &[Binding] = &[
    bind(
        &[char('a')],
        Action::Approve,
        "open the approval card of the selected change or exception",
        DECIDABLE,
    )
    .named("approve")
    .hint("approve", 90)
    .danger()
    .unless(able::unapprovable),
    bind(
        &[char('d')],
        Action::Deny,
        "open the form that denies it, with a reason",
        DECIDABLE.with(Places::CARD),
    )
    .named("deny")
    .hint("deny", 80)
    .danger()
    .unless(able::undeniable),
    bind(
        &[char('n')],
        Action::NextCard,
        "what waits, one card after the other: the first or the next one",
        Places::APPROVALS.with(Places::CARD),
    )
    .named("review")
    .hint("review", 79)
    .danger()
    .unless(able::unreviewable),
    bind(
        &[char('N')],
        Action::PreviousCard,
        "the card before",
        Places::CARD,
    )
    .unless(able::unreviewable),
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
        &[char('+')],
        Action::AskException,
        "ask for an exception: its rule leaves its bucket alone for a while",
        Places::CHANGES,
    )
    .named("ask-exception")
    .hint("exempt", 9)
    .danger()
    .unless(exempt::unaskable),
    bind(
        &[char('e')],
        Action::EndException,
        "open the card that ends the selected exception early",
        Places::EXCEPTIONS,
    )
    .named("end-exception")
    .hint("end early", 75)
    .danger()
    .unless(exempt::unendable),
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
        Action::Run,
        "approve what waits, end what is in force: its card, as the selected line says",
        Places::EXCEPTIONS,
    )
    .unless(exempt::unpressable),
    bind(
        &[key(KeyCode::Enter)],
        Action::Approve,
        "open the approval card",
        DECIDED,
    )
    .unless(able::unapprovable),
    bind(
        &[key(KeyCode::Enter)],
        Action::Enlarge,
        "the diff over the whole screen, side by side from 100 columns; again: back",
        Places::DIFF,
    )
    .named("enlarge")
    .hint("large", 62)
    .unless(able::large_already),
    bind(
        &[char('=')],
        Action::DiffForm,
        "the exact text of the diff, or its parts again",
        Places::DIFF,
    )
    .named("exact-text")
    .hint("text/parts", 61)
    .unless(able::no_diff),
    bind(
        &[char('/')],
        Action::Filter,
        "filter: words, and fields as below; the ledger by kind, change id, by: since: until: on:",
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
        "the next headings: stage, severity, environment, account, framework, rule, none",
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
        "rules that are not applied to a bucket for a while, and who asks for that",
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
        &[char('p')],
        Action::Trends,
        "how it went lately, as charts; once more: a day, a week, a month",
        Places::PANES.with(Places::SHEETS),
    )
    .named("trends")
    .hint("trends", 9),
    bind(
        &[char('w')],
        Action::Room,
        "how the room is: warnings, holds, vault, ledger",
        Places::PANES,
    )
    .named("room")
    .hint("room", 12),
    bind(
        &[char('L')],
        Action::Log,
        "what this screen said to you, and the room's own log",
        Places::PANES.with(Places::SHEETS),
    )
    .named("log")
    .hint("log", 6),
    bind(
        &[char('i')],
        Action::Doctor,
        "is everything in order: the checks of `sixfold doctor`, and this terminal; once more looks again",
        Places::PANES.with(Places::SHEETS),
    )
    .named("doctor")
    .hint("doctor", 6),
    bind(
        &[char('M')],
        Action::Mouse,
        "the mouse selects and scrolls, or is the terminal's again; it never decides",
        Places::PANES,
    )
    .named("mouse"),
    bind(
        &[char('T')],
        Action::SkipTour,
        "skip the guided first minute of the demo",
        Places::PANES,
    )
    .named("skip-tour")
    .unless(able::nobody_is_led),
    bind(
        &[char('t')],
        Action::Themes,
        "themes, tried on as you move through them",
        Places::PANES,
    )
    .named("themes")
    .hint("theme", 5),
];
