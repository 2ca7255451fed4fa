//! What lies between two config files, for whoever had a running room read its file again.
//!
//! It looks at what was typed. Values are told of plain settings only: an address or a token may be a
//! password, and in a list of tables the reader wants to know which table, not each of its words. Of secrets
//! that are kept elsewhere it is told that they are others, never what they are.

use toml::{Table, Value};

use super::{Channels, Config};
use crate::domain::Role;

/// Tables whose values are told.
const PLAIN: [&str; 12] = [
    "approval",
    "breaker",
    "channels",
    "cloud",
    "environments",
    "keys",
    "members",
    "owners",
    "room",
    "scan",
    "vault",
    "verify",
];

impl Config {
    /// What is not the same in a newer reading of the file, one sentence each, in the order of keys.
    pub fn changes(&self, newer: &Self) -> Vec<String> {
        let table = |config: &Self| config.source.reveal().parse::<Table>().unwrap_or_default();
        let (old, new) = (table(self), table(newer));
        let mut changes = Vec::new();
        between("", &old, &new, &mut changes);
        changes.extend(self.channels.other_secrets(&newer.channels));
        changes
    }
}

impl Channels {
    /// Whose secrets are not those of before. Only what was read can be told apart.
    fn other_secrets(&self, newer: &Self) -> Vec<String> {
        let hooks = newer.webhooks.iter().filter(|hook| {
            let before = self.webhooks.iter().find(|old| old.name == hook.name);
            before.is_some_and(|old| old.url != hook.url || old.keys() != hook.keys())
        });
        let mails = newer.email.iter().filter(|mail| {
            let before = self.email.iter().find(|old| old.name == mail.name);
            before.is_some_and(|old| old.login != mail.login)
        });
        let pager = self.pagerduty.iter().zip(&newer.pagerduty);
        let pager = pager.filter(|(old, new)| old.routing_key != new.routing_key);
        let hooks = hooks.map(|hook| format!("secrets of [[webhooks]] {} changed", hook.name));
        let mails = mails.map(|mail| format!("secrets of [[email]] {} changed", mail.name));
        let pager = pager.map(|_| "secrets of [pagerduty] changed".to_owned());
        hooks.chain(mails).chain(pager).collect()
    }
}

fn between(path: &str, old: &Table, new: &Table, changes: &mut Vec<String>) {
    let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        let name = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match (before, after) {
            (Some(Value::Table(before)), Some(Value::Table(after))) => {
                between(&name, before, after, changes);
            }
            (Some(Value::Table(before)), None) => between(&name, before, &Table::new(), changes),
            (None, Some(Value::Table(after))) => between(&name, &Table::new(), after, changes),
            (before, after) => changes.push(told(&name, before, after)),
        }
    }
}

fn told(name: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let first = name.split('.').next().unwrap_or(name);
    let is_list = |value: Option<&Value>| {
        value
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().any(Value::is_table))
    };
    if is_list(before) || is_list(after) {
        return lists(name, before, after);
    }
    if first != name && !PLAIN.contains(&first) {
        return format!("{name} changed");
    }
    let word = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), Value::to_string);
    format!("{name}: {} → {}", word(before), word(after))
}

