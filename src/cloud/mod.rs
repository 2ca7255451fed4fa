//! S3, as the room sees it: one client per region, every call at the region's pace, retried by us
//! and not by the SDK, so that a `SlowDown` slows the region down instead of hiding in a retry.

mod beside;
mod connect;
mod counting;
mod listing;
mod pace;
mod vault;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use connect::{ConnectError, connect};
pub use listing::Listed;
pub use pace::{Pace, Urgency};
pub use vault::{Vault, VaultError, VaultReport};

use crate::{
    domain::{Account, Asset},
    settings::{Bucket, CallError, CallErrorKind, Read, Setting, Step, Written},
};

/// Times that one read is sent before its failure is believed.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// One account's S3.
#[derive(Debug)]
pub struct Cloud {
    account: Account,
    /// Where buckets are looked for, and where those without a region of their own are said to be.
    home: String,
    base: aws_sdk_s3::config::Builder,
    kms: aws_sdk_kms::config::Builder,
    regions: Mutex<HashMap<String, Arc<Region>>>,
    ceiling: f64,
    calls: AtomicU64,
}

#[derive(Debug)]
struct Region {
    client: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    pace: Pace,
}

impl Cloud {
    pub const fn account(&self) -> &Account {
        &self.account
    }

    pub fn home(&self) -> &str {
        &self.home
    }

    /// Calls sent since the start, retries included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn region(&self, name: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(name.to_owned()).or_insert_with(|| {
            let config = self
                .base
                .clone()
                .region(aws_sdk_s3::config::Region::new(name.to_owned()))
                .build();
            let kms = self
                .kms
                .clone()
                .region(aws_sdk_kms::config::Region::new(name.to_owned()))
                .build();
            Arc::new(Region {
                client: aws_sdk_s3::Client::from_conf(config),
                kms: aws_sdk_kms::Client::from_conf(kms),
                pace: Pace::new(self.ceiling),
            })
        });
        Arc::clone(region)
    }

    /// The client of a region, for calls that are not about one setting.
    pub fn client(&self, region: &str) -> aws_sdk_s3::Client {
        self.region(region).client.clone()
    }

    /// Reads one setting. Throttled and unreachable calls are sent again, up to four times.
    pub async fn read(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        urgency: Urgency,
    ) -> Result<Read, CallError> {
        let region = self.region(&asset.region);
        self.patiently(&region, urgency, || setting.read(at(&region, asset)))
            .await
    }

    /// Writes one setting, once: whether to send a write again is decided by reading, not here.
    pub(crate) async fn write(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        step: Step<'_>,
    ) -> Result<Written, CallError> {
        let region = self.region(&asset.region);
        region.pace.turn(Urgency::Fix).await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let written = setting.write(at(&region, asset), step).await;
        if matches!(&written, Err(error) if error.kind == CallErrorKind::Throttled) {
            region.pace.slow_down();
        }
        written
    }

    async fn patiently<T, F>(
        &self,
        region: &Region,
        urgency: Urgency,
        mut send: impl FnMut() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut pause = FIRST_PAUSE;
        for last in (0..TRIES).map(|attempt| attempt + 1 == TRIES) {
            region.pace.turn(urgency).await;
            self.calls.fetch_add(1, Ordering::Relaxed);
            match send().await {
                Err(error) if !last && error.passes() => {
                    if error.kind == CallErrorKind::Throttled {
                        region.pace.slow_down();
                    }
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        unreachable!("the last try returns")
    }
}

fn at<'a>(region: &'a Region, asset: &'a Asset) -> Bucket<'a> {
    Bucket {
        client: &region.client,
        name: asset.bucket.as_str(),
        owner: Some(asset.account.as_str()),
    }
}
