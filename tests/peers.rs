//! The same chain against an S3 that we did not write (moto), and the printed commands run by the
//! real `aws` program on a second copy: what we say, what we do and what the AWS CLI does must reach
//! the same documents, forward and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod peer;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_sdk_s3::{
    Client,
    types::{
        AccessControlPolicy, BucketLifecycleConfiguration, BucketVersioningStatus,
        ExpirationStatus, Grant, Grantee, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
        Owner, Permission, PublicAccessBlockConfiguration, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
        Tag, Tagging, Type, VersioningConfiguration,
    },
};
use peer::{Moto, VAULT, run_printed};
use sixfold::{
    cloud::{self, Cloud, Urgency},
    config::{AccountFacts, Config},
    domain::{
        Actor, Change, Document, Plan, RevertState, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    engine::Caller,
    room::{Room, Starting},
    rules::Library,
    settings::{self, Step},
    store::Query,
};

fn group(uri: &str, permission: Permission) -> Grant {
    let grantee = Grantee::builder()
        .r#type(Type::Group)
        .uri(format!("http://acs.amazonaws.com/groups/{uri}"))
        .build()
        .unwrap();
    Grant::builder()
        .grantee(grantee)
        .permission(permission)
        .build()
}

async fn grant(client: &Client, bucket: &str, grants: &[(&str, Permission)]) {
    let owner = client
        .get_bucket_acl()
        .bucket(bucket)
        .send()
        .await
        .unwrap()
        .owner
        .unwrap()
        .id
        .unwrap();
    let me = Grantee::builder()
        .r#type(Type::CanonicalUser)
        .id(&owner)
        .build()
        .unwrap();
    let mine = Grant::builder()
        .grantee(me)
        .permission(Permission::FullControl)
        .build();
    let mut policy = AccessControlPolicy::builder()
        .owner(Owner::builder().id(owner).build())
        .grants(mine);
    for (uri, permission) in grants {
        policy = policy.grants(group(uri, permission.clone()));
    }
    client
        .put_bucket_acl()
        .bucket(bucket)
        .access_control_policy(policy.build())
        .send()
        .await
        .unwrap();
}

async fn tag(client: &Client, bucket: &str, tags: &[(&str, &str)]) {
    let set = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap())
        .collect();
    let tagging = Tagging::builder().set_tag_set(Some(set)).build().unwrap();
    client
        .put_bucket_tagging()
        .bucket(bucket)
        .tagging(tagging)
        .send()
        .await
        .unwrap();
}

