//! The keys, from the key table: those for where the person is first.

use crate::tui::{
    keymap::{Binding, TABLE},
    model::{Model, Place},
    paint::{Canvas, Strip},
    text,
    theme::Role,
};

/// Cells of the keys' column.
const KEYS: usize = 18;

/// Cells of the last column, where there is room for one.
const WHERE: usize = 21;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let place = match &model.card {
        Some(_) => Place::Card,
        None => Place::Pane(model.pane),
    };
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        TABLE.iter().partition(|binding| binding.places.has(place));
    let heading = canvas.style(Role::Heading);
    let name = match place {
        Place::Pane(pane) => pane.title(),
        _ => "Card",
    };
    let mut lines = vec![Strip::of(heading, format!("Here ({name})"))];
    for binding in here {
        lines.extend(row(canvas, model, binding, width));
    }
    lines.push(Strip::new());
    lines.push(Strip::of(heading, "Elsewhere"));
    for binding in elsewhere {
        lines.extend(row(canvas, model, binding, width));
    }
    lines
}

fn row(canvas: &Canvas<'_>, model: &Model, binding: &Binding, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let wide = width >= 76;
    let room = width
        .saturating_sub(KEYS + if wide { WHERE + 2 } else { 0 })
        .max(8);
    let off = (binding.disabled)(model).is_some();
    let style = if off {
        canvas.style(Role::Muted)
    } else {
        canvas.style(Role::Text)
    };
    let keys = text::wrap(&binding.names(), KEYS - 1);
    let words = text::wrap(binding.description, room);
    let places = if wide {
        text::wrap(&binding.places.words(), WHERE)
    } else {
        Vec::new()
    };
    let count = keys.len().max(words.len()).max(places.len());
    (0..count)
        .map(|at| {
            let part = |parts: &[String]| {
                parts
                    .get(at)
                    .map(|part| part.trim_start().to_owned())
                    .unwrap_or_default()
            };
            Strip::of(
                canvas.style(Role::Key),
                text::fit(&part(&keys), KEYS, text::Cut::End, ""),
            )
            .put(style, text::fit(&part(&words), room, text::Cut::End, ""))
            .space(if wide { 2 } else { 0 })
            .put(canvas.style(Role::Muted), part(&places))
        })
        .collect()
}
