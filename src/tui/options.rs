//! What a screen is opened with.

use super::{
    Habits,
    keymap::Keymap,
    theme::{Shelf, Theme},
    tty::Tty,
};

/// How a screen is to look, and who sits before it.
#[derive(Clone, Debug)]
pub struct Options {
    pub theme: Theme,
    /// What the person may choose from while the screen is open.
    pub shelf: Shelf,
    /// Shown until the room says who it took the person for.
    pub person: String,
    /// See [`terminal_of_environment`](super::terminal_of_environment).
    pub tty: Tty,
    /// Borders, marks and bars from ASCII, whatever the theme says.
    pub ascii: bool,
    /// The person's keys.
    pub keys: Keymap,
    /// As they left it.
    pub habits: Habits,
    /// Lead them through their first minute.
    pub tour: bool,
}

impl Options {
    pub fn new(theme: Theme, person: impl Into<String>) -> Self {
        Self {
            theme,
            shelf: Shelf::built_in(),
            person: person.into(),
            tty: Tty::default(),
            ascii: false,
            keys: Keymap::default(),
            habits: Habits::default(),
            tour: false,
        }
    }
}
