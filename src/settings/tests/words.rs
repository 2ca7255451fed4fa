//! How documents and their inverses are told to people.

use super::*;

#[test]
fn the_walkthroughs_acl_is_told_in_its_words() {
    let setting = by_name("acl").unwrap();
    let summary = setting.summary(&Document::present(acl()));
    assert_eq!((summary.noun.as_str(), summary.count), ("grants", 3));
    assert_eq!(
        summary.lines,
        [
            "bucket-owner: FULL_CONTROL",
            "AllUsers: READ",
            "log-delivery: WRITE"
        ]
    );
    assert_eq!(
        setting.returns(&Document::present(private_acl())),
        ["acl returns 1 grant", "bucket-owner, FULL_CONTROL"]
    );
}

#[test]
fn a_target_with_a_hole_is_not_tidied_into_something_else() {
    for (name, value) in [
        ("acl", json!({"Owner": {"ID": "o"}, "Grants": []})),
        (
            "acl",
            json!({"Owner": {"ID": ""}, "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": ""}, "Permission": "FULL_CONTROL"}]}),
        ),
        (
            "acl",
            json!({"Grants": [{"Grantee": {"Type": "Robot", "ID": "x"}, "Permission": "READ"}]}),
        ),
        ("public_access_block", json!({"BlockPublicAcl": true})),
        ("encryption", json!({"Rules": []})),
        ("ownership_controls", json!({"Rules": []})),
        ("versioning", json!({"Status": "On"})),
        (
            "tagging",
            json!({"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}),
        ),
        ("policy", json!({"Version": "2012-10-17"})),
        ("policy", json!("text")),
        ("object_lock", json!({"ObjectLockEnabled": "Disabled"})),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled",
                   "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}}}),
        ),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Days": 1}}}),
        ),
        ("request_payment", json!({"Payer": "Nobody"})),
        ("cors", json!({"CORSRules": [{"AllowedMethods": ["GET"]}]})),
        ("website", json!({"RoutingRules": [{"Condition": {}}]})),
        ("accelerate", json!({"Status": "On"})),
        (
            "logging",
            json!({"LoggingEnabled": {"TargetBucket": "", "TargetPrefix": "b/"}}),
        ),
        // S3 would give it an Id of its own.
        (
            "notification",
            json!({"TopicConfigurations": [{"TopicArn": "arn:aws:sns:r:1:t", "Events": ["s3:ObjectCreated:*"]}]}),
        ),
        (
            "notification",
            json!({"QueueConfigurations": [{"Id": "q", "TopicArn": "arn:aws:sns:r:1:t", "Events": []}]}),
        ),
    ] {
        let outcome = by_name(name).unwrap().tidy(value.clone());
        assert!(outcome.is_err(), "{name}: {value}");
    }
}

#[test]
fn the_words_that_rules_need_stand_in_the_views() {
    let view = |name: &str, value: Value| by_name(name).unwrap().view(&Document::present(value));
    let cors = view("cors", cors());
    assert_eq!(cors["CORSRules"][0]["origins_any"], true);
    assert_eq!(cors["CORSRules"][0]["writes"], json!(["PUT"]));
    assert_eq!(
        cors["CORSRules"][1]["plain_http"],
        json!(["http://a.acme.com"])
    );
    let website = view("website", website());
    assert_eq!(website["on"], true);
    assert_eq!(website["redirects"], false);
    assert_eq!(website["RoutingRules"][0]["plain_http"], false);
    assert_eq!(website["RoutingRules"][1]["plain_http"], true);
    let endpoint = "acme.s3-website-us-east-1.amazonaws.com";
    for (host, protocol, plain) in [
        ("acme.com", None, true),
        ("acme.com", Some("http"), true),
        ("acme.com", Some("https"), false),
        (endpoint, None, false),
    ] {
        let all = json!({"RedirectAllRequestsTo": {"HostName": host, "Protocol": protocol}});
        let all = by_name("website").unwrap().tidy(all).unwrap();
        let view = by_name("website").unwrap().view(&all);
        assert_eq!(
            view["RedirectAllRequestsTo"]["plain_http"], plain,
            "{host} {protocol:?}"
        );
        assert_eq!(view["redirects"], true);
    }
    let logging = view("logging", logging());
    assert_eq!(
        (&logging["enabled"], &logging["target"], &logging["prefix"]),
        (&json!(true), &json!("logs"), &json!("b/"))
    );
    let notification = view("notification", notification());
    assert_eq!(notification["event_bridge"], true);
    let accounts: Vec<_> = notification["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["account"].as_str().unwrap())
        .collect();
    assert_eq!(accounts, ["123456789012", "999988887777", "123456789012"]);
    let payment = view("request_payment", json!({"Payer": "Requester"}));
    assert_eq!(payment["requester_pays"], true);
    assert_eq!(
        view("accelerate", json!({"Status": "Suspended"}))["enabled"],
        false
    );
}

#[test]
fn what_an_inverse_cannot_reach_is_said_beforehand() {
    let absent = Document::ABSENT;
    for (name, target, restored) in [
        (
            "accelerate",
            json!({"Status": "Enabled"}),
            json!({"Status": "Suspended"}),
        ),
        (
            "request_payment",
            json!({"Payer": "Requester"}),
            json!({"Payer": "BucketOwner"}),
        ),
    ] {
        let setting = by_name(name).unwrap();
        assert_eq!(setting.restored(&absent), Document::present(restored));
        assert!(
            !setting
                .residue(&absent, &Document::present(target))
                .is_empty()
        );
    }
    let setting = by_name("logging").unwrap();
    let other = json!({"LoggingEnabled": {"TargetBucket": "other", "TargetPrefix": ""}});
    let residue = setting.residue(&Document::present(logging()), &Document::present(other));
    assert_eq!(
        residue,
        [
            "log objects that were delivered meanwhile stay in other/",
            "requests made meanwhile are missing from logs/b/"
        ]
    );
}
