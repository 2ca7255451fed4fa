//! The lower part of a card: the fields where it has any, the plan that is shown, the lock and the
//! buttons.

use ratatui::layout::Rect;

use super::{
    card::{lock, row_from_bottom},
    fields, words,
};
use crate::tui::{
    model::Model,
    paint::{Canvas, Strip},
    state::{About, Card, Focus, Phase, Purpose},
    text::Cut,
    theme::Role,
};

/// The lines of plan, lock and buttons.
const FOOT: u16 = 3;

/// Lines that this part would like.
pub fn height(card: &Card, inner: Rect) -> u16 {
    FOOT + fields::height(card, inner) + u16::from(card.code_wanted().is_some())
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, card: &Card, area: Rect) {
    let width = usize::from(area.width);
    let (role, words) = lock(card);
    let lock = Strip::of(canvas.style(role), canvas.cut(&words, width, Cut::End));
    let rows = [
        buttons(canvas, card, width),
        lock,
        plan(canvas, model, card, width),
    ];
    for (at, strip) in rows.iter().enumerate() {
        if let Some(row) = row_from_bottom(area, at) {
            canvas.line(row.x, row.y, row.width, strip);
        }
    }
    if let (Some(code), Some(row)) = (card.code_wanted(), row_from_bottom(area, rows.len())) {
        let strip = code_field(canvas, card, code);
        canvas.line(row.x, row.y, row.width, &strip);
    }
    if card.purpose.takes_note() && area.height > FOOT {
        let above = Rect::new(area.x, area.y, area.width, area.height - FOOT);
        fields::draw(canvas, model, card, above);
    }
}

/// What is decided on, and until when.
fn plan(canvas: &Canvas<'_>, model: &Model, card: &Card, width: usize) -> Strip {
    let muted = canvas.style(Role::Muted);
    if !matches!(card.about, About::Change) {
        let text = format!("goes on record as yours: {}", model.person);
        return Strip::of(muted, canvas.cut(&text, width, Cut::End));
    }
    let Some(change) = &card.change else {
        return Strip::new();
    };
    let dot = canvas.glyphs().dot;
    let what = match change.ticket.plan() {
        Some(_) => "plan",
        None => "steps",
    };
    let mut text = format!("{what} {}", change.ticket.plan_hash.short());
    let expires = match card.purpose {
        Purpose::Approve | Purpose::Deny => change.request.as_ref().map(|request| request.expires),
        Purpose::Revert => change.rollback.as_ref().map(|bundle| bundle.expires),
        _ => None,
    };
    if let Some(expires) = expires {
        let clock = match card.purpose {
            Purpose::Revert => expires.format("%Y-%m-%d"),
            _ => expires.format("%H:%M UTC"),
        };
        let left = model.utc().map(|now| words::left(expires - now));
        text = match left {
            Some(left) if width < 56 => format!("{text} {dot} {left}"),
            Some(left) => format!("{text} {dot} expires {clock}, {left}"),
            None => format!("{text} {dot} expires {clock}"),
        };
    }
    Strip::of(muted, canvas.cut(&text, width, Cut::End))
}

/// The code, and what of it is typed.
fn code_field(canvas: &Canvas<'_>, card: &Card, code: &str) -> Strip {
    let role = match card.focus {
        Focus::Code => Role::ButtonFocus,
        _ => Role::Field,
    };
    let typed = card.code_typed();
    let field = format!(" {typed:_<width$} ", width = code.len());
    Strip::of(canvas.style(Role::High), "can't be undone")
        .put(canvas.style(Role::Text), format!("  code {code}  "))
        .put(canvas.style(role), field)
}

fn buttons(canvas: &Canvas<'_>, card: &Card, width: usize) -> Strip {
    let done = matches!(card.phase, Phase::Over(_));
    let mut all = vec![(Focus::NotNow, if done { "Close" } else { "Not now" })];
    if card.phase == Phase::Reading {
        all.push((Focus::Act, card.verb()));
        if matches!(card.purpose, Purpose::Approve | Purpose::Grant) {
            all.push((Focus::Deny, "Deny"));
        }
    }
    let off = !card.arming.armed() || !card.coded() || card.misspelt().is_some();
    let gap = if width < 40 { 1 } else { 3 };
    let mut strip = Strip::new();
    for (at, (stop, words)) in all.into_iter().enumerate() {
        let lit = card.focus == stop;
        let role = match (stop, lit) {
            (Focus::Act, true) => Role::ButtonDanger,
            (_, true) => Role::ButtonFocus,
            (Focus::Act, false) if off => Role::ButtonOff,
            _ => Role::Button,
        };
        if at > 0 {
            strip = strip.space(gap);
        }
        strip = strip.put(canvas.style(role), format!("[ {words} ]"));
    }
    strip
}
