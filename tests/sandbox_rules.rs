//! AWS's rules that the command-line test does not reach: who else may do what, locks, races and regions;
//! and the demo estate as a client finds it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::collections::BTreeSet;

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{
        AccelerateConfiguration, BucketAccelerateStatus, BucketCannedAcl, BucketLocationConstraint,
        BucketLoggingStatus, BucketLogsPermission, ChecksumAlgorithm, CreateBucketConfiguration,
        LoggingEnabled, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode, TargetGrant,
        Type,
    },
};
use chrono::{DateTime, Utc};
use common::{client, client_of, refusal};
use sixfold::sandbox::{
    BucketSettings, Clock, Grant, Grantee, LockMode, ObjectLock, Ownership, Permission,
    PublicAccessBlock, Sandbox, SandboxOptions, Span, Versioning, estate,
};
use sixfold::{
    domain::Document,
    settings::{self, Bucket, CallErrorKind, Step},
};

async fn with_bucket(name: &str) -> (Sandbox, Client) {
    let options = SandboxOptions::default().with_another_account();
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = client(&sandbox);
    client.create_bucket().bucket(name).send().await.unwrap();
    (sandbox, client)
}

fn body(text: &'static str) -> ByteStream {
    ByteStream::from_static(text.as_bytes())
}

/// The status of an anonymous GET.
async fn anonymous(sandbox: &Sandbox, path: &str) -> u16 {
    let url = format!("{}{path}", sandbox.endpoint_url());
    let get = move || match ureq::get(&url).call() {
        Ok(answer) => answer.status().as_u16(),
        Err(ureq::Error::StatusCode(status)) => status,
        Err(error) => panic!("{error}"),
    };
    tokio::task::spawn_blocking(get).await.unwrap()
}

/// For settings of buckets, which never ask it.
fn no_control() -> aws_sdk_s3control::Client {
    let latest = aws_sdk_s3control::config::BehaviorVersion::latest();
    let config = aws_sdk_s3control::Config::builder().behavior_version(latest);
    aws_sdk_s3control::Client::from_conf(config.build())
}

