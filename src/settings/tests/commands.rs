//! The `aws` commands that are printed.

use super::*;

#[test]
fn an_inverse_reads_the_snapshot_file_exactly_when_there_was_something() {
    for (setting, before) in documents() {
        // A step of a setting by id is of one configuration; those have tests of their own.
        if setting.fits(Step::new(&Document::ABSENT, &before)).is_err() {
            continue;
        }
        let words = setting
            .inverse("b", Step::new(&Document::ABSENT, &before), "snapshot.json")
            .words();
        let by_file = words.contains(&"file://snapshot.json".to_owned());
        assert_eq!(by_file, !before.is_absent(), "{words:?}");
        let file: Value =
            serde_json::from_slice(&setting.file(Step::new(&Document::ABSENT, &before))).unwrap();
        assert_eq!(file == json!({"absent": true}), before.is_absent());
        assert!(setting.residue(&before, &before).is_empty());
    }
}

#[test]
fn the_commands_are_the_clis() {
    let command = |name: &str, target: Value| {
        let target: Document = serde_json::from_value(target).unwrap();
        let words =
            by_name(name)
                .unwrap()
                .command("b", Step::new(&Document::ABSENT, &target), "t.json");
        words.words()[2..].join(" ").replace(" --bucket b", "")
    };
    let absent = || json!({"absent": true});
    for (name, target, text) in [
        ("acl", private_acl(), "put-bucket-acl --acl private"),
        ("acl", absent(), "put-bucket-acl --acl private"),
        (
            "acl",
            acl(),
            "put-bucket-acl --access-control-policy file://t.json",
        ),
        (
            "public_access_block",
            bodies()[1].2.clone(),
            "put-public-access-block --public-access-block-configuration BlockPublicAcls=true,\
             IgnorePublicAcls=false,BlockPublicPolicy=true,RestrictPublicBuckets=false",
        ),
        (
            "public_access_block",
            absent(),
            "delete-public-access-block",
        ),
        (
            "policy",
            bodies()[2].2.clone(),
            "put-bucket-policy --policy file://t.json",
        ),
        ("policy", absent(), "delete-bucket-policy"),
        (
            "ownership_controls",
            bodies()[3].2.clone(),
            "put-bucket-ownership-controls --ownership-controls \
             Rules=[{ObjectOwnership=BucketOwnerEnforced}]",
        ),
        (
            "ownership_controls",
            absent(),
            "delete-bucket-ownership-controls",
        ),
        (
            "encryption",
            bodies()[4].2.clone(),
            "put-bucket-encryption --server-side-encryption-configuration file://t.json",
        ),
        ("encryption", absent(), "delete-bucket-encryption"),
        (
            "versioning",
            json!({"Status": "Enabled"}),
            "put-bucket-versioning --versioning-configuration Status=Enabled",
        ),
        (
            "versioning",
            absent(),
            "put-bucket-versioning --versioning-configuration Status=Suspended",
        ),
        (
            "tagging",
            bodies()[7].2.clone(),
            "put-bucket-tagging --tagging file://t.json",
        ),
        ("tagging", absent(), "delete-bucket-tagging"),
        (
            "object_lock",
            lock(),
            "put-object-lock-configuration --object-lock-configuration file://t.json",
        ),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled"}),
            "put-object-lock-configuration --object-lock-configuration ObjectLockEnabled=Enabled",
        ),
        (
            "object_lock",
            absent(),
            "put-object-lock-configuration --object-lock-configuration ObjectLockEnabled=Enabled",
        ),
        (
            "lifecycle",
            lifecycle::tests::bodies()[0].2.clone(),
            "put-bucket-lifecycle-configuration --transition-default-minimum-object-size \
             all_storage_classes_128K --lifecycle-configuration file://t.json",
        ),
        ("lifecycle", absent(), "delete-bucket-lifecycle"),
        (
            "replication",
            replication::tests::bodies()[0].2.clone(),
            "put-bucket-replication --replication-configuration file://t.json",
        ),
        ("replication", absent(), "delete-bucket-replication"),
        (
            "request_payment",
            absent(),
            "put-bucket-request-payment --request-payment-configuration Payer=BucketOwner",
        ),
        (
            "cors",
            cors(),
            "put-bucket-cors --cors-configuration file://t.json",
        ),
        ("cors", absent(), "delete-bucket-cors"),
        (
            "website",
            website(),
            "put-bucket-website --website-configuration file://t.json",
        ),
        ("website", absent(), "delete-bucket-website"),
        (
            "accelerate",
            absent(),
            "put-bucket-accelerate-configuration --accelerate-configuration Status=Suspended",
        ),
        (
            "logging",
            logging(),
            "put-bucket-logging --bucket-logging-status file://t.json",
        ),
        (
            "logging",
            absent(),
            "put-bucket-logging --bucket-logging-status {}",
        ),
        (
            "notification",
            notification(),
            "put-bucket-notification-configuration --skip-destination-validation \
             --notification-configuration file://t.json",
        ),
        (
            "notification",
            absent(),
            "put-bucket-notification-configuration --skip-destination-validation \
             --notification-configuration {}",
        ),
    ] {
        assert_eq!(command(name, target), text, "{name}");
    }
}
