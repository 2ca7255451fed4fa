//! A key as the table names it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    control: bool,
}

/// A letter or sign.
pub const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

/// A letter with the control key.
pub const fn control(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        control: true,
    }
}

pub const fn key(code: KeyCode) -> Key {
    Key {
        code,
        control: false,
    }
}

impl Key {
    /// Shift is part of what a terminal sends for a letter; Alt is an Esc before a key, so a key
    /// with Alt is none of ours.
    pub fn matches(self, event: KeyEvent) -> bool {
        self.code == event.code
            && self.control == event.modifiers.contains(KeyModifiers::CONTROL)
            && !event.modifiers.contains(KeyModifiers::ALT)
    }

    /// As hints and help print it.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            code => code.to_string(),
        };
        if self.control {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }
}
