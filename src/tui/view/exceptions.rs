//! What rules leave alone for a while: first and loudest what waits for another person's yes, then what
//! is in force, the first to end on top.

use std::ops::Range;

use ratatui::layout::Rect;

use super::{
    entry::field,
    words::{lasting, said},
};
use crate::{
    domain::{Right, Stamp, time},
    tui::{
        keymap::Action,
        model::Model,
        paint::{Canvas, Strip},
        state::Exempt,
        text::Cut,
        theme::Role,
    },
};

/// Cells of the labels' column.
const LABEL: usize = 11;

/// How the sheet is laid out.
pub struct Listing {
    /// The lines of each exception, the heading above the first of a kind with it.
    pub blocks: Vec<Range<usize>>,
    /// Lines of one screenful.
    pub page: usize,
    /// The first line that is visible, so that the selected exception is.
    pub scroll: usize,
}

pub fn exceptions(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    listed(canvas, model, width).0
}

pub fn listing(canvas: &Canvas<'_>, model: &Model, inner: Rect) -> Listing {
    let (_, blocks) = listed(canvas, model, inner.width);
    let page = usize::from(inner.height);
    let scroll = match blocks.get(model.exempts.index()) {
        Some(block) => {
            let last = block.end.saturating_sub(page);
            let (low, high) = (last.min(block.start), last.max(block.start));
            model.sheet_scroll.clamp(low, high)
        }
        None => 0,
    };
    Listing {
        blocks,
        page,
        scroll,
    }
}

fn listed(canvas: &Canvas<'_>, model: &Model, width: u16) -> (Vec<Strip>, Vec<Range<usize>>) {
    let width = usize::from(width);
    let exempts = &model.exempts;
    if !exempts.loaded {
        return (said(canvas, "asking the room", width), Vec::new());
    }
    let rows = exempts.rows();
    if rows.is_empty() {
        return (none(canvas, model, width), Vec::new());
    }
    let (mut lines, mut blocks) = (Vec::new(), Vec::new());
    let waiting = rows.iter().filter(|row| waits(row)).count();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            lines.push(Strip::new());
        }
        let start = lines.len();
        let heading = match row {
            Exempt::Asked(_) => (Role::Warn, "Waiting for another person's yes", waiting),
            Exempt::Open { .. } => (Role::Heading, "In force", rows.len() - waiting),
        };
        if at == 0 || at == waiting {
            let (role, words, count) = heading;
            let words = format!("{words} ({count})");
            lines.push(Strip::of(
                canvas.style(role),
                canvas.cut(&words, width, Cut::End),
            ));
        }
        let selected = at == exempts.index();
        lines.extend(one(canvas, model, row, selected, width));
        blocks.push(start..lines.len());
    }
    (lines, blocks)
}

const fn waits(row: &Exempt) -> bool {
    matches!(row, Exempt::Asked(_))
}

/// Nothing is exempt, and how something would be.
fn none(canvas: &Canvas<'_>, model: &Model, width: usize) -> Vec<Strip> {
    let mut words = "No rule is exempt on any bucket.".to_owned();
    if model.may(Right::Except) {
        let key = model.keys.key(Action::AskException);
        words += &format!(" {key} on a change asks for that.");
    }
    said(canvas, &words, width)
}

fn one(
    canvas: &Canvas<'_>,
    model: &Model,
    row: &Exempt,
    selected: bool,
    width: usize,
) -> Vec<Strip> {
    let exception = row.exception();
    let marker = if selected {
        Strip::of(canvas.style(Role::Marker), canvas.glyphs().marker)
    } else {
        Strip::new().space(1)
    };
    let width = width.saturating_sub(1);
    let (role, state) = match row {
        Exempt::Asked(_) => (Role::Warn, "waits"),
        Exempt::Open { soon: true, .. } => (Role::Warn, "ends soon"),
        Exempt::Open { soon: false, .. } => (Role::Info, "exempt"),
    };
    let name = if selected {
        Role::Selection
    } else {
        Role::Title
    };
    let room = width.saturating_sub(state.len() + 2);
    let head = Strip::of(
        canvas.style(name),
        canvas.fit(&exception.asset.label(), room, Cut::Middle),
    );
    let mut lines = vec![head.space(2).put(canvas.style(role), state)];
    for (label, value) in facts(row, model.utc()) {
        let label = format!(" {label}");
        lines.extend(field(canvas, &label, &value, width, LABEL));
    }
    lines
        .into_iter()
        .map(|line| marker.clone().join(line))
        .collect()
}

/// What there is to know about an exception, what matters most first.
pub(super) fn facts(row: &Exempt, now: Option<Stamp>) -> Vec<(&'static str, String)> {
    let exception = row.exception();
    let until = ("until", lasting(exception.until, now));
    let rule = ("rule", exception.rule.clone());
    let reason = ("reason", exception.reason.to_string());
    let owner = exception.owner.clone().map(|owner| ("owner", owner));
    let by = exception.by.as_ref();
    match row {
        Exempt::Asked(asked) => {
            let at = time::to_day(asked.at);
            let by = by.map_or(at.clone(), |by| format!("{by}, {at}"));
            let first = [rule, ("asked by", by), reason].into_iter();
            first.chain(owner).chain([until]).collect()
        }
        Exempt::Open { .. } => {
            let by = by.map(|by| ("by", by.to_string()));
            let approved = exception.approved_by.as_ref();
            let approved = approved.map(|by| ("approved", format!("by {by}")));
            let first = [rule, until, reason].into_iter();
            first.chain(owner).chain(by).chain(approved).collect()
        }
    }
}
