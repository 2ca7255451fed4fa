//! How far the scanner is, for whoever watches.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

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
    pub trouble: Option<String>,
}

#[derive(Debug, Default)]
pub struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    figures: Figures,
    begun: Option<Instant>,
    window: Option<(Instant, u64)>,
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        // Figures for eyes: whatever they are after a panic elsewhere, they are good enough.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn figures(&self) -> Figures {
        self.state().figures.clone()
    }

    pub(super) fn begin(&self) {
        let mut state = self.state();
        state.begun = Some(Instant::now());
        let figures = &mut state.figures;
        (figures.pass, figures.running, figures.done, figures.total) =
            (figures.pass + 1, true, 0, 0);
    }

    pub(super) fn listed(&self, more: usize) {
        let mut state = self.state();
        state.figures.total += more;
        state.figures.trouble = None;
    }

    /// One more bucket is done; `calls` is the total of calls so far.
    pub(super) fn observed(&self, calls: u64) {
        let mut state = self.state();
        state.figures.done += 1;
        let now = Instant::now();
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

    pub(super) fn fail(&self, trouble: &str) {
        let mut state = self.state();
        state.figures.running = false;
        state.figures.trouble = Some(trouble.to_owned());
    }
}
