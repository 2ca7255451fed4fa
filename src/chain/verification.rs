//! Whether a write took effect, decided from reads over time.
//!
//! Bucket configurations are eventually consistent: a read after a write may give the state before,
//! and two reads in a row may differ. So one read proves nothing; two equal ones some time apart do.

use std::time::Duration;

use crate::domain::Digest;

/// Waits between reads, in milliseconds; the last one repeats.
const BACK_OFF: [u64; 9] = [
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000,
];

/// How patiently a write is verified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Shortest time between the first and the last of the reads that agree. Default 2 s.
    pub gap: Duration,
    /// When it ends, whatever was read. Default 120 s.
    pub deadline: Duration,
    /// Factor on the waits between reads. Default 1.
    pub scale: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(2),
            deadline: Duration::from_mins(2),
            scale: 1.0,
        }
    }
}

/// What one read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Seen(Digest),
    Failed(String),
}

/// What the reads so far say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Read again after this long.
    Keep { wait: Duration },
    /// The prediction came true.
    Agreed,
    /// Something else is there, and stays.
    Mismatch { observed: Digest, cause: String },
    /// The deadline passed without two reads that say the same.
    Unverified { cause: String },
}

/// Equal reads in a row, up to the latest.
#[derive(Clone, Debug)]
struct Run {
    seen: Digest,
    since: Duration,
    reads: u32,
}

/// The verification of one write. Times are measured from its beginning on a clock that never goes
/// back; the wall clock may be set while it runs.
#[derive(Clone, Debug)]
pub struct Verification {
    before: Digest,
    predicted: Digest,
    pace: Pace,
    run: Option<Run>,
    attempts: u32,
}

impl Verification {
    pub const fn new(before: Digest, predicted: Digest, pace: Pace) -> Self {
        Self {
            before,
            predicted,
            pace,
            run: None,
            attempts: 0,
        }
    }

    /// Reads so far.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long to wait before the first read.
    pub fn first_wait(&self) -> Duration {
        self.back_off(0).min(self.pace.deadline)
    }

    /// Takes one read, made at `at` since the beginning.
    pub fn read(&mut self, reading: Reading, at: Duration) -> Verdict {
        self.attempts += 1;
        let failure = match reading {
            Reading::Seen(seen) => {
                self.extend(seen, at);
                None
            }
            Reading::Failed(cause) => {
                self.run = None;
                Some(cause)
            }
        };
        let late = at >= self.pace.deadline;
        let Some(run) = &self.run else {
            return if late {
                let cause = failure.unwrap_or_default();
                Verdict::Unverified {
                    cause: format!("the last read failed: {cause}"),
                }
            } else {
                self.keep(at, self.back_off(self.attempts))
            };
        };
        let lasted = at.saturating_sub(run.since);
        let stable = run.reads >= 2 && lasted >= self.pace.gap;
        if run.seen == self.predicted && stable {
            return Verdict::Agreed;
        }
        // The state before may be a read from the past, so it gets until the deadline.
        let past = run.seen == self.before;
        if run.seen != self.predicted && (if past { late } else { stable }) {
            let cause = if past {
                "the state before is still there"
            } else {
                "neither the state before nor the prediction is there"
            };
            return Verdict::Mismatch {
                observed: run.seen.clone(),
                cause: cause.to_owned(),
            };
        }
        if late {
            return Verdict::Unverified {
                cause: "reads did not settle before the deadline".to_owned(),
            };
        }
        if past {
            self.keep(at, self.back_off(self.attempts))
        } else {
            // Worth confirming as soon as a second read can prove anything.
            self.keep(at, self.pace.gap.saturating_sub(lasted))
        }
    }

    fn extend(&mut self, seen: Digest, at: Duration) {
        match &mut self.run {
            Some(run) if run.seen == seen => run.reads += 1,
            run => {
                *run = Some(Run {
                    seen,
                    since: at,
                    reads: 1,
                });
            }
        }
    }

    /// The last read is made at the deadline, not after it.
    fn keep(&self, at: Duration, wait: Duration) -> Verdict {
        Verdict::Keep {
            wait: wait.min(self.pace.deadline.saturating_sub(at)),
        }
    }

