//! All buckets of the world, and what an account holds for all of its own.

use std::{collections::BTreeMap, ops::Deref, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::{
    auth::canonical_id,
    control::Points,
    state::{Bucket, BucketSettings, NewBucket, PublicAccessBlock},
};
use crate::domain::Account;

impl NewBucket {
    /// A bucket of any account, as it is born. The account needs no key of its own.
    pub fn of(account: &Account, name: &str, region: &str, created: DateTime<Utc>) -> Self {
        let owner = canonical_id(account);
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            account: account.to_string(),
            settings: BucketSettings::of_a_new_bucket(&owner),
            owner,
            created,
        }
    }
}

/// All buckets by name, and what their accounts hold for all of theirs.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    all: BTreeMap<String, Bucket>,
    blocks: BTreeMap<String, AccountBlock>,
    pub points: Points,
}

#[derive(Clone, Copy, Debug, Default)]
struct AccountBlock {
    block: Option<PublicAccessBlock>,
    /// What reads still give, and until when.
    stale: Option<(Option<PublicAccessBlock>, Instant)>,
}

impl Deref for Buckets {
    type Target = BTreeMap<String, Bucket>;
    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl Buckets {
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Bucket> {
        self.all.get_mut(name)
    }

    pub(super) fn insert(&mut self, mut bucket: Bucket) {
        let block = self.blocks.get(&bucket.account);
        bucket.in_account = block.and_then(|block| block.block).unwrap_or_default();
        self.all.insert(bucket.name.clone(), bucket);
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Bucket> {
        self.points.remove_all_of(name);
        self.all.remove(name)
    }

    /// The account's block as a read of it sees it now.
    pub(super) fn account_block(&self, account: &str) -> Option<PublicAccessBlock> {
        let held = self.blocks.get(account)?;
        match held.stale {
            Some((before, until)) if until > Instant::now() => before,
            _ => held.block,
        }
    }

    /// As it is, whatever reads show.
    pub(super) fn account_block_now(&self, account: &str) -> Option<PublicAccessBlock> {
        self.blocks.get(account)?.block
    }

    /// Takes effect on every bucket of the account at once; reads may lag.
    pub(super) fn set_account_block(
        &mut self,
        account: &str,
        block: Option<PublicAccessBlock>,
        stale: Option<Duration>,
    ) {
        let before = self.account_block(account);
        let stale = stale.map(|span| (before, Instant::now() + span));
        self.blocks
            .insert(account.to_owned(), AccountBlock { block, stale });
        let theirs = self.all.values_mut();
        for bucket in theirs.filter(|bucket| bucket.account == account) {
            bucket.in_account = block.unwrap_or_default();
        }
    }
}
