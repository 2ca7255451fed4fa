//! Who did something, and by which way.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who stands behind an entry. A decision always has a [`Actor::Person`] or the policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A named person, such as `nina.ramirez`.
    Person(String),
    /// The standing rule that nothing outside production waits for a person.
    Policy,
    /// The room itself: scanner, chain, rebuilds.
    Room,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a person's name: 1 to 64 letters, digits, dots, dashes, underscores or @ are wanted, and not `room` or `policy`"
)]
pub struct NotAName(String);

impl Actor {
    /// A person by name; the name stands in ledger and exports, so its alphabet is small.
    pub fn person(name: &str) -> Result<Self, NotAName> {
        let fits = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte))
            && !matches!(name, "room" | "policy");
        if fits {
            Ok(Self::Person(name.to_owned()))
        } else {
            Err(NotAName(name.to_owned()))
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) => name,
            Self::Policy => "policy",
            Self::Room => "room",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Actor {
    type Error = NotAName;
    fn try_from(name: String) -> Result<Self, NotAName> {
        match name.as_str() {
            "room" => Ok(Self::Room),
            "policy" => Ok(Self::Policy),
            _ => Self::person(&name),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.name().to_owned()
    }
}

/// The way by which an entry came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// One tap on the phone.
    Tap,
    Tui,
    Cli,
    /// No person was needed.
    Policy,
    /// The room's own doing.
    Room,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tap => "tap",
            Self::Tui => "tui",
            Self::Cli => "cli",
            Self::Policy => "policy",
            Self::Room => "room",
        })
    }
}
