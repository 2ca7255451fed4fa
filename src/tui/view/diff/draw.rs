//! Rows of a diff as lines of cells: below each other where room is short, else old and new side by
//! side.

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    ids::Ids,
    marks::{Parts, marked},
    rows::{Mark, Row},
};
use crate::tui::{
    paint::{Canvas, Strip},
    text,
    theme::Role,
};

/// Cells between the two sides.
const GAP: usize = 3;

/// Where rows are drawn.
pub struct Sheet<'a, 'b> {
    canvas: &'a Canvas<'b>,
    width: usize,
    ids: Ids,
}

/// A piece of a line.
type Piece = (Role, String);

impl<'a, 'b> Sheet<'a, 'b> {
    /// `rows` are all that are drawn on it: how ids look depends on all of them.
    pub fn new(canvas: &'a Canvas<'b>, width: usize, rows: &[Row]) -> Self {
        Self {
            canvas,
            width,
            ids: Ids::of(rows),
        }
    }

    /// One side below the other.
    pub fn below(&self, rows: &[Row]) -> Vec<Strip> {
        rows.iter().flat_map(|row| self.unified(row)).collect()
    }

    /// The old side on the left, the new one on the right.
    pub fn beside(&self, rows: &[Row]) -> Vec<Strip> {
        let (left, right) = self.halves();
        let bar = Strip::of(
            self.canvas.style(Role::Border),
            format!(" {} ", self.canvas.glyphs().vertical),
        );
        let mut strips = Vec::new();
        let rows = rows.iter().flat_map(|row| self.roomy(row, left));
        for row in rows {
            let (old, new) = sides(&row);
            let ones = old.map_or_else(Vec::new, |(mark, pieces)| {
                self.lines(mark, row.depth, &pieces, left)
            });
            let others = new.map_or_else(Vec::new, |(mark, pieces)| {
                self.lines(mark, row.depth, &pieces, right)
            });
            for at in 0..ones.len().max(others.len()) {
                let one = ones.get(at).cloned().unwrap_or_default();
                let free = left.saturating_sub(one.width());
                let other = others.get(at).cloned().unwrap_or_default();
                strips.push(one.space(free).join(bar.clone()).join(other));
            }
        }
        strips
    }

    /// A row whose values do not fit behind their label, with the label above them.
    fn roomy(&self, row: &Row, width: usize) -> Vec<Row> {
        let taken = |value: &Option<String>| {
            let said = row.said(value.as_ref());
            text::width(&self.ids.shortened(&said, self.canvas.glyphs().more))
        };
        let room = width.saturating_sub(2 * row.depth + 2);
        let fits = taken(&row.old).max(taken(&row.new)) <= room;
        if fits || row.label.is_empty() || (row.old.is_none() && row.new.is_none()) {
            return vec![row.clone()];
        }
        let head = Row {
            old: None,
            new: None,
            ..row.clone()
        };
        let values = Row {
            depth: row.depth + 1,
            label: String::new(),
            ..row.clone()
        };
        vec![head, values]
    }

    /// What stands above the two sides.
    pub fn heads(&self, old: &str, new: &str) -> Strip {
        let (left, _) = self.halves();
        let bar = format!(" {} ", self.canvas.glyphs().vertical);
        Strip::of(
            self.canvas.style(Role::DiffRemove),
            text::fit(old, left, text::Cut::End, self.canvas.glyphs().more),
        )
        .put(self.canvas.style(Role::Border), bar)
        .put(self.canvas.style(Role::DiffAdd), new)
    }

    const fn halves(&self) -> (usize, usize) {
        let left = self.width.saturating_sub(GAP) / 2;
        (left, self.width.saturating_sub(GAP + left))
    }

    fn unified(&self, row: &Row) -> Vec<Strip> {
        let role = role(row.mark);
        let (Some(old), Some(new)) = (&row.old, &row.new) else {
            let said = row.said(row.old.as_ref().or(row.new.as_ref()));
            return self.lines(row.mark, row.depth, &[(role, said)], self.width);
        };
        let becomes = format!(" {} ", self.canvas.glyphs().becomes);
        let label = match row.label.as_str() {
            "" => String::new(),
            label => format!("{label}: "),
        };
        let pieces = [
            (role, label),
            (Role::DiffRemove, old.clone()),
            (Role::Muted, becomes),
            (Role::DiffAdd, new.clone()),
        ];
        let line = self.lines(Mark::Change, row.depth, &pieces, self.width);
        if line.len() == 1 {
            return line;
        }
        let head = [(role, row.label.clone())];
        let sides = [(Mark::Remove, old), (Mark::Add, new)];
        let mut lines = self.lines(Mark::Change, row.depth, &head, self.width);
        for (mark, value) in sides {
            let piece = [(self::role(mark), value.clone())];
            lines.extend(self.lines(mark, row.depth + 1, &piece, self.width));
        }
        lines
    }

