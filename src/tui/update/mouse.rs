//! The mouse, where it was switched on: it selects and scrolls, and decides nothing. Under a card it
//! only scrolls what is to be read.

use super::{moves, subject};
use crate::tui::{
    keymap::Action,
    model::{Level, Model, Pane},
    msg::{Gesture, Mouse},
    view,
};

/// Rows that one notch of the wheel moves by.
const NOTCH: usize = 3;

/// Switches it on or off, and says what that means.
pub fn switch(model: &mut Model) {
    model.attention.mouse = !model.attention.mouse;
    let text = if model.attention.mouse {
        "the mouse selects and scrolls here; with Shift held down it is the terminal's"
    } else {
        "the mouse is the terminal's again"
    };
    model.say(Level::Info, text);
}

pub fn mouse(model: &mut Model, mouse: Mouse) {
    if !model.attention.mouse {
        return;
    }
    model.dirty = true;
    let covered = model.card.is_some() || model.sheet.is_some() || model.filtering.is_some();
    let there = view::hit(model, mouse.x, mouse.y).filter(|_| !covered);
    if let Some((pane, _)) = there
        && pane != model.pane
    {
        subject::focus(model, pane);
    }
    match (mouse.gesture, there) {
        (Gesture::Up, _) => roll(model, Action::Up),
        (Gesture::Down, _) => roll(model, Action::Down),
        (Gesture::Press, Some((pane, Some(row)))) => select(model, pane, row),
        (Gesture::Press, _) => {}
    }
}

fn roll(model: &mut Model, action: Action) {
    // On a card the wheel moves through the text and never through the reasons.
    let reading = model.card.as_ref().is_none_or(|card| !card.choosing());
    for _ in 0..NOTCH {
        if reading {
            moves::apply(model, action);
        }
    }
}

fn select(model: &mut Model, pane: Pane, row: usize) {
    let here = match pane {
        Pane::Queue => model.queue.index,
        Pane::Approvals => model.pending.index,
        Pane::Ledger => model.ledger.index,
        Pane::Coverage => model.coverage.index,
        Pane::Ticket | Pane::Diff => return,
    };
    // No more rows than a screen shows lie between them.
    let by = isize::try_from(row).unwrap_or(0) - isize::try_from(here).unwrap_or(0);
    moves::rows(model, by);
}
