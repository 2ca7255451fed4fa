//! Pages, and changes and entries as one line of a list.

use serde::{Deserialize, Serialize};

use super::status::optional_millis;
use crate::domain::{Change, ChangeId, Entry, Severity, Stage, Stamp, time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: usize,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub items: Vec<Row>,
    /// How many there are in all, as far as the filter has looked.
    pub total: usize,
    /// Rows that the filter has not looked at yet: asking again goes on.
    #[serde(default)]
    pub unsearched: usize,
}

/// A change as one line of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: ChangeId,
    pub severity: Severity,
    pub environment: String,
    pub production: bool,
    pub account: String,
    /// What it is about, by its label: a bucket's name, or `account 123456789012`.
    pub bucket: String,
    pub violation: String,
    /// Of the primary control, with its version: `CIS 1.3.0`.
    pub framework: String,
    pub rule: String,
    pub owner: String,
    pub stage: Stage,
    /// Artifacts that are there, of six.
    pub step: u8,
    /// The outcome once there is one, else the stage.
    pub word: String,
    #[serde(with = "time::millis")]
    pub detected_at: Stamp,
}

impl Row {
    pub fn of(change: &Change) -> Self {
        let ticket = &change.ticket;
        Self {
            id: change.id,
            severity: ticket.severity,
            environment: ticket.environment.name.clone(),
            production: ticket.environment.production,
            account: ticket.asset.account.to_string(),
            bucket: ticket.asset.label(),
            violation: ticket.violation(),
            framework: format!("{} {}", ticket.primary.framework, ticket.primary.version),
            rule: ticket.rule.id.clone(),
            owner: ticket.owner.contact.clone(),
            stage: change.stage,
            step: change.stage.step(),
            word: change.word(),
            detected_at: ticket.detected_at,
        }
    }
}

/// A change that waits for a decision, as one line of the approvals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub row: Row,
    pub terms: Terms,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What would be done, in a few words.
    pub action: String,
    /// Until when it can be decided.
    #[serde(with = "optional_millis")]
    pub expires: Option<Stamp>,
    /// The latest entry about it.
    pub last_seq: u64,
}

impl Asked {
    pub fn of(change: &Change) -> Self {
        Self {
            row: Row::of(change),
            terms: Terms::of(change),
        }
    }
}

impl Terms {
    pub fn of(change: &Change) -> Self {
        Self {
            action: change.ticket.remedy.action().to_owned(),
            expires: change.request.as_ref().map(|request| request.expires),
            last_seq: change.last_seq,
        }
    }
}

/// Entries that a filter keeps, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// Fewer than were asked for where many had to be read, or none.
    pub items: Vec<Line>,
    /// How many there are in all; none where only reading the whole ledger would tell.
    pub total: Option<usize>,
    /// Where to go on: `before` of the next question. None at the beginning of the ledger.
    pub next: Option<u64>,
}

/// An entry as one line of the ledger pane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub seq: u64,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub change: Option<ChangeId>,
    pub kind: String,
    pub actor: String,
    pub via: String,
    pub headline: String,
}

impl Line {
    /// Some entry with this number.
    #[cfg(test)]
    pub fn numbered(seq: u64) -> Self {
        Self {
            seq,
            at: Stamp::default(),
            change: None,
            kind: "fix".to_owned(),
            actor: "room".to_owned(),
            via: "room".to_owned(),
            headline: format!("entry {seq}"),
        }
    }

    pub fn of(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            change: entry.change,
            kind: entry.fact.kind().to_owned(),
            actor: entry.actor.to_string(),
            via: entry.via.to_string(),
            headline: entry.headline(),
        }
    }
}
