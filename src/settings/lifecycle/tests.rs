//! What only lifecycle rules have: two forms, dates, a header beside the body, and data that goes.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::{
    domain::Document,
    settings::{
        Setting, Step, by_name,
        tests::{Body, on, s3_that_answers, sent_from},
    },
};

const SMALL: &str = "all_storage_classes_128K";

pub fn bodies() -> Vec<Body> {
    vec![
        (
            "lifecycle",
            r#"<?xml version="1.0" encoding="UTF-8"?>
<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Rule><ID>old</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>z</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>2</Value></Tag><ObjectSizeGreaterThan>500</ObjectSizeGreaterThan></And></Filter><Status>Disabled</Status><Expiration><Date>2027-01-01T00:00:00.000Z</Date></Expiration></Rule>
  <Rule><ID>all</ID><Filter/><Status>Enabled</Status>
    <Transition><Days>90</Days><StorageClass>GLACIER</StorageClass></Transition><Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>
    <NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>
    <NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays><NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration>
    <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>
    <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>
  <Rule><ID>empty</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>365</Days></Expiration></Rule>
</LifecycleConfiguration>"#,
            json!({"Rules": [
                {"ID": "all", "Filter": {}, "Status": "Enabled",
                 "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
                 "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
                 "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
                 "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                 "Expiration": {"ExpiredObjectDeleteMarker": true}},
                {"ID": "empty", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 365}},
                {"ID": "old", "Filter": {"And": {"Prefix": "logs/",
                    "Tags": [{"Key": "a", "Value": "2"}, {"Key": "z", "Value": "1"}], "ObjectSizeGreaterThan": 500}},
                 "Status": "Disabled", "Expiration": {"Date": "2027-01-01T00:00:00Z"}},
            ], "TransitionDefaultMinimumObjectSize": SMALL}),
        ),
        (
            "lifecycle",
            "<LifecycleConfiguration><Rule><ID>b</ID><Prefix>tmp/</Prefix><Status>Enabled</Status>\
             <Expiration><Days>1</Days></Expiration></Rule><Rule><ID>a</ID><Prefix/><Status>Enabled</Status>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>",
            json!({"Rules": [
                {"ID": "a", "Prefix": "", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
                {"ID": "b", "Prefix": "tmp/", "Status": "Enabled", "Expiration": {"Days": 1}},
            ], "TransitionDefaultMinimumObjectSize": SMALL}),
        ),
    ]
}

fn setting() -> &'static dyn Setting {
    by_name("lifecycle").unwrap()
}

fn tidy(rules: &Value) -> Result<Document, String> {
    setting().tidy(json!({"Rules": rules}))
}

fn rule(id: &str, more: Value) -> Value {
    let mut rule = json!({"ID": id, "Filter": {"Prefix": ""}, "Status": "Enabled"});
    if let Value::Object(more) = more {
        rule.as_object_mut().unwrap().extend(more);
    }
    rule
}

#[tokio::test]
async fn the_size_that_stands_in_a_header_is_read_and_sent_back() {
    let varies = (
        "x-amz-transition-default-minimum-object-size",
        "varies_by_storage_class",
    );
    let body = bodies()[1].1;
    let (client, _) = s3_that_answers(200, vec![body], Some(varies));
    let bucket = on(&client, None);
    let read = setting().read(bucket).await.unwrap().document;
    let size = &read.to_json()["TransitionDefaultMinimumObjectSize"];
    assert_eq!(size, "varies_by_storage_class");
    let request = sent_from("lifecycle", &Document::ABSENT, read.to_json()).await;
    assert!(
        request.contains("size=varies_by_storage_class"),
        "{request}"
    );
    assert!(request.contains("<ID>a</ID><Prefix></Prefix>"), "{request}");
    let words = setting()
        .command("b", Step::new(&Document::ABSENT, &read), "f.json")
        .text();
    assert!(words.contains("varies_by_storage_class"), "{words}");
    let file: Value =
        serde_json::from_slice(&setting().file(Step::new(&Document::ABSENT, &read))).unwrap();
    assert_eq!(
        file.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["Rules"]
    );
}

