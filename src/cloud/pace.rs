//! How fast one region of one account is asked.
//!
//! AWS publishes no figure for calls that read or write bucket configuration, and a scanner that
//! takes too much starves the account's other tools. So every region has a token bucket that
//! begins at a careful rate, grows by a little with each second that goes well, and halves when S3
//! says `SlowDown`, never above the configured ceiling. Fixes do not queue behind scans: they take
//! their token at once, a second's worth ahead at most, and the scan pays it back.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Where a region begins, in calls a second, when the ceiling is higher.
const BEGIN: f64 = 10.0;
/// Never slower than this: one call in two seconds still learns whether it got better.
const SLOWEST: f64 = 0.5;
/// Growth by this share of the ceiling with every second of work that was not throttled.
const GROWTH: f64 = 0.1;
/// A second `SlowDown` within this time is the same event.
const SAME_EVENT: Duration = Duration::from_millis(500);

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Waits for its turn.
    Scan,
    /// Goes at once.
    Fix,
}

/// The pace of one region.
#[derive(Debug)]
pub struct Pace {
    ceiling: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rate: f64,
    tokens: f64,
    at: Instant,
    slowed: Option<Instant>,
}

impl Pace {
    /// `ceiling` in calls per second. A ceiling of a thousand or more means an endpoint of one's
    /// own, and there the careful beginning is skipped.
    pub fn new(ceiling: f64) -> Self {
        let rate = if ceiling >= 1_000.0 {
            ceiling
        } else {
            ceiling.min(BEGIN)
        };
        let state = State {
            rate,
            tokens: 1.0,
            at: Instant::now(),
            slowed: None,
        };
        Self {
            ceiling,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // The figures are valid at every moment, so a panic elsewhere leaves nothing broken.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more call may be made.
    pub async fn turn(&self, urgency: Urgency) {
        let wait = {
            let mut state = self.state();
            state.refill(self.ceiling);
            state.tokens -= 1.0;
            // A fix may run ahead by a second's worth of calls; what is more has to wait too, or a
            // thousand of them at once would be the storm that the pace is there to prevent.
            let ahead = if urgency == Urgency::Fix {
                state.rate
            } else {
                0.0
            };
            if state.tokens + ahead >= 0.0 {
                return;
            }
            Duration::from_secs_f64(-(state.tokens + ahead) / state.rate)
        };
        tokio::time::sleep(wait).await;
    }

    /// S3 asked to slow down.
    pub fn slow_down(&self) {
        let mut state = self.state();
        let now = Instant::now();
        if state.slowed.is_some_and(|at| now - at < SAME_EVENT) {
            return;
        }
        state.rate = (state.rate / 2.0).max(SLOWEST);
        state.slowed = Some(now);
    }

    /// Calls per second that are allowed now.
    pub fn rate(&self) -> f64 {
        self.state().rate
    }
}

impl State {
    fn refill(&mut self, ceiling: f64) {
        let now = Instant::now();
        let passed = (now - self.at).as_secs_f64();
        self.at = now;
        // An idle second is not a second that went well: only a bucket in use grows.
        if self.tokens < self.rate / 2.0 {
            self.rate = (self.rate + ceiling * GROWTH * passed.min(1.0)).min(ceiling);
        }
        // At most a tenth of a second's worth is saved up, so a pause is not followed by a burst.
        self.tokens = (self.tokens + passed * self.rate).min((self.rate / 10.0).max(1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn calls_in(pace: &Pace, seconds: u64) -> u32 {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut calls = 0;
        while Instant::now() < end {
            pace.turn(Urgency::Scan).await;
            calls += 1;
        }
        calls
    }

    #[tokio::test(start_paused = true)]
    async fn never_faster_than_the_ceiling() {
        let pace = Pace::new(20.0);
        calls_in(&pace, 30).await;
        let calls = calls_in(&pace, 10).await;
        assert!((190..=203).contains(&calls), "{calls}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_down_halves_the_rate_once_and_it_grows_back() {
        let pace = Pace::new(20.0);
        calls_in(&pace, 30).await;
        for _ in 0..5 {
            pace.slow_down();
        }
        assert!((pace.rate() - 10.0).abs() < 0.01, "{}", pace.rate());
        calls_in(&pace, 30).await;
        assert!(pace.rate() > 19.0, "{}", pace.rate());
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_fixes_is_paced_too() {
        let pace = Pace::new(10.0);
        let begin = Instant::now();
        for _ in 0..100 {
            pace.turn(Urgency::Fix).await;
        }
        let passed = begin.elapsed().as_secs_f64();
        assert!((8.0..11.0).contains(&passed), "{passed}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_fix_never_waits_for_a_scan() {
        let pace = Pace::new(1.0);
        for _ in 0..3 {
            pace.turn(Urgency::Scan).await;
        }
        let before = Instant::now();
        pace.turn(Urgency::Fix).await;
        assert_eq!(Instant::now(), before);
    }
}
