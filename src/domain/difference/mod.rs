//! What lies between two documents, value by value and not line by line: the member that came, went
//! or changed, by its own name, and in it only what is otherwise.
//!
//! [`lists`] knows how members of lists are told apart, [`pair`] which of one document is which of the
//! other, [`spelling`] how a value reads. Nothing is left out: from the first document and the
//! difference the second can be made again, and that is how it is tested.

mod lists;
mod pair;
mod spelling;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Document;
use lists::List;

pub use spelling::{listed, spelled};

/// From one document to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Whether the setting is set at all, in the first document and in the second.
    pub set: (bool, bool),
    /// One of them has a list of members (statements, rules, grants); else a difference says no more
    /// than the lines that differ.
    pub has_members: bool,
    pub points: Vec<Point>,
}

/// A key whose value differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    pub key: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Added(Value),
    Removed(Value),
    Changed(Value, Value),
    /// Lists of words without an order: what stands in one of them only is what differs.
    Words {
        old: Vec<String>,
        new: Vec<String>,
    },
    /// An object, and what differs in it.
    Inside {
        side: Side,
        points: Vec<Point>,
    },
    Members(Members),
}

/// Which document something stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Old,
    New,
    Both,
}

/// A list of objects, each of them known by what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub side: Side,
    /// `statement`
    pub noun: String,
    /// The first that fits counts, so a place says something.
    pub ordered: bool,
    /// Every one there is, also those that are the same, about as the second document has them.
    pub all: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// `"DenyInsecureTransport"`, or its number and what it says: `#2 (Allow s3:GetObject)`
    pub name: String,
    /// Its place in the first document and in the second, from 0.
    pub at: (Option<usize>, Option<usize>),
    /// Everything in it where only one document has it; what differs where both have it.
    pub points: Vec<Point>,
}

impl Difference {
    pub fn between(old: &Document, new: &Document) -> Self {
        let set = (!old.is_absent(), !new.is_absent());
        let nothing = Value::Object(Map::new());
        let (one, other) = (
            old.value().unwrap_or(&nothing),
            new.value().unwrap_or(&nothing),
        );
        let points = match (one, other) {
            (Value::Object(one), Value::Object(other)) => inside(one, other),
            // No setting is anything but an object; were it so, it is shown whole.
            _ if one == other => Vec::new(),
            _ => vec![Point {
                key: "document".to_owned(),
                what: What::Changed(one.clone(), other.clone()),
            }],
        };
        Self {
            set,
            has_members: has_members(one) || has_members(other),
            points,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.points.is_empty() && self.set.0 == self.set.1
    }
}

impl Member {
    pub fn side(&self) -> Side {
        match self.at {
            (Some(_), None) => Side::Old,
            (None, Some(_)) => Side::New,
            _ => Side::Both,
        }
    }

    /// Both documents have it, and it is the same in both.
    pub fn is_same(&self) -> bool {
        self.side() == Side::Both && self.points.is_empty()
    }
}

impl Members {
    /// Those that both have stand in another order.
    pub fn is_moved(&self) -> bool {
        let mut kept: Vec<_> = self
            .all
            .iter()
            .filter_map(|member| Some((member.at.1?, member.at.0?)))
            .collect();
        kept.sort_unstable();
        !kept.is_sorted_by_key(|(_, old)| *old)
    }
}

fn has_members(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().any(has_members),
        Value::Array(items) => items
            .iter()
            .any(|item| item.is_object() || has_members(item)),
        _ => false,
    }
}

fn inside(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Point> {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    let mut keys: Vec<&String> = old.keys().chain(added).collect();
    keys.sort_by_key(|key| rank(key));
    let mut points = Vec::new();
    for key in keys {
        let whats = match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => changed(key, old, new),
            (Some(old), None) => vec![alone(key, old, Side::Old)],
            (None, Some(new)) => vec![alone(key, new, Side::New)],
            (None, None) => Vec::new(),
        };
        let point = |what| Point {
            key: key.clone(),
            what,
        };
        points.extend(whats.into_iter().map(point));
    }
    points
}

