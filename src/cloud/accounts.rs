//! The accounts that the room looks after: its own, whose credentials it has, and those into which roles
//! lead.
//!
//! Which ones there are is asked anew for each pass, since an organisation's accounts come and go. How one
//! of them is reached does not hang on that: a change of an account that is in no list any more can still be
//! carried on and put back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use futures_util::{StreamExt as _, stream};

use super::{Activity, Cloud, Urgency, connect::Base, organization};
use crate::{
    config::{self, Config, Way},
    domain::{Account, Asset, Identity},
    settings::{CallError, Read, Setting},
};

/// Accounts that are looked at at one time. Each has its own ceiling.
pub const ACCOUNTS_AT_ONCE: usize = 16;

/// All of S3 that the room can reach.
#[derive(Debug)]
pub struct Accounts {
    base: Base,
    config: Box<Config>,
    own: Arc<Cloud>,
    members: Mutex<BTreeMap<Account, Arc<Cloud>>>,
    /// What the organisation listed last.
    listed: Mutex<BTreeSet<Account>>,
}

/// The accounts that are to be looked at now.
#[derive(Debug, Default)]
pub struct Roll {
    /// The room's own first, then by number.
    pub accounts: Vec<Arc<Cloud>>,
    /// Why the organisation could not be asked; the accounts are then those that it had last.
    pub trouble: Option<CallError>,
}

impl Accounts {
    pub(super) fn new(base: Base, config: &Config, own: Cloud) -> Self {
        Self {
            base,
            config: Box::new(config.clone()),
            own: Arc::new(own),
            members: Mutex::default(),
            listed: Mutex::default(),
        }
    }

    /// The account whose credentials the room has.
    pub const fn own(&self) -> &Arc<Cloud> {
        &self.own
    }

    /// Who the room's own credentials are, whatever roles they assume.
    pub const fn identity_of_room(&self) -> &Identity {
        &self.base.identity
    }

    pub fn home(&self) -> &str {
        self.own.home()
    }

    /// Calls sent since the start to any account, retries included.
    pub fn calls(&self) -> u64 {
        self.base.calls.load(Ordering::Relaxed)
    }

    /// What was asked lately, of every account.
    pub fn activity(&self) -> &Activity {
        &self.base.activity
    }

    /// The S3 of an account. An error where no role leads there.
    pub fn of(&self, account: &Account) -> Result<Arc<Cloud>, CallError> {
        if account == self.own.account() {
            return Ok(Arc::clone(&self.own));
        }
        if let Some(known) = self.members().get(account) {
            return Ok(Arc::clone(known));
        }
        let way = self.config.way(account, self.own.account());
        let way = way.ok_or_else(|| CallError::no_way(account.as_str()))?;
        let cloud = Arc::new(self.base.cloud(account, way, None));
        let mut members = self.members();
        Ok(Arc::clone(members.entry(account.clone()).or_insert(cloud)))
    }

    /// The S3 of the vault's account, by whoever keeps it.
    pub(super) fn keeper(&self, vault: &config::Vault) -> Arc<Cloud> {
        let Some(keeper) = &vault.keeper else {
            return Arc::clone(&self.own);
        };
        let way = Way {
            scanner: Some(keeper.role.clone()),
            external_id: keeper.external_id.clone(),
            ..Way::default()
        };
        Arc::new(self.base.cloud(&keeper.account, way, None))
    }

    /// Who the room is to an account's buckets; nobody known where no role leads there.
    pub fn identity(&self, account: &Account) -> Identity {
        let cloud = self.of(account);
        cloud.map_or_else(|_| Identity::default(), |cloud| cloud.identity().clone())
    }

    /// As [`Cloud::read`], of the asset's account.
    pub async fn read(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        urgency: Urgency,
    ) -> Result<Read, CallError> {
        let cloud = self.of(&asset.account)?;
        cloud.read(setting, asset, urgency).await
    }

    /// What scans know of the accounts' own settings is read afresh from here on.
    pub fn forget_accounts(&self) {
        self.own.forget_account();
        for member in self.members().values() {
            member.forget_account();
        }
    }

    /// The accounts to look at: the room's own, those that the file names, and those of the
    /// organisation; without those that the file says not to scan.
    pub async fn roll(&self) -> Roll {
        let own = self.own.account();
        let mut roll = Roll::default();
        if self
            .config
            .members
            .as_ref()
            .is_some_and(|it| it.organization)
        {
            match organization::active(&self.base.organizations).await {
                Ok(active) => *lock(&self.listed) = active.into_iter().collect(),
                Err(error) => roll.trouble = Some(error),
            }
        }
        let mut accounts = lock(&self.listed).clone();
        accounts.extend(self.config.named_members(own).cloned());
        accounts.remove(own);
        let all = std::iter::once(own).chain(&accounts);
        let scanned = all.filter(|account| self.config.scans(account));
        roll.accounts = scanned
            .filter_map(|account| self.of(account).ok())
            .collect();
        roll
    }

    /// What a person calls so, the account itself or one of its buckets, as S3 lists them now. Where it is
    /// not found and an account could not be listed, that is the error: it may be there.
    pub async fn find(&self, name: &str) -> Result<Option<Asset>, CallError> {
        let Roll { accounts, trouble } = self.roll().await;
        let account = accounts.iter().map(|cloud| cloud.account_asset());
        if let Some(account) = account.into_iter().find(|asset| asset.answers_to(name)) {
            return Ok(Some(account));
        }
        let mut failed = trouble;
        let listings = accounts.into_iter();
        let listings = listings.map(|cloud| async move { cloud.named(name).await });
        let mut listings = stream::iter(listings).buffered(ACCOUNTS_AT_ONCE);
        while let Some(listed) = listings.next().await {
            match listed {
                Ok(None) => {}
                Ok(found) => return Ok(found),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<Account, Arc<Cloud>>> {
        lock(&self.members)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Both are only added to or replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
