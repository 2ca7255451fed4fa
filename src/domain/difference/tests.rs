#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn between(old: &Value, new: &Value) -> Difference {
    Difference::between(
        &Document::present(old.clone()),
        &Document::present(new.clone()),
    )
}

/// One line a point: `~` for what changed, and below it what did in it.
fn lines(points: &[Point]) -> Vec<String> {
    let mut found = Vec::new();
    for Point { key, what } in points {
        let below = |points: &[Point], head: String| {
            let inner = lines(points).into_iter().map(|line| format!("  {line}"));
            [head].into_iter().chain(inner).collect::<Vec<_>>()
        };
        match what {
            What::Added(value) => found.push(format!("+ {key}: {}", spelled(value))),
            What::Removed(value) => found.push(format!("- {key}: {}", spelled(value))),
            What::Changed(old, new) => {
                found.push(format!("~ {key}: {} → {}", spelled(old), spelled(new)));
            }
            What::Words { old, new } => {
                let gone = old.iter().filter(|word| !new.contains(word));
                let come = new.iter().filter(|word| !old.contains(word));
                let gone = gone.map(|word| format!("-{word}"));
                let all: Vec<_> = gone.chain(come.map(|word| format!("+{word}"))).collect();
                found.push(format!("~ {key}: {}", all.join(" ")));
            }
            What::Inside { points, .. } => found.extend(below(points, key.clone())),
            What::Members(members) => {
                for member in &members.all {
                    let sign = match (member.side(), member.points.is_empty()) {
                        (Side::Old, _) => '-',
                        (Side::New, _) => '+',
                        (Side::Both, true) => '=',
                        (Side::Both, false) => '~',
                    };
                    let head = format!("{sign} {} {}", members.noun, member.name);
                    if member.side() == Side::Both {
                        found.extend(below(&member.points, head));
                    } else {
                        found.push(head);
                    }
                }
                if members.is_moved() {
                    found.push(format!("~ order of {}", members.noun));
                }
            }
        }
    }
    found
}

fn shown(old: &Value, new: &Value) -> Vec<String> {
    lines(&between(old, new).points)
}

#[test]
fn a_statement_is_known_by_its_sid_wherever_it_stands() {
    let read =
        json!({"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"});
    let tls = json!({"Sid": "Tls", "Effect": "Deny", "Action": "s3:*", "Principal": "*"});
    let mut more = read.clone();
    more["Action"] = json!(["s3:GetObject", "s3:PutObject"]);
    assert_eq!(
        shown(
            &json!({"Statement": [read]}),
            &json!({"Statement": [tls, more]})
        ),
        [
            "+ statement \"Tls\"",
            "~ statement \"Read\"",
            "  ~ Action: +s3:PutObject",
        ]
    );
}

#[test]
fn a_statement_without_a_sid_is_known_by_its_likeness() {
    let one =
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "a"});
    let two = json!({"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "b"});
    let mut three = one.clone();
    three["Principal"] = json!({"AWS": "arn:aws:iam::1:root"});
    assert_eq!(
        shown(
            &json!({"Statement": [one, two]}),
            &json!({"Statement": [two, three]})
        ),
        [
            "= statement #2 (Deny s3:*)",
            "~ statement #1 (Allow s3:GetObject)",
            "  - Principal: *",
            "  Principal",
            "    + AWS: arn:aws:iam::1:root",
            "~ order of statement",
        ]
    );
}

#[test]
fn another_sid_on_the_same_statement_is_a_new_name_and_another_tag_another_tag() {
    let mut one =
        json!({"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"});
    let old = json!({"Statement": [one]});
    one["Sid"] = json!("B");
    assert_eq!(
        shown(&old, &json!({"Statement": [one]})),
        ["~ statement \"A\"", "  ~ Sid: A → B"]
    );
    let tag = |key: &str| json!({"TagSet": [{"Key": key, "Value": "x"}]});
    assert_eq!(
        shown(&tag("env"), &tag("owner")),
        ["- tag \"env\"", "+ tag \"owner\""]
    );
}

#[test]
fn two_statements_of_one_sid_are_not_taken_for_each_other() {
    let of =
        |action: &str| json!({"Sid": "X", "Effect": "Allow", "Action": action, "Principal": "*"});
    assert_eq!(
        shown(
            &json!({"Statement": [of("a"), of("b")]}),
            &json!({"Statement": [of("b")]})
        ),
        ["- statement \"X\"", "= statement \"X\""]
    );
}

#[test]
fn a_lifecycle_rule_says_only_the_days_that_changed() {
    let rule = |days: u32, class: &str| {
        json!({"Rules": [
            {"ID": "keep", "Status": "Enabled", "Filter": {}},
            {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
             "Expiration": {"Days": days}, "Transitions": [{"Days": 30, "StorageClass": class}]},
        ]})
    };
    assert_eq!(
        shown(&rule(365, "GLACIER"), &rule(400, "STANDARD_IA")),
        [
            "= rule \"keep\"",
            "~ rule \"logs\"",
            "  Expiration",
            "    ~ Days: 365 → 400",
            "  ~ transition \"GLACIER\"",
            "    ~ StorageClass: GLACIER → STANDARD_IA",
        ]
    );
}

#[test]
fn a_grant_is_another_one_with_another_permission_and_has_a_short_name() {
    let grant = |permission: &str| json!({"Grants": [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": permission}]});
    assert_eq!(
        shown(&grant("READ"), &grant("WRITE")),
        ["- grant AllUsers READ", "+ grant AllUsers WRITE"]
    );
}

#[test]
fn words_that_only_changed_their_order_are_shown_in_both_orders() {
    let old = json!({"AllowedMethods": ["GET", "PUT"]});
    assert_eq!(
        shown(&old, &json!({"AllowedMethods": ["PUT", "GET"]})),
        ["~ AllowedMethods: [\"GET\",\"PUT\"] → [\"PUT\",\"GET\"]"]
    );
}

#[test]
fn an_absent_setting_is_not_an_empty_one() {
    let empty = Document::present(json!({}));
    let difference = Difference::between(&Document::ABSENT, &empty);
    assert!(!difference.is_empty());
    assert_eq!(difference.set, (false, true));
    assert!(Difference::between(&Document::ABSENT, &Document::ABSENT).is_empty());
}

/// A list of one word is spelled as its element: that much may get lost.
fn one_spelling(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), one_spelling(value)))
            .collect(),
        Value::Array(items) => match &items[..] {
            [one @ Value::String(_)] => one.clone(),
            items => items.iter().map(one_spelling).collect(),
        },
        other => other.clone(),
    }
}

