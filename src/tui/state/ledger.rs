//! The ledger pane's part of the ledger: the pages around the eye, whatever the ledger's size.
//!
//! The list is pinned where it was opened: entries that come later stand above it and are only
//! counted, so nothing moves while somebody reads. `g` goes to the newest. Until the person moves for
//! the first time the pane follows the head.
//!
//! Without a filter the numbers have no gaps, so any page's place is known and the far end is one
//! question away. With a filter a page's place is known once the page before it has been read.

use std::collections::BTreeMap;

use crate::{
    domain::ChangeId,
    room::protocol::{LedgerEntry, LedgerFilter, Line, Page},
};

/// Entries of one page.
pub const PAGE: usize = 200;

/// Pages that are kept on each side of the eye.
const KEPT: usize = 2;

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// As typed; `filter` is what it means.
    pub typed: String,
    pub filter: LedgerFilter,
    /// `marks[k]`: the entries of page `k` are those below this number.
    marks: Vec<u64>,
    pages: BTreeMap<usize, Vec<Line>>,
    pub total: usize,
    pub loaded: bool,
    pub index: usize,
    /// The person has moved: the pane no longer follows the head.
    pub moved: bool,
    /// The next page 0 replaces everything.
    renewing: bool,
    /// The ledger's last number as the room gave it last.
    pub head: u64,
    /// The entry that is open, once it has come.
    pub entry: Option<LedgerEntry>,
    pub opened: Option<u64>,
}

impl Ledger {
    /// What a typed filter means: a change id, `by:name`, and otherwise part of a kind; several
    /// narrow it further.
    pub fn parse(typed: &str) -> LedgerFilter {
        let mut filter = LedgerFilter::default();
        for word in typed.split_whitespace() {
            if let Ok(id) = word.to_uppercase().parse::<ChangeId>() {
                filter.change = Some(id);
            } else if let Some(name) = word.strip_prefix("by:") {
                filter.actor = Some(name.to_owned());
            } else {
                filter.kind = Some(word.to_owned());
            }
        }
        filter
    }

    fn filtered(&self) -> bool {
        self.filter != LedgerFilter::default()
    }

    /// Starts over at the head, keeping what is shown until the answer is here.
    pub fn renew(&mut self) {
        self.renewing = true;
        self.index = 0;
        self.moved = false;
    }

    /// Another filter: another list.
    pub fn restart(&mut self, typed: &str) {
        typed.clone_into(&mut self.typed);
        self.filter = Self::parse(typed);
        self.renew();
    }

    pub fn line(&self, index: usize) -> Option<&Line> {
        self.pages.get(&(index / PAGE))?.get(index % PAGE)
    }

    pub fn current(&self) -> Option<&Line> {
        self.line(self.index)
    }

    pub fn step(&mut self, by: isize) {
        let end = self.total.saturating_sub(1);
        self.index = self.index.saturating_add_signed(by).min(end);
        self.moved = true;
    }

    /// Entries that came after the list was pinned; with a filter that can't be told, so none.
    pub fn newer(&self) -> u64 {
        match self.marks.first() {
            Some(mark) if !self.filtered() => (self.head + 1).saturating_sub(*mark),
            _ => 0,
        }
    }

    /// The page to ask for next and the number below which it begins, if any is missing near the
    /// eye.
    pub fn wanted(&self) -> Option<(usize, Option<u64>)> {
        if self.renewing || self.marks.is_empty() {
            return Some((0, None));
        }
        let here = self.index / PAGE;
        let last = self.total.saturating_sub(1) / PAGE;
        let near = [here, here + 1, here.saturating_sub(1)];
        for page in near.into_iter().filter(|page| *page <= last) {
            if self.pages.contains_key(&page) {
                continue;
            }
            if let Some(below) = self.mark(page) {
                return Some((page, Some(below)));
            }
            // The way there leads through the pages between; take the next of them.
            let known = self.marks.len() - 1;
            return Some((known, self.marks.get(known).copied()));
        }
        None
    }

