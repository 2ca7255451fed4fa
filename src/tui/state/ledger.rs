//! The ledger pane's part of the ledger: the pages around the eye, whatever the ledger's size.
//!
//! The list is pinned where it was opened: entries that come later stand above it and are only
//! counted, so nothing moves while somebody reads. `g` goes to the newest. Until the person moves for
//! the first time the pane follows the head.
//!
//! Without a filter the numbers have no gaps, so any page's place is known and the far end is one
//! question away. With a filter a page's place is known once the page before it has been read, and
//! where the end is, once it was reached: the list grows as the person goes down. A page that much had
//! to be read for comes in parts.

use std::collections::BTreeMap;

use crate::room::protocol::{LedgerEntry, LedgerFilter, Line, Lines};

/// Entries of one page.
pub const PAGE: usize = 200;

/// Pages that are kept on each side of the eye.
const KEPT: usize = 2;

/// How near the eye may come to a page that is not loaded before it is asked for: more than the largest
/// window shows.
const MARGIN: usize = PAGE * 3 / 4;

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// As typed; `filter` is what it means.
    pub typed: String,
    pub filter: LedgerFilter,
    /// `marks[k]`: the entries of page `k` are those below this number.
    marks: Vec<u64>,
    pages: BTreeMap<usize, Vec<Line>>,
    /// A page that is not full yet, and below which entry its next part begins.
    part: Option<(usize, u64)>,
    /// How many there are, as far as is known.
    pub total: usize,
    /// Below which entry there may be more than `total`, where the end was not reached yet.
    beyond: Option<u64>,
    /// Questions that the first page took so far.
    questions: usize,
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
    fn filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Starts over at the head, keeping what is shown until the answer is here.
    pub fn renew(&mut self) {
        self.renewing = true;
        self.index = 0;
        self.moved = false;
    }

    /// Another filter: another list.
    pub fn restart(&mut self, typed: &str, filter: LedgerFilter) {
        typed.clone_into(&mut self.typed);
        self.filter = filter;
        self.questions = 0;
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

    /// There are no more than `total`.
    pub fn ended(&self) -> bool {
        self.beyond.is_none()
    }

    /// News make it begin again: the person has not moved, and its first page is one question.
    pub fn follows(&self) -> bool {
        !self.moved && self.questions <= 1
    }

    /// Below which entry the room is looking on, where a page is not full yet.
    pub fn looking(&self) -> Option<u64> {
        self.part.map(|(_, below)| below)
    }

    /// What to ask for next, if anything is missing near the eye.
    pub fn wanted(&self) -> Option<Wanted> {
        let page = |page, before| Wanted {
            page,
            before,
            limit: PAGE,
        };
        if self.renewing || self.marks.is_empty() {
            return Some(page(0, None));
        }
        let here = self.index / PAGE;
        let last = self.total.saturating_sub(1) / PAGE;
        let ahead = self.index.saturating_add(MARGIN) / PAGE;
        let near = [here, ahead, self.index.saturating_sub(MARGIN) / PAGE];
        if let Some((part, below)) = self.part.filter(|(part, _)| near.contains(part)) {
            let there = self.pages.get(&part).map_or(0, Vec::len);
            return Some(Wanted {
                limit: PAGE - there,
                ..page(part, Some(below))
            });
        }
        let missing = near
            .into_iter()
            .filter(|page| *page <= last || !self.ended())
            .find(|page| !self.pages.contains_key(page));
        missing.and_then(|missing| Some(page(missing, Some(self.mark(missing)?))))
    }

    fn mark(&self, page: usize) -> Option<u64> {
        if self.filtered() {
            return self.marks.get(page).copied();
        }
        let below = page.checked_mul(PAGE)?;
        self.marks.first()?.checked_sub(below as u64)
    }

    /// Takes page `at` in, or its next part.
    pub fn load(&mut self, at: usize, lines: Lines) {
        if at == 0 && (self.renewing || self.marks.is_empty()) {
            self.marks.clear();
            self.pages.clear();
            self.part = None;
            self.questions = 0;
            self.renewing = false;
            self.total = 0;
            self.beyond = lines.next;
            let first = lines.items.first().map(|line| line.seq + 1);
            self.marks.push(first.or(lines.next).unwrap_or(1));
        }
        self.loaded = true;
        self.questions += usize::from(at == 0);
        let page = self.pages.entry(at).or_default();
        if self.part.is_some_and(|(part, _)| part == at) {
            page.extend(lines.items);
        } else {
            *page = lines.items;
        }
        let (there, full) = (at * PAGE + page.len(), page.len() >= PAGE);
        self.part = lines.next.filter(|_| !full).map(|next| (at, next));
        if lines.next.is_none() || lines.total.is_some() {
            self.beyond = None;
        }
        self.total = match (lines.next, lines.total) {
            (None, _) => there,
            (Some(_), Some(total)) => total,
            (Some(_), None) => self.total.max(there),
        };
        self.index = self.index.min(self.total.saturating_sub(1));
        if let (true, Some(next)) = (full && self.marks.len() == at + 1, lines.next) {
            self.marks.push(next);
        }
        let here = self.index / PAGE;
        self.pages.retain(|page, _| page.abs_diff(here) <= KEPT);
        self.part = self.part.filter(|(part, _)| self.pages.contains_key(part));
    }
}

