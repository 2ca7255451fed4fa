//! One pass over the account and every bucket of it, many in flight.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::{
    Observation, Progress,
    ask::{Answers, with_answers},
    observe::TAGGING,
};
use crate::{
    cloud::Cloud,
    config::Config,
    domain::{Asset, Scope, Stamp},
    rules::{Case, Evaluator, Found, Library, Verdict},
    settings::{self, CallError, Setting},
};

/// What a pass needs to know.
#[derive(Clone)]
pub struct Scanner {
    pub(super) cloud: Arc<Cloud>,
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
    /// Every bucket that was listed, and the account itself where a rule is about it.
    pub listed: BTreeSet<Asset>,
    /// The listing came to its end, and nobody stopped the pass.
    pub complete: bool,
}

impl PassReport {
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
        cloud: Arc<Cloud>,
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
            cloud,
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

    /// Lists and observes; every observation goes to `sink` as soon as it is there.
    pub async fn pass<F, Fut>(
        &self,
        stop: &CancellationToken,
        sink: F,
    ) -> Result<PassReport, CallError>
    where
        F: Fn(Observation) -> Fut,
        Fut: Future<Output = ()>,
    {
        self.progress.begin();
        self.cloud.forget_account();
        let mut report = PassReport::default();
        let mut from = None;
        loop {
            let page = match self.cloud.list(from).await {
                Ok(page) => page,
                Err(error) => {
                    self.progress.fail(&error.to_string());
                    return Err(error);
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
            self.progress.listed(assets.len());
            report.listed.extend(assets.iter().cloned());
            self.observe_all(assets, stop, &sink).await;
            // Once, after the first page: credentials that can't even list are one trouble, not two.
            let account = (!self.of_account.is_empty()).then(|| self.cloud.account_asset());
            if let Some(account) = account.filter(|account| report.listed.insert(account.clone())) {
                sink(self.observe(account).await).await;
            }
            from = page.next;
            if stop.is_cancelled() || from.is_none() {
                break;
            }
        }
        report.complete = !stop.is_cancelled();
        self.progress.end(report.complete);
        Ok(report)
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
        let (cloud, shared) = (&self.cloud, Some(self.shared.as_ref()));
        with_answers(cloud, &self.judge, shared, case, rule, found.clone(), now).await
    }

    /// The case of a finding whose hazards want to know more, for whoever asks later.
    pub(super) fn unasked(&self, observation: &Observation, found: &Found) -> Option<Case> {
        let case = || self.case(observation.subject.clone(), &observation.seen);
        (!found.asks.is_empty()).then(case)
    }

    /// The account itself, or one bucket, by what a person calls it; none when no page of the listing
    /// has it.
    pub async fn look_for(&self, name: &str) -> Result<Option<Observation>, CallError> {
        let account = self.cloud.account_asset();
        if account.answers_to(name) {
            return Ok(Some(self.observe(account).await));
        }
        let mut from = None;
        loop {
            let page = self.cloud.list(from).await?;
            if let Some(asset) = page.assets.into_iter().find(|asset| asset.answers_to(name)) {
                return Ok(Some(self.observe(asset).await));
            }
            from = page.next;
            if from.is_none() {
                return Ok(None);
            }
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
                self.progress.observed(self.cloud.calls());
                sink(observation).await;
            })
            .await;
    }
}

/// Has a case judged on the rules' own thread, without blocking this one.
pub async fn judge(judge: &Evaluator, case: Case) -> Vec<(String, Verdict)> {
    let (sender, verdicts) = tokio::sync::oneshot::channel();
    // The receiver is only gone when the pass was dropped, and then nobody asks any more.
    judge.submit(case, move |verdicts| drop(sender.send(verdicts)));
    verdicts.await.unwrap_or_default()
}
