//! What the scanner saw last of each bucket. No fact, so not in the ledger: a rebuild forgets it and
//! the next pass brings it back.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use sled::Batch;

use super::{Store, StoreError, keys, queries::value};
use crate::{
    domain::{Account, Asset, Behind, ChangeId},
    room::protocol::{PAGE, Page, Unknown, Waiting},
};

/// In the local tree: asset → its verdicts.
const VERDICTS: u8 = b'v';
/// In the local tree: asset, rule → why there is no verdict.
const UNKNOWN: u8 = b'u';
/// In the local tree: asset, rule → what its violation waits behind, where that ends by itself.
const WAITING: u8 = b'w';
/// In the local tree: asset, rule → the obstacle, where nothing of ours will end it. They stand apart so
/// that the first of them are found without a look at all the others.
const STUCK: u8 = b'o';

/// Every view of what was seen of a bucket.
const SEEN: [u8; 4] = [VERDICTS, UNKNOWN, WAITING, STUCK];

/// How many rules came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    pub compliant: usize,
    pub violating: usize,
    /// Of those, how many wait for their turn.
    #[serde(default)]
    pub waiting: usize,
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
    /// Rules whose violation waits for its turn, and behind what.
    pub waiting: Vec<(String, Behind)>,
}

impl Store {
    /// Replaces what was seen of the bucket before.
    pub fn observe(&self, observation: &Observation) -> Result<(), StoreError> {
        let asset = &observation.asset;
        let unknown = observation.unknown.iter().map(|(rule, cause)| {
            let value = Unknown {
                account: asset.account.to_string(),
                bucket: asset.label(),
                rule: rule.clone(),
                cause: cause.clone(),
            };
            (UNKNOWN, rule, serde_json::to_vec(&value))
        });
        let waiting = observation.waiting.iter().map(|(rule, behind)| {
            let value = Waiting {
                account: asset.account.to_string(),
                bucket: asset.label(),
                rule: rule.clone(),
                behind: behind.clone(),
            };
            let view = match behind {
                Behind::Obstacle(_) => STUCK,
                Behind::Change(_) | Behind::Rule { .. } => WAITING,
            };
            (view, rule, serde_json::to_vec(&value))
        });
        let mut rows = BTreeMap::new();
        for (view, rule, value) in unknown.chain(waiting) {
            let key = [&keys::observed(view, asset)[..], rule.as_bytes()].concat();
            rows.insert(key, value?);
        }
        rows.insert(
            keys::observed(VERDICTS, asset),
            serde_json::to_vec(&observation.verdicts)?,
        );
        self.with(|live| {
            let mut batch = Batch::default();
            let mut changed = false;
            for view in SEEN {
                for pair in live.local.scan_prefix(keys::observed(view, asset)) {
                    let (key, _) = pair?;
                    if !rows.contains_key(&key[..]) {
                        batch.remove(key);
                        changed = true;
                    }
                }
            }
            for (key, value) in &rows {
                // Most passes see what the last one saw, and need no write for it.
                if live.local.get(key)?.is_none_or(|old| old != *value) {
                    batch.insert(&key[..], &value[..]);
                    changed = true;
                }
            }
            if changed {
                live.local.apply_batch(batch)?;
            }
            Ok(())
        })
    }

    /// Forgets what was seen of every bucket that is not among these. What was seen of an account of which
    /// not all is known stays.
    pub fn forget_all_but(
        &self,
        assets: &BTreeSet<Asset>,
        knows: impl Fn(&Account) -> bool,
    ) -> Result<(), StoreError> {
        self.with(|live| {
            let mut batch = Batch::default();
            for view in SEEN {
                let kept: HashSet<Vec<u8>> = assets
                    .iter()
                    .map(|asset| keys::observed(view, asset))
                    .collect();
                for key in live.local.scan_prefix([view]).keys() {
                    let key = key?;
                    // A rule's id stands behind the bucket's part, which ends with a zero byte.
                    let end = key
                        .iter()
                        .position(|byte| *byte == 0)
                        .map_or(key.len(), |zero| zero + 1);
                    if !kept.contains(&key[..end]) && keys::is_known(&key, &knows) {
                        batch.remove(key);
                    }
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

    /// The first violations that wait for their turn, by account, region and bucket. Those that nothing of
    /// ours will end come before the others: a person has to look at them.
    pub fn waiting(&self, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        self.with(|live| {
            let stuck = live.local.scan_prefix([STUCK]);
            let all = stuck.chain(live.local.scan_prefix([WAITING]));
            all.take(limit).map(value).collect()
        })
    }

    /// The rules whose violation of an asset waits behind this change.
    pub fn waiting_behind(&self, asset: &Asset, id: ChangeId) -> Result<Vec<String>, StoreError> {
        self.with(|live| {
            let mut rules = Vec::new();
            for pair in live.local.scan_prefix(keys::observed(WAITING, asset)) {
                let waiting: Waiting = serde_json::from_slice(&pair?.1)?;
                if waiting.behind.change() == Some(id) {
                    rules.push(waiting.rule);
                }
            }
            Ok(rules)
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
                sum.waiting += one.waiting;
                sum.exempt += one.exempt;
                sum.skipped += one.skipped;
                sum.unknown += one.unknown;
            }
            Ok(sum)
        })
    }
}
