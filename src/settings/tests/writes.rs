//! What a write sends, and what it refuses to send.

use super::*;

#[tokio::test]
async fn a_write_sends_what_the_printed_command_says() {
    let owner = "owner=123456789012";
    for (name, target, parts) in [
        (
            "acl",
            private_acl(),
            vec!["PUT", "/b/?acl", "acl=private ", owner],
        ),
        (
            "acl",
            json!({"absent": true}),
            vec!["PUT", "/b/?acl", "acl=private "],
        ),
        (
            "acl",
            acl(),
            vec![
                "acl=- ",
                "AllUsers</URI>",
                "LogDelivery</URI>",
                "<ID>0wner</ID>",
                owner,
            ],
        ),
        (
            "public_access_block",
            bodies()[1].2.clone(),
            vec![
                "PUT",
                "publicAccessBlock",
                "<IgnorePublicAcls>false</IgnorePublicAcls>",
            ],
        ),
        (
            "public_access_block",
            json!({"absent": true}),
            vec!["DELETE", "publicAccessBlock"],
        ),
        (
            "policy",
            bodies()[2].2.clone(),
            vec!["PUT", "/b/?policy", r#"{"Statement":[{"Action":["#, owner],
        ),
        (
            "policy",
            json!({"absent": true}),
            vec!["DELETE", "/b/?policy", owner],
        ),
        (
            "ownership_controls",
            bodies()[3].2.clone(),
            vec!["PUT", "ownershipControls", "BucketOwnerEnforced"],
        ),
        (
            "ownership_controls",
            json!({"absent": true}),
            vec!["DELETE", "ownershipControls"],
        ),
        (
            "encryption",
            bodies()[4].2.clone(),
            vec![
                "PUT",
                "encryption",
                "<BucketKeyEnabled>true<",
                "<EncryptionType>SSE-C<",
                "<KMSMasterKeyID>key<",
            ],
        ),
        (
            "encryption",
            json!({"absent": true}),
            vec!["DELETE", "encryption"],
        ),
        (
            "versioning",
            json!({"Status": "Enabled", "MFADelete": "Enabled"}),
            vec![
                "PUT",
                "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <Status>Enabled</Status></VersioningConfiguration>",
            ],
        ),
        (
            "versioning",
            json!({"absent": true}),
            vec!["PUT", "<Status>Suspended</Status>"],
        ),
        (
            "tagging",
            bodies()[7].2.clone(),
            vec!["PUT", "tagging", "<Value>a &amp; b</Value>", owner],
        ),
        (
            "tagging",
            json!({"absent": true}),
            vec!["DELETE", "tagging"],
        ),
        (
            "object_lock",
            lock(),
            vec![
                "PUT",
                "object-lock",
                "<Mode>COMPLIANCE<",
                "<Years>7<",
                owner,
            ],
        ),
        (
            "object_lock",
            json!({"absent": true}),
            vec![
                "PUT",
                "<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
            ],
        ),
        (
            "request_payment",
            json!({"absent": true}),
            vec!["PUT", "requestPayment", "<Payer>BucketOwner</Payer>", owner],
        ),
        (
            "cors",
            cors(),
            vec![
                "PUT",
                "/b/?cors",
                "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>",
                "<MaxAgeSeconds>0<",
                owner,
            ],
        ),
        ("cors", json!({"absent": true}), vec!["DELETE", "/b/?cors"]),
        (
            "website",
            website(),
            vec![
                "PUT",
                "/b/?website",
                "<ReplaceKeyPrefixWith></ReplaceKeyPrefixWith>",
                "<Protocol>http<",
            ],
        ),
        (
            "website",
            json!({"absent": true}),
            vec!["DELETE", "/b/?website", owner],
        ),
        (
            "accelerate",
            json!({"absent": true}),
            vec!["PUT", "accelerate", "<Status>Suspended</Status>"],
        ),
        (
            "logging",
            logging(),
            vec![
                "PUT",
                "/b/?logging",
                "xsi:type=\"CanonicalUser\"",
                "<ID>auditor<",
                "<PartitionDateSource>EventTime<",
                owner,
            ],
        ),
        (
            "logging",
            json!({"absent": true}),
            vec![
                "PUT",
                "/b/?logging",
                "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></BucketLoggingStatus>",
            ],
        ),
        (
            "notification",
            notification(),
            vec![
                "PUT",
                "/b/?notification",
                "skip=true ",
                "<Topic>arn:aws:sns:",
                "<Queue>arn:aws:sqs:",
                "<CloudFunction>arn:aws:lambda:",
                "<EventBridgeConfiguration></EventBridgeConfiguration>",
                "<Name>suffix</Name><Value>.csv</Value>",
                owner,
            ],
        ),
        (
            "notification",
            json!({"absent": true}),
            vec![
                "PUT",
                "skip=true ",
                "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></NotificationConfiguration>",
            ],
        ),
    ] {
        let request = sent(name, target).await;
        for part in parts {
            assert!(request.contains(part), "{name}: {part} in {request}");
        }
    }
}

#[tokio::test]
async fn a_target_that_does_not_fit_is_refused_before_anything_is_sent() {
    for (name, target) in [
        ("acl", json!({"Owner": {"ID": "o"}, "Grants": [], "New": 1})),
        ("public_access_block", json!({"BlockPublicAcls": "yes"})),
        ("encryption", json!({"Rules": "x"})),
        ("tagging", json!({"TagSet": [{"Key": "k"}]})),
        ("versioning", json!({"Status": 1})),
        ("ownership_controls", json!({})),
        ("object_lock", json!({"ObjectLockEnabled": true})),
        ("lifecycle", json!({"Rules": [{"ID": "i"}]})),
        (
            "replication",
            json!({"Role": "r", "Rules": [{"Status": "Enabled"}]}),
        ),
        ("inventory", json!({"Configurations": [{"Id": "i"}]})),
        (
            "metrics",
            json!({"Configurations": [{"Id": "i", "Filter": {"Suffix": "x"}}]}),
        ),
        (
            "intelligent_tiering",
            json!({"Configurations": [{"Id": "i"}]}),
        ),
        ("request_payment", json!({"Payer": 1})),
        ("cors", json!({"CORSRules": [{"Methods": []}]})),
        ("website", json!({"IndexDocument": {}})),
        ("accelerate", json!({"Status": 1})),
        ("logging", json!({"LoggingEnabled": {"TargetPrefix": "x"}})),
        (
            "notification",
            json!({"EventBridgeConfiguration": {"x": 1}}),
        ),
    ] {
        let (client, seen) = s3(200, "");
        let bucket = on(&client, None);
        let target = Document::present(target);
        let error = by_name(name)
            .unwrap()
            .write(bucket, Step::new(&Document::ABSENT, &target))
            .await
            .unwrap_err();
        assert_eq!(error.code, "UnfitDocument", "{name}");
        assert!(seen.lock().unwrap().is_empty(), "{name}");
    }
}
