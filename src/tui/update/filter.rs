//! Typing a filter: every key narrows the list at once; Enter keeps it, Esc clears it.

use crossterm::event::KeyEvent;

use crate::tui::{
    model::{Filtering, Model, Pane},
    state::{LineEdit, Topic},
};

pub fn open(model: &mut Model) {
    let typed = match model.pane {
        Pane::Ledger => &model.ledger.typed,
        _ => &model.queue_filter,
    };
    model.filtering = Some(Filtering {
        pane: model.pane,
        line: LineEdit::new(typed),
    });
}

pub fn key(model: &mut Model, event: KeyEvent) {
    if let Some(filtering) = &mut model.filtering
        && filtering.line.key(event)
    {
        apply(model);
    }
}

pub fn paste(model: &mut Model, text: &str) {
    if let Some(filtering) = &mut model.filtering {
        filtering.line.insert(text);
        apply(model);
    }
}

/// Narrows the list to what is typed now.
fn apply(model: &mut Model) {
    if let Some(filtering) = &model.filtering {
        let text = filtering.line.text();
        set(model, filtering.pane, &text);
    }
}

pub fn set(model: &mut Model, pane: Pane, text: &str) {
    if pane == Pane::Ledger {
        if model.ledger.typed != text {
            model.ledger.restart(text);
            model.feeds.turn(Topic::Ledger);
        }
    } else if model.queue_filter != text {
        text.clone_into(&mut model.queue_filter);
        model.queue.restart();
        model.feeds.turn(Topic::Queue);
    }
    model.dirty = true;
}
