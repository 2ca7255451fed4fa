//! S3, as the room sees it: [`Accounts`] has one [`Cloud`] for each, that one client per region, every
//! call at the region's pace, retried by us and not by the SDK, so that a `SlowDown` slows the region down
//! instead of hiding in a retry.
//!
//! Reads are made by whoever looks at an account, writes by a [`Writer`], who is there for one change.

mod accounts;
mod activity;
mod assume;
mod beside;
mod connect;
mod console;
mod control;
mod counting;
mod listing;
mod narrow;
mod organization;
mod pace;
mod recent;
mod vault;
mod writer;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use accounts::{ACCOUNTS_AT_ONCE, Accounts, Roll};
pub use activity::Activity;
pub use assume::{Errand, TICKET};
pub use connect::{ConnectError, connect};
pub use console::console_address;
pub use listing::Listed;
pub use pace::{Pace, Urgency};
pub use vault::{Vault, VaultError, VaultReport};
pub use writer::Writer;

use activity::Watch;
use assume::Assume;
use recent::Recent;

use crate::{
    domain::{Account, Asset, Identity, Scope},
    settings::{Bucket, CallError, CallErrorKind, Read, Setting},
};

/// Times that one read is sent before its failure is believed.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// One account's S3.
#[derive(Debug)]
pub struct Cloud {
    account: Account,
    identity: Identity,
    /// Where buckets are looked for, and where those without a region of their own are said to be.
    home: String,
    base: aws_sdk_s3::config::Builder,
    kms: aws_sdk_kms::config::Builder,
    control: aws_sdk_s3control::config::Builder,
    /// Who writes, where it is not whoever looks.
    writes: Option<Assume>,
    /// Buckets elsewhere are left alone.
    only_in: Option<BTreeSet<String>>,
    /// The account's own settings, as scans saw them a moment ago.
    of_account: Recent,
    regions: Mutex<HashMap<String, Arc<Region>>>,
    ceiling: f64,
    path_style: bool,
    activity: Arc<Activity>,
    /// Of all accounts together.
    calls: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Region {
    client: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    control: aws_sdk_s3control::Client,
    pace: Pace,
}

impl Cloud {
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Whose credentials the calls carry.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub fn home(&self) -> &str {
        &self.home
    }

    fn watch(&self, region: &str) -> Watch {
        Watch {
            activity: Arc::clone(&self.activity),
            account: self.account.clone(),
            region: region.to_owned(),
            path_style: self.path_style,
        }
    }

    fn region(&self, name: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(name.to_owned()).or_insert_with(|| {
            let region = aws_sdk_s3::config::Region::new(name.to_owned());
            let watch = || self.watch(name);
            let config = self.base.clone().region(region.clone());
            let kms = self.kms.clone().region(region.clone());
            let control = self.control.clone().region(region);
            Arc::new(Region {
                client: aws_sdk_s3::Client::from_conf(config.interceptor(watch()).build()),
                kms: aws_sdk_kms::Client::from_conf(kms.interceptor(watch()).build()),
                control: aws_sdk_s3control::Client::from_conf(control.interceptor(watch()).build()),
                pace: Pace::new(self.ceiling),
            })
        });
        Arc::clone(region)
    }

    /// The client of a region, for calls that are not about one setting.
    pub fn client(&self, region: &str) -> aws_sdk_s3::Client {
        self.region(region).client.clone()
    }

    /// The account itself, as an asset.
    pub fn account_asset(&self) -> Asset {
        Asset::account(self.account.clone(), &self.home)
    }

    /// Reads one setting. Throttled and unreachable calls are sent again, up to four times.
    ///
    /// A setting of the account is that of the bucket's account. Every bucket of a scan asks for it, so
    /// scans share one read for a while ([`Recent`]); a fix always gets a read of its own.
    pub async fn read(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        urgency: Urgency,
    ) -> Result<Read, CallError> {
        match (setting.scope(), urgency) {
            (Scope::Bucket, _) => self.ask(setting, asset, urgency).await,
            (Scope::Account, Urgency::Fix) => {
                self.ask(setting, &self.account_asset(), urgency).await
            }
            (Scope::Account, Urgency::Scan) => {
                let account = self.account_asset();
                let ask = || self.ask(setting, &account, urgency);
                self.of_account.get(setting.name(), ask).await
            }
        }
    }

    /// What scans know of the account's own settings is read afresh from here on.
    pub fn forget_account(&self) {
        self.of_account.clear();
    }

    async fn ask(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        urgency: Urgency,
    ) -> Result<Read, CallError> {
        let region = self.region(&asset.region);
        self.patiently(&region, urgency, || setting.read(at(&region, asset)))
            .await
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
    by(&region.client, &region.control, asset)
}

fn by<'a>(
    client: &'a aws_sdk_s3::Client,
    control: &'a aws_sdk_s3control::Client,
    asset: &'a Asset,
) -> Bucket<'a> {
    Bucket {
        client,
        control,
        name: asset.name(),
        owner: Some(asset.account.as_str()),
    }
}
