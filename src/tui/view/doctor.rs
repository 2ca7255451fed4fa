//! The doctor's page: what the room found when it looked whether everything is in order, and what
//! this screen knows of its terminal.

use super::{entry::field, laid_out, words::said};
use crate::{
    domain::{Safe, time},
    room::protocol::{Finding, Grade},
    tui::{
        keymap::Action,
        layout::{Regions, Shape},
        model::Model,
        paint::{Canvas, Strip},
        state::Topic,
        text,
        theme::{Depth, Role},
    },
};

/// Cells of the longest grade and its gap.
const GRADE: usize = 6;
/// Cells of the labels' column of the terminal's part.
const LABEL: usize = 13;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let mut lines = said(canvas, &state(model), width);
    lines.push(Strip::new());
    if let Some(checkup) = &model.checkup {
        lines.push(Strip::of(canvas.style(Role::Heading), "The room"));
        for finding in &checkup.findings {
            lines.extend(found(canvas, finding, width));
        }
        lines.push(Strip::new());
    }
    lines.push(Strip::of(canvas.style(Role::Heading), "This screen"));
    for (label, value) in screen(model, &laid_out(model)) {
        lines.extend(field(canvas, label, &value, width, LABEL));
    }
    lines
}

/// Whether it looks just now, and of when the findings are.
fn state(model: &Model) -> String {
    let last = model
        .checkup
        .as_ref()
        .map(|checkup| format!("as of {}", time::clock(checkup.at)));
    match (model.feeds.asks(Topic::Doctor), last) {
        (true, None) => "looking …".to_owned(),
        (true, Some(last)) => format!("looking … below what was found {last}"),
        (false, Some(last)) => {
            let bad = model.checkup.iter().flat_map(|checkup| &checkup.findings);
            let bad = bad.filter(|finding| finding.grade == Grade::Bad).count();
            let told = match bad {
                0 => "Nothing fails".to_owned(),
                1 => "1 check fails".to_owned(),
                bad => format!("{bad} checks fail"),
            };
            let key = model.keys.key(Action::Doctor);
            format!("{told}, {last}. {key} looks again.")
        }
        (false, None) => "The room was not asked.".to_owned(),
    }
}

fn found(canvas: &Canvas<'_>, finding: &Finding, width: usize) -> Vec<Strip> {
    let role = match finding.grade {
        Grade::Good => Role::Ok,
        Grade::Note => Role::Warn,
        Grade::Bad => Role::Error,
    };
    let plain = canvas.style(Role::Text);
    let whole = format!("{}: {}", finding.subject, finding.text);
    let mut lines = Vec::new();
    for part in whole.split('\n') {
        for line in text::wrap(
            Safe::line(part).as_str(),
            width.saturating_sub(GRADE).max(1),
        ) {
            let word = if lines.is_empty() {
                finding.grade.word()
            } else {
                ""
            };
            lines.push(
                Strip::of(canvas.style(role), format!("{word:<GRADE$}"))
                    .put(plain, line.trim_start()),
            );
        }
    }
    lines
}

const fn colours(depth: Depth) -> &'static str {
    match depth {
        Depth::None => "none",
        Depth::Sixteen => "the terminal's own 16",
        Depth::Indexed => "256",
        Depth::True => "any",
    }
}

/// What the terminal is, as far as a program can know: nobody tells it whether a sequence was heard.
fn screen(model: &Model, regions: &Regions) -> Vec<(&'static str, String)> {
    let (width, height) = model.size;
    let shape = match regions.shape {
        Shape::Tiny => "too small for any pane",
        Shape::One => "one pane at a time",
        Shape::Two => "a list and a detail",
        Shape::Three => "three columns",
    };
    let bare = if regions.bare {
        ", without borders"
    } else {
        ""
    };
    let tty = &model.tty;
    let focus = if model.attention.focus.is_some() {
        "it tells when it loses the focus"
    } else {
        "asked to tell of its focus; it has not yet"
    };
    let mut facts = vec![
        ("size", format!("{width}x{height}, {shape}{bare}")),
        (
            "colours",
            format!("{}, since {}", colours(tty.depth), tty.depth_since),
        ),
        ("theme", model.theme.name.clone()),
        ("focus", focus.to_owned()),
        (
            "clipboard",
            format!(
                "{} sends by OSC 52; whether it arrives can't be known",
                model.keys.key(Action::Copy)
            ),
        ),
        (
            "frames",
            "each as one synchronized update, for terminals that know them".to_owned(),
        ),
        (
            "links",
            format!(
                "{}, since {}",
                if tty.links {
                    "sent by OSC 8"
                } else {
                    "not sent"
                },
                tty.links_since
            ),
        ),
        (
            "mouse",
            if model.attention.mouse {
                "selects and scrolls here; with Shift it is the terminal's".to_owned()
            } else {
                let key = model.keys.key(Action::Mouse);
                format!("left to the terminal, to select text with; {key} takes it")
            },
        ),
    ];
    let own = model.keys.own();
    if !own.is_empty() {
        facts.push(("keys", format!("of your own for {}", own.join(", "))));
    }
    facts
}
