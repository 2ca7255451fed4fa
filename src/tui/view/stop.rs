//! The card that lets something go on: a rule on the bucket on which it is held, or all fixing. It says
//! what happened and what will follow.

use super::body::Body;
use crate::{
    domain::Stage,
    room::protocol::Hold,
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        state::{Card, Stop},
        text::Cut,
        theme::Role,
    },
};

/// What stands still, in the lines that always stay in sight.
pub fn target(
    canvas: &Canvas<'_>,
    model: &Model,
    card: &Card,
    stop: &Stop,
    width: usize,
) -> Vec<Strip> {
    let bold = canvas.style(Role::CardTarget);
    let plain = canvas.style(Role::Text);
    let label = canvas.style(Role::Label);
    let mut lines = match stop {
        Stop::Hold(hold) => {
            let rule = format!("let {} act again", hold.rule);
            let uri = hold.asset.uri();
            vec![
                Strip::of(bold, canvas.cut(&rule, width, Cut::End)),
                Strip::of(label, "on ")
                    .put(bold, canvas.cut(&uri, width.saturating_sub(3), Cut::Middle)),
            ]
        }
        Stop::Breaker(_) => vec![
            Strip::of(bold, canvas.cut("let the room fix again", width, Cut::End)),
            Strip::of(
                plain,
                canvas.cut("the circuit breaker stopped it", width, Cut::End),
            ),
        ],
    };
    let dot = canvas.glyphs().dot;
    let place = match (&card.change, &model.status) {
        (Some(change), _) => {
            let (asset, environment) = (&change.ticket.asset, &change.ticket.environment);
            let (name, account, region) = (&environment.name, &asset.account, &asset.region);
            format!("env={name} {dot} {account} {dot} {region}")
        }
        (None, Some(status)) => format!("estate {} {dot} {}", status.estate, status.mode),
        (None, None) => String::new(),
    };
    lines.push(Strip::of(plain, canvas.cut(&place, width, Cut::End)));
    let rule = canvas.glyphs().horizontal.repeat(width);
    lines.push(Strip::of(canvas.style(Role::Border), rule));
    lines
}

pub fn body(
    canvas: &Canvas<'_>,
    model: &Model,
    card: &Card,
    stop: &Stop,
    width: usize,
) -> Vec<Strip> {
    let mut body = Body::new(canvas, width);
    match stop {
        Stop::Hold(hold) => held(&mut body, card, hold),
        Stop::Breaker(cause) => {
            body.text("happened", cause);
            body.text(
                "then",
                "fixing goes on at once: every open change takes its next step, and what is approved is fixed; the breaker counts from zero again",
            );
            if let Some(status) = &model.status {
                let open = format!(
                    "{} open changes; the {} that wait for approval go on waiting",
                    status.open, status.pending
                );
                body.text("now", &open);
            }
        }
    }
    body.lines
}

fn held(body: &mut Body<'_, '_>, card: &Card, hold: &Hold) {
    body.text("happened", &hold.cause);
    let halted = card
        .change
        .as_ref()
        .filter(|change| change.stage == Stage::Halted);
    if let Some(change) = halted {
        body.text(
            "first",
            "look at the bucket: what a halted fix left there is not undone by this",
        );
        body.text("closes", &format!("{}, as halted", change.id));
    }
    let asks = matches!(&card.change, Some(change) if !change.ticket.waits_for().is_empty());
    let then = "nothing is written now; the next pass judges the bucket afresh, and what violates then becomes a new change";
    let waits = if asks {
        ", which waits for approval as any other"
    } else {
        ", which is fixed without a question"
    };
    body.text("then", &format!("{then}{waits}"));
}
