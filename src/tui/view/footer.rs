//! The two lines at the bottom: one sentence to the person, and what the keys do here and now.

use ratatui::layout::Rect;

use super::{
    bar::{Part, arrange},
    crumbs, guide,
};
use crate::tui::{
    keymap::{self, ALWAYS},
    layout::Regions,
    model::{Level, Model, Pane, Place, Sheet},
    paint::{Canvas, Strip},
    text::{self, Cut, narrow},
    theme::Role,
};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    let width = usize::from(regions.footer.width).saturating_sub(2);
    if let Some(filtering) = &model.filtering
        && let Some(trouble) = &filtering.trouble
    {
        misread(canvas, model, regions, trouble);
        return;
    }
    let mut sentence = Strip::new().space(1).join(sentence(canvas, model, width));
    if model.message.is_none() && !matches!(model.place(), Place::Filter | Place::Find) {
        let crumbs = crumbs::strip(canvas, model);
        // One cell stays free on each side, and two between.
        let gap = (width + 1).saturating_sub(sentence.width() + crumbs.width());
        if gap >= 2 && !crumbs.is_empty() {
            sentence = sentence.space(gap).join(crumbs);
        }
    }
    let hints = Strip::new().space(1).join(hints(canvas, model, width));
    if regions.message.height > 0 {
        canvas.lines(regions.message, [&sentence]);
        canvas.lines(regions.footer, [&hints]);
    } else if model.message.is_some() || matches!(model.place(), Place::Filter | Place::Find) {
        canvas.lines(regions.footer, [&sentence]);
    } else {
        canvas.lines(regions.footer, [&hints]);
    }
}

fn sentence(canvas: &Canvas<'_>, model: &Model, width: usize) -> Strip {
    if let Some(filtering) = &model.filtering {
        return typed(
            canvas,
            model,
            &filtering.line.text(),
            &filtering.line.before(),
            width,
        );
    }
    if model.place() == Place::Find {
        return finding(canvas, model);
    }
    let (level, text) = match &model.message {
        Some(message) => (Some(message.level), message.text.clone()),
        None => guide::sentence(model),
    };
    let (role, word) = match level {
        None => (Role::Hint, ""),
        Some(Level::Info) => (Role::Info, ""),
        Some(Level::Ok) => (Role::Ok, ""),
        Some(Level::Warn) => (Role::Warn, "note: "),
        Some(Level::Error) => (Role::Error, "error: "),
    };
    let room = width.saturating_sub(word.len());
    Strip::of(canvas.style(role), word).put(canvas.style(role), canvas.cut(&text, room, Cut::End))
}

/// A filter as it is typed, and how much it finds.
fn typed(canvas: &Canvas<'_>, model: &Model, text: &str, before: &str, width: usize) -> Strip {
    let what = match model.pane {
        Pane::Ledger => "kind, change id, by:name or since:2h",
        _ => "words or sev:high env:prod is:open",
    };
    let mut strip = edited(canvas, "/", text, before);
    if text.is_empty() {
        strip = strip.space(1).put(canvas.style(Role::Muted), what);
    }
    let found = match (model.pane, model.queue.total) {
        (Pane::Queue, total) if model.unsearched > 0 => format!("{total} so far"),
        (Pane::Queue, 1) => "1 matches".to_owned(),
        (Pane::Queue, total) => format!("{total} match"),
        _ => String::new(),
    };
    if text.is_empty() || strip.width() + found.len() >= width {
        return strip;
    }
    let gap = width - strip.width() - found.len();
    strip.space(gap).put(canvas.style(Role::Muted), found)
}

/// What is typed to find an action.
fn finding(canvas: &Canvas<'_>, model: &Model) -> Strip {
    let palette = model.sheet == Some(Sheet::Palette);
    let line = &model.finder.line;
    let sign = if palette { ":" } else { "/" };
    let strip = edited(canvas, sign, &line.text(), &line.before());
    if line.text().is_empty() {
        let what = if palette {
            "an action's name or what it does"
        } else {
            "part of a key's description"
        };
        return strip.space(1).put(canvas.style(Role::Muted), what);
    }
    strip
}

/// A line of text behind a sign. The cursor is a reversed cell: the terminal's own stays hidden.
pub(super) fn edited(canvas: &Canvas<'_>, sign: &str, text: &str, before: &str) -> Strip {
    let field = canvas.style(Role::Field);
    let mut after = text.get(before.len()..).unwrap_or_default().chars();
    let under = after.next().unwrap_or(' ').to_string();
    Strip::of(canvas.style(Role::Key), sign)
        .put(field, before)
        .put(canvas.style(Role::ButtonFocus), under)
        .put(field, after.as_str())
}

/// A filter that is not understood, and below it what would be. It grows upwards, over the panes.
fn misread(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions, trouble: &str) {
    let width = usize::from(regions.footer.width).saturating_sub(2);
    let mut lines: Vec<_> = sentence_lines(canvas, trouble, width);
    lines.insert(
        0,
        Strip::new().space(1).join(sentence(canvas, model, width)),
    );
    if regions.message.height > 0 {
        lines.push(Strip::new().space(1).join(hints(canvas, model, width)));
    }
    let bottom = regions.footer.bottom();
    let height = narrow(lines.len()).min(bottom);
    let area = Rect::new(0, bottom - height, regions.footer.width, height);
    canvas.clear(area);
    let base = canvas.style(Role::Text);
    canvas.tint(area, base);
    canvas.lines(area, &lines);
}

fn sentence_lines(canvas: &Canvas<'_>, text: &str, width: usize) -> Vec<Strip> {
    let style = canvas.style(Role::Error);
    text::wrap(text, width)
        .into_iter()
        .map(|line| Strip::new().space(1).put(style, line.trim_start()))
        .collect()
}

fn hints(canvas: &Canvas<'_>, model: &Model, width: usize) -> Strip {
    let mut left: Vec<Part> = Vec::new();
    let mut right: Vec<Part> = Vec::new();
    for binding in keymap::hints(model) {
        let strip = Strip::of(canvas.style(Role::Key), model.keys.first(binding))
            .space(1)
            .put(canvas.style(Role::Hint), binding.hint);
        let side = if binding.priority == ALWAYS {
            &mut right
        } else {
            &mut left
        };
        side.push((binding.priority, strip));
    }
    arrange(width, left, right)
}
