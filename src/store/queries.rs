//! What screens, the gate and the chain ask.

use std::collections::{BTreeSet, HashSet};

use serde::de::DeserializeOwned;
use sled::IVec;

use super::{
    Around, Hold, Listed, Store, StoreError, arrange, filter,
    fold::number,
    keys::{
        self, BREAKER, BY_HAND, CHANGE, CLOSED, ENTRY, EXCEPTION, HALTED, HOLD, QUEUE, REVERT,
        RUNNING, WAITING, WINDOW,
    },
    live::Live,
};
use crate::{
    domain::{Asset, Change, ChangeId, Exception, OpenChange, Stage, Stamp},
    ledger::Recorded,
    room::protocol::{
        Arrangement, PAGE, Page, Row, SORTED,
        filter::{Filter, Is, Value},
    },
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

/// Which changes are asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub filter: Filter,
    pub arrangement: Arrangement,
    /// What ages and exceptions are counted from.
    pub now: Stamp,
}

/// Rows that were put in order, the page's rows after them, and how many rows there are.
type Parts = (Vec<Row>, Vec<Row>, usize);

type Pair = Result<(IVec, IVec), sled::Error>;

fn value<T: DeserializeOwned>(pair: Pair) -> Result<T, StoreError> {
    Ok(serde_json::from_slice(&pair?.1)?)
}

fn id(pair: Pair) -> Result<ChangeId, StoreError> {
    keys::id_at_end(&pair?.0)
        .ok_or_else(|| StoreError::Views("a key without a change id".to_owned()))
}

impl Live {
    fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let row = self.rows.get(key)?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }

    fn all<T: DeserializeOwned>(&self, view: u8) -> Result<Vec<T>, StoreError> {
        self.rows.scan_prefix([view]).map(value).collect()
    }

    fn change(&self, id: ChangeId) -> Result<Option<Change>, StoreError> {
        self.get(&keys::of_change(CHANGE, id))
    }

    fn counts(&self) -> Counts {
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

    fn queue(&self, query: &Query, offset: usize, limit: usize) -> Result<Page<Row>, StoreError> {
        let (first, rest, total) = if query.filter.is_empty() {
            self.everything(query, offset, limit)?
        } else {
            self.found(query, offset, limit)?
        };
        // A row that moved while this was read may have been met twice.
        let mut met = HashSet::new();
        let items = first.into_iter().skip(offset).chain(rest);
        let items = items.take(limit).filter(|row| met.insert(row.id)).collect();
        Ok(Page { items, total })
    }

    /// The rows that stand in another order than the index, from the first on; those of the page that
    /// come after them; and how many there are. Only the page is read where the index has the order.
    fn everything(&self, query: &Query, offset: usize, limit: usize) -> Result<Parts, StoreError> {
        let rows = || self.rows.scan_prefix([QUEUE]);
        let row = |pair| value::<Listed>(pair).map(|listed| listed.row);
        let counts = self.counts();
        let arranged = if query.arrangement.indexed() {
            0
        } else {
            counts.open.min(SORTED)
        };
        let first: Result<Vec<_>, _> = rows().take(arranged).map(row).collect();
        let mut first = first?;
        arrange(&mut first, query.arrangement);
        let shown = first.len().saturating_sub(offset).min(limit);
        let rest = rows().skip(offset.max(first.len())).take(limit - shown);
        let rest: Result<Vec<_>, _> = rest.map(row).collect();
        Ok((first, rest?, counts.open + counts.closed))
    }

    /// The same for a filter, which reads every row.
    fn found(&self, query: &Query, offset: usize, limit: usize) -> Result<Parts, StoreError> {
        let exempt = self.exempt(query)?;
        let around = Around {
            now: query.now,
            exempt: &|listed| exempt.contains(&(listed.row.rule.clone(), listed.asset.clone())),
        };
        let arranged = !query.arrangement.indexed();
        let (mut first, mut rest, mut total) = (Vec::new(), Vec::new(), 0);
        for pair in self.rows.scan_prefix([QUEUE]) {
            let listed: Listed = value(pair)?;
            if !filter::keeps(&query.filter, &listed, &around) {
                continue;
            }
            let row = listed.row;
            let sorted = arranged && total == first.len() && total < SORTED;
            if sorted && row.stage != Stage::Closed {
                first.push(row);
            } else if total >= offset && total - offset < limit {
                rest.push(row);
            }
            total += 1;
        }
        arrange(&mut first, query.arrangement);
        Ok((first, rest, total))
    }
}

impl Live {
    /// Rules with the assets on which they are not applied now, where the query asks for that.
    fn exempt(&self, query: &Query) -> Result<BTreeSet<(String, String)>, StoreError> {
        if !query.filter.asks(&Value::Is(Is::Exempt)) {
            return Ok(BTreeSet::new());
        }
        let exceptions = self.all::<Exception>(EXCEPTION)?.into_iter();
        Ok(exceptions
            .filter(|exception| query.now < exception.until)
            .map(|exception| (exception.rule, exception.asset.key()))
            .collect())
    }
}

impl Store {
    pub fn change(&self, id: ChangeId) -> Result<Option<Change>, StoreError> {
        self.with(|live| live.change(id))
    }

    /// Open changes first: halted, then waiting for approval, then to be done by hand, then running, each by severity and
    /// age; closed ones after them, the latest first. At most [`PAGE`] rows.
    ///
    /// A filter reads every row, and another order the first [`SORTED`] open ones; without either only
    /// the page is read.
    pub fn queue(
        &self,
        query: &Query,
        offset: usize,
        limit: usize,
    ) -> Result<Page<Row>, StoreError> {
        self.with(|live| live.queue(query, offset, limit.min(PAGE)))
    }

    /// Changes that wait for a decision, the most severe and oldest first.
    pub fn pending(&self, offset: usize, limit: usize) -> Result<Page<Change>, StoreError> {
        self.with(|live| {
            let waiting = live.rows.scan_prefix([QUEUE, WAITING]);
            let mut items = Vec::new();
            for pair in waiting.skip(offset).take(limit.min(PAGE)) {
                items.extend(live.change(id(pair)?)?);
            }
            let total = live.counts().pending;
            Ok(Page { items, total })
        })
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
