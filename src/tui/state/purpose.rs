//! What a card is for, what it is about, and what on it Enter would act on.

use super::{Asking, Exempt, Stop};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Approve,
    Deny,
    Revert,
    /// Says that what was to be done by hand is done.
    Done,
    /// Lets a held rule act on its bucket again.
    Release,
    /// Lets the room fix again.
    Resume,
    /// Asks for an exception; outside production it makes one.
    Ask,
    /// Approves an exception that somebody else asked for.
    Grant,
    /// Denies an exception that was asked for.
    Refuse,
    /// Ends an exception before its time is over.
    End,
}

/// What lies before the person, beside the change from which the card was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The change itself.
    Change,
    /// What it lets go on.
    Stop(Stop),
    /// An exception that is to be, from the change's rule on its bucket.
    Asking(Asking),
    /// An exception that is there or waits, as shown.
    Exempt(Exempt),
}

/// What Enter would act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Closes the card and does nothing else.
    NotNow,
    /// Does what the card is for.
    Act,
    /// From an approval to the denial of the same thing.
    Deny,
    /// Where the code of what can't be undone is typed.
    Code,
    /// The reasons.
    Codes,
    /// Who answers for an exception.
    Owner,
    /// How long it lasts.
    Lasts,
    Note,
}

impl Focus {
    /// Letters are text there.
    pub const fn is_field(self) -> bool {
        matches!(self, Self::Code | Self::Owner | Self::Lasts | Self::Note)
    }
}

impl Purpose {
    /// Where the focus starts and goes back to: never on a button that does something.
    pub(super) const fn rest(self) -> Focus {
        match self {
            Self::Deny | Self::Revert | Self::Ask => Focus::Codes,
            Self::Approve
            | Self::Done
            | Self::Release
            | Self::Resume
            | Self::Grant
            | Self::Refuse
            | Self::End => Focus::NotNow,
        }
    }

    /// It takes one of the reasons.
    pub const fn takes_reason(self) -> bool {
        matches!(self, Self::Deny | Self::Revert | Self::Ask)
    }

    /// It takes a sentence for the record.
    pub const fn takes_note(self) -> bool {
        self.takes_reason() || matches!(self, Self::Grant | Self::Refuse | Self::End)
    }
}
