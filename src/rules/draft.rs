//! A new rule to begin from: a file that loads and passes its own tests before its author has changed
//! a word, because it judges and writes what a rule of ours on the same setting does.

use toml::{Table, Value};

use super::{frameworks::HOUSE, library::Library, rule::Rule};
use crate::settings;

/// Each key in the order in which a file has it, and what its author should know.
const KEYS: [(&str, &str); 19] = [
    (
        "id",
        "Lower case, digits and dashes. A file with the id of a built-in rule takes its place.",
    ),
    (
        "version",
        "Raise it when verdicts or targets change: tickets say which version judged.",
    ),
    (
        "title",
        "What is wrong, in few words: it follows the control in the ticket's first line.",
    ),
    ("severity", "low, medium, high or critical."),
    ("setting", "What the fix writes."),
    ("reads", "What else the expressions look at."),
    (
        "controls",
        "Rows of controls.csv that this rule serves; what it covers follows from them.",
    ),
    (
        "after",
        "On one bucket this rule waits while one of these violates there.",
    ),
    (
        "applies",
        "Where this is false the bucket is skipped, and `applies_why` says why.",
    ),
    ("applies_why", ""),
    (
        "violates",
        "CEL, true or false: `sixfold rules show RULE` shows how others write it.",
    ),
    ("evidence", "A list of texts: what exactly violates."),
    (
        "rationale",
        "Two to four sentences: what can happen, and to whom.",
    ),
    ("references", "Where a reader can check it; https only."),
    (
        "frameworks",
        "What the ticket shows; exactly one is primary. `House` is the organisation's own list.",
    ),
    (
        "params",
        "What only the organisation knows. Without a default the rule is skipped until it is set.",
    ),
    (
        "fix",
        "`target` yields the whole document that the setting becomes. Build it from the one that is\n# there: whatever the rule is not about must still be in it.",
    ),
    (
        "probes",
        "Questions beside the bucket's own settings, for the hazards below.",
    ),
    (
        "hazards",
        "What could break, said before anybody approves. Each needs a test with it and one without.",
    ),
];

/// Keys of the draft that are its own and not its model's.
const OWN: [&str; 8] = [
    "id",
    "version",
    "title",
    "controls",
    "after",
    "rationale",
    "references",
    "frameworks",
];

impl Library {
    /// The text of a rule file to begin from.
    pub fn draft(&self, id: &str, setting: &str) -> Result<String, String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(format!(
                "`{id}` is no rule's id: lower-case letters, digits and dashes are wanted"
            ));
        }
        if let Some(rule) = self.get(id) {
            return Err(format!(
                "there is a rule `{id}` already ({}); to change it, copy what `sixfold rules show {id}` prints",
                rule.file
            ));
        }
        if settings::by_name(setting).is_none() {
            let names: Vec<_> = settings::all()
                .iter()
                .map(|setting| setting.name())
                .collect();
            return Err(format!(
                "unknown setting `{setting}`; there are {}",
                names.join(", ")
            ));
        }
        let on = self
            .rules()
            .iter()
            .filter(|rule| rule.setting.name() == setting);
        let usable = on.filter(|rule| {
            let fix = rule.fix.automatic();
            fix.is_some_and(|fix| fix.one_way.is_none())
        });
        let model = usable.min_by_key(|rule| rule.text.len()).ok_or_else(|| {
            format!("no rule of this library fixes `{setting}`, so there is nothing to begin from")
        })?;
        written(id, model).map_err(|error| error.to_string())
    }
}

fn written(id: &str, model: &Rule) -> Result<String, Box<dyn std::error::Error>> {
    let mut keys: Table = toml::from_str(&model.text)?;
    for key in OWN {
        keys.remove(key);
    }
    keys.insert("id".to_owned(), Value::from(id));
    keys.insert("version".to_owned(), Value::from(1));
    keys.insert(
        "title".to_owned(),
        Value::from(format!("{} (to be said)", model.title)),
    );
    keys.insert("controls".to_owned(), Value::Array(Vec::new()));
    keys.insert(
        "rationale".to_owned(),
        Value::from("To be written: what can happen, and to whom.\n"),
    );
    let reference = model.references.first().map_or(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        String::as_str,
    );
    keys.insert(
        "references".to_owned(),
        Value::Array(vec![Value::from(reference)]),
    );
    let control = Table::from_iter([
        ("framework".to_owned(), Value::from(HOUSE.0)),
        ("version".to_owned(), Value::from(HOUSE.1)),
        ("id".to_owned(), Value::from("NEW-1")),
        ("primary".to_owned(), Value::from(true)),
    ]);
    keys.insert("frameworks".to_owned(), Value::Array(vec![control.into()]));

    let mut text = format!(
        "# Drafted after {}: it judges and writes what that rule does until you change it.\n\
         # `sixfold rules lint FOLDER` and `sixfold rules test FOLDER` look at every file of a folder.\n\
         # An editor checks as you type with `#:schema FILE` as the first line, where FILE is what\n\
         # `sixfold rules schema` prints.\n",
        model.id
    );
    for (key, about) in KEYS {
        if let Some(value) = keys.remove(key) {
            text.push('\n');
            if !about.is_empty() {
                text.push_str(&format!("# {about}\n"));
            }
            text.push_str(&section(key, value)?);
        }
    }
    // Tests come last, behind whatever else the model has.
    let tests = keys.remove("tests");
    for (key, value) in keys {
        text.push('\n');
        text.push_str(&section(&key, value)?);
    }
    if let Some(tests) = tests {
        text.push_str(
            "\n# A violation with its exact target, what is compliant although it looks like one, and what a\n\
             # failed read makes of it (unknown, never compliant).\n",
        );
        text.push_str(&section("tests", tests)?);
    }
    Ok(text)
}

fn section(key: &str, value: Value) -> Result<String, toml::ser::Error> {
    let table = Table::from_iter([(key.to_owned(), value)]);
    toml::to_string_pretty(&table)
}
