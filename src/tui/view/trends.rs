//! The sheet for whoever would rather look than read: open violations by severity over time, how long
//! they took to close, the pace of the scan, and how the accounts stand. Every chart has its figures
//! beside it.

use super::{
    chart, coverage,
    words::{self, said},
};
use crate::{
    domain::{BySeverity, Severity, Stamp},
    room::protocol::{RATE_STEP, Span, Step, Trends},
    tui::{
        keymap::Action,
        model::Model,
        paint::{Canvas, Strip},
        text::Cut,
        theme::Role,
    },
};

/// Cells of the words before a chart, and of the figures behind it.
const LABEL: usize = 13;
const FIGURES: usize = 14;
/// Lines of the chart of all severities together.
const TALL: usize = 4;
/// From here on an account is one line.
const WIDE: usize = 76;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let Some(trends) = model.trends.as_deref().filter(|it| it.span == model.span) else {
        return said(canvas, "asking the room", width);
    };
    let next = format!(
        "{} shows {}",
        model.keys.key(Action::Trends),
        model.span.next().words()
    );
    let mut lines = said(canvas, &next, width);
    lines.push(Strip::new());
    let waiting = model.status.as_ref().map_or(0, |it| it.scanner.waiting);
    lines.extend(open(canvas, trends, waiting, width));
    lines.push(Strip::new());
    lines.extend(took(canvas, trends, width));
    lines.push(Strip::new());
    lines.extend(rate(canvas, trends, width));
    lines.push(Strip::new());
    lines.extend(accounts(canvas, trends, width));
    lines
}

fn heading(canvas: &Canvas<'_>, words: &str) -> Strip {
    Strip::of(canvas.style(Role::Heading), words)
}

fn label(canvas: &Canvas<'_>, words: &str) -> Strip {
    Strip::of(canvas.style(Role::Label), format!("{words:<LABEL$}"))
}

/// Cells that a chart may take.
const fn room(width: usize) -> usize {
    width.saturating_sub(LABEL + FIGURES)
}

/// The latest value and the highest one.
fn figures(canvas: &Canvas<'_>, values: &[u64]) -> Strip {
    let now = values.last().copied().unwrap_or_default();
    let most = values.iter().copied().max().unwrap_or_default();
    let now = Strip::of(canvas.style(Role::Text), format!(" {now} now"));
    now.put(canvas.style(Role::Muted), format!(", top {most}"))
}

/// One line: what it is of, its columns, its figures.
fn row(canvas: &Canvas<'_>, of: Strip, values: &[u64], role: Role, width: usize) -> Strip {
    let columns = chart::columns(canvas, values, 1, room(width), role);
    let line = columns.into_iter().fold(of, Strip::join);
    line.join(figures(canvas, values))
}

fn open(canvas: &Canvas<'_>, trends: &Trends, waiting: usize, width: usize) -> Vec<Strip> {
    let by = |of: &dyn Fn(&BySeverity) -> u64| -> Vec<u64> {
        trends.steps.iter().map(|step| of(&step.open)).collect()
    };
    let mut lines = vec![heading(canvas, "Open violations")];
    let all = by(&BySeverity::total);
    let mut chart = chart::columns(canvas, &all, TALL, room(width), Role::Progress);
    let bottom = chart.pop().unwrap_or_default();
    lines.extend(
        chart
            .into_iter()
            .map(|columns| label(canvas, "").join(columns)),
    );
    let bottom = label(canvas, "all").join(bottom);
    lines.push(bottom.join(figures(canvas, &all)));
    for severity in Severity::ALL {
        let word = words::severity(canvas, severity);
        let rest = LABEL.saturating_sub(word.width());
        let values = by(&|open: &BySeverity| open.of(severity));
        let role = words::severity_role(severity);
        lines.push(row(canvas, word.space(rest), &values, role, width));
    }
    lines.push(axis(canvas, trends, width));
    let sum = |of: fn(&Step) -> u64| trends.steps.iter().map(of).sum::<u64>();
    let (opened, closed) = (sum(|step| step.opened), sum(|step| step.closed));
    let told = format!(
        "{opened} opened and {closed} closed in {}. Each row is drawn to its own top.",
        trends.span.words()
    );
    // They have no ticket yet, so nobody knows since when.
    let more = match waiting {
        0 => String::new(),
        1 => " 1 more waits for its turn and is not drawn.".to_owned(),
        waiting => format!(" {waiting} more wait for their turn and are not drawn."),
    };
    let told = told + &more;
    lines.extend(said(canvas, &told, width));
    lines
}

