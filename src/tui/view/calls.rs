//! The sheet with the requests that went out to AWS lately: what was asked of which bucket, what came
//! back, how long it took, and the provider's id for it, by which AWS's support and CloudTrail find it.

use super::words::said;
use crate::{
    domain::Call,
    tui::{
        model::Model,
        paint::{Canvas, Strip},
        text::Cut,
        theme::Role,
    },
};

/// Cells from which a call fits on one line with all that is known of it.
const WIDE: usize = 100;
const OPERATION: usize = 36;
/// Of an id; a shorter piece finds nothing.
const SHORTEST_ID: usize = 10;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let Some(calls) = &model.calls else {
        return said(canvas, "asking the room", width);
    };
    if calls.items.is_empty() {
        return said(canvas, "Nothing was asked of AWS yet.", width);
    }
    let told = format!(
        "The last {} of {} requests that are held, the latest first. Times are from the first byte sent to the answer read.",
        calls.items.len(),
        calls.total
    );
    let mut lines = said(canvas, &told, width);
    lines.push(Strip::new());
    for call in &calls.items {
        lines.extend(one(canvas, call, width));
    }
    lines
}

fn one(canvas: &Canvas<'_>, call: &Call, width: usize) -> Vec<Strip> {
    let time = Strip::of(
        canvas.style(Role::Muted),
        call.at.format("%H:%M:%S").to_string(),
    );
    let named = if call.service == "S3" {
        call.operation.clone()
    } else {
        format!("{} {}", call.service, call.operation)
    };
    // What writes is what people look for.
    let role = if call.is_write() {
        Role::Title
    } else {
        Role::Text
    };
    let (role_of_status, status) = match call.status {
        Some(status) if status < 400 => (Role::Muted, status.to_string()),
        // "Not there" is the ordinary answer to many reads.
        Some(status @ 404) => (Role::Muted, status.to_string()),
        Some(status) => (Role::Warn, status.to_string()),
        None => (Role::Error, "no answer".to_owned()),
    };
    let status = Strip::of(canvas.style(role_of_status), format!("{status:>3}"));
    let took = Strip::of(canvas.style(Role::Muted), format!("{:>5} ms", call.took_ms));
    let place = if call.bucket.is_empty() {
        &format!("{} · {}", call.region, call.account)
    } else {
        &call.bucket
    };
    let id = Strip::of(canvas.style(Role::Muted), &call.request_id);
    if width >= WIDE {
        let operation = canvas.fit(&named, OPERATION, Cut::Middle);
        let place_room = width
            .saturating_sub(8 + 2 + OPERATION + 2 + status.width() + took.width() + 6)
            .saturating_sub(id.width());
        let place = canvas.fit(place, place_room, Cut::Middle);
        return vec![
            time.space(2)
                .join(Strip::of(canvas.style(role), operation))
                .space(2)
                .join(Strip::of(canvas.style(Role::Text), place))
                .space(2)
                .join(status)
                .space(2)
                .join(took)
                .space(2)
                .join(id),
        ];
    }
    let operation_room = width.saturating_sub(10 + 2 + status.width() + took.width() + 2);
    let operation = canvas.fit(&named, operation_room, Cut::Middle);
    let first = time
        .space(2)
        .join(Strip::of(canvas.style(role), operation))
        .space(2)
        .join(status)
        .space(2)
        .join(took);
    let room = width.saturating_sub(10);
    let place = canvas.cut(place, room, Cut::Middle);
    let second = Strip::new()
        .space(10)
        .join(Strip::of(canvas.style(Role::Text), place));
    let left = width.saturating_sub(second.width() + 2);
    if left < SHORTEST_ID {
        return vec![first, second];
    }
    let id = canvas.cut(&call.request_id, left, Cut::Middle);
    let id = Strip::of(canvas.style(Role::Muted), id);
    vec![first, second.space(2).join(id)]
}
