//! S3 Control of the embedded S3 against the real `aws` command, and what an account's settings do
//! to the account's buckets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::time::Duration;

use aws_sdk_s3::types::{BucketCannedAcl, ObjectOwnership};
use common::{Ran, aws_control, aws_control_of, client, client_of, refusal};
use serde_json::json;
use sixfold::sandbox::{FaultKind, FaultRule, PublicAccessBlock, Sandbox, SandboxOptions};

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
