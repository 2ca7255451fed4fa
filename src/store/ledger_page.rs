//! Pages of the ledger, the latest entries first.

use super::{Store, StoreError};
use crate::{
    ledger::Recorded,
    room::protocol::{LedgerFilter, Line, PAGE},
};

/// Entries that one call looks at, at most, when it has to search.
const STEPS: u64 = 20_000;

/// Entries that are read at once while searching.
const CHUNK: usize = 128;

/// Matching entries, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPage {
    pub lines: Vec<Line>,
    /// How many there are in all; none where only a search of the whole ledger would tell.
    pub total: Option<usize>,
    /// Where to go on (`before` of the next call); none at the beginning of the ledger. A search
    /// that came to its limit gives fewer lines than were asked for, or none, and a place to go on.
    pub next: Option<u64>,
}

impl Store {
    /// Entries below `before` (none: from the head). A change's entries come from its index; kinds
    /// and actors are searched for, through so many entries a call.
    pub fn ledger_page(
        &self,
        filter: &LedgerFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<LedgerPage, StoreError> {
        let limit = limit.clamp(1, PAGE);
        let before = before.unwrap_or(u64::MAX).min(self.reader().last_seq() + 1);
        match filter.change {
            Some(id) => {
                let seqs = self.seqs_of(id)?;
                self.page_of(&seqs, filter, before, limit)
            }
            None => self.search(filter, before, limit),
        }
    }

    fn page_of(
        &self,
        seqs: &[u64],
        filter: &LedgerFilter,
        before: u64,
        limit: usize,
    ) -> Result<LedgerPage, StoreError> {
        let whole = filter.kind.is_none() && filter.actor.is_none();
        let mut page = LedgerPage {
            total: whole.then_some(seqs.len()),
            ..LedgerPage::default()
        };
        for seq in seqs.iter().rev().filter(|seq| **seq < before) {
            if page.lines.len() == limit {
                page.next = page.lines.last().map(|line| line.seq);
                break;
            }
            let recorded = self.reader().entry(*seq)?;
            if matches(filter, &recorded) {
                page.lines.push(Line::of(&recorded.entry));
            }
        }
        Ok(page)
    }

    fn search(
        &self,
        filter: &LedgerFilter,
        before: u64,
        limit: usize,
    ) -> Result<LedgerPage, StoreError> {
        let whole = *filter == LedgerFilter::default();
        let total = usize::try_from(self.reader().last_seq()).unwrap_or(usize::MAX);
        let mut page = LedgerPage {
            total: whole.then_some(total),
            ..LedgerPage::default()
        };
        let (mut at, lowest) = (before, before.saturating_sub(STEPS));
        while at > 1 && at > lowest {
            let chunk = self.reader().before(Some(at), CHUNK.max(limit))?;
            for recorded in chunk {
                at = recorded.entry.seq;
                if matches(filter, &recorded) {
                    page.lines.push(Line::of(&recorded.entry));
                    if page.lines.len() == limit {
                        page.next = (at > 1).then_some(at);
                        return Ok(page);
                    }
                }
            }
        }
        page.next = (at > 1).then_some(at);
        Ok(page)
    }
}

fn matches(filter: &LedgerFilter, recorded: &Recorded) -> bool {
    let entry = &recorded.entry;
    let holds = |part: Option<&String>, text: &str| {
        part.is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
    };
    holds(filter.kind.as_ref(), entry.fact.kind())
        && holds(filter.actor.as_ref(), entry.actor.name())
}
