//! A long list of which the room sends one part at a time, and a selection that stays on what was
//! selected, not on the row where it stood.
//!
//! A list that is [`following`](List::following) keeps to its top until the person moves: what comes
//! in above is more urgent than what was there first.

use crate::{
    domain::ChangeId,
    room::protocol::{Asked, Page, Row},
};

/// Rows that one question asks for: several screens, so that most moves need no question.
pub const CHUNK: usize = 200;

/// How near the eye may come to the end of what is loaded before more is asked for.
const MARGIN: usize = 40;

/// What a selection is remembered by.
pub trait Keyed {
    fn id(&self) -> ChangeId;
}

impl Keyed for Row {
    fn id(&self) -> ChangeId {
        self.id
    }
}

impl Keyed for Asked {
    fn id(&self) -> ChangeId {
        self.row.id
    }
}

#[derive(Clone, Debug)]
pub struct List<T> {
    /// Where `rows` begin in the whole list.
    pub offset: usize,
    pub rows: Vec<T>,
    pub total: usize,
    /// The first answer has come.
    pub loaded: bool,
    pub selected: Option<ChangeId>,
    /// Where the selection is, or was when it was last seen.
    pub index: usize,
    /// The selection is nowhere in what is loaded; it is kept until the person moves.
    pub lost: bool,
    aim: Aim,
}

/// What is to be selected when rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// What is selected.
    Same,
    /// Whatever stands at the index, once.
    Index,
    /// Whatever stands at the top, each time.
    Top,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            offset: 0,
            rows: Vec::new(),
            total: 0,
            loaded: false,
            selected: None,
            index: 0,
            lost: false,
            aim: Aim::Same,
        }
    }
}

impl<T: Keyed> List<T> {
    /// A list whose selection stays at the top until [`pin`](Self::pin).
    pub fn following() -> Self {
        Self {
            aim: Aim::Top,
            ..Self::default()
        }
    }

    /// The person chose, by moving or by looking closer: the selection stays on what it is.
    pub fn pin(&mut self) {
        if self.aim == Aim::Top {
            self.aim = Aim::Same;
        }
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        self.rows.get(index.checked_sub(self.offset)?)
    }

    /// The row of the selection, where it is loaded.
    pub fn current(&self) -> Option<&T> {
        let id = self.selected?;
        self.rows.iter().find(|row| row.id() == id)
    }

    /// The selection, unless it is gone or still on its way to a row that is not loaded.
    pub fn settled(&self) -> Option<ChangeId> {
        self.selected
            .filter(|_| !self.lost && self.aim != Aim::Index)
    }

    /// Takes a page in and finds the selection again.
    pub fn load(&mut self, offset: usize, page: Page<T>) {
        self.offset = offset;
        self.rows = page.items;
        self.loaded = true;
        self.again(page.total);
    }

    /// The rows that are there are right, of so many. Finds the selection, which may have been sought
    /// meanwhile.
    pub fn again(&mut self, total: usize) {
        self.total = total.max(self.offset + self.rows.len());
        match self.aim {
            Aim::Top => self.take(0),
            Aim::Same if self.selected.is_some() => self.find(),
            Aim::Same | Aim::Index => self.take(self.index),
        }
    }

    fn find(&mut self) {
        let at = self
            .rows
            .iter()
            .position(|row| Some(row.id()) == self.selected);
        self.lost = at.is_none();
        if let Some(at) = at {
            self.index = self.offset + at;
        }
    }

    /// Selects the row at an index, at once or as soon as it is loaded.
    fn take(&mut self, index: usize) {
        self.index = index.min(self.total.saturating_sub(1));
        let seek = |aim, next| if aim == Aim::Top { Aim::Top } else { next };
        if let Some(id) = self.get(self.index).map(Keyed::id) {
            self.selected = Some(id);
            self.lost = false;
            self.aim = seek(self.aim, Aim::Same);
        } else if self.total > 0 || !self.loaded {
            self.aim = seek(self.aim, Aim::Index);
        } else {
            self.selected = None;
            self.lost = false;
            self.aim = seek(self.aim, Aim::Same);
        }
    }

    /// Moves by rows. From a selection that is gone, down is the row that took its place.
    pub fn step(&mut self, by: isize) {
        self.pin();
        let by = if self.lost && by > 0 { by - 1 } else { by };
        self.take(self.index.saturating_add_signed(by));
    }

