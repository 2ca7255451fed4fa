//! Pages of the ledger, the latest entries first.

use super::{Store, StoreError};
use crate::{
    domain::Stamp,
    ledger::{Found, Recorded, Search},
    room::protocol::{LedgerFilter, Line, Lines, PAGE},
};

impl Store {
    /// Entries below `before` (none: from the head); ages are counted from `now`. A change's entries come
    /// from its index; kinds, actors and times are searched for, through so many entries a call.
    pub fn ledger_page(
        &self,
        filter: &LedgerFilter,
        now: Stamp,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Lines, StoreError> {
        let limit = limit.clamp(1, PAGE);
        let last = self.reader().last_seq();
        let before = before.unwrap_or(u64::MAX).min(last + 1);
        let search = meant(filter, now);
        if search == Search::default()
            && let Some(items) = self.with(|live| Ok(live.recent().page(before, limit)))?
        {
            let next = items.last().map(|line| line.seq);
            return Ok(Lines {
                next: next.filter(|seq| items.len() == limit && *seq > 1),
                total: Some(usize::try_from(last).unwrap_or(usize::MAX)),
                items,
            });
        }
        let (found, all) = if let Some(id) = filter.change {
            let seqs = self.seqs_of(id)?;
            (self.among(&seqs, &search, before, limit)?, seqs.len())
        } else {
            let all = usize::try_from(last).unwrap_or(usize::MAX);
            (self.reader().search(&search, before, limit)?, all)
        };
        let whole = Search {
            change: filter.change,
            ..Search::default()
        };
        Ok(Lines {
            items: found.entries.iter().map(line).collect(),
            total: (search == whole).then_some(all),
            next: found.next,
        })
    }

    fn among(
        &self,
        seqs: &[u64],
        search: &Search,
        before: u64,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let mut found = Found::default();
        for seq in seqs.iter().rev().filter(|seq| **seq < before) {
            let recorded = self.reader().entry(*seq)?;
            if !search.holds(&recorded.entry) {
                continue;
            }
            if found.entries.len() == limit {
                found.next = found.entries.last().map(|last| last.entry.seq);
                break;
            }
            found.entries.push(recorded);
        }
        Ok(found)
    }
}

/// A filter with ages counted from `now`.
fn meant(filter: &LedgerFilter, now: Stamp) -> Search {
    Search {
        change: filter.change,
        kind: filter.kind.clone(),
        actor: filter.actor.clone(),
        since: filter.since.map(|since| since.at(now)),
        until: filter.until.map(|until| until.at(now)),
    }
}

fn line(recorded: &Recorded) -> Line {
    Line::of(&recorded.entry)
}
