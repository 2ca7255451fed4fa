//! Every key there is, in one table. What a key does, the hints in the footer, the help sheet and the
//! README's list all come from it, so none of them can be out of date.
//!
//! One letter may open something; none changes anything. The table has no key that tmux, screen or
//! flow control would take, and no dangerous action on a bare capital, which a torn arrow-key
//! sequence could spell.

mod able;
mod key;

use crossterm::event::{KeyCode, KeyEvent};

pub use key::Key;
use key::{char, control, key};

use super::model::{Model, Pane, Place};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Approve,
    Deny,
    Revert,
    Scan,
    Open,
    Back,
    Filter,
    Unknowns,
    Exceptions,
    Room,
    GoToChange,
    Help,
    Quit,
    /// Ctrl-C: the second one leaves from anywhere.
    Leave,
    Up,
    Down,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    Top,
    Bottom,
    /// The pane whose number was pressed.
    Pane,
    NextPane,
    PreviousPane,
    /// The next thing on a card that Enter could act on.
    NextStop,
    PreviousStop,
    Press,
    /// Keeps a typed filter.
    Keep,
}

/// A set of places, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places(u16);

impl Places {
    pub const QUEUE: Self = Self(1);
    pub const TICKET: Self = Self(1 << 1);
    pub const APPROVALS: Self = Self(1 << 2);
    pub const DIFF: Self = Self(1 << 3);
    pub const LEDGER: Self = Self(1 << 4);
    pub const ENTRY: Self = Self(1 << 5);
    pub const SHEET: Self = Self(1 << 6);
    pub const CARD: Self = Self(1 << 7);
    pub const NOTE: Self = Self(1 << 8);
    pub const FILTER: Self = Self(1 << 9);

    pub const PANES: Self = Self(0b1_1111);
    /// Panes that speak of one change.
    pub const CHANGES: Self = Self(0b1111);
    pub const ALL: Self = Self(0b11_1111_1111);
    /// Where letters are commands and not text.
    pub const COMMANDS: Self = Self(0b1111_1111);

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn of(place: Place) -> Self {
        match place {
            Place::Pane(Pane::Queue) => Self::QUEUE,
            Place::Pane(Pane::Ticket) => Self::TICKET,
            Place::Pane(Pane::Approvals) => Self::APPROVALS,
            Place::Pane(Pane::Diff) => Self::DIFF,
            Place::Pane(Pane::Ledger) => Self::LEDGER,
            Place::Entry => Self::ENTRY,
            Place::Sheet => Self::SHEET,
            Place::Card => Self::CARD,
            Place::Note => Self::NOTE,
            Place::Filter => Self::FILTER,
        }
    }

    pub const fn has(self, place: Place) -> bool {
        self.0 & Self::of(place).0 != 0
    }

    /// In words, for help and README.
    pub fn words(self) -> String {
        // Sets with a name of their own come before their parts.
        const NAMES: [(Places, &str); 15] = [
            (Places::ALL, "everywhere"),
            (Places::COMMANDS, "unless typing"),
            (Places::PANES, "panes"),
            (Places::CHANGES, "panes 1-4"),
            (Places::ENTRY.with(Places::SHEET), "sheets"),
            (Places::QUEUE, "queue"),
            (Places::TICKET, "ticket"),
            (Places::APPROVALS, "approvals"),
            (Places::DIFF, "diff"),
            (Places::LEDGER, "ledger"),
            (Places::ENTRY, "entry"),
            (Places::SHEET, "sheets"),
            (Places::CARD, "card"),
            (Places::NOTE, "note"),
            (Places::FILTER, "filter"),
        ];
        let mut rest = self.0;
        let mut words = Vec::new();
        for (places, name) in NAMES {
            if rest & places.0 == places.0 {
                rest &= !places.0;
                words.push(name);
            }
        }
        words.join(", ")
    }
}

