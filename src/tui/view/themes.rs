//! The themes to choose from. The selected one is on the whole screen already; a sample of what
//! matters most stands below, for a screen that is too small to show much else.

use super::words;
use crate::{
    domain::Severity,
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text::{self, Cut},
        theme::{Choice, Depth, Role},
    },
};

/// Cells of the sheet, its frame included.
pub const WIDTH: u16 = 38;

/// Cells of the last column: where a theme is from.
const FROM: usize = 10;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let choices = model.themes.choices().iter().enumerate();
    let mut lines: Vec<_> = choices
        .map(|(at, choice)| row(canvas, model, at, choice, width))
        .collect();
    if let Some(Err(error)) = model.themes.tried() {
        lines.extend(wrapped(canvas, Role::Error, &error.to_string(), width));
    } else {
        lines.push(sample(canvas));
    }
    lines.extend(wrapped(canvas, Role::Muted, depth(model), width));
    lines
}

fn row(canvas: &Canvas<'_>, model: &Model, at: usize, choice: &Choice, width: usize) -> Strip {
    let lit = at == model.themes.at;
    let marker = if lit {
        Strip::of(canvas.style(Role::Marker), canvas.glyphs().marker)
    } else {
        Strip::new().space(1)
    };
    let role = match (lit, &choice.theme) {
        (true, _) => Role::Selection,
        (false, Err(_)) => Role::Muted,
        (false, Ok(_)) => Role::Text,
    };
    let from = match (&choice.theme, &choice.file) {
        _ if model.themes.is_kept(at) => "in use",
        (Err(_), _) => "broken",
        (Ok(_), Some(_)) => "yours",
        (Ok(_), None) => "",
    };
    let room = width.saturating_sub(FROM + 1);
    marker
        .put(
            canvas.style(role),
            canvas.fit(&choice.name, room, Cut::Middle),
        )
        .put(canvas.style(Role::Muted), canvas.cut(from, FROM, Cut::End))
}

fn sample(canvas: &Canvas<'_>) -> Strip {
    words::environment(canvas, "prod", true)
        .space(1)
        .join(words::severity(canvas, Severity::Critical))
        .space(1)
        .join(words::severity(canvas, Severity::High))
        .space(1)
        .put(canvas.style(Role::DiffRemove), "- old")
        .space(1)
        .put(canvas.style(Role::DiffAdd), "+ new")
}

fn depth(model: &Model) -> &'static str {
    match model.themes.depth {
        Depth::None => {
            "This session shows no colour (NO_COLOR or --colour none): bold, reverse and signs alone differ."
        }
        Depth::Sixteen => "In 16 colours here; --colour 256 or true shows more.",
        Depth::Indexed => "In 256 colours here; --colour true shows all.",
        Depth::True => "In true colour here.",
    }
}

fn wrapped(canvas: &Canvas<'_>, role: Role, words: &str, width: usize) -> Vec<Strip> {
    text::wrap(crate::domain::Safe::line(words).as_str(), width)
        .iter()
        .map(|line| Strip::of(canvas.style(role), line.trim_start()))
        .collect()
}
