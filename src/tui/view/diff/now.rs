//! How the setting is now, in one sentence, as far as the room knows.

use crate::{
    domain::{Safe, Stamp, time},
    room::protocol::{Between, Now, Seen},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// What lies between the target and how it is now, where that is neither the target nor the state
/// before.
pub fn other(now: &Now) -> Option<&Between> {
    match &now.seen {
        Seen::Other(between) => Some(between),
        _ => None,
    }
}

pub fn lines(canvas: &Canvas<'_>, model: &Model, now: &Now, width: usize) -> Vec<Strip> {
    let role = match now.seen {
        Seen::Before | Seen::Target | Seen::Restored if !now.stale => Role::Muted,
        _ => Role::Warn,
    };
    let style = canvas.style(role);
    let sentence = format!("now: {}", words(now, &moment(model, now.at)));
    let sentence = Safe::line(&sentence);
    text::wrap(sentence.as_str(), width)
        .iter()
        .map(|line| Strip::of(style, line))
        .collect()
}

/// The hour, and the day where it is not today.
fn moment(model: &Model, at: Stamp) -> String {
    let today = model.utc().map(time::to_day);
    if today == Some(time::to_day(at)) {
        at.format("%H:%M UTC").to_string()
    } else {
        time::to_minute(at)
    }
}

fn words(now: &Now, at: &str) -> String {
    let state = match &now.seen {
        Seen::Before => "as before".to_owned(),
        Seen::Target => "as the target".to_owned(),
        Seen::Restored => "put back as before".to_owned(),
        Seen::Other(_) => "neither (what differs is below)".to_owned(),
        Seen::Unlike(says) if says.is_empty() => {
            "neither (what it was is not on record)".to_owned()
        }
        Seen::Unlike(says) => format!("neither (\"{}\")", says.join("; ")),
    };
    if now.stale {
        return format!(
            "not read since {at}, when it was {state}; a write may have gone out after that"
        );
    }
    let how = match &now.seen {
        Seen::Target | Seen::Restored if now.written => "verified",
        _ => "read",
    };
    let nothing = if now.written { "" } else { "; nothing written" };
    format!("{state}, {how} {at}{nothing}")
}
