//! Who is known, and by which role. What a role may do is one table, [`Role::may`]; the gate asks it
//! here, nobody else decides.

use super::{Secret, SshKey};
use crate::domain::{Actor, Right, Role};

/// A person of the config.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: Actor,
    /// The Unix account by which they come; their name where it isn't given.
    pub user: Option<String>,
    pub role: Role,
    /// Teams they belong to, by the names that `asked` and owners go by.
    pub groups: Vec<String>,
    /// The ntfy topic that their phone, and nobody else's, subscribes to.
    pub topic: Option<Secret>,
    /// The environment variable that holds it instead.
    pub topic_env: Option<String>,
    /// By which OpenSSH knows them, where they come through the room's own account.
    pub keys: Vec<SshKey>,
}

impl Person {
    pub const fn has_topic(&self) -> bool {
        self.topic.is_some() || self.topic_env.is_some()
    }

    /// Whether a name means them, or a group of theirs. Tags spell names as they like, so case is ignored.
    pub fn answers_to(&self, name: &str) -> bool {
        let own = [self.name.name()].into_iter();
        let mut names = own.chain(self.groups.iter().map(String::as_str));
        names.any(|own| own.eq_ignore_ascii_case(name))
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

    /// Nobody is listed.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.0.iter()
    }

    /// Whether a person is listed.
    pub fn knows(&self, actor: &Actor) -> bool {
        self.0.iter().any(|person| person.name == *actor)
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

    /// Those whom names ask: a person by their own, everybody of a group by its. Each once, in the
    /// config's order.
    pub fn asked<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a Person> {
        let asked = move |person: &&Person| names.iter().any(|name| person.answers_to(name));
        self.0.iter().filter(asked)
    }

    pub fn may(&self, actor: &Actor, right: Right) -> bool {
        if !matches!(actor, Actor::Person(_)) {
            return false;
        }
        self.0.is_empty() || self.role(actor).is_some_and(|role| role.may(right))
    }

    /// The role of a person; none for strangers, and where nobody is listed.
    pub fn role(&self, actor: &Actor) -> Option<Role> {
        let known = self.0.iter().find(|person| person.name == *actor);
        known.map(|person| person.role)
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
            groups: Vec::new(),
            topic: None,
            topic_env: None,
            keys: Vec::new(),
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
        for right in Right::ALL {
            assert!(!people.may(&named("otto"), right));
        }
        assert!(people.by_user("mallory").is_none());
        assert!(!people.may(&Actor::Room, Right::Decide));
        assert!(!people.may(&Actor::person("mallory").unwrap(), Right::Decide));
    }

    #[test]
    fn a_group_asks_each_of_its_people_once() {
        let mut nina = person("nina", Role::Approver);
        nina.groups = vec!["on-call".to_owned(), "platform".to_owned()];
        let people = People::new(vec![person("otto", Role::Lead), nina]);
        let asked = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            let asked = people.asked(&names).map(|person| person.name.to_string());
            asked.collect::<Vec<_>>()
        };
        assert_eq!(asked(&["on-call", "platform"]), ["nina"]);
        assert_eq!(asked(&["on-call", "otto"]), ["otto", "nina"]);
        assert_eq!(asked(&["Platform", "OTTO"]), ["otto", "nina"]);
        assert!(asked(&["nobody"]).is_empty());
    }
}
