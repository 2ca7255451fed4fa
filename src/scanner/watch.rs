//! Scanning without pause: one pass after another, each violation handed to the engine, until the
//! room stops.
//!
//! A bucket that one listing leaves out proves nothing: listings lag, and a page may fail. Its open
//! changes are closed only when two full passes in a row did not list it and S3 says that there is
//! no such bucket.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Observation, PassReport, Scanner};
use crate::{
    domain::{Account, Asset, Judged, Stamp},
    engine::{Engine, EngineError, Sighting, Taken},
    room::protocol::{NoticeKind, ScannerStatus},
    rules::{Found, Verdict},
    settings::CallError,
    store::{Observation as Seen, StoreError, Verdicts},
};

/// Screens are told of progress this often at most.
const TELL: Duration = Duration::from_millis(250);
/// After a pass that could not even list.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// The sum over all buckets is made afresh this often at most.
const SUM: Duration = Duration::from_millis(500);

/// The continuous scanner. What it saw is not a fact: it goes to the store alone, and a rebuild of
/// the views forgets it until the next pass.
pub struct Watch {
    scanner: Scanner,
    engine: Engine,
    sum: Mutex<Option<(Instant, Verdicts)>>,
    last_full_pass: Mutex<Option<Stamp>>,
    told: Mutex<Option<Instant>>,
    /// Something was seen since then.
    untold: Notify,
    now: Notify,
}

impl Watch {
    pub fn new(scanner: Scanner, engine: Engine) -> Arc<Self> {
        Arc::new(Self {
            scanner,
            engine,
            sum: Mutex::default(),
            last_full_pass: Mutex::default(),
            told: Mutex::default(),
            untold: Notify::new(),
            now: Notify::new(),
        })
    }

    /// Begins the next pass now instead of after the pause.
    pub fn scan_now(&self) {
        self.now.notify_one();
    }

    /// Runs until stopped.
    pub async fn run(self: Arc<Self>, pause: Duration, stop: CancellationToken) {
        let mut missing: HashMap<Asset, u32> = HashMap::new();
        while !stop.is_cancelled() {
            let pass = self
                .scanner
                .pass(&stop, |observation| self.passed(observation));
            let report = tokio::select! {
                report = pass => report,
                // Reads in flight may take long; what they would have seen comes with the next pass.
                () = stop.cancelled() => break,
            };
            let wait = match report {
                Ok(report) if report.complete => {
                    self.note_full(&report);
                    self.reconcile(&report, &mut missing).await;
                    pause
                }
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "buckets can't be listed");
                    AFTER_TROUBLE
                }
            };
            self.engine.notify(NoticeKind::Scan);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.now.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// One full pass, and then whatever comes of it, until nothing moves without a person. False when it
    /// was stopped.
    pub async fn once(&self, stop: &CancellationToken) -> Result<bool, CallError> {
        let report = self
            .scanner
            .pass(stop, |observation| self.passed(observation))
            .await?;
        if !report.complete {
            return Ok(false);
        }
        self.note_full(&report);
        self.reconcile(&report, &mut HashMap::new()).await;
        tokio::select! {
            () = self.engine.at_rest() => Ok(true),
            () = stop.cancelled() => Ok(false),
        }
    }

    /// Looks again, soon, at buckets whose change closed, until stopped. As many at a time as a pass
    /// looks at, and at the pace of a scan.
    pub async fn look_again(self: Arc<Self>, stop: CancellationToken) {
        let due = stream::unfold((), |()| async { Some((self.engine.due_again().await, ())) });
        let (watch, stop) = (&self, &stop);
        let looks = due.take_until(stop.cancelled()).for_each_concurrent(
            self.engine.config.cloud.in_flight,
            |due| async move {
                let look = watch.scanner.observe(due.asset.clone());
                tokio::select! {
                    observation = look => watch.take(&observation).await,
                    () = stop.cancelled() => {}
                }
            },
        );
        tokio::select! {
            () = looks => {}
            () = self.tell_the_rest() => {}
        }
    }

    /// Tells screens what came too soon after they were told last: nobody else would, before the next pass.
    async fn tell_the_rest(&self) {
        loop {
            self.untold.notified().await;
            tokio::time::sleep(TELL).await;
            *lock(&self.told) = Some(Instant::now());
            self.engine.notify(NoticeKind::Scan);
        }
    }

    /// An observation that a pass made.
    async fn passed(&self, observation: Observation) {
        self.take(&observation).await;
        self.engine.passed(&observation.subject.asset);
    }

    async fn take(&self, observation: &Observation) {
        if let Err(error) = self.judged(observation).await {
            tracing::error!(%error, asset = %observation.subject.asset, "a violation could not be recorded");
        }
        let tell = {
            let mut told = lock(&self.told);
            let now = Instant::now();
            let due = told.is_none_or(|at| now - at >= TELL);
            if due {
                *told = Some(now);
            }
            due
        };
        if tell {
            self.engine.notify(NoticeKind::Scan);
        } else {
            self.untold.notify_one();
        }
    }

