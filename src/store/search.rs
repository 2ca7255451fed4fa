//! Filters that somebody looks through, each with the rows that it keeps.
//!
//! A filter has to look at every row once, and a million rows take seconds. So that happens in short
//! stretches, each question doing one: what was found so far is there at once, the open changes before
//! the closed ones and the latest of those first, and the answer says how much is not looked at yet.
//! From then on a search is kept as the queue is, row by row as entries come, and asking again costs
//! nothing; the few that were asked last are kept.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sled::IVec;

use super::{
    Around, Listed, StoreError, filter,
    places::{Place, Places},
};
use crate::{
    domain::Stamp,
    room::protocol::filter::{Filter, Is, Value},
};

/// Searches that are kept.
const KEPT: usize = 4;

/// Rules with the assets on which they are not applied now.
pub(super) type Exempt = BTreeSet<(String, String)>;

/// What a filter keeps, as far as it has looked.
#[derive(Clone, Debug)]
pub(super) struct Search {
    filter: Filter,
    /// What ages are counted from.
    now: Stamp,
    exempt: Exempt,
    pub kept: Places,
    /// Up to where it has looked; none at the beginning.
    upto: Option<Place>,
    pub whole: bool,
    /// The same at a later time, while that is being made.
    later: Option<Box<Self>>,
}

impl Search {
    fn new(filter: &Filter, now: Stamp, exempt: Exempt) -> Self {
        Self {
            filter: filter.clone(),
            now,
            exempt,
            kept: Places::default(),
            upto: None,
            whole: false,
            later: None,
        }
    }

    /// What it keeps changes with time alone.
    fn passes(&self) -> bool {
        self.filter.ages() || self.filter.asks(&Value::Is(Is::Exempt))
    }

    /// Where the next stretch goes: to itself, or to what will take its place.
    fn unfinished(&mut self) -> Option<&mut Self> {
        if self.whole {
            self.later.as_deref_mut()
        } else {
            Some(self)
        }
    }

    fn keeps(&self, row: &[u8]) -> Result<bool, StoreError> {
        let listed: Listed = serde_json::from_slice(row)?;
        let around = Around {
            now: self.now,
            exempt: &|listed| {
                let key = (listed.row.rule.clone(), listed.asset.clone());
                self.exempt.contains(&key)
            },
        };
        Ok(filter::keeps(&self.filter, &listed, &around))
    }

    /// A row came, changed or went.
    fn row(&mut self, place: Place, row: Option<&IVec>) -> Result<(), StoreError> {
        if let Some(later) = &mut self.later {
            later.row(place, row)?;
        }
        self.kept.remove(&place);
        // What lies ahead is met on the way.
        let passed = self.whole || self.upto.is_some_and(|upto| place <= upto);
        if let Some(row) = row.filter(|_| passed)
            && self.keeps(row)?
        {
            self.kept.insert(place);
        }
        Ok(())
    }
}

/// The queue by number, and what filters keep of it.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub all: Places,
    /// The last one asked is the last.
    searches: Vec<Search>,
}

impl Lists {
    /// Takes up what a batch did to the queue.
    pub(super) fn rows(&mut self, rows: &[(Place, Option<IVec>)]) {
        for (place, row) in rows {
            if row.is_some() {
                self.all.insert(*place);
            } else {
                self.all.remove(place);
            }
        }
        self.searches.retain_mut(|search| {
            // One that can't read a row is begun anew by whoever asks next, and fails there.
            rows.iter()
                .try_for_each(|(place, row)| search.row(*place, row.as_ref()))
                .is_ok()
        });
    }

    /// Exceptions came or went.
    pub(super) fn forget_exempt(&mut self) {
        let exempt = Value::Is(Is::Exempt);
        self.searches.retain(|search| !search.filter.asks(&exempt));
    }

    pub(super) fn search(&self, filter: &Filter) -> Option<&Search> {
        self.searches.iter().find(|search| search.filter == *filter)
    }

