//! How the setting is now, in one sentence, as far as the room knows.

use crate::{
    domain::{Stamp, time},
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
        Seen::Before | Seen::Target | Seen::Restored => Role::Muted,
        Seen::Other(_) | Seen::Unlike(_) | Seen::Unread => Role::Warn,
    };
    let style = canvas.style(role);
    let sentence = format!("now: {}", words(now, &moment(model, now.at)));
    let sentence = crate::domain::Safe::line(&sentence);
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
    match (&now.seen, now.written) {
        (Seen::Before, false) => format!("as before (nothing written), read {at}"),
        (Seen::Before, true) => format!("as before, read {at}"),
        (Seen::Target, true) => format!("as the target, verified {at}"),
        (Seen::Target, false) => format!("as the target (nothing written), read {at}"),
        (Seen::Restored, _) => format!("put back as before, verified {at}"),
        (Seen::Other(_), _) => format!("neither, read {at}; what differs is below"),
        (Seen::Unlike(says), _) if says.is_empty() => {
            format!("neither, read {at}; what it was is not on record")
        }
        (Seen::Unlike(says), _) => {
            format!("neither, read {at}; on record of it: {}", says.join("; "))
        }
        (Seen::Unread, _) => format!("not read since {at}, when a write was about to be sent"),
    }
}