    fn back_off(&self, attempts: u32) -> Duration {
        let step = usize::try_from(attempts)
            .unwrap_or(usize::MAX)
            .min(BACK_OFF.len() - 1);
        Duration::from_millis(BACK_OFF[step]).mul_f64(self.pace.scale.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    fn digest(letter: char) -> Digest {
        Digest::of(letter.to_string())
    }

    /// `b` before, `p` predicted, `o` and `q` others, `x` a failed read.
    fn reading(letter: char) -> Reading {
        match letter {
            'x' => Reading::Failed("503".to_owned()),
            letter => Reading::Seen(digest(letter)),
        }
    }

    fn begin() -> Verification {
        Verification::new(digest('b'), digest('p'), Pace::default())
    }

    /// Reads whenever the verification asks for it; the last letter repeats.
    fn walk(letters: &str) -> (Verdict, Duration, String) {
        let mut verification = begin();
        let mut at = verification.first_wait();
        let mut seen = String::new();
        for letter in letters
            .chars()
            .chain(letters.chars().last().into_iter().cycle())
        {
            seen.push(letter);
            match verification.read(reading(letter), at) {
                Verdict::Keep { wait } => at += wait,
                verdict => return (verdict, at, seen),
            }
            assert!(seen.len() < 200, "it never ends: {seen}");
        }
        unreachable!("an endless iterator ended")
    }

    #[test]
    fn reads_that_come_as_asked_end_as_the_table_says() {
        for (letters, end, seconds, reads) in [
            ("pp", "agreed", 2.5, 2),
            ("bbpp", "agreed", 5.5, 4),
            ("pbpp", "agreed", 6.5, 4),
            ("xpp", "agreed", 3.5, 3),
            ("pxpp", "agreed", 6.5, 4),
            ("boo", "mismatch", 3.5, 3),
            ("oq", "mismatch", 4.5, 3),
            ("oqbpp", "agreed", 10.5, 5),
            ("b", "mismatch", 120.0, 9),
            ("x", "unverified", 120.0, 9),
        ] {
            let (verdict, at, seen) = walk(letters);
            let word = match verdict {
                Verdict::Agreed => "agreed",
                Verdict::Mismatch { .. } => "mismatch",
                Verdict::Unverified { .. } => "unverified",
                Verdict::Keep { .. } => "keep",
            };
            assert_eq!(
                (word, at.as_secs_f64(), seen.len()),
                (end, seconds, reads),
                "{letters} as {seen}"
            );
        }
    }

    #[test]
    fn two_equal_reads_too_close_together_prove_nothing() {
        let mut verification = begin();
        verification.read(reading('p'), Duration::from_millis(500));
        let verdict = verification.read(reading('p'), Duration::from_millis(2_499));
        assert_eq!(
            verdict,
            Verdict::Keep {
                wait: Duration::from_millis(1)
            }
        );
        let verdict = verification.read(reading('p'), Duration::from_millis(2_500));
        assert_eq!(verdict, Verdict::Agreed);
        assert_eq!(verification.attempts(), 3);
    }

    #[test]
    fn reads_that_never_settle_are_unverified_not_a_mismatch() {
        let mut verification = begin();
        for second in 1..120 {
            let letter = if second % 2 == 0 { 'o' } else { 'q' };
            let verdict = verification.read(reading(letter), Duration::from_secs(second));
            assert!(matches!(verdict, Verdict::Keep { .. }), "{verdict:?}");
        }
        let verdict = verification.read(reading('o'), Duration::from_mins(2));
        assert!(matches!(verdict, Verdict::Unverified { .. }), "{verdict:?}");
    }

    proptest! {
        #[test]
        fn an_ending_is_backed_by_its_last_reads(
            reads in prop::collection::vec((prop::sample::select(vec!['b', 'p', 'o', 'q', 'x']), 1..40_000u64), 1..30)
        ) {
            let mut verification = begin();
            let mut at = Duration::ZERO;
            let mut made: Vec<(char, Duration)> = Vec::new();
            for (letter, wait) in reads {
                at += Duration::from_millis(wait);
                made.push((letter, at));
                let verdict = verification.read(reading(letter), at);
                let since = made.iter().rev().take_while(|(l, _)| *l == letter).last().unwrap().1;
                let stable = at >= since + Duration::from_secs(2)
                    && made.len() >= 2 && made[made.len() - 2].0 == letter;
                let late = at >= Duration::from_mins(2);
                match verdict {
                    Verdict::Agreed => prop_assert!(letter == 'p' && stable),
                    Verdict::Mismatch { observed, .. } => {
                        prop_assert_eq!(observed, digest(letter));
                        prop_assert!(matches!(letter, 'o' | 'q') && stable || letter == 'b' && late);
                    }
                    Verdict::Unverified { .. } => prop_assert!(late && letter != 'b'),
                    Verdict::Keep { wait } => {
                        prop_assert!(!late && at + wait <= Duration::from_mins(2));
                        prop_assert!(!(letter == 'p' && stable));
                        continue;
                    }
                }
                break;
            }
        }
    }
}
