//! Faults that can be told to happen while the server runs: slowness, throttling, conflicts, denials, cut
//! connections, stale reads, and writes that store something else than was sent.
//!
//! A rule is a value; what it decides by chance is decided by a counter, so that the same order of calls
//! meets the same faults again.

mod text;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use text::{FaultTextError, Problem};

use super::{calls::is_write, glob, state::BucketSettings};

#[derive(Clone, Debug)]
pub enum FaultKind {
    /// The answer takes this much longer.
    Slow(Duration),
    /// 503 `SlowDown`: throttled.
    SlowDown,
    /// 409 `OperationAborted`: another write is under way. Writes only.
    Conflict,
    /// 403 `AccessDenied`.
    Denied,
    /// 500 `InternalError`.
    Broken,
    /// The connection is closed before anything is done.
    Cut,
    /// The call takes effect and the connection is closed instead of an answer.
    AnswerLost,
    /// After a write, reads of that setting give the value from before for this long. Writes only.
    Stale(Duration),
    /// The write stores what this makes of it. Writes of settings only.
    Tamper(Tamper),
    /// Somebody else is a moment quicker: this is done to the bucket just before the call.
    Meanwhile(Tamper),
    /// A successful XML answer carries this element too, one that no client knows.
    Unmodelled { element: String },
}

/// What is done to a bucket's settings behind a caller's back.
#[derive(Clone)]
pub struct Tamper(Arc<dyn Fn(&mut BucketSettings) + Send + Sync>);

impl Tamper {
    pub fn new(change: impl Fn(&mut BucketSettings) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }

    pub(super) fn apply(&self, settings: &mut BucketSettings) {
        (self.0)(settings);
    }
}

impl fmt::Debug for Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tamper")
    }
}

/// How often a matching call is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    per_million: u32,
}

impl Chance {
    pub const ALWAYS: Self = Self {
        per_million: 1_000_000,
    };

    /// In parts of a million, so that chances compare exactly. More than a million is always.
    pub const fn per_million(parts: u32) -> Self {
        Self { per_million: parts }
    }

    fn hits(self, roll: u64) -> bool {
        roll % 1_000_000 < u64::from(self.per_million)
    }
}

/// One fault: where, how often, what.
#[derive(Clone, Debug)]
pub struct FaultRule {
    /// AWS's operation name as a `*`/`?` pattern, such as `PutBucketAcl`, `Get*` or `*`.
    pub operation: String,
    /// The bucket's name as a pattern. Calls without a bucket have the empty name.
    pub bucket: String,
    /// How many hits are left; `None` for no end.
    pub times: Option<u32>,
    pub chance: Chance,
    pub kind: FaultKind,
}

impl FaultRule {
    /// On every operation of every bucket, always, until removed.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            operation: "*".to_owned(),
            bucket: "*".to_owned(),
            times: None,
            chance: Chance::ALWAYS,
            kind,
        }
    }

    #[must_use]
    pub fn on(mut self, operation: &str) -> Self {
        operation.clone_into(&mut self.operation);
        self
    }

    #[must_use]
    pub fn of(mut self, bucket: &str) -> Self {
        bucket.clone_into(&mut self.bucket);
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn chance(mut self, chance: Chance) -> Self {
        self.chance = chance;
        self
    }

    fn matches(&self, operation: &str, bucket: &str) -> bool {
        self.times != Some(0)
            && glob::matches(&self.operation, operation)
            && glob::matches(&self.bucket, bucket)
            && match self.kind {
                FaultKind::Conflict | FaultKind::Stale(_) | FaultKind::Tamper(_) => {
                    is_write(operation)
                }
                _ => true,
            }
    }
}

/// What happens to one call on its way in.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub delay: Duration,
    pub refusal: Option<Refusal>,
    pub lose_answer: bool,
    pub meanwhile: Vec<Tamper>,
    pub unmodelled: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    SlowDown,
    Conflict,
    Denied,
    Broken,
    Cut,
}

/// What happens to one write after it was accepted.
#[derive(Debug, Default)]
pub(super) struct AfterWrite {
    pub stale: Option<Duration>,
    pub tampers: Vec<Tamper>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Mutex<Rules>,
    /// Spares the common, faultless call the lock.
    any: AtomicBool,
}

#[derive(Debug, Default)]
struct Rules {
    list: Vec<FaultRule>,
    rolls: u64,
}

/// A handle on the faults; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Shared>);

impl Faults {
    /// Reads the text form, such as `slow=50ms,slowdown=5%,conflict=2%,stale=500ms,cut=1%`.
    pub fn parse(text: &str) -> Result<Vec<FaultRule>, FaultTextError> {
        text::parse(text)
    }

    pub fn add(&self, rule: FaultRule) {
        self.change(|rules| rules.push(rule));
    }

    pub fn extend(&self, more: impl IntoIterator<Item = FaultRule>) {
        self.change(|rules| rules.extend(more));
    }

