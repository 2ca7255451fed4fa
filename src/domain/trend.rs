//! What happened within one stretch of time: how many violations were opened and closed, by severity,
//! and how long the closed ones had taken. Two stretches add up to one that is longer.

use std::{fmt, ops::AddAssign};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Severity;

/// A number for each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BySeverity([u64; 4]);

impl BySeverity {
    pub const fn of(&self, severity: Severity) -> u64 {
        self.0[severity as usize]
    }

    pub const fn count(&mut self, severity: Severity) {
        self.0[severity as usize] += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What is left of these when those went. None goes below zero.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut left = *self;
        for (own, gone) in left.0.iter_mut().zip(other.0) {
            *own = own.saturating_sub(gone);
        }
        left
    }
}

impl AddAssign<&Self> for BySeverity {
    fn add_assign(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own += more;
        }
    }
}

/// How long changes took from detection until they closed, in classes that people think in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Took([u64; Took::CLASSES]);

impl Took {
    const CLASSES: usize = 8;

    /// What bounds each class but the last, which has no bound.
    const BELOW: [(TimeDelta, &'static str); Self::CLASSES - 1] = [
        (TimeDelta::seconds(10), "10 s"),
        (TimeDelta::minutes(1), "1 min"),
        (TimeDelta::minutes(10), "10 min"),
        (TimeDelta::hours(1), "1 h"),
        (TimeDelta::hours(8), "8 h"),
        (TimeDelta::days(1), "1 day"),
        (TimeDelta::days(7), "7 days"),
    ];

    pub fn count(&mut self, took: TimeDelta) {
        let class = Self::BELOW.partition_point(|(below, _)| *below <= took);
        self.0[class] += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Each class in words with its number, the quickest first.
    pub fn classes(&self) -> impl Iterator<Item = (Class, u64)> {
        let classes = (0..Self::CLASSES).map(Class);
        classes.zip(self.0)
    }

    /// The class that the given share of all is reached in, such as half of them; none where nothing
    /// closed. Two thirds are `within(2, 3)`.
    pub fn within(&self, part: u64, of: u64) -> Option<Class> {
        let wanted = (self.total() * part).div_ceil(of);
        let mut reached = 0;
        self.classes().find_map(|(class, number)| {
            reached += number;
            (number > 0 && reached >= wanted).then_some(class)
        })
    }
}

impl AddAssign<&Self> for Took {
    fn add_assign(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own += more;
        }
    }
}

/// One class of [`Took`]; displayed as `under 10 min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(usize);

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Took::BELOW.get(self.0) {
            Some((_, below)) => write!(f, "under {below}"),
            None => f.write_str("longer"),
        }
    }
}

/// One stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub opened: BySeverity,
    pub closed: BySeverity,
    /// Of the closed ones.
    pub took: Took,
}

impl AddAssign<&Self> for Moment {
    fn add_assign(&mut self, other: &Self) {
        self.opened += &other.opened;
        self.closed += &other.closed;
        self.took += &other.took;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn took(seconds: &[i64]) -> Took {
        let mut took = Took::default();
        for seconds in seconds {
            took.count(TimeDelta::seconds(*seconds));
        }
        took
    }

    #[test]
    fn what_took_as_long_as_a_bound_is_not_under_it() {
        for (seconds, class) in [
            (0, "under 10 s"),
            (9, "under 10 s"),
            (10, "under 1 min"),
            (3_599, "under 1 h"),
            (3_600, "under 8 h"),
            (86_400 * 7 - 1, "under 7 days"),
            (86_400 * 7, "longer"),
            // A clock that was set back between detection and close.
            (-5, "under 10 s"),
        ] {
            let classes = took(&[seconds]);
            let found = classes.classes().find(|(_, number)| *number == 1).unwrap();
            assert_eq!(found.0.to_string(), class, "{seconds} s");
        }
    }

    #[test]
    fn half_of_them_are_as_quick_as_the_middle_one() {
        let told =
            |seconds: &[i64], part, of| took(seconds).within(part, of).map(|it| it.to_string());
        assert_eq!(told(&[], 1, 2), None);
        assert_eq!(told(&[1], 1, 2).unwrap(), "under 10 s");
        assert_eq!(told(&[1, 2, 70], 1, 2).unwrap(), "under 10 s");
        assert_eq!(told(&[1, 70, 90], 1, 2).unwrap(), "under 10 min");
        assert_eq!(
            told(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 90_000], 9, 10).unwrap(),
            "under 10 s"
        );
        assert_eq!(
            told(&[1, 1, 1, 1, 1, 1, 1, 1, 90_000], 9, 10).unwrap(),
            "under 7 days"
        );
    }
}
