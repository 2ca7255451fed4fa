//! One pass over every account and every bucket of it, many in flight.
//!
//! Accounts are looked at side by side, since each has its own pace. One that can't be listed holds up
//! no other; what is known of it stays, and it is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::{
    Observation, Progress,
    ask::{Answers, with_answers},
    observe::TAGGING,
};
use crate::{
    cloud::{ACCOUNTS_AT_ONCE, Accounts, Cloud, Roll},
    config::Config,
    domain::{Account, Asset, Scope, Stamp},
    rules::{Case, Evaluator, Found, Library, Verdict},
    settings::{self, CallError, Setting},
};

/// What a pass needs to know.
#[derive(Clone)]
pub struct Scanner {
    pub(super) accounts: Arc<Accounts>,
    pub(super) config: Arc<Config>,
    pub(super) judge: Arc<Evaluator>,
    /// Read of every bucket.
    pub(super) needed: Arc<[&'static dyn Setting]>,
    /// Read of the account itself, once a pass; empty where no rule is about it.
    pub(super) of_account: Arc<[&'static dyn Setting]>,
    pub(super) progress: Arc<Progress>,
    shared: Arc<Answers>,
}

/// How a pass went.
#[derive(Clone, Debug, Default)]
pub struct PassReport {
    /// Every bucket that was listed, and each account itself where a rule is about it.
    pub listed: BTreeSet<Asset>,
    /// Accounts that could not be listed to the end, and why.
    pub unlisted: BTreeMap<Account, CallError>,
    /// Why the organisation could not say which accounts there are.
    pub trouble: Option<CallError>,
    /// The accounts of this pass.
    accounts: BTreeSet<Account>,
    /// Nobody stopped the pass.
    pub complete: bool,
}

impl PassReport {
    /// What was not looked at and why, in sentences.
    pub fn missed(&self) -> Vec<String> {
        let organization = self.trouble.iter().map(|error| {
            format!("accounts that only the organisation names were not looked at: {error}")
        });
        let accounts = self.unlisted.iter();
        let accounts = accounts
            .map(|(account, error)| format!("account {account} was not looked at: {error}"));
        organization.chain(accounts).collect()
    }

    /// Whether an asset that was known before may still be there, for all that this pass saw.
    pub fn may_have(&self, asset: &Asset) -> bool {
        self.listed.contains(asset) || !self.knows(&asset.account)
    }

    /// Whether all that there is of an account was listed, or that there is none of it any more.
    pub fn knows(&self, account: &Account) -> bool {
        if self.accounts.contains(account) {
            !self.unlisted.contains_key(account)
        } else {
            self.trouble.is_none()
        }
    }

    /// How many buckets were listed.
    pub fn buckets(&self) -> usize {
        let listed = self.listed.iter();
        listed
            .filter(|asset| asset.scope() == Scope::Bucket)
            .count()
    }
}

impl Scanner {
    pub fn new(
        accounts: Arc<Accounts>,
        config: Arc<Config>,
        library: &Library,
        judge: Arc<Evaluator>,
    ) -> Self {
        let mut needed = library.needed_settings(Scope::Bucket);
        // Environment and owner come from the tags, whatever the rules read.
        if let Some(tagging) = settings::by_name(TAGGING)
            && !needed.iter().any(|setting| setting.name() == TAGGING)
        {
            needed.push(tagging);
        }
        Self {
            accounts,
            config,
            judge,
            needed: needed.into(),
            of_account: library.needed_settings(Scope::Account).into(),
            progress: Arc::default(),
            shared: Arc::default(),
        }
    }

    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Lists and observes; every observation goes to `sink` as soon as it is there. An error where no
    /// account could be listed at all.
    pub async fn pass<F, Fut>(
        &self,
        stop: &CancellationToken,
        sink: F,
    ) -> Result<PassReport, CallError>
    where
        F: Fn(Observation) -> Fut,
        Fut: Future<Output = ()>,
    {
        self.accounts.forget_accounts();
        let Roll { accounts, trouble } = self.accounts.roll().await;
        let numbers = accounts.iter().map(|cloud| cloud.account().clone());
        let mut report = PassReport {
            accounts: numbers.collect(),
            trouble,
            ..PassReport::default()
        };
        self.progress
            .begin(&report.accounts, report.trouble.as_ref());
        let seen: Mutex<Vec<(Account, Listing)>> = Mutex::default();
        stream::iter(accounts)
            .for_each_concurrent(ACCOUNTS_AT_ONCE, |cloud| {
                let (seen, sink) = (&seen, &sink);
                async move {
                    let listing = self.account(&cloud, stop, sink).await;
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.push((cloud.account().clone(), listing));
                }
            })
            .await;
        for (account, listing) in seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
            report.listed.extend(listing.assets);
            report
                .unlisted
                .extend(listing.failed.map(|error| (account, error)));
        }
        report.complete = !stop.is_cancelled();
        self.progress.end(report.complete);
        let failed = report.unlisted.len() == report.accounts.len();
        match report.unlisted.values().next() {
            Some(error) if failed => Err(error.clone()),
            _ => Ok(report),
        }
    }

    /// One account: its buckets page by page, and the account itself.
    async fn account<F, Fut>(&self, cloud: &Cloud, stop: &CancellationToken, sink: &F) -> Listing
    where
        F: Fn(Observation) -> Fut,
        Fut: Future<Output = ()>,
    {
        let mut listing = Listing::default();
        let mut from = None;
        loop {
            let page = match cloud.list(from).await {
                Ok(page) => page,
                Err(error) => {
                    self.progress.unlisted(cloud.account(), &error);
                    listing.failed = Some(error);
                    return listing;
                }
            };
            let vault = self
                .config
                .vault
                .as_ref()
                .map(|vault| vault.bucket.as_str());
            // The vault is looked after by `doctor` and by the room's start, never by a fix.
            let assets: Vec<_> = page
                .assets
                .into_iter()
                .filter(|asset| vault.is_none() || asset.bucket_name() != vault)
                .collect();
            self.progress.listed(cloud.account(), assets.len());
            listing.assets.extend(assets.iter().cloned());
            self.observe_all(assets, stop, sink).await;
            // Once, after the first page: credentials that can't even list are one trouble, not two.
            let account = (!self.of_account.is_empty()).then(|| cloud.account_asset());
            if let Some(account) = account.filter(|account| listing.assets.insert(account.clone()))
            {
                sink(self.observe(account).await).await;
            }
            from = page.next;
            if stop.is_cancelled() || from.is_none() {
                return listing;
            }
        }
    }

    /// A finding with all that its hazards want to know.
    pub async fn complete(
        &self,
        observation: &Observation,
        rule: &str,
        found: &Found,
        now: Stamp,
    ) -> Found {
        let case = self.case(observation.subject.clone(), &observation.seen);
        let (accounts, shared) = (&self.accounts, Some(self.shared.as_ref()));
        with_answers(
            accounts,
            &self.judge,
            shared,
            case,
            rule,
            found.clone(),
            now,
        )
        .await
    }

    /// The case of a finding whose hazards want to know more, for whoever asks later.
    pub(super) fn unasked(&self, observation: &Observation, found: &Found) -> Option<Case> {
        let case = || self.case(observation.subject.clone(), &observation.seen);
        (!found.asks.is_empty()).then(case)
    }

    /// An account itself, or one bucket, by what a person calls it; none when no listing has it.
    pub async fn look_for(&self, name: &str) -> Result<Option<Observation>, CallError> {
        match self.accounts.find(name).await? {
            Some(asset) => Ok(Some(self.observe(asset).await)),
            None => Ok(None),
        }
    }

    async fn observe_all<F, Fut>(&self, assets: Vec<Asset>, stop: &CancellationToken, sink: &F)
    where
        F: Fn(Observation) -> Fut,
        Fut: Future<Output = ()>,
    {
        stream::iter(assets)
            .take_while(|_| std::future::ready(!stop.is_cancelled()))
            .for_each_concurrent(self.config.cloud.in_flight, |asset| async {
                let observation = self.observe(asset).await;
                self.progress.observed(self.accounts.calls());
                sink(observation).await;
            })
            .await;
    }
}

/// What was listed of one account.
#[derive(Debug, Default)]
struct Listing {
    assets: BTreeSet<Asset>,
    failed: Option<CallError>,
}

/// Has a case judged on the rules' own thread, without blocking this one.
pub async fn judge(judge: &Evaluator, case: Case) -> Vec<(String, Verdict)> {
    let (sender, verdicts) = tokio::sync::oneshot::channel();
    // The receiver is only gone when the pass was dropped, and then nobody asks any more.
    judge.submit(case, move |verdicts| drop(sender.send(verdicts)));
    verdicts.await.unwrap_or_default()
}
