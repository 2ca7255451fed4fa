//! Writing an example lifecycle over the rules that are there is what AWS's own responder does. Here a
//! fix adds to them or changes what it is about, and everything else stays as S3 keeps it; the same
//! goes for replication rules and for what a bucket has by id.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod estates;
mod house;

use std::{collections::BTreeMap, sync::Arc};

use estates::world::{World, client, make, world};
use house::House;
use serde_json::{Value, json};
use sixfold::{
    config::AccountFacts,
    domain::{Document, artifact::Outcome},
    sandbox::{Lifecycle, Setting},
    settings,
};

const BUCKET: &str = "acme-kept";

fn document(setting: &str, value: Value) -> (String, Document) {
    let tidied = settings::by_name(setting).unwrap().tidy(value);
    (setting.to_owned(), tidied.unwrap())
}

/// What the document has under `list`, by id.
fn by_id(document: &Document, list: &str, id: &str) -> BTreeMap<String, Value> {
    let items = document.to_json()[list]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let named = |item: Value| (item[id].as_str().unwrap().to_owned(), item);
    items.into_iter().map(named).collect()
}

/// Rules of every kind, in the form of today.
fn many_kinds() -> Value {
    json!({"TransitionDefaultMinimumObjectSize": "varies_by_storage_class", "Rules": [
        {"ID": "a-moves", "Status": "Enabled", "Filter": {},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]},
        {"ID": "b-on-a-day", "Status": "Enabled", "Filter": {"Prefix": "campaign/"}, "Expiration": {"Date": "2031-01-01T00:00:00Z"}},
        {"ID": "c-narrow", "Status": "Disabled", "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}],
            "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 20}}, "Expiration": {"Days": 9}},
        {"ID": "d-versions", "Status": "Enabled", "Filter": {"Tag": {"Key": "t", "Value": ""}},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
         "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER_IR"}]},
        {"ID": "e-markers", "Status": "Enabled", "Filter": {"Prefix": "m/"}, "Expiration": {"ExpiredObjectDeleteMarker": true}},
    ]})
}

