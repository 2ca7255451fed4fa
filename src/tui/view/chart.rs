//! Charts made of text: columns of eighths of a cell, as many to a step as there is room for. What a
//! chart shows is always said in figures beside it, so that neither a colour nor a font is needed.

use crate::tui::{
    paint::{Canvas, Strip},
    theme::Role,
};

/// The widest that one step is drawn.
const WIDEST: usize = 2;
/// Parts of one cell.
const PARTS: u64 = 8;

/// How many steps become one column, and how many cells a column is wide.
fn fit(steps: usize, room: usize) -> (usize, usize) {
    let merged = steps.div_ceil(room.max(1)).max(1);
    let columns = steps.div_ceil(merged).max(1);
    (merged, (room / columns).clamp(1, WIDEST))
}

/// Cells that so many steps take.
pub fn width(steps: usize, room: usize) -> usize {
    let (merged, cells) = fit(steps, room);
    steps.div_ceil(merged) * cells
}

/// Columns from the bottom up, `rows` lines high: the highest value fills them, and what is more than
/// nothing is never drawn as nothing. Where steps share a column, their highest is shown.
pub fn columns(
    canvas: &Canvas<'_>,
    values: &[u64],
    rows: usize,
    room: usize,
    role: Role,
) -> Vec<Strip> {
    let (merged, cells) = fit(values.len(), room);
    let highest = values.iter().copied().max().unwrap_or_default();
    let full = PARTS * rows as u64;
    let heights: Vec<u64> = values
        .chunks(merged)
        .map(|steps| {
            let value = steps.iter().copied().max().unwrap_or_default();
            (value * full).div_ceil(highest.max(1))
        })
        .collect();
    let signs = canvas.glyphs().columns;
    let line = |row: usize| {
        let below = PARTS * row as u64;
        let text: String = heights
            .iter()
            .map(|height| match height.saturating_sub(below).min(PARTS) {
                0 => " ".repeat(cells),
                part => signs[usize::try_from(part - 1).unwrap_or(0)].repeat(cells),
            })
            .collect();
        Strip::of(canvas.style(role), text)
    };
    (0..rows).rev().map(line).collect()
}

/// A bar of so many cells of a whole; what is more than nothing has one cell.
pub fn bar(canvas: &Canvas<'_>, part: u64, whole: u64, room: usize) -> Strip {
    let cells = (part * room as u64).div_ceil(whole.max(1));
    let cells = usize::try_from(cells).unwrap_or(room).min(room);
    let text = canvas.glyphs().bar_full.repeat(cells);
    Strip::of(canvas.style(Role::Progress), text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::*;
    use crate::tui::theme::Theme;

    fn drawn(values: &[u64], rows: usize, room: usize) -> Vec<String> {
        let (mut buffer, theme) = (Buffer::empty(Rect::ZERO), Theme::named("default").unwrap());
        let canvas = Canvas::new(&mut buffer, &theme);
        let strips = columns(&canvas, values, rows, room, Role::Text);
        strips.iter().map(Strip::text).collect()
    }

    #[test]
    fn the_highest_fills_its_column_and_little_is_never_nothing() {
        assert_eq!(drawn(&[0, 1, 50, 100], 1, 4), [" ▁▄█"]);
        assert_eq!(drawn(&[0, 1, 50, 100], 2, 4), ["   █", " ▁██"]);
        assert_eq!(drawn(&[0, 0], 2, 4), ["    ", "    "]);
        assert!(drawn(&[], 1, 4).concat().is_empty());
    }

    #[test]
    fn steps_are_drawn_wider_where_there_is_room_and_share_columns_where_there_is_none() {
        assert_eq!(drawn(&[8, 4], 1, 9), ["██▄▄"]);
        assert_eq!(drawn(&[8, 4, 0, 0, 0, 2], 1, 3), ["█ ▂"]);
        for (steps, room) in [(30, 1), (30, 29), (48, 47), (42, 200), (1, 0), (0, 5)] {
            assert_eq!(
                width(steps, room).min(room.max(1)),
                width(steps, room),
                "{steps} {room}"
            );
        }
    }
}
