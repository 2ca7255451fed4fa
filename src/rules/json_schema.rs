//! The shape of a rule file for editors: JSON Schema, made from one table of keys and from what the
//! binary knows (settings, frameworks, rows, severities). A test holds it to [`super::schema`].

use serde_json::{Map, Value, json};

use super::frameworks::Catalogue;
use crate::{domain::Severity, settings};

/// One key of a table.
struct Key {
    name: &'static str,
    required: bool,
    about: &'static str,
    shape: Value,
}

const fn key(name: &'static str, about: &'static str, shape: Value) -> Key {
    Key {
        name,
        required: false,
        about,
        shape,
    }
}

impl Key {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

fn table(keys: Vec<Key>) -> Value {
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let properties: Map<String, Value> = keys
        .into_iter()
        .map(|key| {
            let mut shape = key.shape;
            shape["description"] = json!(key.about);
            (key.name.to_owned(), shape)
        })
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn text() -> Value {
    json!({"type": "string"})
}

/// A CEL expression: capped as the loader caps it.
fn expression() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 2048})
}

fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

fn one_of<S: Into<Value>>(words: impl IntoIterator<Item = S>) -> Value {
    let words: Vec<Value> = words.into_iter().map(Into::into).collect();
    json!({"type": "string", "enum": words})
}

fn list(items: impl Into<Value>) -> Value {
    json!({"type": "array", "items": items.into()})
}

fn map(values: impl Into<Value>) -> Value {
    json!({"type": "object", "additionalProperties": values.into()})
}

/// The schema as `rules/schema.json` has it.
pub fn json_schema(catalogue: &Catalogue) -> Value {
    let mut schema = rule(catalogue);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("A Sixfold rule");
    schema["description"] =
        json!("One rule: what it reads, when a bucket violates it, and what ends the violation.");
    schema["oneOf"] = json!([{"required": ["fix"]}, {"required": ["manual"]}]);
    schema
}

fn rule(catalogue: &Catalogue) -> Value {
    let mut keys = subject(catalogue);
    keys.extend(judgement(catalogue));
    table(keys)
}

/// What a rule is called, what it looks at and what it stands for.
fn subject(catalogue: &Catalogue) -> Vec<Key> {
    let names = || settings::all().iter().map(|setting| setting.name());
    vec![
        key(
            "id",
            "Lower case, digits and dashes. A file with the id of a built-in rule takes its place.",
            json!({"type": "string", "pattern": "^[a-z0-9-]+$"}),
        )
        .required(),
        key(
            "version",
            "Raise it when verdicts or targets change.",
            json!({"type": "integer", "minimum": 0}),
        )
        .required(),
        key(
            "title",
            "What is wrong, in few words.",
            json!({"type": "string", "minLength": 1}),
        )
        .required(),
        key(
            "severity",
            "How much it matters.",
            one_of(Severity::ALL.map(Severity::word)),
        )
        .required(),
        key(
            "setting",
            "What the fix writes; with [manual], what it is about.",
            one_of(names()),
        )
        .required(),
        key(
            "reads",
            "What else the expressions look at.",
            list(one_of(names())),
        ),
        key(
            "controls",
            "Rows of controls.csv that the rule serves.",
            list(one_of(catalogue.slugs())),
        ),
        key(
            "after",
            "On one bucket this rule waits while one of these violates there.",
            texts(),
        ),
    ]
}

/// What it says, what ends the violation, and how both are told and tested.
fn judgement(catalogue: &Catalogue) -> Vec<Key> {
    vec![
        key(
            "applies",
            "CEL: where it is false the bucket is skipped.",
            expression(),
        ),
        key(
            "applies_why",
            "Why a bucket is skipped where `applies` is false.",
            text(),
        ),
        key(
            "violates",
            "CEL: true where the bucket violates the rule.",
            expression(),
        )
        .required(),
        key(
            "evidence",
            "CEL: a list of texts that say what violates.",
            expression(),
        )
        .required(),
        key("fix", "What is written.", fix()),
        key(
            "manual",
            "What a person does, where no call can fix it.",
            manual(),
        ),
        key(
            "probes",
            "Questions beside the bucket's own settings, asked only of what violates; only with [fix].",
            list(probe()),
        ),
        key(
            "hazards",
            "What could break; only with [fix].",
            list(hazard()),
        ),
        key(
            "rationale",
            "Two to four sentences: what can happen, and to whom.",
            text(),
        )
        .required(),
        key(
            "references",
            "Where a reader can check it.",
            list(json!({"type": "string", "pattern": "^https://"})),
        ),
        key(
            "frameworks",
            "What the ticket shows; exactly one is primary.",
            list(framework(catalogue)),
        ),
        key("params", "What only the organisation knows.", list(param())),
        key(
            "tests",
            "At least one violation and one compliant case.",
            list(test()),
        ),
    ]
}

