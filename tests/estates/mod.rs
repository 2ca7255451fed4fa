//! Buckets that violate a rule, made from the rule's own tests: each document that its author wrote
//! down as a violation is put on a real bucket over HTTP, and varied by things that the rule is not
//! about, which a fix has to leave alone.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // each test file uses its part

pub mod mix;
pub mod world;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use aws_sdk_s3::{
    Client,
    config::Region,
    types::{BucketLocationConstraint, CreateBucketConfiguration},
};
use serde_json::{Map, Value, json};
use sixfold::{
    domain::{Document, Scope},
    rules::{Library, Rule},
    settings::{self, Bucket, Setting, Step},
};

/// The marker in everything that a variation adds.
pub const NOISE: &str = "unrelated";

/// Rules whose violations no bucket of AWS can be in, and why.
pub const NOT_HERE: &[(&str, &str)] = &[(
    "default-encryption",
    "S3 always has a default; it is missing on other endpoints",
)];

/// A violation as a rule file writes it down.
#[derive(Clone, Debug)]
pub struct Seed {
    pub test: String,
    pub region: String,
    /// The environment that the account map says; none where the test leaves it to the default.
    pub environment: Option<String>,
    /// By setting; null is absent.
    pub documents: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
    pub params: BTreeMap<String, Value>,
}

/// The violations among the tests of a rule that a bucket can be in; none where the rule is about the
/// account, which is proven in a file of its own.
pub fn seeds(rule: &Rule) -> Vec<Seed> {
    if rule.scope() == Scope::Account {
        return Vec::new();
    }
    let file: toml::Value = toml::from_str(&rule.text).unwrap();
    let file = serde_json::to_value(file).unwrap();
    let tests = file["tests"].as_array().cloned().unwrap_or_default();
    tests.iter().filter_map(seed).collect()
}

fn seed(test: &Value) -> Option<Seed> {
    let empty = Map::new();
    let bucket = test["bucket"].as_object().unwrap_or(&empty);
    let said = |key: &str| bucket.get(key).and_then(Value::as_str);
    let documents = test["documents"].as_object().unwrap_or(&empty);
    let failed = documents
        .values()
        .any(|value| value.get("failed").is_some());
    // What nobody knows about a bucket can't be put on one.
    if test["verdict"] != "violation" || failed || said("env_from") == Some("unknown") {
        return None;
    }
    let map = |key: &str| test[key].as_object().unwrap_or(&empty).clone();
    let absent = |value: &Value| *value == json!({"absent": true});
    Some(Seed {
        test: test["name"].as_str()?.to_owned(),
        region: said("region").unwrap_or("us-east-1").to_owned(),
        environment: said("env").map(str::to_owned),
        documents: documents
            .iter()
            .map(|(name, value)| {
                let value = if absent(value) { &Value::Null } else { value };
                (name.clone(), value.clone())
            })
            .collect(),
        tags: map("tags")
            .into_iter()
            .map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        params: map("params").into_iter().collect(),
    })
}

/// Whose names the rule files use, and whose they become.
#[derive(Clone, Debug)]
pub struct Names {
    pub account: String,
    pub canonical_id: String,
}

impl Names {
    /// A value of a rule file as it would be on the bucket of that name.
    pub fn on(&self, bucket: &str, value: &Value) -> Value {
        let text = value
            .to_string()
            .replace("example-bucket", bucket)
            .replace("123456789012", &self.account)
            .replace("0wner", &self.canonical_id);
        serde_json::from_str(&text).unwrap()
    }
}

/// The order in which documents can be put on a bucket that is open at first: what closes comes last.
pub const ORDER: [&str; 19] = [
    "ownership_controls",
    "acl",
    "policy",
    "encryption",
    "versioning",
    "object_lock",
    "logging",
    "lifecycle",
    "replication",
    "cors",
    "website",
    "notification",
    "accelerate",
    "request_payment",
    "intelligent_tiering",
    "inventory",
    "metrics",
    "tagging",
    "public_access_block",
];

/// One bucket to be made.
#[derive(Clone, Debug)]
pub struct Made {
    pub name: String,
    pub seed: Seed,
    /// Of every setting that something was put on.
    pub documents: BTreeMap<String, Document>,
}