#[tokio::test]
async fn a_filter_and_a_date_are_sent_as_they_were_read() {
    let request = sent_from("lifecycle", &Document::ABSENT, bodies()[0].2.clone()).await;
    for part in [
        "<ID>all</ID><Filter></Filter>",
        "<ID>empty</ID><Filter><Prefix></Prefix></Filter>",
        "<Date>2027-01-01T00:00:00Z</Date>",
        "<NewerNoncurrentVersions>3<",
        "<Key>a</Key>",
        "<ExpiredObjectDeleteMarker>true<",
        "size=all_storage_classes_128K",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[test]
fn a_target_that_s3_would_refuse_as_a_whole_is_told_and_never_sent() {
    let days = json!({"Expiration": {"Days": 1}});
    let old = |id: &str, prefix: &str| json!({"ID": id, "Prefix": prefix, "Status": "Enabled", "Expiration": {"Days": 1}});
    let many: Vec<Value> = (0..1_001)
        .map(|n| rule(&format!("r{n}"), days.clone()))
        .collect();
    for (rules, told) in [
        (
            json!([rule("x", days.clone()), rule("x", days.clone())]),
            "`x` is there twice",
        ),
        (
            json!([rule("x", days.clone()), old("y", "a/")]),
            "can't stand in one configuration",
        ),
        (
            json!([old("x", ""), old("y", "a/")]),
            "the prefixes `` and `a/` for Expiration",
        ),
        (
            json!([rule("x", json!({"Prefix": "", "Expiration": {"Days": 1}}))]),
            "either a `Filter` or",
        ),
        (json!([rule("x", json!({}))]), "without an action"),
        (
            json!([rule(
                "x",
                json!({"Status": "On", "Expiration": {"Days": 1}})
            )]),
            "unknown status `On`",
        ),
        (
            json!([rule("x", json!({"Expiration": {"Date": "soon"}}))]),
            "`soon` is no date",
        ),
        (
            json!([rule(
                "x",
                json!({"Filter": {"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}, "Expiration": {"Days": 1}})
            )]),
            "one condition",
        ),
        (json!(many), "1001 rules are too many"),
    ] {
        let error = tidy(&rules).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    assert!(tidy(&json!([old("x", "a/"), old("y", "b/")])).is_ok());
}

#[test]
fn helpers_say_in_one_word_what_a_rule_does() {
    let view = setting().view(&Document::present(bodies()[0].2.clone()));
    let helper = |at: usize, name: &str| view["Rules"][at][name].clone();
    for (at, name, value) in [
        (0, "whole_bucket", json!(true)),
        (0, "deletes", json!(true)),
        (0, "expires", json!(false)),
        (0, "noncurrent_days", json!(90)),
        (0, "noncurrent_kept", json!(3)),
        (0, "aborts_multipart_days", json!(7)),
        (0, "cleans_markers", json!(true)),
        (0, "transitions", json!(true)),
        (1, "whole_bucket", json!(true)),
        (1, "expires_days", json!(365)),
        (1, "transitions", json!(false)),
        (2, "whole_bucket", json!(false)),
        (2, "prefix", json!("logs/")),
        (2, "enabled", json!(false)),
        (2, "expires", json!(true)),
        (2, "expires_days", json!(0)),
    ] {
        assert_eq!(helper(at, name), value, "{at} {name}");
    }
    assert_eq!(view["old_form"], false);
    assert_eq!(view["ids"], json!(["all", "empty", "old"]));
    let old = setting().view(&Document::present(bodies()[1].2.clone()));
    assert_eq!(old["old_form"], true);
}

#[test]
fn the_boxes_say_what_each_rule_does() {
    let document = Document::present(bodies()[0].2.clone());
    assert_eq!(
        setting().returns(&document),
        [
            "lifecycle returns 3 rules",
            "all: removes expired delete markers, to STANDARD_IA after 30 days, to GLACIER after 90 days, \
             noncurrent versions expire after 90 days, the newest 3 kept, noncurrent versions to GLACIER after 30 days, \
             aborts incomplete uploads after 7 days",
            "empty: expires after 365 days",
            "old: expires on 2027-01-01 below logs/ (filtered) (disabled)",
        ]
    );
}

#[test]
fn only_what_a_fix_begins_to_do_is_beyond_its_inverse() {
    let harmless = rule(
        "a",
        json!({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}),
    );
    let deleting = rule("b", json!({"Expiration": {"Days": 30}}));
    let off = rule(
        "c",
        json!({"Status": "Disabled", "Expiration": {"Days": 30}}),
    );
    let moving = rule(
        "d",
        json!({"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}),
    );
    let residue = |before: Value, target: Value| {
        setting()
            .residue(&tidy(&before).unwrap(), &tidy(&target).unwrap())
            .join("; ")
    };
    let kept = json!([deleting]);
    assert_eq!(residue(kept.clone(), json!([deleting, off])), "");
    assert_eq!(
        residue(json!([off]), json!([deleting, off])),
        "what expires meanwhile is gone for good"
    );
    assert!(
        residue(kept.clone(), json!([deleting, harmless])).starts_with("uploads that are aborted")
    );
    assert!(residue(kept.clone(), json!([deleting, moving])).contains("new storage class"));
    assert_eq!(
        residue(kept, json!([harmless])),
        "uploads that are aborted meanwhile have to be begun again"
    );
}

#[test]
fn a_rule_that_deletes_more_leads_one_way_and_one_that_deletes_later_does_not() {
    let rules = |id: &str, more: Value| json!([rule(id, more)]);
    let ends = |days: i32| json!({"NoncurrentVersionExpiration": {"NoncurrentDays": days}});
    let keeps = |days: i32, kept: i32| json!({"NoncurrentVersionExpiration": {"NoncurrentDays": days, "NewerNoncurrentVersions": kept}});
    let expires = |days: i32| json!({"Expiration": {"Days": days}});
    let on = |date: &str| json!({"Expiration": {"Date": date}});
    let below = json!({"Filter": {"Prefix": "a/"}, "Expiration": {"Days": 30}});
    let abort = json!({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}});
    for (before, target, one_way) in [
        (abort.clone(), abort.clone(), false),
        (abort.clone(), expires(30), true),
        (expires(30), expires(365), false),
        (expires(365), expires(30), true),
        (below.clone(), expires(30), true),
        (expires(30), on("2030-01-01T00:00:00Z"), true),
        (
            on("2030-01-01T00:00:00Z"),
            on("2031-01-01T00:00:00Z"),
            false,
        ),
        (ends(30), ends(29), true),
        (ends(30), keeps(30, 5), false),
        (keeps(30, 5), ends(30), true),
        (expires(30), ends(30), true),
        (ends(30), abort, false),
    ] {
        let document = |value: Value| tidy(&rules("r", value)).unwrap();
        let said = setting().reversibility(&document(before.clone()), &document(target.clone()));
        assert_eq!(said.one_way().is_some(), one_way, "{before} {target}");
    }
}
