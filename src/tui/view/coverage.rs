//! 6: how much of each framework the rules cover, and how the buckets stand by it; and the controls
//! of one framework, as a sheet.

use ratatui::{layout::Rect, style::Style};

use super::{lists, queue};
use crate::{
    domain::Tally,
    room::protocol::{ControlScore, Score},
    tui::{
        model::{Model, Pane},
        paint::{Canvas, Strip},
        text::{self, Cut, narrow},
        theme::Role,
    },
};

/// Cells of a framework's name, of its bar, and of what is readable.
const LABEL: usize = 15;
const BAR: usize = 10;
const READABLE: usize = 21;

/// From here on a row is one line; with less, what is readable stands below.
const COLUMNS: u16 = 70;

/// Lines of one row.
pub fn height(area: Rect) -> usize {
    if area.width < COLUMNS { 2 } else { 1 }
}

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let scores = &model.coverage.scores;
    let words = if model.coverage.loaded {
        format!("{} frameworks", scores.len())
    } else {
        String::new()
    };
    (Strip::new(), Strip::of(canvas.style(Role::Muted), words))
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let coverage = &model.coverage;
    if coverage.scores.is_empty() {
        let words = if coverage.loaded {
            "No rule stands for a framework's control."
        } else {
            "asking the room"
        };
        let strip = Strip::new().space(1).put(canvas.style(Role::Muted), words);
        canvas.lines(area, [&strip]);
        return;
    }
    let tall = height(area);
    let rows = lists::below_heading(area, tall);
    if rows.y > area.y {
        canvas.lines(area, [&heading(canvas)]);
    }
    for (index, y) in self::rows(model, area) {
        let y = y - usize::from(rows.y - area.y);
        let y = rows.y + narrow(y);
        let height = rows.bottom().saturating_sub(y).min(narrow(tall));
        let row = Rect::new(rows.x, y, rows.width, height);
        let selected = index == coverage.index;
        if let Some(score) = coverage.scores.get(index) {
            let style = queue::row_style(canvas, model, selected, Pane::Coverage);
            let width = usize::from(area.width).saturating_sub(1);
            let lines = if tall == 1 {
                vec![wide(canvas, score, width, style)]
            } else {
                narrow_row(canvas, score, width, style)
            };
            queue::marked(canvas, model, row, selected, Pane::Coverage, &lines);
        }
    }
}

/// The rows that are visible, each with the line on which it begins.
pub fn rows(model: &Model, area: Rect) -> Vec<(usize, usize)> {
    let (coverage, tall) = (&model.coverage, height(area));
    let rows = lists::below_heading(area, tall);
    let above = usize::from(rows.y - area.y);
    lists::place(
        coverage.scores.len(),
        coverage.index,
        usize::from(rows.height),
        |_| tall,
    )
    .into_iter()
    .map(|(index, y)| (index, y + above))
    .collect()
}

fn heading(canvas: &Canvas<'_>) -> Strip {
    let words = format!(
        " {:<LABEL$}  {:<bar$}  {:<READABLE$}  buckets",
        "framework",
        "compliant",
        "of buckets",
        bar = BAR + 5
    );
    Strip::of(canvas.style(Role::Label), words)
}

/// The bar and the figure that it stands for. Nothing is drawn where no bucket is concerned.
pub(super) fn bar(canvas: &Canvas<'_>, buckets: &Tally) -> Strip {
    let Some(percent) = buckets.percent() else {
        let words = format!("{:<width$}", "no bucket", width = BAR + 5);
        return Strip::of(canvas.style(Role::Muted), words);
    };
    let glyphs = canvas.glyphs();
    let full = (percent * BAR / 100).min(BAR);
    let role = if percent == 100 { Role::Ok } else { Role::Text };
    Strip::of(canvas.style(Role::Progress), glyphs.bar_full.repeat(full))
        .put(
            canvas.style(Role::ProgressRest),
            glyphs.bar_rest.repeat(BAR - full),
        )
        .put(canvas.style(role), format!(" {percent:>3}%"))
}

pub(super) fn readable(canvas: &Canvas<'_>, buckets: &Tally) -> Strip {
    let role = if buckets.readable < buckets.total() {
        Role::Warn
    } else {
        Role::Muted
    };
    Strip::of(canvas.style(role), buckets.readable_words())
}