    /// Pieces behind a sign, broken where a line is full; what follows is indented further.
    fn lines(&self, mark: Mark, depth: usize, pieces: &[Piece], width: usize) -> Vec<Strip> {
        /// Below this a deep document would have no room for its values.
        const NARROW: usize = 44;
        let room = width.saturating_sub(2).max(1);
        let spare = |indent: usize| if width < NARROW { indent / 2 } else { indent };
        let all: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
        let own = all.len() - all.trim_start_matches(' ').len();
        let indent = spare(2 * depth + own);
        let long = indent + text::width(all.trim_start_matches(' ')) > room;
        let style = self.canvas.style(role(mark));
        if mark == Mark::Same {
            // Words of ours, which are read better whole.
            let words = self
                .ids
                .shortened(all.trim_start(), self.canvas.glyphs().more);
            let lines = text::wrap(&format!("{}{words}", " ".repeat(indent)), room);
            let lines = lines.into_iter().map(|line| Strip::of(style, line));
            return signed(style, mark, lines);
        }
        let mut flow = Flow::new(room, indent);
        let mut leading = own;
        for (role, text) in pieces {
            let cut = text.len() - text.trim_start_matches(' ').len();
            let cut = cut.min(leading);
            leading -= cut;
            let text = text.get(cut..).unwrap_or_default();
            let text = if long {
                self.ids.shortened(text, self.canvas.glyphs().more)
            } else {
                text.to_owned()
            };
            flow.put(self.canvas.style(*role), &text);
        }
        signed(style, mark, flow.end())
    }
}

/// Lines behind the sign that the first of them has.
fn signed(style: Style, mark: Mark, lines: impl IntoIterator<Item = Strip>) -> Vec<Strip> {
    let line = |(at, line): (usize, Strip)| {
        let sign = if at == 0 { mark.sign() } else { "  " };
        Strip::of(style, sign).join(line)
    };
    lines.into_iter().enumerate().map(line).collect()
}

const fn role(mark: Mark) -> Role {
    match mark {
        Mark::Plain => Role::DiffSame,
        Mark::Same => Role::Muted,
        Mark::Add => Role::DiffAdd,
        Mark::Remove => Role::DiffRemove,
        Mark::Change => Role::Text,
    }
}

type Half = Option<(Mark, Vec<Piece>)>;

/// What stands on the left and on the right of a row.
fn sides(row: &Row) -> (Half, Half) {
    let role = role(row.mark);
    let label = |colon: &str| match row.label.as_str() {
        "" => Vec::new(),
        label => vec![(role, format!("{label}{colon}"))],
    };
    if let (Some(old), Some(new)) = (&row.old, &row.new) {
        let (one, other) = marked(old, new);
        let signed = |parts: Parts, role: Role, (open, close): (&str, &str)| {
            let whole = parts.len() == 1;
            let piece = |(own, text): (bool, String)| match (own, whole) {
                (false, _) => (Role::DiffSame, text),
                (true, true) => (role, text),
                (true, false) if text.is_empty() => (role, text),
                (true, false) => (role, format!("{open}{text}{close}")),
            };
            let pieces = parts.into_iter().map(piece);
            label(": ").into_iter().chain(pieces).collect::<Vec<_>>()
        };
        return (
            Some((row.mark, signed(one, Role::DiffRemove, ("[-", "-]")))),
            Some((row.mark, signed(other, Role::DiffAdd, ("{+", "+}")))),
        );
    }
    let said = vec![(role, row.said(row.old.as_ref().or(row.new.as_ref())))];
    match row.mark {
        Mark::Add => (None, Some((row.mark, said))),
        Mark::Remove => (Some((row.mark, said)), None),
        Mark::Plain | Mark::Same | Mark::Change => {
            (Some((row.mark, said.clone())), Some((row.mark, said)))
        }
    }
}

/// Styled text that is broken into lines as it comes.
struct Flow {
    room: usize,
    hang: usize,
    lines: Vec<Strip>,
    current: Strip,
    used: usize,
}

impl Flow {
    fn new(room: usize, indent: usize) -> Self {
        let fits = |cells: usize| if cells < room / 2 { cells } else { 0 };
        Self {
            room,
            hang: fits(indent + 2),
            lines: Vec::new(),
            current: Strip::new().space(fits(indent)),
            used: fits(indent),
        }
    }

    fn put(&mut self, style: Style, text: &str) {
        let mut run = String::new();
        for cluster in text.graphemes(true) {
            let cells = text::width(cluster);
            let begun = self.used > self.hang || !run.is_empty();
            if self.used + cells > self.room && begun {
                self.push(style, &mut run);
                let next = Strip::new().space(self.hang);
                self.lines.push(std::mem::replace(&mut self.current, next));
                self.used = self.hang;
            }
            run.push_str(cluster);
            self.used += cells;
        }
        self.push(style, &mut run);
    }

    fn push(&mut self, style: Style, run: &mut String) {
        if !run.is_empty() {
            self.current = std::mem::take(&mut self.current).put(style, &*run);
            run.clear();
        }
    }

    fn end(mut self) -> Vec<Strip> {
        self.lines.push(self.current);
        self.lines
    }
}