/// The documents of a bucket made from a seed: the `variation`th, with things that the rule is not
/// about. The first is the seed as it is.
pub fn documents(
    rule: &Rule,
    seed: &Seed,
    names: &Names,
    bucket: &str,
    variation: usize,
) -> BTreeMap<String, Document> {
    let mut values: BTreeMap<String, Value> = seed
        .documents
        .iter()
        .map(|(name, value)| (name.clone(), names.on(bucket, value)))
        .collect();
    if !values.contains_key("tagging") && !seed.tags.is_empty() {
        let tags = seed.tags.iter();
        let set: Vec<Value> = tags
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        values.insert("tagging".to_owned(), json!({ "TagSet": set }));
    }
    // S3 takes replication rules only where versions are kept.
    if values.get("replication").is_some_and(|it| !it.is_null()) {
        let enabled = json!({"Status": "Enabled"});
        values.entry("versioning".to_owned()).or_insert(enabled);
    }
    if variation > 0 {
        vary(rule, &mut values, names, bucket, variation);
    }
    values
        .into_iter()
        .filter(|(name, _)| ORDER.contains(&name.as_str()))
        .map(|(name, value)| {
            let setting = settings::by_name(&name).unwrap();
            let document = if value.is_null() {
                Document::ABSENT
            } else {
                let tidied = setting.tidy(value);
                tidied.unwrap_or_else(|error| panic!("{} {name}: {error}", rule.id))
            };
            (name, document)
        })
        .collect()
}

/// Adds things by the bits of `variation`: to the lists that are there, and, where the rule does not
/// look, settings of their own.
fn vary(
    rule: &Rule,
    values: &mut BTreeMap<String, Value>,
    names: &Names,
    bucket: &str,
    variation: usize,
) {
    let looks = |name: &str| rule.reads.iter().any(|setting| setting.name() == name);
    let additions = additions(names, bucket, variation);
    for (at, (name, list, item)) in additions.into_iter().enumerate() {
        if (variation >> (at % 5)) & 1 == 0 || settings::by_name(name).is_none() {
            continue;
        }
        match values.get_mut(name) {
            Some(Value::Object(document)) => {
                if let Some(items) = document.get_mut(list).and_then(Value::as_array_mut) {
                    let old_form = items.iter().any(|item| item.get("Prefix").is_some());
                    items.push(if old_form { in_old_form(item) } else { item });
                }
            }
            // Whether something is there at all may be what the rule is about.
            Some(_) => {}
            None if looks(name) => {}
            None => {
                values.insert(name.to_owned(), json!({ list: [item] }));
            }
        }
    }
}

/// A lifecycle rule with `Prefix` in the place of `Filter`: S3 mixes the two forms in no
/// configuration.
fn in_old_form(mut item: Value) -> Value {
    let filter = item.as_object_mut().and_then(|item| item.remove("Filter"));
    if let Some(filter) = filter {
        item["Prefix"] = filter["Prefix"].clone();
    }
    item
}

