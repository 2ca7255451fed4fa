//! 4: what a fix changes in the setting, and where the state before is kept.

use crate::{
    domain::Safe,
    room::protocol::{Diff, DiffLine, Sign},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

pub fn title(canvas: &Canvas<'_>, model: &Model) -> (Strip, Strip) {
    let muted = canvas.style(Role::Muted);
    match &model.diff {
        Some(diff) => {
            let count = |sign| diff.lines.iter().filter(|line| line.sign == sign).count();
            let right = Strip::of(
                canvas.style(Role::DiffRemove),
                format!("-{}", count(Sign::Remove)),
            )
            .space(1)
            .put(
                canvas.style(Role::DiffAdd),
                format!("+{}", count(Sign::Add)),
            );
            (Strip::of(muted, &diff.setting), right)
        }
        None => (Strip::new(), Strip::new()),
    }
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let muted = canvas.style(Role::Muted);
    let width = usize::from(width);
    let Some(diff) = &model.diff else {
        let (role, words) = match (&model.diff_trouble, model.subject) {
            (Some(trouble), _) => (Role::Error, trouble.as_str()),
            (None, Some(_)) => (Role::Muted, "asking the room"),
            (None, None) => (Role::Muted, "No change is selected."),
        };
        let safe = Safe::line(words);
        return text::wrap(safe.as_str(), width.saturating_sub(1))
            .iter()
            .map(|line| Strip::new().space(1).put(canvas.style(role), line))
            .collect();
    };
    let width = width.saturating_sub(1);
    let backup = match &diff.backup {
        Some(place) => format!("backup: {place}"),
        None => "backup: none yet; it is taken before anything is written".to_owned(),
    };
    let safe = Safe::line(&backup);
    let mut lines: Vec<_> = text::wrap(safe.as_str(), width)
        .iter()
        .map(|line| Strip::of(muted, line))
        .collect();
    lines.push(
        Strip::of(canvas.style(Role::DiffRemove), "- before")
            .space(2)
            .put(canvas.style(Role::DiffAdd), "+ target"),
    );
    lines.push(Strip::new());
    lines.extend(changes(canvas, &diff.lines, width, false));
    lines
        .into_iter()
        .map(|line| Strip::new().space(1).join(line))
        .collect()
}

/// What changes, with a little of what is around it, for where room is short.
pub fn hunks(canvas: &Canvas<'_>, diff: &Diff, width: usize, backwards: bool) -> Vec<Strip> {
    /// Equal lines that are kept beside a change.
    const AROUND: usize = 2;
    let changed = |at: usize| {
        diff.lines
            .get(at)
            .is_some_and(|line| line.sign != Sign::Same)
    };
    let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
    let mut strips = Vec::new();
    let mut at = 0;
    while at < diff.lines.len() {
        let shown = near(at);
        let end = (at..diff.lines.len())
            .find(|next| near(*next) != shown)
            .unwrap_or(diff.lines.len());
        let run = diff.lines.get(at..end).unwrap_or_default();
        if shown || run.len() == 1 {
            strips.extend(changes(canvas, run, width, backwards));
        } else {
            let words = format!("  {} {} equal lines", canvas.glyphs().more, run.len());
            strips.push(Strip::of(canvas.style(Role::Muted), words));
        }
        at = end;
    }
    strips
}

/// The lines of a diff with their signs; `backwards` is how a revert reads it.
pub fn changes(
    canvas: &Canvas<'_>,
    diff: &[DiffLine],
    width: usize,
    backwards: bool,
) -> Vec<Strip> {
    let mut lines = Vec::new();
    for line in diff {
        let sign = match (line.sign, backwards) {
            (Sign::Add, true) => Sign::Remove,
            (Sign::Remove, true) => Sign::Add,
            (sign, _) => sign,
        };
        let (role, mark) = match sign {
            Sign::Same => (Role::DiffSame, "  "),
            Sign::Add => (Role::DiffAdd, "+ "),
            Sign::Remove => (Role::DiffRemove, "- "),
        };
        let safe = Safe::line(line.text.trim_end_matches('\n'));
        let wrapped = text::chop(safe.as_str(), width.saturating_sub(2));
        for (at, part) in wrapped.iter().enumerate() {
            let mark = if at == 0 { mark } else { "  " };
            lines.push(Strip::of(canvas.style(role), mark).put(canvas.style(role), part));
        }
    }
    lines
}
