//! Pages of the queue: as it stands, in another order, what a filter keeps of it, or what of it waits for
//! a decision.

use std::sync::{MutexGuard, PoisonError};

use sled::IVec;

use super::{
    Store, StoreError, arrange,
    keys::{EXCEPTION, QUEUE, WAITING},
    listed::Shown,
    live::Live,
    places::{Place, Places},
    queries::{Pair, value},
    search::{Exempt, Lists},
};
use crate::{
    domain::{Exception, Stamp},
    room::protocol::{
        Arrangement, Asked, PAGE, Page, Row, Rows, SORTED,
        filter::{Filter, Is, Value},
    },
};

/// Rows that one question looks at for a filter.
const LOOK: usize = 20_000;

/// Rows that are looked at in one go, while no entry can be taken up.
const STRETCH: usize = 500;

/// Which changes are asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub filter: Filter,
    pub arrangement: Arrangement,
    /// What ages and exceptions are counted from.
    pub now: Stamp,
}

impl Store {
    /// Open changes first: halted, then waiting for approval, then to be done by hand, then running, each by severity and
    /// age; closed ones after them, the latest first. At most [`PAGE`] rows.
    ///
    /// A new filter looks at so many rows a question and says how many are left; another order reads the
    /// first [`SORTED`] open ones; else only the page is read.
    pub fn queue(&self, query: &Query, offset: usize, limit: usize) -> Result<Rows, StoreError> {
        self.with(|live| live.queue(query, offset, limit.min(PAGE)))
    }

    /// Changes that wait for a decision, the most severe and oldest first.
    pub fn pending(&self, offset: usize, limit: usize) -> Result<Page<Asked>, StoreError> {
        self.with(|live| {
            let waiting = live.rows.scan_prefix([QUEUE, WAITING]);
            let page = waiting.skip(offset).take(limit.min(PAGE));
            let items = page.map(|pair| {
                let Shown { row, terms } = value(pair)?;
                let none = || StoreError::Views("a request without its terms".to_owned());
                let terms = terms.ok_or_else(none)?;
                Ok(Asked { row, terms })
            });
            Ok(Page {
                items: items.collect::<Result<_, StoreError>>()?,
                total: live.counts().pending,
            })
        })
    }
}

impl Live {
    pub(super) fn lists(&self) -> MutexGuard<'_, Lists> {
        // What panics while it holds this is a broken database, which takes its lists along.
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, query: &Query, offset: usize, limit: usize) -> Result<Rows, StoreError> {
        if !query.filter.is_empty() {
            self.look(query)?;
        }
        let lists = self.lists();
        let search = lists.search(&query.filter);
        let places = search.map_or(&lists.all, |search| &search.kept);
        let total = places.len();
        let unsearched = lists.unsearched(&query.filter);
        let sorted = sorted(places, query.arrangement);
        let page = offset.max(sorted.len());
        let rest = offset.saturating_add(limit).saturating_sub(page);
        let rest: Vec<_> = places.from(page).take(rest).copied().collect();
        drop(lists);
        let mut sorted = self.rows_at(&sorted)?;
        arrange(&mut sorted, query.arrangement);
        let mut items: Vec<_> = sorted.into_iter().skip(offset).take(limit).collect();
        items.extend(self.rows_at(&rest)?);
        Ok(Rows {
            items,
            total,
            unsearched,
        })
    }

    /// Rows that went meanwhile are left out.
    fn rows_at(&self, places: &[Place]) -> Result<Vec<Row>, StoreError> {
        let rows = places.iter().filter_map(|place| {
            let row = self.rows.get(place.key()).transpose()?;
            Some(row.map_err(StoreError::from).and_then(|row| {
                let shown: Shown = serde_json::from_slice(&row)?;
                Ok(shown.row)
            }))
        });
        rows.collect()
    }

    /// Has the query's filter look at the next rows.
    fn look(&self, query: &Query) -> Result<(), StoreError> {
        let filter = &query.filter;
        self.lists()
            .begin(filter, query.now, || self.exempt(query))?;
        for _ in 0..LOOK / STRETCH {
            let more = self
                .lists()
                .look(filter, STRETCH, |place| self.behind(place))?;
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// The queue's rows behind a place; none: all.
    fn behind(
        &self,
        place: Option<&Place>,
    ) -> impl Iterator<Item = Result<(Place, IVec), StoreError>> + use<> {
        // No key is a longer one's beginning, so the next one is not skipped.
        let from = place.map_or_else(|| vec![QUEUE], |place| [&place.key()[..], &[0]].concat());
        self.rows.range(from..vec![QUEUE + 1]).map(|pair: Pair| {
            let (key, row) = pair?;
            let place = Place::of(&key)
                .ok_or_else(|| StoreError::Views("a key without a place".to_owned()))?;
            Ok((place, row))
        })
    }

    /// Rules with the assets on which they are not applied now, where the query asks for that.
    fn exempt(&self, query: &Query) -> Result<Exempt, StoreError> {
        if !query.filter.asks(&Value::Is(Is::Exempt)) {
            return Ok(Exempt::new());
        }
        let exceptions = self.all::<Exception>(EXCEPTION)?.into_iter();
        Ok(exceptions
            .filter(|exception| query.now < exception.until)
            .map(|exception| (exception.rule, exception.asset.key()))
            .collect())
    }
}

/// The open ones that stand in another order than the index, from the first on.
fn sorted(places: &Places, arrangement: Arrangement) -> Vec<Place> {
    if arrangement.indexed() {
        return Vec::new();
    }
    let open = places.from(0).take_while(|place| place.open());
    open.take(SORTED).copied().collect()
}
