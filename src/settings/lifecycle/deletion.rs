//! Which of two rules deletes more: what was to be kept and what goes anyway decides whether a fix can
//! be undone.

use super::rule::Rule;

impl Rule {
    /// Whether it would delete what none of `before` does already, or not so soon.
    pub fn deletes_more_than(&self, before: &[Self]) -> bool {
        let same_objects = |other: &&Self| {
            other.enabled() && other.prefix == self.prefix && other.filter == self.filter
        };
        let already = |sooner: fn(&Self, &Self) -> bool| {
            before
                .iter()
                .filter(same_objects)
                .any(|other| sooner(other, self))
        };
        (self.expires() && !already(Self::expires_as_soon_as))
            || (self.noncurrent_version_expiration.is_some()
                && !already(Self::ends_versions_as_soon_as))
    }

    fn expires_as_soon_as(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (&self.expiration, &other.expiration) else {
            return false;
        };
        match (mine.days, theirs.days, &mine.date, &theirs.date) {
            (Some(mine), Some(theirs), _, _) => mine <= theirs,
            // One spelling, so that they compare as texts.
            (_, _, Some(mine), Some(theirs)) => mine <= theirs,
            _ => false,
        }
    }

    fn ends_versions_as_soon_as(&self, other: &Self) -> bool {
        let of = |rule: &Self| {
            let it = rule.noncurrent_version_expiration.as_ref()?;
            let kept = it.newer_noncurrent_versions.unwrap_or(0);
            Some((it.noncurrent_days?, kept))
        };
        match (of(self), of(other)) {
            (Some((days, kept)), Some((their_days, theirs_kept))) => {
                days <= their_days && kept <= theirs_kept
            }
            _ => false,
        }
    }
}
