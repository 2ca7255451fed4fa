//! Buckets with the violations of many rules at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sixfold::{
    domain::{Digest, Document},
    rules::Library,
    settings,
};

use super::seeds as seeds_of;

/// Every setting of a bucket.
pub type State = BTreeMap<String, Document>;

pub struct Mixed {
    pub state: State,
    /// Of all its rules; the first that sets one wins.
    pub params: BTreeMap<String, Value>,
    /// What went into it, for messages.
    pub from: Vec<String>,
    /// The ids of its rules.
    pub rules: BTreeSet<String>,
}

/// A number that depends on all of its input, for choices that are the same in every run.
fn draw(seed: u64, n: u64) -> u64 {
    let digest = Digest::of(format!("{seed} {n}"));
    u64::from_str_radix(&digest.as_str()[..15], 16).unwrap()
}

/// A bucket with the violations of some rules at once: lists are joined, other documents drawn from
/// one of them.
pub fn mix(library: &Library, seed: u64, rules: u64) -> Mixed {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let mut bucket = Mixed {
        state: State::new(),
        params: BTreeMap::new(),
        from: Vec::new(),
        rules: BTreeSet::new(),
    };
    let all = library.rules();
    for n in 0..rules {
        // The first is another one with each seed, so that none is missing.
        let draw_of = if n == 0 { seed } else { draw(seed, n) };
        let rule = &all[usize::try_from(draw_of).unwrap() % all.len()];
        let seeds = seeds_of(rule);
        if seeds.is_empty() {
            continue;
        }
        let chosen = &seeds[usize::try_from(draw(seed, n + 1_000)).unwrap() % seeds.len()];
        bucket.rules.insert(rule.id.clone());
        bucket.from.push(format!("{} ({})", rule.id, chosen.test));
        for (name, value) in &chosen.params {
            bucket
                .params
                .entry(name.clone())
                .or_insert_with(|| value.clone());
        }
        let mut documents = chosen.documents.clone();
        if !chosen.tags.is_empty() {
            let tag = |(key, value): (&String, &String)| json!({"Key": key, "Value": value});
            let set: Vec<Value> = chosen.tags.iter().map(tag).collect();
            documents
                .entry("tagging".to_owned())
                .or_insert(json!({ "TagSet": set }));
        }
        for (name, value) in &documents {
            match values.get_mut(name) {
                None => {
                    values.insert(name.clone(), value.clone());
                }
                // What one has and another has not, it has.
                Some(there @ Value::Null) => there.clone_from(value),
                Some(there) => join(there, value),
            }
        }
    }
    for setting in settings::all() {
        let value = values.remove(setting.name()).unwrap_or(match setting.name() {
            "acl" => json!({"Owner": {"ID": "0wner"}, "Grants": [
                {"Permission": "FULL_CONTROL", "Grantee": {"Type": "CanonicalUser", "ID": "0wner"}}
            ]}),
            _ => Value::Null,
        });
        let document = match value {
            Value::Null => Document::ABSENT,
            // Two lists may join to something that no bucket can have; then it has nothing.
            value => setting.tidy(value).unwrap_or(Document::ABSENT),
        };
        bucket.state.insert(setting.name().to_owned(), document);
    }
    bucket
}

/// Adds the items of every list that both have, but for those whose name is taken.
fn join(there: &mut Value, more: &Value) {
    let (Value::Object(there), Value::Object(more)) = (there, more) else {
        return;
    };
    let name = |item: &Value| {
        let keys = ["Sid", "ID", "Id", "Key", "Name"];
        keys.iter().find_map(|key| item.get(key).cloned())
    };
    for (key, value) in more {
        if let (Some(Value::Array(have)), Value::Array(items)) = (there.get_mut(key), value) {
            for item in items {
                let taken = have.iter().any(|other| {
                    other == item || (name(item).is_some() && name(other) == name(item))
                });
                if !taken && item.is_object() {
                    have.push(item.clone());
                }
            }
        }
    }
}
