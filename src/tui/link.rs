//! Addresses behind what is shown, for terminals that take links (OSC 8).
//!
//! A cell has no place for an address, and what compares two frames compares cells. So a piece of text
//! carries its link's number as the colour of its underline, which no theme can set: a cell that gains,
//! loses or changes its link is another cell and is sent again, and no width is touched. Where the frame
//! is written ([`Screen`](super::Screen)) the number is taken out and the address put around the cells.
//!
//! The sequence, its limits and what `id` is for:
//! <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use ratatui::{buffer::Cell, style::Color};

/// Longest address, in bytes. Terminals take 2,083.
const LONGEST: usize = 2_000;

/// Addresses that one process gives numbers to; what comes later is plain text.
const MOST: usize = 65_536;

/// Ends a link.
pub const END: &str = "\u{1b}]8;;\u{1b}\\";

/// An address by its number, which stays the same while the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(u32);

#[derive(Default)]
struct Known {
    addresses: Vec<String>,
    numbers: HashMap<String, u32>,
}

/// Numbers say nothing about a screen, so all screens of a process share them.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

impl Link {
    /// A link to a web address; none for what is no such address, or has a sign in it that could end
    /// the sequence.
    pub fn to(address: &str) -> Option<Self> {
        let rest = address
            .strip_prefix("https://")
            .or_else(|| address.strip_prefix("http://"))?;
        let plain = address.bytes().all(|byte| byte.is_ascii_graphic());
        if rest.is_empty() || !plain || address.len() > LONGEST {
            return None;
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(address) {
            return Some(Self(*number));
        }
        if known.addresses.len() == MOST {
            return None;
        }
        known.addresses.push(address.to_owned());
        let number = u32::try_from(known.addresses.len()).ok()?;
        known.numbers.insert(address.to_owned(), number);
        Some(Self(number))
    }

    /// As a cell carries it.
    pub const fn mark(self) -> Color {
        Color::from_u32(self.0)
    }

    /// The link that a cell carries.
    pub fn of(cell: &Cell) -> Option<Self> {
        match cell.underline_color {
            Color::Rgb(high, middle, low) => Some(Self(u32::from_be_bytes([0, high, middle, low]))),
            _ => None,
        }
    }

    /// Begins the link; [`END`] ends it. Its parts on several lines are one link by their id.
    pub fn start(self) -> Option<String> {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(self.0).ok()?.checked_sub(1)?;
        let address = known.addresses.get(at)?;
        Some(format!("\u{1b}]8;id=sixfold-{};{address}\u{1b}\\", self.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_a_web_address_becomes_a_link_and_nothing_in_it_can_end_the_sequence() {
        for address in [
            "",
            "https://",
            "s3://acme-logs",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "HTTPS://example.com",
            "https://example.com/a b",
            "https://example.com/\u{1b}\\evil",
            "https://example.com/\u{7}",
            "https://example.com/\u{9c}",
            "https://exämple.com",
        ] {
            assert_eq!(Link::to(address), None, "{address:?}");
        }
        let long = format!("https://example.com/{}", "x".repeat(LONGEST));
        assert_eq!(Link::to(&long), None);
        assert!(Link::to("https://example.com/?a=1&b=%20;c").is_some());
    }

    #[test]
    fn a_link_survives_the_way_through_a_cell() {
        let one = Link::to("https://example.com/one").unwrap();
        let other = Link::to("http://example.com/other").unwrap();
        assert_ne!(one, other);
        assert_eq!(Link::to("https://example.com/one"), Some(one));
        let mut cell = Cell::default();
        assert_eq!(Link::of(&cell), None);
        cell.underline_color = other.mark();
        assert_eq!(Link::of(&cell), Some(other));
        let start = other.start().unwrap();
        assert!(
            start.ends_with(";http://example.com/other\u{1b}\\"),
            "{start:?}"
        );
    }
}
