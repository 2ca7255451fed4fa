//! The sheet with what was said: to the person on this screen, and by the room to its own log.

use super::words::said;
use crate::{
    domain::{Safe, Stamp, time},
    room::protocol::{LogLevel, LogPage},
    tui::{
        model::{Level, Model},
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// Cells from which an event's text stands beside its time and level.
const WIDE: usize = 60;
/// Cells of the longest level, and of a time of day.
const LEVEL: usize = 5;
const TIME: usize = 8;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let mut lines = match &model.log {
        Some(log) => said(canvas, &held(log), width),
        None => said(canvas, "asking the room", width),
    };
    lines.push(Strip::new());
    lines.push(heading(canvas, "This screen's messages"));
    if model.told.is_empty() {
        lines.extend(said(canvas, "Nothing was said to you yet.", width));
    }
    for message in model.told.latest_first() {
        let again = match message.times {
            1 => String::new(),
            times => format!(" ({times} times)"),
        };
        let event = Event {
            at: model.utc_at(message.at),
            level: message.level.word(),
            role: role_of(message.level),
            from: "",
            text: &format!("{}{again}", message.text),
        };
        lines.extend(event.lines(canvas, width));
    }
    let Some(log) = &model.log else {
        return lines;
    };
    lines.push(Strip::new());
    lines.push(heading(canvas, "The room's log"));
    if log.events.items.is_empty() {
        lines.extend(said(canvas, "It is empty.", width));
    }
    let mut day = model.utc().map(time::to_day);
    for logged in &log.events.items {
        // Times alone would tell of another day as if it were this one.
        let its = time::to_day(logged.at);
        if day.as_ref() != Some(&its) {
            lines.push(Strip::of(canvas.style(Role::Label), &its));
            day = Some(its);
        }
        let event = Event {
            at: Some(logged.at),
            level: logged.level.word(),
            role: match logged.level {
                LogLevel::Error => Role::Error,
                LogLevel::Warn => Role::Warn,
                LogLevel::Info => Role::Info,
                LogLevel::Debug | LogLevel::Trace => Role::Muted,
            },
            from: &logged.from,
            text: &logged.text,
        };
        lines.extend(event.lines(canvas, width));
    }
    lines
}

/// Where all of it lies, and how much of it is here.
fn held(log: &LogPage) -> String {
    let shown = log.events.items.len();
    let file = match &log.file {
        Some(file) => format!("{file} has the whole log"),
        None => "This room writes no log file".to_owned(),
    };
    match log.events.total {
        0 => format!("{file}."),
        1 => format!("{file}; here is 1 event, times are UTC."),
        total if total == shown => {
            format!("{file}; here are {total} events, the latest first, times are UTC.")
        }
        total => format!(
            "{file}; here are the last {shown} of {total} events that are held, times are UTC."
        ),
    }
}

fn heading(canvas: &Canvas<'_>, words: &str) -> Strip {
    Strip::of(canvas.style(Role::Heading), words)
}

const fn role_of(level: Level) -> Role {
    match level {
        Level::Info => Role::Info,
        Level::Ok => Role::Ok,
        Level::Warn => Role::Warn,
        Level::Error => Role::Error,
    }
}

/// Something that was said, by whomever.
struct Event<'a> {
    /// None before the room told the time.
    at: Option<Stamp>,
    level: &'a str,
    role: Role,
    from: &'a str,
    text: &'a str,
}

impl Event<'_> {
    fn lines(&self, canvas: &Canvas<'_>, width: usize) -> Vec<Strip> {
        let at = self.at.map(|at| at.format("%H:%M:%S").to_string());
        let at = format!("{:<TIME$}", at.unwrap_or_default());
        let level = format!("{:<LEVEL$}", self.level);
        let head = Strip::of(canvas.style(Role::Muted), at)
            .space(2)
            .put(canvas.style(self.role), level);
        let plain = canvas.style(Role::Text);
        let from = Strip::of(canvas.style(Role::Label), self.from);
        if width < WIDE {
            let head = head.space(2).join(from);
            let rest = wrapped(self.text, width.saturating_sub(2));
            let rest = rest
                .iter()
                .map(|line| Strip::new().space(2).put(plain, line));
            return std::iter::once(head).chain(rest).collect();
        }
        let indent = head.width() + 2;
        let named = if self.from.is_empty() {
            self.text.to_owned()
        } else {
            format!("{}: {}", self.from, self.text)
        };
        let mut lines = Vec::new();
        for line in wrapped(&named, width.saturating_sub(indent)) {
            let before = if lines.is_empty() {
                head.clone().space(2)
            } else {
                Strip::new().space(indent)
            };
            lines.push(before.put(plain, line));
        }
        lines
    }
}

fn wrapped(line: &str, room: usize) -> Vec<String> {
    let lines = text::wrap(Safe::line(line).as_str(), room.max(1));
    let trimmed = lines.iter().map(|line| line.trim_start().to_owned());
    trimmed.collect()
}
