//! The gesture of a decision. A card opens with nothing dangerous lit; its button can be reached only
//! while the card is armed, and pressed only once it was reached. What goes out is the hash that was
//! shown.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{exempt, keys, leave, review};
use crate::{
    domain::Stamp,
    room::protocol::{Answer, Request},
    tui::{
        effect::Effect,
        keymap::Action,
        model::{Model, Sheet},
        msg::Question,
        state::{About, Card, Focus, Phase, Purpose, Stop, Topic},
    },
};

/// Below this many seconds an expiry is counted down by the second.
const COUNTDOWN: i64 = 120;

pub fn open(model: &mut Model, purpose: Purpose) {
    let Some(id) = model.subject else {
        return;
    };
    model.queue.pin();
    let mut card = Card::new(purpose, id);
    if let Some(change) = &model.change {
        card.refresh(change, model.now);
    }
    if let Some(diff) = &model.diff {
        card.show_diff(diff, model.now);
    }
    model.card = Some(Box::new(card));
    // What was known may be old; an answer that differs disarms the card.
    model.feeds.turn(Topic::Change);
    model.feeds.turn(Topic::Diff);
}

/// A card that lets a held rule act again, from the change that is selected.
pub fn release(model: &mut Model) {
    let Some(hold) = model.hold().cloned() else {
        return;
    };
    model.queue.pin();
    let mut card = Card::letting_go_on(Stop::Hold(hold), model.subject, model.now);
    card.change.clone_from(&model.change);
    let_go_on(model, card);
}

/// A card that lets the room fix again.
pub fn resume(model: &mut Model) {
    let breaker = model
        .status
        .as_ref()
        .and_then(|status| status.breaker.clone());
    if let Some(cause) = breaker {
        let card = Card::letting_go_on(Stop::Breaker(cause), None, model.now);
        let_go_on(model, card);
    }
}

fn let_go_on(model: &mut Model, card: Card) {
    model.card = Some(Box::new(card));
    // What was known may be old; an answer that differs disarms the card.
    model.feeds.turn(Topic::Status);
}

/// A paste is taken as text in a field that is not a code's, and as nothing anywhere else.
pub fn paste(model: &mut Model, text: &str) {
    let now = model.now;
    let covered = model.sheet.is_some();
    if let Some(card) = &mut model.card {
        let line = exempt::line(card).filter(|_| !covered);
        if let Some(line) = line {
            line.insert(text);
            card.arming.disturb(now);
        } else if card.focus == Focus::Note && !covered {
            card.write(text);
            card.arming.disturb(now);
        } else if card.phase == Phase::Reading {
            card.disarm(now, "a paste was ignored");
        }
    }
}

/// A key in a field that the table does not have.
pub fn write(model: &mut Model, event: KeyEvent) {
    let Some(card) = &mut model.card else {
        return;
    };
    let plain = !event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if card.focus == Focus::Code {
        match event.code {
            // A key that lies under something types no code.
            _ if event.kind == KeyEventKind::Repeat => {}
            KeyCode::Char(c) if plain => card.type_code(c),
            KeyCode::Char('u' | 'w') => card.untype_code(true),
            KeyCode::Backspace => card.untype_code(false),
            _ => {}
        }
        return;
    }
    if let Some(line) = exempt::line(card) {
        line.key(event);
        return;
    }
    match event.code {
        KeyCode::Char(c) if plain => card.write(c.encode_utf8(&mut [0; 4])),
        KeyCode::Char('u' | 'w' | 'e' | 'f' | 'n' | 'p')
        | KeyCode::Backspace
        | KeyCode::Delete
        | KeyCode::Left
        | KeyCode::Right
        | KeyCode::Up
        | KeyCode::Down
        | KeyCode::Home
        | KeyCode::End => {
            card.note.input(event);
        }
        _ => {}
    }
}

pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Back => close(model),
        Action::NextCard => review::turn(model, 1),
        Action::PreviousCard => review::turn(model, -1),
        Action::Help => {
            super::disarm(model, "help was open");
            keys::sheet(model, Sheet::Help, None);
        }
        Action::Quit => leave::quit(model, effects),
        Action::Leave => leave::leave(model, effects),
        Action::Deny => deny_instead(model),
        Action::NextStop => stop(model, 1),
        Action::PreviousStop => stop(model, -1),
        Action::Press => press(model, effects),
        _ => {
            super::moves::apply(model, action);
        }
    }
}

/// Nothing is decided, and nothing more is looked through. What was opened from a list leads back there.
fn close(model: &mut Model) {
    model.review = None;
    exempt::leave(model);
}

fn deny_instead(model: &mut Model) {
    let now = model.now;
    let Some(card) = &model.card else {
        return;
    };
    if let Some(asked) = card.exempt().cloned() {
        let mut form = Card::on_exempt(Purpose::Refuse, asked, now);
        form.note = card.note.clone();
        model.card = Some(Box::new(form));
    } else if let Some(id) = card.id {
        let mut form = Card::new(Purpose::Deny, id);
        if let Some(change) = &card.change {
            form.refresh(change, now);
        }
        if let Some(diff) = &card.diff {
            form.show_diff(diff, now);
        }
        model.card = Some(Box::new(form));
    }
}