/// The form of old times, which nobody converts along the way.
fn old_form() -> Value {
    json!({"Rules": [
        {"ID": "logs", "Status": "Enabled", "Prefix": "logs/", "Expiration": {"Days": 400}},
        {"ID": "tmp", "Status": "Disabled", "Prefix": "tmp/", "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
    ]})
}

/// The settings that this is about.
const WRITTEN: [&str; 4] = ["lifecycle", "replication", "inventory", "metrics"];

/// A room in which all rules that write these settings judge, and everything that waits for a person is
/// approved.
async fn all_fixed(world: World) -> House {
    let account = world.names.account.clone();
    let house = House::open(world.sandbox, "2026-04-18T09:12:44.000Z", |config| {
        config.accounts.insert(
            account.clone().try_into().unwrap(),
            AccountFacts {
                environment: Some("dev".to_owned()),
                owner: Some("owner@example.com".to_owned()),
                ..AccountFacts::default()
            },
        );
        for (name, value) in [
            ("noncurrent_version_days", json!(90)),
            ("personal_data_retention_days", json!(365)),
            ("trusted_accounts", json!([])),
            ("replica_bucket", json!("acme-replica")),
            (
                "replication_role",
                json!(format!("arn:aws:iam::{account}:role/replicate")),
            ),
            ("inventory_bucket", json!("acme-inventory")),
            ("archive_after_days", json!(120)),
            ("request_metrics", json!(true)),
        ] {
            config.parameters.insert(name.to_owned(), value);
        }
        config.breaker.fixes_per_hour = 100_000;
        let library = estates::library();
        let others = library.rules().iter().filter(|rule| {
            !rule
                .writes()
                .is_some_and(|setting| WRITTEN.contains(&setting.name()))
        });
        config.rules.disabled = others.map(|rule| rule.id.clone()).collect();
    })
    .await;
    house.until_quiet().await;
    house
}

async fn kept(lifecycle: Value) {
    let world = world().await;
    let s3 = client(&world.sandbox, "us-east-1");
    for (other, region) in [
        ("acme-replica", "us-west-2"),
        ("acme-inventory", "us-east-1"),
    ] {
        let documents = BTreeMap::from([document("versioning", json!({"Status": "Enabled"}))]);
        let there = client(&world.sandbox, region);
        make(&world.sandbox, &there, region, other, &documents)
            .await
            .unwrap();
    }
    let role = format!("arn:aws:iam::{}:role/theirs", world.names.account);
    let documents = BTreeMap::from([
        document("versioning", json!({"Status": "Enabled"})),
        document(
            "tagging",
            json!({"TagSet": [{"Key": "data-classification", "Value": "pii"}]}),
        ),
        document("lifecycle", lifecycle),
        document(
            "replication",
            json!({"Role": role, "Rules": [
                {"ID": "part", "Priority": 4, "Filter": {"Prefix": "a/"}, "Status": "Enabled",
                 "DeleteMarkerReplication": {"Status": "Enabled"},
                 "Destination": {"Bucket": "arn:aws:s3:::acme-inventory", "StorageClass": "STANDARD_IA"}},
            ]}),
        ),
        document(
            "inventory",
            json!({"Configurations": [
                {"Id": "theirs", "IsEnabled": true, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                 "OptionalFields": ["ETag", "Size"], "Filter": {"Prefix": "a/"},
                 "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::acme-inventory", "Format": "ORC", "Encryption": {"SSES3": {}}}}},
            ]}),
        ),
        document(
            "metrics",
            json!({"Configurations": [{"Id": "part", "Filter": {"Prefix": "a/"}}]}),
        ),
    ]);
    make(&world.sandbox, &s3, "us-east-1", BUCKET, &documents)
        .await
        .unwrap();
    let kept = world.sandbox.state().settings(BUCKET).unwrap();
    let before = estates::everything(&s3, BUCKET).await;

    let house = all_fixed(world).await;
    let s3 = client(&house.sandbox, "us-east-1");
    let after = estates::everything(&s3, BUCKET).await;
    let mut added = 0;
    for (setting, list, id) in [
        ("lifecycle", "Rules", "ID"),
        ("replication", "Rules", "ID"),
        ("inventory", "Configurations", "Id"),
        ("metrics", "Configurations", "Id"),
    ] {
        let (was, is) = (
            by_id(&before[setting], list, id),
            by_id(&after[setting], list, id),
        );
        assert!(
            is.len() > was.len(),
            "{setting}: nothing was fixed: {:#?}",
            house.words()
        );
        added += is.len() - was.len();
        for (id, item) in was {
            assert_eq!(
                is.get(&id),
                Some(&item),
                "{setting}: `{id}` is not as it was"
            );
        }
    }
    assert!(added >= 5, "{added}: {:#?}", house.words());
    // As S3 keeps them, not only as our documents show them.
    let now = house.sandbox.state().settings(BUCKET).unwrap();
    let (was, is): (Lifecycle, Lifecycle) = (kept.lifecycle.unwrap(), now.lifecycle.unwrap());
    assert!(was.rules.iter().all(|rule| is.rules.contains(rule)));
    assert_eq!(was.minimum_size, is.minimum_size);
    for change in house.changes() {
        let ours = change.ticket.asset.answers_to(BUCKET) && change.ticket.plan().is_some();
        if ours {
            assert_eq!(
                change.outcome(),
                Some(Outcome::Remediated),
                "{:#?}",
                change.fix
            );
        }
    }
    house.close().await.0.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_example_lifecycle_is_never_written_over_the_rules_that_are_there() {
    Box::pin(kept(many_kinds())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_the_old_form_are_neither_converted_nor_mixed_with_new_ones() {
    Box::pin(kept(old_form())).await;
}

/// Nearly as many rules as S3 takes are more than a ledger entry can hold: a person is told, and
/// nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_lifecycle_too_large_for_the_ledger_is_told_and_left_alone() {
    let world = world().await;
    let s3 = client(&world.sandbox, "us-east-1");
    let rules: Vec<Value> = (0..990)
        .map(|n| {
            json!({"ID": format!("rule-{n:04}"), "Status": "Enabled", "Filter": {"Prefix": format!("folder-{n}/")},
                   "Expiration": {"Days": 30 + n}})
        })
        .collect();
    let documents = BTreeMap::from([document("lifecycle", json!({ "Rules": rules }))]);
    make(&world.sandbox, &s3, "us-east-1", BUCKET, &documents)
        .await
        .unwrap();
    let before = estates::everything(&s3, BUCKET).await;

    let house = House::open(world.sandbox, "2026-04-18T09:12:44.000Z", |config| {
        house::only(config, "multipart-uploads-kept");
    })
    .await;
    house.another_pass().await;
    house.another_pass().await;
    assert!(house.changes().is_empty(), "{:#?}", house.words());
    let told = house.room.engine.warnings();
    let about = |line: &&String| {
        line.contains("multipart-uploads-kept")
            && line.contains(BUCKET)
            && line.contains("too large")
    };
    assert_eq!(told.iter().filter(about).count(), 1, "{told:#?}");
    assert_eq!(
        house.sandbox.calls().writes(BUCKET, Setting::Lifecycle),
        1,
        "the one that made it"
    );
    assert_eq!(estates::everything(&s3, BUCKET).await, before);
    // What can be written by hand is no more than S3 takes.
    let target = before["lifecycle"].to_json();
    let mut too_many = target["Rules"].as_array().unwrap().clone();
    let added = (0..11).map(|n| {
        json!({"ID": format!("z-{n}"), "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}})
    });
    too_many.extend(added);
    let setting = settings::by_name("lifecycle").unwrap();
    let error = setting.tidy(json!({ "Rules": too_many })).unwrap_err();
    assert!(error.contains("1001 rules are too many"), "{error}");
    drop(Arc::clone(&house.room));
    house.close().await.0.stop().await;
}
