//! The keys of one person: the table's, and where the config's `[keys]` names others, those.
//!
//! What could let a decision happen by accident is refused: a key for it that a torn arrow-key
//! sequence could spell, or one that a card's buttons hear, so that holding it would go on pressing.

use crossterm::event::KeyEvent;

use super::{Action, Binding, Key, Places, TABLE};
use crate::{domain::nearest, tui::model::Place};

#[derive(Clone, Debug)]
pub struct Keymap {
    /// For each line of the table.
    keys: Vec<Vec<Key>>,
}

/// What is wrong with one line of `[keys]`, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "there is no action `{0}`{near}: there are {all}; the keys of cards, filters and lists, and Ctrl-c, are fixed",
        near = meant(.0), all = actions()
    )]
    UnknownAction(String),
    #[error("at least one key is wanted; leave the line out to keep {0}")]
    NoKey(String),
    #[error(
        "`{0}` is no key: one sign such as x or ?, ctrl-x, f1 to f12, enter, tab, shift-tab, esc, space, up, down, left, right, pgup, pgdn, home or end"
    )]
    UnknownKey(String),
    #[error("terminals send {key} as {same}: take another key")]
    Unheard { key: String, same: &'static str },
    #[error(
        "{key} would be both this and {other} ({places}): take another key, or give {other} one of its own"
    )]
    Taken {
        key: String,
        other: String,
        places: String,
    },
    #[error(
        "{0} leads to a decision, and torn arrow-key sequences spell it: take a small letter, ctrl-… or f1 to f12"
    )]
    Arrow(String),
    #[error(
        "{0} leads to a decision, and the card that it opens hears it too, so that a held key would go on: take a small letter, ctrl-… or f1 to f12"
    )]
    OnCard(String),
}

/// A line of `[keys]` that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct KeyFault {
    pub action: String,
    pub error: KeyError,
}

fn actions() -> String {
    let names: Vec<_> = names().collect();
    names.join(", ")
}

fn names() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .map(|binding| binding.name)
        .filter(|name| !name.is_empty())
}

fn meant(name: &str) -> String {
    nearest(name, names())
        .map(|near| format!(", did you mean {near}?"))
        .unwrap_or_default()
}

impl Default for Keymap {
    fn default() -> Self {
        let keys = TABLE.iter().map(|binding| binding.keys.to_vec()).collect();
        Self { keys }
    }
}

impl Keymap {
    /// The table with other keys for the actions that are named; each has these and no others.
    pub fn with<'a>(
        own: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<Self, KeyFault> {
        let mut map = Self::default();
        let mut changed = Vec::new();
        for (action, keys) in own {
            let at = map.change(action, keys).map_err(|error| KeyFault {
                action: action.to_owned(),
                error,
            })?;
            changed.push(at);
        }
        for at in changed {
            map.check(at).map_err(|error| KeyFault {
                action: TABLE[at].name.to_owned(),
                error,
            })?;
        }
        Ok(map)
    }

    fn change(&mut self, action: &str, keys: &[String]) -> Result<usize, KeyError> {
        let named = |binding: &Binding| !action.is_empty() && binding.name == action;
        let at = TABLE
            .iter()
            .position(named)
            .ok_or_else(|| KeyError::UnknownAction(action.to_owned()))?;
        if keys.is_empty() {
            return Err(KeyError::NoKey(self.names(&TABLE[at])));
        }
        let parse = |text: &String| {
            let key = Key::parse(text).ok_or_else(|| KeyError::UnknownKey(text.clone()))?;
            match key.same_as() {
                Some(same) => Err(KeyError::Unheard {
                    key: key.name(),
                    same,
                }),
                None => Ok(key),
            }
        };
        self.keys[at] = keys.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(at)
    }

    fn check(&self, at: usize) -> Result<(), KeyError> {
        let own = &TABLE[at];
        for key in &self.keys[at] {
            if own.danger && key.in_arrows() {
                return Err(KeyError::Arrow(key.name()));
            }
            if own.danger && (self.on_card(*key) || !key.is_plain()) {
                return Err(KeyError::OnCard(key.name()));
            }
            for (other, keys) in TABLE.iter().zip(&self.keys) {
                let same = std::ptr::eq(own, other) || !keys.contains(key);
                if !same && own.places.meets(other.places) {
                    let name = match other.name {
                        "" => other.description,
                        name => name,
                    };
                    return Err(KeyError::Taken {
                        key: key.name(),
                        other: format!("`{name}`"),
                        places: other.places.words(),
                    });
                }
            }
        }
        Ok(())
    }

    /// A card's buttons hear it.
    fn on_card(&self, key: Key) -> bool {
        let cards = Places::CARD.with(Places::NOTE);
        TABLE.iter().zip(&self.keys).any(|(binding, keys)| {
            binding.places.meets(cards) && !binding.danger && keys.contains(&key)
        })
    }

