//! The circuit breaker: when fixes come too fast or end badly in a row, the room stops fixing and
//! says so, until a person resets it. Something is wrong then, and it is not one bucket.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::{
    chain, config,
    domain::{Fact, Stamp, artifact::FixStatus},
    ledger::{LedgerError, Reader, Recorded},
};

/// Entries that are read at once, and how often, when a room starts.
const PAGE: usize = 500;
const PAGES: usize = 20;

#[derive(Debug)]
pub struct Breaker {
    limits: config::Breaker,
    fixes: VecDeque<Stamp>,
    halts: usize,
    tripped: Option<String>,
}

impl Breaker {
    /// `tripped` is what the ledger says from before a restart.
    pub const fn new(limits: config::Breaker, tripped: Option<String>) -> Self {
        Self {
            limits,
            fixes: VecDeque::new(),
            halts: 0,
            tripped,
        }
    }

    /// With what the ledger says happened before a restart: the writes of the last hour, and how the
    /// latest fixes ended. Looks at so many entries at most.
    pub fn remembering(mut self, ledger: &Reader, now: Stamp) -> Result<Self, LedgerError> {
        let hour = now - TimeDelta::hours(1);
        let mut counting = true;
        let mut before = None;
        for _ in 0..PAGES {
            let page = ledger.before(before, PAGE)?;
            let Some(last) = page.last() else { break };
            before = Some(last.entry.seq);
            let old = last.entry.at < hour;
            for Recorded { entry, .. } in page {
                match &entry.fact {
                    Fact::FixIntent { .. } if entry.at > hour => self.fixes.push_front(entry.at),
                    Fact::BreakerReset => counting = false,
                    Fact::Fix(fix) if counting => match fix.status {
                        FixStatus::Applied | FixStatus::FoundApplied => counting = false,
                        FixStatus::RolledBack => self.halts += 1,
                        FixStatus::Halted => self.halts += usize::from(!chain::unwritten(fix)),
                    },
                    _ => {}
                }
            }
            if old && !counting {
                break;
            }
        }
        Ok(self)
    }

    /// Why nothing may be fixed now, if that is so.
    pub fn tripped(&self) -> Option<&str> {
        self.tripped.as_deref()
    }

    /// A write is wanted. Answers with the cause when this is one too many.
    pub fn before_fix(&mut self, now: Stamp) -> Result<(), String> {
        if let Some(cause) = &self.tripped {
            return Err(cause.clone());
        }
        while self
            .fixes
            .front()
            .is_some_and(|&at| now - at >= TimeDelta::hours(1))
        {
            self.fixes.pop_front();
        }
        if self.fixes.len() >= self.limits.fixes_per_hour {
            let cause = format!(
                "{} fixes within an hour (breaker.fixes_per_hour)",
                self.fixes.len()
            );
            self.tripped = Some(cause.clone());
            return Err(cause);
        }
        self.fixes.push_back(now);
        Ok(())
    }

    /// A fix ended; `well` when it was verified. Answers with the cause when this one trips it.
    pub fn after_fix(&mut self, well: bool) -> Option<String> {
        self.halts = if well { 0 } else { self.halts + 1 };
        if self.tripped.is_some() || self.halts < self.limits.halts_in_a_row {
            return None;
        }
        let cause = format!(
            "{} fixes in a row ended badly (breaker.halts_in_a_row)",
            self.halts
        );
        self.tripped = Some(cause.clone());
        Some(cause)
    }

    pub fn reset(&mut self) {
        self.tripped = None;
        self.halts = 0;
        self.fixes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Stamp {
        Stamp::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn too_many_fixes_in_an_hour_stop_it_until_a_person_resets() {
        let mut breaker = Breaker::new(
            config::Breaker {
                fixes_per_hour: 2,
                halts_in_a_row: 9,
            },
            None,
        );
        assert!(breaker.before_fix(at(0)).is_ok());
        assert!(breaker.before_fix(at(30)).is_ok());
        assert!(
            breaker.before_fix(at(60)).is_ok(),
            "the first one is an hour old"
        );
        assert!(breaker.before_fix(at(61)).is_err());
        assert!(
            breaker.before_fix(at(600)).is_err(),
            "time alone does not reset it"
        );
        breaker.reset();
        assert!(breaker.before_fix(at(601)).is_ok());
    }

    #[test]
    fn bad_endings_count_only_in_a_row() {
        let mut breaker = Breaker::new(
            config::Breaker {
                fixes_per_hour: 99,
                halts_in_a_row: 2,
            },
            None,
        );
        assert!(breaker.after_fix(false).is_none());
        assert!(breaker.after_fix(true).is_none());
        assert!(breaker.after_fix(false).is_none());
        assert!(breaker.after_fix(false).is_some());
        assert!(breaker.tripped().is_some());
    }
}
