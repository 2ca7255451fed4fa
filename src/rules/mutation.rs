//! What must hold of every violation that a test shows, without the test saying so: the way back leads
//! where it came from, and a fix leaves alone what it is not about. For lint also: no part of a target
//! is there without need.
//!
//! Each of these makes a changed case from the one in the file and judges it again. Only what must be
//! so for every rule is a fault; a changed case that no longer violates proves nothing and is passed
//! over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    judge::{Found, Verdict},
    rule::{Reading, Rule},
};
use crate::{
    domain::{Document, Subject},
    settings::Step,
};

/// Marks what a test puts beside the rule's own business.
const BYSTANDER: &str = "bystander-of-a-test";

/// Parts of one target that lint looks at.
const PARTS: usize = 32;

/// The documents of a case.
pub type Readings = BTreeMap<String, Reading>;

/// The way back: the inverse gives back the state before, but for what the plan says beforehand.
pub fn back(rule: &Rule, before: &Document, target: &Document) -> Result<(), String> {
    let setting = rule.setting;
    let restored = setting.restored(before);
    let said = !setting.residue(before, target).is_empty();
    let one_way = rule
        .fix
        .automatic()
        .is_some_and(|fix| fix.one_way.is_some())
        || setting.reversibility(before, target).one_way().is_some();
    if restored.digest() != before.digest() && !said && !one_way {
        return Err(format!(
            "undoing it gives {} instead of the document before, and nothing says so beforehand",
            restored.to_json()
        ));
    }
    if let Err(why) = setting.fits(Step::new(target, before))
        && !one_way
    {
        return Err(format!("it can't be undone in one step: {why}"));
    }
    Ok(())
}

/// Something of the same kind that no rule is about, put beside what the case has, must still be there
/// in the target.
pub fn bystanders(
    rule: &Rule,
    subject: &Subject,
    readings: &Readings,
    judge: impl Fn(&Readings) -> Result<Verdict, String>,
) -> Result<(), String> {
    let name = rule.setting.name();
    let Some(Ok(before)) = readings.get(name) else {
        return Ok(());
    };
    let Some((list, item)) = bystander(name, subject) else {
        return Ok(());
    };
    let mut value = before.value().cloned().unwrap_or_else(|| json!({}));
    if name == "policy" && before.is_absent() {
        value["Version"] = json!("2012-10-17");
    }
    let Some(object) = value.as_object_mut() else {
        return Ok(());
    };
    match object.entry(list).or_insert_with(|| json!([])) {
        Value::Array(items) => items.push(item),
        // A single statement may stand without its list.
        one => *one = json!([one.clone(), item]),
    }
    let Ok(crowded) = rule.setting.tidy(value) else {
        return Ok(());
    };
    let mut crowd = readings.clone();
    crowd.insert(name.to_owned(), Ok(crowded.clone()));
    let Verdict::Violation(found) = judge(&crowd)? else {
        return Ok(());
    };
    let Some(target) = found.target() else {
        return Ok(());
    };
    if standing(&crowded, list) == standing(target, list) {
        return Ok(());
    }
    Err(format!(
        "it does not leave alone what it is not about: with one more in `{list}` the target is {}",
        target.to_json()
    ))
}

/// A harmless neighbour, and the list that it stands in.
fn bystander(setting: &str, subject: &Subject) -> Option<(&'static str, Value)> {
    let account = subject.asset.account.as_str();
    let partition = match subject.asset.region.split('-').collect::<Vec<_>>()[..] {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        _ => "aws",
    };
    Some(match setting {
        "policy" => (
            "Statement",
            json!({
                "Sid": BYSTANDER.replace('-', ""),
                "Effect": "Deny",
                "Principal": {"AWS": format!("arn:{partition}:iam::{account}:role/{BYSTANDER}")},
                "Action": "s3:DeleteBucket",
                "Resource": format!("arn:{partition}:s3:::{}", subject.asset.name()),
            }),
        ),
        "tagging" => ("TagSet", json!({"Key": BYSTANDER, "Value": "kept"})),
        "lifecycle" => (
            "Rules",
            json!({
                "ID": BYSTANDER,
                "Status": "Disabled",
                "Filter": {"Prefix": format!("{BYSTANDER}/")},
                "Expiration": {"Days": 3650},
            }),
        ),
        "cors" => (
            "CORSRules",
            json!({
                "ID": BYSTANDER,
                "AllowedMethods": ["GET"],
                "AllowedOrigins": ["https://bystander-of-a-test.example.com"],
            }),
        ),
        "notification" => (
            "QueueConfigurations",
            json!({
                "Id": BYSTANDER,
                "QueueArn": format!(
                    "arn:{partition}:sqs:{}:{account}:{BYSTANDER}",
                    subject.asset.region
                ),
                "Events": ["s3:ObjectRestore:Post"],
            }),
        ),
        _ => return None,
    })
}

