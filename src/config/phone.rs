//! `[phone]`: how people are asked on their phones, through an [ntfy](https://docs.ntfy.sh) server.
//!
//! What is secret (the tokens, and topics that are kept out of the file) is read when a room starts to
//! push, not when the file is read: a command that only looks at the ledger needs none of it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de::Error};

use super::{Config, ConfigFault, Mode, Secret, source::Source, values::positive};
use crate::domain::{Actor, artifact::ReasonCode};

/// Pushes to one person within an hour, where the config says nothing.
const PUSHES: usize = 3;

/// ntfy shows three buttons, and one of them approves.
const REASONS: usize = 2;

/// The table, resolved.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Without a slash at the end.
    pub server: String,
    /// Where a tap posts to and the room reads from.
    pub reply_topic: Secret,
    /// Most requests that ring at one person within an hour; the rest are told as a number.
    pub pushes_per_hour: usize,
    /// Deny reasons that have a button, in this order.
    pub reasons: Vec<ReasonCode>,
    publish: Source,
    read: Source,
    button: Source,
}

/// Everything that it takes to push, with the secrets read.
#[derive(Clone, Debug)]
pub struct Line {
    pub server: String,
    pub reply_topic: Secret,
    /// Writes to people's topics.
    pub publish: Secret,
    /// Reads the reply topic.
    pub read: Secret,
    /// Travels in every button, so it may do no more than write to the reply topic.
    pub button: Secret,
    /// Whose phone listens where, in the config's order.
    pub topics: Vec<(Actor, Secret)>,
}

impl Line {
    /// Whether the tokens, which are kept outside the config, are the same.
    pub fn has_tokens_of(&self, other: &Self) -> bool {
        self.publish == other.publish && self.read == other.read && self.button == other.button
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(deserialize_with = "server")]
    server: String,
    #[serde(deserialize_with = "topic")]
    reply_topic: Secret,
    publish_token_env: Option<String>,
    publish_token_file: Option<PathBuf>,
    read_token_env: Option<String>,
    read_token_file: Option<PathBuf>,
    button_token_env: Option<String>,
    button_token_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "positive")]
    pushes_per_hour: Option<usize>,
    #[serde(default, deserialize_with = "reasons")]
    reasons: Option<Vec<ReasonCode>>,
}

pub fn resolve(
    table: Option<Table>,
    base: &Path,
    path: &Path,
) -> Result<Option<Phone>, ConfigFault> {
    table.map(|table| table.resolve(base, path)).transpose()
}

/// Whom each round asks is said in one place.
pub fn rounds<T>(asked: bool, rounds: Option<&[Vec<T>]>, path: &Path) -> Result<(), ConfigFault> {
    let message = match rounds {
        Some(_) if asked => {
            "[approval]: `asked` and `escalation` say both whom round 1 asks: one is wanted"
        }
        Some(rounds) if rounds.iter().any(Vec::is_empty) => {
            "[approval]: a round of `escalation` asks nobody"
        }
        _ => return Ok(()),
    };
    Err(ConfigFault::whole(path, message))
}

impl Table {
    fn resolve(self, base: &Path, path: &Path) -> Result<Phone, ConfigFault> {
        let source = |name: &str, variable: Option<String>, file: Option<PathBuf>| {
            Source::of(variable.as_ref(), file.as_ref(), base).ok_or_else(|| {
                ConfigFault::whole(
                    path,
                    format!("[phone]: either `{name}_token_env` or `{name}_token_file` is wanted"),
                )
            })
        };
        Ok(Phone {
            publish: source("publish", self.publish_token_env, self.publish_token_file)?,
            read: source("read", self.read_token_env, self.read_token_file)?,
            button: source("button", self.button_token_env, self.button_token_file)?,
            server: self.server,
            reply_topic: self.reply_topic,
            pushes_per_hour: self.pushes_per_hour.unwrap_or(PUSHES),
            reasons: self
                .reasons
                .unwrap_or_else(|| vec![ReasonCode::AcceptedRisk, ReasonCode::FalsePositive]),
        })
    }
}

/// One word that an ntfy server gives out.
fn token(source: &Source, key: &str) -> Result<Secret, String> {
    let text = source.read(key)?;
    let token = text.trim();
    let fits = (1..=256).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(Secret::new(token))
    } else {
        Err(format!(
            "{key}: one token such as `tk_…` is wanted there, and nothing else"
        ))
    }
}

impl Config {
    /// What it takes to push, or none where nothing is pushed: without `[phone]`, and in observe mode, which
    /// asks nobody. Reads the secrets.
    pub fn line_in_use(&self) -> Result<Option<Line>, ConfigFault> {
        match self.mode {
            Mode::Observe => Ok(None),
            Mode::Enforce => self.line(),
        }
    }

    /// The same whatever the mode, for looking whether it is in order.
    pub fn line(&self) -> Result<Option<Line>, ConfigFault> {
        let Some(phone) = &self.phone else {
            return Ok(None);
        };
        let fault = |message: String| ConfigFault::whole(&self.file, format!("[phone]: {message}"));
        let read = |source: &Source, key| token(source, key).map_err(fault);
        let line = Line {
            server: phone.server.clone(),
            reply_topic: phone.reply_topic.clone(),
            publish: read(&phone.publish, "publish_token")?,
            read: read(&phone.read, "read_token")?,
            button: read(&phone.button, "button_token")?,
            topics: self.topics().map_err(fault)?,
        };
        if [&line.publish, &line.read].contains(&&line.button) {
            let message = "button_token is that of the room too. It travels to every phone and gives \
                           all rights of its user, so it needs a user of its own that may only write \
                           to the reply topic";
            return Err(fault(message.to_owned()));
        }
        Ok(Some(line))
    }

