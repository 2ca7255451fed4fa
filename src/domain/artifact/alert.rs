//! 06: the close-out record. The same shape on every run, so a quarter of them reads like a ledger.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Agreed;
use crate::domain::{Actor, ChangeId, Control, Stamp, Via, time};

/// How a change ended. A closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Verified equal to the prediction.
    Remediated,
    /// Denied, or exempt since it was asked for, with the stated reason.
    WontFix,
    /// Verification differed, and the state before was put back.
    RolledBack,
    /// The fresh read before the fix no longer violated.
    ResolvedElsewhere,
    /// The fresh read differed from what was approved; nothing was written.
    Drifted,
    /// A person must act.
    Halted,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Remediated,
        Self::WontFix,
        Self::RolledBack,
        Self::ResolvedElsewhere,
        Self::Drifted,
        Self::Halted,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Remediated => "remediated",
            Self::WontFix => "wont-fix",
            Self::RolledBack => "rolled-back",
            Self::ResolvedElsewhere => "resolved-elsewhere",
            Self::Drifted => "drifted",
            Self::Halted => "halted",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// 06: the alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub outcome: Outcome,
    pub primary: Control,
    pub bucket: String,
    pub approver: Actor,
    pub via: Via,
    #[serde(with = "time::millis")]
    pub decided_at: Stamp,
    /// Those who agreed before the approver, where more than one person had to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Agreed>,
    #[serde(with = "time::millis")]
    pub closed_at: Stamp,
    /// From detection to close.
    pub duration_s: i64,
    /// A write took effect, or may have.
    pub written: bool,
    /// Until when a revert is offered; none where nothing was written, or no bundle could be stored.
    pub rollback_until: Option<String>,
    /// `#compliance-audit`
    pub channel: String,
    /// Channels that were configured when this was written, by name: each of them gets it, and one
    /// that is added later begins with later records.
    pub deliver_to: Vec<String>,
    /// What there is to say beyond the outcome: a denial's or an exception's reason, a halt's cause.
    pub cause: Option<String>,
}

impl Alert {
    /// Everybody who agreed, the approver last.
    pub fn agreed(&self) -> Vec<Agreed> {
        Agreed::and(&self.with, &self.approver, self.via, self.decided_at)
    }

    pub fn text(&self, id: ChangeId) -> String {
        let rollback = match &self.rollback_until {
            Some(day) => format!("available until {day}"),
            None if self.written => "by hand; the state before is in the vault".to_owned(),
            None => "not applicable, nothing was written".to_owned(),
        };
        let rollback = if self.outcome == Outcome::RolledBack {
            "already run".to_owned()
        } else {
            rollback
        };
        let state = if self.outcome == Outcome::Halted {
            "halted"
        } else {
            "closed"
        };
        let mut with = String::new();
        for agreed in &self.with {
            with.push_str(&format!("\n  with {}", agreed.text()));
        }
        let mut text = format!(
            "{}\n{id} {state}\n{} {} on\n  {}\napprover: {}\n  ({}, {}){with}\nduration: {} (detect → close)\nrollback: {rollback}",
            self.channel,
            self.primary.short(),
            self.outcome,
            self.bucket,
            self.approver,
            self.via,
            time::clock(self.decided_at),
            time::duration(TimeDelta::seconds(self.duration_s)),
        );
        if let Some(cause) = &self.cause {
            text.push_str(&format!("\ncause: {cause}"));
        }
        text
    }
}
