//! What only replication has: two forms of rules, and everything that a destination can say.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::{
    domain::Document,
    settings::{
        Setting, by_name,
        tests::{Body, sent_from},
    },
};

pub fn bodies() -> Vec<Body> {
    vec![
        (
            "replication",
            "<ReplicationConfiguration><Role>arn:aws:iam::111122223333:role/replicate</Role>\
             <Rule><ID>to-dr</ID><Priority>2</Priority><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>\
             <Status>Enabled</Status><SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects>\
             <ReplicaModifications><Status>Disabled</Status></ReplicaModifications></SourceSelectionCriteria>\
             <ExistingObjectReplication><Status>Enabled</Status></ExistingObjectReplication>\
             <Destination><Bucket>arn:aws:s3:::acme-dr</Bucket><Account>444455556666</Account><StorageClass>STANDARD_IA</StorageClass>\
             <AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>\
             <EncryptionConfiguration><ReplicaKmsKeyID>arn:aws:kms:eu-west-1:444455556666:key/k</ReplicaKmsKeyID></EncryptionConfiguration>\
             <ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>\
             <Metrics><Status>Enabled</Status><EventThreshold><Minutes>15</Minutes></EventThreshold></Metrics></Destination>\
             <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>\
             <Rule><ID>all</ID><Priority>1</Priority><Filter/><Status>Disabled</Status>\
             <Destination><Bucket>arn:aws:s3:::acme-other</Bucket></Destination>\
             <DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication></Rule></ReplicationConfiguration>",
            json!({"Role": "arn:aws:iam::111122223333:role/replicate", "Rules": [
                {"ID": "all", "Priority": 1, "Filter": {}, "Status": "Disabled",
                 "Destination": {"Bucket": "arn:aws:s3:::acme-other"}, "DeleteMarkerReplication": {"Status": "Enabled"}},
                {"ID": "to-dr", "Priority": 2, "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}},
                 "Status": "Enabled",
                 "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}, "ReplicaModifications": {"Status": "Disabled"}},
                 "ExistingObjectReplication": {"Status": "Enabled"},
                 "Destination": {"Bucket": "arn:aws:s3:::acme-dr", "Account": "444455556666", "StorageClass": "STANDARD_IA",
                    "AccessControlTranslation": {"Owner": "Destination"},
                    "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:eu-west-1:444455556666:key/k"},
                    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}},
                 "DeleteMarkerReplication": {"Status": "Disabled"}},
            ]}),
        ),
        (
            "replication",
            "<ReplicationConfiguration><Role>arn:aws:iam::1:role/r</Role><Rule><ID>old</ID><Prefix/><Status>Enabled</Status>\
             <Destination><Bucket>arn:aws:s3:::d</Bucket></Destination></Rule></ReplicationConfiguration>",
            json!({"Role": "arn:aws:iam::1:role/r", "Rules": [
                {"ID": "old", "Prefix": "", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::d"}}]}),
        ),
    ]
}

fn setting() -> &'static dyn Setting {
    by_name("replication").unwrap()
}

#[tokio::test]
async fn everything_that_a_destination_says_is_sent_as_it_was_read() {
    let document = bodies()[0].2.clone();
    let request = sent_from("replication", &Document::ABSENT, document.clone()).await;
    for part in [
        "PUT",
        "/b/?replication",
        "<Role>arn:aws:iam::111122223333:role/replicate</Role>",
        "<Account>444455556666</Account>",
        "<ReplicaKmsKeyID>arn:aws:kms:eu-west-1:444455556666:key/k<",
        "<Owner>Destination<",
        "<Time><Minutes>15<",
        "<EventThreshold><Minutes>15<",
        "<SseKmsEncryptedObjects><Status>Enabled<",
        "<ExistingObjectReplication><Status>Enabled<",
        "owner=123456789012",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
    let from = Document::present(document);
    let gone = sent_from("replication", &from, json!({"absent": true})).await;
    assert!(gone.starts_with("DELETE"), "{gone}");
}

#[test]
fn helpers_and_words_name_the_destination() {
    let document = Document::present(bodies()[0].2.clone());
    let view = setting().view(&document);
    assert_eq!(view["Rules"][1]["bucket"], "acme-dr");
    assert_eq!(view["Rules"][1]["account"], "444455556666");
    assert_eq!(view["Rules"][0]["account"], "");
    assert_eq!(view["Rules"][0]["whole_bucket"], true);
    assert_eq!(
        (&view["old_form"], &view["next_priority"]),
        (&json!(false), &json!(3))
    );
    let old = setting().view(&Document::present(bodies()[1].2.clone()));
    assert_eq!(
        (&old["old_form"], &old["next_priority"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(view["Rules"][0]["copies_deletes"], true);
    assert_eq!(view["Rules"][1]["copies_deletes"], false);
    assert_eq!(
        setting().returns(&document),
        [
            "replication returns 2 rules",
            "all: to acme-other (disabled)",
            "to-dr: to acme-dr (account 444455556666) below a/ (filtered)",
        ]
    );
    assert_eq!(
        setting().returns(&Document::ABSENT),
        ["replication returns nothing set"]
    );
}

#[test]
fn a_target_that_s3_would_refuse_is_told_and_one_without_rules_is_none() {
    let rule = |id: &str, priority: i64| {
        json!({"ID": id, "Priority": priority, "Filter": {"Prefix": ""}, "Status": "Enabled",
               "Destination": {"Bucket": "arn:aws:s3:::d"}, "DeleteMarkerReplication": {"Status": "Disabled"}})
    };
    let old = json!({"ID": "old", "Prefix": "", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::d"}});
    let mut bare = rule("x", 1);
    bare.as_object_mut().unwrap().remove("Priority");
    let mut unnamed = rule("x", 1);
    unnamed["Destination"]["Bucket"] = json!("d");
    let known = "arn:aws:iam::1:role/r";
    let tidy = |role: &str, rules: Value| setting().tidy(json!({"Role": role, "Rules": rules}));
    for (role, rules, told) in [
        (
            known,
            json!([rule("x", 1), rule("x", 2)]),
            "`x` is there twice",
        ),
        (
            known,
            json!([rule("x", 1), rule("y", 1)]),
            "two rules have the priority 1",
        ),
        (
            known,
            json!([rule("x", 1), old]),
            "can't stand in one configuration",
        ),
        (known, json!([bare]), "has a `Priority`"),
        (known, json!([unnamed]), "by its ARN"),
        ("", json!([rule("x", 1)]), "`Role` is the ARN"),
    ] {
        let error = tidy(role, rules).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(tidy("", json!([])), Ok(Document::ABSENT));
    let copied = tidy(known, json!([rule("x", 1)])).unwrap();
    assert!(setting().residue(&Document::ABSENT, &copied)[0].contains("stay in their destination"));
    assert!(setting().residue(&copied, &Document::ABSENT)[0].contains("not copied later"));
}