    /// Whoever can read a topic can press its buttons, so no two people share one.
    fn topics(&self) -> Result<Vec<(Actor, Secret)>, String> {
        let reply = self.phone.as_ref().map(|phone| &phone.reply_topic);
        let mut whose: BTreeMap<String, &Actor> = BTreeMap::new();
        let mut topics = Vec::new();
        for person in self.people.iter() {
            let name = &person.name;
            let topic = match (&person.topic, &person.topic_env) {
                (None, None) => continue,
                (Some(topic), None) => topic.clone(),
                (None, Some(variable)) => token(&Source::Variable(variable.clone()), "topic")
                    .map_err(|why| format!("{name}: {why}"))?,
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "{name} has a `topic` and a `topic_env`: one is wanted"
                    ));
                }
            };
            if !is_topic(topic.reveal()) {
                return Err(format!("topic of {name}: {TOPIC}"));
            }
            if Some(&topic) == reply {
                return Err(format!("topic of {name}: it is the reply topic"));
            }
            if let Some(other) = whose.insert(topic.reveal().to_owned(), name) {
                return Err(format!(
                    "{other} and {name} have the same topic: whoever reads it could decide for both"
                ));
            }
            topics.push((name.clone(), topic));
        }
        Ok(topics)
    }

    /// What can be told before any secret is read.
    pub(super) fn check_phone(&self) -> Result<(), ConfigFault> {
        let mut people = self.people.iter();
        match people.find(|person| person.has_topic()) {
            Some(person) if self.phone.is_none() => Err(ConfigFault::whole(
                &self.file,
                format!(
                    "{} has a topic, but there is no [phone] that says on which server",
                    person.name
                ),
            )),
            _ => Ok(()),
        }
    }
}

const TOPIC: &str = "1 to 64 letters, digits, dashes and underscores are wanted";

fn is_topic(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A topic is a password, so a wrong one is not quoted.
fn topic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_topic(&text) {
        Ok(Secret::new(text))
    } else {
        Err(D::Error::custom(format!("this is not a topic: {TOPIC}")))
    }
}

pub fn some_topic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    topic(deserializer).map(Some)
}

/// ntfy has to be at the root of its host, and what is typed here is what phones are told to post to.
fn server<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.strip_suffix('/').unwrap_or(&text);
    let loopback = text
        .strip_prefix("http://")
        .filter(|host| *host == "127.0.0.1" || host.starts_with("127.0.0.1:"));
    let host = text.strip_prefix("https://").or(loopback);
    let fits = |host: &str| {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(part)
    };
    if host.is_some_and(fits) {
        Ok(text.to_owned())
    } else {
        Err(D::Error::custom(
            "the address of a server is wanted: https and a host, without path or password (plain http for 127.0.0.1 only)",
        ))
    }
}

fn reasons<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<ReasonCode>>, D::Error> {
    let codes = Vec::<ReasonCode>::deserialize(deserializer)?;
    let twice = codes.len() == 2 && codes.first() == codes.last();
    if codes.len() > REASONS || twice {
        return Err(D::Error::custom(format!(
            "at most {REASONS} different reasons get a button: ntfy shows three, and one approves"
        )));
    }
    Ok(Some(codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A config whose three tokens lie in files of a folder.
    fn config(folder: &Path, button: &str, people: &str) -> Config {
        for (name, token) in [
            ("publish", "tk_publish"),
            ("read", "tk_read"),
            ("button", button),
        ] {
            std::fs::write(folder.join(name), format!("{token}\n")).unwrap();
        }
        let text = format!(
            "[phone]\nserver = \"https://ntfy.example.com/\"\nreply_topic = \"replies\"\n\
             publish_token_file = \"publish\"\nread_token_file = \"read\"\nbutton_token_file = \"button\"\n{people}"
        );
        Config::parse(&text, &folder.join("sixfold.toml")).unwrap()
    }

    const TWO: &str =
        "[[people]]\nname = \"nina\"\ntopic = \"topic-of-nina\"\n[[people]]\nname = \"otto\"\n";

    #[test]
    fn the_secrets_are_read_beside_the_config_and_never_show() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "tk_button", TWO);
        let line = config.line().unwrap().unwrap();
        assert_eq!(line.server, "https://ntfy.example.com");
        assert_eq!(line.button.reveal(), "tk_button");
        assert_eq!(line.topics.len(), 1, "otto has no phone");
        let shown = format!("{config:?} {line:?}");
        for secret in ["tk_", "topic-of-nina", "replies\""] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_secret_that_would_let_one_person_act_for_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let told = |button: &str, people: &str| {
            let config = config(folder.path(), button, people);
            config.line().unwrap_err().to_string()
        };
        let same = TWO.replace(
            "name = \"otto\"",
            "name = \"otto\"\ntopic = \"topic-of-nina\"",
        );
        for (button, people, told_of) in [
            ("tk_publish", TWO, "button_token is that of the room too"),
            ("tk_read", TWO, "button_token is that of the room too"),
            ("two words", TWO, "button_token: one token"),
            ("tk_button", &same, "nina and otto have the same topic"),
            (
                "tk_button",
                &TWO.replace("topic-of-nina", "replies"),
                "topic of nina: it is the reply topic",
            ),
        ] {
            let fault = told(button, people);
            assert!(fault.contains(told_of), "{fault}");
            assert!(
                ![button, "topic-of"]
                    .iter()
                    .any(|secret| fault.contains(secret)),
                "{fault}"
            );
        }
    }
}
