//! How much of a bare client's speed a scan keeps: a thousand buckets in the embedded S3, over HTTP,
//! in one process. Run with `cargo bench --bench scan`.
//!
//! Prints calls per second of both, their ratio, and the peak memory of the whole process (server,
//! client, scanner). The two take turns, so that a noisy machine disturbs them alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

#[path = "shared/kernel.rs"]
mod kernel;

use std::{sync::Arc, time::Instant};

use aws_sdk_s3::Client;
use futures_util::{StreamExt as _, stream};
use sixfold::{
    cli::demo_config,
    cloud,
    domain::{Asset, Scope},
    room,
    rules::{Evaluator, Verdict},
    sandbox::{Sandbox, SandboxOptions, estate},
    scanner::Scanner,
};
use tokio_util::sync::CancellationToken;

const BUCKETS: usize = 1_000;
const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 5;

fn main() {
    // Test runners ask benches for their tests; there are none.
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run());
}

async fn run() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    estate::make_many(&sandbox, BUCKETS, 42);
    let mut config = demo_config(&sandbox, std::path::Path::new("unused")).unwrap();
    config.cloud.calls_per_second = 100_000.0;
    config.cloud.in_flight = IN_FLIGHT;
    let library = Arc::new(room::library(&config).unwrap());
    let judge = Arc::new(Evaluator::start(Arc::clone(&library)).unwrap());
    let accounts = Arc::new(cloud::connect(&config).await.unwrap());
    let needed = library.needed_settings(Scope::Bucket);
    // What is the account's is read once for all its buckets. The bare loop leaves out the access points,
    // which S3 Control lists and not S3; the ratio is of calls a second, so it stays fair without them.
    let settings: Vec<&'static str> = needed
        .iter()
        .filter(|setting| setting.scope() == Scope::Bucket)
        .map(|setting| setting.name())
        .filter(|name| *name != "access_points")
        .collect();
    let assets = accounts.own().list(None).await.unwrap().assets;
    let client = accounts.own().client("us-east-1");
    let scanner = Scanner::new(accounts, Arc::new(config), &library, judge);

    println!(
        "{} buckets, {} rules, {} settings each (and access points), {IN_FLIGHT} buckets in flight",
        assets.len(),
        library.rules().len(),
        settings.len()
    );
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let bare = bare(&client, &assets, &settings).await;
        let (scan, violations) = scan(&scanner, &sandbox).await;
        ratios.push(scan / bare);
        println!(
            "round {round}: bare {bare:.0} calls/s, scan {scan:.0} calls/s ({violations} violations), ratio {:.2}",
            scan / bare
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "ratio: min {:.2}, median {:.2}, max {:.2}",
        ratios[0],
        ratios[ROUNDS / 2],
        ratios[ROUNDS - 1]
    );
    println!(
        "peak memory of server, client and scanner: {} MB",
        kernel::peak_mb(std::process::id())
    );
}

async fn scan(scanner: &Scanner, sandbox: &Sandbox) -> (f64, usize) {
    let violations = std::sync::atomic::AtomicUsize::new(0);
    let (calls, begin) = (sandbox.calls().total(), Instant::now());
    scanner
        .pass(&CancellationToken::new(), |observation| {
            let verdicts = observation.verdicts.iter();
            let found = verdicts.filter(|(_, verdict)| matches!(verdict, Verdict::Violation(_)));
            violations.fetch_add(found.count(), std::sync::atomic::Ordering::Relaxed);
            std::future::ready(())
        })
        .await
        .unwrap();
    let rate = (sandbox.calls().total() - calls) as f64 / begin.elapsed().as_secs_f64();
    (rate, violations.into_inner())
}

/// The same calls with the same concurrency, and nothing done with the answers.
async fn bare(client: &Client, assets: &[Asset], settings: &[&str]) -> f64 {
    let begin = Instant::now();
    stream::iter(assets)
        .for_each_concurrent(IN_FLIGHT, |asset| async move {
            for setting in settings {
                call(client, asset, setting).await;
            }
        })
        .await;
    (assets.len() * settings.len()) as f64 / begin.elapsed().as_secs_f64()
}

macro_rules! send {
    ($client:expr, $call:ident, $asset:expr) => {
        drop(
            $client
                .$call()
                .bucket($asset.name())
                .expected_bucket_owner($asset.account.as_str())
                .send()
                .await,
        )
    };
}

async fn call(client: &Client, asset: &Asset, setting: &str) {
    match setting {
        "accelerate" => send!(client, get_bucket_accelerate_configuration, asset),
        "acl" => send!(client, get_bucket_acl, asset),
        "cors" => send!(client, get_bucket_cors, asset),
        "intelligent_tiering" => send!(
            client,
            list_bucket_intelligent_tiering_configurations,
            asset
        ),
        "inventory" => send!(client, list_bucket_inventory_configurations, asset),
        "lifecycle" => send!(client, get_bucket_lifecycle_configuration, asset),
        "logging" => send!(client, get_bucket_logging, asset),
        "metrics" => send!(client, list_bucket_metrics_configurations, asset),
        "notification" => send!(client, get_bucket_notification_configuration, asset),
        "object_lock" => send!(client, get_object_lock_configuration, asset),
        "replication" => send!(client, get_bucket_replication, asset),
        "request_payment" => send!(client, get_bucket_request_payment, asset),
        "website" => send!(client, get_bucket_website, asset),
        "public_access_block" => send!(client, get_public_access_block, asset),
        "policy" => send!(client, get_bucket_policy, asset),
        "ownership_controls" => send!(client, get_bucket_ownership_controls, asset),
        "encryption" => send!(client, get_bucket_encryption, asset),
        "versioning" => send!(client, get_bucket_versioning, asset),
        "tagging" => send!(client, get_bucket_tagging, asset),
        other => panic!("the bench does not know the setting {other}"),
    }
}
