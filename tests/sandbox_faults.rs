//! What can be made to go wrong, as a client of the SDK sees it, and what the server remembers of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::time::{Duration, Instant};

use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::RequestId as _,
    types::{BucketCannedAcl, BucketVersioningStatus, VersioningConfiguration},
};
use common::{client, refusal};
use sixfold::sandbox::{
    Chance, FaultKind, FaultRule, Ownership, Sandbox, SandboxOptions, Setting, Tamper, Versioning,
};

/// A sandbox with buckets `one` and `two` whose ACLs work.
async fn two_buckets() -> (Sandbox, Client) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let client = client(&sandbox);
    for bucket in ["one", "two"] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
        let relax = |settings: &mut sixfold::sandbox::BucketSettings| {
            settings.ownership = Some(Ownership::ObjectWriter);
            settings.public_access_block = None;
        };
        sandbox.state().patch(bucket, relax).unwrap();
    }
    sandbox.calls().clear();
    (sandbox, client)
}

async fn enable_versioning(client: &Client, bucket: &str) -> Result<(), (u16, String)> {
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let sent = client
        .put_bucket_versioning()
        .bucket(bucket)
        .versioning_configuration(enabled)
        .send()
        .await;
    match sent {
        Ok(_) => Ok(()),
        refused => Err(refusal(refused)),
    }
}

async fn versioning(client: &Client, bucket: &str) -> Option<BucketVersioningStatus> {
    let read = client.get_bucket_versioning().bucket(bucket).send().await;
    read.unwrap().status().cloned()
}

