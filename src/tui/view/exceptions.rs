//! What rules leave alone for a while, and what somebody asked them to.

use super::{entry::field, words::said};
use crate::{
    domain::{Exception, RequestedException, time},
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text::Cut,
        theme::Role,
    },
};

/// Cells of the labels' column.
const LABEL: usize = 11;

pub fn exceptions(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    if !model.exceptions_loaded {
        return said(canvas, "asking the room", width);
    }
    let (open, requested) = (&model.exceptions.open, &model.exceptions.requested);
    if open.is_empty() && requested.is_empty() {
        return said(canvas, "No rule is exempt on any bucket.", width);
    }
    let mut lines = Vec::new();
    if !requested.is_empty() {
        let asked = "Asked for, and waiting for another person (sixfold exceptions approve):";
        lines.extend(said(canvas, asked, width));
        for RequestedException { exception, .. } in requested {
            lines.extend(one(canvas, exception, "asked by", width));
        }
    }
    if !open.is_empty() {
        if !lines.is_empty() {
            lines.push(Strip::new());
        }
        let text = "These rules leave these buckets alone for a while:";
        lines.extend(said(canvas, text, width));
        for exception in open {
            lines.extend(one(canvas, exception, "by", width));
        }
    }
    lines
}

fn one(canvas: &Canvas<'_>, exception: &Exception, by: &str, width: usize) -> Vec<Strip> {
    let mut lines = vec![
        Strip::new(),
        Strip::of(
            canvas.style(Role::Title),
            canvas.cut(&exception.asset.label(), width, Cut::Middle),
        ),
    ];
    let mut put = |label: &str, value: Option<&str>| {
        if let Some(value) = value {
            let label = format!("  {label}");
            lines.extend(field(canvas, &label, value, width, LABEL));
        }
    };
    put("rule", Some(&exception.rule));
    put("reason", Some(&exception.reason.to_string()));
    put("owner", exception.owner.as_deref());
    put(by, exception.opened_by().as_deref());
    put("until", Some(&time::to_day(exception.until)));
    lines
}
