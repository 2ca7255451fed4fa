//! 3: what waits for a decision, the most severe and oldest first.

use ratatui::layout::Rect;

use super::{
    lists,
    queue::{marked, row_style},
    words,
};
use crate::{
    domain::time,
    room::protocol::Asked,
    tui::{
        keymap::Action,
        model::{Model, Pane},
        paint::{Canvas, Strip},
        text::{Cut, narrow},
        theme::Role,
    },
};

/// Lines of one row.
pub const HEIGHT: usize = 3;

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let count = match model.pending.total {
        0 => Strip::new(),
        count => Strip::of(canvas.style(Role::Warn), format!("{count} waiting")),
    };
    (Strip::new(), count)
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let list = &model.pending;
    if let Some(strip) = asked(canvas, model) {
        canvas.lines(area, [&strip]);
    }
    let area = below_asked(model, area);
    if list.total == 0 {
        let words = match (list.loaded, asked_of(model)) {
            (false, _) => "asking the room",
            (true, 0) => "Nothing waits for a decision.",
            (true, _) => "No change waits for a decision.",
        };
        let strip = Strip::new().space(1).put(canvas.style(Role::Muted), words);
        canvas.lines(area, [&strip]);
        return;
    }
    for (index, y) in placed(model, area) {
        let y = area.y + narrow(y);
        let height = area.bottom().saturating_sub(y).min(narrow(HEIGHT));
        if let Some(asked) = list.get(index) {
            let area = Rect::new(area.x, y, area.width, height);
            draw_row(canvas, model, asked, area);
        }
    }
}

/// Exceptions that wait for this person's yes stand above the changes, in one line.
fn asked(canvas: &Canvas<'_>, model: &Model) -> Option<Strip> {
    let count = asked_of(model);
    let (what, them) = if count == 1 {
        ("exception waits", "it")
    } else {
        ("exceptions wait", "them")
    };
    let key = model.keys.key(Action::Exceptions);
    let words = format!("{count} {what}: ");
    (count > 0).then(|| {
        Strip::new()
            .space(1)
            .put(canvas.style(Role::Warn), words)
            .put(canvas.style(Role::Key), key)
            .put(canvas.style(Role::Hint), format!(" shows {them}"))
    })
}

fn asked_of(model: &Model) -> usize {
    model.status.as_ref().map_or(0, |status| status.asked)
}

fn below_asked(model: &Model, area: Rect) -> Rect {
    let above = u16::from(asked_of(model) > 0).min(area.height);
    Rect::new(area.x, area.y + above, area.width, area.height - above)
}

/// The rows that are visible, each with the line of the pane on which it begins.
pub fn rows(model: &Model, area: Rect) -> Vec<(usize, usize)> {
    let below = below_asked(model, area);
    let above = usize::from(below.y - area.y);
    let placed = placed(model, below).into_iter();
    placed.map(|(index, y)| (index, y + above)).collect()
}

fn placed(model: &Model, area: Rect) -> Vec<(usize, usize)> {
    let list = &model.pending;
    lists::place(list.total, list.index, usize::from(area.height), |_| HEIGHT)
}

fn draw_row(canvas: &mut Canvas<'_>, model: &Model, asked: &Asked, area: Rect) {
    let row = &asked.row;
    let selected = model.subject == Some(row.id);
    let style = row_style(canvas, model, selected, Pane::Approvals);
    let width = usize::from(area.width).saturating_sub(1);
    let head = words::headline(canvas, &row.bucket, row.severity, width, style);
    let action = Strip::of(
        canvas.style(Role::Text),
        canvas.cut(&asked.terms.action, width, Cut::End),
    );
    let below = words::environment(canvas, &row.environment, row.production)
        .space(1)
        .put(canvas.style(Role::Muted), until(model, asked, width));
    marked(
        canvas,
        model,
        area,
        selected,
        Pane::Approvals,
        &[head, action, below],
    );
}

/// Until when a change can be decided.
fn until(model: &Model, asked: &Asked, width: usize) -> String {
    let Some(expires) = asked.terms.expires else {
        return String::new();
    };
    let left = model.utc().map(|now| words::left(expires - now));
    match left {
        Some(left) if width < 30 => left,
        Some(left) => format!("until {}, {left}", expires.format("%H:%M UTC")),
        None => format!("until {}", time::to_minute(expires)),
    }
}
