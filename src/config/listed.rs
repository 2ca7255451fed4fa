//! `[[people]]` as typed, and who is meant by a name: one table a person, since two of them would be two
//! people wherever several must agree, and no name that asks nobody.

use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Approval, Config, ConfigFault, People, Person, Secret, SshKey, channels::Place, fault::line_at,
    phone::some_topic,
};
use crate::domain::{Actor, NotAName, Role, nearest};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    name: Spanned<Name>,
    user: Option<Spanned<String>>,
    #[serde(default)]
    role: Role,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default, deserialize_with = "some_topic")]
    topic: Option<Secret>,
    topic_env: Option<String>,
    #[serde(default)]
    keys: Vec<Spanned<SshKey>>,
}

/// Neither `room` nor `policy`, which are actors too.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Name(Actor);

impl TryFrom<String> for Name {
    type Error = NotAName;

    fn try_from(name: String) -> Result<Self, NotAName> {
        Actor::person(&name).map(Self)
    }
}

/// By what a person is told from others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Mark {
    Name,
    User,
    Key,
}

impl Table {
    fn person(&self) -> &Actor {
        &self.name.get_ref().0
    }

    /// Each mark with its value, its place in the text and the key that stands there.
    fn marks(&self) -> impl Iterator<Item = (Mark, String, usize, &'static str)> {
        let (name, at) = (self.person().name(), self.name.span().start);
        let user = match &self.user {
            Some(user) => (
                Mark::User,
                user.get_ref().clone(),
                user.span().start,
                "people.user",
            ),
            None => (Mark::User, name.to_owned(), at, "people.name"),
        };
        // Names are told apart ignoring case, as owners and groups are.
        let called = (Mark::Name, name.to_lowercase(), at, "people.name");
        let keys = self.keys.iter().map(|key| {
            let (key, at) = (key.get_ref().to_string(), key.span().start);
            (Mark::Key, key, at, "people.keys")
        });
        [called, user].into_iter().chain(keys)
    }

    fn resolve(self) -> Person {
        Person {
            name: self.name.into_inner().0,
            user: self.user.map(Spanned::into_inner),
            role: self.role,
            groups: self.groups,
            topic: self.topic,
            topic_env: self.topic_env,
            keys: self.keys.into_iter().map(Spanned::into_inner).collect(),
        }
    }
}

/// Everybody who is listed, each once.
pub fn people(tables: Vec<Table>, place: Place<'_>) -> Result<People, ConfigFault> {
    let mut seen = HashMap::new();
    for (number, table) in tables.iter().enumerate() {
        for (mark, value, at, key) in table.marks() {
            let there = seen.entry((mark, value.clone())).or_insert((number, at));
            let (other, before) = *there;
            if other == number {
                continue;
            }
            let whose = tables.get(other).map_or("", |table| table.person().name());
            let line = line_at(place.text, before);
            let (what, own) = match mark {
                Mark::Name => (format!("{whose} is there already"), "a name"),
                Mark::User => (
                    format!("`{value}` is the account of {whose} already"),
                    "an account",
                ),
                Mark::Key => (format!("this is the key of {whose} already"), "a key"),
            };
            let message = format!(
                "{what}, on line {line}, and one person must not count as two: put both tables into one, or give each {own} of their own"
            );
            return Err(ConfigFault::at(place.path, place.text, at, key, message));
        }
    }
    Ok(People::new(
        tables.into_iter().map(Table::resolve).collect(),
    ))
}

/// Refuses a name that somebody typed under `[approval]` and that would ask nobody, round after round.
/// Where nobody is listed, names are words for a channel's readers.
pub fn known<'a>(
    names: impl Iterator<Item = &'a Spanned<String>>,
    key: &str,
    people: &People,
    place: Place<'_>,
) -> Result<(), ConfigFault> {
    for name in names {
        let (at, name) = (name.span().start, name.get_ref());
        if people.is_empty() || people.iter().any(|person| person.answers_to(name)) {
            continue;
        }
        let known = people.iter().flat_map(|person| {
            let groups = person.groups.iter().map(String::as_str);
            groups.chain([person.name.name()])
        });
        let meant = match nearest(name, known) {
            Some(meant) => format!("is `{meant}` meant?"),
            None => "put it among the `groups` of whoever is meant".to_owned(),
        };
        let message = format!(
            "`{name}` is neither a person nor a group under [[people]], so it asks nobody: {meant}"
        );
        return Err(ConfigFault::at(place.path, place.text, at, key, message));
    }
    Ok(())
}

