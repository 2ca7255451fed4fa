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

    /// From a config: `x`, `ctrl-x`, `f2`, `shift-tab`, `PgUp`, and as [`name`](Self::name) prints it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut signs = text.chars();
        if let (Some(c), None) = (signs.next(), signs.next()) {
            return (!c.is_control() && c != ' ').then(|| char(c));
        }
        let lower = text.to_lowercase();
        if let Some(rest) = lower.strip_prefix("ctrl-") {
            let mut signs = rest.chars();
            return match (signs.next(), signs.next()) {
                (Some(c), None) if c.is_ascii_graphic() => Some(control(c)),
                _ => None,
            };
        }
        let code = match lower.as_str() {
            "enter" => KeyCode::Enter,
            "tab" => KeyCode::Tab,
            "shift-tab" | "backtab" => KeyCode::BackTab,
            "esc" => KeyCode::Esc,
            "space" => KeyCode::Char(' '),
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "pgup" => KeyCode::PageUp,
            "pgdn" => KeyCode::PageDown,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            other => {
                let number: u8 = other.strip_prefix('f')?.parse().ok()?;
                return (1..=12).contains(&number).then(|| key(KeyCode::F(number)));
            }
        };
        Some(key(code))
    }

    /// The key as which terminals send this one.
    pub fn same_as(self) -> Option<&'static str> {
        match self.code {
            KeyCode::Char(c) if self.control => match c {
                'h' => Some("Backspace"),
                'i' => Some("Tab"),
                'j' | 'm' => Some("Enter"),
                '[' => Some("Esc"),
                _ => None,
            },
            _ => None,
        }
    }

    /// The last byte of some arrow or function key: what is left of it when its sequence is torn.
    pub fn in_arrows(self) -> bool {
        matches!(self.code, KeyCode::Char('A'..='D' | 'F' | 'H' | 'P'..='S')) && !self.control
    }

    /// A sign, a letter with control, or a function key: nothing that moves or presses.
    pub fn is_plain(self) -> bool {
        match self.code {
            KeyCode::Char(' ') => self.control,
            KeyCode::Char(_) | KeyCode::F(_) => true,
            _ => false,
        }
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