/// How many buckets stand how, the worst first, on as many lines as that takes; what there is none of
/// is left out.
pub(super) fn counts(canvas: &Canvas<'_>, buckets: &Tally, width: usize) -> Vec<Strip> {
    let mut lines = vec![Strip::new()];
    for (count, word, role) in [
        (buckets.violating, "violating", Role::Warn),
        (buckets.unknown, "unknown", Role::Warn),
        (buckets.exempt, "exempt", Role::Info),
        (buckets.compliant, "compliant", Role::Ok),
        (buckets.skipped, "skipped", Role::Muted),
    ] {
        if count == 0 {
            continue;
        }
        let part = Strip::of(canvas.style(role), format!("{count} {word}"));
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = part,
            Some(line) if line.width() + 2 + part.width() <= width => {
                *line = line.clone().space(2).join(part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn wide(canvas: &Canvas<'_>, score: &Score, width: usize, style: Style) -> Strip {
    let shown = readable(canvas, &score.buckets);
    let gap = READABLE.saturating_sub(shown.width());
    let line = Strip::of(style, canvas.fit(&score.label, LABEL, Cut::End))
        .space(2)
        .join(bar(canvas, &score.buckets))
        .space(2)
        .join(shown)
        .space(gap + 2);
    // What has no room is what weighs least.
    let room = width.saturating_sub(line.width());
    let line = line.join(counts(canvas, &score.buckets, room).swap_remove(0));
    let covered = format!("{} of {} controls", score.covered, score.controls);
    // The controls stand at the right end, where there is room for them.
    let rest = width.saturating_sub(line.width());
    if rest >= covered.len() + 2 {
        let covered_style = canvas.style(Role::Muted);
        return line.space(rest - covered.len()).put(covered_style, covered);
    }
    line
}

fn narrow_row(canvas: &Canvas<'_>, score: &Score, width: usize, style: Style) -> Vec<Strip> {
    let first = Strip::of(style, canvas.fit(&score.label, LABEL, Cut::End))
        .space(1)
        .join(bar(canvas, &score.buckets));
    let covered = format!("{} of {}", score.covered, score.controls);
    let rest = width.saturating_sub(first.width());
    let first = if rest > covered.len() {
        first
            .space(rest - covered.len())
            .put(canvas.style(Role::Muted), covered)
    } else {
        first
    };
    let second = Strip::new()
        .space(2)
        .join(readable(canvas, &score.buckets))
        .space(2)
        .join(worst(canvas, &score.buckets));
    vec![first, second]
}

/// What stands out where there is no room for every count.
fn worst(canvas: &Canvas<'_>, buckets: &Tally) -> Strip {
    let (count, word) = match buckets {
        Tally { violating: 1.., .. } => (buckets.violating, "violating"),
        Tally { unknown: 1.., .. } => (buckets.unknown, "unknown"),
        Tally { exempt: 1.., .. } => (buckets.exempt, "exempt"),
        _ => return Strip::new(),
    };
    Strip::of(canvas.style(Role::Warn), format!("{count} {word}"))
}

pub fn sheet_title(model: &Model) -> String {
    let score = model.coverage.open_score();
    score.map_or_else(|| "Controls".to_owned(), |score| score.label.clone())
}

/// The sheet: the framework, then each control with the rules that cover it, or why none does.
pub fn controls(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let muted = canvas.style(Role::Muted);
    let mut lines = Vec::new();
    if let Some(score) = model.coverage.open_score() {
        let about = format!(
            "{}: {} of {} controls that concern S3 are covered, by {} rules",
            score.title, score.covered, score.controls, score.rules
        );
        lines.extend(wrapped(&about, width, 0, canvas.style(Role::Text)));
        lines.push(
            bar(canvas, &score.buckets)
                .space(2)
                .join(readable(canvas, &score.buckets)),
        );
        lines.extend(counts(canvas, &score.buckets, width));
    }
    let Some(page) = &model.coverage.controls else {
        lines.push(Strip::of(muted, "asking the room"));
        return lines;
    };
    for control in &page.items {
        lines.push(Strip::new());
        lines.extend(one(canvas, control, width));
    }
    let more = page.total.saturating_sub(page.items.len());
    if more > 0 {
        lines.push(Strip::of(muted, format!("and {more} more")));
    }
    lines
}

fn one(canvas: &Canvas<'_>, control: &ControlScore, width: usize) -> Vec<Strip> {
    let name = Strip::of(canvas.style(Role::Title), &control.id);
    if control.rules.is_empty() {
        let head = name.space(2).put(canvas.style(Role::Warn), "not covered");
        let why = control.why_not.join("; ");
        let mut lines = vec![head];
        lines.extend(wrapped(&why, width, 2, canvas.style(Role::Muted)));
        return lines;
    }
    let beside = counts(
        canvas,
        &control.buckets,
        width.saturating_sub(name.width() + 2),
    );
    let mut lines = if let [all] = beside.as_slice() {
        vec![name.space(2).join(all.clone())]
    } else {
        let below = counts(canvas, &control.buckets, width.saturating_sub(2));
        let below = below
            .into_iter()
            .map(|line| Strip::new().space(2).join(line));
        std::iter::once(name).chain(below).collect()
    };
    let rules: Vec<String> = control
        .rules
        .iter()
        .map(|rule| {
            if control.manual.contains(rule) {
                format!("{rule} (by hand)")
            } else {
                rule.clone()
            }
        })
        .collect();
    let rules = rules.join(", ");
    lines.extend(wrapped(&rules, width, 2, canvas.style(Role::Text)));
    lines
}

fn wrapped(words: &str, width: usize, indent: usize, style: Style) -> Vec<Strip> {
    text::wrap(words, width.saturating_sub(indent))
        .iter()
        .map(|line| Strip::new().space(indent).put(style, line.trim_start()))
        .collect()
}