/// (setting, list, item): harmless, and none of the library's business.
fn additions(names: &Names, bucket: &str, n: usize) -> Vec<(&'static str, &'static str, Value)> {
    let account = &names.account;
    vec![
        (
            "policy",
            "Statement",
            json!({
                "Sid": format!("{NOISE}Reader{n}"),
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
                "Action": ["s3:GetObject", "s3:GetObjectTagging"],
                "Resource": format!("arn:aws:s3:::{bucket}/{NOISE}/{n}/*"),
            }),
        ),
        (
            "tagging",
            "TagSet",
            json!({"Key": format!("{NOISE}-{n}"), "Value": format!("value {n} = a/b:c@d")}),
        ),
        (
            "lifecycle",
            "Rules",
            json!({
                "ID": format!("{NOISE}-{n}"),
                "Status": "Enabled",
                "Filter": {"Prefix": format!("{NOISE}/{n}/")},
                "Transitions": [{"Days": 90 + n, "StorageClass": "GLACIER"}],
            }),
        ),
        (
            "cors",
            "CORSRules",
            json!({
                "ID": format!("{NOISE}-{n}"),
                "AllowedOrigins": [format!("https://{NOISE}{n}.example.com")],
                "AllowedMethods": ["GET"],
                "AllowedHeaders": ["x-requested-with"],
                "MaxAgeSeconds": 60 + n,
            }),
        ),
        (
            "notification",
            "QueueConfigurations",
            json!({
                "Id": format!("{NOISE}-{n}"),
                "QueueArn": format!("arn:aws:sqs:us-east-1:{account}:{NOISE}-{n}"),
                "Events": ["s3:ObjectRestore:Completed"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": format!("{NOISE}/{n}/")}]}},
            }),
        ),
        (
            "metrics",
            "Configurations",
            json!({"Id": format!("{NOISE}-{n}"), "Filter": {"Prefix": format!("{NOISE}/{n}/")}}),
        ),
        (
            "inventory",
            "Configurations",
            json!({
                "Id": format!("{NOISE}-{n}"),
                "IsEnabled": false,
                "IncludedObjectVersions": "Current",
                "Schedule": {"Frequency": "Weekly"},
                "Destination": {"S3BucketDestination": {
                    "AccountId": account,
                    "Bucket": format!("arn:aws:s3:::{NOISE}-inventory"),
                    "Format": "CSV",
                    "Encryption": {"SSES3": {}},
                }},
            }),
        ),
    ]
}

/// Everything in `before` that a variation added and `after` lacks.
pub fn lost(before: &Document, after: &Document) -> Vec<Value> {
    fn added(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Array(items) => {
                for item in items {
                    if item.is_object() && item.to_string().contains(NOISE) {
                        found.push(item.clone());
                    } else {
                        added(item, found);
                    }
                }
            }
            Value::Object(map) => map.values().for_each(|value| added(value, found)),
            _ => {}
        }
    }
    let (mut was, mut is) = (Vec::new(), Vec::new());
    added(&before.to_json(), &mut was);
    added(&after.to_json(), &mut is);
    was.retain(|item| !is.contains(item));
    was
}

/// Makes a bucket that is open and empty, then puts the documents on it; the first one that could not
/// be put, or that reads otherwise, ends it.
pub async fn make(
    client: &Client,
    region: &str,
    name: &str,
    documents: &BTreeMap<String, Document>,
) -> Result<(), String> {
    let mut create = client.create_bucket().bucket(name);
    if region != "us-east-1" {
        let there = BucketLocationConstraint::from(region);
        let configuration = CreateBucketConfiguration::builder().location_constraint(there);
        create = create.create_bucket_configuration(configuration.build());
    }
    if documents
        .get("object_lock")
        .is_some_and(|document| !document.is_absent())
    {
        create = create.object_lock_enabled_for_bucket(true);
    }
    let created = create.send().await;
    created.map_err(|error| format!("create {name}: {:?}", error.into_service_error()))?;
    for open in ["public_access_block", "ownership_controls"] {
        put(client, name, open, &Document::ABSENT).await?;
    }
    for setting in ORDER {
        if let Some(document) = documents.get(setting) {
            put(client, name, setting, document).await?;
        }
    }
    for (setting, wanted) in documents {
        let read = read(client, name, settings::by_name(setting).unwrap()).await?;
        if read != *wanted {
            return Err(format!(
                "{setting} reads {} instead of {}",
                read.to_json(),
                wanted.to_json()
            ));
        }
    }
    Ok(())
}

