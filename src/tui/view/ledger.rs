//! 5: every fact, the newest first.

use ratatui::{layout::Rect, style::Style};

use super::{lists, queue};
use crate::{
    room::protocol::Line,
    tui::{
        model::{Model, Pane},
        paint::{Canvas, Strip},
        state::Ledger,
        text::{Cut, narrow},
        theme::Role,
    },
};

/// Cells of a change id, of the longest kind, and of a name with its way.
const CHANGE: usize = 17;
const KIND: usize = 18;
const WHO: usize = 20;

/// From here on a row is one line with columns.
const COLUMNS: u16 = 70;

/// Lines of one row.
pub fn height(area: Rect) -> usize {
    if area.width < COLUMNS { 2 } else { 1 }
}

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let ledger = &model.ledger;
    let filter = if ledger.typed.is_empty() {
        Strip::new()
    } else {
        Strip::of(canvas.style(Role::Warn), format!("/{}", ledger.typed))
    };
    let muted = canvas.style(Role::Muted);
    let count = match (ledger.loaded, ledger.newer()) {
        (false, _) => Strip::new(),
        (true, 0) => Strip::of(muted, counted(ledger)),
        (true, newer) => Strip::of(
            canvas.style(Role::Info),
            format!("{newer} newer {} g", canvas.glyphs().up),
        ),
    };
    (filter, count)
}

fn counted(ledger: &Ledger) -> String {
    let total = ledger.total;
    match ledger.looking() {
        Some(below) => format!("{total} found, looking below {below}"),
        None if !ledger.ended() => format!("{total} and more"),
        None if total == 1 => "1 entry".to_owned(),
        None => format!("{total} entries"),
    }
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let ledger = &model.ledger;
    if ledger.total == 0 {
        let words = match (ledger.loaded, ledger.typed.is_empty()) {
            (false, _) => "asking the room",
            (true, true) => "The ledger is empty.",
            (true, false) if !ledger.ended() => "No entry matches so far; the room is looking on.",
            (true, false) => "No entry matches. Esc clears the filter.",
        };
        let strip = Strip::new().space(1).put(canvas.style(Role::Muted), words);
        canvas.lines(area, [&strip]);
        return;
    }
    let columns = Columns::new(area, ledger.head);
    let tall = height(area);
    let rows = lists::below_heading(area, tall);
    if rows.y > area.y {
        canvas.lines(area, [&columns.heading(canvas)]);
    }
    for (index, y) in self::rows(model, area) {
        let y = y - usize::from(rows.y - area.y);
        let y = rows.y + narrow(y);
        let height = rows.bottom().saturating_sub(y).min(narrow(tall));
        let row = Rect::new(rows.x, y, rows.width, height);
        let selected = index == ledger.index;
        let lines = match ledger.line(index) {
            Some(line) => {
                let style = queue::row_style(canvas, model, selected, Pane::Ledger);
                columns.row(canvas, line, style)
            }
            None => vec![Strip::of(canvas.style(Role::Muted), canvas.glyphs().more)],
        };
        queue::marked(canvas, model, row, selected, Pane::Ledger, &lines);
    }
}

/// The rows that are visible, each with the line on which it begins.
pub fn rows(model: &Model, area: Rect) -> Vec<(usize, usize)> {
    let (ledger, tall) = (&model.ledger, height(area));
    let rows = lists::below_heading(area, tall);
    let above = usize::from(rows.y - area.y);
    lists::place(ledger.total, ledger.index, usize::from(rows.height), |_| {
        tall
    })
    .into_iter()
    .map(|(index, y)| (index, y + above))
    .collect()
}

/// Widths of the columns that fit.
struct Columns {
    width: usize,
    seq: usize,
    who: bool,
    tall: bool,
}

impl Columns {
    fn new(area: Rect, head: u64) -> Self {
        Self {
            width: usize::from(area.width).saturating_sub(1),
            seq: head.max(1).to_string().len().max(4),
            who: area.width >= 104,
            tall: area.width < COLUMNS,
        }
    }

    fn heading(&self, canvas: &Canvas<'_>) -> Strip {
        let style = canvas.style(Role::Label);
        let words = format!(
            " {:>seq$}  {:<11}  {:<CHANGE$}  {:<KIND$}  ",
            "entry",
            "time (UTC)",
            "change",
            "kind",
            seq = self.seq
        );
        let who = if self.who {
            format!("{:<WHO$}  ", "who (via)")
        } else {
            String::new()
        };
        Strip::of(style, format!("{words}{who}what"))
    }

    fn row(&self, canvas: &Canvas<'_>, line: &Line, style: Style) -> Vec<Strip> {
        let muted = canvas.style(Role::Muted);
        let change = line.change.map(|id| id.to_string()).unwrap_or_default();
        let kind = canvas.fit(&line.kind, KIND, Cut::End);
        let head = Strip::of(muted, format!("{:>seq$}", line.seq, seq = self.seq))
            .space(2)
            .put(muted, line.at.format("%m-%d %H:%M").to_string())
            .space(2);
        if self.tall {
            let room = self.width.saturating_sub(2);
            let what = match line.change {
                Some(_) => format!("{change} {}", line.headline),
                None => line.headline.clone(),
            };
            return vec![
                head.put(kind_style(canvas, &line.kind, style), kind),
                Strip::new()
                    .space(2)
                    .put(style, canvas.cut(&what, room, Cut::End)),
            ];
        }
        let mut strip = head
            .put(muted, canvas.fit(&change, CHANGE, Cut::Middle))
            .space(2)
            .put(kind_style(canvas, &line.kind, style), kind)
            .space(2);
        if self.who {
            let who = if line.actor == line.via {
                line.actor.clone()
            } else {
                format!("{} ({})", line.actor, line.via)
            };
            strip = strip
                .put(muted, canvas.fit(&who, WHO, Cut::Middle))
                .space(2);
        }
        let room = self.width.saturating_sub(strip.width());
        vec![strip.put(style, canvas.cut(&line.headline, room, Cut::End))]
    }
}

/// What went wrong stands out; what a person decided too.
fn kind_style(canvas: &Canvas<'_>, kind: &str, row: Style) -> Style {
    let role = match kind {
        "attempt.refused" | "fix.mismatch" | "revert.failed" | "breaker.tripped" | "hold" => {
            Role::Warn
        }
        "approval" | "revert" => Role::Info,
        "alert" => Role::Ok,
        _ => return row,
    };
    row.patch(canvas.style(role))
}
