//! Buckets that are to be looked at again soon, because a change of theirs closed.
//!
//! What waited behind that change gets its turn without waiting for the next pass, so a bucket with
//! many violations converges by itself. A bucket is queued once however many changes close, and only
//! so often between two passes: two rules that undo each other, or a bucket that reads differently
//! each time, go on at the pace of the passes and no faster.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::atomic::Ordering,
};

use tokio::time::Instant;

use super::{Engine, lock};
use crate::domain::{Asset, Entry, Exception, Fact, artifact::Outcome};

/// Looks after changes that wrote nothing, for each bucket and pass: what such a change was opened
/// for may be there again at once.
const WITHOUT_A_WRITE: usize = 2;

/// What is queued, and what is being looked at.
#[derive(Debug, Default)]
pub(super) struct Again {
    queue: VecDeque<Asset>,
    queued: BTreeSet<String>,
    /// Handed out and not come back yet.
    looking: usize,
    /// Looks since the last pass came by, by asset: after writes, and after others.
    spent: HashMap<String, (usize, usize)>,
    /// When the latest change of an asset closed that had it queued.
    moved: HashMap<String, Instant>,
}

impl Again {
    /// False when this bucket has had its looks until the next pass.
    fn push(&mut self, asset: Asset, written: bool, most: usize, now: Instant) -> bool {
        let key = asset.key();
        let (after_writes, others) = self.spent.entry(key.clone()).or_default();
        let (spent, most) = if written {
            (after_writes, most)
        } else {
            (others, WITHOUT_A_WRITE)
        };
        if *spent >= most {
            return false;
        }
        *spent += 1;
        self.moved.insert(key.clone(), now);
        if self.queued.insert(key) {
            self.queue.push_back(asset);
        }
        true
    }

    fn pop(&mut self) -> Option<Asset> {
        let asset = self.queue.pop_front()?;
        self.queued.remove(&asset.key());
        self.looking += 1;
        Some(asset)
    }

    fn is_idle(&self) -> bool {
        self.looking == 0 && self.queue.is_empty()
    }
}

/// A bucket to look at again; it counts as being looked at until this is dropped.
pub struct Due {
    engine: Engine,
    pub asset: Asset,
}

impl Drop for Due {
    fn drop(&mut self) {
        lock(&self.engine.again).looking -= 1;
        self.engine.idle.notify_waiters();
    }
}

impl Engine {
    /// Queues the bucket of a change that an entry closed, by `now` at the latest.
    pub(super) fn look_again(&self, entry: &Entry, now: Instant) {
        let written = match &entry.fact {
            Fact::Alert(alert) => alert.outcome == Outcome::Remediated,
            Fact::Reverted { .. } | Fact::RevertedForeign { done: true, .. } => true,
            Fact::Released { .. } => false,
            // By hand or by time; one that comes with a change's end is looked at for that.
            Fact::ExceptionOpened(_) | Fact::ExceptionEnded { .. } if entry.change.is_none() => {
                false
            }
            _ => return,
        };
        let asset = match (&entry.fact, entry.change) {
            (
                Fact::Released { asset, .. }
                | Fact::RevertedForeign { asset, .. }
                | Fact::ExceptionEnded { asset, .. }
                | Fact::ExceptionOpened(Exception { asset, .. }),
                _,
            ) => Some(asset.clone()),
            (_, Some(id)) => self.change(id).ok().map(|change| change.ticket.asset),
            (_, None) => None,
        };
        let Some(asset) = asset else { return };
        let most = self.library.enabled().count();
        if lock(&self.again).push(asset, written, most, now) {
            self.moved();
            self.again_set.notify_one();
        }
    }

    /// Notes that something was begun, after it is counted among what is at work.
    pub(super) fn moved(&self) {
        self.moves.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until no change is being carried on and no bucket is waiting for another look.
    ///
    /// A look may begin a change and a change may ask for a look, so both are looked at, and nothing
    /// must have begun meanwhile.
    pub async fn at_rest(&self) {
        loop {
            let idle = self.idle.notified();
            let moves = self.moves.load(Ordering::SeqCst);
            let rests = self.driving().is_empty() && lock(&self.again).is_idle();
            if !rests {
                idle.await;
            } else if self.moves.load(Ordering::SeqCst) == moves {
                return;
            }
        }
    }

    /// The next bucket to look at, as soon as there is one.
    pub(crate) async fn due_again(&self) -> Due {
        loop {
            let set = self.again_set.notified();
            if let Some(asset) = lock(&self.again).pop() {
                // One call wakes one waiter, and there may be more to do.
                self.again_set.notify_one();
                return Due {
                    engine: self.clone(),
                    asset,
                };
            }
            set.await;
        }
    }

    /// A pass comes by: the bucket may be looked at again as often as before.
    pub(crate) fn passed(&self, asset: &Asset) {
        lock(&self.again).spent.remove(&asset.key());
    }

    /// Whether a change of this bucket closed since then, so that what was read may be from before.
    pub(crate) fn moved_since(&self, asset: &Asset, begun: Instant) -> bool {
        let again = lock(&self.again);
        again
            .moved
            .get(&asset.key())
            .is_some_and(|closed| *closed > begun)
    }
}
