//! Who may do what. One table of rights; the gate asks it, nobody else decides.

use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::Actor;

/// A person of the config.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    #[serde(deserialize_with = "name")]
    pub name: Actor,
    /// The Unix account by which they come; their name where it isn't given.
    pub user: Option<String>,
    #[serde(default)]
    pub role: Role,
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Actor, D::Error> {
    Actor::person(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    Approver,
    Lead,
    Auditor,
    Operator,
}

/// What somebody may do beside looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Approve and deny.
    Decide,
    /// Put a state before back.
    Revert,
    /// Release a held rule, reset the breaker, start a scan.
    Operate,
}

impl Right {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Decide => "decide on approvals",
            Self::Revert => "revert changes",
            Self::Operate => "operate the room",
        }
    }
}

impl Role {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approver => "approver",
            Self::Lead => "lead",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    pub const fn may(self, right: Right) -> bool {
        match (self, right) {
            (Self::Approver, _)
            | (Self::Lead, Right::Revert)
            | (Self::Operator, Right::Revert | Right::Operate) => true,
            (Self::Lead | Self::Operator | Self::Auditor, _) => false,
        }
    }
}

/// Everybody who is known. Where nobody is listed, whoever can start the room is its approver: the
/// state directory's file permissions are then the only door.
#[derive(Clone, Debug, Default)]
pub struct People(Vec<Person>);

impl People {
    pub const fn new(people: Vec<Person>) -> Self {
        Self(people)
    }

    /// The person behind a Unix account; none for strangers.
    pub fn by_user(&self, user: &str) -> Option<Actor> {
        if self.0.is_empty() {
            return Actor::person(user).ok();
        }
        let known = self
            .0
            .iter()
            .find(|person| person.user.as_deref().unwrap_or(person.name.name()) == user);
        known.map(|person| person.name.clone())
    }

    pub fn may(&self, actor: &Actor, right: Right) -> bool {
        if !matches!(actor, Actor::Person(_)) {
            return false;
        }
        self.0.is_empty()
            || self
                .0
                .iter()
                .any(|person| person.name == *actor && person.role.may(right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, role: Role) -> Person {
        Person {
            name: Actor::person(name).unwrap(),
            user: None,
            role,
        }
    }

    #[test]
    fn an_auditor_only_looks_and_a_stranger_is_nobody() {
        let people = People::new(vec![
            person("nina", Role::Approver),
            person("otto", Role::Auditor),
        ]);
        let named = |name| people.by_user(name).unwrap();
        assert!(people.may(&named("nina"), Right::Decide));
        for right in [Right::Decide, Right::Revert, Right::Operate] {
            assert!(!people.may(&named("otto"), right));
        }
        assert!(people.by_user("mallory").is_none());
        assert!(!people.may(&Actor::Room, Right::Decide));
        assert!(!people.may(&Actor::person("mallory").unwrap(), Right::Decide));
    }
}
