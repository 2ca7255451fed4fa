//! How long to wait before a channel is tried again.

use std::time::Duration;

use crate::channels::{Extent, Fault};

const FIRST: Duration = Duration::from_secs(1);
/// A channel that has too much to do gets more time from the beginning.
const FIRST_THROTTLED: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_hours(1);
/// A receiver that asks for more patience than this is asked sooner.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// Twice as long after each failure, and up to a quarter more, so that channels and rooms that failed
/// together do not come back together. `seed` decides how much: the same one gives the same pause.
///
/// What the receiver asks for counts before that.
pub(super) fn pause(fault: &Fault, failures: u32, seed: &str) -> Duration {
    if let Some(asked) = fault.retry_after {
        return asked.clamp(FIRST, LONGEST_ASKED);
    }
    let first = match fault.extent {
        Extent::Throttled => FIRST_THROTTLED,
        Extent::Message | Extent::Channel | Extent::Dead => FIRST,
    };
    let grown = first
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(LONGEST);
    grown + grown / 4 * share(seed, failures) / 256
}

/// 0 to 255, by [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/).
fn share(seed: &str, failures: u32) -> u32 {
    let bytes = seed.bytes().chain(failures.to_be_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 24) ^ (hash & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(extent: Extent, retry_after: Option<u64>) -> Fault {
        Fault {
            cause: String::new(),
            extent,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn pauses_grow_to_an_hour_and_never_shrink() {
        let channel = fault(Extent::Channel, None);
        let pauses: Vec<_> = (0..40)
            .map(|failures| pause(&channel, failures, "audit.7"))
            .collect();
        assert!(pauses[0] >= FIRST && pauses[0] <= FIRST * 5 / 4);
        assert!(pauses[..12].is_sorted(), "{pauses:?}");
        assert!(
            pauses[12..]
                .iter()
                .all(|pause| (LONGEST..=LONGEST * 5 / 4).contains(pause))
        );
        let throttled = fault(Extent::Throttled, None);
        assert!(pause(&throttled, 0, "audit.7") >= FIRST_THROTTLED);
    }

    #[test]
    fn channels_that_failed_together_come_back_apart_and_each_as_before() {
        let channel = fault(Extent::Channel, None);
        let of = |seed: &str| pause(&channel, 6, seed);
        let mut pauses: Vec<_> = (0..32).map(|n| of(&format!("channel-{n}.7"))).collect();
        pauses.sort_unstable();
        pauses.dedup();
        assert!(pauses.len() > 20, "{pauses:?}");
        assert_eq!(of("audit.7"), of("audit.7"));
    }

    #[test]
    fn what_a_receiver_asks_for_counts_within_reason() {
        for (asked, waits) in [(0, 1), (90, 90), (7_200, 7_200), (u64::MAX, 86_400)] {
            let fault = fault(Extent::Throttled, Some(asked));
            assert_eq!(pause(&fault, 3, "x"), Duration::from_secs(waits));
        }
    }
}
