//! Exceptions on the screen: the list that is moved through, and the cards from which one is asked for,
//! decided on or ended. A card that was opened from the list leads back there.

use super::{keys, moves};
use crate::{
    room::protocol::{Exceptions, ExemptRequest},
    tui::{
        keymap::Action,
        model::{Model, Sheet},
        state::{About, Card, Exempt, Focus, LineEdit, Purpose, Topic},
        view,
    },
};

/// Takes in what there is now; so does a card that hangs on it.
pub fn load(model: &mut Model, exceptions: Exceptions) {
    model.dirty |= model.exempts.load(exceptions);
    let (at, now) = (model.utc(), model.now);
    if let Some(card) = &mut model.card {
        card.refresh_exempts(&model.exempts, at, now);
        model.dirty = true;
    }
}

/// The card of the selected exception.
pub fn open(model: &mut Model, purpose: Purpose) {
    let Some(selected) = model.exempts.current().cloned() else {
        return;
    };
    let card = Card::on_exempt(purpose, selected, model.now);
    model.sheet = None;
    model.card = Some(Box::new(card));
    // What was known may be old; an answer that differs disarms the card.
    model.feeds.turn(Topic::Exceptions);
}

/// What the selected line is there for.
pub fn press(model: &mut Model) {
    match model.exempts.current() {
        Some(Exempt::Asked(_)) => open(model, Purpose::Grant),
        Some(Exempt::Open { .. }) => open(model, Purpose::End),
        None => {}
    }
}

/// The form for an exception from the selected change's rule on its bucket.
pub fn ask(model: &mut Model) {
    let Some(id) = model.subject else {
        return;
    };
    model.queue.pin();
    let mut card = Card::new(Purpose::Ask, id);
    if let Some(change) = &model.change {
        card.refresh(change, model.now);
    }
    model.card = Some(Box::new(card));
    model.feeds.turn(Topic::Change);
    // Perhaps there is one already.
    model.feeds.turn(Topic::Exceptions);
}

/// Closes the card, whatever became of it.
pub fn leave(model: &mut Model) {
    let listed = model
        .card
        .take()
        .is_some_and(|card| card.exempt().is_some());
    if listed && model.sheet.is_none() {
        keys::sheet(model, Sheet::Exceptions, Some(Topic::Exceptions));
    }
}

/// Whether anything shows exceptions, or hangs on them.
pub fn shown(model: &Model) -> bool {
    let minds = |card: &Card| card.minds_exceptions();
    model.sheet == Some(Sheet::Exceptions) || model.card.as_deref().is_some_and(minds)
}

/// The line of the form that is being typed in.
pub fn line(card: &mut Card) -> Option<&mut LineEdit> {
    let focus = card.focus;
    let About::Asking(asking) = &mut card.about else {
        return None;
    };
    match focus {
        Focus::Owner => Some(&mut asking.owner),
        Focus::Lasts => Some(&mut asking.lasts),
        _ => None,
    }
}

/// What the card asks the room to do about what was shown, which may be another one by now.
pub fn request(card: &Card) -> Option<ExemptRequest> {
    match &card.about {
        About::Asking(asking) => {
            let ticket = &card.change.as_ref()?.ticket;
            Some(ExemptRequest::Add {
                rule: ticket.rule.id.clone(),
                bucket: ticket.asset.label(),
                reason: card.reason(),
                owner: asking.named(),
                lasts_s: asking.lasts().ok()?.as_secs(),
            })
        }
        About::Exempt(exempt) => {
            let exception = exempt.exception();
            let (rule, bucket) = (exception.rule.clone(), exception.asset.label());
            let note = card.noted();
            match (card.purpose, exempt) {
                (Purpose::Grant | Purpose::Refuse, Exempt::Asked(asked)) => {
                    Some(ExemptRequest::Decide {
                        rule,
                        bucket,
                        of: Some(asked.seq),
                        approve: card.purpose == Purpose::Grant,
                        note,
                    })
                }
                (Purpose::End, Exempt::Open { exception, .. }) => Some(ExemptRequest::End {
                    rule,
                    bucket,
                    until: Some(exception.until),
                    note,
                }),
                _ => None,
            }
        }
        About::Change | About::Stop(_) => None,
    }
}

/// Moves through the list. An exception that is longer than the screen is read to its end before the
/// next one is selected.
pub fn step(model: &mut Model, action: Action) -> bool {
    let listing = view::exemptions(model);
    let Some(by) = moves::distance(action, listing.page) else {
        return false;
    };
    let index = model.exempts.index();
    let Some(block) = listing.blocks.get(index) else {
        return true;
    };
    let (top, bottom) = (listing.scroll, listing.scroll + listing.page);
    let half = (listing.page / 2).max(1);
    let to = match by {
        -1 if block.start < top => {
            model.sheet_scroll = top.saturating_sub(half).max(block.start);
            return true;
        }
        1 if block.end > bottom => {
            model.sheet_scroll = (top + half).min(block.end - listing.page);
            return true;
        }
        -1 | 1 => index.saturating_add_signed(by),
        by => {
            let line = block.start.saturating_add_signed(by);
            let there = listing.blocks.iter().rposition(|block| block.start <= line);
            let there = there.unwrap_or(0);
            // A page is always some way.
            if by > 0 {
                there.max(index + 1)
            } else {
                there.min(index.saturating_sub(1))
            }
        }
    };
    model.sheet_scroll = top;
    model.exempts.select(to);
    true
}
