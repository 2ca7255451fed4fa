//! Sheets about the room: how it is, what it could not judge, what it leaves alone for a while.

use super::{entry::field, words::said};
use crate::{
    domain::{Behind, time},
    room::protocol::{ChannelState, Hold, Status, Unknown},
    tui::{
        keymap::Action,
        model::Model,
        paint::{Canvas, Strip},
        text::Cut,
        theme::Role,
    },
};

/// Cells of the labels' column.
const LABEL: usize = 13;

pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    let width = usize::from(width);
    let Some(status) = &model.status else {
        return said(canvas, "asking the room", width);
    };
    let mut lines = Vec::new();
    let mut put = |label: &str, value: &str| {
        lines.extend(field(canvas, label, value, width, LABEL));
    };
    put("estate", &status.estate);
    put("mode", &mode(status));
    put("you", &status.person);
    put("vault", &status.vault);
    put(
        "ledger",
        &format!(
            "{} entries, head {}",
            status.ledger_seq,
            status.ledger_hash.short()
        ),
    );
    put("rules", &status.rules.to_string());
    put("changes", &counts(status));
    put("scanner", &scanner(status));
    put("verdicts", &verdicts(status));
    let fixing = match &status.breaker {
        Some(why) => format!(
            "STOPPED: {why} ({} resumes it)",
            model.keys.key(Action::Resume)
        ),
        None => "runs".to_owned(),
    };
    put("fixing", &fixing);
    if status.undelivered > 0 {
        let count = format!(
            "{} close-out records are not delivered yet",
            status.undelivered
        );
        put("alerts", &count);
    }
    let holds = status.holds.iter().map(held).collect();
    let amiss = status.channels.iter().filter(|channel| channel.is_amiss());
    let amiss = amiss.map(ChannelState::words).collect();
    for (title, items) in [
        ("Channels (sixfold outbox)", amiss),
        ("Waiting for their turn", waiting(status)),
        ("Held rules (e on the change releases)", holds),
        ("Warnings", status.warnings.clone()),
    ] {
        if !items.is_empty() {
            lines.push(Strip::new());
            lines.push(Strip::of(canvas.style(Role::Heading), title));
            for item in items {
                lines.extend(field(canvas, "", &item, width, 2));
            }
        }
    }
    lines
}

fn held(hold: &Hold) -> String {
    format!("{} on {}: {}", hold.rule, hold.asset, hold.cause)
}

/// What waits, a line for each bucket and what it waits behind.
fn waiting(status: &Status) -> Vec<String> {
    let mut groups: Vec<(&str, &Behind, Vec<&str>)> = Vec::new();
    for one in &status.waiting {
        match groups
            .iter_mut()
            .find(|(bucket, behind, _)| *bucket == one.bucket && **behind == one.behind)
        {
            Some((_, _, rules)) => rules.push(&one.rule),
            None => groups.push((&one.bucket, &one.behind, vec![&one.rule])),
        }
    }
    let mut lines: Vec<_> = groups
        .into_iter()
        .map(|(bucket, behind, rules)| format!("{bucket}: {behind}: {}", rules.join(", ")))
        .collect();
    let more = status.scanner.waiting.saturating_sub(status.waiting.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn mode(status: &Status) -> String {
    match status.mode.as_str() {
        "observe" => "observe: tickets and plans, nothing is written".to_owned(),
        "enforce" => "enforce: changes are fixed, production after approval".to_owned(),
        other => other.to_owned(),
    }
}

fn counts(status: &Status) -> String {
    let by_hand = match status.by_hand {
        0 => String::new(),
        count => format!(", {count} to be done by hand"),
    };
    format!(
        "{} open, {} wait for approval{by_hand}, {} halted",
        status.open, status.pending, status.halted
    )
}

fn scanner(status: &Status) -> String {
    let scanner = &status.scanner;
    if let Some(trouble) = &scanner.trouble {
        return format!("can't scan: {trouble}");
    }
    let pass = if scanner.running {
        format!(
            "pass {}, {} of {} buckets, {}.{} calls/s",
            scanner.pass,
            scanner.done,
            scanner.total,
            scanner.rate_x10 / 10,
            scanner.rate_x10 % 10
        )
    } else {
        format!("pass {} is through", scanner.pass)
    };
    match scanner.last_full_pass {
        Some(at) => format!(
            "{pass}; last full pass {} (took {}.{:01} s)",
            time::to_second(at),
            scanner.last_took_ms / 1_000,
            scanner.last_took_ms % 1_000 / 100
        ),
        None => format!("{pass}; no full pass yet"),
    }
}

fn verdicts(status: &Status) -> String {
    let scanner = &status.scanner;
    format!(
        "{} compliant, {} violating, {} exempt, {} skipped, {} unknown",
        scanner.compliant, scanner.violating, scanner.exempt, scanner.skipped, scanner.unknown
    )
}

pub fn unknowns(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Strip> {
    if !model.unknowns_loaded {
        return said(canvas, "asking the room", usize::from(width));
    }
    if model.unknowns.is_empty() {
        return said(
            canvas,
            "Every bucket that was scanned could be judged by every rule.",
            usize::from(width),
        );
    }
    let width = usize::from(width);
    let mut lines = said(
        canvas,
        "A failed read is never compliant. These have no verdict:",
        width,
    );
    // One read that failed costs many rules their verdict: it is told once.
    let same = |a: &Unknown, b: &Unknown| {
        (&a.account, &a.bucket, &a.cause) == (&b.account, &b.bucket, &b.cause)
    };
    let mut groups: Vec<Vec<&Unknown>> = Vec::new();
    for unknown in &model.unknowns {
        match groups.iter_mut().find(|group| same(group[0], unknown)) {
            Some(group) => group.push(unknown),
            None => groups.push(vec![unknown]),
        }
    }
    for group in &groups {
        let unknown = group[0];
        let rules: Vec<_> = group.iter().map(|one| one.rule.as_str()).collect();
        lines.push(Strip::new());
        let bucket = canvas.cut(&unknown.bucket, width, Cut::Middle);
        let bucket = Strip::of(canvas.style(Role::Title), bucket);
        let account = format!("account {}", unknown.account);
        let account = Strip::of(canvas.style(Role::Muted), account);
        if bucket.width() + account.width() + 2 <= width {
            lines.push(bucket.space(2).join(account));
        } else {
            lines.push(bucket);
            lines.push(Strip::new().space(2).join(account));
        }
        lines.extend(field(canvas, "  cause", &unknown.cause, width, 9));
        let label = if rules.len() == 1 {
            "  rule"
        } else {
            "  rules"
        };
        lines.extend(field(canvas, label, &rules.join(", "), width, 9));
    }
    let more = model.unknowns_total.saturating_sub(model.unknowns.len());
    if more > 0 {
        lines.push(Strip::new());
        lines.extend(said(canvas, &format!("and {more} more"), width));
    }
    lines
}