/// The estate: for every rule a bucket that violates it, outside production.
async fn seed(client: &Client) {
    let dev: &[(&str, &str)] = &[("env", "dev"), ("owner", "web@acme.com")];
    for bucket in [
        "peer-listed",
        "peer-writable",
        "peer-aws-users",
        "peer-half-blocked",
        "peer-with-policy",
        "peer-untagged",
    ] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
        tag(client, bucket, dev).await;
    }
    grant(
        client,
        "peer-listed",
        &[
            ("global/AllUsers", Permission::Read),
            ("s3/LogDelivery", Permission::Write),
        ],
    )
    .await;
    grant(
        client,
        "peer-writable",
        &[("global/AllUsers", Permission::Write)],
    )
    .await;
    grant(
        client,
        "peer-aws-users",
        &[("global/AuthenticatedUsers", Permission::Read)],
    )
    .await;
    let half = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(false)
        .restrict_public_buckets(false)
        .build();
    client
        .put_public_access_block()
        .bucket("peer-half-blocked")
        .public_access_block_configuration(half)
        .send()
        .await
        .unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Reader","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::peer-with-policy/*"}]}"#;
    client
        .put_bucket_policy()
        .bucket("peer-with-policy")
        .policy(policy)
        .send()
        .await
        .unwrap();
    tag(
        client,
        "peer-with-policy",
        &[
            ("env", "dev"),
            ("owner", "web@acme.com"),
            ("data-classification", "confidential"),
        ],
    )
    .await;
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::Aes256)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .build();
    let encryption = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    client
        .put_bucket_encryption()
        .bucket("peer-with-policy")
        .server_side_encryption_configuration(encryption)
        .send()
        .await
        .unwrap();
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    client
        .put_bucket_versioning()
        .bucket("peer-listed")
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    tag(
        client,
        "peer-untagged",
        &[("env", "dev"), ("team", "überall & <hier>")],
    )
    .await;
}

async fn make_vault(client: &Client) {
    client.create_bucket().bucket(VAULT).send().await.unwrap();
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    client
        .put_bucket_versioning()
        .bucket(VAULT)
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    let rule = LifecycleRule::builder()
        .id("retention")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .expiration(LifecycleExpiration::builder().days(30).build())
        .build()
        .unwrap();
    let lifecycle = BucketLifecycleConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    client
        .put_bucket_lifecycle_configuration()
        .bucket(VAULT)
        .lifecycle_configuration(lifecycle)
        .send()
        .await
        .unwrap();
}

async fn cloud_of(moto: &Moto, folder: &Path) -> Arc<Cloud> {
    let config = moto.config(folder);
    let accounts = cloud::connect(&config).await.unwrap();
    Arc::clone(accounts.own())
}

async fn room(moto: &Moto, folder: &Path, shape: impl FnOnce(&mut Config)) -> Arc<Room> {
    let mut config = moto.config(&folder.join("state"));
    shape(&mut config);
    Room::start(Starting::new(config)).await.unwrap()
}

/// One rule or more for each setting here; `rules_moto` goes through the others one by one. The
/// account's own block, which would leave the ACLs' rules nothing to do, has a test of its own.
const ABOUT_BUCKETS: [&str; 8] = [
    "acl-authenticated-users",
    "acl-public-read",
    "acl-public-write",
    "block-public-access",
    "kms-for-classified",
    "mandatory-tags",
    "tls-only",
    "versioning",
];

/// Only these rules judge.
fn only(config: &mut Config, rules: &[&str]) {
    let library = Library::load(None).unwrap();
    let ids = library.rules().iter().map(|rule| rule.id.clone());
    config.rules.disabled = ids.filter(|id| !rules.contains(&id.as_str())).collect();
    let left = library.rules().len() - config.rules.disabled.len();
    assert_eq!(left, rules.len(), "one of {rules:?} is not in the library");
}

async fn document(cloud: &Cloud, change: &Change) -> Document {
    let setting = settings::by_name(&change.ticket.plan().unwrap().setting).unwrap();
    let read = cloud.read(setting, &change.ticket.asset, Urgency::Fix);
    read.await.unwrap().document
}

async fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(2);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn changes(room: &Room) -> Vec<Change> {
    let store = &room.engine.store;
    let rows = store.queue(&Query::default(), 0, 1_000).unwrap().items;
    let mut changes: Vec<_> = rows
        .iter()
        .map(|row| store.change(row.id).unwrap().unwrap())
        .collect();
    changes.sort_by_key(|change| change.id);
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_is_fixed_and_reverted_on_moto_and_the_printed_commands_agree() {
    let (ours, copy) = (Moto::start(), Moto::start());
    let folder = tempfile::tempdir().unwrap();
    let (cloud, other_cloud) = (
        cloud_of(&ours, folder.path()).await,
        cloud_of(&copy, folder.path()).await,
    );
    let (client, other) = (cloud.client("us-east-1"), other_cloud.client("us-east-1"));
    make_vault(&client).await;
    seed(&client).await;
    seed(&other).await;

    let room = room(&ours, folder.path(), |config| only(config, &ABOUT_BUCKETS)).await;
    let done = wait_for("every change is closed", || {
        let changes = changes(&room);
        let closed = changes.iter().all(|change| change.stage == Stage::Closed);
        (room.watch.status().last_full_pass.is_some() && closed).then_some(changes)
    })
    .await;
    let mut by_setting: BTreeMap<String, usize> = BTreeMap::new();
    for change in &done {
        assert_eq!(
            change.outcome(),
            Some(Outcome::Remediated),
            "{}: {:#?}",
            change.ticket.rule.id,
            change.fix
        );
        *by_setting
            .entry(change.ticket.plan().unwrap().setting.clone())
            .or_default() += 1;
    }
    let written: Vec<_> = by_setting.keys().map(String::as_str).collect();
    assert_eq!(
        written,
        [
            "acl",
            "encryption",
            "policy",
            "public_access_block",
            "tagging",
            "versioning"
        ]
    );

    let caller = Caller {
        actor: Actor::person("nina.ramirez").unwrap(),
        via: Via::Cli,
        readonly: false,
    };
    for change in &done {
        let plan = change.ticket.plan().unwrap();
        let what = format!("{} on {}", change.ticket.rule.id, change.ticket.asset);
        let setting = settings::by_name(&plan.setting).unwrap();
        assert_eq!(document(&cloud, change).await, plan.target, "{what}");

        // The second copy, by the commands as they are printed.
        let files = folder.path().join(change.id.to_string());
        std::fs::create_dir(&files).unwrap();
        std::fs::write(
            files.join(Plan::target_file(&plan.setting, change.id)),
            setting.file(Step::new(&plan.before, &plan.target)),
        )
        .unwrap();
        assert_eq!(document(&other_cloud, change).await, plan.before, "{what}");
        run_printed(&copy, &files, &plan.command.text());
        assert_eq!(
            document(&other_cloud, change).await,
            plan.target,
            "forward, {what}"
        );
        let snapshot = &change.backup.as_ref().unwrap().file;
        let bytes = room
            .engine
            .vault()
            .unwrap()
            .fetch(change.id, snapshot)
            .await
            .unwrap();
        std::fs::write(files.join(snapshot), bytes).unwrap();
        run_printed(&copy, &files, &plan.inverse.text());
        assert_eq!(
            document(&other_cloud, change).await.digest(),
            plan.restored,
            "inverse, {what}"
        );

        // And ours, by a revert.
        let reason = Reason {
            code: ReasonCode::Maintenance,
            note: String::new(),
        };
        room.engine
            .revert(&caller, change.id, reason)
            .await
            .unwrap();
        wait_for("it is reverted", || {
            let revert = room
                .engine
                .store
                .change(change.id)
                .unwrap()
                .unwrap()
                .revert?;
            (revert.state != RevertState::Pending).then_some(revert)
        })
        .await;
        assert_eq!(
            document(&cloud, change).await.digest(),
            plan.restored,
            "revert, {what}"
        );
    }
    room.stop().await;
}

/// `rollback.sh` as it lies in the vault, with nothing of ours but the AWS command line.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_in_the_vault_reverts_without_us() {
    let moto = Moto::start();
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_of(&moto, folder.path()).await;
    let client = cloud.client("us-east-1");
    make_vault(&client).await;
    client
        .create_bucket()
        .bucket("peer-listed")
        .send()
        .await
        .unwrap();
    tag(
        &client,
        "peer-listed",
        &[("env", "dev"), ("owner", "web@acme.com")],
    )
    .await;
    grant(
        &client,
        "peer-listed",
        &[("global/AllUsers", Permission::Read)],
    )
    .await;

    let room = room(&moto, folder.path(), |config| only(config, &ABOUT_BUCKETS)).await;
    let change = wait_for("the ACL is fixed", || {
        changes(&room).into_iter().find(|change| {
            change.ticket.plan().unwrap().setting == "acl" && change.stage == Stage::Closed
        })
    })
    .await;
    let script = room
        .engine
        .vault()
        .unwrap()
        .fetch(change.id, "rollback.sh")
        .await
        .unwrap();
    room.stop().await;
    assert_ne!(
        document(&cloud, &change).await,
        change.ticket.plan().unwrap().before
    );
    run_printed(&moto, folder.path(), &String::from_utf8(script).unwrap());
    assert_eq!(
        document(&cloud, &change).await,
        change.ticket.plan().unwrap().before
    );
    drop(Arc::clone(&room));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_block_is_set_and_put_back_on_moto_and_by_the_printed_commands() {
    let moto = Moto::start();
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_of(&moto, folder.path()).await;
    make_vault(&cloud.client("us-east-1")).await;
    let room = room(&moto, folder.path(), |config| {
        only(config, &["account-block-public-access"]);
        let facts = AccountFacts {
            environment: Some("dev".to_owned()),
            ..AccountFacts::default()
        };
        config.accounts.insert(cloud.account().clone(), facts);
    })
    .await;
    let change = wait_for("the account's block is set", || {
        let mut changes = changes(&room).into_iter();
        changes.find(|change| change.stage == Stage::Closed)
    })
    .await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    assert_eq!(change.ticket.asset, cloud.account_asset());
    let vault = room.engine.vault().unwrap();
    let script = vault.fetch(change.id, "rollback.sh").await.unwrap();
    room.stop().await;
    let plan = change.ticket.plan().unwrap();
    assert_eq!(document(&cloud, &change).await, plan.target);
    run_printed(&moto, folder.path(), &plan.inverse.text());
    assert!(document(&cloud, &change).await.is_absent());
    run_printed(&moto, folder.path(), &plan.command.text());
    assert_eq!(document(&cloud, &change).await, plan.target);
    // The script asks STS whose account this is, and S3 for the vault.
    run_printed(&moto, folder.path(), &String::from_utf8(script).unwrap());
    assert!(document(&cloud, &change).await.is_absent());
}

/// STS and Organizations as moto has them: whose a call is goes by the credentials that STS gave out.
#[tokio::test(flavor = "multi_thread")]
async fn an_organisations_account_is_entered_by_roles_on_moto() {
    let moto = Moto::start();
    let folder = tempfile::tempdir().unwrap();
    let own = cloud_of(&moto, folder.path()).await;
    make_vault(&own.client("us-east-1")).await;
    run_printed(
        &moto,
        folder.path(),
        "aws organizations create-organization --feature-set ALL > /dev/null
         aws organizations create-account --email payments@acme.com --account-name payments > /dev/null",
    );
    let text = "[members]\nscanner_role = \"sixfold-scanner\"\nremediator_role = \"sixfold-remediator\"\n\
                external_id = \"one-word\"\norganization = true\n";
    let typed = Config::parse(text, Path::new("peer.toml")).unwrap();
    let mut config = moto.config(folder.path());
    config.members.clone_from(&typed.members);
    let accounts = cloud::connect(&config).await.unwrap();
    let roll = accounts.roll().await;
    assert_eq!(roll.trouble, None);
    let member = Arc::clone(&roll.accounts[1]);
    assert_ne!(member.account(), own.account());
    let client = member.client("us-east-1");
    let created = client.create_bucket().bucket("peer-of-payments");
    created.send().await.unwrap();
    tag(&client, "peer-of-payments", &[("env", "dev")]).await;
    grant(
        &client,
        "peer-of-payments",
        &[("global/AllUsers", Permission::Read)],
    )
    .await;

    let room = room(&moto, folder.path(), |config| {
        only(config, &["acl-public-read"]);
        config.members = typed.members;
    })
    .await;
    let change = wait_for("the ACL is fixed", || {
        let mut changes = changes(&room).into_iter();
        changes.find(|change| change.stage == Stage::Closed)
    })
    .await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    assert_eq!(change.ticket.asset.account, *member.account());
    assert_eq!(
        document(&member, &change).await,
        change.ticket.plan().unwrap().target
    );
    room.stop().await;
}