    fn search_mut(&mut self, filter: &Filter) -> Option<&mut Search> {
        let mut searches = self.searches.iter_mut();
        searches.find(|search| search.filter == *filter)
    }

    /// Begins a search where there is none, or where it is too old for what it asks.
    pub(super) fn begin(
        &mut self,
        filter: &Filter,
        now: Stamp,
        exempt: impl FnOnce() -> Result<Exempt, StoreError>,
    ) -> Result<(), StoreError> {
        /// Rows of a search that may be made anew in one millisecond: a large one seldom.
        const ROWS: usize = 10;
        let age = TimeDelta::milliseconds(i64::try_from(self.all.len() / ROWS).unwrap_or(i64::MAX));
        let mut known = self.searches.iter();
        if let Some(known) = known.position(|search| search.filter == *filter) {
            let mut search = self.searches.remove(known);
            let old = (now - search.now).abs() > age;
            if old && search.whole && search.later.is_none() && search.passes() {
                search.later = Some(Box::new(Search::new(filter, now, exempt()?)));
            }
            self.searches.push(search);
        } else {
            if self.searches.len() == KEPT {
                self.searches.remove(0);
            }
            self.searches.push(Search::new(filter, now, exempt()?));
        }
        Ok(())
    }

    /// Has a search look at the next rows. `rows` gives those behind a place, in order; less than
    /// `stretch` of them are the last. False when there was nothing left to look at.
    ///
    /// What is read here was read while nothing could be taken up, so no row that changes meanwhile
    /// is missed.
    pub(super) fn look<R>(
        &mut self,
        filter: &Filter,
        stretch: usize,
        rows: impl FnOnce(Option<&Place>) -> R,
    ) -> Result<bool, StoreError>
    where
        R: Iterator<Item = Result<(Place, IVec), StoreError>>,
    {
        let Some(search) = self.search_mut(filter) else {
            return Ok(false);
        };
        let Some(at) = search.unfinished() else {
            return Ok(false);
        };
        let mut met = 0;
        for row in rows(at.upto.as_ref()).take(stretch) {
            let (place, row) = row?;
            if at.keeps(&row)? {
                at.kept.insert(place);
            }
            at.upto = Some(place);
            met += 1;
        }
        at.whole = met < stretch;
        if let Some(later) = search.later.take_if(|later| later.whole) {
            *search = *later;
        }
        Ok(true)
    }

