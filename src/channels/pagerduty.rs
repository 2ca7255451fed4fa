//! A page by the pager's [Events API v2](https://developer.pagerduty.com/docs/events-api-v2/trigger-events/):
//! for what people were asked and did not answer, and for what only a person can carry on.
//!
//! Nothing comes back. Whoever acknowledges a page there has approved nothing here.

use serde_json::{Value, json};

use super::{Fault, http};
use crate::{
    config::PagerDuty,
    domain::{
        Change, Safe, Severity, Stage, Stamp,
        artifact::{Paging, PagingAction},
        time,
    },
};

/// Characters of a summary that are taken.
const SUMMARY: usize = 1_024;

/// What a page says; it carries no secret and no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    action: PagingAction,
    at: Stamp,
    /// Of the change: every page about it is one alert there.
    dedup_key: String,
    summary: String,
    source: String,
    severity: &'static str,
    group: String,
    class: String,
    details: Value,
}

impl Page {
    pub fn new(change: &Change, paging: &Paging, at: Stamp, (seq, hash): (u64, &str)) -> Self {
        let ticket = &change.ticket;
        let line = |text: &str| Safe::line(text).into_string();
        let asset = line(&ticket.asset.to_string());
        let mut summary = format!("{}: {asset}: {}", change.id, line(&paging.cause));
        if let Some((end, _)) = summary.char_indices().nth(SUMMARY - 1) {
            summary.truncate(end);
            summary.push('…');
        }
        Self {
            action: paging.action,
            at,
            dedup_key: change.id.to_string(),
            summary,
            source: asset,
            severity: severity(ticket.severity, change.stage == Stage::Halted),
            group: line(&ticket.environment.to_string()),
            class: ticket.rule.id.clone(),
            details: json!({
                "violation": line(&ticket.violation()),
                "account": ticket.asset.account.as_str(),
                "region": ticket.asset.region,
                "owner": line(&ticket.owner.to_string()),
                "stage": change.stage.word(),
                "ledger": format!("{seq} {hash}"),
                "note": "an acknowledgement here decides nothing: approve or deny in sixfold",
            }),
        }
    }

    /// What tries the routing key and wakes nobody: the end of an alert that there never was, which
    /// [is taken and does nothing](https://developer.pagerduty.com/docs/events-api-v2/trigger-events/).
    pub fn trial(at: Stamp) -> Self {
        Self {
            action: PagingAction::Resolve,
            at,
            dedup_key: "sixfold-doctor".to_owned(),
            summary: String::new(),
            source: String::new(),
            severity: "info",
            group: String::new(),
            class: String::new(),
            details: Value::Null,
        }
    }

    fn body(&self, routing_key: &str) -> Value {
        let key = json!({
            "routing_key": routing_key,
            "dedup_key": self.dedup_key,
        });
        let more = match self.action {
            PagingAction::Resolve => json!({ "event_action": "resolve" }),
            PagingAction::Trigger => json!({
                "event_action": "trigger",
                "client": "sixfold",
                "payload": {
                    "summary": self.summary,
                    "source": self.source,
                    "severity": self.severity,
                    "timestamp": time::rfc3339(self.at),
                    "component": "s3",
                    "group": self.group,
                    "class": self.class,
                    "custom_details": self.details,
                },
            }),
        };
        let (mut body, Value::Object(more)) = (key, more) else {
            return Value::Null;
        };
        for (name, value) in more {
            body[name] = value;
        }
        body
    }
}

/// What only a person can carry on is an error at least, however small the violation.
const fn severity(severity: Severity, halted: bool) -> &'static str {
    match (severity, halted) {
        (Severity::Critical, _) => "critical",
        (Severity::High, _) | (_, true) => "error",
        (Severity::Medium, false) => "warning",
        (Severity::Low, false) => "info",
    }
}

pub(super) fn send(pager: &PagerDuty, page: &Page, now: Stamp) -> Result<(), Fault> {
    let body = page.body(pager.routing_key.reveal()).to_string();
    http::post(&pager.url, &[], body.as_bytes(), now)
}
