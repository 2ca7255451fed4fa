//! Where a key applies.

use crate::tui::model::{Pane, Place};

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
    pub const COVERAGE: Self = Self(1 << 10);
    pub const THEMES: Self = Self(1 << 11);
    pub const FIND: Self = Self(1 << 12);
    /// The list of exceptions.
    pub const EXCEPTIONS: Self = Self(1 << 13);

    /// That list and every other sheet that is only read.
    pub const SHEETS: Self = Self::SHEET.with(Self::EXCEPTIONS);
    pub const PANES: Self = Self(0b100_0001_1111);
    /// Panes that speak of one change.
    pub const CHANGES: Self = Self(0b1111);
    pub const ALL: Self = Self(0b11_1111_1111_1111);
    /// Where letters are commands and not text.
    pub const COMMANDS: Self = Self(0b10_1100_1111_1111);

    #[must_use]
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
            Place::Pane(Pane::Coverage) => Self::COVERAGE,
            Place::Entry => Self::ENTRY,
            Place::Sheet => Self::SHEET,
            Place::Exceptions => Self::EXCEPTIONS,
            Place::Themes => Self::THEMES,
            Place::Card => Self::CARD,
            Place::Note => Self::NOTE,
            Place::Filter => Self::FILTER,
            Place::Find => Self::FIND,
        }
    }

    /// Whether two sets have a place in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn has(self, place: Place) -> bool {
        self.0 & Self::of(place).0 != 0
    }

    /// In words, for help and README.
    pub fn words(self) -> String {
        // Sets with a name of their own come before their parts.
        const NAMES: [(Places, &str); 21] = [
            (Places::ALL, "everywhere"),
            (Places::COMMANDS, "unless typing"),
            (Places::PANES, "panes"),
            (Places::CHANGES, "panes 1-4"),
            (
                Places::ENTRY.with(Places::SHEETS).with(Places::THEMES),
                "sheets",
            ),
            (Places::ENTRY.with(Places::SHEETS), "sheets"),
            (Places::SHEETS, "sheets"),
            (Places::QUEUE, "queue"),
            (Places::TICKET, "ticket"),
            (Places::APPROVALS, "approvals"),
            (Places::DIFF, "diff"),
            (Places::LEDGER, "ledger"),
            (Places::COVERAGE, "coverage"),
            (Places::ENTRY, "entry"),
            (Places::SHEET, "sheets"),
            (Places::EXCEPTIONS, "exceptions"),
            (Places::THEMES, "themes"),
            (Places::CARD, "card"),
            (Places::NOTE, "note"),
            (Places::FILTER, "filter"),
            (Places::FIND, "palette"),
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
