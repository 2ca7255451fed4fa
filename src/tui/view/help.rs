//! Everything that can be done, to be looked up and to be run: the help lists the keys from the key
//! table, those for where the person is first, and the fields of the queue's filter; the palette
//! lists the actions by name, with why some can't be done now. Enter does what the selected line says.

use crate::{
    domain::{Likeness, likeness},
    room::protocol::filter::{FIELDS, FieldRow},
    tui::{
        keymap::{self, Action, Binding, TABLE},
        model::{Model, Pane, Place, Sheet},
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

const FILTER: &str = "The queue's filter: all words and fields must hold, ! turns one round, , is or, quotes keep spaces";

/// From so many cells on there is a last column.
const WIDE: usize = 75;

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
    Pane(Pane),
    /// Begins a filter by it.
    Field(&'static FieldRow),
}

impl Entry {
    /// How the palette and the config call it.
    fn name(self) -> String {
        match self {
            Self::Key(binding) => binding.name.to_owned(),
            Self::Pane(pane) => pane.title().to_lowercase(),
            Self::Field(row) => format!("{}:", row.name),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Key(binding) => binding.description,
            Self::Pane(_) => "go to this pane",
            Self::Field(row) => row.description,
        }
    }

    /// Why it can't be done from a list now.
    pub fn why_not(self, model: &Model) -> Option<String> {
        match self {
            Self::Key(binding) => keymap::not_from_help(model, binding),
            Self::Pane(_) | Self::Field(_) => model
                .card
                .is_some()
                .then(|| "a card is open; Esc closes it".to_owned()),
        }
    }

    /// How far it is from what is typed, if it is like it at all: each word has to be like its name or
    /// to stand in what is said about it.
    fn distance(self, typed: &str) -> Option<u32> {
        let (name, words) = (self.name(), self.words().to_lowercase());
        let near = |word| {
            let by_name = likeness(word, &name).map(|like| like as u32);
            let by_words = likeness(word, &words).filter(|like| *like != Likeness::Letters);
            by_name.or(by_words.map(|like| like as u32 + 4))
        };
        typed.split_whitespace().map(near).sum()
    }
}

/// The entries in the order in which they are listed, each with the heading that it stands under.
fn listing(model: &Model) -> Vec<(String, Entry)> {
    let typed = model.finder.line.text().to_lowercase();
    if model.sheet == Some(Sheet::Palette) {
        let mut all: Vec<Entry> = Pane::ALL.into_iter().map(Entry::Pane).collect();
        let named = TABLE.iter().filter(|binding| {
            let itself = binding.action == Action::Palette;
            !binding.name.is_empty() && !itself
        });
        all.splice(0..0, named.map(Entry::Key));
        return found(model, all, &typed);
    }
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
    let all = under(&format!("Here ({name})"), here)
        .chain(under("Elsewhere", elsewhere))
        .chain(fields);
    if typed.trim().is_empty() {
        return all.collect();
    }
    found(model, all.map(|(_, entry)| entry).collect(), &typed)
}

/// What is like the typed words, the likest first; without words, what can be done now first.
fn found(model: &Model, all: Vec<Entry>, typed: &str) -> Vec<(String, Entry)> {
    let mut found: Vec<_> = all
        .into_iter()
        .filter_map(|entry| Some((entry.distance(typed)?, entry)))
        .collect();
    if typed.trim().is_empty() {
        found.sort_by_key(|(_, entry)| entry.why_not(model).is_some());
    } else {
        found.sort_by_key(|(distance, _)| *distance);
    }
    found
        .into_iter()
        .map(|(_, entry)| (String::new(), entry))
        .collect()
}

/// The entries in the order in which they are listed.
pub fn order(model: &Model) -> Vec<Entry> {
    listing(model).into_iter().map(|(_, entry)| entry).collect()
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    listed(canvas, model, width).0
}

/// The line on which the selected entry begins.
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
        let lit = at == model.finder.at;
        if lit {
            selected = lines.len();
        }
        lines.extend(row(canvas, &Told::of(model, entry, width), width, lit));
    }
    if lines.is_empty() {
        let words = "Nothing is called like that; Esc goes back.";
        lines.push(Strip::of(canvas.style(Role::Muted), words));
    }
    (lines, selected)
}

/// An entry's columns.
struct Told {
    keys: String,
    words: String,
    places: String,
    /// Not possible now.
    off: bool,
    /// Cells of the first column on a wide screen and on a narrow one.
    columns: (usize, usize),
}

impl Told {
    fn of(model: &Model, entry: Entry, width: u16) -> Self {
        let keys = match entry {
            Entry::Key(binding) => model.keys.names(binding),
            Entry::Pane(pane) => pane.number().to_string(),
            Entry::Field(row) => row.example.to_owned(),
        };
        if model.sheet == Some(Sheet::Palette) {
            let why = entry.why_not(model);
            let off = why.is_some();
            let words = match why {
                Some(why) => format!("{}\nnot now: {why}", entry.words()),
                None => entry.words().to_owned(),
            };
            return Self {
                // A narrow screen has no last column for the keys.
                keys: if usize::from(width) > WIDE {
                    entry.name()
                } else {
                    let first = keys.split(' ').next().unwrap_or_default();
                    format!("{} {first}", entry.name())
                },
                words,
                places: keys,
                off,
                columns: (16, 14),
            };
        }
        let (places, off) = match entry {
            Entry::Key(binding) => (binding.places.words(), (binding.disabled)(model).is_some()),
            Entry::Pane(_) => (String::new(), false),
            Entry::Field(row) => {
                let names: Vec<_> = row.names().map(|name| format!("{name}:")).collect();
                (names.join(" "), false)
            }
        };
        Self {
            keys,
            words: entry.words().to_owned(),
            places,
            off,
            columns: (18, 12),
        }
    }
}

fn row(canvas: &Canvas<'_>, told: &Told, width: u16, lit: bool) -> Vec<Strip> {
    let width = usize::from(width).saturating_sub(1);
    let wide = width >= WIDE;
    let column = if width >= 60 {
        told.columns.0
    } else {
        told.columns.1
    };
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
    let first = if told.off { Role::Muted } else { Role::Key };
    let keys = text::wrap(&told.keys, column - 1);
    let words = text::wrap(&told.words, room);
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
                    canvas.style(first),
                    text::fit(&part(&keys), column, text::Cut::End, ""),
                )
                .put(style, text::fit(&part(&words), room, text::Cut::End, ""))
                .space(if wide { 2 } else { 0 })
                .put(canvas.style(Role::Muted), part(&places))
        })
        .collect()
}