/// A question for a page, or for the part of it that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub page: usize,
    /// Below which entry; none: from the head.
    pub before: Option<u64>,
    pub limit: usize,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// Answers as a room with entries 1..=head would, every `stride`th matching, of which it reads so
    /// many for one question.
    fn answer(ledger: &mut Ledger, head: u64, stride: u64, reads: u64) -> bool {
        let Some(wanted) = ledger.wanted() else {
            return false;
        };
        let below = wanted.before.unwrap_or(head + 1);
        let read = (below.saturating_sub(reads).max(1)..below).rev();
        let items: Vec<_> = read
            .filter(|seq| seq % stride == 0)
            .take(wanted.limit)
            .collect();
        let full = items.len() == wanted.limit;
        let at = if full {
            items[items.len() - 1]
        } else {
            below.saturating_sub(reads)
        };
        let lines = Lines {
            items: items.into_iter().map(Line::numbered).collect(),
            total: (stride == 1).then(|| usize::try_from(head).unwrap()),
            next: (at > stride).then_some(at),
        };
        ledger.load(wanted.page, lines);
        true
    }

    const ALL: u64 = u64::MAX;

    fn narrowed() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.restart("fix", "fix".parse().unwrap());
        ledger
    }

    #[test]
    fn the_far_end_of_a_million_entries_is_few_questions_away() {
        let mut ledger = Ledger::default();
        while answer(&mut ledger, 1_000_000, 1, ALL) {}
        ledger.step(isize::MAX);
        let mut questions = 0;
        while answer(&mut ledger, 1_000_000, 1, ALL) {
            questions += 1;
        }
        assert!(questions <= 3, "{questions}");
        assert_eq!(ledger.current().unwrap().seq, 1);
        assert!(ledger.pages.len() <= 2 * KEPT + 1);
    }

    #[test]
    fn a_filtered_list_grows_as_the_person_goes_down_until_its_end() {
        let mut ledger = narrowed();
        while answer(&mut ledger, 10_000, 7, ALL) {}
        assert_eq!((ledger.total, ledger.ended()), (PAGE, false));
        for _ in 0..10 {
            ledger.step(isize::MAX);
            while answer(&mut ledger, 10_000, 7, ALL) {}
        }
        assert_eq!(ledger.current().unwrap().seq, 7);
        assert_eq!((ledger.total, ledger.ended()), (10_000 / 7, true));
    }

    #[test]
    fn a_page_that_much_is_read_for_comes_in_parts_and_loses_none() {
        let mut ledger = narrowed();
        let mut questions = 0;
        while answer(&mut ledger, 10_000, 700, 1_000) {
            questions += 1;
            assert!(ledger.loaded && (ledger.ended() || ledger.looking().is_some()));
        }
        assert_eq!(questions, 10);
        let seqs: Vec<_> = (0..ledger.total)
            .map(|index| ledger.line(index).unwrap().seq)
            .collect();
        let wanted: Vec<_> = (1..=14).rev().map(|nth| nth * 700).collect();
        assert_eq!(seqs, wanted);
        assert!(ledger.ended() && !ledger.follows());
    }

    #[test]
    fn entries_that_come_later_are_counted_and_move_nothing() {
        let mut ledger = Ledger::default();
        while answer(&mut ledger, 50, 1, ALL) {}
        ledger.step(3);
        ledger.head = 62;
        assert_eq!(ledger.newer(), 12);
        assert_eq!(ledger.current().unwrap().seq, 47);
        ledger.renew();
        while answer(&mut ledger, 62, 1, ALL) {}
        assert_eq!(ledger.current().unwrap().seq, 62);
        assert_eq!(ledger.newer(), 0);
    }
}