fn framework(catalogue: &Catalogue) -> Value {
    let mut names: Vec<String> = catalogue
        .editions()
        .map(|edition| edition.framework.name.clone())
        .collect();
    names.dedup();
    let mut versions: Vec<String> = catalogue
        .editions()
        .map(|edition| edition.version.name.clone())
        .collect();
    versions.sort();
    versions.dedup();
    table(vec![
        key(
            "framework",
            "Its name, as rules/frameworks.toml has it.",
            one_of(names),
        )
        .required(),
        key("version", "Ids move between versions.", one_of(versions)).required(),
        key(
            "id",
            "An id of the rule's rows; of House, one such as TAG-1.",
            text(),
        )
        .required(),
        key(
            "primary",
            "The one in the ticket's first line.",
            json!({"type": "boolean"}),
        ),
    ])
}

fn param() -> Value {
    let kind = || one_of(["text", "number", "list", "map", "bool"]);
    table(vec![
        key("name", "As expressions say it: params.NAME.", text()).required(),
        key("about", "What it is for, for whoever sets it.", text()).required(),
        key(
            "type",
            "One type, or several that it may be of.",
            json!({"anyOf": [kind(), list(kind())]}),
        ),
        key(
            "default",
            "Without one, the rule is skipped until it is set.",
            json!({}),
        ),
    ])
}

fn fix() -> Value {
    table(vec![
        key("action", "A verb phrase: remove public-read grant.", text()).required(),
        key(
            "target",
            "CEL: the whole document that the setting becomes.",
            expression(),
        )
        .required(),
        key("one_way", "Why it can't be undone, where it can't.", text()),
    ])
}

fn manual() -> Value {
    table(vec![
        key("action", "A verb phrase: turn on MFA delete.", text()).required(),
        key(
            "steps",
            "What a person does; {bucket}, {region} and {account} are filled in.",
            json!({"type": "array", "items": text(), "minItems": 1}),
        )
        .required(),
    ])
}

fn probe() -> Value {
    let names = settings::all().iter().map(|setting| setting.name());
    let mut table = table(vec![
        key("name", "A variable of the hazards.", text()).required(),
        key(
            "about",
            "What a hazard calls it where it could not be asked.",
            text(),
        )
        .required(),
        key("bucket", "CEL: the name of a bucket.", expression()),
        key("key", "CEL: a KMS key's ARN, alias or id.", expression()),
        key(
            "objects",
            "CEL: which of the bucket's objects are counted.",
            expression(),
        ),
        key(
            "reads",
            "With `bucket`: the settings that are read of it.",
            list(one_of(names)),
        ),
    ]);
    let kinds = ["bucket", "key", "objects"].map(|kind| json!({"required": [kind]}));
    table["oneOf"] = json!(kinds);
    table
}

fn hazard() -> Value {
    table(vec![
        key(
            "level",
            "How bad it could be.",
            one_of(["note", "medium", "high"]),
        )
        .required(),
        key(
            "blocks",
            "S3 would refuse the fix: while it holds, none is planned.",
            json!({"type": "boolean"}),
        ),
        key("when", "CEL: true where it is to be said.", expression()).required(),
        key("text", "What could break.", text()).required(),
        key(
            "names",
            "CEL: a list of texts, put behind `text`.",
            expression(),
        ),
    ])
}

fn test() -> Value {
    let words = ["violation", "blocked", "compliant", "skipped", "unknown"];
    table(vec![
        key("name", "What it shows, as a sentence.", text()).required(),
        key("verdict", "What the rule must say.", one_of(words)).required(),
        key(
            "documents",
            "By setting: the document, { absent = true }, or { failed = \"cause\" }.",
            map(json!({"type": "object"})),
        ),
        key("tags", "The bucket's tags.", map(text())),
        key("params", "What the organisation has set.", map(json!({}))),
        key(
            "bucket",
            "What is known of the bucket beside its documents.",
            bucket(),
        ),
        key("target", "What the setting must become.", json!({})),
        key("evidence", "What the evidence must be.", texts()),
        key(
            "hazards",
            "A part of each hazard that must be said, in order.",
            texts(),
        ),
        key(
            "probes",
            "The answers to the rule's questions; what is left out is as usual, { failed = \"cause\" } failed.",
            map(json!({"type": "object"})),
        ),
        key("asks", "What must be asked.", map(json!({}))),
        key(
            "says",
            "A part of the skip's reason, the unknown's cause, or what blocks the fix; of a violation, of why the fixed bucket is not known to be compliant.",
            text(),
        ),
    ])
}

fn bucket() -> Value {
    table(vec![
        key("name", "Its name.", text()),
        key("region", "Where it is.", text()),
        key("env", "Its environment; prod is production.", text()),
        key("env_from", "How that is known.", text()),
        key("owner", "Whom it belongs to.", text()),
        key("owner_from", "How that is known.", text()),
        key("team", "The owner's team.", text()),
    ])
}