impl Config {
    /// That no phone of those who are asked rings, where there are phones. A slip in somebody's groups may be
    /// why, or that the name which is asked where nothing is said is nobody's.
    pub fn unheard(&self) -> Option<String> {
        let Approval {
            asked, escalation, ..
        } = &self.approval;
        let names: Vec<String> = if escalation.is_empty() {
            asked.clone()
        } else {
            escalation.concat()
        };
        let heard = self.people.asked(&names).any(Person::has_topic);
        let phones = self.phone.is_some() && self.people.iter().any(Person::has_topic);
        (phones && !heard).then(|| {
            format!(
                "nobody whom [approval] asks ({}) has a phone, so none rings but those of a bucket's owner: look at `asked` and at the `groups` of people",
                names.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;

    const NINA: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILRA5z95A1UYNRIK78J8cwxUPEI9tOWq7Smgv2ss2VAL";

    fn told(text: &str) -> String {
        let parsed = Config::parse(text, Path::new("sixfold.toml"));
        parsed
            .err()
            .map_or_else(String::new, |fault| fault.to_string())
    }

    #[test]
    fn nobody_is_two_people_by_name_account_or_key() {
        for (text, wanted) in [
            (
                "[[people]]\nname = \"nina\"\n[[people]]\nname = \"Nina\"\n".to_owned(),
                "sixfold.toml:4: people.name: nina is there already, on line 2, and one person must not count as two: put",
            ),
            (
                "[[people]]\nname = \"nina\"\n[[people]]\nname = \"n.ramirez\"\nuser = \"nina\"\n"
                    .to_owned(),
                "sixfold.toml:5: people.user: `nina` is the account of nina already, on line 2,",
            ),
            (
                "[[people]]\nname = \"n.ramirez\"\nuser = \"nina\"\n[[people]]\nname = \"nina\"\n"
                    .to_owned(),
                "sixfold.toml:5: people.name: `nina` is the account of n.ramirez already, on line 3,",
            ),
            (
                format!(
                    "[[people]]\nname = \"nina\"\nkeys = [{NINA:?}]\n[[people]]\nname = \"ravi\"\nkeys = [\n\"{NINA} ravi@laptop\"]\n"
                ),
                "sixfold.toml:7: people.keys: this is the key of nina already, on line 3,",
            ),
        ] {
            let fault = told(&text);
            assert!(fault.starts_with(wanted), "{fault}");
        }
        let twice_their_own =
            format!("[[people]]\nname = \"nina\"\nuser = \"nina\"\nkeys = [{NINA:?}, {NINA:?}]\n");
        assert_eq!(told(&twice_their_own), "");
    }

    #[test]
    fn phones_of_which_none_would_ring_are_told_of() {
        let phone = "[phone]\nserver = \"https://ntfy.example.com\"\nreply_topic = \"replies\"\n\
                     publish_token_env = \"P\"\nread_token_env = \"R\"\nbutton_token_env = \"B\"\n";
        let unheard = |more: &str| {
            let text = format!("{phone}[[people]]\nname = \"nina\"\n{more}");
            let config = Config::parse(&text, Path::new("sixfold.toml")).unwrap();
            config.unheard().unwrap_or_default()
        };
        let topic = "topic = \"topic-of-nina\"\n";
        let told = unheard(&format!("groups = [\"on-cal\"]\n{topic}"));
        assert!(
            told.starts_with("nobody whom [approval] asks (on-call) has a phone"),
            "{told}"
        );
        for more in [
            "groups = [\"on-call\"]\n",
            "[approval]\nasked = [\"nina\"]\n",
        ] {
            assert_eq!(unheard(&format!("{topic}{more}")), "", "{more}");
        }
        assert_eq!(unheard(""), "", "nobody has one");
    }

    #[test]
    fn a_name_that_asks_nobody_is_refused_where_people_are_listed() {
        let people = "[[people]]\nname = \"nina\"\ngroups = [\"on-call\"]\n";
        for (approval, wanted) in [
            (
                "asked = [\"nina\", \"on-cal\"]",
                "sixfold.toml:2: approval.asked: `on-cal` is neither a person nor a group under [[people]], so it asks nobody: is `on-call` meant?",
            ),
            (
                "escalation = [[\"on-call\"],\n[\"managers\"]]",
                "sixfold.toml:3: approval.escalation: `managers` is neither a person nor a group under [[people]], so it asks nobody: put it among",
            ),
            ("asked = [\"Nina\", \"On-Call\"]", ""),
        ] {
            let fault = told(&format!("[approval]\n{approval}\n{people}"));
            assert!(fault.starts_with(wanted), "{fault}");
            assert_eq!(fault.is_empty(), wanted.is_empty(), "{fault}");
            let nobody = told(&format!("[approval]\n{approval}\n"));
            assert_eq!(
                nobody, "",
                "without people there is nothing to compare with"
            );
        }
    }
}
