//! What anybody can do without end and is on record: within bounds, so that a flood of it is a number in
//! few entries and not a ledger that grows.

use chrono::TimeDelta;

use crate::domain::Stamp;

const HOUR: TimeDelta = TimeDelta::hours(1);

#[derive(Debug)]
pub(super) struct Flood {
    /// Entries within an hour; what comes besides is counted into the next one.
    most: u32,
    since: Option<Stamp>,
    entries: u32,
    unsaid: u64,
}

impl Flood {
    pub(super) const fn of(most: u32) -> Self {
        Self {
            most,
            since: None,
            entries: 0,
            unsaid: 0,
        }
    }

    /// One more of it. How many before it are on no record yet, where it is to be an entry.
    pub(super) fn another(&mut self, now: Stamp) -> Option<u64> {
        if self.is_over(now) {
            self.since = Some(now);
            self.entries = 0;
        }
        if self.entries == self.most {
            self.unsaid += 1;
            return None;
        }
        self.entries += 1;
        Some(std::mem::take(&mut self.unsaid))
    }

    /// How many are on no record although their hour is over, or the room ends.
    pub(super) fn left(&mut self, now: Stamp, ending: bool) -> Option<u64> {
        let due = self.unsaid > 0 && (ending || self.is_over(now));
        due.then(|| std::mem::take(&mut self.unsaid))
    }

    fn is_over(&self, now: Stamp) -> bool {
        // A clock that was set back begins another hour.
        self.since
            .is_none_or(|since| !(TimeDelta::zero()..HOUR).contains(&(now - since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_of_one_kind_are_a_handful_of_entries_and_all_counted() {
        let begin = chrono::DateTime::UNIX_EPOCH;
        let (mut flood, mut entries, mut counted) = (Flood::of(6), 0, 0);
        let mut say = |before: Option<u64>, own: u64| {
            if let Some(before) = before {
                entries += 1;
                counted += before + own;
            }
        };
        for n in 0..1_000_000_i64 {
            let now = begin + TimeDelta::milliseconds(n * 10);
            say(flood.left(now, false), 0);
            say(flood.another(now), 1);
        }
        say(flood.left(begin, true), 0);
        assert_eq!(counted, 1_000_000);
        assert!(entries <= 3 * 7 + 1, "{entries}");
    }
}
