//! Buckets, documents and rule files for the tests of the rule library.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value
)]

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use sixfold::{
    domain::{Account, Asset, Document, Environment, Identity, Owner, Subject, Tags},
    rules::{Case, Library, RuleFault, Which},
    settings,
};
use tempfile::TempDir;

pub const GROUPS: &str = "http://acs.amazonaws.com/groups";

/// The embedded library; its faults, if any, as they would be printed.
pub fn library() -> Library {
    Library::load(None).unwrap_or_else(|faults| panic!("{}", lines(&faults)))
}

pub fn lines(faults: &[RuleFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The embedded library with files over it.
pub fn library_with(files: &[(&str, &str)]) -> (Result<Library, Vec<RuleFault>>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(path, text).unwrap();
    }
    (Library::load(Some(dir.path())), dir)
}

/// A rule about versioning, with one expression of the caller's.
pub fn versioning_rule(id: &str, violates: &str, target: &str) -> String {
    format!(
        r#"
id = "{id}"
version = 1
title = "t"
severity = "low"
setting = "versioning"
violates = '{violates}'
evidence = '["e"]'
rationale = "r"

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "a"
target = '{target}'

[[tests]]
name = "v"
verdict = "violation"
documents = {{ versioning = {{ absent = true }} }}

[[tests]]
name = "c"
verdict = "compliant"
documents = {{ versioning = {{ Status = "Enabled" }} }}
"#
    )
}

/// The walkthrough's bucket.
pub fn subject() -> Subject {
    Subject {
        asset: Asset::bucket(
            Account::try_from("123456789012".to_owned()).unwrap(),
            "us-east-1",
            "acme-prod-customer-exports",
        ),
        tags: Tags::from([("env".to_owned(), "prod".to_owned())]),
        environment: Environment {
            name: "prod".to_owned(),
            production: true,
            from: "tag env".to_owned(),
        },
        owner: Owner {
            contact: "platform-security@acme.com".to_owned(),
            team: "platform-security".to_owned(),
            from: "account map".to_owned(),
        },
    }
}

pub fn grant(group: &str, permission: &str) -> Value {
    json!({"Grantee": {"Type": "Group", "URI": format!("{GROUPS}/{group}")}, "Permission": permission})
}

pub fn owners_grant() -> Value {
    json!({"Grantee": {"Type": "CanonicalUser", "ID": "0wner"}, "Permission": "FULL_CONTROL"})
}

pub fn acl(grants: Vec<Value>) -> Document {
    let value = json!({"Owner": {"ID": "0wner"}, "Grants": grants});
    settings::by_name("acl").unwrap().tidy(value).unwrap()
}

pub fn walkthrough_acl() -> Document {
    acl(vec![
        owners_grant(),
        grant("global/AllUsers", "READ"),
        grant("s3/LogDelivery", "WRITE"),
    ])
}

/// The role of a room in the walkthrough's account.
pub fn room() -> Identity {
    Identity {
        account: Some("123456789012".to_owned()),
        arn: Some("arn:aws:iam::123456789012:role/sixfold".to_owned()),
        writer: None,
        in_the_clear: false,
    }
}

pub fn case(documents: impl IntoIterator<Item = (&'static str, Document)>) -> Case {
    Case {
        subject: subject(),
        documents: documents
            .into_iter()
            .map(|(name, document)| (name.to_owned(), Ok(document)))
            .collect(),
        params: BTreeMap::new(),
        answers: BTreeMap::new(),
        room: room(),
        rules: Which::All,
    }
}

/// A rule that wants a tag of the bucket and adds it. `extra` are lines of its head, such as `after`.
pub fn tag_rule(id: &str, severity: &str, tag: &str, extra: &str) -> String {
    format!(
        r#"
id = "{id}"
version = 1
title = "tag {tag} missing"
severity = "{severity}"
setting = "tagging"
{extra}
violates = '!("{tag}" in tagging.tags)'
evidence = '["no tag {tag}"]'
rationale = "r"

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "add the tag {tag}"
target = '{{"TagSet": tagging.TagSet + [{{"Key": "{tag}", "Value": "yes"}}]}}'

[[tests]]
name = "v"
verdict = "violation"
documents = {{ tagging = {{ absent = true }} }}

[[tests]]
name = "c"
verdict = "compliant"
documents = {{ tagging = {{ TagSet = [{{ Key = "{tag}", Value = "yes" }}] }} }}
"#
    )
}
