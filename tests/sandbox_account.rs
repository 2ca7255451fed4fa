//! S3 Control of the embedded S3 against the real `aws` command, and what an account's settings do
//! to the account's buckets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::time::Duration;

use aws_sdk_s3::types::{
    BucketCannedAcl, BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership,
};
use common::{Ran, aws_control, aws_control_of, client, client_of, refusal};
use serde_json::{Value, json};
use sixfold::{
    cloud::{self, Urgency},
    domain::Asset,
    sandbox::{FaultKind, FaultRule, PublicAccessBlock, Sandbox, SandboxOptions},
    settings,
};

async fn sandbox() -> Sandbox {
    let options = SandboxOptions::default().with_another_account();
    Sandbox::start(options).await.unwrap()
}

async fn control(sandbox: &Sandbox, args: &[&str]) -> Ran {
    aws_control(sandbox, &sandbox.options().owner, args).await
}

const GET: &[&str] = &["get-public-access-block"];
const DELETE: &[&str] = &["delete-public-access-block"];

fn put(flags: &str) -> [&str; 3] {
    [
        "put-public-access-block",
        "--public-access-block-configuration",
        flags,
    ]
}

#[tokio::test]
async fn the_aws_command_sets_reads_and_deletes_the_accounts_block() {
    let sandbox = sandbox().await;
    let owner = &sandbox.options().owner.account;
    let none = control(&sandbox, GET).await;
    assert_eq!(none.code(), "NoSuchPublicAccessBlockConfiguration");

    let three = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true";
    assert!(control(&sandbox, &put(three)).await.is_silent());
    assert_eq!(
        control(&sandbox, GET).await.json()["PublicAccessBlockConfiguration"],
        json!({"BlockPublicAcls": true, "IgnorePublicAcls": true,
               "BlockPublicPolicy": true, "RestrictPublicBuckets": false})
    );
    let held = sandbox.state().account_block(owner).unwrap();
    assert!(held.block_public_acls && !held.restrict_public_buckets);

    assert!(control(&sandbox, DELETE).await.is_silent());
    assert!(control(&sandbox, DELETE).await.is_silent());
    assert_eq!(sandbox.state().account_block(owner), None);
    let target = format!("account:{owner}");
    let calls = sandbox.calls();
    assert_eq!(calls.count("PutPublicAccessBlock", &target), 1);
    assert_eq!(calls.count("DeletePublicAccessBlock", &target), 2);
}

#[tokio::test]
async fn another_account_is_not_let_in_and_what_is_not_there_is_said() {
    let sandbox = sandbox().await;
    let owner = sandbox.options().owner.account.as_str();
    let other = sandbox.options().other.clone().unwrap();
    for args in [GET, &put("BlockPublicAcls=true"), DELETE] {
        let args = [args, &["--account-id", owner]].concat();
        let ran = aws_control_of(&sandbox, &other, &args).await;
        assert_eq!(ran.code(), "AccessDenied", "{args:?}");
    }
    let own = aws_control(&sandbox, &other, GET).await;
    assert_eq!(own.code(), "NoSuchPublicAccessBlockConfiguration");
    let jobs = control(&sandbox, &["list-jobs"]).await;
    assert_eq!(jobs.code(), "NotImplemented");
}

#[tokio::test]
async fn the_accounts_block_is_the_bucket_s_too_whatever_the_bucket_says() {
    let sandbox = sandbox().await;
    let owner = &sandbox.options().owner;
    let other = sandbox.options().other.clone().unwrap();
    let (s3, stranger) = (client(&sandbox), client_of(&sandbox, &other, "us-east-1"));
    let block = |block| sandbox.state().set_account_block(&owner.account, block);
    let open = async |name: &str| {
        let ownership = ObjectOwnership::ObjectWriter;
        let create = s3.create_bucket().bucket(name).object_ownership(ownership);
        create.send().await.unwrap();
        let none = s3.delete_public_access_block().bucket(name);
        none.send().await.unwrap();
    };
    let public = async |name: &str| {
        let acl = s3.put_bucket_acl().bucket(name);
        acl.acl(BucketCannedAcl::PublicRead).send().await
    };
    let listed = async |name: &str| stranger.list_objects_v2().bucket(name).send().await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::by-policy"}]})
    .to_string();
    let put_policy = async || {
        let put = s3.put_bucket_policy().bucket("by-policy").policy(&policy);
        put.send().await
    };
    let is_public = async || {
        let status = s3.get_bucket_policy_status().bucket("by-policy");
        let status = status.send().await.unwrap().policy_status.unwrap();
        status.is_public.unwrap()
    };

    open("by-acl").await;
    open("by-policy").await;
    public("by-acl").await.unwrap();
    put_policy().await.unwrap();
    listed("by-acl").await.unwrap();
    listed("by-policy").await.unwrap();
    assert!(is_public().await);

    block(Some(PublicAccessBlock::ALL));
    let denied = (403, "AccessDenied".to_owned());
    assert_eq!(refusal(listed("by-acl").await), denied);
    assert_eq!(refusal(listed("by-policy").await), denied);
    assert_eq!(refusal(public("by-acl").await), denied);
    assert_eq!(refusal(put_policy().await), denied);
    assert!(!is_public().await);
    open("born-under-it").await;
    assert_eq!(refusal(public("born-under-it").await), denied);
    let own = s3.get_public_access_block().bucket("by-acl").send().await;
    assert_eq!(
        refusal(own),
        (404, "NoSuchPublicAccessBlockConfiguration".to_owned()),
        "the account's block does not show as the bucket's"
    );

    block(None);
    listed("by-acl").await.unwrap();
    public("born-under-it").await.unwrap();
}

