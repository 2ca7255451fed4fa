//! 1: every change, what needs a person first.

use ratatui::{layout::Rect, style::Style};

use super::{lists, words};
use crate::{
    domain::Stage,
    room::protocol::{Arrangement, Grouping, Order, Row},
    tui::{
        keymap::Action,
        model::{Model, Pane},
        paint::{Canvas, Strip},
        text::{self, Cut, narrow},
        theme::Role,
    },
};

/// Cells of the environment's column on a narrow list: a badge of up to seven letters and its edges.
const ENVIRONMENT: usize = 9;

/// A screen with fewer rows is low.
const LOW: u16 = 14;

/// Rows are two lines high, and one where the screen is low.
pub fn height(model: &Model, _inner: Rect) -> usize {
    if model.size.1 < LOW { 1 } else { 2 }
}

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let muted = canvas.style(Role::Muted);
    let filter = if model.queue_filter.is_empty() {
        Strip::new()
    } else {
        Strip::of(canvas.style(Role::Warn), format!("/{}", model.queue_filter))
    };
    let filter = match arranged(model) {
        words if words.is_empty() => filter,
        words => filter
            .space(usize::from(!model.queue_filter.is_empty()))
            .put(canvas.style(Role::Warn), words),
    };
    let open = model.status.as_ref().map(|status| status.open);
    let count = match open {
        _ if !model.queue.loaded => String::new(),
        Some(open) if model.queue_filter.is_empty() => {
            format!("{open} open of {}", model.queue.total)
        }
        _ if model.unsearched > 0 => {
            let (found, left) = (model.queue.total, model.unsearched);
            format!("{found} found, {left} to look at")
        }
        _ => format!("{} found", model.queue.total),
    };
    (filter, Strip::of(muted, count))
}

/// The order and the headings, where they are not those of the start.
fn arranged(model: &Model) -> String {
    let Arrangement { order, grouping } = model.arrangement;
    let order = match order {
        Order::Urgency => String::new(),
        order => format!("by {}", order.words()),
    };
    let grouping = match grouping {
        Grouping::Stage => String::new(),
        Grouping::None => "ungrouped".to_owned(),
        grouping => format!("per {}", grouping.words()),
    };
    let gap = if order.is_empty() || grouping.is_empty() {
        ""
    } else {
        " "
    };
    order + gap + &grouping
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let list = &model.queue;
    if list.total == 0 {
        canvas.lines(area, &empty(canvas, model, area.width));
        return;
    }
    let tall = height(model, area);
    for (index, y) in rows(model, area) {
        let mut y = area.y + narrow(y);
        if heads(model, index) && y < area.bottom() {
            let words = section(model, index).unwrap_or_default();
            let strip = Strip::of(canvas.style(Role::Heading), words);
            canvas.line(area.x, y, area.width, &strip);
            y += 1;
        }
        let room = area.bottom().saturating_sub(y).min(narrow(tall));
        let row_area = Rect::new(area.x, y, area.width, room);
        if let Some(row) = list.get(index) {
            draw_row(canvas, model, row, row_area);
        } else {
            let waiting = Strip::of(canvas.style(Role::Muted), canvas.glyphs().more);
            canvas.lines(row_area, [&waiting]);
        }
    }
}

/// The rows that are visible, each with the line on which it or its heading begins.
pub fn rows(model: &Model, area: Rect) -> Vec<(usize, usize)> {
    let (list, tall) = (&model.queue, height(model, area));
    lists::place(list.total, list.index, usize::from(area.height), |index| {
        tall + usize::from(heads(model, index))
    })
}

/// The heading that a row belongs under.
fn section(model: &Model, index: usize) -> Option<String> {
    let mode = model.status.as_ref().map(|status| status.mode.as_str());
    let row = model.queue.get(index)?;
    let words = words::heading(row, index, model.arrangement, mode == Some("observe"));
    (!words.is_empty()).then_some(words)
}

/// Whether a row is the first one under its heading.
fn heads(model: &Model, index: usize) -> bool {
    // Where rows have one line there is no room for headings.
    if model.size.1 < LOW {
        return false;
    }
    let here = section(model, index);
    let before = |index: usize| model.queue.get(index).is_some() && section(model, index) != here;
    here.is_some() && index.checked_sub(1).is_none_or(before)
}

fn draw_row(canvas: &mut Canvas<'_>, model: &Model, row: &Row, area: Rect) {
    let selected = model.subject == Some(row.id);
    let style = row_style(canvas, model, selected, Pane::Queue);
    let width = usize::from(area.width);
    let lines = if height(model, area) == 1 {
        vec![low_row(canvas, row, width - 1, style)]
    } else {
        vec![
            words::headline(canvas, &row.bucket, row.severity, width - 1, style),
            below(canvas, row, width - 1),
        ]
    };
    marked(canvas, model, area, selected, Pane::Queue, &lines);
}