/// One line of the table.
pub struct Binding {
    pub keys: &'static [Key],
    pub action: Action,
    /// In the footer; empty for what is not shown there.
    pub hint: &'static str,
    pub description: &'static str,
    pub places: Places,
    /// It leads to something that changes the world.
    pub danger: bool,
    /// Hints with less go first when the footer is too narrow; [`ALWAYS`] never goes.
    pub priority: u8,
    /// Why it can't be done now.
    pub disabled: fn(&Model) -> Option<String>,
}

/// The priority of hints that are never cut.
pub const ALWAYS: u8 = u8::MAX;

const fn bind(
    keys: &'static [Key],
    action: Action,
    description: &'static str,
    places: Places,
) -> Binding {
    Binding {
        keys,
        action,
        hint: "",
        description,
        places,
        danger: false,
        priority: 0,
        disabled: able::always,
    }
}

impl Binding {
    const fn hint(mut self, hint: &'static str, priority: u8) -> Self {
        self.hint = hint;
        self.priority = priority;
        self
    }

    const fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    const fn unless(mut self, disabled: fn(&Model) -> Option<String>) -> Self {
        self.disabled = disabled;
        self
    }

    /// All its keys, as help prints them.
    pub fn names(&self) -> String {
        let names: Vec<_> = self.keys.iter().map(|key| key.name()).collect();
        names.join(" ")
    }
}

const SCROLLED: Places = Places::PANES
    .with(Places::ENTRY)
    .with(Places::SHEET)
    .with(Places::CARD);
const CLOSED_BY_ESC: Places = Places::PANES.with(Places::ENTRY).with(Places::SHEET);
const LISTS: Places = Places::QUEUE.with(Places::LEDGER);
const DECIDED: Places = Places::APPROVALS.with(Places::TICKET);

/// The table, in the order in which help shows it.
pub const TABLE: &[Binding] = &[
    bind(
        &[char('a')],
        Action::Approve,
        "open the approval card of the selected change",
        Places::CHANGES,
    )
    .hint("approve", 90)
    .danger()
    .unless(able::undecidable),
    bind(
        &[char('d')],
        Action::Deny,
        "open the form that denies it, with a reason",
        Places::CHANGES.with(Places::CARD),
    )
    .hint("deny", 80)
    .danger()
    .unless(able::undeniable),
    bind(
        &[char('r')],
        Action::Revert,
        "open the card that puts the state before back",
        Places::CHANGES,
    )
    .hint("revert", 70)
    .danger()
    .unless(able::unrevertible),
    bind(
        &[key(KeyCode::Enter), key(KeyCode::Right), char('l')],
        Action::Open,
        "look at what is selected",
        LISTS,
    )
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
        "filter by part of a column; the ledger by kind, change id, by:name",
        LISTS,
    )
    .hint("filter", 40),
    bind(
        &[char('c')],
        Action::GoToChange,
        "go to the change of this entry",
        Places::LEDGER.with(Places::ENTRY),
    )
    .hint("change", 55)
    .unless(able::no_change),
    bind(
        &[char('s')],
        Action::Scan,
        "start the next scan now",
        Places::PANES,
    )
    .hint("scan", 20)
    .unless(able::unscannable),
    bind(
        &[char('u')],
        Action::Unknowns,
        "buckets that could not be judged, and why",
        Places::PANES,
    )
    .hint("unknown", 15),
    bind(
        &[char('x')],
        Action::Exceptions,
        "rules that are not applied to a bucket for a while",
        Places::PANES,
    )
    .hint("exceptions", 10),
    bind(
        &[char('w')],
        Action::Room,
        "how the room is: warnings, holds, vault, ledger",
        Places::PANES,
    )
    .hint("room", 12),
    bind(&[key(KeyCode::Up), char('k')], Action::Up, "up", SCROLLED),
    bind(
        &[key(KeyCode::Down), char('j')],
        Action::Down,
        "down",
        SCROLLED,
    ),
    bind(&[control('u')], Action::HalfUp, "half a page up", SCROLLED),
    bind(
        &[control('d')],
        Action::HalfDown,
        "half a page down",
        SCROLLED,
    ),
    bind(
        &[key(KeyCode::PageUp)],
        Action::PageUp,
        "a page up",
        SCROLLED,
    ),
    bind(
        &[key(KeyCode::PageDown)],
        Action::PageDown,
        "a page down",
        SCROLLED,
    ),
    bind(
        &[char('g'), key(KeyCode::Home)],
        Action::Top,
        "to the top; in the ledger, to the newest entry",
        SCROLLED,
    ),
    bind(
        &[char('G'), key(KeyCode::End)],
        Action::Bottom,
        "to the bottom",
        SCROLLED,
    ),
    bind(
        &[char('1'), char('2'), char('3'), char('4'), char('5')],
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
    .hint("pane", 30),
    bind(
        &[key(KeyCode::BackTab)],
        Action::PreviousPane,
        "the pane before",
        Places::PANES,
    ),
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
    .hint("keep", 90),
    bind(
        &[key(KeyCode::Esc), key(KeyCode::Left), char('h')],
        Action::Back,
        "back; clears a filter; never quits",
        CLOSED_BY_ESC,
    )
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
    bind(&[char('?')], Action::Help, "all keys", Places::COMMANDS).hint("help", ALWAYS),
    bind(
        &[char('q')],
        Action::Quit,
        "quit; asks when a change is in the middle of a step",
        Places::COMMANDS,
    )
    .hint("quit", ALWAYS),
    bind(
        &[control('c')],
        Action::Leave,
        "twice: leave, wherever you are",
        Places::ALL,
    ),
];

