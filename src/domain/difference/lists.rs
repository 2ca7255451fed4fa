//! How members of the lists in S3's settings are told apart: one row a list, by its key.

use serde_json::Value;

use super::spelling::{listed, spelled};

/// A list of objects.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    key: &'static str,
    /// Of one member; empty for lists that nobody knows.
    noun: &'static str,
    /// Paths whose values together say which one it is; those that are there count.
    by: &'static [&'static str],
    /// Paths that say what it is about, where nothing says which one it is.
    says: &'static [&'static str],
    /// Who has another identity is another one. Else a new name for the same is a change of name.
    pub strict: bool,
    /// If one on each side is left over, one became the other.
    pub lone: bool,
    /// The first that fits counts.
    pub ordered: bool,
}

const fn list(
    key: &'static str,
    noun: &'static str,
    by: &'static [&'static str],
    says: &'static [&'static str],
) -> List {
    List {
        key,
        noun,
        by,
        says,
        strict: false,
        lone: false,
        ordered: false,
    }
}

impl List {
    const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    const fn lone(mut self) -> Self {
        self.lone = true;
        self
    }

    const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }
}

const GRANT: &[&str] = &[
    "Grantee.URI",
    "Grantee.ID",
    "Grantee.EmailAddress",
    "Permission",
];
const EVENTS: &[&str] = &["Events"];

static LISTS: [List; 18] = [
    list(
        "Statement",
        "statement",
        &["Sid"],
        &["Effect", "Action", "NotAction"],
    ),
    // Of lifecycle, replication, encryption and ownership controls.
    list("Rules", "rule", &["ID"], &["Status", "Filter", "Prefix"]).lone(),
    list("CORSRules", "CORS rule", &["ID"], &["AllowedOrigins"])
        .lone()
        .ordered(),
    list("RoutingRules", "routing rule", &[], &["Condition"])
        .lone()
        .ordered(),
    list("Grants", "grant", GRANT, &[]).strict(),
    list("TargetGrants", "target grant", GRANT, &[]).strict(),
    list("TagSet", "tag", &["Key"], &[]).strict(),
    list("Tags", "tag", &["Key"], &[]).strict(),
    list("Transitions", "transition", &["StorageClass"], &[]).lone(),
    list(
        "NoncurrentVersionTransitions",
        "noncurrent transition",
        &["StorageClass"],
        &[],
    )
    .lone(),
    list("Tierings", "tier", &["AccessTier"], &[]).strict(),
    list("FilterRules", "filter rule", &["Name"], &[]).strict(),
    list(
        "TopicConfigurations",
        "topic configuration",
        &["Id"],
        EVENTS,
    ),
    list(
        "QueueConfigurations",
        "queue configuration",
        &["Id"],
        EVENTS,
    ),
    list(
        "LambdaFunctionConfigurations",
        "function configuration",
        &["Id"],
        EVENTS,
    ),
    // Of inventory, metrics and tiering.
    list("Configurations", "configuration", &["Id"], &[]).strict(),
    list("AccessPoints", "access point", &["Name"], &[]).strict(),
    list("", "", &[], &[]),
];

impl List {
    /// The row of a key; the last one is for all that have none.
    pub fn of(key: &str) -> &'static Self {
        let known = LISTS.iter().find(|list| list.key == key);
        known.unwrap_or(&LISTS[LISTS.len() - 1])
    }

    pub fn noun(&self, key: &str) -> String {
        if self.noun.is_empty() {
            format!("entry of {key}")
        } else {
            self.noun.to_owned()
        }
    }

    /// Which one it is, where it says so.
    pub fn identity(&self, member: &Value) -> Option<Vec<String>> {
        let values: Vec<_> = self
            .by
            .iter()
            .filter_map(|path| Some(format!("{path}={}", at(member, path)?)))
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// What people call it; `number` is its place, from 0.
    pub fn name(&self, member: &Value, number: usize) -> String {
        let words = |paths: &[&str]| {
            let found = paths.iter().filter_map(|path| at(member, path));
            found.map(short).collect::<Vec<_>>()
        };
        match (&words(self.by)[..], &words(self.says)[..]) {
            ([], []) => format!("#{}", number + 1),
            ([], says) => format!("#{} ({})", number + 1, says.join(" ")),
            ([one], _) => format!("\"{one}\""),
            (parts, _) => parts.join(" "),
        }
    }
}

fn at<'a>(member: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(member, |value, key| value.get(key))
}

/// Amazon's groups by their own name; everything else as it stands.
fn short(value: &Value) -> String {
    const GROUPS: &str = "http://acs.amazonaws.com/groups/";
    match value {
        Value::String(text) => match text
            .strip_prefix(GROUPS)
            .and_then(|rest| rest.rsplit('/').next())
        {
            Some(group) => group.to_owned(),
            None => text.clone(),
        },
        Value::Array(items) => listed(items),
        other => spelled(other),
    }
}