    async fn judged(&self, observation: &Observation) -> Result<(), EngineError> {
        let asset = &observation.subject.asset;
        if self.engine.moved_since(asset, observation.begun) {
            // It is queued for another look, or has had it: this one mixes two states.
            return Ok(());
        }
        let mut tally = Verdicts::default();
        let mut unknown = Vec::new();
        let mut sightings = Vec::new();
        let mut clear = Vec::new();
        for (rule, verdict) in &observation.verdicts {
            if matches!(verdict, Verdict::Compliant | Verdict::Skipped { .. }) {
                clear.push(rule.as_str());
            }
            match verdict {
                Verdict::Compliant => tally.compliant += 1,
                Verdict::Skipped { .. } => tally.skipped += 1,
                Verdict::Unknown { cause } => unknown.push((rule.clone(), cause.clone())),
                Verdict::Violation(found) => {
                    tally.violating += 1;
                    sightings.extend(self.sighting(observation, rule, found));
                }
            }
        }
        tally.unknown = unknown.len();
        self.engine.clear(asset, &clear)?;
        let taken = if sightings.is_empty() {
            Taken::default()
        } else {
            self.engine.take(asset, &mut sightings).await?
        };
        tally.exempt = taken.exempt.len();
        tally.violating -= tally.exempt;
        tally.waiting = taken.waiting.len();
        self.engine.store.observe(&Seen {
            asset: asset.clone(),
            verdicts: tally,
            unknown,
            waiting: taken.waiting,
        })?;
        let by_rule = by_rule(&observation.verdicts, &taken.exempt);
        self.engine.store.note_judged(asset, &by_rule)?;
        Ok(())
    }

    fn sighting(&self, observation: &Observation, id: &str, found: &Found) -> Option<Sighting> {
        let rule = self.engine.library.get(id)?;
        let reads: BTreeSet<&str> = rule
            .reads
            .iter()
            .chain([&rule.setting])
            .map(|setting| setting.name())
            .collect();
        let seen = |name: &str| observation.seen.get(name)?.as_ref().ok();
        Some(Sighting {
            rule: id.to_owned(),
            subject: observation.subject.clone(),
            found: found.clone(),
            unasked: self.scanner.unasked(observation, found),
            before: observation.document(rule.setting.name())?.clone(),
            documents: reads
                .iter()
                .filter_map(|&name| Some((name.to_owned(), seen(name)?.document.digest())))
                .collect(),
            request_ids: reads
                .iter()
                .filter_map(|name| seen(name)?.request_id.clone())
                .collect(),
        })
    }

    /// A pass is full when no account was missed in it.
    fn note_full(&self, report: &PassReport) {
        if report.missed().is_empty() {
            *lock(&self.last_full_pass) = Some(self.engine.now());
        }
    }

    async fn reconcile(&self, report: &PassReport, missing: &mut HashMap<Asset, u32>) {
        let knows = |account: &Account| report.knows(account);
        if let Err(error) = self.engine.store.forget_all_but(&report.listed, knows) {
            tracing::warn!(%error, "buckets that are gone can't be forgotten");
        }
        if let Err(error) = self.engine.store.forget_judged_but(&report.listed, knows) {
            tracing::warn!(%error, "verdicts of buckets that are gone can't be forgotten");
        }
        missing.retain(|asset, _| !report.may_have(asset));
        let waiting = match self.engine.waiting_assets() {
            Ok(waiting) => waiting,
            Err(error) => return tracing::error!(%error, "open changes can't be read"),
        };
        for asset in waiting.into_iter().filter(|asset| !report.may_have(asset)) {
            let passes = missing.entry(asset.clone()).or_default();
            *passes += 1;
            if *passes >= 2 && self.engine.close_if_gone(&asset).await {
                missing.remove(&asset);
            }
        }
    }

    pub fn status(&self) -> ScannerStatus {
        let figures = self.scanner.progress().figures();
        let mut status = ScannerStatus {
            pass: figures.pass,
            running: figures.running,
            done: figures.done,
            total: figures.total,
            rate_x10: figures.rate_x10,
            last_full_pass: *lock(&self.last_full_pass),
            last_took_ms: u64::try_from(figures.took.as_millis()).unwrap_or(u64::MAX),
            trouble: figures.trouble,
            ..ScannerStatus::default()
        };
        if let Ok(sum) = self.sum(figures.running) {
            status.compliant = sum.compliant;
            status.violating = sum.violating;
            status.waiting = sum.waiting;
            status.exempt = sum.exempt;
            status.skipped = sum.skipped;
            status.unknown = sum.unknown;
        }
        status
    }

    /// What can't be listed now, where the rest can.
    pub fn missed(&self) -> Option<String> {
        self.scanner.progress().figures().missed
    }

    /// As [`Progress::rates`](super::Progress::rates) counts them.
    pub fn rates(&self) -> Vec<u32> {
        self.scanner.progress().rates()
    }

    /// While a pass runs, screens ask often and the sum changes little.
    fn sum(&self, running: bool) -> Result<Verdicts, StoreError> {
        let mut cached = lock(&self.sum);
        let now = Instant::now();
        if let Some((at, sum)) = *cached
            && running
            && now - at < SUM
        {
            return Ok(sum);
        }
        let sum = self.engine.store.verdicts()?;
        *cached = Some((now, sum));
        Ok(sum)
    }
}

/// Each rule's verdict in a word, for the store; those of `exempt` rules are violations that may be.
fn by_rule(verdicts: &[(String, Verdict)], exempt: &BTreeSet<String>) -> Vec<(String, Judged)> {
    let judged = |(rule, verdict): &(String, Verdict)| {
        let judged = match verdict {
            Verdict::Violation(_) if exempt.contains(rule) => Judged::Exempt,
            verdict => verdict.judged(),
        };
        (rule.clone(), judged)
    };
    verdicts.iter().map(judged).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Observations come back with the next pass, whatever a panic left of them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