    pub fn first(&mut self) {
        self.pin();
        self.take(0);
    }

    pub fn last(&mut self) {
        self.pin();
        self.take(self.total.saturating_sub(1));
    }

    /// Selects a change by its id, whether or not it is loaded.
    pub fn point(&mut self, id: ChangeId) {
        self.selected = Some(id);
        if self.aim == Aim::Index {
            self.aim = Aim::Same;
        }
        self.find();
    }

    /// Another list from the beginning, as after a filter was typed.
    pub fn restart(&mut self) {
        self.index = 0;
        if self.aim == Aim::Same {
            self.aim = Aim::Index;
        }
    }

    /// The same list in another order: its beginning is shown, and what is selected stays so.
    pub fn reorder(&mut self) {
        self.index = 0;
    }

    /// Where the next page should begin: around the eye.
    pub fn wanted_offset(&self) -> usize {
        if self.index < CHUNK - MARGIN {
            0
        } else {
            self.index - CHUNK / 2
        }
    }

    /// The eye is near the end of what is loaded, and there is more.
    pub fn wants_more(&self) -> bool {
        let end = self.offset + self.rows.len();
        let below = end < self.total && self.index + MARGIN >= end;
        let above = self.offset > 0 && self.index < self.offset + MARGIN;
        self.loaded && (below || above) && self.wanted_offset() != self.offset
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[derive(Clone)]
    struct Numbered(u64);

    impl Keyed for Numbered {
        fn id(&self) -> ChangeId {
            ChangeId::new(2026, self.0)
        }
    }

    fn page(numbers: impl IntoIterator<Item = u64>, total: usize) -> Page<Numbered> {
        Page {
            items: numbers.into_iter().map(Numbered).collect(),
            total,
        }
    }

    fn selected(list: &List<Numbered>) -> u64 {
        list.selected.unwrap().number()
    }

    #[test]
    fn what_was_sought_meanwhile_is_found_in_a_page_that_stayed_right() {
        let mut list = List::default();
        list.load(0, page([1, 2, 3], 3));
        list.step(2);
        // As when a filter was typed and taken back.
        list.restart();
        assert_eq!(list.settled(), None);
        list.again(9);
        assert_eq!((list.settled(), selected(&list)), (list.selected, 1));
        assert_eq!(list.total, 9);
    }

    #[test]
    fn new_rows_above_never_move_the_selection() {
        let mut list = List::default();
        list.load(0, page([1, 2, 3], 3));
        list.step(1);
        list.load(0, page([8, 9, 1, 2, 3], 5));
        assert_eq!((selected(&list), list.index), (2, 3));
    }

    #[test]
    fn until_the_person_moves_the_top_is_selected_whatever_comes_in_above() {
        let mut list = List::following();
        list.load(0, page([1, 2], 2));
        list.load(0, page([8, 1, 2], 3));
        assert_eq!((selected(&list), list.index), (8, 0));
        list.step(1);
        list.load(0, page([9, 8, 1, 2], 4));
        assert_eq!((selected(&list), list.index), (1, 2));
        let mut opened = List::following();
        opened.load(0, page([1, 2], 2));
        opened.pin();
        opened.load(0, page([8, 1, 2], 3));
        assert_eq!(selected(&opened), 1);
    }

    #[test]
    fn a_selection_that_is_gone_is_kept_until_the_person_moves() {
        let mut list = List::default();
        list.load(0, page([1, 2, 3], 3));
        list.step(1);
        list.load(0, page([1, 3], 2));
        assert!(list.lost);
        assert_eq!(selected(&list), 2);
        list.step(1);
        assert_eq!(selected(&list), 3);
        assert!(!list.lost);
    }

    #[test]
    fn the_end_of_a_long_list_is_reached_over_two_answers() {
        let mut list = List::default();
        list.load(0, page(0..200, 10_000));
        list.last();
        assert!(list.wants_more());
        let offset = list.wanted_offset();
        list.load(offset, page(offset as u64..10_000, 10_000));
        assert_eq!(selected(&list), 9_999);
        assert!(!list.wants_more());
    }

    #[test]
    fn an_emptied_list_has_no_selection_to_act_on_after_a_move() {
        let mut list = List::default();
        list.load(0, page([1], 1));
        list.load(0, page([], 0));
        list.step(1);
        assert_eq!(list.selected, None);
    }
}
