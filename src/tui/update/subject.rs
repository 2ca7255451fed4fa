//! The one change that all panes speak of, and which pane has the keys.

use crate::{
    domain::ChangeId,
    tui::{
        model::{Model, Pane},
        state::{REST, Topic},
    },
};

/// All panes speak of this change from now on. Where rows pass under a held key, their tickets and diffs
/// are left out until the person rests: nobody reads those, and each is more bytes than the list.
pub fn set(model: &mut Model, id: ChangeId) {
    model.queue.point(id);
    model.pending.point(id);
    if model.subject == Some(id) {
        return;
    }
    model.subject = Some(id);
    let rests = model.rests;
    model.rests = model.now + REST;
    let passing = model.now < rests;
    let (change, diff) = (model.change.take(), model.diff.take());
    model.afterimage.keep(change, diff, model.now);
    model.behind = Vec::new();
    model.references = Vec::new();
    model.change_trouble = None;
    model.diff_trouble = None;
    model.ticket_scroll = 0;
    model.diff_scroll = 0;
    let from = if passing { model.rests } else { model.now };
    for topic in [Topic::Change, Topic::Diff, Topic::Behind, Topic::References] {
        model.feeds.turn_at(topic, from);
    }
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
            let shown = |id| model.pending.rows.iter().any(|asked| asked.row.id == id);
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
