//! Typing a filter: every key narrows the list at once; Enter keeps it, Esc clears it. What is not
//! understood is said at once and leaves the list as it was.

use crossterm::event::KeyEvent;

use crate::{
    room::protocol::{
        LedgerFilter,
        filter::{Filter, Misread},
    },
    tui::{
        model::{Filtering, Model, Pane},
        state::{LineEdit, Topic},
    },
};

pub fn open(model: &mut Model) {
    let typed = match model.pane {
        Pane::Ledger => &model.ledger.typed,
        _ => &model.queue_filter,
    };
    model.filtering = Some(Filtering {
        pane: model.pane,
        line: LineEdit::new(typed),
        trouble: None,
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

/// Narrows the list to what is typed now. While the last term is not understood, which may be because
/// it is half typed, the list is as it was before that term.
fn apply(model: &mut Model) {
    let Some(filtering) = &mut model.filtering else {
        return;
    };
    let (pane, text) = (filtering.pane, filtering.line.text());
    let (trouble, before) = match pane {
        Pane::Ledger => read(LedgerFilter::typed(&text), text),
        _ => read(Filter::typed(&text), text),
    };
    filtering.trouble = trouble;
    if let Some(before) = before {
        set(model, pane, &before);
    }
    model.dirty = true;
}

/// What is not understood, and as much of the text as narrows the list.
fn read<T, E: ToString>(
    typed: Result<T, Misread<E>>,
    text: String,
) -> (Option<String>, Option<String>) {
    match typed {
        Ok(_) => (None, Some(text)),
        Err(misread) => (Some(misread.error.to_string()), misread.before),
    }
}

/// Another filter, which is understood.
pub fn set(model: &mut Model, pane: Pane, text: &str) {
    if pane == Pane::Ledger {
        if model.ledger.typed != text
            && let Ok(filter) = text.parse()
        {
            model.ledger.restart(text, filter);
            model.feeds.turn(Topic::Ledger);
        }
    } else if model.queue_filter != text {
        text.clone_into(&mut model.queue_filter);
        model.queue.restart();
        model.feeds.turn(Topic::Queue);
    }
    model.dirty = true;
}
