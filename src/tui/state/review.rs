//! What waits, looked through card by card. Each change still gets a decision of its own, with all that
//! its card asks for; this only knows which comes next.

use crate::domain::ChangeId;

/// The changes that waited when it began, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    order: Vec<ChangeId>,
    at: usize,
}

impl Review {
    /// From one of them on; none where that one is not among them.
    pub fn begin(order: Vec<ChangeId>, from: ChangeId) -> Option<Self> {
        let at = order.iter().position(|id| *id == from)?;
        Some(Self { order, at })
    }

    pub fn current(&self) -> Option<ChangeId> {
        self.order.get(self.at).copied()
    }

    /// `2 of 5`.
    pub fn place(&self) -> String {
        format!("{} of {}", self.at + 1, self.order.len())
    }

    /// Goes to the next that still waits, or back; false where there is none.
    pub fn turn(&mut self, by: isize, waits: impl Fn(ChangeId) -> bool) -> bool {
        let mut at = self.at;
        while let Some(next) = at
            .checked_add_signed(by)
            .filter(|next| *next < self.order.len())
        {
            at = next;
            if waits(self.order[at]) {
                self.at = at;
                return true;
            }
        }
        false
    }
}