/// Which tables of a list came, went or changed, by what they are called.
fn lists(name: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let tables = |value: Option<&Value>| -> Vec<Table> {
        let items = value.and_then(Value::as_array);
        let tables = items.into_iter().flatten().filter_map(Value::as_table);
        tables.cloned().collect()
    };
    let called = |table: &Table| {
        let name = ["name", "id", "environment", "severity"]
            .iter()
            .find_map(|key| table.get(*key)?.as_str().map(str::to_owned));
        name.unwrap_or_else(|| "?".to_owned())
    };
    let (old, new) = (tables(before), tables(after));
    let find = |tables: &[Table], wanted: &str| {
        let found = tables.iter().find(|table| called(table) == wanted);
        found.cloned()
    };
    // Of people it matters most who may do what.
    let role = |table: &Table| {
        let typed = table.get("role").and_then(Value::as_str);
        typed.unwrap_or(Role::default().word()).to_owned()
    };
    let roles = |before: Option<&Table>, after: &Table| match before.map(role) {
        _ if name != "people" => String::new(),
        None => format!(" ({})", role(after)),
        Some(before) if before == role(after) => String::new(),
        Some(before) => format!(" ({before} → {})", role(after)),
    };
    let mut words = Vec::new();
    for table in &old {
        match find(&new, &called(table)) {
            None => words.push(format!("{} gone", called(table))),
            Some(newer) if newer != *table => {
                let roles = roles(Some(table), &newer);
                words.push(format!("{} changed{roles}", called(table)));
            }
            Some(_) => {}
        }
    }
    let added = new
        .iter()
        .filter(|table| find(&old, &called(table)).is_none());
    words.extend(added.map(|table| format!("{} new{}", called(table), roles(None, table))));
    if words.is_empty() {
        words.push("another order".to_owned());
    }
    format!("[[{name}]]: {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::path::Path;

    use super::*;

    fn changes(old: &str, new: &str) -> Vec<String> {
        let parsed = |text| Config::parse(text, Path::new("sixfold.toml")).unwrap();
        parsed(old).changes(&parsed(new))
    }

    #[test]
    fn settings_are_told_with_both_values_and_tables_of_a_list_by_name() {
        let old = "[approval]\nwindow = \"60m\"\n[[people]]\nname = \"nina\"\n[[people]]\nname = \"otto\"\n";
        let new = "mode = \"observe\"\n[approval]\nwindow = \"30m\"\n[[people]]\nname = \"nina\"\nrole = \"lead\"\n[[people]]\nname = \"lena\"\n";
        assert_eq!(
            changes(old, new),
            [
                "approval.window: \"60m\" → \"30m\"",
                "mode: not set → \"observe\"",
                "[[people]]: nina changed (approver → lead), otto gone, lena new (approver)",
            ]
        );
        assert!(changes(old, old).is_empty());
    }

    #[test]
    fn a_secret_that_is_another_one_in_the_same_file_is_told_of_and_never_shown() {
        let text = "[[webhooks]]\nname = \"audit\"\nurl_file = \"url\"\n\
             [[email]]\nname = \"mail\"\nserver = \"smtp.example\"\nfrom = \"a@b.c\"\nto = [\"b@c.d\"]\n\
             user = \"u\"\npassword_file = \"password\"\n\
             [pagerduty]\nrouting_key_file = \"key\"\n";
        let folder = tempfile::tempdir().unwrap();
        let read = |[url, password, key]: [&str; 3]| {
            for (name, secret) in [("url", url), ("password", password), ("key", key)] {
                std::fs::write(folder.path().join(name), secret).unwrap();
            }
            let mut config = Config::parse(text, &folder.path().join("sixfold.toml")).unwrap();
            config.read_secrets().unwrap();
            config
        };
        let before = read(["https://hooks.example/ONE", "ONE", "ONE"]);
        let (hook, mail) = (
            "secrets of [[webhooks]] audit changed",
            "secrets of [[email]] mail changed",
        );
        for (after, told) in [
            (["https://hooks.example/ONE", "ONE", "ONE"], &[][..]),
            (["https://hooks.example/TWO", "ONE", "ONE"], &[hook]),
            (["https://hooks.example/ONE", "TWO", "ONE"], &[mail]),
            (
                ["https://hooks.example/TWO", "ONE", "TWO"],
                &[hook, "secrets of [pagerduty] changed"],
            ),
        ] {
            assert_eq!(before.changes(&read(after)), told);
        }
    }

    #[test]
    fn an_address_that_is_a_password_is_never_told() {
        let hook = |secret| {
            format!("[[webhooks]]\nname = \"audit\"\nurl = \"https://hooks.example/{secret}\"\n")
        };
        let told = changes(&hook("ONE-SECRET"), &hook("OTHER-SECRET"));
        assert_eq!(told, ["[[webhooks]]: audit changed"]);
    }
}