/// What a key is bound to in a place.
pub fn lookup(place: Place, event: KeyEvent) -> Option<&'static Binding> {
    TABLE.iter().find(|binding| {
        binding.places.has(place) && binding.keys.iter().any(|key| key.matches(event))
    })
}

/// What can be done now, for the footer, in the table's order.
pub fn hints(model: &Model) -> impl Iterator<Item = &'static Binding> {
    let place = model.place();
    TABLE.iter().filter(move |binding| {
        !binding.hint.is_empty() && binding.places.has(place) && (binding.disabled)(model).is_none()
    })
}

/// The table for the README.
pub fn markdown() -> String {
    let mut text = String::from("| Keys | What they do | Where |\n|---|---|---|\n");
    for binding in TABLE {
        let keys: Vec<_> = binding
            .keys
            .iter()
            .map(|key| format!("`{}`", key.name()))
            .collect();
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            keys.join(" "),
            binding.description,
            binding.places.words()
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_one_place() {
        let mut seen: Vec<(Key, Places, &str)> = Vec::new();
        for binding in TABLE {
            for key in binding.keys {
                for (other, places, description) in &seen {
                    let apart = binding.places.0 & places.0 == 0;
                    assert!(
                        other != key || apart,
                        "{} is `{description}` and `{}`",
                        key.name(),
                        binding.description
                    );
                }
                seen.push((*key, binding.places, binding.description));
            }
        }
    }

    #[test]
    fn nothing_dangerous_sits_on_a_capital_or_a_key_that_others_take() {
        let taken = ['b', 'a', 'k', 's', 'q', 'h', 'i', 'm', 'j'].map(control);
        for binding in TABLE {
            for key in binding.keys {
                assert!(!taken.contains(key), "{}", key.name());
                let capital = key.name().chars().all(|c| c.is_ascii_uppercase());
                assert!(!(binding.danger && capital), "{}", key.name());
            }
        }
    }

    #[test]
    fn help_and_quit_are_hinted_wherever_letters_are_commands() {
        for action in [Action::Help, Action::Quit] {
            let binding = TABLE.iter().find(|binding| binding.action == action);
            assert!(binding.is_some_and(|binding| {
                binding.places == Places::COMMANDS && binding.priority == ALWAYS
            }));
        }
    }

    #[test]
    fn the_readme_gets_every_binding() {
        let text = markdown();
        assert_eq!(text.lines().count(), TABLE.len() + 2);
        assert!(
            text.contains("| `a` | open the approval card of the selected change | panes 1-4 |")
        );
        assert!(text.contains("| `Ctrl-c` | twice: leave, wherever you are | everywhere |"));
    }
}
