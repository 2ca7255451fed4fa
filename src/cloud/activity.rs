//! What was asked of AWS lately: every request of this room, as it went out.
//!
//! It is watched where the SDK sends, so a retry, a call to the vault and a question to KMS are in it
//! like everything else, and nothing that sends can forget to say so. The last [`KEPT`] are held, in
//! memory: this is for looking on, the ledger is what counts.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::domain::{Account, Call};

/// Calls that are held.
pub const KEPT: usize = 2_000;

#[derive(Debug)]
pub struct Activity {
    kept: Mutex<Kept>,
    /// Where the last request to S3 went.
    to_aws: AtomicBool,
    /// How many seconds this machine's clock was ahead of the last answer's; [`NOBODY`] before there was one.
    ahead: AtomicI64,
}

const NOBODY: i64 = i64::MIN;

impl Default for Activity {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            to_aws: AtomicBool::default(),
            ahead: AtomicI64::new(NOBODY),
        }
    }
}

#[derive(Debug, Default)]
struct Kept {
    calls: VecDeque<Call>,
    /// Of all there ever were.
    count: u64,
}

impl Activity {
    /// The latest first, beginning below `before`; and how many are held.
    pub fn page(&self, before: Option<u64>, limit: usize) -> (Vec<Call>, usize) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let below = |call: &&Call| before.is_none_or(|before| call.seq < before);
        let calls = kept.calls.iter().rev().filter(below).take(limit).cloned();
        (calls.collect(), kept.calls.len())
    }

    /// Whether S3 is AWS's own, by where requests go: an endpoint may be set in the config, in the
    /// environment, or in a profile. False before the first request.
    pub fn asks_aws(&self) -> bool {
        self.to_aws.load(Ordering::Relaxed)
    }

    /// How many seconds this machine's clock is ahead of whoever answered last; none before anybody did.
    pub fn skew(&self) -> Option<i64> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        (ahead != NOBODY).then_some(ahead)
    }

    /// `date` is the answer's header, which is in whole seconds.
    fn compare(&self, date: &str, now: SystemTime) {
        let Ok(theirs) = httpdate::parse_http_date(date) else {
            return;
        };
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        let ahead = match now.duration_since(theirs) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        };
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    fn note(&self, mut call: Call) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        call.seq = kept.count;
        if kept.calls.len() == KEPT {
            kept.calls.pop_front();
        }
        kept.calls.push_back(call);
    }
}

/// Watches one kind of client.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) activity: Arc<Activity>,
    /// Whose the asked service is.
    pub(super) account: Account,
    pub(super) region: String,
    /// Whether a bucket's name begins the path and not the host.
    pub(super) path_style: bool,
}

/// A request that was sent; the SDK hands it over with the sending, so what is told of it is kept.
#[derive(Debug)]
struct Sent {
    at: Instant,
    bucket: String,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Activity"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let service = config.load::<Metadata>().map(Metadata::service);
        let bucket = match service {
            Some("S3") => {
                let address = context.request().uri();
                let to_aws = is_aws(address);
                self.activity.to_aws.store(to_aws, Ordering::Relaxed);
                bucket(address, self.path_style).to_owned()
            }
            _ => String::new(),
        };
        let at = Instant::now();
        config.interceptor_state().store_put(Sent { at, bucket });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // What failed before it was sent is no call.
        let Some(sent) = config.load::<Sent>() else {
            return Ok(());
        };
        let took = sent.at.elapsed();
        let metadata = config.load::<Metadata>();
        let (service, operation) = metadata
            .map(|metadata| (metadata.service(), metadata.name()))
            .unwrap_or_default();
        let header = |name: &str| {
            let value = context.response()?.headers().get(name)?;
            Some(value.to_owned())
        };
        if let Some(date) = header("date") {
            self.activity.compare(&date, SystemTime::now());
        }
        let id = header("x-amz-request-id").or_else(|| header("x-amzn-requestid"));
        self.activity.note(Call {
            seq: 0,
            at: chrono::Utc::now(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            account: self.account.to_string(),
            region: self.region.clone(),
            bucket: sent.bucket.clone(),
            status: context
                .response()
                .map(|response| response.status().as_u16()),
            request_id: id.unwrap_or_default(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        Ok(())
    }
}

/// Whether an address is below one of AWS's own domains.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>,
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
fn is_aws(address: &str) -> bool {
    const DOMAINS: [&str; 4] = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".api.aws",
        ".api.amazonwebservices.com.cn",
    ];
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    DOMAINS.iter().any(|domain| host.ends_with(domain))
}

/// The bucket that an S3 address names; empty where it names none.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
fn bucket(address: &str, path_style: bool) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path_style {
        return path.split(['/', '?']).next().unwrap_or_default();
    }
    // The service's own host begins with its name, a bucket's with the bucket's.
    let own = |label: &str| label == "s3" || label.starts_with("s3-");
    match host.split_once(".s3") {
        Some((bucket, _)) if !host.split('.').next().is_some_and(own) => bucket,
        // What can't stand before a host, such as a name with dots, goes into the path.
        _ => path.split(['/', '?']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_in_the_path_or_before_the_host() {
        for (address, path_style, found) in [
            ("http://127.0.0.1:9000/acme-logs?acl", true, "acme-logs"),
            (
                "http://127.0.0.1:9000/acme-vault/CHG-1/x.json",
                true,
                "acme-vault",
            ),
            ("http://127.0.0.1:9000/?x-id=ListBuckets", true, ""),
            (
                "https://acme-logs.s3.eu-west-1.amazonaws.com/?acl",
                false,
                "acme-logs",
            ),
            (
                "https://acme-vault.s3.amazonaws.com/CHG-1/x.json",
                false,
                "acme-vault",
            ),
            (
                "https://s3.eu-west-1.amazonaws.com/with.dots?acl",
                false,
                "with.dots",
            ),
            (
                "https://s3.us-east-1.amazonaws.com/?x-id=ListBuckets",
                false,
                "",
            ),
        ] {
            assert_eq!(bucket(address, path_style), found, "{address}");
        }
    }

    #[test]
    fn only_awss_own_domains_are_aws() {
        for (address, aws) in [
            ("https://acme-logs.s3.eu-west-1.amazonaws.com/?acl", true),
            ("https://s3.cn-north-1.amazonaws.com.cn:443/", true),
            (
                "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/",
                true,
            ),
            ("https://s3.dualstack.us-east-1.api.aws?x", true),
            ("http://127.0.0.1:9000/?host=s3.amazonaws.com", false),
            ("https://minio.example.com/s3.amazonaws.com", false),
            ("https://s3.amazonaws.com.example.com/", false),
        ] {
            assert_eq!(is_aws(address), aws, "{address}");
        }
    }

    #[test]
    fn the_latest_calls_are_held_and_paged_through() {
        let activity = Activity::default();
        let call = Call {
            seq: 0,
            at: chrono::DateTime::UNIX_EPOCH,
            service: "S3".to_owned(),
            operation: "GetBucketAcl".to_owned(),
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            bucket: "acme-logs".to_owned(),
            status: Some(200),
            request_id: "ID".to_owned(),
            took_ms: 12,
        };
        for _ in 0..KEPT + 5 {
            activity.note(call.clone());
        }
        let (calls, held) = activity.page(None, 2);
        let numbers = |calls: &[Call]| calls.iter().map(|call| call.seq).collect::<Vec<_>>();
        assert_eq!((numbers(&calls), held), (vec![2_005, 2_004], KEPT));
        let (calls, _) = activity.page(Some(8), 10);
        assert_eq!(numbers(&calls), [7, 6], "what is older has gone");
    }
}