/// The bystander as a document has it.
fn standing(document: &Document, list: &str) -> Option<Value> {
    let items = document.value()?.get(list)?.as_array()?.clone();
    let marks = [BYSTANDER.to_owned(), BYSTANDER.replace('-', "")];
    let marked = |item: &Value| {
        let text = item.to_string();
        marks.iter().any(|mark| text.contains(mark))
    };
    items.into_iter().find(marked)
}

/// Parts of the target that the rule is content without, as paths such as `Rules[2].Status`.
pub fn unneeded(
    rule: &Rule,
    readings: &Readings,
    found: &Found,
    judge: impl Fn(&Readings) -> Result<Verdict, String>,
) -> Vec<String> {
    let name = rule.setting.name();
    let (Some(Ok(before)), Some(target)) = (readings.get(name), found.target()) else {
        return Vec::new();
    };
    let (Some(old), Some(new)) = (before.value(), target.value()) else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    differences(old, new, "", &mut parts);
    parts.truncate(PARTS);
    if parts.len() < 2 {
        return Vec::new();
    }
    let content = |(_, value): &(String, Value)| {
        let Ok(document) = rule.setting.tidy(value.clone()) else {
            return false;
        };
        // The same document in another spelling is no smaller change.
        if document.digest() == target.digest() || document.digest() == before.digest() {
            return false;
        }
        let mut without = readings.clone();
        without.insert(name.to_owned(), Ok(document));
        judge(&without) == Ok(Verdict::Compliant)
    };
    let unneeded = parts.into_iter().filter(content);
    unneeded.map(|(path, _)| path).collect()
}

/// For each place where two values differ: the place, and the new value with the old one there.
fn differences(old: &Value, new: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let keys = before.keys().chain(after.keys());
            let keys: std::collections::BTreeSet<&String> = keys.collect();
            for key in keys {
                let at = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let put_back = |value: Option<Value>| {
                    let mut whole = after.clone();
                    match value {
                        Some(value) => drop(whole.insert(key.clone(), value)),
                        None => drop(whole.remove(key)),
                    }
                    Value::Object(whole)
                };
                match (before.get(key), after.get(key)) {
                    (Some(one), Some(other)) if one != other => {
                        let mut inner = Vec::new();
                        differences(one, other, &at, &mut inner);
                        let wrapped = inner
                            .into_iter()
                            .map(|(path, value)| (path, put_back(Some(value))));
                        found.extend(wrapped);
                    }
                    (Some(one), None) => found.push((at, put_back(Some(one.clone())))),
                    (None, Some(_)) => found.push((at, put_back(None))),
                    _ => {}
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, item) in after.iter().enumerate() {
                if !before.contains(item) {
                    let mut whole = after.clone();
                    whole.remove(index);
                    found.push((format!("{path}[{index}]"), Value::Array(whole)));
                }
            }
            for item in before.iter().filter(|item| !after.contains(item)) {
                let mut whole = after.clone();
                whole.push(item.clone());
                found.push((format!("{path} without {item}"), Value::Array(whole)));
            }
        }
        _ => found.push((path.to_owned(), old.clone())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_place_that_differs_is_put_back_on_its_own() {
        let old = json!({"a": 1, "b": {"c": true, "d": [1, 2]}, "gone": "x"});
        let new = json!({"a": 2, "b": {"c": true, "d": [2, 3]}, "new": 0});
        let mut found = Vec::new();
        differences(&old, &new, "", &mut found);
        let wanted = [
            (
                "a",
                json!({"a": 1, "b": {"c": true, "d": [2, 3]}, "new": 0}),
            ),
            (
                "b.d[1]",
                json!({"a": 2, "b": {"c": true, "d": [2]}, "new": 0}),
            ),
            (
                "b.d without 1",
                json!({"a": 2, "b": {"c": true, "d": [2, 3, 1]}, "new": 0}),
            ),
            (
                "gone",
                json!({"a": 2, "b": {"c": true, "d": [2, 3]}, "new": 0, "gone": "x"}),
            ),
            ("new", json!({"a": 2, "b": {"c": true, "d": [2, 3]}})),
        ];
        let wanted = wanted.map(|(path, value)| (path.to_owned(), value));
        assert_eq!(found, wanted);
    }
}
