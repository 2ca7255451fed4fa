//! Looking through what waits, one card after the other.

use super::{card, subject};
use crate::{
    domain::ChangeId,
    tui::{
        model::{Level, Model},
        state::{Purpose, Review},
    },
};

/// Opens the card of the selected change, and goes on to the next one after each decision.
pub fn begin(model: &mut Model) {
    let order = model
        .pending
        .rows
        .iter()
        .map(|asked| asked.row.id)
        .collect();
    model.review = model.subject.and_then(|id| Review::begin(order, id));
    if model.review.is_some() {
        card::open(model, Purpose::Approve);
    }
}

/// The next card, or the one before. What was begun on this one is forgotten.
pub fn turn(model: &mut Model, by: isize) {
    if model.review.is_none() {
        begin(model);
    }
    if !step(model, by) {
        let end = if by > 0 { "last" } else { "first" };
        model.say(Level::Info, format!("this is the {end} one that waits"));
    }
}

/// The room took a decision on a change: the next one's card comes by itself, locked as any other.
pub fn decided(model: &mut Model, id: Option<ChangeId>) {
    let reviewed = model.review.as_ref().and_then(Review::current);
    if reviewed.is_none() || reviewed != id || model.card.is_some() {
        return;
    }
    if !step(model, 1) {
        model.review = None;
    }
}

fn step(model: &mut Model, by: isize) -> bool {
    let Some(review) = &mut model.review else {
        return false;
    };
    let pending = &model.pending.rows;
    let waits = |id| pending.iter().any(|asked| asked.row.id == id);
    let turned = review.turn(by, waits);
    if let Some(id) = review.current().filter(|_| turned) {
        model.card = None;
        subject::set(model, id);
        card::open(model, Purpose::Approve);
    }
    turned
}