    /// What a key is bound to in a place.
    pub fn lookup(&self, place: Place, event: KeyEvent) -> Option<&'static Binding> {
        let hears = |keys: &[Key]| keys.iter().any(|key| key.matches(event));
        TABLE
            .iter()
            .zip(&self.keys)
            .find(|(binding, keys)| binding.places.has(place) && hears(keys))
            .map(|(binding, _)| binding)
    }

    fn of(&self, binding: &Binding) -> &[Key] {
        let at = TABLE.iter().position(|line| std::ptr::eq(line, binding));
        at.map_or(binding.keys, |at| &self.keys[at])
    }

    /// All keys of a line, as help prints them.
    pub fn names(&self, binding: &Binding) -> String {
        let names: Vec<_> = self.of(binding).iter().map(|key| key.name()).collect();
        names.join(" ")
    }

    /// The first key of a line, as hints print it.
    pub fn first(&self, binding: &Binding) -> String {
        let key = self.of(binding).first().map(|key| key.name());
        key.unwrap_or_default()
    }

    /// Names of the actions whose keys are not the table's.
    pub fn own(&self) -> Vec<&'static str> {
        let lines = TABLE.iter().zip(&self.keys);
        lines
            .filter(|(binding, keys)| binding.keys != keys.as_slice())
            .map(|(binding, _)| binding.name)
            .collect()
    }

    /// The first key of an action, for sentences.
    pub fn key(&self, action: Action) -> String {
        let line = TABLE.iter().find(|binding| binding.action == action);
        line.map(|binding| self.first(binding)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn with(lines: &[(&str, &[&str])]) -> Result<Keymap, String> {
        let owned: Vec<(&str, Vec<String>)> = lines
            .iter()
            .map(|(action, keys)| (*action, keys.iter().map(|key| (*key).to_owned()).collect()))
            .collect();
        Keymap::with(owned.iter().map(|(action, keys)| (*action, &keys[..])))
            .map_err(|fault| format!("{}: {fault}", fault.action))
    }

    #[test]
    fn an_action_has_the_keys_that_are_named_and_no_others() {
        let map = with(&[("approve", &["ctrl-a", "F2"]), ("scan", &["S"])]).unwrap();
        assert_eq!(map.key(Action::Approve), "Ctrl-a");
        let approve = TABLE.iter().find(|line| line.name == "approve").unwrap();
        assert_eq!(map.names(approve), "Ctrl-a F2");
        assert_eq!(map.key(Action::Scan), "S");
        assert_eq!(map.key(Action::Deny), "d");
    }

    #[test]
    fn two_actions_may_change_places() {
        let map = with(&[("approve", &["d"]), ("deny", &["a"])]).unwrap();
        assert_eq!(map.key(Action::Approve), "d");
        assert_eq!(map.key(Action::Deny), "a");
    }

    #[test]
    fn what_is_refused_is_said_with_what_to_do() {
        for (action, key, said) in [
            (
                "aprove",
                "x",
                "there is no action `aprove`, did you mean approve?: there are approve, deny",
            ),
            (
                "approve",
                "A",
                "torn arrow-key sequences spell it: take a small letter",
            ),
            ("revert", "S", "torn arrow-key sequences"),
            ("approve", "enter", "the card that it opens hears it too"),
            ("resume", "l", "the card that it opens hears it too"),
            ("deny", "tab", "the card that it opens hears it too"),
            ("approve", "up", "hears it too"),
            (
                "approve",
                "d",
                "would be both this and `deny` (panes 1-4, exceptions, card): take another key",
            ),
            ("scan", "1", "`the pane of that number`"),
            ("scan", "ctrl-c", "would be both this and `twice: leave"),
            ("order", "q", "`quit`"),
            ("scan", "ctrl-m", "terminals send Ctrl-m as Enter"),
            ("scan", "alt-x", "`alt-x` is no key: one sign"),
            ("scan", "f13", "is no key"),
            ("scan", "", "is no key"),
            ("", "x", "there is no action ``"),
        ] {
            let fault = with(&[(action, &[key])]).unwrap_err();
            assert!(fault.contains(said), "{action} = {key}: {fault}");
        }
        let fault = with(&[("scan", &[])]).unwrap_err();
        assert!(fault.contains("at least one key is wanted; leave the line out to keep s"));
    }

    #[test]
    fn names_of_actions_are_told_apart_and_every_key_is_spelled_as_it_is_printed() {
        let mut all: Vec<_> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for key in TABLE.iter().flat_map(|binding| binding.keys) {
            assert_eq!(Key::parse(&key.name()), Some(*key), "{}", key.name());
        }
    }

    #[test]
    fn no_key_that_may_become_a_letter_is_heard_where_letters_are_typed() {
        let typed = Places::NOTE.with(Places::FILTER).with(Places::FIND);
        for binding in TABLE.iter().filter(|binding| !binding.name.is_empty()) {
            assert!(!binding.places.meets(typed), "{}", binding.name);
        }
    }

    #[test]
    fn whatever_leads_to_a_decision_has_a_name_and_keys_that_would_not_be_refused() {
        let map = Keymap::default();
        for (at, binding) in TABLE.iter().enumerate().filter(|(_, line)| line.danger) {
            assert!(!binding.name.is_empty());
            assert_eq!(map.check(at), Ok(()), "{}", binding.name);
        }
    }
}