#[tokio::test]
async fn a_public_acl_opens_a_bucket_until_the_block_or_ownership_masks_it() {
    let (sandbox, _client) = with_bucket("open").await;
    let set = |ownership, block| {
        let change = |settings: &mut BucketSettings| {
            settings.ownership = Some(ownership);
            settings.public_access_block = block;
            if settings.acl.len() == 1 {
                let everybody = Grant::new(Grantee::AllUsers, Permission::Read);
                settings.acl.push(everybody);
            }
        };
        sandbox.state().patch("open", change).unwrap();
    };
    let ignored = PublicAccessBlock {
        ignore_public_acls: true,
        ..PublicAccessBlock::default()
    };
    for (ownership, block, status) in [
        (Ownership::ObjectWriter, None, 200),
        (Ownership::BucketOwnerPreferred, None, 200),
        (Ownership::ObjectWriter, Some(ignored), 403),
        (Ownership::BucketOwnerEnforced, None, 403),
    ] {
        set(ownership, block);
        let listed = anonymous(&sandbox, "/open?list-type=2").await;
        assert_eq!(listed, status, "{ownership:?} {block:?}");
    }
    assert_eq!(anonymous(&sandbox, "/").await, 403);
    assert_eq!(anonymous(&sandbox, "/nowhere?list-type=2").await, 404);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_policy_opens_a_bucket_to_whom_it_names_and_the_block_restricts_a_public_one() {
    let (sandbox, client) = with_bucket("shared").await;
    client
        .put_object()
        .bucket("shared")
        .key("k")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    let party = sandbox.options().other.clone().unwrap();
    let partner = client_of(&sandbox, &party, "us-east-1");
    let read = || partner.get_object().bucket("shared").key("k").send();
    assert_eq!(refusal(read().await), (403, "AccessDenied".to_owned()));

    let allow = |principal: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shared/*"}}]}}"#
        )
    };
    let named = allow(r#"{"AWS":"arn:aws:iam::444455556666:root"}"#);
    client
        .put_bucket_policy()
        .bucket("shared")
        .policy(named)
        .send()
        .await
        .unwrap();
    read().await.unwrap();
    assert_eq!(anonymous(&sandbox, "/shared/k").await, 403);
    let listed = partner.list_objects_v2().bucket("shared").send().await;
    assert_eq!(refusal(listed).0, 403, "only what the policy names");

    // A public policy from before the block: it stays, and opens nothing any more.
    let everybody = allow(r#""*""#);
    for (block, status) in [(None, 200), (Some(PublicAccessBlock::ALL), 403)] {
        let change = |settings: &mut BucketSettings| {
            settings.policy = Some(everybody.clone());
            settings.public_access_block = block;
        };
        sandbox.state().patch("shared", change).unwrap();
        assert_eq!(anonymous(&sandbox, "/shared/k").await, status);
        let public = client
            .get_bucket_policy_status()
            .bucket("shared")
            .send()
            .await
            .unwrap();
        let public = public.policy_status().unwrap().is_public();
        assert_eq!(public, Some(status == 200));
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn of_many_writers_with_if_none_match_exactly_one_wins() {
    let (sandbox, client) = with_bucket("vault").await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let put = client
            .put_object()
            .bucket("vault")
            .key("k")
            .if_none_match("*");
        writers.spawn(put.body(body("x")).send());
    }
    let mut won = 0;
    for result in writers.join_all().await {
        match result {
            Ok(_) => won += 1,
            refused => assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned())),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(sandbox.state().objects("vault").unwrap().len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_locked_version_stays_until_its_time_by_the_sandbox_s_clock() {
    use std::sync::atomic::{AtomicI64, Ordering};
    let seconds = std::sync::Arc::new(AtomicI64::new(1_776_222_767));
    let now = seconds.clone();
    let clock = move || DateTime::<Utc>::from_timestamp(now.load(Ordering::Relaxed), 0).unwrap();
    let options = SandboxOptions {
        clock: Clock::new(clock),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = client(&sandbox);
    let create = client.create_bucket().bucket("vault");
    create
        .object_lock_enabled_for_bucket(true)
        .send()
        .await
        .unwrap();
    let lock = |settings: &mut BucketSettings| {
        settings.object_lock = Some(ObjectLock {
            default: Some((LockMode::Compliance, Span::Days(30))),
        });
    };
    sandbox.state().patch("vault", lock).unwrap();

    let put = client.put_object().bucket("vault").key("k").body(body("x"));
    let stored = put
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .unwrap();
    let version = stored.version_id().unwrap();
    let head = client
        .head_object()
        .bucket("vault")
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance));
    let until = head.object_lock_retain_until_date().unwrap().secs();
    assert_eq!(until, 1_776_222_767 + 30 * 86_400);

    let delete = || {
        let delete = client
            .delete_object()
            .bucket("vault")
            .key("k")
            .version_id(version);
        delete.bypass_governance_retention(true).send()
    };
    assert_eq!(refusal(delete().await), (403, "AccessDenied".to_owned()));
    let less = ObjectLockRetention::builder()
        .mode(ObjectLockRetentionMode::Compliance)
        .retain_until_date(aws_sdk_s3::primitives::DateTime::from_secs(until - 60))
        .build();
    let put = client
        .put_object_retention()
        .bucket("vault")
        .key("k")
        .retention(less);
    assert_eq!(refusal(put.send().await).0, 403);

    seconds.store(until, Ordering::Relaxed);
    delete().await.unwrap();
    assert!(sandbox.state().objects("vault").unwrap().is_empty());
    sandbox.stop().await;
}

#[tokio::test]
async fn governance_retention_yields_to_the_bypass_and_to_nothing_else() {
    let (sandbox, client) = with_bucket("other").await;
    let create = client.create_bucket().bucket("vault");
    create
        .object_lock_enabled_for_bucket(true)
        .send()
        .await
        .unwrap();
    let far = aws_sdk_s3::primitives::DateTime::from_secs(4_000_000_000);
    let put = |bucket: &str| {
        let put = client.put_object().bucket(bucket).key("k").body(body("x"));
        put.object_lock_mode(ObjectLockMode::Governance)
            .object_lock_retain_until_date(far)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .send()
    };
    assert_eq!(
        refusal(put("other").await),
        (400, "InvalidRequest".to_owned())
    );
    let stored = put("vault").await.unwrap();
    let delete = || {
        let delete = client.delete_object().bucket("vault").key("k");
        delete.version_id(stored.version_id().unwrap())
    };
    assert_eq!(refusal(delete().send().await).0, 403);
    delete()
        .bypass_governance_retention(true)
        .send()
        .await
        .unwrap();
    sandbox.stop().await;
}

#[tokio::test]
async fn a_suspended_bucket_replaces_its_null_version_and_keeps_the_others() {
    let (sandbox, client) = with_bucket("b-one").await;
    let put = async |text| {
        let put = client
            .put_object()
            .bucket("b-one")
            .key("k")
            .body(body(text));
        put.send().await.unwrap().version_id().map(str::to_owned)
    };
    let set = |versioning| {
        let change = |settings: &mut BucketSettings| settings.versioning = Some(versioning);
        sandbox.state().patch("b-one", change).unwrap();
    };
    assert_eq!(put("before").await, None);
    set(Versioning::Enabled);
    let kept = put("kept").await.unwrap();
    set(Versioning::Suspended);
    put("after").await;
    put("last").await;
    let stored: Vec<_> = sandbox
        .state()
        .objects("b-one")
        .unwrap()
        .into_iter()
        .map(|object| {
            (
                object.version_id,
                String::from_utf8(object.body.to_vec()).unwrap(),
            )
        })
        .collect();
    let expected = [
        (kept, "kept".to_owned()),
        ("null".to_owned(), "last".to_owned()),
    ];
    assert_eq!(stored, expected);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_call_signed_for_another_region_is_sent_to_the_bucket_s_own() {
    let (sandbox, client) = with_bucket("here").await;
    let owner = &sandbox.options().owner;
    let away = client_of(&sandbox, owner, "eu-west-1");
    let read = away
        .get_bucket_acl()
        .bucket("here")
        .send()
        .await
        .unwrap_err();
    let raw = read.raw_response().unwrap();
    assert_eq!(raw.status().as_u16(), 301);
    assert_eq!(raw.headers().get("x-amz-bucket-region"), Some("us-east-1"));
    away.get_bucket_location()
        .bucket("here")
        .send()
        .await
        .unwrap();
    client.get_bucket_acl().bucket("here").send().await.unwrap();
    sandbox.stop().await;
}

#[tokio::test]
async fn a_new_bucket_refuses_to_be_born_public() {
    let (sandbox, client) = with_bucket("b-one").await;
    let create = |ownership: &str| {
        let create = client
            .create_bucket()
            .bucket("born")
            .acl(BucketCannedAcl::PublicRead);
        create.object_ownership(ownership.into()).send()
    };
    let (status, code) = refusal(create("BucketOwnerEnforced").await);
    assert_eq!(
        (status, code.as_str()),
        (400, "InvalidBucketAclWithObjectOwnership")
    );
    let (status, code) = refusal(create("ObjectWriter").await);
    let expected = (400, "InvalidBucketAclWithBlockPublicAccessError");
    assert_eq!((status, code.as_str()), expected);
    assert_eq!(sandbox.state().buckets(), ["b-one"]);
    sandbox.stop().await;
}

fn logs_to(target: &str, granted: bool) -> BucketLoggingStatus {
    let everybody = aws_sdk_s3::types::Grantee::builder()
        .r#type(Type::Group)
        .uri("http://acs.amazonaws.com/groups/global/AllUsers")
        .build()
        .unwrap();
    let grant = TargetGrant::builder()
        .grantee(everybody)
        .permission(BucketLogsPermission::Read)
        .build();
    let enabled = LoggingEnabled::builder()
        .target_bucket(target)
        .target_prefix("b-one/")
        .set_target_grants(granted.then(|| vec![grant]))
        .build()
        .unwrap();
    BucketLoggingStatus::builder()
        .logging_enabled(enabled)
        .build()
}

#[tokio::test]
async fn access_logs_go_only_where_they_would_arrive() {
    let (sandbox, client) = with_bucket("b-one").await;
    for name in ["by-policy", "by-acl", "shut", "half"] {
        client.create_bucket().bucket(name).send().await.unwrap();
    }
    let far = client_of(&sandbox, &sandbox.options().owner, "eu-west-1");
    let constraint = BucketLocationConstraint::from("eu-west-1");
    let there = CreateBucketConfiguration::builder().location_constraint(constraint);
    let create = far.create_bucket().bucket("far");
    let create = create.create_bucket_configuration(there.build());
    create.send().await.unwrap();
    let partner = sandbox.options().other.clone().unwrap();
    let partner = client_of(&sandbox, &partner, "us-east-1");
    partner
        .create_bucket()
        .bucket("theirs")
        .send()
        .await
        .unwrap();

    let acl = |grants: &'static [Permission]| {
        move |settings: &mut BucketSettings| {
            settings.ownership = Some(Ownership::ObjectWriter);
            let grants = grants
                .iter()
                .map(|it| Grant::new(Grantee::LogDelivery, *it));
            settings.acl.extend(grants);
        }
    };
    let state = sandbox.state();
    let both = acl(&[Permission::Write, Permission::ReadAcp]);
    state.patch("by-acl", both).unwrap();
    state.patch("half", acl(&[Permission::Write])).unwrap();
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::by-policy/b-one/*","Condition":{"StringEquals":{"aws:SourceAccount":"ACCOUNT"}}}]}"#;
    let policy = policy.replace("ACCOUNT", sandbox.options().owner.account.as_str());
    let put = client
        .put_bucket_policy()
        .bucket("by-policy")
        .policy(policy);
    put.send().await.unwrap();

    let invalid = (400, "InvalidTargetBucketForLogging");
    for (target, granted, refused) in [
        ("by-policy", false, None),
        ("by-acl", false, None),
        ("by-acl", true, None),
        ("by-policy", true, Some((400, "InvalidArgument"))),
        ("shut", false, Some(invalid)),
        ("half", false, Some(invalid)),
        ("nowhere", false, Some(invalid)),
        ("theirs", false, Some(invalid)),
        ("far", false, Some((403, "CrossLocationLoggingProhibited"))),
    ] {
        let put = client.put_bucket_logging().bucket("b-one");
        let put = put.bucket_logging_status(logs_to(target, granted)).send();
        match refused {
            None => {
                put.await.unwrap();
                let read = client.get_bucket_logging().bucket("b-one").send().await;
                let read = read.unwrap().logging_enabled.unwrap();
                assert_eq!(read.target_bucket, target);
                assert_eq!(read.target_grants().len(), usize::from(granted));
            }
            Some((status, code)) => {
                assert_eq!(refusal(put.await), (status, code.to_owned()), "{target}");
            }
        }
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn another_account_reads_and_writes_the_settings_that_a_policy_names_and_no_others() {
    let (sandbox, client) = with_bucket("b-one").await;
    let party = sandbox.options().other.clone().unwrap();
    let partner = client_of(&sandbox, &party, "us-east-1");
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:GetBucketNotification","s3:PutAccelerateConfiguration","s3:DeleteBucketWebsite","s3:PutBucketCORS"],"Resource":"arn:aws:s3:::b-one"}]}"#;
    let put = client.put_bucket_policy().bucket("b-one").policy(policy);
    put.send().await.unwrap();

    let b = "b-one";
    let read = partner.get_bucket_notification_configuration().bucket(b);
    read.send().await.unwrap();
    partner
        .delete_bucket_website()
        .bucket(b)
        .send()
        .await
        .unwrap();
    partner.delete_bucket_cors().bucket(b).send().await.unwrap();
    let enabled = AccelerateConfiguration::builder().status(BucketAccelerateStatus::Enabled);
    let put = partner.put_bucket_accelerate_configuration().bucket(b);
    let put = put.accelerate_configuration(enabled.build());
    put.send().await.unwrap();

    let denied = (403, "AccessDenied".to_owned());
    let get = partner.get_bucket_accelerate_configuration().bucket(b);
    assert_eq!(refusal(get.send().await), denied);
    assert_eq!(
        refusal(partner.get_bucket_cors().bucket(b).send().await),
        denied
    );
    assert_eq!(
        refusal(partner.get_bucket_logging().bucket(b).send().await),
        denied
    );
    assert_eq!(
        refusal(partner.get_bucket_website().bucket(b).send().await),
        denied
    );
    let get = partner.get_bucket_request_payment().bucket(b);
    assert_eq!(refusal(get.send().await), denied);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_demo_estate_has_the_walkthrough_s_bucket_a_vault_and_mixed_others() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make(&sandbox);
    let client = client(&sandbox);

    let acl = client
        .get_bucket_acl()
        .bucket(estate::WALKTHROUGH)
        .send()
        .await
        .unwrap();
    let owner = sandbox.options().owner.canonical_id();
    let grants: Vec<_> = acl
        .grants()
        .iter()
        .map(|grant| {
            let grantee = grant.grantee().unwrap();
            let who = match grantee.uri() {
                Some(uri) => uri.rsplit('/').next().unwrap(),
                None if grantee.id() == Some(&owner) => "bucket-owner",
                None => "somebody",
            };
            format!("{who}: {}", grant.permission().unwrap())
        })
        .collect();
    let expected = [
        "bucket-owner: FULL_CONTROL",
        "AllUsers: READ",
        "LogDelivery: WRITE",
    ];
    assert_eq!(grants, expected);
    assert_eq!(
        anonymous(&sandbox, "/acme-prod-customer-exports?list-type=2").await,
        200
    );
    let tags = sandbox.state().settings(estate::WALKTHROUGH).unwrap().tags;
    let keys: Vec<_> = tags.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["env", "data-classification"]);

    let lock = client.get_object_lock_configuration().bucket(estate::VAULT);
    lock.send().await.unwrap();
    let window = client
        .get_bucket_lifecycle_configuration()
        .bucket(estate::VAULT);
    let window = window.send().await.unwrap();
    assert_eq!(window.rules()[0].expiration().unwrap().days(), Some(30));

    let names = sandbox.state().buckets();
    assert!(names.len() >= 26, "{}", names.len());
    let envs: BTreeSet<_> = names
        .iter()
        .filter_map(|name| {
            sandbox
                .state()
                .settings(name)
                .unwrap()
                .tag("env")
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(
        envs.into_iter().collect::<Vec<_>>(),
        ["Production", "dev", "prod", "staging"]
    );
    let whole = |name: &&String| {
        let settings = sandbox.state().settings(name).unwrap();
        settings.block() == PublicAccessBlock::ALL
            && settings.acl.len() == 1
            && settings.tags.len() == 3
            && settings.versioning == Some(Versioning::Enabled)
            && settings
                .policy
                .is_some_and(|text| text.contains("aws:SecureTransport"))
    };
    assert!(names.iter().filter(whole).count() >= 7);
    let refused = client
        .get_bucket_policy()
        .bucket("acme-prod-legal-hold")
        .send()
        .await;
    assert_eq!(refusal(refused), (403, "AccessDenied".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn synthetic_buckets_are_the_same_for_the_same_seed_and_their_policies_would_be_accepted() {
    let mut estates = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        estate::make_many(&sandbox, 200, seed);
        let settings: Vec<_> = sandbox
            .state()
            .buckets()
            .into_iter()
            .map(|name| (sandbox.state().settings(&name).unwrap(), name))
            .collect();
        if estates.is_empty() {
            let client = client(&sandbox);
            for (settings, name) in &settings {
                let Some(policy) = &settings.policy else {
                    continue;
                };
                let put = client.put_bucket_policy().bucket(name).policy(policy);
                put.send().await.unwrap();
            }
        }
        estates.push(settings);
        sandbox.stop().await;
    }
    assert_eq!(estates[0].len(), 200);
    assert!(estates[0] == estates[1]);
    assert!(estates[0] != estates[2]);
}

#[tokio::test]
async fn a_thousand_configurations_are_kept_and_listed_by_the_hundred() {
    use aws_sdk_s3::types::MetricsConfiguration;
    let (sandbox, client) = with_bucket("busy").await;
    let put = async |id: String| {
        let one = MetricsConfiguration::builder().id(&id).build().unwrap();
        let put = client.put_bucket_metrics_configuration().bucket("busy");
        put.id(id).metrics_configuration(one).send().await
    };
    for n in 0..1_000 {
        put(format!("m{n:04}")).await.unwrap();
    }
    let refused = refusal(put("one-more".to_owned()).await);
    assert_eq!(refused, (400, "TooManyConfigurations".to_owned()));
    // One that is there already may be written again.
    put("m0500".to_owned()).await.unwrap();

    let control = no_control();
    let bucket = Bucket {
        client: &client,
        control: &control,
        name: "busy",
        owner: Some("111122223333"),
    };
    let setting = settings::by_name("metrics").unwrap();
    let read = setting.read(bucket).await.unwrap();
    let listed = sandbox
        .calls()
        .count("ListBucketMetricsConfigurations", "busy");
    assert_eq!(listed, 10);
    let view = setting.view(&read.document);
    let ids = view["ids"].as_array().unwrap();
    assert_eq!((ids.len(), &ids[999]), (1_000, &"m0999".into()));
    assert_eq!(setting.representable(&read), Ok(()));
    let token = client
        .list_bucket_metrics_configurations()
        .bucket("busy")
        .continuation_token("%")
        .send()
        .await;
    assert_eq!(refusal(token), (400, "InvalidArgument".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn another_account_reads_and_writes_what_a_policy_gives_it_action_by_action() {
    let (sandbox, client) = with_bucket("lent").await;
    let party = sandbox.options().other.clone().unwrap();
    let partner = client_of(&sandbox, &party, "us-east-1");
    let control = no_control();
    let bucket = Bucket {
        client: &partner,
        control: &control,
        name: "lent",
        owner: None,
    };
    for (name, action, target) in [
        (
            "lifecycle",
            "LifecycleConfiguration",
            r#"{"Rules":[{"ID":"x","Filter":{"Prefix":""},"Status":"Enabled","Expiration":{"Days":1}}]}"#,
        ),
        (
            "replication",
            "ReplicationConfiguration",
            r#"{"Role":"arn:aws:iam::1:role/r","Rules":[{"ID":"x","Prefix":"","Status":"Enabled","Destination":{"Bucket":"arn:aws:s3:::theirs","Account":"999988887777"}}]}"#,
        ),
        (
            "object_lock",
            "BucketObjectLockConfiguration",
            r#"{"ObjectLockEnabled":"Enabled"}"#,
        ),
        (
            "inventory",
            "InventoryConfiguration",
            r#"{"Configurations":[{"Id":"x","IsEnabled":true,"IncludedObjectVersions":"All","Schedule":{"Frequency":"Daily"},"Destination":{"S3BucketDestination":{"Bucket":"arn:aws:s3:::inv","Format":"CSV"}}}]}"#,
        ),
        (
            "metrics",
            "MetricsConfiguration",
            r#"{"Configurations":[{"Id":"x"}]}"#,
        ),
        (
            "intelligent_tiering",
            "IntelligentTieringConfiguration",
            r#"{"Configurations":[{"Id":"x","Status":"Enabled","Tierings":[{"Days":90,"AccessTier":"ARCHIVE_ACCESS"}]}]}"#,
        ),
    ] {
        sandbox
            .state()
            .patch("lent", |settings| {
                settings.versioning = Some(Versioning::Enabled);
                settings.policy = None;
            })
            .unwrap();
        let setting = settings::by_name(name).unwrap();
        let target: Document = serde_json::from_str(target).unwrap();
        let step = Step::new(&Document::ABSENT, &target);
        let allow = async |verb: &str| {
            let policy = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"444455556666"}},"Action":"s3:{verb}{action}","Resource":"arn:aws:s3:::lent"}}]}}"#
            );
            let put = client.put_bucket_policy().bucket("lent");
            put.policy(policy).send().await.unwrap();
        };
        let denied = setting.read(bucket).await.unwrap_err();
        assert_eq!(denied.kind, CallErrorKind::Denied, "{name}");
        allow("Get").await;
        assert!(
            setting.read(bucket).await.unwrap().document.is_absent(),
            "{name}"
        );
        let denied = setting.write(bucket, step).await.unwrap_err();
        assert_eq!(denied.kind, CallErrorKind::Denied, "{name}");
        allow("Put").await;
        setting.write(bucket, step).await.unwrap();
        let owners = Bucket {
            client: &client,
            ..bucket
        };
        let read = setting.read(owners).await.unwrap();
        let mut wanted = setting.tidy(target.to_json()).unwrap();
        assert_eq!(read.document, wanted, "{name}");
        assert_eq!(setting.representable(&read), Ok(()), "{name}");
        // And back, as far as it goes.
        setting
            .write(owners, Step::new(&wanted, &Document::ABSENT))
            .await
            .unwrap();
        wanted = setting.restored(&Document::ABSENT);
        assert_eq!(
            setting.read(owners).await.unwrap().document,
            wanted,
            "{name}"
        );
    }
    sandbox.stop().await;
}
