//! What the scanner saw last of each bucket. No fact, so not in the ledger: a rebuild forgets it and
//! the next pass brings it back.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use sled::Batch;

use super::{Store, StoreError, keys};
use crate::{
    domain::Asset,
    room::protocol::{PAGE, Page, Unknown},
};

/// In the local tree: asset → its verdicts.
const VERDICTS: u8 = b'v';
/// In the local tree: asset, rule → why there is no verdict.
const UNKNOWN: u8 = b'u';

/// How many rules came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    pub compliant: usize,
    pub violating: usize,
    pub exempt: usize,
    pub skipped: usize,
    pub unknown: usize,
}

/// One look at one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub asset: Asset,
    pub verdicts: Verdicts,
    /// Rules without a verdict, each with the cause.
    pub unknown: Vec<(String, String)>,
}

impl Store {
    /// Replaces what was seen of the bucket before.
    pub fn observe(&self, observation: &Observation) -> Result<(), StoreError> {
        let asset = &observation.asset;
        self.with(|live| {
            let mut batch = Batch::default();
            let prefix = keys::observed(UNKNOWN, asset);
            let mut seen_before = false;
            for key in live.local.scan_prefix(&prefix).keys() {
                batch.remove(key?);
                seen_before = true;
            }
            for (rule, cause) in &observation.unknown {
                let unknown = Unknown {
                    account: asset.account.to_string(),
                    bucket: asset.label(),
                    rule: rule.clone(),
                    cause: cause.clone(),
                };
                let key = [&prefix[..], rule.as_bytes()].concat();
                batch.insert(key, serde_json::to_vec(&unknown)?);
            }
            let key = keys::observed(VERDICTS, asset);
            let verdicts = serde_json::to_vec(&observation.verdicts)?;
            // Most passes see what the last one saw, and need no write for it.
            let same = live.local.get(&key)?.is_some_and(|old| old == verdicts);
            if !same || seen_before || !observation.unknown.is_empty() {
                batch.insert(key, verdicts);
                live.local.apply_batch(batch)?;
            }
            Ok(())
        })
    }

    /// Forgets what was seen of every bucket that is not among these.
    pub fn forget_all_but(&self, assets: &BTreeSet<Asset>) -> Result<(), StoreError> {
        let kept = |view| assets.iter().map(move |asset| keys::observed(view, asset));
        self.with(|live| {
            let mut batch = Batch::default();
            let verdicts: HashSet<Vec<u8>> = kept(VERDICTS).collect();
            for key in live.local.scan_prefix([VERDICTS]).keys() {
                let key = key?;
                if !verdicts.contains(&key[..]) {
                    batch.remove(key);
                }
            }
            let unknown: HashSet<Vec<u8>> = kept(UNKNOWN).collect();
            for key in live.local.scan_prefix([UNKNOWN]).keys() {
                let key = key?;
                // The rule's id stands behind the bucket's part, which ends with a zero byte.
                let end = key
                    .iter()
                    .position(|byte| *byte == 0)
                    .map_or(key.len(), |zero| zero + 1);
                if !unknown.contains(&key[..end]) {
                    batch.remove(key);
                }
            }
            live.local.apply_batch(batch)?;
            Ok(())
        })
    }

    /// Buckets and rules without a verdict, by account, region and bucket.
    pub fn unknowns(&self, offset: usize, limit: usize) -> Result<Page<Unknown>, StoreError> {
        self.with(|live| {
            let (mut items, mut total) = (Vec::new(), 0);
            for pair in live.local.scan_prefix([UNKNOWN]) {
                let (_, value) = pair?;
                if total >= offset && items.len() < limit.min(PAGE) {
                    items.push(serde_json::from_slice(&value)?);
                }
                total += 1;
            }
            Ok(Page { items, total })
        })
    }

    /// The verdicts of all buckets together.
    pub fn verdicts(&self) -> Result<Verdicts, StoreError> {
        self.with(|live| {
            let mut sum = Verdicts::default();
            for pair in live.local.scan_prefix([VERDICTS]) {
                let one: Verdicts = serde_json::from_slice(&pair?.1)?;
                sum.compliant += one.compliant;
                sum.violating += one.violating;
                sum.exempt += one.exempt;
                sum.skipped += one.skipped;
                sum.unknown += one.unknown;
            }
            Ok(sum)
        })
    }
}
