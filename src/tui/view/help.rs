//! The keys, from the key table: those for where the person is first. Enter does what the selected
//! line says.

use crate::tui::{
    keymap::{Binding, TABLE},
    model::{Model, Place},
    paint::{Canvas, Strip},
    text,
    theme::Role,
};

/// Cells of the keys' column.
const KEYS: usize = 18;

/// The same on a narrow screen, where long names go on below.
const NARROW_KEYS: usize = 12;

/// Cells of the last column, where there is room for one.
const WHERE: usize = 21;

fn place(model: &Model) -> Place {
    match &model.card {
        Some(_) => Place::Card,
        None => Place::Pane(model.pane),
    }
}

/// The bindings in the order in which they are listed.
pub fn order(model: &Model) -> Vec<&'static Binding> {
    let place = place(model);
    let (mut here, elsewhere): (Vec<_>, Vec<_>) =
        TABLE.iter().partition(|binding| binding.places.has(place));
    here.extend(elsewhere);
    here
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    listed(canvas, model, width).0
}

/// The line on which the selected binding begins.
pub fn selected_line(canvas: &Canvas<'_>, model: &Model, width: u16) -> usize {
    listed(canvas, model, width).1
}

fn listed(canvas: &Canvas<'_>, model: &Model, width: u16) -> (Vec<Strip>, usize) {
    let place = place(model);
    let heading = canvas.style(Role::Heading);
    let name = match place {
        Place::Pane(pane) => pane.title(),
        _ => "Card",
    };
    let mut lines = vec![Strip::of(heading, format!("Here ({name})"))];
    let (mut selected, mut elsewhere) = (0, false);
    for (at, binding) in order(model).into_iter().enumerate() {
        if !elsewhere && !binding.places.has(place) {
            elsewhere = true;
            lines.push(Strip::new());
            lines.push(Strip::of(heading, "Elsewhere"));
        }
        let lit = at == model.help_at;
        if lit {
            selected = lines.len();
        }
        lines.extend(row(canvas, model, binding, width, lit));
    }
    (lines, selected)
}

fn row(canvas: &Canvas<'_>, model: &Model, binding: &Binding, width: u16, lit: bool) -> Vec<Strip> {
    let width = usize::from(width).saturating_sub(1);
    let wide = width >= 75;
    let column = if width >= 60 { KEYS } else { NARROW_KEYS };
    let room = width
        .saturating_sub(column + if wide { WHERE + 2 } else { 0 })
        .max(8);
    let off = (binding.disabled)(model).is_some();
    let role = match (lit, off) {
        (true, _) => Role::Selection,
        (false, true) => Role::Muted,
        (false, false) => Role::Text,
    };
    let style = canvas.style(role);
    let marker = if lit {
        Strip::of(canvas.style(Role::Marker), canvas.glyphs().marker)
    } else {
        Strip::new().space(1)
    };
    let keys = text::wrap(&binding.names(), column - 1);
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
            marker
                .clone()
                .put(
                    canvas.style(Role::Key),
                    text::fit(&part(&keys), column, text::Cut::End, ""),
                )
                .put(style, text::fit(&part(&words), room, text::Cut::End, ""))
                .space(if wide { 2 } else { 0 })
                .put(canvas.style(Role::Muted), part(&places))
        })
        .collect()
}