/// In the order in which people say a statement; other keys keep theirs behind it.
fn rank(key: &str) -> usize {
    const FIRST: [&str; 12] = [
        "Version",
        "Sid",
        "ID",
        "Id",
        "Status",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
    ];
    let at = FIRST.iter().position(|first| *first == key);
    at.unwrap_or(FIRST.len())
}

/// What one document has and the other does not.
fn alone(key: &str, value: &Value, side: Side) -> What {
    let nothing = Map::new();
    match value {
        Value::Object(map) if !map.is_empty() => What::Inside {
            side,
            points: match side {
                Side::Old => inside(map, &nothing),
                _ => inside(&nothing, map),
            },
        },
        Value::Array(items) if are_members(items) => {
            let list = List::of(key);
            let (old, new) = match side {
                Side::Old => (&items[..], &[][..]),
                _ => (&[][..], &items[..]),
            };
            What::Members(members(list, key, side, old, new))
        }
        value => match side {
            Side::Old => What::Removed(value.clone()),
            _ => What::Added(value.clone()),
        },
    }
}

/// What became of a value; two where it became something of another kind.
fn changed(key: &str, old: &Value, new: &Value) -> Vec<What> {
    if old == new {
        return Vec::new();
    }
    match (old, new) {
        (Value::Object(one), Value::Object(other)) => {
            return vec![What::Inside {
                side: Side::Both,
                points: inside(one, other),
            }];
        }
        (Value::Array(one), Value::Array(other))
            if [one, other]
                .iter()
                .all(|list| list.is_empty() || are_members(list)) =>
        {
            let list = List::of(key);
            return vec![What::Members(members(list, key, Side::Both, one, other))];
        }
        _ => {}
    }
    if let (Some(one), Some(other)) = (words(old), words(new))
        && are_sets(&one, &other)
    {
        return vec![What::Words {
            old: one,
            new: other,
        }];
    }
    let holds = |value: &Value| match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => are_members(items),
        _ => false,
    };
    if holds(old) || holds(new) {
        return vec![alone(key, old, Side::Old), alone(key, new, Side::New)];
    }
    vec![What::Changed(old.clone(), new.clone())]
}

fn are_members(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(Value::is_object)
}

/// A policy spells a list of one as its element.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(word) => Some(vec![word.clone()]),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// Whether saying what came and what went says it all: no word is there twice, those that stayed kept
/// their order, and there is a word that is not in both.
fn are_sets(old: &[String], new: &[String]) -> bool {
    let once = |words: &[String]| {
        let mut sorted: Vec<_> = words.iter().collect();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| pair[0] != pair[1])
    };
    let stayed = |one: &[String], other: &[String]| -> Vec<String> {
        let stays = one.iter().filter(|word| other.contains(word));
        stays.cloned().collect()
    };
    let kept = stayed(old, new);
    (old.len() > 1 || new.len() > 1)
        && once(old)
        && once(new)
        && kept == stayed(new, old)
        && kept.len() < old.len().max(new.len())
}

fn members(list: &List, key: &str, side: Side, old: &[Value], new: &[Value]) -> Members {
    let nothing = Value::Null;
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut all: Vec<_> = pair::pairs(list, old, new)
        .into_iter()
        .map(|at| {
            let one = at.0.and_then(|at| old.get(at)).unwrap_or(&nothing);
            let other = at.1.and_then(|at| new.get(at)).unwrap_or(&nothing);
            // What was there is called as it was called.
            let (named, number) = match at {
                (Some(number), _) => (one, number),
                (None, number) => (other, number.unwrap_or_default()),
            };
            Member {
                name: list.name(named, number),
                at,
                points: inside(&object(one), &object(other)),
            }
        })
        .collect();
    all.sort_by_key(|member| {
        let (old, new) = member.at;
        (new.or(old), new.is_some())
    });
    Members {
        side,
        noun: list.noun(key),
        ordered: list.ordered,
        all,
    }
}

#[cfg(test)]
mod tests;
