//! Every field of the filter, in one table: the parser, what it says when it does not understand, and
//! the help all read it.

use crate::domain::{Severity, Stage, artifact::Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Severity,
    Environment,
    Rule,
    Owner,
    Account,
    Region,
    Stage,
    Framework,
    Setting,
    Outcome,
    Is,
    Age,
    Change,
}

/// What stands behind a field's colon.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Any text; the words say of what it is a part.
    Text(&'static str),
    /// The same, and at least one letter or digit of it counts.
    Letters(&'static str),
    Severity,
    Age,
    /// Part of one of these.
    PartOf(fn() -> Vec<&'static str>),
    Is,
}

/// One line of the table.
pub struct Row {
    pub field: Field,
    pub name: &'static str,
    /// Another name for it; empty where there is none.
    pub long: &'static str,
    pub takes: Takes,
    pub example: &'static str,
    pub description: &'static str,
}

const fn row(
    field: Field,
    (name, long): (&'static str, &'static str),
    takes: Takes,
    example: &'static str,
    description: &'static str,
) -> Row {
    Row {
        field,
        name,
        long,
        takes,
        example,
        description,
    }
}

/// The table, in the order in which help shows it.
pub const FIELDS: &[Row] = &[
    row(
        Field::Severity,
        ("sev", "severity"),
        Takes::Severity,
        "sev:>=medium",
        "that severe; > >= < <= go before it",
    ),
    row(
        Field::Environment,
        ("env", "environment"),
        Takes::Text("the beginning of an environment's name or of a word in it"),
        "env:prod,staging",
        "the environment's name, or the beginning of a word in it",
    ),
    row(
        Field::Rule,
        ("rule", ""),
        Takes::Text("part of a rule's id"),
        "rule:acl",
        "part of the rule's id",
    ),
    row(
        Field::Owner,
        ("owner", ""),
        Takes::Text("part of an owner's name"),
        "owner:platform",
        "part of the owner's address or team",
    ),
    row(
        Field::Account,
        ("account", ""),
        Takes::Text("part of an account's number"),
        "account:1111",
        "part of the account's number",
    ),
    row(
        Field::Region,
        ("region", ""),
        Takes::Text("the beginning of a region's name"),
        "region:eu",
        "the beginning of the region's name",
    ),
    row(
        Field::Stage,
        ("stage", ""),
        Takes::PartOf(stages),
        "stage:awaiting",
        "where the change stands: awaiting, by hand, closed, …",
    ),
    row(
        Field::Framework,
        ("framework", "control"),
        Takes::Letters("part of a framework or control"),
        "framework:hipaa",
        "part of a framework or of one of its controls, as cis1.20",
    ),
    row(
        Field::Setting,
        ("setting", ""),
        Takes::Text("part of a setting's name"),
        "setting:policy",
        "part of the setting that the fix writes",
    ),
    row(
        Field::Outcome,
        ("outcome", ""),
        Takes::PartOf(outcomes),
        "outcome:reverted",
        "how a closed change ended",
    ),
    row(
        Field::Is,
        ("is", ""),
        Takes::Is,
        "is:open",
        "open, closed, halted, production, exempt, manual",
    ),
    row(
        Field::Age,
        ("age", ""),
        Takes::Age,
        "age:>2h",
        "found so long ago: > or < and a number of s, m, h, d or w",
    ),
    row(
        Field::Change,
        ("change", "chg"),
        Takes::Letters("part of a change's number"),
        "change:114",
        "part of the change's number",
    ),
];

impl Row {
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let names = [self.name, self.long].into_iter();
        names.filter(|name| !name.is_empty())
    }
}

impl Field {
    pub fn row(self) -> &'static Row {
        // One line for each variant; a test counts them.
        FIELDS
            .iter()
            .find(|row| row.field == self)
            .unwrap_or(&FIELDS[0])
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        FIELDS
            .iter()
            .find(|row| row.names().any(|known| known == name))
            .map(|row| row.field)
    }
}

impl Takes {
    /// What is allowed, in words.
    pub fn words(self) -> String {
        match self {
            Self::Text(words) | Self::Letters(words) => words.to_owned(),
            Self::Severity => {
                let words = Severity::ALL.map(Severity::word).join(", ");
                format!("{words}, with > >= < <= before it if you like")
            }
            Self::Age => "> or < and a time in s, m, h, d or w".to_owned(),
            Self::PartOf(all) => format!("part of {}", all().join(", ")),
            Self::Is => Is::ALL.map(Is::word).join(", "),
        }
    }
}

fn stages() -> Vec<&'static str> {
    Stage::ALL.map(Stage::word).to_vec()
}

/// A change that was put back ended as reverted, whatever its record says.
fn outcomes() -> Vec<&'static str> {
    let mut words = Outcome::ALL.map(Outcome::word).to_vec();
    words.push("reverted");
    words
}

/// What a change can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Open,
    Closed,
    Halted,
    Production,
    /// Its rule is not applied to its bucket now.
    Exempt,
    /// A person does it.
    Manual,
}

impl Is {
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Closed,
        Self::Halted,
        Self::Production,
        Self::Exempt,
        Self::Manual,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Halted => "halted",
            Self::Production => "production",
            Self::Exempt => "exempt",
            Self::Manual => "manual",
        }
    }
}