/// The times of the first and of the middle column; the last one is now.
fn axis(canvas: &Canvas<'_>, trends: &Trends, width: usize) -> Strip {
    let (step, count) = trends.span.steps();
    let cells = chart::width(count, room(width));
    let time = |at: Stamp| {
        let format = match trends.span {
            Span::Hour | Span::Day => "%H:%M",
            Span::Week | Span::Month => "%b %d",
        };
        at.format(format).to_string()
    };
    let half = i32::try_from(count / 2).unwrap_or_default();
    let (first, middle) = (time(trends.from), time(trends.from + step * half));
    let mut text = first;
    if cells >= 4 * text.len() {
        text = format!("{text:<half$}{middle}", half = cells / 2);
    }
    let text = format!("{text:<before$}now", before = cells.saturating_sub(3));
    Strip::new()
        .space(LABEL)
        .put(canvas.style(Role::Muted), text)
}

fn took(canvas: &Canvas<'_>, trends: &Trends, width: usize) -> Vec<Strip> {
    let mut lines = vec![heading(canvas, "From detection to closed")];
    let took = &trends.took;
    let classes: Vec<_> = took.classes().collect();
    let (Some(first), Some(last)) = (
        classes.iter().position(|(_, number)| *number > 0),
        classes.iter().rposition(|(_, number)| *number > 0),
    ) else {
        let told = format!("Nothing closed in {}.", trends.span.words());
        lines.extend(said(canvas, &told, width));
        return lines;
    };
    let most = classes.iter().map(|(_, number)| *number).max();
    for (class, number) in &classes[first..=last] {
        let bar = chart::bar(canvas, *number, most.unwrap_or_default(), room(width));
        let figure = Strip::of(canvas.style(Role::Text), format!(" {number}"));
        lines.push(label(canvas, &class.to_string()).join(bar).join(figure));
    }
    let told = match (took.within(1, 2), took.within(9, 10)) {
        (Some(half), Some(most)) if half != most => {
            format!("Half took {half}, nine of ten {most}.")
        }
        (Some(both), _) => format!("Nine of ten took {both}."),
        (None, _) => String::new(),
    };
    lines.extend(said(canvas, &told, width));
    lines
}

fn rate(canvas: &Canvas<'_>, trends: &Trends, width: usize) -> Vec<Strip> {
    let values: Vec<u64> = trends.rates.iter().copied().map(u64::from).collect();
    let minutes = (values.len() as u64 * RATE_STEP).div_ceil(60);
    let of = label(canvas, &format!("last {minutes} min"));
    vec![
        heading(canvas, "Requests a second"),
        row(canvas, of, &values, Role::Progress, width),
    ]
}

fn accounts(canvas: &Canvas<'_>, trends: &Trends, width: usize) -> Vec<Strip> {
    let mut lines = vec![heading(canvas, "Accounts")];
    if trends.accounts.is_empty() {
        lines.extend(said(canvas, "No account was scanned yet.", width));
    }
    for score in &trends.accounts {
        let name = canvas.fit(&score.account, LABEL - 1, Cut::Middle);
        let line = Strip::of(canvas.style(Role::Text), name)
            .space(1)
            .join(coverage::bar(canvas, &score.buckets))
            .space(2)
            .join(coverage::readable(canvas, &score.buckets));
        let left = width.saturating_sub(line.width() + 2);
        if width >= WIDE {
            let mut counts = coverage::counts(canvas, &score.buckets, left).into_iter();
            lines.push(line.space(2).join(counts.next().unwrap_or_default()));
            let indent = width.saturating_sub(left);
            lines.extend(counts.map(|more| Strip::new().space(indent).join(more)));
        } else {
            lines.push(line);
            let counts = coverage::counts(canvas, &score.buckets, width.saturating_sub(2));
            lines.extend(
                counts
                    .into_iter()
                    .map(|more| Strip::new().space(2).join(more)),
            );
        }
    }
    lines
}
