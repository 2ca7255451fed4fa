//! Moving in lists and scrolling what is longer than its pane.

use super::{exempt, themes};
use crate::{
    domain::artifact::ReasonCode,
    tui::{
        keymap::Action,
        model::{Model, Pane, Sheet},
        state::{Focus, Topic},
        view,
    },
};

/// Whether an action is a move, and by how many rows where `page` is a screenful.
pub(super) fn distance(action: Action, page: usize) -> Option<isize> {
    let page = isize::try_from(page.max(1)).unwrap_or(isize::MAX);
    Some(match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::HalfUp => -(page / 2).max(1),
        Action::HalfDown => (page / 2).max(1),
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => isize::MIN,
        Action::Bottom => isize::MAX,
        _ => return None,
    })
}

/// Moves what has the keys. False when the action is no move.
pub fn apply(model: &mut Model, action: Action) -> bool {
    if matches!(model.sheet, Some(Sheet::Help | Sheet::Palette)) {
        let (page, _) = view::sheet_extent(model);
        let last = view::help_order(model).len().saturating_sub(1);
        return scroll(action, page, last, &mut model.finder.at);
    }
    if model.sheet == Some(Sheet::Themes) {
        let (page, _) = view::sheet_extent(model);
        let last = model.themes.choices().len().saturating_sub(1);
        let moved = scroll(action, page, last, &mut model.themes.at);
        if moved {
            themes::show(model);
        }
        return moved;
    }
    if model.sheet == Some(Sheet::Exceptions) {
        return exempt::step(model, action);
    }
    if model.sheet.is_some() {
        let (page, most) = view::sheet_extent(model);
        return scroll(action, page, most, &mut model.sheet_scroll);
    }
    if model.card.is_some() {
        let (page, most) = view::card_extent(model);
        let Some(card) = &mut model.card else {
            return false;
        };
        return match (card.focus, action) {
            (Focus::Codes, Action::Up) => {
                card.code = card.code.saturating_sub(1);
                true
            }
            (Focus::Codes, Action::Down) => {
                card.code = (card.code + 1).min(ReasonCode::ALL.len() - 1);
                true
            }
            _ => scroll(action, page, most, &mut card.scroll),
        };
    }
    let (page, most) = view::pane_extent(model, model.pane);
    match model.pane {
        Pane::Ticket => scroll(action, page, most, &mut model.ticket_scroll),
        Pane::Diff => scroll(action, page, most, &mut model.diff_scroll),
        Pane::Queue | Pane::Approvals | Pane::Ledger | Pane::Coverage => {
            let by = distance(action, page);
            if let Some(by) = by {
                rows(model, by);
            }
            by.is_some()
        }
    }
}

/// Moves the selection of the list that has the keys; the smallest and the largest distance are to its
/// ends.
pub fn rows(model: &mut Model, by: isize) {
    match model.pane {
        Pane::Ticket | Pane::Diff => {}
        Pane::Queue => {
            match by {
                isize::MIN => model.queue.first(),
                isize::MAX => model.queue.last(),
                by => model.queue.step(by),
            }
            if model.queue.wants_more() || model.queue.current().is_none() {
                model.feeds.turn(Topic::Queue);
            }
            super::subject::follow(model);
        }
        Pane::Approvals => {
            match by {
                isize::MIN => model.pending.first(),
                isize::MAX => model.pending.last(),
                by => model.pending.step(by),
            }
            if model.pending.wants_more() {
                model.feeds.turn(Topic::Pending);
            }
            super::subject::follow(model);
            model.queue.pin();
        }
        Pane::Coverage => model.coverage.step(by),
        Pane::Ledger if by == isize::MIN => {
            model.ledger.renew();
            model.feeds.turn(Topic::Ledger);
        }
        Pane::Ledger => {
            model.ledger.step(by);
            if model.ledger.wanted().is_some() {
                model.feeds.want(Topic::Ledger);
            }
        }
    }
}

fn scroll(action: Action, page: usize, most: usize, at: &mut usize) -> bool {
    let Some(by) = distance(action, page) else {
        return false;
    };
    *at = (*at).min(most).saturating_add_signed(by).min(most);
    true
}
