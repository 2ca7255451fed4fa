//! The two lines on top: where am I, what waits; and the panes beside what the scanner does.

use super::bar::{Part, arrange, free};
use crate::{
    room::protocol::{ScannerStatus, Status},
    tui::{
        keymap::Action,
        layout::{Regions, Shape},
        model::{Model, Pane},
        paint::{Canvas, Strip},
        text::Cut,
        theme::Role,
    },
};

/// Parts of less priority give way to the reason why fixing is stopped.
const URGENT: u8 = 60;

/// Cells of the scanner's bar.
const BAR: usize = 10;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    let width = usize::from(regions.header.width).saturating_sub(2);
    let line = Strip::new().space(1).join(top(canvas, model, width));
    canvas.lines(regions.header, [&line]);
    if regions.tabs.height > 0 {
        let line = tabs(canvas, model, regions.shape, width);
        let line = Strip::new().space(1).join(line);
        canvas.lines(regions.tabs, [&line]);
    }
}

fn top(canvas: &Canvas<'_>, model: &Model, width: usize) -> Strip {
    let muted = canvas.style(Role::Muted);
    let mut left = vec![(200, Strip::of(canvas.style(Role::Brand), "Sixfold"))];
    let mut right = Vec::new();
    if let Some(status) = &model.status {
        left.push((
            60,
            Strip::of(muted, canvas.cut(&status.estate, 24, Cut::Middle)),
        ));
        let role = if status.mode == "enforce" {
            Role::ModeEnforce
        } else {
            Role::ModeObserve
        };
        left.push((70, Strip::of(canvas.style(role), &status.mode)));
        right.extend(counts(canvas, status));
    }
    if model.attention.frozen {
        right.push((
            245,
            Strip::of(canvas.style(Role::Warn), "FROZEN, f goes on"),
        ));
    }
    if model.gone.is_some() {
        right.push((250, Strip::of(canvas.style(Role::Error), "not connected")));
    }
    if model.status.as_ref().is_some_and(|status| status.readonly) {
        right.push((80, Strip::of(canvas.style(Role::Info), "only looking")));
    }
    let person = canvas.cut(&model.person, 28, Cut::Middle);
    right.push((55, Strip::of(canvas.style(Role::Text), person)));
    if let Some(now) = model.utc() {
        let clock = now.format("%H:%M UTC").to_string();
        right.push((90, Strip::of(canvas.style(Role::Text), clock)));
    }
    if let Some(why) = model
        .status
        .as_ref()
        .and_then(|status| status.breaker.as_ref())
    {
        let room = free(width, left.iter().chain(&right), URGENT);
        left.push((240, stopped(canvas, why, room)));
    }
    arrange(width, left, right)
}

/// Fixing is stopped, and why where that fits beside everything else.
fn stopped(canvas: &Canvas<'_>, why: &str, room: usize) -> Strip {
    /// Below this a cause says nothing.
    const SHORTEST: usize = 16;
    /// The rest of a cause is in the sentence below and in the room's sheet.
    const LONGEST: usize = 44;
    let words = "FIXING STOPPED";
    let room = room.saturating_sub(words.len() + 4).min(LONGEST);
    let text = if room < SHORTEST {
        format!(" {words} ")
    } else {
        format!(" {words}: {} ", canvas.cut(why, room, Cut::End))
    };
    Strip::of(canvas.style(Role::Alarm), text)
}

/// What waits for somebody, the loudest first.
fn counts(canvas: &Canvas<'_>, status: &Status) -> Vec<Part> {
    let mut parts = Vec::new();
    if status.halted > 0 {
        let badge = format!(" {} HALTED ", status.halted);
        parts.push((150, Strip::of(canvas.style(Role::Alarm), badge)));
    }
    let mut count = |priority, role, count: usize, words: &str| {
        if count > 0 {
            let strip = Strip::of(canvas.style(role), format!("{count} {words}"));
            parts.push((priority, strip));
        }
    };
    count(140, Role::Warn, status.pending, "to approve");
    count(130, Role::Warn, status.by_hand, "by hand");
    let exceptions = if status.asked == 1 {
        "exception"
    } else {
        "exceptions"
    };
    count(120, Role::Warn, status.asked, exceptions);
    count(58, Role::Warn, status.scanner.unknown, "unknown");
    count(45, Role::Warn, status.undelivered, "undelivered");
    parts
}

/// A pane's name where six of them must fit on a phone.
const fn short(pane: Pane) -> &'static str {
    match pane {
        Pane::Queue => "Queue",
        Pane::Ticket => "Tick",
        Pane::Approvals => "Appr",
        Pane::Diff => "Diff",
        Pane::Ledger => "Ledg",
        Pane::Coverage => "Cov",
    }
}

fn tabs(canvas: &Canvas<'_>, model: &Model, shape: Shape, width: usize) -> Strip {
    let mut strip = Strip::new();
    let close = shape == Shape::One;
    let gap = match shape {
        Shape::Tiny | Shape::One => 1,
        Shape::Two => 2,
        Shape::Three => 3,
    };
    for pane in Pane::ALL {
        let role = if model.pane == pane {
            Role::TabActive
        } else {
            Role::Tab
        };
        let pending = model.pending.total;
        let name = if close { short(pane) } else { pane.title() };
        let words = if pane == Pane::Approvals && pending > 0 && !close {
            format!("{} {name} {pending}", pane.number())
        } else {
            format!("{} {name}", pane.number())
        };
        if pane != Pane::Queue {
            strip = strip.space(gap);
        }
        strip = strip.put(canvas.style(role), words);
    }
    let scanner = match &model.status {
        Some(status) => scanner(canvas, model, &status.scanner),
        None => Vec::new(),
    };
    arrange(width, vec![(200, strip)], scanner)
}

fn scanner(canvas: &Canvas<'_>, model: &Model, scanner: &ScannerStatus) -> Vec<Part> {
    let now = model.utc();
    let muted = canvas.style(Role::Muted);
    if scanner.trouble.is_some() {
        let words = format!("scan stopped ({} says why)", model.keys.key(Action::Room));
        return vec![(90, Strip::of(canvas.style(Role::Error), words))];
    }
    let last = match scanner.last_full_pass {
        Some(at) => {
            let same_day = now.is_none_or(|now| now.date_naive() == at.date_naive());
            let when = if same_day {
                at.format("%H:%M UTC")
            } else {
                at.format("%m-%d %H:%M UTC")
            };
            Strip::of(muted, format!("last full pass {when}"))
        }
        None => Strip::of(muted, "no full pass yet"),
    };
    if !scanner.running {
        return vec![(50, last)];
    }
    let glyphs = canvas.glyphs();
    let full = (scanner.done * BAR)
        .checked_div(scanner.total)
        .unwrap_or(0)
        .min(BAR);
    let bar = Strip::of(canvas.style(Role::Progress), glyphs.bar_full.repeat(full)).put(
        canvas.style(Role::ProgressRest),
        glyphs.bar_rest.repeat(BAR - full),
    );
    let words = Strip::of(
        canvas.style(Role::Text),
        format!("scan {}/{}", scanner.done, scanner.total),
    );
    // In the first second there is none yet.
    let rate = match scanner.rate_x10 {
        0 => String::new(),
        rate => format!("{}.{}/s", rate / 10, rate % 10),
    };
    vec![
        (60, words),
        (50, bar),
        (30, Strip::of(muted, rate)),
        (40, last),
    ]
}