fn stop(model: &mut Model, by: isize) {
    let now = model.now;
    let Some(card) = &mut model.card else {
        return;
    };
    let stops = card.stops();
    let here = stops.iter().position(|stop| *stop == card.focus);
    let count = isize::try_from(stops.len()).unwrap_or(1);
    let next = here.map_or(0, |here| {
        let here = isize::try_from(here).unwrap_or(0);
        usize::try_from((here + by).rem_euclid(count)).unwrap_or(0)
    });
    let Some(mut next) = stops.get(next).copied() else {
        return;
    };
    if next == Focus::Act && !card.coded() {
        next = match (card.focus, card.code_typed()) {
            // What was typed is wrong; the lock says so, and going on would hide it.
            (Focus::Code, typed) if !typed.is_empty() => Focus::Code,
            (Focus::Code, _) => Focus::Deny,
            _ => Focus::Code,
        };
    }
    if next == Focus::Act && card.misspelt().is_some() {
        // The lock says what is wrong with it.
        next = Focus::Lasts;
    }
    if next == Focus::Act && !card.arming.armed() {
        if card.arming.why().is_none() {
            card.disarm(now, "read it first; a moment without keys unlocks it");
        }
        return;
    }
    card.focus = next;
}

fn press(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(card) = &mut model.card else {
        return;
    };
    match card.focus {
        // An Enter that is still held down from opening the card shall not close it again.
        Focus::NotNow if card.phase == Phase::Reading && card.arming.wake().is_some() => {}
        Focus::NotNow => close(model),
        Focus::Deny => deny_instead(model),
        Focus::Code | Focus::Codes | Focus::Owner | Focus::Lasts | Focus::Note => stop(model, 1),
        Focus::Act if card.arming.armed() && card.coded() && card.phase == Phase::Reading => {
            model.deeds += 1;
            send(card, model.deeds, effects);
        }
        Focus::Act => {}
    }
}

fn send(card: &mut Card, deed: u64, effects: &mut Vec<Effect>) {
    let Some(request) = request(card) else {
        return;
    };
    card.phase = Phase::Sent;
    card.focus = Focus::NotNow;
    card.deed = Some(deed);
    let (purpose, id) = (card.purpose, card.id);
    effects.push(Effect::Ask {
        question: Question::Deed { purpose, id, deed },
        request,
        known: None,
    });
}

/// What the card asks the room to do, once all of it is on the screen.
fn request(card: &Card) -> Option<Request> {
    let decide = |answer| {
        Some(Request::Decide {
            id: card.id?,
            plan_hash: card.plan_hash()?.clone(),
            answer,
        })
    };
    match (card.purpose, &card.about) {
        (Purpose::Approve, _) => decide(Answer::Approve),
        (Purpose::Deny, _) => decide(Answer::Deny(card.reason())),
        (Purpose::Done, _) => Some(Request::Done {
            id: card.id?,
            plan_hash: card.plan_hash()?.clone(),
        }),
        (Purpose::Revert, _) => card.plan_hash().and(card.id).map(|id| Request::Revert {
            id,
            reason: card.reason(),
        }),
        (Purpose::Release, About::Stop(Stop::Hold(hold))) => Some(Request::Release {
            rule: hold.rule.clone(),
            bucket: hold.asset.label(),
        }),
        (Purpose::Resume, About::Stop(Stop::Breaker(_))) => Some(Request::ResetBreaker),
        (Purpose::Release | Purpose::Resume, _) => None,
        (Purpose::Ask | Purpose::Grant | Purpose::Refuse | Purpose::End, _) => {
            exempt::request(card).map(Request::Exempt)
        }
    }
}

fn expiry(model: &Model) -> Option<Stamp> {
    let card = model.card.as_ref()?;
    if let Some(exempt) = card.exempt() {
        return Some(exempt.exception().until);
    }
    let change = card.change.as_ref()?;
    match card.purpose {
        Purpose::Approve | Purpose::Deny => change.request.as_ref().map(|request| request.expires),
        Purpose::Revert => change.rollback.as_ref().map(|bundle| bundle.expires),
        _ => None,
    }
}

/// What has expired can't be decided; the card says so by itself.
pub fn expire(model: &mut Model) {
    let over = matches!((expiry(model), model.utc()), (Some(expires), Some(now)) if now >= expires);
    if !over {
        return;
    }
    if let Some(card) = &mut model.card {
        let what = match card.purpose {
            Purpose::Approve | Purpose::Deny => "the request expired; the room asks again",
            Purpose::Grant | Purpose::Refuse => "the time that was asked for is over",
            Purpose::End => "its time is over",
            _ => "the rollback expired",
        };
        card.end(what.to_owned());
        model.dirty = true;
    }
}

/// The expiry is near enough to be counted by the second.
pub fn counts_seconds(model: &Model) -> bool {
    let reading = matches!(model.card.as_ref(), Some(card) if card.phase == Phase::Reading);
    matches!(
        (expiry(model), model.utc()),
        (Some(expires), Some(now)) if reading && (0..=COUNTDOWN).contains(&(expires - now).num_seconds())
    )
}
