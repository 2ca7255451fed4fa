//! Words and signs that several panes share: severity, environment, steps, time left. Each says in
//! words what its colour says.

use chrono::TimeDelta;
use ratatui::style::Style;

use crate::{
    domain::{Change, Severity, Stage, Stamp, time},
    room::protocol::{Arrangement, Grouping, Row, SORTED},
    tui::{
        paint::{Canvas, Strip},
        text::{self, Cut},
        theme::Role,
    },
};

/// Longest name of an environment that is shown whole where no column binds it.
const LONGEST: usize = 24;

pub const fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Critical => Role::Critical,
        Severity::High => Role::High,
        Severity::Medium => Role::Medium,
        Severity::Low => Role::Low,
    }
}

pub fn severity(canvas: &Canvas<'_>, severity: Severity) -> Strip {
    Strip::of(canvas.style(severity_role(severity)), severity.word())
}

/// A sentence beside what is shown, on as many lines as it takes.
pub fn said(canvas: &Canvas<'_>, words: &str, width: usize) -> Vec<Strip> {
    text::wrap(words, width)
        .iter()
        .map(|line| Strip::of(canvas.style(Role::Muted), line.trim_start()))
        .collect()
}

/// The environment's name; production is a filled badge.
pub fn environment(canvas: &Canvas<'_>, name: &str, production: bool) -> Strip {
    badge(canvas, name, production, LONGEST)
}

/// The same in a column of so many cells.
pub fn environment_column(
    canvas: &Canvas<'_>,
    name: &str,
    production: bool,
    column: usize,
) -> Strip {
    let badge = badge(canvas, name, production, column.saturating_sub(2));
    let rest = column.saturating_sub(badge.width());
    badge.space(rest)
}

fn badge(canvas: &Canvas<'_>, name: &str, production: bool, room: usize) -> Strip {
    let role = if production {
        Role::Production
    } else {
        Role::OtherEnvironment
    };
    let name = canvas.cut(name, room, Cut::End);
    Strip::of(canvas.style(role), format!(" {name} "))
}

/// Six signs: what is there, what is being made, what is to come.
pub fn steps(canvas: &Canvas<'_>, stage: Stage, done: u8) -> Strip {
    let glyphs = canvas.glyphs();
    let done = usize::from(done.min(6));
    let failed = matches!(stage, Stage::Halted | Stage::Unfixed | Stage::RollingBack);
    let mut strip = Strip::new();
    let full = if failed { done.saturating_sub(1) } else { done };
    strip = strip.put(canvas.style(Role::StepDone), glyphs.step_done.repeat(full));
    if failed && done > 0 {
        strip = strip.put(canvas.style(Role::StepFailed), glyphs.step_failed);
    }
    let mut rest = 6 - done;
    if rest > 0 && stage != Stage::Halted {
        strip = strip.put(canvas.style(Role::StepNow), glyphs.step_now);
        rest -= 1;
    }
    strip.put(
        canvas.style(Role::StepToCome),
        glyphs.step_to_come.repeat(rest),
    )
}

/// How a change stands, in the style of how good that is.
pub fn outcome(canvas: &Canvas<'_>, word: &str, stage: Stage) -> Strip {
    let role = match (stage, word) {
        (Stage::Halted, _) => Role::Error,
        (Stage::AwaitingApproval | Stage::Expired | Stage::ByHand, _)
        | (_, "rolled-back" | "drifted" | "halted" | "reverted") => Role::Warn,
        (_, "remediated" | "resolved-elsewhere") => Role::Ok,
        (Stage::Closed, _) => Role::Muted,
        _ => Role::Info,
    };
    Strip::of(canvas.style(role), word)
}

pub fn change_outcome(canvas: &Canvas<'_>, change: &Change) -> Strip {
    outcome(canvas, &change.word(), change.stage)
}

/// Bucket on the left, severity on the right: the first line of a change in a list.
pub fn headline(
    canvas: &Canvas<'_>,
    bucket: &str,
    severity_of: Severity,
    width: usize,
    style: Style,
) -> Strip {
    let word = severity(canvas, severity_of);
    let room = width.saturating_sub(word.width() + 2);
    Strip::of(style, canvas.fit(bucket, room, Cut::Middle))
        .space(1)
        .join(word)
}

/// Which part of the queue a row is in.
const fn section(row: &Row, observing: bool) -> &'static str {
    match row.stage {
        Stage::Halted => "Halted, a person must act",
        Stage::AwaitingApproval => "Waiting for approval",
        Stage::ByHand => "To be done by hand",
        Stage::Closed => "Closed",
        _ if observing => "Found",
        _ => "Running",
    }
}

/// The heading that a row stands under; none where there are no headings.
pub fn heading(row: &Row, index: usize, arrangement: Arrangement, observing: bool) -> String {
    if row.stage == Stage::Closed {
        return "Closed".to_owned();
    }
    if !arrangement.indexed() && index >= SORTED {
        return format!("Beyond the {SORTED} that are put in order");
    }
    match arrangement.grouping {
        Grouping::Stage => section(row, observing).to_owned(),
        Grouping::Severity => row.severity.to_string(),
        Grouping::Environment if row.production => format!("{} (production)", row.environment),
        Grouping::Environment => row.environment.clone(),
        Grouping::Account => format!("Account {}", row.account),
        Grouping::Framework => row.framework.clone(),
        Grouping::Rule => row.rule.clone(),
        Grouping::None => String::new(),
    }
}

/// `57m left`; seconds only in the last two minutes.
pub fn left(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    match seconds {
        i64::MIN..=0 => "expired".to_owned(),
        1..=120 => format!("{seconds}s left"),
        121..=5_999 => format!("{}m left", seconds / 60),
        6_000..=172_799 => format!("{}h {:02}m left", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d left", seconds / 86_400),
    }
}

/// Until when something lasts: the day, and the minute once that is near.
pub fn lasting(until: Stamp, now: Option<Stamp>) -> String {
    let Some(left) = now.map(|now| until - now) else {
        return time::to_minute(until);
    };
    let when = if left.num_days() < 2 {
        time::to_minute(until)
    } else {
        time::to_day(until)
    };
    format!("{when}, {}", self::left(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_has_seconds_only_at_the_end() {
        for (seconds, words) in [
            (-5, "expired"),
            (0, "expired"),
            (75, "75s left"),
            (121, "2m left"),
            (3_420, "57m left"),
            (7_500, "2h 05m left"),
            (273_600, "3d left"),
        ] {
            assert_eq!(left(TimeDelta::seconds(seconds)), words);
        }
    }
}