    /// No faults from here on.
    pub fn clear(&self) {
        self.change(Vec::clear);
    }

    /// The rules as they stand, with the hits that are left.
    pub fn rules(&self) -> Vec<FaultRule> {
        self.lock().list.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<FaultRule>)) {
        let mut rules = self.lock();
        change(&mut rules.list);
        self.0.any.store(!rules.list.is_empty(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Rules> {
        // Rules are replaced or counted down in one step each, so they are whole after a panic.
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each rule of the wanted kinds that hits this call, counted down.
    fn hits(
        &self,
        operation: &str,
        bucket: &str,
        wanted: impl Fn(&FaultKind) -> bool,
    ) -> Vec<FaultKind> {
        if !self.0.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut rules = self.lock();
        let Rules { list, rolls } = &mut *rules;
        let mut hits = Vec::new();
        for rule in list.iter_mut() {
            if !wanted(&rule.kind) || !rule.matches(operation, bucket) {
                continue;
            }
            if rule.chance != Chance::ALWAYS {
                *rolls += 1;
                if !rule.chance.hits(mix(*rolls)) {
                    continue;
                }
            }
            rule.times = rule.times.map(|times| times - 1);
            hits.push(rule.kind.clone());
        }
        hits
    }

    /// What this call meets on its way in. The first refusal wins, delays add up.
    pub(super) fn meet(&self, operation: &str, bucket: &str) -> Verdict {
        let mut verdict = Verdict::default();
        let on_the_way =
            |kind: &FaultKind| !matches!(kind, FaultKind::Stale(_) | FaultKind::Tamper(_));
        for kind in self.hits(operation, bucket, on_the_way) {
            let refusal = match kind {
                FaultKind::Slow(delay) => {
                    verdict.delay += delay;
                    continue;
                }
                FaultKind::AnswerLost => {
                    verdict.lose_answer = true;
                    continue;
                }
                FaultKind::Meanwhile(other) => {
                    verdict.meanwhile.push(other);
                    continue;
                }
                FaultKind::Unmodelled { element } => {
                    verdict.unmodelled.push(element);
                    continue;
                }
                FaultKind::SlowDown => Refusal::SlowDown,
                FaultKind::Conflict => Refusal::Conflict,
                FaultKind::Denied => Refusal::Denied,
                FaultKind::Broken => Refusal::Broken,
                FaultKind::Cut => Refusal::Cut,
                FaultKind::Stale(_) | FaultKind::Tamper(_) => continue,
            };
            verdict.refusal.get_or_insert(refusal);
        }
        verdict
    }

    /// What happens to a write that was accepted.
    pub(super) fn after_write(&self, operation: &str, bucket: &str) -> AfterWrite {
        let mut after = AfterWrite::default();
        let later = |kind: &FaultKind| matches!(kind, FaultKind::Stale(_) | FaultKind::Tamper(_));
        for kind in self.hits(operation, bucket, later) {
            match kind {
                FaultKind::Stale(span) => after.stale = after.stale.max(Some(span)),
                FaultKind::Tamper(tamper) => after.tampers.push(tamper),
                _ => {}
            }
        }
        after
    }
}

/// splitmix64: spreads a counter evenly, the same in every run.
pub(super) fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_with_a_number_of_times_stops_after_them() {
        let faults = Faults::default();
        faults.add(
            FaultRule::new(FaultKind::SlowDown)
                .on("Put*")
                .of("acme-*")
                .times(2),
        );
        assert_eq!(faults.meet("GetBucketAcl", "acme-a").refusal, None);
        assert_eq!(faults.meet("PutBucketAcl", "other").refusal, None);
        for _ in 0..2 {
            let met = faults.meet("PutBucketAcl", "acme-a").refusal;
            assert_eq!(met, Some(Refusal::SlowDown));
        }
        assert_eq!(faults.meet("PutBucketAcl", "acme-a").refusal, None);
    }

    #[test]
    fn a_chance_is_met_about_as_often_as_it_says_and_the_same_in_every_run() {
        let run = || {
            let faults = Faults::default();
            faults.add(FaultRule::new(FaultKind::Cut).chance(Chance::per_million(50_000)));
            (0..10_000)
                .map(|_| faults.meet("GetBucketAcl", "b").refusal.is_some())
                .collect::<Vec<_>>()
        };
        let first = run();
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((400..600).contains(&hits), "{hits} of 10,000 at 5 %");
        assert_eq!(first, run());
    }

    #[test]
    fn a_conflict_never_meets_a_read() {
        let faults = Faults::default();
        faults.add(FaultRule::new(FaultKind::Conflict));
        assert_eq!(faults.meet("GetBucketAcl", "b").refusal, None);
        assert_eq!(
            faults.meet("DeleteBucketPolicy", "b").refusal,
            Some(Refusal::Conflict)
        );
    }
}