    fn mark(&self, page: usize) -> Option<u64> {
        if self.filtered() {
            return self.marks.get(page).copied();
        }
        let below = page.checked_mul(PAGE)?;
        self.marks.first()?.checked_sub(below as u64)
    }

    /// Takes page `at` in.
    pub fn load(&mut self, at: usize, page: Page<Line>) {
        if at == 0 && (self.renewing || self.marks.is_empty()) {
            self.marks.clear();
            self.pages.clear();
            self.renewing = false;
            self.total = page.total.max(page.items.len());
            let first = page.items.first().map_or(1, |line| line.seq + 1);
            self.marks.push(first);
        }
        self.loaded = true;
        let short = page.items.len() < PAGE;
        if short {
            // Fewer than asked for: this is the end, whatever the count said.
            self.total = at * PAGE + page.items.len();
            self.index = self.index.min(self.total.saturating_sub(1));
        } else if self.marks.len() == at + 1
            && let Some(last) = page.items.last()
        {
            self.marks.push(last.seq);
        }
        self.pages.insert(at, page.items);
        let here = self.index / PAGE;
        self.pages.retain(|page, _| page.abs_diff(here) <= KEPT);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::Stamp;

    fn lines(seqs: impl IntoIterator<Item = u64>) -> Vec<Line> {
        seqs.into_iter()
            .map(|seq| Line {
                seq,
                at: Stamp::default(),
                change: None,
                kind: "fix".to_owned(),
                actor: "room".to_owned(),
                via: "room".to_owned(),
                headline: String::new(),
            })
            .collect()
    }

    /// Answers as a room with entries 1..=head would, every `stride`th matching.
    fn answer(ledger: &mut Ledger, head: u64, stride: u64) -> bool {
        let Some((page, before)) = ledger.wanted() else {
            return false;
        };
        let below = before.unwrap_or(head + 1);
        let items: Vec<_> = (1..below)
            .rev()
            .filter(|seq| seq % stride == 0)
            .take(PAGE)
            .collect();
        let total = usize::try_from(head / stride).unwrap();
        ledger.load(
            page,
            Page {
                items: lines(items),
                total,
            },
        );
        true
    }

    #[test]
    fn the_far_end_of_a_million_entries_is_few_questions_away() {
        let mut ledger = Ledger::default();
        while answer(&mut ledger, 1_000_000, 1) {}
        ledger.step(isize::MAX);
        let mut questions = 0;
        while answer(&mut ledger, 1_000_000, 1) {
            questions += 1;
        }
        assert!(questions <= 3, "{questions}");
        assert_eq!(ledger.current().unwrap().seq, 1);
        assert!(ledger.pages.len() <= 2 * KEPT + 1);
    }

    #[test]
    fn a_filtered_end_is_reached_through_the_pages_between() {
        let mut ledger = Ledger::default();
        ledger.restart("fix");
        while answer(&mut ledger, 10_000, 7) {}
        ledger.step(isize::MAX);
        while answer(&mut ledger, 10_000, 7) {}
        assert_eq!(ledger.current().unwrap().seq, 7);
    }

    #[test]
    fn entries_that_come_later_are_counted_and_move_nothing() {
        let mut ledger = Ledger::default();
        while answer(&mut ledger, 50, 1) {}
        ledger.step(3);
        ledger.head = 62;
        assert_eq!(ledger.newer(), 12);
        assert_eq!(ledger.current().unwrap().seq, 47);
        ledger.renew();
        while answer(&mut ledger, 62, 1) {}
        assert_eq!(ledger.current().unwrap().seq, 62);
        assert_eq!(ledger.newer(), 0);
    }

    #[test]
    fn a_typed_filter_is_read_word_by_word() {
        let filter = Ledger::parse("chg-2026-0418-114 by:nina approval");
        assert_eq!(filter.change, Some(ChangeId::new(2026, 418_114)));
        assert_eq!(filter.actor.as_deref(), Some("nina"));
        assert_eq!(filter.kind.as_deref(), Some("approval"));
    }
}
