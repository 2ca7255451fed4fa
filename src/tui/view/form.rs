//! The lower part of a card: reason and note where it asks for them, the plan that is shown, the lock
//! and the buttons.

use ratatui::{layout::Rect, style::Style};

use super::{
    card::{lock, row_from_bottom},
    words,
};
use crate::{
    domain::artifact::ReasonCode,
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        state::{Card, Focus, Phase, Purpose},
        text::{Cut, narrow},
        theme::Role,
    },
};

/// Lines of the note's field.
const NOTE: u16 = 2;

/// Cells of two reasons beside each other.
const PAIR: u16 = 2 * REASON;

/// Cells of a reason and its mark.
const REASON: u16 = 20;

/// The lines of plan, lock and buttons.
const FOOT: u16 = 3;

const fn asks(card: &Card) -> bool {
    matches!(card.purpose, Purpose::Deny | Purpose::Revert)
}

/// Lines that this part would like.
pub fn height(card: &Card, inner: Rect) -> u16 {
    if !asks(card) {
        return FOOT + u16::from(card.code_wanted().is_some());
    }
    let codes = narrow(ReasonCode::ALL.len());
    let fields = match inner.height {
        0..12 => 2,
        12..18 if inner.width >= PAIR => codes.div_ceil(2) + 2,
        12..18 => codes + 2,
        _ => codes + 1 + NOTE,
    };
    FOOT + fields
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
    if asks(card) && area.height > FOOT {
        let fields = Rect::new(area.x, area.y, area.width, area.height - FOOT);
        draw_fields(canvas, card, fields);
    }
}

/// What is decided on, and until when.
fn plan(canvas: &Canvas<'_>, model: &Model, card: &Card, width: usize) -> Strip {
    let muted = canvas.style(Role::Muted);
    if card.stop.is_some() {
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
        Purpose::Done | Purpose::Release | Purpose::Resume => None,
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
        if card.purpose == Purpose::Approve {
            all.push((Focus::Deny, "Deny"));
        }
    }
    let gap = if width < 40 { 1 } else { 3 };
    let mut strip = Strip::new();
    for (at, (stop, words)) in all.into_iter().enumerate() {
        let lit = card.focus == stop;
        let role = match (stop, lit) {
            (Focus::Act, true) => Role::ButtonDanger,
            (_, true) => Role::ButtonFocus,
            (Focus::Act, false) if !card.arming.armed() || !card.coded() => Role::ButtonOff,
            _ => Role::Button,
        };
        if at > 0 {
            strip = strip.space(gap);
        }
        strip = strip.put(canvas.style(role), format!("[ {words} ]"));
    }
    strip
}

fn draw_fields(canvas: &mut Canvas<'_>, card: &Card, area: Rect) {
    let focused = card.focus == Focus::Codes;
    if area.height < 4 {
        let code = card.reason().code;
        let strip = choice(canvas, code, true, focused).put(
            canvas.style(Role::Muted),
            format!("  {} of {}", card.code + 1, ReasonCode::ALL.len()),
        );
        canvas.lines(area, [&strip]);
        let note = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1).min(1),
        );
        return draw_note(canvas, card, note);
    }
    let all = narrow(ReasonCode::ALL.len());
    let columns = if area.height < all + 2 && area.width >= PAIR {
        2
    } else {
        1
    };
    for (at, code) in ReasonCode::ALL.iter().enumerate() {
        let strip = choice(canvas, *code, at == card.code, focused);
        let (column, row) = (narrow(at) % columns, narrow(at) / columns);
        if row < area.height {
            let x = area.x + column * REASON;
            canvas.line(x, area.y + row, area.width - column * REASON, &strip);
        }
    }
    let codes = all.div_ceil(columns);
    if area.height > codes {
        let rest = Rect::new(area.x, area.y + codes, area.width, area.height - codes);
        let label = Strip::of(canvas.style(Role::Label), "note (may stay empty)");
        canvas.lines(rest, [&label]);
        let note = Rect::new(
            rest.x,
            rest.y + 1,
            rest.width,
            rest.height.saturating_sub(1).min(NOTE),
        );
        draw_note(canvas, card, note);
    }
}

fn choice(canvas: &Canvas<'_>, code: ReasonCode, chosen: bool, focused: bool) -> Strip {
    let role = match (chosen, focused) {
        (true, true) => Role::ButtonFocus,
        (true, false) => Role::Title,
        _ => Role::Text,
    };
    let mark = if chosen { "(x) " } else { "( ) " };
    Strip::of(canvas.style(role), format!("{mark}{}", code.word()))
}

fn draw_note(canvas: &mut Canvas<'_>, card: &Card, area: Rect) {
    if area.height == 0 || area.width < 3 {
        return;
    }
    let mut note = card.note.clone();
    let field = canvas.style(Role::Field);
    note.set_style(field);
    note.set_cursor_line_style(Style::new());
    let cursor = if card.focus == Focus::Note {
        canvas.style(Role::ButtonFocus)
    } else {
        field
    };
    note.set_cursor_style(cursor);
    canvas.tint(area, field);
    canvas.widget(&note, area);
}
