//! 02, where one person is not enough: what an approval takes, and those who agreed before the last one did.

use serde::{Deserialize, Serialize};

use crate::domain::{Actor, Stamp, Via, time};

/// What an approval takes beside the right to decide. It is part of the request, so that a config that
/// changes later changes no question that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Different people who must agree, at least one.
    pub people: u8,
    /// Whether the owner's own team may be among them.
    pub owner: bool,
}

impl Default for Consent {
    fn default() -> Self {
        Self {
            people: 1,
            owner: true,
        }
    }
}

impl Consent {
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The stricter of two in each respect.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            people: self.people.max(other.people),
            owner: self.owner && other.owner,
        }
    }

    /// `2 people, none of them of the owner's team`; none where it is the usual one.
    pub fn words(&self) -> Option<String> {
        let people = (self.people > 1).then(|| format!("{} different people", self.people));
        let others = "nobody of the owner's team";
        match (people, self.owner) {
            (None, true) => None,
            (None, false) => Some(others.to_owned()),
            (Some(people), true) => Some(people),
            (Some(people), false) => Some(format!("{people}, {others}")),
        }
    }
}

/// Somebody agreed, and others must as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub by: Actor,
    pub via: Via,
    #[serde(with = "time::millis")]
    pub at: Stamp,
}

impl Agreed {
    /// Those before, and the one who decided.
    pub(super) fn and(before: &[Self], by: &Actor, via: Via, at: Stamp) -> Vec<Self> {
        let by = by.clone();
        let mut all = before.to_vec();
        all.push(Self { by, via, at });
        all
    }

    /// `nina.ramirez (tap, 03:14:02 UTC)`
    pub fn text(&self) -> String {
        format!("{} ({}, {})", self.by, self.via, time::clock(self.at))
    }
}
