//! How buckets stand by several rules together, and how many stand how: what a coverage report
//! counts.

use serde::{Deserialize, Serialize};

/// What one rule makes of one bucket, exceptions taken into account; ordered from what decides for
/// several rules together to what decides least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judged {
    Violating,
    /// A read was denied or failed, or the rule could not be evaluated.
    Unknown,
    /// It violates, and a person said that it may for a while.
    Exempt,
    Compliant,
    /// The rule has nothing to say about the bucket.
    Skipped,
}

impl Judged {
    pub const ALL: [Self; 5] = [
        Self::Violating,
        Self::Unknown,
        Self::Exempt,
        Self::Compliant,
        Self::Skipped,
    ];
}

/// How many buckets stand how, by the rules of one framework or one control. A bucket counts once: as
/// violating if it violates one of the rules, else as unknown if one of them could not be judged, else
/// as exempt, else as compliant, and as skipped only where every rule skipped it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub violating: usize,
    pub unknown: usize,
    pub exempt: usize,
    pub compliant: usize,
    pub skipped: usize,
    /// Buckets on which no rule is unknown, whatever else they are.
    pub readable: usize,
}

impl Tally {
    /// Counts a bucket by how each of the rules judged it.
    pub fn add(&mut self, by_rule: impl IntoIterator<Item = Judged>) {
        let (mut worst, mut readable) = (Judged::Skipped, true);
        for judged in by_rule {
            worst = worst.min(judged);
            readable &= judged != Judged::Unknown;
        }
        self.count(worst, readable);
    }

    /// Counts a bucket that stands so by all rules together.
    pub const fn count(&mut self, worst: Judged, readable: bool) {
        *match worst {
            Judged::Violating => &mut self.violating,
            Judged::Unknown => &mut self.unknown,
            Judged::Exempt => &mut self.exempt,
            Judged::Compliant => &mut self.compliant,
            Judged::Skipped => &mut self.skipped,
        } += 1;
        if readable {
            self.readable += 1;
        }
    }

    /// Every bucket.
    pub const fn total(&self) -> usize {
        self.violating + self.unknown + self.exempt + self.compliant + self.skipped
    }

    /// Buckets about which a rule has something to say.
    pub const fn concerned(&self) -> usize {
        self.total() - self.skipped
    }

    /// Compliant ones of those, in percent, rounded down: 100 means all of them. Unknown and exempt
    /// ones are not compliant. None where no bucket is concerned.
    pub const fn percent(&self) -> Option<usize> {
        (self.compliant * 100).checked_div(self.concerned())
    }

    /// `412 of 415 readable`: stands beside every score.
    pub fn readable_words(&self) -> String {
        format!("{} of {} readable", self.readable, self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Judged::{Compliant, Exempt, Skipped, Unknown, Violating},
        *,
    };

    #[test]
    fn a_bucket_counts_once_by_what_weighs_most() {
        for (by_rule, worst, readable) in [
            (&[Compliant, Violating, Unknown][..], Violating, false),
            (&[Compliant, Unknown, Exempt], Unknown, false),
            (&[Compliant, Exempt, Skipped], Exempt, true),
            (&[Skipped, Compliant], Compliant, true),
            (&[Skipped], Skipped, true),
            (&[], Skipped, true),
        ] {
            let (mut told, mut wanted) = (Tally::default(), Tally::default());
            told.add(by_rule.iter().copied());
            wanted.count(worst, readable);
            assert_eq!(told, wanted, "{by_rule:?}");
        }
    }

    #[test]
    fn only_compliant_buckets_make_a_score_and_only_all_of_them_make_a_hundred() {
        let tally = Tally {
            violating: 0,
            unknown: 3,
            exempt: 0,
            compliant: 412,
            skipped: 10,
            readable: 422,
        };
        assert_eq!((tally.concerned(), tally.percent()), (415, Some(99)));
        assert_eq!(tally.readable_words(), "422 of 425 readable");
        let exempt = Tally {
            exempt: 1,
            ..Tally::default()
        };
        assert_eq!(exempt.percent(), Some(0));
        assert_eq!(Tally::default().percent(), None);
    }
}
