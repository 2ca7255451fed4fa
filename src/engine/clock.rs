//! The one clock. Everybody else is given `now` as a value, so a test can stand still.

use std::sync::{Mutex, PoisonError};

use chrono::{DurationRound as _, TimeDelta, Utc};

use crate::domain::Stamp;

pub trait Clock: Send + Sync {
    fn now(&self) -> Stamp;
}

/// The machine's clock, cut to the millisecond that the ledger keeps.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let now = Utc::now();
        now.duration_trunc(TimeDelta::milliseconds(1))
            .unwrap_or(now)
    }
}

/// A clock that stands where it was put.
#[derive(Debug)]
pub struct PinnedClock(Mutex<Stamp>);

impl PinnedClock {
    pub const fn at(now: Stamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn set(&self, now: Stamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for PinnedClock {
    fn now(&self) -> Stamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
