//! Whether to write, decided on a fresh read and nothing else.

use crate::domain::Digest;

/// What a fresh read says about a write that is due, or that may have been sent before a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// The state is the one that was approved: write.
    Write,
    /// Our write took effect; nothing is sent again.
    FoundApplied,
    /// Somebody else did it, or otherwise ended the violation; nothing is sent.
    ResolvedElsewhere,
    /// It still violates, but it is not what was approved; nothing is sent.
    Drifted,
}

/// `intent_on_record`: a `fix.intent` of this change is in the ledger, so a target that is there
/// already may well be our own work.
pub fn settle(
    approved_before: &Digest,
    target: &Digest,
    fresh: &Digest,
    still_violates: bool,
    intent_on_record: bool,
) -> Settle {
    if fresh == approved_before && still_violates {
        Settle::Write
    } else if fresh == target && intent_on_record {
        Settle::FoundApplied
    } else if fresh == target || !still_violates {
        Settle::ResolvedElsewhere
    } else {
        Settle::Drifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_approved_state_is_written_over() {
        let [before, target, other] = ["before", "target", "other"].map(Digest::of);
        for (fresh, violates, intent, settled) in [
            (&before, true, false, Settle::Write),
            (&before, true, true, Settle::Write),
            (&before, false, false, Settle::ResolvedElsewhere),
            (&before, false, true, Settle::ResolvedElsewhere),
            (&target, false, true, Settle::FoundApplied),
            (&target, false, false, Settle::ResolvedElsewhere),
            (&other, false, false, Settle::ResolvedElsewhere),
            (&other, false, true, Settle::ResolvedElsewhere),
            (&other, true, false, Settle::Drifted),
            (&other, true, true, Settle::Drifted),
        ] {
            assert_eq!(
                settle(&before, &target, fresh, violates, intent),
                settled,
                "fresh {fresh} violates {violates} intent {intent}"
            );
        }
    }
}
