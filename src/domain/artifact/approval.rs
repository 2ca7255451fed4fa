//! 02: what touches production waits until somebody reads it. One request, one decision, nothing in
//! the middle; outside production the standing policy decides, and that too is on record.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Agreed, Consent, Ticket};
use crate::domain::{Actor, ChangeId, Digest, Hazard, Stamp, Via, time};

/// The question, as it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// Why a person is needed: `env=prod`, `one-way fix`, `high hazard`, `strict approval`, or several of them.
    pub why: String,
    pub action: String,
    /// Groups that are asked, such as `on-call` and the owner's team.
    pub asked: Vec<String>,
    /// `push` where a channel carries the request to people, else `screen`.
    pub channel: String,
    #[serde(with = "time::millis")]
    pub expires: Stamp,
    pub plan_hash: Digest,
    pub hazards: Vec<Hazard>,
    /// The first request of a change is round 1; each expiry begins another.
    pub round: u32,
    #[serde(default, skip_serializing_if = "Consent::is_usual")]
    pub consent: Consent,
}

/// What was decided. There is no fourth answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    Approved,
    Denied,
    NotRequired,
}

/// Why something was denied or reverted, from a closed list that reports can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    AcceptedRisk,
    FalsePositive,
    Maintenance,
    BusinessNeed,
}

impl ReasonCode {
    pub const ALL: [Self; 4] = [
        Self::AcceptedRisk,
        Self::FalsePositive,
        Self::Maintenance,
        Self::BusinessNeed,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::AcceptedRisk => "accepted-risk",
            Self::FalsePositive => "false-positive",
            Self::Maintenance => "maintenance",
            Self::BusinessNeed => "business-need",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.word() == word)
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: ReasonCode,
    /// Free text; at most 500 characters are kept.
    pub note: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.note.is_empty() {
            write!(f, "{}", self.code)
        } else {
            write!(f, "{}: {}", self.code, self.note)
        }
    }
}

/// 02: the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub decision: Decision,
    pub by: Actor,
    pub via: Via,
    /// Why no person was needed, when none was: `env=dev`.
    pub why: String,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub reason: Option<Reason>,
    pub plan_hash: Digest,
    /// Those who agreed before, where more than one person had to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Agreed>,
}

impl ApprovalRequest {
    pub fn text(&self, id: ChangeId, ticket: &Ticket) -> String {
        let mut text = format!(
            "{} · {}\n{id}\naction: {}\nasset: {}\n",
            self.channel,
            self.asked.join(", "),
            self.action,
            ticket.asset,
        );
        // Production is the usual reason and goes without saying.
        if self.why != format!("env={}", ticket.environment) {
            text.push_str(&format!("waits: {}\n", self.why));
        }
        if let Some(why) = ticket.one_way() {
            text.push_str(&format!("one-way: {why}\n"));
        }
        if let Some(words) = self.consent.words() {
            text.push_str(&format!("needs: {words}\n"));
        }
        text.push_str(&format!(
            "scheduled: pending approval\nexpires: {}\n[ Approve ]   [ Deny ]",
            time::to_minute(self.expires),
        ));
        text
    }

    /// What the fix may break, one line each, the worst first; none where nothing is known.
    pub fn warning(&self) -> Option<String> {
        let mut hazards: Vec<_> = self.hazards.iter().collect();
        hazards.sort_by_key(|hazard| std::cmp::Reverse(hazard.level));
        let line = |hazard: &&Hazard| format!("{}: {}", hazard.level.word(), hazard.text);
        let lines: Vec<_> = hazards.iter().map(line).collect();
        (!lines.is_empty()).then(|| format!("what it may break\n{}", lines.join("\n")))
    }
}

impl Approval {
    /// Everybody who agreed, whoever decided last.
    pub fn agreed(&self) -> Vec<Agreed> {
        Agreed::and(&self.with, &self.by, self.via, self.at)
    }

    /// One line for lists.
    pub fn headline(&self) -> String {
        let (by, via) = (&self.by, self.via);
        match self.decision {
            Decision::NotRequired => format!("not required ({})", self.why),
            Decision::Approved => {
                let before = self.with.iter().map(|agreed| format!("{}, ", agreed.by));
                format!("approved by {}{by} ({via})", before.collect::<String>())
            }
            Decision::Denied => {
                let reason = self.reason.as_ref().map(ToString::to_string);
                format!("denied by {by} ({via}): {}", reason.unwrap_or_default())
            }
        }
    }

    pub fn text(&self, id: ChangeId, ticket: &Ticket) -> String {
        let (action, asset) = (ticket.remedy.action(), &ticket.asset);
        let head = format!("{id}\naction: {action}\nasset: {asset}\n");
        match self.decision {
            Decision::NotRequired => {
                format!("{head}approval: not required ({})\nvia: policy", self.why)
            }
            Decision::Approved => {
                let all: Vec<_> = self.agreed().iter().map(Agreed::text).collect();
                format!("{head}approved by: {}", all.join("\n  and "))
            }
            Decision::Denied => {
                let reason = self
                    .reason
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                format!(
                    "{head}denied by: {} ({}, {})\nreason: {reason}",
                    self.by,
                    self.via,
                    time::clock(self.at)
                )
            }
        }
    }
}
