//! When a card may be acted on: after half a second in which no key came, so that nothing typed
//! before it was seen can press its button.
//!
//! Keys never arm a card; only the timer does, and the loop lets the timer speak only when no input
//! waits. Whatever changes what the person sees (another size, another plan, a lost focus) disarms it
//! and says why.

use std::time::Duration;

/// Without any key, before a card may be acted on.
pub const QUIET: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Arming {
    /// Since when no key came; none while there is nothing to look at yet.
    since: Option<Duration>,
    armed: bool,
    why: Option<String>,
}

impl Arming {
    pub fn armed(&self) -> bool {
        self.armed
    }

    /// Why it was disarmed, until it is armed again.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Something to look at is on the screen.
    pub fn begin(&mut self, now: Duration) {
        if self.since.is_none() {
            self.since = Some(now);
        }
    }

    /// A key came: the quiet starts over.
    pub fn disturb(&mut self, now: Duration) {
        if !self.armed && self.since.is_some() {
            self.since = Some(now);
        }
    }

    pub fn disarm(&mut self, now: Duration, why: impl Into<String>) {
        self.armed = false;
        self.since = self.since.map(|_| now);
        self.why = Some(why.into());
    }

    /// The timer speaks, and no input waits. True when this armed it.
    pub fn tick(&mut self, now: Duration) -> bool {
        let due = self.since.is_some_and(|since| now >= since + QUIET);
        if self.armed || !due {
            return false;
        }
        self.armed = true;
        self.why = None;
        true
    }

    /// When the timer should speak next.
    pub fn wake(&self) -> Option<Duration> {
        self.since
            .filter(|_| !self.armed)
            .map(|since| since + QUIET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn it_arms_only_after_half_a_second_without_a_key() {
        let mut arming = Arming::default();
        assert!(!arming.tick(ms(9_000)), "nothing is shown yet");
        arming.begin(ms(10_000));
        assert!(!arming.tick(ms(10_499)));
        arming.disturb(ms(10_499));
        assert!(!arming.tick(ms(10_998)));
        assert!(arming.tick(ms(10_999)));
    }

    #[test]
    fn a_disarmed_card_says_why_and_wants_quiet_again() {
        let mut arming = Arming::default();
        arming.begin(ms(0));
        arming.tick(ms(500));
        arming.disarm(ms(700), "the window changed its size");
        assert!(!arming.armed());
        assert_eq!(arming.why(), Some("the window changed its size"));
        assert_eq!(arming.wake(), Some(ms(1_200)));
        assert!(arming.tick(ms(1_200)));
        assert_eq!(arming.why(), None);
    }
}
