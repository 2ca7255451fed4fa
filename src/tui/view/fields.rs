//! What a card takes from its person beside yes and no: a reason, a note, and for an exception that is
//! asked for who answers for it and how long it lasts. The less room there is, the closer they stand.

use ratatui::{layout::Rect, style::Style};

use super::footer;
use crate::{
    domain::{artifact::ReasonCode, time},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        state::{Asking, Card, Focus, LineEdit},
        text::{self, Cut, narrow},
        theme::Role,
    },
};

/// Cells of a reason and its mark.
const REASON: u16 = 20;

/// Cells of two reasons beside each other.
const PAIR: u16 = 2 * REASON;

/// Cells of a label that stands before its field.
const LABEL: usize = 7;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reasons {
    None,
    /// The chosen one, and how many there are.
    One,
    /// All of them.
    Columns(u16),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Note {
    /// So many lines below its label.
    Below(u16),
    /// One line beside its label.
    Beside,
    /// One line without a label.
    Bare,
}

/// How the fields share the lines that there are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    reasons: Reasons,
    /// Owner and time, a line each.
    asking: bool,
    note: Note,
}

impl Reasons {
    fn height(self) -> u16 {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Columns(columns) => narrow(ReasonCode::ALL.len()).div_ceil(columns),
        }
    }
}

impl Shape {
    fn height(self) -> u16 {
        let note = match self.note {
            Note::Below(lines) => 1 + lines,
            Note::Beside | Note::Bare => 1,
        };
        self.reasons.height() + 2 * u16::from(self.asking) + note
    }
}

/// From the roomiest to the closest.
fn shapes(card: &Card, width: u16) -> [Shape; 3] {
    let asking = card.asking().is_some();
    let shape = |reasons, note| Shape {
        reasons,
        asking,
        note,
    };
    let beside = if width >= PAIR { 2 } else { 1 };
    let (column, columns) = (Reasons::Columns(1), Reasons::Columns(beside));
    if asking {
        let few = if width >= PAIR { columns } else { Reasons::One };
        [
            shape(columns, Note::Below(2)),
            shape(few, Note::Beside),
            shape(Reasons::One, Note::Beside),
        ]
    } else if card.purpose.takes_reason() {
        [
            shape(column, Note::Below(2)),
            shape(columns, Note::Below(1)),
            shape(Reasons::One, Note::Bare),
        ]
    } else {
        let close = shape(Reasons::None, Note::Beside);
        [shape(Reasons::None, Note::Below(2)), close, close]
    }
}

/// Lines that the fields would like within a card of this size.
pub fn height(card: &Card, inner: Rect) -> u16 {
    if !card.purpose.takes_note() {
        return 0;
    }
    let [roomy, middling, close] = shapes(card, inner.width);
    let shape = match inner.height {
        0..12 => close,
        12..18 => middling,
        _ => roomy,
    };
    shape.height()
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, card: &Card, area: Rect) {
    let all = shapes(card, area.width);
    let fits = all.iter().find(|shape| shape.height() <= area.height);
    let shape = fits.copied().unwrap_or(all[2]);
    let mut rest = area;
    let mut take = |height: u16| {
        let height = height.min(rest.height);
        let taken = Rect { height, ..rest };
        rest.y += height;
        rest.height -= height;
        taken
    };
    draw_reasons(canvas, card, shape.reasons, take(shape.reasons.height()));
    if let Some(asking) = card.asking() {
        let width = usize::from(area.width);
        let lines = [
            owner(canvas, card, asking, width),
            lasts(canvas, model, card, asking, width),
        ];
        canvas.lines(take(2), &lines);
    }
    let note = match shape.note {
        Note::Below(lines) => {
            let label = Strip::of(canvas.style(Role::Label), "note (may stay empty)");
            canvas.lines(take(1), [&label]);
            take(lines)
        }
        Note::Beside => {
            let line = take(1);
            canvas.lines(line, [&labelled(canvas, "note")]);
            let label = narrow(LABEL).min(line.width);
            Rect::new(line.x + label, line.y, line.width - label, line.height)
        }
        Note::Bare => take(1),
    };
    draw_note(canvas, card, note);
}