/// The other buckets of our account that a seed speaks of: where logs, replicas and inventories go.
/// They take logs and keep versions; those that replicas are meant for stand in another region, and
/// have Object Lock, without which they would take no copies of a bucket that has it.
pub async fn companions(client: &Client, region: &str, seed: &Seed, names: &Names, bucket: &str) {
    let mut others = Vec::new();
    for value in seed.documents.values().chain(seed.params.values()) {
        mentioned(&names.on(bucket, value), &mut others);
    }
    let far = if region == "us-west-2" {
        "us-east-1"
    } else {
        "us-west-2"
    };
    let mut replicas = Vec::new();
    for name in ["replica_bucket", "other_replica_buckets"] {
        if let Some(value) = seed.params.get(name) {
            mentioned(&names.on(bucket, value), &mut replicas);
        }
    }
    for name in others.into_iter().filter(|name| name != bucket) {
        let region = if replicas.contains(&name) {
            far
        } else {
            region
        };
        let there = Region::new(region.to_owned());
        let client = &Client::from_conf(client.config().to_builder().region(there).build());
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": format!("arn:aws:s3:::{name}/*"),
                "Condition": {"StringEquals": {"aws:SourceAccount": names.account}},
            }],
        });
        let document = |setting: &str, value: Value| {
            let setting = settings::by_name(setting).unwrap();
            setting.tidy(value).unwrap()
        };
        let mut documents = BTreeMap::from([
            ("policy".to_owned(), document("policy", policy)),
            (
                "versioning".to_owned(),
                document("versioning", json!({"Status": "Enabled"})),
            ),
        ]);
        if replicas.contains(&name) {
            let locked = document("object_lock", json!({"ObjectLockEnabled": "Enabled"}));
            documents.insert("object_lock".to_owned(), locked);
        }
        // It is there already, or somebody else's: the bucket that needs it will tell.
        let _ = make(client, region, &name, &documents).await;
    }
}

/// Names that stand where a bucket's name or ARN is wanted.
fn mentioned(value: &Value, found: &mut Vec<String>) {
    let plain = |text: &str| text.rsplit(":::").next().unwrap_or_default().to_owned();
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "TargetBucket" || key == "Bucket" => {
                        found.push(plain(text));
                    }
                    other => mentioned(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, found)),
        // A parameter's value: any text that a bucket could be called.
        Value::String(text) => {
            let name = plain(text);
            let letters =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            if (3..=63).contains(&name.len()) && name.contains('-') && name.chars().all(letters) {
                found.push(name);
            }
        }
        _ => {}
    }
}

/// Puts a document on a bucket where it is not there already.
pub async fn put(
    client: &Client,
    bucket: &str,
    name: &str,
    document: &Document,
) -> Result<(), String> {
    let setting = settings::by_name(name).unwrap();
    let now = read(client, bucket, setting).await?;
    let mut now = if now == *document {
        return Ok(());
    } else {
        now
    };
    // Settings that S3 keeps by id take one at a time.
    for to in one_by_one(&now, document) {
        let written = setting
            .write(at(client, bucket), Step::new(&now, &to))
            .await;
        written.map_err(|error| format!("{name}: {error}"))?;
        now = to;
    }
    Ok(())
}

fn one_by_one(from: &Document, to: &Document) -> Vec<Document> {
    let configurations = |document: &Document| {
        let list = document.value()?.get("Configurations")?.as_array()?.clone();
        Some(list)
    };
    match configurations(to) {
        Some(list) if from.is_absent() => (1..=list.len())
            .map(|count| Document::present(json!({ "Configurations": list[..count] })))
            .collect(),
        _ => vec![to.clone()],
    }
}

/// A bucket without its account: its own settings can be read and written.
pub fn at<'a>(client: &'a Client, bucket: &'a str) -> Bucket<'a> {
    static NOWHERE: LazyLock<aws_sdk_s3control::Client> = LazyLock::new(|| {
        let latest = aws_sdk_s3control::config::BehaviorVersion::latest();
        let config = aws_sdk_s3control::Config::builder().behavior_version(latest);
        aws_sdk_s3control::Client::from_conf(config.build())
    });
    Bucket {
        client,
        control: &NOWHERE,
        name: bucket,
        owner: None,
    }
}

pub async fn read(
    client: &Client,
    bucket: &str,
    setting: &'static dyn Setting,
) -> Result<Document, String> {
    let read = setting.read(at(client, bucket)).await;
    read.map(|read| read.document)
        .map_err(|error| error.to_string())
}

/// Every setting of a bucket, as it reads now.
pub async fn everything(client: &Client, bucket: &str) -> BTreeMap<&'static str, Document> {
    let mut all = BTreeMap::new();
    let of_buckets =
        |setting: &&&dyn Setting| setting.scope() == Scope::Bucket && !setting.is_read_only();
    for setting in settings::all().iter().filter(of_buckets) {
        let document = read(client, bucket, *setting).await.unwrap();
        all.insert(setting.name(), document);
    }
    all
}

/// The rules that are about buckets.
pub fn rules(library: &Library) -> impl Iterator<Item = &Arc<Rule>> {
    let rules = library.rules().iter();
    rules.filter(|rule| rule.scope() == Scope::Bucket)
}

pub fn library() -> Library {
    Library::load(None).unwrap_or_else(|faults| panic!("{faults:?}"))
}
