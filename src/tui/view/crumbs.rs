//! Where the person is, as the way that Esc leads back along.

use super::sheet_title;
use crate::tui::{
    model::{Model, Pane, Sheet},
    paint::{Canvas, Strip},
    theme::Role,
};

/// The way, where it has more than one step.
pub fn strip(canvas: &Canvas<'_>, model: &Model) -> Strip {
    let steps = steps(model);
    if steps.len() < 2 {
        return Strip::new();
    }
    let sign = format!(" {} ", canvas.glyphs().crumb);
    Strip::of(canvas.style(Role::Muted), steps.join(&sign))
}

fn steps(model: &Model) -> Vec<String> {
    let subject = model.subject.map(|id| id.to_string());
    let mut steps = Vec::new();
    match model.pane {
        Pane::Ticket | Pane::Diff => {
            if let Some(trail) = &model.trail {
                steps.push(Pane::Ledger.title().to_owned());
                steps.extend(trail.entry.map(|seq| format!("entry {seq}")));
            } else {
                steps.push(model.list.title().to_owned());
            }
            steps.extend(subject);
            steps.push(model.pane.title().to_owned());
        }
        pane => {
            steps.push(pane.title().to_owned());
            let concerned = model.card.as_ref().and_then(|card| card.id);
            steps.extend(concerned.map(|id| id.to_string()));
        }
    }
    let exempt = model.card.as_ref().and_then(|card| card.exempt());
    steps.extend(exempt.map(|_| sheet_title(model, Sheet::Exceptions)));
    steps.extend(model.card.as_ref().map(|card| card.verb().to_owned()));
    steps.extend(model.sheet.map(|sheet| sheet_title(model, sheet)));
    steps
}
