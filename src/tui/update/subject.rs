//! The one change that all panes speak of, and which pane has the keys.

use crate::{
    domain::ChangeId,
    tui::{
        model::{Model, Pane},
        state::Topic,
    },
};

/// All panes speak of this change from now on.
pub fn set(model: &mut Model, id: ChangeId) {
    model.queue.point(id);
    model.pending.point(id);
    if model.subject == Some(id) {
        return;
    }
    model.subject = Some(id);
    let (change, diff) = (model.change.take(), model.diff.take());
    model.afterimage.keep(change, diff, model.now);
    // Pending changes are here whole; others are asked for.
    let known = model.pending.current().cloned();
    model.change = known.map(Box::new);
    model.behind = Vec::new();
    model.references = Vec::new();
    model.change_trouble = None;
    model.diff_trouble = None;
    model.ticket_scroll = 0;
    model.diff_scroll = 0;
    model.feeds.turn(Topic::Change);
    model.feeds.turn(Topic::Diff);
    model.feeds.turn(Topic::Behind);
    model.feeds.turn(Topic::References);
    model.dirty = true;
}

/// Follows the selection of the list that has the keys, or had them last. Under a card nothing moves.
pub fn follow(model: &mut Model) {
    let selected = match model.list {
        Pane::Approvals => model.pending.settled(),
        _ => model.queue.settled(),
    };
    if let Some(id) = selected.filter(|_| model.card.is_none()) {
        set(model, id);
    }
}

pub fn focus(model: &mut Model, pane: Pane) {
    model.pane = pane;
    model.diff_look.large &= pane == Pane::Diff;
    if !matches!(pane, Pane::Ticket | Pane::Diff) {
        model.trail = None;
    }
    if !matches!(pane, Pane::Queue | Pane::Ledger | Pane::Coverage) {
        // What is looked at closely must not change under the eye.
        model.queue.pin();
    }
    match pane {
        Pane::Queue => model.list = pane,
        Pane::Approvals => {
            model.list = pane;
            let shown = |id| model.pending.rows.iter().any(|change| change.id == id);
            if !model.subject.is_some_and(shown) {
                model.pending.step(0);
                follow(model);
            }
        }
        Pane::Ticket | Pane::Diff => model.detail = pane,
        Pane::Ledger => {
            if !model.ledger.moved {
                model.ledger.renew();
            }
            model.feeds.turn(Topic::Ledger);
        }
        Pane::Coverage => model.feeds.turn(Topic::Coverage),
    }
    model.dirty = true;
}
