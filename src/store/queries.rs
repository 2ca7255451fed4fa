//! What screens, the gate and the chain ask.

use serde::de::DeserializeOwned;
use sled::IVec;

use super::{
    Hold, Opened, Store, StoreError,
    fold::number,
    keys::{
        self, BREAKER, BY_HAND, CHANGE, CLOSED, ENTRY, EXCEPTION, HALTED, HOLD, QUEUE, REMINDED,
        REQUESTED, REVERT, RUNNING, WAITING, WINDOW,
    },
    live::Live,
};
use crate::{
    domain::{Asset, Change, ChangeId, Exception, OpenChange, RequestedException, Stamp},
    ledger::Recorded,
};

/// How many changes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Halted ones included.
    pub open: usize,
    /// Waiting for a decision.
    pub pending: usize,
    /// Waiting for a person to do it.
    pub by_hand: usize,
    pub halted: usize,
    pub closed: usize,
}

pub(super) type Pair = Result<(IVec, IVec), sled::Error>;

pub(super) fn value<T: DeserializeOwned>(pair: Pair) -> Result<T, StoreError> {
    Ok(serde_json::from_slice(&pair?.1)?)
}

fn id(pair: Pair) -> Result<ChangeId, StoreError> {
    keys::id_at_end(&pair?.0)
        .ok_or_else(|| StoreError::Views("a key without a change id".to_owned()))
}

impl Live {
    pub(super) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let row = self.rows.get(key)?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }

    pub(super) fn all<T: DeserializeOwned>(&self, view: u8) -> Result<Vec<T>, StoreError> {
        self.rows.scan_prefix([view]).map(value).collect()
    }

    fn change(&self, id: ChangeId) -> Result<Option<Change>, StoreError> {
        self.get(&keys::of_change(CHANGE, id))
    }

    pub(super) fn counts(&self) -> Counts {
        let totals = self.meta().totals;
        let group = |group| totals.of(&[QUEUE, group]);
        let (halted, pending, by_hand) = (group(HALTED), group(WAITING), group(BY_HAND));
        Counts {
            open: halted + pending + by_hand + group(RUNNING),
            pending,
            by_hand,
            halted,
            closed: group(CLOSED),
        }
    }
}

impl Store {
    pub fn change(&self, id: ChangeId) -> Result<Option<Change>, StoreError> {
        self.with(|live| live.change(id))
    }

    /// The open change for a violation, if there is one.
    pub fn open_change_for(
        &self,
        rule: &str,
        asset: &Asset,
    ) -> Result<Option<ChangeId>, StoreError> {
        self.with(|live| {
            let mut open = live.rows.scan_prefix(keys::open_for(rule, asset));
            open.next().map(id).transpose()
        })
    }

    /// Every open change of an asset, those with a revert running among them; by rule.
    pub fn open_on(&self, asset: &Asset) -> Result<Vec<OpenChange>, StoreError> {
        self.with(|live| {
            let open = live.rows.scan_prefix(keys::open_on(asset));
            open.map(|pair| {
                let (key, setting) = pair?;
                let damaged = || StoreError::Views("a key without a rule".to_owned());
                Ok(OpenChange {
                    id: keys::id_at_end(&key).ok_or_else(damaged)?,
                    rule: keys::open_rule(&key).ok_or_else(damaged)?.to_owned(),
                    setting: String::from_utf8_lossy(&setting).into_owned(),
                })
            })
            .collect()
        })
    }

    /// Changes that somebody has to go on with after a start: open ones in queue order, then those
    /// with a revert running.
    pub fn open_changes(&self) -> Result<Vec<ChangeId>, StoreError> {
        self.with(|live| {
            let open = [HALTED, WAITING, BY_HAND, RUNNING];
            let open = open
                .iter()
                .flat_map(|group| live.rows.scan_prefix([QUEUE, *group]));
            let reverts = live.rows.scan_prefix([REVERT]);
            open.chain(reverts).map(id).collect()
        })
    }

    /// Closed changes whose window for a revert is over and not settled yet, the oldest first.
    pub fn settle_due(&self, now: Stamp, limit: usize) -> Result<Vec<ChangeId>, StoreError> {
        let now = keys::sortable(now);
        self.with(|live| {
            let due = |pair: &Pair| match pair {
                Ok((key, _)) => keys::window_end(key).is_some_and(|end| end <= now),
                Err(_) => true,
            };
            let windows = live.rows.scan_prefix([WINDOW]);
            windows.take_while(due).take(limit).map(id).collect()
        })
    }

    /// A change's entries, in order.
    pub fn entries_of(&self, id: ChangeId) -> Result<Vec<Recorded>, StoreError> {
        let seqs = self.seqs_of(id)?;
        let entries = seqs.into_iter().map(|seq| self.reader().entry(seq));
        Ok(entries.collect::<Result<_, _>>()?)
    }

    pub(super) fn seqs_of(&self, id: ChangeId) -> Result<Vec<u64>, StoreError> {
        self.with(|live| {
            let keys = live.rows.scan_prefix(keys::of_change(ENTRY, id)).keys();
            keys.map(|key| {
                number(key?.last_chunk::<8>().map(|bytes| &bytes[..]))
                    .ok_or_else(|| StoreError::Views("a key without an entry".to_owned()))
            })
            .collect()
        })
    }

    /// Every exception that was not ended, whether its time is over or not.
    pub fn exceptions(&self) -> Result<Vec<Exception>, StoreError> {
        self.with(|live| live.all(EXCEPTION))
    }

    /// The same, each with when it was opened and whether its end was told.
    pub fn exceptions_since(&self) -> Result<Vec<(Opened, bool)>, StoreError> {
        self.with(|live| {
            let opened = live.all::<Opened>(EXCEPTION)?.into_iter();
            let told = opened.map(|opened| {
                let Exception { rule, asset, .. } = &opened.exception;
                let told = live
                    .rows
                    .contains_key(keys::rule_on(REMINDED, rule, asset))?;
                Ok((opened, told))
            });
            told.collect()
        })
    }

    /// Exceptions that somebody asked for and nobody has decided on.
    pub fn requested_exceptions(&self) -> Result<Vec<RequestedException>, StoreError> {
        self.with(|live| live.all(REQUESTED))
    }

    /// The exception that keeps a rule off an asset now.
    pub fn exempt(
        &self,
        rule: &str,
        asset: &Asset,
        now: Stamp,
    ) -> Result<Option<Exception>, StoreError> {
        let key = keys::rule_on(EXCEPTION, rule, asset);
        let exception: Option<Exception> = self.with(|live| live.get(&key))?;
        Ok(exception.filter(|exception| now < exception.until))
    }

    pub fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        self.with(|live| live.all(HOLD))
    }

    pub fn held(&self, rule: &str, asset: &Asset) -> Result<Option<Hold>, StoreError> {
        let key = keys::rule_on(HOLD, rule, asset);
        self.with(|live| live.get(&key))
    }

    /// Why fixing is stopped, where it is.
    pub fn breaker(&self) -> Result<Option<String>, StoreError> {
        self.with(|live| {
            let cause = live.rows.get([BREAKER])?;
            Ok(cause.map(|cause| String::from_utf8_lossy(&cause).into_owned()))
        })
    }

    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.with(|live| Ok(live.counts()))
    }

    /// The number of a year's next change: one above the highest, or `first` where there is none.
    pub fn next_number(&self, year: i32, first: u64) -> Result<u64, StoreError> {
        let key = keys::number(year);
        let highest = self.with(|live| Ok(number(live.rows.get(&key)?.as_deref())))?;
        Ok(highest.map_or(first, |highest| highest + 1))
    }
}
