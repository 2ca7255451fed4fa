//! 2: one change as its six artifacts, in the boxes that pushes, channel and commands print too, and
//! which of them are still to come.

use ratatui::style::Style;

use super::words;
use crate::{
    domain::{Change, Safe, Severity},
    room::protocol::Reference,
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// The artifacts by the numbers that their boxes begin with.
const STEPS: [(&str, &str); 6] = [
    ("01", "Ticket"),
    ("02", "Approval"),
    ("03", "Backup"),
    ("04", "Fix"),
    ("05", "Rollback"),
    ("06", "Alert"),
];

/// Longest label before a colon; what is longer is prose.
const LONGEST_LABEL: usize = 16;

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let muted = canvas.style(Role::Muted);
    let shown = model.shown_change().map(|change| change.id);
    let id = match shown.or(model.subject) {
        Some(id) => Strip::of(muted, id.to_string()),
        None => Strip::new(),
    };
    (id, Strip::new())
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16, bare: bool) -> Vec<Strip> {
    let muted = canvas.style(Role::Muted);
    let width = usize::from(width);
    let Some(change) = model.shown_change() else {
        let words = match (&model.change_trouble, model.subject) {
            (Some(trouble), _) => {
                let error = canvas.style(Role::Error);
                let safe = Safe::line(trouble);
                return text::wrap(safe.as_str(), width)
                    .iter()
                    .map(|line| Strip::of(error, line))
                    .collect();
            }
            (None, Some(_)) => "asking the room",
            (None, None) => "No change is selected.",
        };
        return vec![Strip::new().space(1).put(muted, words)];
    };
    let framed = !bare && width >= 24;
    let mut lines = vec![summary(canvas, change)];
    for (title, body) in change.boxes() {
        if framed {
            boxed(canvas, &mut lines, title, &body, width);
        } else {
            lines.push(Strip::of(canvas.style(Role::Heading), title));
            lines.extend(body_lines(canvas, &body, width));
        }
    }
    if change.is_open() {
        lines.extend(to_come(canvas, change));
        lines.extend(behind(canvas, model, width));
    }
    lines.extend(references(canvas, model, width));
    lines
}

/// How it stands, in one line: steps, environment, severity, and the word for it.
fn summary(canvas: &Canvas<'_>, change: &Change) -> Strip {
    let ticket = &change.ticket;
    let environment = &ticket.environment;
    Strip::new()
        .space(1)
        .join(words::steps(canvas, change.stage, change.stage.step()))
        .space(1)
        .join(words::environment(
            canvas,
            &environment.name,
            environment.production,
        ))
        .space(1)
        .join(words::severity(canvas, ticket.severity))
        .space(2)
        .join(words::change_outcome(canvas, change))
}

/// What is done on this bucket once the change has closed.
fn behind(canvas: &Canvas<'_>, model: &Model, width: usize) -> Vec<Strip> {
    if model.behind.is_empty() {
        return Vec::new();
    }
    let words = format!("waiting behind it: {}", model.behind.join(", "));
    text::wrap(Safe::line(&words).as_str(), width.saturating_sub(1))
        .iter()
        .map(|line| {
            let quiet = canvas.style(Role::Muted);
            Strip::new().space(1).put(quiet, line.trim_start())
        })
        .collect()
}

/// Where to read on. An address that takes several lines is one link.
fn references(canvas: &Canvas<'_>, model: &Model, width: usize) -> Vec<Strip> {
    /// Cells of the words before an address.
    const WHAT: usize = 9;
    let mut lines = Vec::new();
    for Reference { what, address } in &model.references {
        let shown = Safe::line(address);
        let parts = text::chop(shown.as_str(), width.saturating_sub(WHAT).max(1));
        for (at, part) in parts.iter().enumerate() {
            let what = if at == 0 { what } else { "" };
            let label = Strip::of(canvas.style(Role::Label), format!(" {what:<8}"));
            lines.push(label.link(canvas.style(Role::Text), part.trim_start(), address));
        }
    }
    lines
}

