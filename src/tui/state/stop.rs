//! What stands still in the room until a person lets it go on: a rule held on a bucket, or all fixing.

use super::Purpose;
use crate::room::protocol::{Hold, Status};

/// What stands still until a person lets it go on, as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    Hold(Hold),
    /// Why the room fixes nothing.
    Breaker(String),
}

impl Stop {
    pub(super) const fn purpose(&self) -> Purpose {
        match self {
            Self::Hold(_) => Purpose::Release,
            Self::Breaker(_) => Purpose::Resume,
        }
    }

    /// The same stop as the room has it now; none once it is over.
    pub(super) fn in_room(&self, status: &Status) -> Option<Self> {
        match self {
            Self::Hold(hold) => status
                .holds
                .iter()
                .find(|now| now.rule == hold.rule && now.asset == hold.asset)
                .cloned()
                .map(Self::Hold),
            Self::Breaker(_) => status.breaker.clone().map(Self::Breaker),
        }
    }

    /// What is said once it is over.
    pub(super) fn over(&self) -> String {
        match self {
            Self::Hold(hold) => format!("{} is no longer held on {}", hold.rule, hold.asset),
            Self::Breaker(_) => "fixing is not stopped any more".to_owned(),
        }
    }
}
