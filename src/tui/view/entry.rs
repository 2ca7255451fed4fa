//! One entry of the ledger whole: its columns, its place in the chain of hashes, its artifact.

use crate::{
    domain::{Safe, time},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// Cells of the labels' column.
const LABEL: usize = 8;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let Some(whole) = &model.ledger.entry else {
        return vec![Strip::of(canvas.style(Role::Muted), "asking the room")];
    };
    let entry = &whole.entry;
    let change = match entry.change {
        Some(id) => id.to_string(),
        None => "none, it concerns the room".to_owned(),
    };
    let mut lines = Vec::new();
    for (label, value) in [
        ("kind", entry.fact.kind().to_owned()),
        ("at", time::rfc3339(entry.at)),
        ("change", change),
        ("actor", format!("{} ({})", entry.actor, entry.via)),
        ("what", entry.headline()),
        ("hash", whole.hash.to_string()),
        ("prev", entry.prev.to_string()),
    ] {
        lines.extend(field(canvas, label, &value, width, LABEL));
    }
    lines.push(Strip::new());
    for line in whole.pretty.lines() {
        let safe = Safe::line(line);
        let wrapped = text::wrap(safe.as_str(), width);
        lines.extend(
            wrapped
                .iter()
                .map(|part| Strip::of(canvas.style(Role::Text), part)),
        );
    }
    lines
}

/// A label and its value, which goes on below itself.
pub fn field(
    canvas: &Canvas<'_>,
    label: &str,
    value: &str,
    width: usize,
    column: usize,
) -> Vec<Strip> {
    let safe = Safe::line(value);
    let room = width.saturating_sub(column).max(1);
    let parts = text::wrap(safe.as_str(), room);
    let style = canvas.style(Role::Label);
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| {
            let label = if at == 0 { label } else { "" };
            Strip::of(style, format!("{label:<column$}"))
                .put(canvas.style(Role::Text), part.trim_start())
        })
        .collect()
}