fn draw_reasons(canvas: &mut Canvas<'_>, card: &Card, reasons: Reasons, area: Rect) {
    let focused = card.focus == Focus::Codes;
    match reasons {
        Reasons::None => {}
        Reasons::One => {
            let code = card.reason().code;
            let strip = choice(canvas, code, true, focused).put(
                canvas.style(Role::Muted),
                format!("  {} of {}", card.code + 1, ReasonCode::ALL.len()),
            );
            canvas.lines(area, [&strip]);
        }
        Reasons::Columns(columns) => {
            for (at, code) in ReasonCode::ALL.iter().enumerate() {
                let strip = choice(canvas, *code, at == card.code, focused);
                let (column, row) = (narrow(at) % columns, narrow(at) / columns);
                if row < area.height {
                    let x = area.x + column * REASON;
                    canvas.line(x, area.y + row, area.width - column * REASON, &strip);
                }
            }
        }
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

fn labelled(canvas: &Canvas<'_>, label: &str) -> Strip {
    Strip::of(canvas.style(Role::Label), format!("{label:<LABEL$}"))
}

/// Who answers for it: what is typed, and whose it is while nothing is.
fn owner(canvas: &Canvas<'_>, card: &Card, asking: &Asking, width: usize) -> Strip {
    let line = labelled(canvas, "owner");
    let room = width.saturating_sub(LABEL);
    let typed = asking.owner.text();
    let line = if card.focus == Focus::Owner {
        line.join(edited(canvas, &asking.owner, room)).space(1)
    } else {
        let typed = canvas.cut(&typed, room, Cut::Middle);
        line.put(canvas.style(Role::Field), typed)
    };
    if !typed.is_empty() {
        return line;
    }
    let change = card.change.as_ref();
    let owner = change.map(|change| change.ticket.owner.to_string());
    let owner = owner.unwrap_or_default();
    let rest = width.saturating_sub(line.width());
    let all = format!("{owner} (the bucket's)");
    let words = if owner.is_empty() || text::width(&all) > rest {
        canvas.cut(&owner, rest, Cut::Middle)
    } else {
        all
    };
    line.put(canvas.style(Role::Muted), words)
}

/// How long: what is typed, and which day that is.
fn lasts(canvas: &Canvas<'_>, model: &Model, card: &Card, asking: &Asking, width: usize) -> Strip {
    let room = width.saturating_sub(LABEL);
    let field = if card.focus == Focus::Lasts {
        edited(canvas, &asking.lasts, room)
    } else {
        let typed = canvas.cut(&asking.lasts.text(), room, Cut::End);
        Strip::of(canvas.style(Role::Field), typed)
    };
    let line = labelled(canvas, "for").join(field).space(2);
    // What is wrong with it the lock says.
    let until = asking.lasts().ok().and_then(|lasts| {
        let lasts = chrono::TimeDelta::from_std(lasts).ok()?;
        model.utc()?.checked_add_signed(lasts)
    });
    let until = until.map(|until| format!("until {}", time::to_minute(until)));
    let rest = width.saturating_sub(line.width());
    let said: Vec<_> = until.iter().cloned().chain(asking.at_most()).collect();
    let both = said.join(", ");
    // What is chosen is said before what may be.
    let words = if text::width(&both) > rest {
        said.into_iter().next().unwrap_or_default()
    } else {
        both
    };
    let words = canvas.cut(&words, rest, Cut::End);
    line.put(canvas.style(Role::Muted), words)
}

/// A line that is being typed; of a long one, what is around the cursor.
fn edited(canvas: &Canvas<'_>, line: &LineEdit, room: usize) -> Strip {
    let (all, before) = (line.text(), line.before());
    let after = all.get(before.len()..).unwrap_or_default();
    let before = text::tail(&before, room.saturating_sub(2));
    let rest = room.saturating_sub(text::width(before));
    let after = text::cut(after, rest, Cut::End, "");
    footer::edited(canvas, "", &format!("{before}{after}"), before)
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
