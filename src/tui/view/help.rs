//! The keys, from the key table: those for where the person is first; and the fields of the queue's
//! filter, from its table. Enter does what the selected line says.

use crate::{
    room::protocol::filter::{FIELDS, FieldRow},
    tui::{
        keymap::{Binding, TABLE},
        model::{Model, Place},
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// Cells of the keys' column.
const KEYS: usize = 18;

/// The same on a narrow screen, where long names go on below.
const NARROW_KEYS: usize = 12;

const FILTER: &str = "The queue's filter: all words and fields must hold, ! turns one round, , is or, quotes keep spaces";

/// Cells of the last column, where there is room for one.
const WHERE: usize = 21;

fn place(model: &Model) -> Place {
    match &model.card {
        Some(_) => Place::Card,
        None => Place::Pane(model.pane),
    }
}

/// What can be selected.
#[derive(Clone, Copy)]
pub enum Entry {
    Key(&'static Binding),
    /// Begins a filter by it.
    Field(&'static FieldRow),
}

/// The entries in the order in which they are listed, each with the heading that it stands under.
fn listing(model: &Model) -> Vec<(String, Entry)> {
    let place = place(model);
    let name = match place {
        Place::Pane(pane) => pane.title(),
        _ => "Card",
    };
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        TABLE.iter().partition(|binding| binding.places.has(place));
    let under = |heading: &str, bindings: Vec<&'static Binding>| {
        let heading = heading.to_owned();
        bindings
            .into_iter()
            .map(move |binding| (heading.clone(), Entry::Key(binding)))
    };
    let fields = FIELDS
        .iter()
        .map(|row| (FILTER.to_owned(), Entry::Field(row)));
    under(&format!("Here ({name})"), here)
        .chain(under("Elsewhere", elsewhere))
        .chain(fields)
        .collect()
}

/// The entries in the order in which they are listed.
pub fn order(model: &Model) -> Vec<Entry> {
    listing(model).into_iter().map(|(_, entry)| entry).collect()
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    listed(canvas, model, width).0
}

/// The line on which the selected binding begins.
pub fn selected_line(canvas: &Canvas<'_>, model: &Model, width: u16) -> usize {
    listed(canvas, model, width).1
}

fn listed(canvas: &Canvas<'_>, model: &Model, width: u16) -> (Vec<Strip>, usize) {
    let style = canvas.style(Role::Heading);
    let (mut lines, mut selected, mut under) = (Vec::new(), 0, String::new());
    for (at, (heading, entry)) in listing(model).into_iter().enumerate() {
        if heading != under {
            if !under.is_empty() {
                lines.push(Strip::new());
            }
            let room = usize::from(width).saturating_sub(1);
            let words = text::wrap(&heading, room).into_iter();
            lines.extend(words.map(|line| Strip::of(style, line)));
            under = heading;
        }
        let lit = at == model.help_at;
        if lit {
            selected = lines.len();
        }
        let told = match entry {
            Entry::Key(binding) => Told {
                keys: binding.names(),
                words: binding.description,
                places: binding.places.words(),
                off: (binding.disabled)(model).is_some(),
            },
            Entry::Field(row) => Told {
                keys: row.example.to_owned(),
                words: row.description,
                places: row
                    .names()
                    .map(|name| format!("{name}:"))
                    .collect::<Vec<_>>()
                    .join(" "),
                off: false,
            },
        };
        lines.extend(row(canvas, &told, width, lit));
    }
    (lines, selected)
}

/// A line's columns.
struct Told {
    keys: String,
    words: &'static str,
    places: String,
    /// Not possible now.
    off: bool,
}

fn row(canvas: &Canvas<'_>, told: &Told, width: u16, lit: bool) -> Vec<Strip> {
    let width = usize::from(width).saturating_sub(1);
    let wide = width >= 75;
    let column = if width >= 60 { KEYS } else { NARROW_KEYS };
    let room = width
        .saturating_sub(column + if wide { WHERE + 2 } else { 0 })
        .max(8);
    let role = match (lit, told.off) {
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
    let keys = text::wrap(&told.keys, column - 1);
    let words = text::wrap(told.words, room);
    let places = if wide {
        text::wrap(&told.places, WHERE)
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
