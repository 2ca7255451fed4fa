//! Every key there is, in one table. What a key does, the hints in the footer, the help, the palette
//! and the README's list all come from it, so none of them can be out of date. A person's own keys
//! ([`Keymap`]) stand in place of the table's everywhere but in the README.
//!
//! One letter may open something; none changes anything. The table has no key that tmux, screen or
//! flow control would take, and no dangerous action on a bare capital, which a torn arrow-key
//! sequence could spell.

mod able;
mod exempt;
mod key;
mod own;
mod places;
mod table;
mod ways;

pub use able::{barred, not_from_help};
pub use key::Key;
pub use own::{KeyError, KeyFault, Keymap};
pub use places::Places;

use super::model::Model;
use table::ACTIONS;
use ways::WAYS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Approve,
    Deny,
    Revert,
    /// What was to be done by hand is done.
    Done,
    Release,
    Resume,
    /// Asks for an exception from the selected change's rule on its bucket.
    AskException,
    EndException,
    Scan,
    Open,
    /// The diff over the whole body, and back.
    Enlarge,
    /// The parts of a diff or its exact text.
    DiffForm,
    Back,
    Filter,
    /// The next order of the queue.
    Order,
    /// The next kind of headings in the queue.
    Group,
    Unknowns,
    Exceptions,
    /// What the pane shows, for the clipboard.
    Copy,
    Freeze,
    /// Ctrl-Z, which would stop the room too.
    Suspend,
    Calls,
    /// How things went lately; once more looks further back.
    Trends,
    Room,
    /// What was said; once more asks again.
    Log,
    /// Whether everything is in order; once more looks again.
    Doctor,
    /// The list of themes.
    Themes,
    KeepTheme,
    /// Ends the guided first minute.
    SkipTour,
    /// The next and the previous card of what waits.
    NextCard,
    PreviousCard,
    /// The mouse selects and scrolls, or is left to the terminal.
    Mouse,
    GoToChange,
    Help,
    /// All actions by name.
    Palette,
    /// What the selected line of the help says.
    Run,
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

/// One line of the table.
#[derive(Clone, Copy)]
pub struct Binding {
    /// By which the config and the palette know it; empty where its keys are fixed.
    pub name: &'static str,
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

/// The table, in the order in which help shows it.
pub static TABLE: &[Binding] = &joined::<{ ACTIONS.len() + WAYS.len() }>(ACTIONS, WAYS);

const fn joined<const COUNT: usize>(one: &[Binding], other: &[Binding]) -> [Binding; COUNT] {
    let mut all = [one[0]; COUNT];
    let mut at = 1;
    while at < COUNT {
        all[at] = if at < one.len() {
            one[at]
        } else {
            other[at - one.len()]
        };
        at += 1;
    }
    all
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
        name: "",
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
    const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

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
    let row = |binding: &Binding| {
        let keys: Vec<_> = binding
            .keys
            .iter()
            .map(|key| format!("`{}`", key.name()))
            .collect();
        format!(
            "| {} | {} | {} |\n",
            keys.join(" "),
            binding.description,
            binding.places.words()
        )
    };
    let head = "| Keys | What they do | Where |\n|---|---|---|\n";
    head.to_owned() + &TABLE.iter().map(row).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::{key::control, *};

    #[test]
    fn no_key_has_two_meanings_in_one_place() {
        let mut seen: Vec<(Key, Places, &str)> = Vec::new();
        for binding in TABLE {
            for key in binding.keys {
                for (other, places, description) in &seen {
                    let apart = !binding.places.meets(*places);
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
            text.contains("| `a` | open the approval card of the selected change or exception | panes 1-4, exceptions |")
        );
        assert!(text.contains("| `Ctrl-c` | twice: leave, wherever you are | everywhere |"));
    }
}
