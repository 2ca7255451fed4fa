//! What each rule made of each bucket at its last look, in one byte a rule, and sums over it.
//!
//! A row holds verdicts only. Which rules they belong to stands once for all buckets, in a roster
//! that the row names by its hash; so a row of sixty rules takes eighty bytes, and a row that was
//! written with another library still says the truth about the rules it knew. Like all observations
//! it is no fact: a rebuild forgets it and the next pass brings it back.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sled::Batch;

use super::{Store, StoreError, keys, live::Live};
use crate::domain::{Account, Asset, Digest, Judged, Tally};

/// In the local tree: asset → its roster's hash, and a letter for each rule of it.
const JUDGED: u8 = b'j';
/// In the local tree: hash → the ids of the rules.
const ROSTER: u8 = b'r';

/// Characters of a roster's hash.
const HASH: usize = 16;

const fn letter(judged: Judged) -> u8 {
    match judged {
        Judged::Violating => b'v',
        Judged::Unknown => b'u',
        Judged::Exempt => b'e',
        Judged::Compliant => b'c',
        Judged::Skipped => b's',
    }
}

fn hash(rules: &[&str]) -> String {
    let digest = Digest::of(rules.join("\0"));
    digest.as_str().chars().take(HASH).collect()
}

fn roster_key(hash: &[u8]) -> Vec<u8> {
    [&[ROSTER][..], hash].concat()
}

/// One group of rules in one roster: a bit for each rule that belongs to it.
type Mask = Vec<u64>;

fn bits(len: usize, set: impl Iterator<Item = usize>) -> Mask {
    let mut mask = vec![0; len.div_ceil(64)];
    for at in set {
        mask[at / 64] |= 1 << (at % 64);
    }
    mask
}

fn meet(one: &Mask, other: &Mask) -> bool {
    one.iter().zip(other).any(|(one, other)| one & other != 0)
}

impl Store {
    /// Replaces what is known of a bucket.
    pub fn note_judged(
        &self,
        asset: &Asset,
        by_rule: &[(String, Judged)],
    ) -> Result<(), StoreError> {
        let rules: Vec<&str> = by_rule.iter().map(|(rule, _)| rule.as_str()).collect();
        let hash = hash(&rules);
        let letters: Vec<u8> = by_rule.iter().map(|(_, judged)| letter(*judged)).collect();
        let row = [hash.as_bytes(), &letters].concat();
        let key = keys::observed(JUDGED, asset);
        self.with(|live| {
            // Most passes see what the last one saw, and need no write for it.
            if live.local.get(&key)?.is_some_and(|old| old == row) {
                return Ok(());
            }
            let mut batch = Batch::default();
            let roster = roster_key(hash.as_bytes());
            if !live.local.contains_key(&roster)? {
                batch.insert(roster, serde_json::to_vec(&rules)?);
            }
            batch.insert(key.clone(), row.clone());
            live.local.apply_batch(batch)?;
            Ok(())
        })
    }

    /// Forgets every bucket that is not among these, and rosters that no bucket names any more. What is
    /// there of an account of which not all is known stays.
    pub fn forget_judged_but(
        &self,
        assets: &BTreeSet<Asset>,
        knows: impl Fn(&Account) -> bool,
    ) -> Result<(), StoreError> {
        let kept = assets.iter().map(|asset| keys::observed(JUDGED, asset));
        let kept: HashSet<Vec<u8>> = kept.collect();
        self.with(|live| {
            let mut batch = Batch::default();
            let mut rosters = HashSet::new();
            for pair in live.local.scan_prefix([JUDGED]) {
                let (key, row) = pair?;
                if kept.contains(&key[..]) || !keys::is_known(&key, &knows) {
                    rosters.insert(roster_key(row.get(..HASH).unwrap_or_default()));
                } else {
                    batch.remove(key);
                }
            }
            for key in live.local.scan_prefix([ROSTER]).keys() {
                let key = key?;
                if !rosters.contains(&key[..]) {
                    batch.remove(key);
                }
            }
            live.local.apply_batch(batch)?;
            Ok(())
        })
    }

    /// By account, how many of its buckets (and the account itself) stand how by all rules together.
    pub fn tallies_by_account(&self) -> Result<BTreeMap<String, Tally>, StoreError> {
        self.with(|live| {
            let mut accounts: BTreeMap<String, Tally> = BTreeMap::new();
            for pair in live.local.scan_prefix([JUDGED]) {
                let (key, row) = pair?;
                let letters = row.get(HASH..).unwrap_or_default();
                let judged = letters.iter().filter_map(|one| {
                    Judged::ALL
                        .into_iter()
                        .find(|judged| letter(*judged) == *one)
                });
                accounts
                    .entry(keys::account_of(&key))
                    .or_default()
                    .add(judged);
            }
            Ok(accounts)
        })
    }

    /// For each group of rules, how many buckets stand how by them together. One walk over all
    /// buckets, however many groups there are.
    pub fn tallies(&self, groups: &[Vec<String>]) -> Result<Vec<Tally>, StoreError> {
        self.with(|live| {
            let mut tallies = vec![Tally::default(); groups.len()];
            let mut known: BTreeMap<Vec<u8>, Vec<Mask>> = BTreeMap::new();
            for pair in live.local.scan_prefix([JUDGED]) {
                let (_, row) = pair?;
                let (hash, letters) = row.split_at(HASH.min(row.len()));
                if !known.contains_key(hash) {
                    known.insert(hash.to_vec(), masks(live, hash, groups)?);
                }
                let masks = known.get(hash).map(Vec::as_slice).unwrap_or_default();
                count(letters, masks, &mut tallies);
            }
            Ok(tallies)
        })
    }
}

/// Each group's rules in this roster; none where the roster is not there, as after a torn write.
fn masks(live: &Live, hash: &[u8], groups: &[Vec<String>]) -> Result<Vec<Mask>, StoreError> {
    let Some(roster) = live.local.get(roster_key(hash))? else {
        return Ok(Vec::new());
    };
    let rules: Vec<String> = serde_json::from_slice(&roster)?;
    let mask = |group: &Vec<String>| {
        let group: HashSet<&str> = group.iter().map(String::as_str).collect();
        let members = rules.iter().enumerate();
        let members = members.filter(|(_, rule)| group.contains(rule.as_str()));
        bits(rules.len(), members.map(|(at, _)| at))
    };
    Ok(groups.iter().map(mask).collect())
}

fn count(letters: &[u8], groups: &[Mask], tallies: &mut [Tally]) {
    let by = Judged::ALL.map(|judged| {
        let own = letter(judged);
        let at = letters.iter().enumerate().filter(|(_, one)| **one == own);
        bits(letters.len(), at.map(|(at, _)| at))
    });
    for (group, tally) in groups.iter().zip(tallies) {
        let stands = |judged: Judged| meet(&by[judged as usize], group);
        let worst = Judged::ALL.into_iter().find(|judged| stands(*judged));
        tally.count(worst.unwrap_or(Judged::Skipped), !stands(Judged::Unknown));
    }
}