/// The second line of a row: steps, environment, how it stands, and what is wrong. Where that is too
/// much, what the heading above says anyway goes first, so that what is wrong can be read.
fn below(canvas: &Canvas<'_>, row: &Row, width: usize) -> Strip {
    /// From here on there is room for everything.
    const WIDE: usize = 54;
    /// Of a violation; fewer cells say nothing.
    const SHORTEST: usize = 9;
    let wide = width >= WIDE;
    let waits = matches!(row.stage, Stage::AwaitingApproval | Stage::ByHand);
    let runs = !matches!(
        row.stage,
        Stage::AwaitingApproval | Stage::Expired | Stage::ByHand | Stage::Halted | Stage::Closed
    );
    let mut line = Strip::new();
    if wide || runs {
        line = line
            .join(words::steps(canvas, row.stage, row.step))
            .space(1);
    }
    let column = if wide { 14 } else { ENVIRONMENT };
    line = line.join(words::environment_column(
        canvas,
        &row.environment,
        row.production,
        column,
    ));
    let muted = canvas.style(Role::Muted);
    let (mut gap, mut style) = (Strip::new(), canvas.style(Role::Text));
    if !waits && (wide || row.stage != Stage::Halted) {
        line = line.join(words::outcome(canvas, &row.word, row.stage));
        gap = Strip::of(muted, format!(" {} ", canvas.glyphs().dot));
        style = muted;
    }
    let room = width.saturating_sub(line.width() + gap.width());
    if room < SHORTEST && !gap.is_empty() {
        return line;
    }
    let violation = canvas.cut(&row.violation, room, Cut::End);
    line.join(gap).put(style, violation)
}

/// A row of one line. What is narrower than all its columns keeps bucket and environment longest.
fn low_row(canvas: &Canvas<'_>, row: &Row, width: usize, style: Style) -> Strip {
    let environment =
        words::environment_column(canvas, &row.environment, row.production, ENVIRONMENT);
    let room = width.saturating_sub(ENVIRONMENT);
    if width < 30 {
        return environment.put(style, canvas.cut(&row.bucket, room, Cut::Middle));
    }
    let steps = if width < 40 {
        Strip::new()
    } else {
        words::steps(canvas, row.stage, row.step).space(1)
    };
    let room = room.saturating_sub(steps.width());
    steps.join(environment).join(words::headline(
        canvas,
        &row.bucket,
        row.severity,
        room,
        style,
    ))
}

pub fn row_style(canvas: &Canvas<'_>, model: &Model, selected: bool, pane: Pane) -> Style {
    match (selected, model.pane == pane) {
        (true, true) => canvas.style(Role::Selection),
        (true, false) => canvas.style(Role::SelectionInactive),
        _ => canvas.style(Role::Text),
    }
}

/// A row's lines behind the marker that a selected one has.
pub fn marked(
    canvas: &mut Canvas<'_>,
    model: &Model,
    area: Rect,
    selected: bool,
    pane: Pane,
    lines: &[Strip],
) {
    let role = if model.pane == pane {
        Role::Marker
    } else {
        Role::MarkerInactive
    };
    let marker = if selected {
        Strip::of(canvas.style(role), canvas.glyphs().marker)
    } else {
        Strip::new().space(1)
    };
    let strips: Vec<_> = lines
        .iter()
        .map(|line| marker.clone().join(line.clone()))
        .collect();
    canvas.lines(area, &strips);
}

fn empty(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let scanner = model.status.as_ref().map(|status| &status.scanner);
    let through = scanner.is_some_and(|scanner| scanner.last_full_pass.is_some());
    let unknown = scanner.map_or(0, |scanner| scanner.unknown);
    let words = if !model.queue.loaded {
        "asking the room".to_owned()
    } else if model.unsearched > 0 {
        let left = model.unsearched;
        format!("No change matches so far; {left} are to be looked at.")
    } else if !model.queue_filter.is_empty() {
        "No change matches. Esc clears the filter.".to_owned()
    } else if !through {
        "No changes yet: the first pass is not through.".to_owned()
    } else if unknown > 0 {
        format!(
            "No changes: no violation was found. {unknown} could not be judged ({} says why).",
            model.keys.key(Action::Unknowns)
        )
    } else {
        "No changes: the last full pass found no violation.".to_owned()
    };
    text::wrap(&words, usize::from(width).saturating_sub(2))
        .iter()
        .map(|line| {
            Strip::new()
                .space(1)
                .put(canvas.style(Role::Muted), line.trim_start())
        })
        .collect()
}
