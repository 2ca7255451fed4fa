//! How far the scanner is, for whoever watches.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::Account,
    room::protocol::{RATE_STEP, RATE_STEPS},
    settings::CallError,
};

/// The rate is of at least this long.
const WINDOW: Duration = Duration::from_secs(2);

/// A snapshot of the scanner's work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub pass: u64,
    pub running: bool,
    pub done: usize,
    pub total: usize,
    /// Calls a second, times ten.
    pub rate_x10: u64,
    pub took: Duration,
    /// Why nothing can be scanned now, where that is so.
    pub trouble: Option<String>,
    /// What can't be listed now, where the rest can.
    pub missed: Option<String>,
}

#[derive(Debug, Default)]
pub struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    figures: Figures,
    begun: Option<Instant>,
    window: Option<(Instant, u64)>,
    rates: Rates,
    troubles: Troubles,
}

/// Why accounts, or the organisation that has them, could not be listed when it was tried last.
#[derive(Debug, Default)]
struct Troubles {
    /// How many accounts there are.
    of: usize,
    accounts: BTreeMap<Account, String>,
    organization: Option<String>,
}

impl Troubles {
    fn words(&self) -> Option<String> {
        let organization = self.organization.as_ref();
        let organization = organization.map(|why| format!("the organisation: {why}"));
        let account = |(account, why): (&Account, &String)| {
            if self.of > 1 {
                format!("account {account}: {why}")
            } else {
                why.clone()
            }
        };
        let mut all = organization
            .into_iter()
            .chain(self.accounts.iter().map(account));
        let first = all.next()?;
        match all.count() {
            0 => Some(first),
            1 => Some(format!("{first}; and 1 account more can't be listed")),
            more => Some(format!("{first}; and {more} accounts more can't be listed")),
        }
    }
}

/// Calls by the step, since the first one.
#[derive(Debug, Default)]
struct Rates {
    /// When the last step in the list begins.
    last: Option<Instant>,
    calls: VecDeque<u64>,
    /// The total of calls that are counted.
    counted: u64,
}

impl Rates {
    const STEP: Duration = Duration::from_secs(RATE_STEP);

    fn move_on(&mut self, now: Instant) {
        let mut last = *self.last.get_or_insert(now);
        if self.calls.is_empty() {
            self.calls.push_back(0);
        }
        // After a pause that is longer than all that is kept, nothing before it is left.
        let steps = (now - last).as_secs() / RATE_STEP;
        for _ in 0..steps.min(RATE_STEPS as u64) {
            self.calls.push_back(0);
        }
        last += Self::STEP * u32::try_from(steps).unwrap_or(u32::MAX);
        self.last = Some(last);
        let surplus = self.calls.len().saturating_sub(RATE_STEPS);
        self.calls.drain(..surplus);
    }

    fn count(&mut self, now: Instant, calls: u64) {
        self.move_on(now);
        if let Some(step) = self.calls.back_mut() {
            *step += calls.saturating_sub(self.counted);
        }
        self.counted = calls;
    }
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        // Figures for eyes: whatever they are after a panic elsewhere, they are good enough.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn figures(&self) -> Figures {
        let state = self.state();
        let troubles = &state.troubles;
        let nothing = troubles.of > 0 && troubles.accounts.len() == troubles.of;
        let (trouble, missed) = match (troubles.words(), nothing) {
            (words, true) => (words, None),
            (words, false) => (None, words),
        };
        Figures {
            trouble,
            missed,
            ..state.figures.clone()
        }
    }

    /// Calls a second in each [`RATE_STEP`] of the last half hour, the earliest first, rounded to the
    /// nearest; the last step is still running.
    pub fn rates(&self) -> Vec<u32> {
        let mut state = self.state();
        let now = Instant::now();
        state.rates.move_on(now);
        let whole = state.rates.calls.len().saturating_sub(1);
        let running = state.rates.last.map_or(0, |last| (now - last).as_secs());
        let a_second = |(step, calls): (usize, &u64)| {
            let seconds = if step < whole {
                RATE_STEP
            } else {
                running.max(1)
            };
            u32::try_from((calls + seconds / 2) / seconds).unwrap_or(u32::MAX)
        };
        state.rates.calls.iter().enumerate().map(a_second).collect()
    }

    /// A pass over these accounts begins.
    pub(super) fn begin(&self, accounts: &BTreeSet<Account>, trouble: Option<&CallError>) {
        let mut state = self.state();
        let troubles = &mut state.troubles;
        troubles.of = accounts.len();
        troubles.organization = trouble.map(ToString::to_string);
        troubles
            .accounts
            .retain(|account, _| accounts.contains(account));
        state.begun = Some(Instant::now());
        let figures = &mut state.figures;
        (figures.pass, figures.running, figures.done, figures.total) =
            (figures.pass + 1, true, 0, 0);
    }

    /// A page of an account's buckets came.
    pub(super) fn listed(&self, account: &Account, more: usize) {
        let mut state = self.state();
        state.figures.total += more;
        state.troubles.accounts.remove(account);
    }

    pub(super) fn unlisted(&self, account: &Account, error: &CallError) {
        let mut state = self.state();
        state
            .troubles
            .accounts
            .insert(account.clone(), error.to_string());
    }

    /// One more bucket is done; `calls` is the total of calls so far.
    pub(super) fn observed(&self, calls: u64) {
        let mut state = self.state();
        state.figures.done += 1;
        let now = Instant::now();
        state.rates.count(now, calls);
        match state.window {
            Some((begin, before)) if now - begin >= WINDOW => {
                let millis = u64::try_from((now - begin).as_millis())
                    .unwrap_or(u64::MAX)
                    .max(1);
                state.figures.rate_x10 = calls.saturating_sub(before) * 10_000 / millis;
                state.window = Some((now, calls));
            }
            Some(_) => {}
            None => state.window = Some((now, calls)),
        }
    }

    pub(super) fn end(&self, complete: bool) {
        let mut state = self.state();
        state.figures.running = false;
        state.window = None;
        if complete && let Some(begun) = state.begun {
            state.figures.took = begun.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_of_each_half_minute_and_quiet_ones_are_nothing() {
        let progress = Progress::default();
        assert_eq!(progress.rates(), [0]);
        progress.observed(30);
        progress.observed(300);
        tokio::time::advance(Duration::from_secs(95)).await;
        progress.observed(310);
        // Ten calls in the five seconds of the step that runs.
        assert_eq!(progress.rates(), [10, 0, 0, 2]);
        tokio::time::advance(Duration::from_hours(24)).await;
        progress.observed(400);
        let rates = progress.rates();
        assert_eq!(rates.len(), RATE_STEPS);
        assert!(
            rates.iter().rev().skip(1).all(|rate| *rate == 0),
            "{rates:?}"
        );
    }
}