#[tokio::test]
async fn the_accounts_calls_meet_faults_and_reads_of_it_may_lag() {
    let sandbox = sandbox().await;
    let target = format!("account:{}", sandbox.options().owner.account);
    let faults = sandbox.faults();
    faults.add(
        FaultRule::new(FaultKind::Denied)
            .on("GetPublicAccessBlock")
            .of(&target)
            .times(1),
    );
    assert_eq!(control(&sandbox, GET).await.code(), "AccessDenied");
    let stale = FaultKind::Stale(Duration::from_mins(10));
    faults.add(FaultRule::new(stale).on("PutPublicAccessBlock").of(&target));
    control(&sandbox, &put("BlockPublicAcls=true")).await;
    let lagging = control(&sandbox, GET).await;
    assert_eq!(lagging.code(), "NoSuchPublicAccessBlockConfiguration");
    let held = sandbox
        .state()
        .account_block(&sandbox.options().owner.account);
    assert!(held.unwrap().block_public_acls);
}

#[tokio::test]
async fn the_aws_command_makes_lists_and_deletes_access_points_of_a_bucket() {
    let sandbox = sandbox().await;
    let s3 = client(&sandbox);
    for name in ["b-one", "b-two"] {
        s3.create_bucket().bucket(name).send().await.unwrap();
    }
    let on = |name, more: &[&str]| -> Vec<String> {
        let args = ["create-access-point", "--name", name, "--bucket", "b-one"];
        args.iter().chain(more).map(|&arg| arg.to_owned()).collect()
    };
    for args in [
        on("closed", &[]),
        on(
            "open",
            &[
                "--public-access-block-configuration",
                "BlockPublicAcls=true",
            ],
        ),
        on("private", &["--vpc-configuration", "VpcId=vpc-1a2b3c"]),
    ] {
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let made = control(&sandbox, &args).await.json();
        let arn = made["AccessPointArn"].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:s3:us-east-1:111122223333:accesspoint/"));
        assert!(made["Alias"].as_str().unwrap().ends_with("-s3alias"));
    }
    let again = control(
        &sandbox,
        &["create-access-point", "--name", "open", "--bucket", "b-one"],
    );
    assert_eq!(again.await.code(), "AccessPointAlreadyOwnedByYou");
    let nowhere = control(
        &sandbox,
        &["create-access-point", "--name", "new", "--bucket", "b-no"],
    );
    assert_eq!(nowhere.await.code(), "NoSuchBucket");

    let names = |list: &Value| -> Vec<String> {
        let list = list["AccessPointList"].as_array().unwrap();
        list.iter()
            .map(|it| it["Name"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = ["list-access-points", "--bucket", "b-one"];
    let all = control(&sandbox, &list).await.json();
    assert_eq!(names(&all), ["closed", "open", "private"]);
    let first = [&list[..], &["--max-results", "2"]].concat();
    let first = control(&sandbox, &first).await.json();
    assert_eq!(names(&first), ["closed", "open"]);
    let token = first["NextToken"].as_str().unwrap();
    let second = [&list[..], &["--next-token", token]].concat();
    let second = control(&sandbox, &second).await.json();
    assert_eq!(names(&second), ["private"]);
    assert!(second.get("NextToken").is_none());
    let none = control(&sandbox, &["list-access-points", "--bucket", "b-two"]);
    assert!(names(&none.await.json()).is_empty());
    let elsewhere = [&list[..], &["--region", "eu-west-1"]].concat();
    assert!(names(&control(&sandbox, &elsewhere).await.json()).is_empty());

    let get = async |name| {
        control(&sandbox, &["get-access-point", "--name", name])
            .await
            .json()
    };
    let (closed, open, private) = (get("closed").await, get("open").await, get("private").await);
    let block = |point: &Value| point["PublicAccessBlockConfiguration"].clone();
    assert_eq!(
        block(&closed),
        json!({"BlockPublicAcls": true, "IgnorePublicAcls": true,
               "BlockPublicPolicy": true, "RestrictPublicBuckets": true})
    );
    assert_eq!(
        block(&open),
        json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
               "BlockPublicPolicy": false, "RestrictPublicBuckets": false})
    );
    assert_eq!(
        (&open["NetworkOrigin"], &private["NetworkOrigin"]),
        (&json!("Internet"), &json!("VPC"))
    );
    assert_eq!(private["VpcConfiguration"]["VpcId"], "vpc-1a2b3c");

    let full = s3.delete_bucket().bucket("b-one").send().await;
    let attached = (409, "BucketHasAccessPointsAttached".to_owned());
    assert_eq!(refusal(full), attached);
    for name in ["closed", "open", "private"] {
        let delete = ["delete-access-point", "--name", name];
        assert!(control(&sandbox, &delete).await.is_silent());
    }
    let missing = control(&sandbox, &["get-access-point", "--name", "open"]);
    assert_eq!(missing.await.code(), "NoSuchAccessPoint");
    s3.delete_bucket().bucket("b-one").send().await.unwrap();
}

#[tokio::test]
async fn the_aws_command_makes_and_lists_access_points_over_several_regions() {
    let sandbox = sandbox().await;
    let s3 = client(&sandbox);
    s3.create_bucket().bucket("b-one").send().await.unwrap();
    let at = ["--region", "us-west-2"];
    let details = |block: &str| format!("Name=global,Regions=[{{Bucket=b-one}}]{block}");
    let open = details(",PublicAccessBlock={BlockPublicAcls=true}");
    let create = ["create-multi-region-access-point", "--details", &open];
    let made = control(&sandbox, &[&create[..], &at].concat()).await.json();
    assert!(made["RequestTokenARN"].as_str().unwrap().contains("mrap"));
    let list = ["list-multi-region-access-points"];
    let listed = control(&sandbox, &[&list[..], &at].concat()).await.json();
    let point = &listed["AccessPoints"][0];
    assert_eq!(
        (&point["Name"], &point["Status"]),
        (&json!("global"), &json!("READY"))
    );
    assert_eq!(point["PublicAccessBlock"]["RestrictPublicBuckets"], false);
    assert_eq!(point["Regions"][0]["Region"], "us-east-1");
    let elsewhere = control(&sandbox, &list).await;
    assert_eq!(elsewhere.code(), "InvalidRequest");
}

/// What the room reads of the same, wherever the bucket is.
#[tokio::test]
async fn the_room_reads_access_points_where_they_live_and_can_not_write_them() {
    let sandbox = sandbox().await;
    let owner = sandbox.options().owner.clone();
    let ireland = client_of(&sandbox, &owner, "eu-west-1");
    let there = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    let create = ireland.create_bucket().bucket("b-ireland");
    create
        .create_bucket_configuration(there)
        .send()
        .await
        .unwrap();
    for name in ["closed", "open"] {
        let mut args = vec![
            "create-access-point",
            "--name",
            name,
            "--bucket",
            "b-ireland",
        ];
        args.extend(["--region", "eu-west-1"]);
        if name == "open" {
            args.extend([
                "--public-access-block-configuration",
                "BlockPublicAcls=true",
            ]);
        }
        control(&sandbox, &args).await.json();
    }
    let details = "Name=global,Regions=[{Bucket=b-ireland}]";
    let global = ["create-multi-region-access-point", "--details", details];
    control(
        &sandbox,
        &[&global[..], &["--region", "us-west-2"]].concat(),
    )
    .await
    .json();

    let folder = tempfile::tempdir().unwrap();
    let config = sixfold::cli::demo_config(&sandbox, folder.path()).unwrap();
    let cloud = cloud::connect(&config).await.unwrap();
    let bucket = Asset::bucket(owner.account.clone(), "eu-west-1", "b-ireland");
    let read = async |name: &str, asset: &Asset| {
        let setting = settings::by_name(name).unwrap();
        assert!(setting.is_read_only());
        let read = cloud.read(setting, asset, Urgency::Fix).await.unwrap();
        setting.view(&read.document)
    };
    let points = read("access_points", &bucket).await;
    assert_eq!(points["count"], 2);
    let lines: Vec<_> = points["AccessPoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["block"]["line"].as_str().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "closed: all four flags on",
            "open: IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets off"
        ]
    );
    let none = Asset::bucket(owner.account.clone(), "us-east-1", "b-other");
    assert_eq!(read("access_points", &none).await["count"], 0);
    let account = cloud.own().account_asset();
    let points = read("multi_region_access_points", &account).await;
    assert_eq!(
        points["AccessPoints"][0]["Buckets"],
        json!(["b-ireland (eu-west-1)"])
    );
    assert_eq!(points["AccessPoints"][0]["block"]["flags_on"], 4);
}
