//! Open changes in another order than the index has them.

use std::cmp::{Ordering, Reverse};

use super::keys;
use crate::room::protocol::{Arrangement, Grouping, Order, Row};

/// Puts rows in order that come as the index has them; what an arrangement does not tell apart stays
/// as it comes.
pub fn arrange(rows: &mut [Row], arrangement: Arrangement) {
    rows.sort_by(|one, other| {
        group(one, other, arrangement.grouping).then_with(|| order(one, other, arrangement.order))
    });
}

fn group(one: &Row, other: &Row, grouping: Grouping) -> Ordering {
    match grouping {
        Grouping::Stage => keys::group(one.stage).cmp(&keys::group(other.stage)),
        Grouping::Severity => other.severity.cmp(&one.severity),
        Grouping::Environment => environment(one).cmp(&environment(other)),
        Grouping::Account => one.account.cmp(&other.account),
        Grouping::Framework => one.framework.cmp(&other.framework),
        Grouping::Rule => one.rule.cmp(&other.rule),
        Grouping::None => Ordering::Equal,
    }
}

fn order(one: &Row, other: &Row, order: Order) -> Ordering {
    let severity = |row: &Row| (Reverse(row.severity), row.detected_at);
    match order {
        Order::Urgency => Ordering::Equal,
        Order::Severity => severity(one).cmp(&severity(other)),
        Order::Age => one.detected_at.cmp(&other.detected_at),
        Order::Asset => (&one.bucket, &one.account).cmp(&(&other.bucket, &other.account)),
        Order::Environment => environment(one)
            .cmp(&environment(other))
            .then_with(|| severity(one).cmp(&severity(other))),
    }
}

/// Production first; names that differ in case only stand apart, each under its own heading.
fn environment(row: &Row) -> (bool, &str) {
    (!row.production, &row.environment)
}