#[tokio::test]
async fn refusals_come_with_aws_s_status_and_code_and_only_where_the_rule_says() {
    let (sandbox, client) = two_buckets().await;
    for (kind, expected) in [
        (FaultKind::SlowDown, (503, "SlowDown")),
        (FaultKind::Conflict, (409, "OperationAborted")),
        (FaultKind::Denied, (403, "AccessDenied")),
        (FaultKind::Broken, (500, "InternalError")),
    ] {
        let rule = FaultRule::new(kind).on("PutBucketVersioning").of("on*");
        sandbox.faults().add(rule.times(1));
        assert_eq!(enable_versioning(&client, "two").await, Ok(()));
        let (status, code) = enable_versioning(&client, "one").await.unwrap_err();
        assert_eq!((status, code.as_str()), expected);
        assert_eq!(versioning(&client, "one").await, None, "nothing was stored");
        // The rule is used up.
        assert_eq!(enable_versioning(&client, "one").await, Ok(()));
        let reset = |settings: &mut sixfold::sandbox::BucketSettings| settings.versioning = None;
        sandbox.state().patch("one", reset).unwrap();
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_cut_call_does_nothing_and_one_whose_answer_is_lost_has_taken_effect() {
    let (sandbox, client) = two_buckets().await;
    let writes = |kind| FaultRule::new(kind).on("PutBucketVersioning").times(1);

    sandbox.faults().add(writes(FaultKind::Cut));
    let (status, code) = enable_versioning(&client, "one").await.unwrap_err();
    assert_eq!((status, code.as_str()), (0, ""), "no answer at all");
    assert_eq!(sandbox.state().settings("one").unwrap().versioning, None);
    assert_eq!(sandbox.calls().writes("one", Setting::Versioning), 0);
    assert_eq!(sandbox.calls().attempts("one", Setting::Versioning), 1);

    sandbox.faults().add(writes(FaultKind::AnswerLost));
    let (status, _) = enable_versioning(&client, "one").await.unwrap_err();
    assert_eq!(status, 0);
    let stored = sandbox.state().settings("one").unwrap().versioning;
    assert_eq!(stored, Some(Versioning::Enabled));
    assert_eq!(sandbox.calls().writes("one", Setting::Versioning), 1);
    let call = sandbox.calls().recent().pop().unwrap();
    assert_eq!((call.status, call.answered), (200, false));
    sandbox.stop().await;
}

#[tokio::test]
async fn reads_stay_stale_for_as_long_as_told_and_for_that_setting_alone() {
    let (sandbox, client) = two_buckets().await;
    let span = Duration::from_secs(1);
    sandbox.faults().add(FaultRule::new(FaultKind::Stale(span)));
    let wrote = Instant::now();
    enable_versioning(&client, "one").await.unwrap();
    assert_eq!(versioning(&client, "one").await, None);
    let truth = sandbox.state().settings("one").unwrap().versioning;
    assert_eq!(truth, Some(Versioning::Enabled));
    while versioning(&client, "one").await.is_none() {
        assert!(wrote.elapsed() < Duration::from_secs(30), "stale for ever");
    }
    assert!(wrote.elapsed() >= span, "{:?}", wrote.elapsed());
    sandbox.stop().await;
}

#[tokio::test]
async fn a_tampered_write_stores_something_else_once() {
    let (sandbox, client) = two_buckets().await;
    let tamper = Tamper::new(|settings| settings.versioning = Some(Versioning::Suspended));
    let rule = FaultRule::new(FaultKind::Tamper(tamper)).on("PutBucketVersioning");
    sandbox.faults().add(rule.of("one").times(1));
    enable_versioning(&client, "one").await.unwrap();
    let suspended = Some(BucketVersioningStatus::Suspended);
    assert_eq!(versioning(&client, "one").await, suspended);
    enable_versioning(&client, "one").await.unwrap();
    let enabled = Some(BucketVersioningStatus::Enabled);
    assert_eq!(versioning(&client, "one").await, enabled);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_refused_write_does_not_use_up_a_tampering() {
    let (sandbox, client) = two_buckets().await;
    let tamper = Tamper::new(|settings| settings.acl.clear());
    let tampering = FaultRule::new(FaultKind::Tamper(tamper)).on("PutBucketAcl");
    sandbox.faults().add(tampering.times(1));
    let refused = FaultRule::new(FaultKind::Conflict).on("PutBucketAcl");
    sandbox.faults().add(refused.times(1));
    let put = || {
        client
            .put_bucket_acl()
            .bucket("one")
            .acl(BucketCannedAcl::Private)
    };
    assert_eq!(refusal(put().send().await).0, 409);
    put().send().await.unwrap();
    assert!(sandbox.state().settings("one").unwrap().acl.is_empty());
    sandbox.stop().await;
}

#[tokio::test]
async fn slowness_adds_to_each_call_it_meets() {
    let (sandbox, client) = two_buckets().await;
    let delay = Duration::from_millis(120);
    sandbox
        .faults()
        .add(FaultRule::new(FaultKind::Slow(delay)).of("one"));
    let before = Instant::now();
    versioning(&client, "one").await;
    assert!(before.elapsed() >= delay);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_unmodelled_element_is_in_the_body_that_the_client_received() {
    let (sandbox, client) = two_buckets().await;
    let element = "<Novelty>2027</Novelty>".to_owned();
    let rule = FaultRule::new(FaultKind::Unmodelled { element });
    sandbox.faults().add(rule.on("GetBucketAcl"));
    let url = format!("{}/one?acl", sandbox.endpoint_url());
    // Everybody may read this ACL, so a plain HTTP client sees the answer as it is.
    let open = |settings: &mut sixfold::sandbox::BucketSettings| {
        settings.acl.push(sixfold::sandbox::Grant::new(
            sixfold::sandbox::Grantee::AllUsers,
            sixfold::sandbox::Permission::ReadAcp,
        ));
    };
    sandbox.state().patch("one", open).unwrap();
    let body = tokio::task::spawn_blocking(move || {
        ureq::get(&url)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    });
    let body = body.await.unwrap();
    assert!(
        body.ends_with("<Novelty>2027</Novelty></AccessControlPolicy>"),
        "{body}"
    );
    // The SDK reads past it.
    client.get_bucket_acl().bucket("one").send().await.unwrap();
    sandbox.stop().await;
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_a_refusal_has_it_in_its_body_too() {
    let (sandbox, client) = two_buckets().await;
    let first = client.get_bucket_acl().bucket("one").send().await.unwrap();
    let refused = client
        .get_bucket_policy()
        .bucket("one")
        .send()
        .await
        .unwrap_err();
    let SdkError::ServiceError(context) = &refused else {
        panic!("{refused:?}");
    };
    let id = refused.request_id().unwrap().to_owned();
    let body = String::from_utf8(context.raw().body().bytes().unwrap().to_vec()).unwrap();
    assert!(
        body.contains(&format!("<RequestId>{id}</RequestId>")),
        "{body}"
    );
    let ids: Vec<_> = sandbox
        .calls()
        .recent()
        .iter()
        .map(|call| call.request_id.clone())
        .collect();
    assert_eq!(ids, [first.request_id().unwrap(), &id]);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_log_tells_writes_from_reads_by_bucket_and_setting() {
    let (sandbox, client) = two_buckets().await;
    versioning(&client, "one").await;
    client
        .put_bucket_acl()
        .bucket("one")
        .acl(BucketCannedAcl::PublicRead)
        .send()
        .await
        .unwrap();
    let calls = sandbox.calls();
    assert_eq!(calls.writes("one", Setting::Acl), 1);
    assert_eq!(calls.writes("one", Setting::Versioning), 0);
    assert_eq!(calls.writes("two", Setting::Acl), 0);
    assert_eq!(calls.all_writes(), 1);
    let seen: Vec<_> = calls
        .recent()
        .into_iter()
        .map(|call| (call.operation, call.bucket, call.status))
        .collect();
    let call = |operation: &str, status| (operation.to_owned(), "one".to_owned(), status);
    assert_eq!(
        seen,
        [call("GetBucketVersioning", 200), call("PutBucketAcl", 200)]
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_share_of_calls_meets_the_same_faults_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (sandbox, client) = two_buckets().await;
        let rule = FaultRule::new(FaultKind::SlowDown).chance(Chance::per_million(300_000));
        sandbox.faults().add(rule.on("GetBucketVersioning"));
        let mut refused = Vec::new();
        for _ in 0..60 {
            let read = client.get_bucket_versioning().bucket("one").send().await;
            refused.push(read.is_err());
        }
        sandbox.stop().await;
        runs.push(refused);
    }
    assert!(runs[0].contains(&true) && runs[0].contains(&false));
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_stopped_server_has_closed_its_connections_and_its_port() {
    let (sandbox, client) = two_buckets().await;
    versioning(&client, "one").await;
    let slow = FaultRule::new(FaultKind::Slow(Duration::from_hours(1)));
    sandbox.faults().add(slow.of("two"));
    let hanging = tokio::spawn({
        let client = client.clone();
        async move { client.get_bucket_acl().bucket("two").send().await }
    });
    let url = sandbox.endpoint_url();
    sandbox.stop().await;
    assert_eq!(refusal(hanging.await.unwrap()).0, 0);
    let refused = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await;
    assert!(refused.is_err());
}
