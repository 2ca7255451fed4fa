//! What happens because a time came: a request expires, a revert's window closes, an exception ends or
//! is about to, a change that was parked is tried again.

use std::{collections::BTreeSet, time::Duration};

use super::{Engine, lock};
use crate::domain::{ChangeId, Stamp};

/// Parked changes are tried again this often, and the wall clock is looked at no less often: it may
/// be set while we sleep.
const ROUND: Duration = Duration::from_secs(30);

/// Windows that one look closes.
const SETTLED: usize = 64;

/// Changes by the time at which they want to be looked at.
#[derive(Debug, Default)]
pub(super) struct Alarms(BTreeSet<(Stamp, ChangeId)>);

impl Alarms {
    fn due(&mut self, now: Stamp) -> Vec<ChangeId> {
        let later = self.0.split_off(&(
            now + chrono::TimeDelta::milliseconds(1),
            ChangeId::new(0, 0),
        ));
        std::mem::replace(&mut self.0, later)
            .into_iter()
            .map(|(_, id)| id)
            .collect()
    }

    fn next(&self) -> Option<Stamp> {
        self.0.first().map(|&(at, _)| at)
    }
}

impl Engine {
    /// Has a change looked at again at a time.
    pub(super) fn alarm(&self, at: Stamp, id: ChangeId) {
        lock(&self.alarms).0.insert((at, id));
        self.alarm_set.notify_one();
    }

    /// Wakes whatever is due by now: requests that expire, windows of reverts that close, exceptions.
    pub fn tick(&self) {
        let now = self.now();
        let mut due = lock(&self.alarms).due(now);
        match self.store.settle_due(now, SETTLED) {
            Ok(windows) => due.extend(windows),
            Err(error) => tracing::error!(%error, "windows that close can't be looked up"),
        }
        for id in due {
            self.wake(id);
        }
        if self.exceptions_due() && !self.stopping.is_cancelled() {
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.keep_exceptions().await });
        }
        if !self.stopping.is_cancelled() {
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.settle_refusals(false).await });
        }
        self.wake_phones();
    }

    pub(super) fn keep(&self) {
        self.supervised("the keeper", |engine| async move {
            let mut parked = tokio::time::interval(ROUND);
            parked.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                let next = lock(&engine.alarms).next();
                let wait = next.map_or(ROUND, |at| {
                    (at - engine.now()).to_std().unwrap_or_default().min(ROUND)
                });
                tokio::select! {
                    () = engine.stopping.cancelled() => return,
                    () = tokio::time::sleep(wait) => engine.tick(),
                    () = engine.alarm_set.notified() => {}
                    _ = parked.tick() => {
                        engine.tick();
                        let parked: Vec<_> = engine.trouble().keys().copied().collect();
                        for id in parked {
                            engine.wake(id);
                        }
                    }
                }
            }
        });
    }
}
