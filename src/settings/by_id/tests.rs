//! What only settings by id have: pages, and steps of one configuration each.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::{
    domain::Document,
    settings::{
        Setting, Step, by_name,
        tests::{Body, on, s3_that_answers, sent_from},
    },
};

pub fn bodies() -> Vec<Body> {
    vec![
        (
            "inventory",
            "<ListInventoryConfigurationsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <InventoryConfiguration><Id>weekly</Id><IsEnabled>true</IsEnabled><Destination><S3BucketDestination>\
             <AccountId>111122223333</AccountId><Bucket>arn:aws:s3:::acme-inventory</Bucket><Format>Parquet</Format><Prefix>inv</Prefix>\
             <Encryption><SSE-KMS><KeyId>arn:aws:kms:us-east-1:111122223333:key/k</KeyId></SSE-KMS></Encryption>\
             </S3BucketDestination></Destination><Filter><Prefix>a/</Prefix></Filter><Schedule><Frequency>Weekly</Frequency></Schedule>\
             <IncludedObjectVersions>Current</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields>\
             </InventoryConfiguration>\
             <InventoryConfiguration><Id>daily</Id><IsEnabled>false</IsEnabled><Destination><S3BucketDestination>\
             <Bucket>arn:aws:s3:::acme-inventory</Bucket><Format>CSV</Format><Encryption><SSE-S3/></Encryption></S3BucketDestination></Destination>\
             <Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>\
             <IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>",
            json!({"Configurations": [
                {"Id": "daily", "IsEnabled": false, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                 "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::acme-inventory", "Format": "CSV",
                    "Encryption": {"SSES3": {}}}}},
                {"Id": "weekly", "IsEnabled": true, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Weekly"},
                 "Filter": {"Prefix": "a/"}, "OptionalFields": ["ETag", "Size"],
                 "Destination": {"S3BucketDestination": {"AccountId": "111122223333", "Bucket": "arn:aws:s3:::acme-inventory",
                    "Format": "Parquet", "Prefix": "inv", "Encryption": {"SSEKMS": {"KeyId": "arn:aws:kms:us-east-1:111122223333:key/k"}}}}},
            ]}),
        ),
        (
            "metrics",
            "<ListMetricsConfigurationsResult><MetricsConfiguration><Id>logs</Id><Filter><Prefix>logs/</Prefix></Filter></MetricsConfiguration>\
             <MetricsConfiguration><Id>EntireBucket</Id></MetricsConfiguration><IsTruncated>false</IsTruncated></ListMetricsConfigurationsResult>",
            json!({"Configurations": [{"Id": "EntireBucket"}, {"Id": "logs", "Filter": {"Prefix": "logs/"}}]}),
        ),
        (
            "intelligent_tiering",
            "<ListBucketIntelligentTieringConfigurationsOutput><IsTruncated>false</IsTruncated><IntelligentTieringConfiguration><Id>archive</Id>\
             <Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Status>Enabled</Status>\
             <Tiering><Days>180</Days><AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier></Tiering>\
             <Tiering><Days>90</Days><AccessTier>ARCHIVE_ACCESS</AccessTier></Tiering></IntelligentTieringConfiguration>\
             </ListBucketIntelligentTieringConfigurationsOutput>",
            json!({"Configurations": [{"Id": "archive", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Status": "Enabled",
                "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]}]}),
        ),
        (
            "metrics",
            "<ListMetricsConfigurationsResult><IsTruncated>false</IsTruncated></ListMetricsConfigurationsResult>",
            json!({"absent": true}),
        ),
    ]
}

fn all(ids: &[&str]) -> Document {
    let list: Vec<Value> = ids.iter().map(|id| json!({"Id": id})).collect();
    by_name("metrics")
        .unwrap()
        .tidy(json!({"Configurations": list}))
        .unwrap()
}

fn words(setting: &dyn Setting, from: &Document, to: &Document) -> String {
    let words = setting.command("b", Step::new(from, to), "t.json").words();
    words[2..].join(" ").replace(" --bucket b", "")
}

#[tokio::test]
async fn all_pages_are_read_and_a_listing_that_stands_still_is_refused() {
    let page = |id: &str, next: &str| -> &'static str {
        let truncated = !next.is_empty();
        let next = if truncated {
            format!("<NextContinuationToken>{next}</NextContinuationToken>")
        } else {
            String::new()
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListMetricsConfigurationsResult><IsTruncated>{truncated}</IsTruncated>\
             <MetricsConfiguration><Id>{id}</Id></MetricsConfiguration>{next}</ListMetricsConfigurationsResult>"
        )
        .leak()
    };
    let setting = by_name("metrics").unwrap();
    let pages = vec![page("b", "t1"), page("a", "t2"), page("c", "")];
    let (client, seen) = s3_that_answers(200, pages, None);
    let bucket = on(&client, Some("123456789012"));
    let read = setting.read(bucket).await.unwrap();
    assert_eq!(read.document, all(&["a", "b", "c"]));
    assert_eq!(setting.representable(&read), Ok(()));
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 3);
    assert!(seen[1].contains("continuation-token=t1"), "{}", seen[1]);
    assert!(seen[2].contains("continuation-token=t2"), "{}", seen[2]);
    assert!(
        seen.iter()
            .all(|request| request.contains("owner=123456789012"))
    );

    let (client, _) = s3_that_answers(200, vec![page("b", "t1")], None);
    let bucket = on(&client, None);
    let error = setting.read(bucket).await.unwrap_err();
    assert_eq!(error.code, "UnreadableAnswer");
    assert!(
        error.message.contains("does not go on after `t1`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_step_puts_or_deletes_the_one_configuration_that_differs() {
    let (two, three) = (all(&["a", "b"]), all(&["a", "b", "c d"]));
    let setting = by_name("metrics").unwrap();
    assert_eq!(
        words(setting, &two, &three),
        "put-bucket-metrics-configuration --id c d --metrics-configuration file://t.json"
    );
    assert_eq!(
        words(setting, &three, &two),
        "delete-bucket-metrics-configuration --id c d"
    );
    let file =
        |from, to| -> Value { serde_json::from_slice(&setting.file(Step::new(from, to))).unwrap() };
    assert_eq!(file(&two, &three), json!({"Id": "c d"}));
    assert_eq!(file(&three, &two), json!({"absent": true}));

    let put = sent_from("metrics", &two, three.to_json()).await;
    assert!(
        put.starts_with("PUT") && put.contains("id=c%20d") && put.contains("<Id>c d</Id>"),
        "{put}"
    );
    assert!(!put.contains("<Id>a</Id>"), "{put}");
    let gone = sent_from("metrics", &three, two.to_json()).await;
    assert!(
        gone.starts_with("DELETE") && gone.contains("metrics") && gone.contains("id=c%20d"),
        "{gone}"
    );
    let last = sent_from("metrics", &all(&["a"]), json!({"absent": true})).await;
    assert!(
        last.starts_with("DELETE") && last.contains("id=a"),
        "{last}"
    );
}

#[tokio::test]
async fn each_kind_sends_what_was_read() {
    for (name, _, document) in bodies() {
        let Some(list) = document["Configurations"].as_array() else {
            continue;
        };
        for one in list {
            let rest: Vec<&Value> = list.iter().filter(|other| *other != one).collect();
            let from = if rest.is_empty() {
                Document::ABSENT
            } else {
                Document::present(json!({"Configurations": rest}))
            };
            let put = sent_from(name, &from, document.clone()).await;
            for part in ["PUT", one["Id"].as_str().unwrap()] {
                assert!(put.contains(part), "{part} in {put}");
            }
        }
    }
    let inventory = &bodies()[0].2;
    let from = json!({"Configurations": [inventory["Configurations"][0]]});
    let put = sent_from("inventory", &Document::present(from), inventory.clone()).await;
    for part in [
        "<SSE-KMS><KeyId>",
        "<Field>ETag</Field><Field>Size</Field>",
        "<AccountId>111122223333<",
        "<IsEnabled>true<",
    ] {
        assert!(put.contains(part), "{part} in {put}");
    }
}

#[tokio::test]
async fn a_step_of_two_configurations_or_of_none_is_refused_and_its_command_only_lists() {
    let setting = by_name("metrics").unwrap();
    for (from, to, told) in [
        (all(&["a"]), all(&["b"]), "this one changes a, b"),
        (Document::ABSENT, all(&["x", "y"]), "this one changes x, y"),
        (all(&["a"]), all(&["a"]), "nothing to write"),
    ] {
        let step = Step::new(&from, &to);
        let error = setting.fits(step).unwrap_err();
        assert!(error.contains(told), "{error}");
        assert_eq!(
            words(setting, &from, &to),
            "list-bucket-metrics-configurations"
        );
        let (client, seen) = s3_that_answers(200, vec![""], None);
        let bucket = on(&client, None);
        assert_eq!(
            setting.write(bucket, step).await.unwrap_err().code,
            "UnfitDocument"
        );
        assert!(seen.lock().unwrap().is_empty());
    }
}

#[test]
fn helpers_and_words_name_destination_and_scope() {
    let document = Document::present(bodies()[0].2.clone());
    let setting = by_name("inventory").unwrap();
    let view = setting.view(&document);
    assert_eq!(view["ids"], json!(["daily", "weekly"]));
    for (at, name, value) in [
        (0, "enabled", json!(false)),
        (0, "bucket", json!("acme-inventory")),
        (0, "account", json!("")),
        (0, "encryption", json!("SSE-S3")),
        (0, "whole_bucket", json!(true)),
        (1, "account", json!("111122223333")),
        (1, "encryption", json!("SSE-KMS")),
        (1, "whole_bucket", json!(false)),
    ] {
        assert_eq!(view["Configurations"][at][name], value, "{at} {name}");
    }
    assert_eq!(
        setting.returns(&document),
        [
            "inventory returns 2 configurations",
            "daily: daily CSV to acme-inventory (disabled)",
            "weekly: weekly Parquet to acme-inventory below a/",
        ]
    );
    let tiering = by_name("intelligent_tiering").unwrap();
    assert_eq!(
        tiering.returns(&Document::present(bodies()[2].2.clone())),
        [
            "intelligent tiering returns 1 configuration",
            "archive: ARCHIVE_ACCESS after 90 days, DEEP_ARCHIVE_ACCESS after 180 days (filtered)",
        ]
    );
    assert!(
        tiering.residue(&Document::ABSENT, &Document::present(bodies()[2].2.clone()))[0]
            .contains("restored")
    );
}