fn boxed(canvas: &Canvas<'_>, lines: &mut Vec<Strip>, title: &str, body: &str, width: usize) {
    let glyphs = canvas.glyphs();
    let edge = canvas.style(Role::Border);
    let dashes = width.saturating_sub(text::width(title) + 5);
    lines.push(
        Strip::of(edge, format!("{}{} ", glyphs.top_left, glyphs.horizontal))
            .put(canvas.style(Role::Heading), title)
            .put(
                edge,
                format!(" {}{}", glyphs.horizontal.repeat(dashes), glyphs.top_right),
            ),
    );
    let inner = width.saturating_sub(3);
    for line in body_lines(canvas, body, inner) {
        let rest = inner.saturating_sub(line.width());
        lines.push(
            Strip::of(edge, format!("{} ", glyphs.vertical))
                .join(line)
                .space(rest)
                .put(edge, glyphs.vertical),
        );
    }
    let dashes = glyphs.horizontal.repeat(width.saturating_sub(2));
    lines.push(Strip::of(
        edge,
        format!("{}{dashes}{}", glyphs.bottom_left, glyphs.bottom_right),
    ));
}

/// A box's text, line by line: labels quiet, severities and statuses in their colour.
fn body_lines(canvas: &Canvas<'_>, body: &str, width: usize) -> Vec<Strip> {
    let mut lines = Vec::new();
    for line in body.split('\n') {
        let safe = Safe::line(line);
        let wrapped = text::wrap(safe.as_str(), width);
        for (at, part) in wrapped.iter().enumerate() {
            lines.push(if at == 0 {
                labelled(canvas, part)
            } else {
                Strip::of(canvas.style(Role::Text), part)
            });
        }
    }
    lines
}

fn labelled(canvas: &Canvas<'_>, line: &str) -> Strip {
    let plain = canvas.style(Role::Text);
    let Some((label, value)) = line.split_once(": ") else {
        return Strip::of(plain, line);
    };
    let words = |c: char| c.is_ascii_lowercase() || c == ' ' || c == 'T' || c == 'L';
    if label.len() > LONGEST_LABEL || label.starts_with(' ') || !label.chars().all(words) {
        return Strip::of(plain, line);
    }
    Strip::of(canvas.style(Role::Label), format!("{label}: "))
        .put(value_style(canvas, label, value), value)
}

fn value_style(canvas: &Canvas<'_>, label: &str, value: &str) -> Style {
    let severity = Severity::ALL
        .into_iter()
        .find(|severity| severity.word() == value);
    let role = match (label, value, severity) {
        ("severity", _, Some(Severity::Critical)) => Role::Critical,
        ("severity", _, Some(Severity::High)) => Role::High,
        ("severity", _, Some(Severity::Medium)) => Role::Medium,
        ("severity", _, Some(Severity::Low)) => Role::Low,
        ("status", "applied" | "found-applied", _) => Role::Ok,
        ("status" | "cause", _, _) => Role::Warn,
        _ => Role::Text,
    };
    canvas.style(role)
}

/// The artifacts that are not there yet, each on one quiet line.
fn to_come(canvas: &Canvas<'_>, change: &Change) -> Vec<Strip> {
    let there = change.boxes();
    let by_hand = change.ticket.plan().is_none();
    let missing = STEPS.iter().filter(|(number, _)| {
        // Nothing is backed up, written or put back where a person does it.
        if by_hand && !matches!(*number, "01" | "02" | "06") {
            return false;
        }
        let title = there.iter().find(|(title, _)| title.starts_with(number));
        title.is_none()
    });
    missing
        .map(|(number, name)| {
            Strip::new()
                .space(1)
                .put(canvas.style(Role::StepToCome), canvas.glyphs().step_to_come)
                .space(1)
                .put(canvas.style(Role::Muted), format!("{number} {name}"))
        })
        .collect()
}
