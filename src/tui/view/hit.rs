//! What lies under a cell of the screen: for the mouse.

use ratatui::layout::Position;

use super::{approvals, coverage, laid_out, ledger, queue};
use crate::tui::{
    layout::inside,
    model::{Model, Pane},
};

/// The pane there and, in a list, the number of the row.
pub fn hit(model: &Model, x: u16, y: u16) -> Option<(Pane, Option<usize>)> {
    let regions = laid_out(model);
    let at = Position::new(x, y);
    let (pane, area) = regions.panes.iter().find(|(_, area)| area.contains(at))?;
    let inner = inside(*area);
    let rows = match pane {
        Pane::Queue => queue::rows(model, inner),
        Pane::Approvals => approvals::rows(model, inner),
        Pane::Ledger => ledger::rows(model, inner),
        Pane::Coverage => coverage::rows(model, inner),
        Pane::Ticket | Pane::Diff => Vec::new(),
    };
    let line = y.checked_sub(inner.y).map(usize::from);
    let row = rows.iter().rev().find(|(_, from)| line >= Some(*from));
    Some((*pane, row.map(|(index, _)| *index)))
}
