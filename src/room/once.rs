//! One pass and an end: what somebody runs from a timer or a pipeline, who has no use for a room that
//! stays open.
//!
//! A fix may show, or hide, a violation elsewhere (the account's block, a bucket that others log to),
//! so a pass in which changes closed is followed by another one, until one closes none.

use std::time::Duration;

use super::{
    Room,
    protocol::{PAGE, Unknown, Waiting},
};
use crate::{
    domain::{Change, Fact},
    engine::EngineError,
    settings::CallError,
    store::{Hold, Verdicts},
};

/// Passes of one run at most: what still moves then moves in a circle.
const PASSES: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    #[error(transparent)]
    Listing(CallError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Changes that closed or halted in this run, in the order in which they did.
    pub ended: Vec<Change>,
    /// Changes that are open; halted ones first, then those that wait for a person.
    pub open: Vec<Change>,
    /// Violations that wait behind others.
    pub waiting: Vec<Waiting>,
    /// Without a verdict; one page of them, `verdicts` counts all.
    pub unknown: Vec<Unknown>,
    pub holds: Vec<Hold>,
    pub verdicts: Verdicts,
    pub buckets: usize,
    /// What could not be listed in the last pass; the rest was looked at.
    pub missed: Option<String>,
    /// What a person should know besides.
    pub warnings: Vec<String>,
}

impl Room {
    /// Passes, and whatever comes of them, until nothing moves without a person. None when the room was
    /// stopped before that.
    pub async fn once(&self) -> Result<Option<Report>, OnceError> {
        let reader = self.engine.ledger.reader();
        let begun = reader.last_seq();
        let mut rests = false;
        for _ in 0..PASSES {
            let before = reader.last_seq();
            let whole = self.watch.once(&self.stopping).await;
            if !whole.map_err(OnceError::Listing)? {
                return Ok(None);
            }
            if self.ended_since(before)?.is_empty() {
                rests = true;
                break;
            }
        }
        Ok(Some(self.report(begun, rests)?))
    }

    fn report(&self, begun: u64, rests: bool) -> Result<Report, EngineError> {
        let store = &self.engine.store;
        let mut open = Vec::new();
        for id in store.open_changes()? {
            open.extend(store.change(id)?.filter(Change::is_open));
        }
        let mut warnings = [self.warnings.clone(), self.engine.warnings()].concat();
        warnings.extend(self.engine.stopped_fixing().map(|cause| {
            format!("fixing is stopped: {cause}; `sixfold reset-breaker` lets it go on")
        }));
        if !rests {
            warnings.push(format!(
                "changes still closed in pass {PASSES}: two rules, or somebody else and a rule, may undo each other"
            ));
        }
        Ok(Report {
            ended: self.ended_since(begun)?,
            open,
            waiting: store.waiting(usize::MAX)?,
            unknown: store.unknowns(0, PAGE)?.items,
            holds: store.holds()?,
            verdicts: store.verdicts()?,
            buckets: self.watch.status().total,
            missed: self.watch.missed(),
            warnings,
        })
    }

    /// Changes with a close-out record behind an entry.
    fn ended_since(&self, seq: u64) -> Result<Vec<Change>, EngineError> {
        let mut ended = Vec::new();
        for recorded in self.engine.ledger.reader().range(seq + 1) {
            let entry = recorded?.entry;
            if let (Fact::Alert(_), Some(id)) = (&entry.fact, entry.change) {
                ended.extend(self.engine.store.change(id)?);
            }
        }
        Ok(ended)
    }

    /// Waits until every channel has the close-out records and phones have their requests; false when that
    /// takes longer.
    pub async fn delivered(&self, patience: Duration) -> Result<bool, EngineError> {
        let channels = self.engine.channels();
        let mut notices = self.engine.subscribe();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            if self.engine.store.undelivered(&channels)? == 0 && self.engine.phones_at_rest() {
                return Ok(true);
            }
            let next = tokio::time::timeout_at(deadline, notices.recv());
            if next.await.is_err() {
                return Ok(false);
            }
        }
    }
}
