//! The latest lines of the ledger, kept as lists show them.
//!
//! Whoever has the ledger open looks at its head again with each entry. An entry may carry a whole
//! document, of which a line shows a sentence; so the last lines are made once, not read again each time.

use std::collections::VecDeque;

use crate::room::protocol::Line;

/// Lines that are kept: the longest page.
pub(super) const KEPT: usize = crate::room::protocol::PAGE;

/// Without gaps, in the ledger's order.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Line>);

impl Recent {
    /// The next line. Where lines are missing before it, those before are forgotten.
    pub(super) fn push(&mut self, line: Line) {
        if self.0.back().is_some_and(|last| last.seq + 1 != line.seq) {
            self.0.clear();
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// Up to `limit` lines below `before`, the latest first; none where one of them is not here.
    pub(super) fn page(&self, before: u64, limit: usize) -> Option<Vec<Line>> {
        let (first, last) = (self.0.front()?.seq, self.0.back()?.seq);
        let wanted = before.checked_sub(limit as u64).unwrap_or(1).max(1);
        if before > last + 1 || wanted < first || before < first {
            return None;
        }
        let behind = usize::try_from(last + 1 - before).ok()?;
        let lines = self.0.iter().rev().skip(behind).take(limit);
        Some(lines.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn page(recent: &Recent, before: u64, limit: usize) -> Option<Vec<u64>> {
        let lines = recent.page(before, limit)?;
        Some(lines.iter().map(|line| line.seq).collect())
    }

    #[test]
    fn a_page_is_whole_or_it_is_not_from_here() {
        let mut recent = Recent::default();
        assert_eq!(page(&recent, 1, 9), None);
        for seq in 1..=4 {
            recent.push(Line::numbered(seq));
        }
        assert_eq!(page(&recent, 5, 2), Some(vec![4, 3]));
        assert_eq!(page(&recent, 3, 9), Some(vec![2, 1]));
        assert_eq!(page(&recent, 1, 9), Some(vec![]));
        assert_eq!(page(&recent, 6, 2), None, "entry 5 is not here yet");
        for seq in 5..=KEPT as u64 + 3 {
            recent.push(Line::numbered(seq));
        }
        assert_eq!(recent.0.len(), KEPT);
        assert_eq!(page(&recent, 6, 2), Some(vec![5, 4]));
        assert_eq!(page(&recent, 6, 3), None, "entry 3 is not here any more");
        assert_eq!(page(&recent, 3, 0), None);
    }

    #[test]
    fn lines_after_a_gap_begin_anew() {
        let mut recent = Recent::default();
        for seq in [1, 2, 3, 7, 8] {
            recent.push(Line::numbered(seq));
        }
        assert_eq!(page(&recent, 9, 2), Some(vec![8, 7]));
        assert_eq!(page(&recent, 9, 3), None);
    }
}