/// The second document, from the first one and what lies between them alone.
fn applied(old: &Value, points: &[Point]) -> Value {
    let mut made = old.as_object().cloned().unwrap_or_default();
    for Point { key, what } in points {
        let value = match what {
            What::Added(value) => Some(value.clone()),
            What::Changed(was, value) => {
                assert_eq!(made.get(key), Some(was));
                Some(value.clone())
            }
            What::Removed(was) => {
                assert_eq!(made.get(key), Some(was));
                None
            }
            What::Words { new, .. } => Some(json!(new)),
            What::Inside {
                side: Side::Old,
                points,
            } => {
                assert_eq!(applied(&made[key], points), json!({}), "all of it is shown");
                None
            }
            What::Inside { side, points } => {
                let nothing = json!({});
                let old = if *side == Side::New {
                    &nothing
                } else {
                    &made[key]
                };
                Some(applied(old, points))
            }
            What::Members(members) => {
                let items = made
                    .get(key)
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default();
                let old = if members.side == Side::New {
                    &[][..]
                } else {
                    &items[..]
                };
                let mut slots = vec![Value::Null; members.all.len()];
                let mut seen = 0;
                for member in &members.all {
                    let nothing = json!({});
                    let was = member.at.0.map_or(&nothing, |at| &old[at]);
                    seen += usize::from(member.at.0.is_some());
                    let is = applied(was, &member.points);
                    match member.at.1 {
                        Some(at) => slots[at] = is,
                        None => assert_eq!(is, json!({}), "all of it is shown"),
                    }
                }
                assert_eq!(seen, old.len(), "every member is accounted for");
                slots.retain(|slot| !slot.is_null());
                (members.side != Side::Old).then_some(Value::Array(slots))
            }
        };
        match value {
            Some(value) => drop(made.insert(key.clone(), value)),
            None => drop(made.remove(key)),
        }
    }
    Value::Object(made)
}

fn any_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["a", "b", "c", "1", "true", "", "x, y"]);
    let leaf = prop_oneof![
        4 => word.prop_map(|word| json!(word)),
        1 => (0..3u8).prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Value::Null),
    ];
    let key = || {
        prop::sample::select(vec![
            "Sid",
            "ID",
            "Key",
            "Effect",
            "Action",
            "Statement",
            "Rules",
            "TagSet",
            "Filter",
            "Days",
        ])
    };
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let object = prop::collection::btree_map(key(), inner.clone(), 0..4).prop_map(|map| {
            Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
        });
        prop_oneof![
            3 => object.clone(),
            2 => prop::collection::vec(object, 0..4).prop_map(Value::Array),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    any_value().prop_map(|value| match value {
        Value::Object(_) => value,
        other => json!({"Statement": other}),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_second_document_can_be_made_from_the_first_and_the_difference(
        old in any_object(), new in any_object(),
    ) {
        let difference = between(&old, &new);
        prop_assert_eq!(difference.is_empty(), old == new);
        prop_assert_eq!(
            one_spelling(&applied(&old, &difference.points)),
            one_spelling(&new)
        );
    }

    #[test]
    fn a_difference_survives_its_way_to_the_screen(old in any_object(), new in any_object()) {
        let difference = between(&old, &new);
        let text = serde_json::to_string(&difference).unwrap();
        prop_assert_eq!(serde_json::from_str::<Difference>(&text).unwrap(), difference);
    }

    #[test]
    fn no_two_values_read_the_same(one in any_value(), other in any_value()) {
        prop_assert_eq!(spelled(&one) == spelled(&other), one == other);
    }
}
