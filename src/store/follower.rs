//! What keeps the views current, and the last gate before a line is written: entries that do not
//! follow from those before them are refused while that still costs nothing.
//!
//! Two decisions on one request that come at the same moment both pass the engine's gate; here the
//! second one is refused, since it is checked in the order in which the two would be written.

use std::collections::HashMap;

use super::{Store, StoreError, fold::refusal};
use crate::{
    chain,
    domain::{Change, ChangeId, Entry, Fact, artifact::Ticket},
    ledger::{Follower, Recorded},
};

impl Store {
    /// For [`Opened::start`](crate::ledger::Opened::start).
    pub fn follower(&self) -> impl Follower + 'static {
        Keeper {
            store: self.clone(),
            admitted: HashMap::new(),
        }
    }
}

struct Keeper {
    store: Store,
    /// Changes as admitted entries leave them that the views do not know yet.
    admitted: HashMap<ChangeId, Change>,
}

impl Follower for Keeper {
    fn admit(&mut self, entries: &[Recorded]) -> Result<(), String> {
        let unchecked = |error: StoreError| match error {
            StoreError::Chain(error) => refusal(&error),
            error => format!("it could not be checked: {error}"),
        };
        if self.admitted.is_empty() {
            self.store.current().map_err(unchecked)?;
        }
        let mut touched: HashMap<ChangeId, Change> = HashMap::new();
        for entry in entries.iter().map(|one| &one.entry) {
            let (id, before) = match entry.change {
                Some(id) => (id, self.latest(&touched, id).map_err(unchecked)?),
                None if chain::needs_change(&entry.fact) => {
                    return Err(format!("{} without a change", entry.fact.kind()));
                }
                None => continue,
            };
            let change = chain::apply(before, entry).map_err(|error| refusal(&error))?;
            if let Fact::Ticket(ticket) = &entry.fact {
                self.new_ticket(&touched, entry, id, ticket)?;
            }
            touched.insert(id, change);
        }
        self.admitted.extend(touched);
        Ok(())
    }

    fn applied(&mut self, entries: &[Recorded]) {
        self.admitted.clear();
        // The store keeps the error for the status line; the next call tries again.
        if let Err(error) = self.store.apply(entries) {
            tracing::error!(%error, "the views could not be brought up to the ledger");
        }
    }
}

impl Keeper {
    fn latest(
        &self,
        touched: &HashMap<ChangeId, Change>,
        id: ChangeId,
    ) -> Result<Option<Change>, StoreError> {
        match touched.get(&id).or_else(|| self.admitted.get(&id)) {
            Some(change) => Ok(Some(change.clone())),
            None => self.store.change(id),
        }
    }

    /// One violation is one open change, and the numbers of a year have no gaps.
    fn new_ticket(
        &self,
        touched: &HashMap<ChangeId, Change>,
        entry: &Entry,
        id: ChangeId,
        ticket: &Ticket,
    ) -> Result<(), String> {
        let unchecked = |error: StoreError| format!("it could not be checked: {error}");
        // The latest of each that the views do not know yet.
        let unwritten = || {
            let older = self.admitted.values();
            let older = older.filter(|change| !touched.contains_key(&change.id));
            touched.values().chain(older)
        };
        let same = |change: &&Change| {
            let other = &change.ticket;
            other.rule.id == ticket.rule.id && other.asset == ticket.asset
        };
        let stored = self
            .store
            .open_change_for(&ticket.rule.id, &ticket.asset)
            .map_err(unchecked)?
            // What was admitted since may have closed it.
            .filter(|open| !unwritten().any(|change| change.id == *open && !change.is_open()));
        let open = stored.or_else(|| {
            let mut open = unwritten().filter(same).filter(|change| change.is_open());
            open.next().map(|change| change.id)
        });
        if let Some(open) = open {
            return Err(format!(
                "{} of {id}: {open} is open for it",
                entry.fact.kind()
            ));
        }
        let next = self
            .store
            .next_number(id.year(), id.number())
            .map_err(unchecked)?;
        let unwritten = unwritten().map(|change| change.id);
        let highest = unwritten
            .filter(|other| other.year() == id.year())
            .map(ChangeId::number);
        let next = highest.max().map_or(next, |highest| next.max(highest + 1));
        if id.number() != next {
            return Err(format!(
                "{} of {id}: the next number is {}",
                entry.fact.kind(),
                ChangeId::new(id.year(), next)
            ));
        }
        Ok(())
    }
}
