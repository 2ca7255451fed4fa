//! One pass over every bucket of the account, many in flight.

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
    domain::{Asset, Stamp},
    rules::{Case, Evaluator, Found, Library, Verdict},
    settings::{self, CallError, Setting},
};

/// What a pass needs to know.
#[derive(Clone)]
pub struct Scanner {
    pub(super) cloud: Arc<Cloud>,
    pub(super) config: Arc<Config>,
    pub(super) judge: Arc<Evaluator>,
    pub(super) needed: Arc<[&'static dyn Setting]>,
    pub(super) progress: Arc<Progress>,
    shared: Arc<Answers>,
}

/// How a pass went.
#[derive(Clone, Debug, Default)]
pub struct PassReport {
    /// Every bucket that was listed.
    pub listed: BTreeSet<Asset>,
    /// The listing came to its end, and nobody stopped the pass.
    pub complete: bool,
}

impl Scanner {
    pub fn new(
        cloud: Arc<Cloud>,
        config: Arc<Config>,
        library: &Library,
        judge: Arc<Evaluator>,
    ) -> Self {
        let mut needed = library.needed_settings();
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
                .filter(|asset| Some(asset.bucket.as_str()) != vault)
                .collect();
            self.progress.listed(assets.len());
            report.listed.extend(assets.iter().cloned());
            self.observe_all(assets, stop, &sink).await;
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

    /// One bucket by name; none when no page of the listing has it.
    pub async fn look_for(&self, bucket: &str) -> Result<Option<Observation>, CallError> {
        let mut from = None;
        loop {
            let page = self.cloud.list(from).await?;
            if let Some(asset) = page.assets.into_iter().find(|asset| asset.bucket == bucket) {
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
