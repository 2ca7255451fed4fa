//! A change that a person makes: who was asked, who said that it is done, and what was then seen.
//!
//! It stands where approval, backup, fix and rollback stand otherwise. Nothing is written by the
//! room, so nothing is backed up and nothing can be put back; what it proves is that the violation
//! was there and is gone.

use serde::{Deserialize, Serialize};

use super::Ticket;
use crate::domain::{Actor, ChangeId, Digest, Stamp, Via, time};

/// People were asked to do it. It stands until somebody has done it or denied it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandRequest {
    /// Groups that are asked, such as `on-call` and the owner's team.
    pub asked: Vec<String>,
    /// `push` where a channel carries the request to people, else `screen`.
    pub channel: String,
    /// Of the steps that were shown.
    pub plan_hash: Digest,
}

/// Somebody said that it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    pub by: Actor,
    pub via: Via,
    #[serde(with = "time::millis")]
    pub at: Stamp,
}

/// What has become of it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    pub request: HandRequest,
    /// The latest one.
    pub marked: Option<Marked>,
    /// What was still wrong after that.
    pub unfinished: Option<String>,
}

/// A fresh read no longer violates, or an exception lets it be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// In words, who said so before, if anybody did.
    pub cause: String,
    /// Reads that it took.
    pub attempts: u32,
    #[serde(with = "time::millis")]
    pub at: Stamp,
}

impl ByHand {
    pub fn text(&self, id: ChangeId, ticket: &Ticket) -> String {
        let HandRequest { asked, channel, .. } = &self.request;
        let mut text = format!(
            "{channel} · {}\n{id}\nto be done by hand: {}\nasset: {}",
            asked.join(", "),
            ticket.remedy.action(),
            ticket.asset,
        );
        if let Some(Marked { by, via, at }) = &self.marked {
            let at = time::to_second(*at);
            text.push_str(&format!("\nmarked done by: {by} ({via}, {at})"));
        }
        if let Some(what) = &self.unfinished {
            text.push_str(&format!("\nstill violating: {what}"));
        }
        text
    }

    /// The same with the steps, for whoever is asked.
    pub fn push(&self, id: ChangeId, ticket: &Ticket) -> String {
        let steps = ticket.remedy.manual().map(super::super::Manual::text);
        format!(
            "{}\n{}\nsixfold done {id}",
            self.text(id, ticket),
            steps.unwrap_or_default()
        )
    }
}
