//! Cards about exceptions: what is or would be left alone, for how long, on whose word, and what follows
//! from the decision.

use super::{body::Body, exceptions, words::lasting};
use crate::{
    domain::{Asset, Change},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        state::{Card, Exempt, Purpose},
        text::{self, Cut},
        theme::Role,
    },
};

/// The rule, what it is about and until when, in the lines that always stay in sight.
pub fn target(
    canvas: &Canvas<'_>,
    model: &Model,
    card: &Card,
    exempt: &Exempt,
    width: usize,
) -> Vec<Strip> {
    let exception = exempt.exception();
    let action = match card.purpose {
        Purpose::End => format!("apply {} again", exception.rule),
        _ => format!("stop applying {}", exception.rule),
    };
    let until = format!("until {}", lasting(exception.until, model.utc()));
    named(canvas, &action, &exception.asset, &until, width)
}

/// The same for one that is to be, which says below for how long.
pub fn asked(canvas: &Canvas<'_>, change: &Change, width: usize) -> Vec<Strip> {
    let ticket = &change.ticket;
    let action = format!("stop applying {}", ticket.rule.id);
    let environment = format!("env={}", ticket.environment.name);
    named(canvas, &action, &ticket.asset, &environment, width)
}

fn named(
    canvas: &Canvas<'_>,
    action: &str,
    asset: &Asset,
    first: &str,
    width: usize,
) -> Vec<Strip> {
    let bold = canvas.style(Role::CardTarget);
    let uri = asset.uri();
    let dot = canvas.glyphs().dot;
    let mut place = format!("{first} {dot} {} {dot} {}", asset.account, asset.region);
    if text::width(&place) > width {
        first.clone_into(&mut place);
    }
    let rule = canvas.glyphs().horizontal.repeat(width);
    vec![
        Strip::of(bold, canvas.cut(action, width, Cut::End)),
        Strip::of(canvas.style(Role::Label), "on ")
            .put(bold, canvas.cut(&uri, width.saturating_sub(3), Cut::Middle)),
        Strip::of(
            canvas.style(Role::Text),
            canvas.cut(&place, width, Cut::End),
        ),
        Strip::of(canvas.style(Role::Border), rule),
    ]
}

pub fn body(canvas: &Canvas<'_>, card: &Card, exempt: &Exempt, width: usize) -> Vec<Strip> {
    let mut body = Body::new(canvas, width);
    // Rule and time stand in the target above.
    for (label, value) in exceptions::facts(exempt, None) {
        if !matches!(label, "rule" | "until") {
            body.text(label, &value);
        }
    }
    let then = match card.purpose {
        Purpose::Grant => {
            "nothing is written: the rule leaves this bucket alone, which is shown as exempt, never as compliant; nobody is asked about that violation any longer"
        }
        Purpose::Refuse => "nothing changes: the rule goes on applying to this bucket",
        _ => {
            "nothing is written now: the room judges the bucket again at once, and what violates then becomes a change like any other"
        }
    };
    body.text("then", then);
    body.lines
}

/// What follows from asking.
pub fn asking(canvas: &Canvas<'_>, card: &Card, change: &Change, width: usize) -> Vec<Strip> {
    let mut body = Body::new(canvas, width);
    let then = if card.at_once() {
        "it holds at once: the rule leaves this bucket alone for so long, which is shown as exempt, never as compliant"
    } else {
        "another approver has to say yes; then the rule leaves this bucket alone for so long, which is shown as exempt, never as compliant"
    };
    body.text("then", then);
    body.text("violation", &change.ticket.violation());
    body.lines
}
