//! What lies between two documents as rows, before anything is known of widths: each says what is on
//! the old side and what on the new one, so the same rows are drawn below and beside each other.

use serde_json::Value;

use crate::{
    domain::{Difference, Member, Members, Point, Safe, Side, What, listed, spelled},
    room::protocol::{DiffLine, Sign},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line that is around a change.
    Plain,
    /// What both have, folded.
    Same,
    Add,
    Remove,
    Change,
}

impl Mark {
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Plain => "  ",
            Self::Same => "= ",
            Self::Add => "+ ",
            Self::Remove => "- ",
            Self::Change => "~ ",
        }
    }

    const fn of(side: Side) -> Self {
        match side {
            Side::Old => Self::Remove,
            Side::New => Self::Add,
            Side::Both => Self::Change,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub mark: Mark,
    pub depth: usize,
    /// Stands on both sides of what changed.
    pub label: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl Row {
    fn head(mark: Mark, depth: usize, label: impl AsRef<str>) -> Self {
        Self {
            mark,
            depth,
            label: safe(label.as_ref()),
            old: None,
            new: None,
        }
    }

    fn value(depth: usize, label: &str, old: Option<&str>, new: Option<&str>) -> Self {
        let mark = match (old, new) {
            (Some(_), None) => Mark::Remove,
            (None, _) => Mark::Add,
            (Some(_), Some(_)) => Mark::Change,
        };
        Self {
            old: old.map(safe),
            new: new.map(safe),
            ..Self::head(mark, depth, label)
        }
    }

    /// As a revert reads it.
    pub fn turned(self) -> Self {
        Self {
            mark: match self.mark {
                Mark::Add => Mark::Remove,
                Mark::Remove => Mark::Add,
                mark => mark,
            },
            old: self.new,
            new: self.old,
            ..self
        }
    }

    /// `label: value`, the old one or the new one.
    pub fn said(&self, value: Option<&String>) -> String {
        match value {
            None => self.label.clone(),
            Some(value) if self.label.is_empty() => value.clone(),
            Some(value) => format!("{}: {value}", self.label),
        }
    }

    /// All of it in one line.
    pub fn text(&self, becomes: &str) -> String {
        let said = match (&self.old, &self.new) {
            (Some(old), Some(new)) if self.label.is_empty() => format!("{old} {becomes} {new}"),
            (Some(old), Some(new)) => format!("{}: {old} {becomes} {new}", self.label),
            (old, new) => self.said(old.as_ref().or(new.as_ref())),
        };
        format!("{}{}{said}", self.mark.sign(), "  ".repeat(self.depth))
    }
}

/// Made safe in parts: a long value is a difference, and must not lose its end.
fn safe(text: &str) -> String {
    const PART: usize = 1_000;
    let chars: Vec<char> = text.chars().collect();
    chars
        .chunks(PART)
        .map(|part| Safe::line(&part.iter().collect::<String>()).into_string())
        .collect()
}

/// The rows of the exact text.
pub fn of_lines(lines: &[DiffLine]) -> Vec<Row> {
    let row = |line: &DiffLine| {
        let text = line.text.as_str();
        match line.sign {
            Sign::Same => Row::head(Mark::Plain, 0, text),
            Sign::Add => Row::value(0, "", None, Some(text)),
            Sign::Remove => Row::value(0, "", Some(text), None),
        }
    };
    lines.iter().map(row).collect()
}

/// The same with each line that was replaced beside what replaced it.
pub fn paired(rows: Vec<Row>) -> Vec<Row> {
    let mut all = Vec::new();
    let mut gone: Vec<Row> = Vec::new();
    for row in rows {
        match row.mark {
            Mark::Remove => gone.push(row),
            Mark::Add => {
                let like = |old: &Row| key(old.old.as_deref()) == key(row.new.as_deref());
                if let Some(at) = gone.iter().position(like) {
                    let new = row.new;
                    all.extend(gone.drain(..at));
                    all.extend(gone.drain(..1).map(|old| Row {
                        mark: Mark::Change,
                        new: new.clone(),
                        ..old
                    }));
                } else {
                    all.push(row);
                }
            }
            _ => {
                all.append(&mut gone);
                all.push(row);
            }
        }
    }
    all.append(&mut gone);
    all
}

/// A line's indent and key; of an element of a list the indent alone.
fn key(line: Option<&str>) -> Option<&str> {
    let line = line?;
    let indent = line.len() - line.trim_start_matches(' ').len();
    match line.split_once("\": ") {
        Some((key, _)) => Some(key),
        None => line.get(..=indent),
    }
}

/// The rows of a difference by its parts.
pub fn of_parts(difference: &Difference) -> Vec<Row> {
    let mut rows = Vec::new();
    let itself = |side| Row::head(Mark::of(side), 0, "the setting itself");
    match difference.set {
        (false, true) => rows.push(itself(Side::New)),
        (true, false) => rows.push(itself(Side::Old)),
        _ => {}
    }
    points(&difference.points, "", 0, &mut rows);
    rows
}

fn points(points: &[Point], path: &str, depth: usize, rows: &mut Vec<Row>) {
    for Point { key, what } in points {
        let here = below(path, key);
        match what {
            What::Added(value) => alone(&here, value, Side::New, depth, rows),
            What::Removed(value) => alone(&here, value, Side::Old, depth, rows),
            What::Changed(old, new) => {
                let (old, new) = (spelled(old), spelled(new));
                rows.push(Row::value(depth, &here, Some(&old), Some(&new)));
            }
            What::Words { old, new } => words(&here, old, new, depth, rows),
            What::Inside { points: inner, .. } => self::points(inner, &here, depth, rows),
            What::Members(list) => members(list, path, key, depth, rows),
        }
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn one_sided(depth: usize, label: &str, text: &str, side: Side) -> Row {
    match side {
        Side::Old => Row::value(depth, label, Some(text), None),
        _ => Row::value(depth, label, None, Some(text)),
    }
}

/// What only one side has. Many words get a row each.
fn alone(label: &str, value: &Value, side: Side, depth: usize, rows: &mut Vec<Row>) {
    /// Characters that a row of words may have.
    const SHORT: usize = 64;
    let words = value.as_array().filter(|items| {
        // A list of one, read as its word, would not be told from that word.
        items.len() > 1 && !items.iter().any(|item| item.is_array() || item.is_object())
    });
    let Some(words) = words else {
        rows.push(one_sided(depth, label, &spelled(value), side));
        return;
    };
    let row = listed(words);
    if row.chars().count() <= SHORT {
        rows.push(one_sided(depth, label, &row, side));
    } else {
        rows.push(Row::head(Mark::of(side), depth, label));
        let row = |word| one_sided(depth + 1, "", &spelled(word), side);
        rows.extend(words.iter().map(row));
    }
}

fn words(label: &str, old: &[String], new: &[String], depth: usize, rows: &mut Vec<Row>) {
    let word = |word: &String| spelled(&Value::from(word.as_str()));
    rows.push(Row::head(Mark::Change, depth, label));
    for gone in old.iter().filter(|word| !new.contains(word)) {
        rows.push(one_sided(depth + 1, "", &word(gone), Side::Old));
    }
    for come in new.iter().filter(|word| !old.contains(word)) {
        rows.push(one_sided(depth + 1, "", &word(come), Side::New));
    }
    let kept: Vec<_> = old
        .iter()
        .filter(|word| new.contains(word))
        .map(word)
        .collect();
    rows.extend(folded(depth + 1, "", &kept));
}

fn members(list: &Members, path: &str, key: &str, depth: usize, rows: &mut Vec<Row>) {
    let called = |member: &Member| format!("{} {}", list.noun, member.name);
    let within = |text: String| match path {
        "" => text,
        path => format!("{path}: {text}"),
    };
    if list.side != Side::Both {
        // An empty list is none of its members, and still there.
        let whole = format!(
            "{} ({})",
            below(path, key),
            counted(list.all.len(), &list.noun)
        );
        rows.push(Row::head(Mark::of(list.side), depth, whole));
    }
    for member in list.all.iter().filter(|member| !member.is_same()) {
        let side = member.side();
        let mut text = within(called(member));
        if list.ordered && side != Side::Both {
            let place = member.at.1.or(member.at.0).unwrap_or_default() + 1;
            text.push_str(&format!(", at place {place}"));
        }
        rows.push(Row::head(Mark::of(side), depth, text));
        points(&member.points, "", depth + 1, rows);
    }
    if list.is_moved() {
        let named = |at: fn(&Member) -> Option<usize>| {
            let mut kept: Vec<_> = list
                .all
                .iter()
                .filter(|member| member.side() == Side::Both)
                .collect();
            kept.sort_by_key(|member| at(member));
            let names: Vec<_> = kept.iter().map(|member| member.name.as_str()).collect();
            names.join(", ")
        };
        let label = within(format!("order of {}s", list.noun));
        let (old, new) = (named(|member| member.at.0), named(|member| member.at.1));
        rows.push(Row::value(depth, &label, Some(&old), Some(&new)));
    }
    let same = list.all.iter().filter(|member| member.is_same());
    let names: Vec<_> = same.map(|member| member.name.clone()).collect();
    rows.extend(folded(depth, &list.noun, &names));
}

/// `3 statements`
fn counted(count: usize, noun: &str) -> String {
    match (count, noun) {
        (count, "") => count.to_string(),
        (1, noun) => format!("1 {noun}"),
        (count, noun) => match noun.split_once(' ') {
            // `entry of Foo`
            Some(("entry", of)) => format!("{count} entries {of}"),
            _ => format!("{count} {noun}s"),
        },
    }
}

/// What is the same on both sides, in one row that names it.
fn folded(depth: usize, noun: &str, names: &[String]) -> Option<Row> {
    /// Names that are read through.
    const NAMED: usize = 12;
    if names.is_empty() {
        return None;
    }
    let (shown, more) = names.split_at(names.len().min(NAMED));
    let mut text = format!(
        "{} unchanged: {}",
        counted(names.len(), noun),
        shown.join(", ")
    );
    if !more.is_empty() {
        text.push_str(&format!(" and {} more", more.len()));
    }
    Some(Row::head(Mark::Same, depth, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::domain::Document;

    fn rows(old: &Value, new: &Value) -> Vec<Row> {
        let present = |value: &Value| Document::present(value.clone());
        of_parts(&Difference::between(&present(old), &present(new)))
    }

    fn texts(rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| row.text("→")).collect()
    }

    #[test]
    fn a_rule_whose_place_counts_says_its_place() {
        let rule = |id: &str| json!({"ID": id, "AllowedMethods": ["GET"], "AllowedOrigins": ["*"]});
        assert_eq!(
            texts(&rows(
                &json!({"CORSRules": [rule("a"), rule("b")]}),
                &json!({"CORSRules": [rule("b"), rule("a")]}),
            )),
            [
                "~ order of CORS rules: \"a\", \"b\" → \"b\", \"a\"",
                "= 2 CORS rules unchanged: \"b\", \"a\"",
            ]
        );
        let added = rows(
            &json!({"CORSRules": [rule("b")]}),
            &json!({"CORSRules": [rule("a"), rule("b")]}),
        );
        assert_eq!(texts(&added)[0], "+ CORS rule \"a\", at place 1");
    }

    #[test]
    fn a_long_value_keeps_its_end() {
        let long = "x".repeat(9_000) + "end";
        let rows = rows(&json!({}), &json!({"Key": long}));
        assert!(rows[0].new.as_ref().unwrap().ends_with("xend"));
    }

    #[test]
    fn many_unchanged_members_are_counted_and_only_some_are_named() {
        let ids = |count: u32| -> Vec<_> {
            (0..count)
                .map(|id| json!({"Id": format!("{id}")}))
                .collect()
        };
        let all = rows(
            &json!({"Configurations": ids(40)}),
            &json!({"Configurations": ids(41)}),
        );
        let last = all.last().unwrap();
        assert!(
            last.label.starts_with("40 configurations unchanged: \"0\""),
            "{}",
            last.label
        );
        assert!(last.label.ends_with("and 28 more"), "{}", last.label);
    }

    #[test]
    fn lines_of_one_key_stand_beside_each_other() {
        let line = |sign, text: &str| DiffLine {
            sign,
            text: text.to_owned(),
        };
        let lines = [
            line(Sign::Remove, "  \"A\": 1,"),
            line(Sign::Remove, "  \"B\": 1"),
            line(Sign::Add, "  \"B\": 2,"),
            line(Sign::Add, "  \"C\": 1"),
        ];
        let marks: Vec<_> = paired(of_lines(&lines))
            .iter()
            .map(|row| row.mark)
            .collect();
        assert_eq!(marks, [Mark::Remove, Mark::Change, Mark::Add]);
    }

    fn count(value: &Value, by: i32, words: &mut BTreeMap<String, i32>) {
        match value {
            Value::Object(map) => map.values().for_each(|value| count(value, by, words)),
            Value::Array(items) => items.iter().for_each(|value| count(value, by, words)),
            word => *words.entry(spelled(word)).or_default() += by,
        }
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let word =
            || prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(|word| json!(word));
        let set = || {
            prop::collection::btree_set(prop::sample::select(vec!["k", "l", "m", "n", "o"]), 2..5)
                .prop_map(|words| json!(words))
        };
        let leaf = || prop_oneof![word(), set()];
        let object = move |keys: Vec<&'static str>| {
            prop::collection::btree_map(prop::sample::select(keys), leaf(), 1..4).prop_map(|map| {
                let map = map.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(map.collect::<Map<_, _>>())
            })
        };
        let statement = object(vec!["Sid", "Effect", "Action", "Resource"]);
        let rule = object(vec!["ID", "Status", "Days"]);
        (
            prop::collection::vec(statement, 1..5),
            prop::collection::vec(rule, 1..4),
            object(vec!["Version", "Id"]),
        )
            .prop_map(|(statements, rules, mut rest)| {
                rest["Statement"] = json!(statements);
                rest["Deep"] = json!({"Rules": rules});
                rest
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn every_word_that_came_or_went_stands_in_a_row(old in any_document(), new in any_document()) {
            let mut wanted = BTreeMap::new();
            count(&new, 1, &mut wanted);
            count(&old, -1, &mut wanted);
            let mut shown = BTreeMap::new();
            for row in rows(&old, &new) {
                if row.label.starts_with("order of") || row.label.contains(": order of") {
                    continue;
                }
                for (value, by) in [(&row.old, -1), (&row.new, 1)] {
                    for word in value.iter().flat_map(|text| text.split(", ")) {
                        *shown.entry(word.to_owned()).or_default() += by;
                    }
                }
            }
            wanted.retain(|_, count| *count != 0);
            shown.retain(|_, count| *count != 0);
            prop_assert_eq!(shown, wanted);
        }
    }
}