    /// Rows that a search has not looked at yet.
    pub(super) fn unsearched(&self, filter: &Filter) -> usize {
        let search = self.search(filter).filter(|search| !search.whole);
        search.map_or(0, |search| match &search.upto {
            Some(upto) => self.all.behind(upto),
            None => self.all.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        domain::{ChangeId, Severity, Stage},
        room::protocol::Row,
        store::keys::{CLOSED, QUEUE},
    };

    const TIME: &str = "2026-04-15T03:12:47Z";

    fn place(number: u64) -> Place {
        let mut key = vec![QUEUE, CLOSED];
        key.extend([0; 20]);
        key.extend(number.to_be_bytes());
        Place::of(&key).unwrap()
    }

    fn row(number: u64, bucket: &str) -> IVec {
        let row = Row {
            id: ChangeId::new(2026, number),
            severity: Severity::High,
            environment: "prod".to_owned(),
            production: true,
            account: "111122223333".to_owned(),
            bucket: bucket.to_owned(),
            violation: "CIS 1.20 public-read bucket".to_owned(),
            framework: "CIS 1.3.0".to_owned(),
            rule: "s3-public-read-acl".to_owned(),
            owner: "platform".to_owned(),
            stage: Stage::Closed,
            step: 6,
            word: "remediated".to_owned(),
            detected_at: TIME.parse().unwrap(),
        };
        let listed = Listed {
            row,
            region: "eu-west-1".to_owned(),
            asset: bucket.to_owned(),
            setting: None,
            controls: Vec::new(),
            terms: None,
        };
        serde_json::to_vec(&listed).unwrap().into()
    }

    /// Lists over rows that a database would hold.
    #[derive(Default)]
    struct Desk {
        rows: BTreeMap<Place, IVec>,
        lists: Lists,
    }

    impl Desk {
        fn put(&mut self, number: u64, bucket: &str) {
            let row = row(number, bucket);
            self.rows.insert(place(number), row.clone());
            self.lists.rows(&[(place(number), Some(row))]);
        }

        fn remove(&mut self, number: u64) {
            self.rows.remove(&place(number));
            self.lists.rows(&[(place(number), None)]);
        }

        fn look(&mut self, filter: &Filter, stretch: usize) -> bool {
            let rows = &self.rows;
            let behind = |at: Option<&Place>| {
                let at = at.copied();
                let rows = rows.iter().filter(move |row| Some(*row.0) > at);
                rows.map(|(place, row)| Ok((*place, row.clone())))
            };
            self.lists.look(filter, stretch, behind).unwrap()
        }

        fn begin(&mut self, filter: &Filter, seconds: i64) {
            let now = TIME.parse::<Stamp>().unwrap() + TimeDelta::seconds(seconds);
            self.lists.begin(filter, now, || Ok(Exempt::new())).unwrap();
        }

        fn found(&self, filter: &Filter) -> Vec<Place> {
            let search = self.lists.search(filter).unwrap();
            search.kept.from(0).copied().collect()
        }
    }

    #[test]
    fn a_search_tells_what_is_left_and_misses_nothing_that_moves_meanwhile() {
        let mut desk = Desk::default();
        for number in 0..10 {
            desk.put(number, if number % 2 == 0 { "even" } else { "odd" });
        }
        let filter = "even".parse().unwrap();
        desk.begin(&filter, 0);
        assert_eq!(desk.lists.unsearched(&filter), 10);
        assert!(desk.look(&filter, 4));
        assert_eq!(desk.found(&filter), [place(0), place(2)]);
        assert_eq!(desk.lists.unsearched(&filter), 6);
        // Behind the eye one goes, one comes and one becomes another; so it is ahead.
        desk.remove(0);
        desk.put(1, "even");
        desk.put(3, "odd");
        desk.remove(6);
        desk.put(7, "even");
        assert_eq!(desk.found(&filter), [place(1), place(2)]);
        while desk.look(&filter, 4) {}
        assert_eq!(desk.found(&filter), [1, 2, 4, 7, 8].map(place));
        assert_eq!(desk.lists.unsearched(&filter), 0);
        desk.put(20, "even");
        desk.remove(2);
        assert_eq!(desk.found(&filter), [1, 4, 7, 8, 20].map(place));
    }

    #[test]
    fn what_depends_on_the_time_is_looked_for_again_and_shown_as_it_was_until_then() {
        let mut desk = Desk::default();
        for number in 0..6 {
            desk.put(number, "bucket");
        }
        let filter = "age:>1h".parse().unwrap();
        desk.begin(&filter, 0);
        while desk.look(&filter, 4) {}
        assert_eq!(desk.found(&filter), []);
        desk.begin(&filter, 3_601);
        assert!(desk.look(&filter, 4));
        assert_eq!(desk.found(&filter), []);
        desk.remove(5);
        assert!(desk.look(&filter, 4));
        assert_eq!(desk.found(&filter), [0, 1, 2, 3, 4].map(place));
        assert!(!desk.look(&filter, 4));

        let timeless = "bucket".parse().unwrap();
        desk.begin(&timeless, 0);
        while desk.look(&timeless, 4) {}
        desk.begin(&timeless, 100_000);
        assert!(!desk.look(&timeless, 4), "nothing is looked for twice");
    }

    #[test]
    fn only_the_searches_that_were_asked_last_are_kept() {
        let mut desk = Desk::default();
        let filters = ["a", "b", "c", "d", "e"].map(|text| text.parse::<Filter>().unwrap());
        for filter in &filters {
            desk.begin(filter, 0);
            desk.begin(&filters[0], 0);
        }
        let kept = filters.map(|filter| desk.lists.search(&filter).is_some());
        assert_eq!(kept, [true, false, true, true, true]);
    }
}
