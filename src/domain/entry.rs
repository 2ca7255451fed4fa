//! An entry of the ledger: one fact, who stands behind it, and the hash of the line before it.
//!
//! Only facts are entries. What the scanner sees again with every pass (verdicts, rates) is not here.

use serde::{Deserialize, Serialize};

use super::{
    Actor, Asset, ChangeId, Digest, Document, Exception, ExceptionReminder, Stamp, Via,
    artifact::{
        Alert, Approval, ApprovalRequest, Backup, Fix, HandRequest, Paging, Reason, Rollback,
        Ticket,
    },
    time,
};

/// A line of the ledger, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    /// None for what concerns the room rather than one change.
    pub change: Option<ChangeId>,
    pub actor: Actor,
    pub via: Via,
    /// SHA-256 of the line before, without its newline; zeros for the first.
    pub prev: Digest,
    #[serde(flatten)]
    pub fact: Fact,
}

/// What somebody wants to have recorded; the ledger adds `seq` and `prev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub at: Stamp,
    pub change: Option<ChangeId>,
    pub actor: Actor,
    pub via: Via,
    pub fact: Fact,
}

impl Draft {
    /// A fact of the room's own doing.
    pub fn room(at: Stamp, change: impl Into<Option<ChangeId>>, fact: Fact) -> Self {
        Self {
            at,
            change: change.into(),
            actor: Actor::Room,
            via: Via::Room,
            fact,
        }
    }

    pub fn numbered(self, seq: u64, prev: Digest) -> Entry {
        let Self {
            at,
            change,
            actor,
            via,
            fact,
        } = self;
        Entry {
            seq,
            at,
            change,
            actor,
            via,
            prev,
            fact,
        }
    }
}

/// Every kind of fact there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "artifact")]
pub enum Fact {
    /// 01, with its detection (00) and plan.
    #[serde(rename = "ticket")]
    Ticket(Box<Ticket>),
    #[serde(rename = "approval.requested")]
    ApprovalRequested(ApprovalRequest),
    /// Nobody decided in time. The change stays open; the next round asks again, over a fresh read.
    #[serde(rename = "approval.expired")]
    ApprovalExpired { round: u32 },
    /// The entry's actor agreed to the plan, and others must as well before it is approved.
    #[serde(rename = "approval.agreed")]
    Agreed {
        plan_hash: Digest,
        /// Those who agreed before and may not any more, so that theirs does not count.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without: Vec<Actor>,
    },
    /// 02.
    #[serde(rename = "approval")]
    Approval(Approval),
    /// People were asked to do by hand what no call of ours can do.
    #[serde(rename = "manual.asked")]
    HandAsked(HandRequest),
    /// The entry's actor says that it is done; whether it is, is for the next reads to say.
    #[serde(rename = "manual.done")]
    HandDone { plan_hash: Digest },
    /// It was marked done and still violates; it is asked again.
    #[serde(rename = "manual.unfinished")]
    HandUnfinished { cause: String, attempts: u32 },
    /// A fresh read no longer violates.
    #[serde(rename = "manual.resolved")]
    HandResolved { cause: String, attempts: u32 },
    /// Somebody tried to decide, revert or reset and had no right to, or came too late.
    #[serde(rename = "attempt.refused")]
    Refused { attempt: String, cause: String },
    /// 03.
    #[serde(rename = "backup")]
    Backup(Backup),
    /// The write is about to be sent: everything that a restart needs in order to settle it.
    #[serde(rename = "fix.intent")]
    FixIntent {
        plan_hash: Digest,
        read: Digest,
        target: Digest,
        backup: Digest,
        version_id: Option<String>,
    },
    /// The write was accepted; verification begins.
    #[serde(rename = "fix.written")]
    FixWritten { request_id: Option<String> },
    /// Verification read something that is neither the state before nor the prediction.
    #[serde(rename = "fix.mismatch")]
    FixMismatch {
        observed: Document,
        cause: String,
        attempts: u32,
    },
    /// 04.
    #[serde(rename = "fix")]
    Fix(Fix),
    /// 05.
    #[serde(rename = "rollback")]
    Rollback(Rollback),
    /// 06.
    #[serde(rename = "alert")]
    Alert(Alert),
    /// A channel took what an entry told it: `of` is that entry's number. Without one the change's
    /// close-out record is meant.
    #[serde(rename = "alert.delivered")]
    Delivered {
        channel: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<u64>,
    },
    /// The entry's actor says that a channel need not take entry `of` any more, and why.
    #[serde(rename = "alert.waived")]
    Waived {
        channel: String,
        of: u64,
        reason: String,
    },
    /// A channel said that it takes nothing any more. It is left alone until a person says otherwise.
    #[serde(rename = "channel.dead")]
    ChannelDead { channel: String, cause: String },
    /// The entry's actor has a channel tried again at once.
    #[serde(rename = "channel.retried")]
    ChannelRetried { channel: String },
    /// Somebody is paged about a change, or no longer needs to be.
    #[serde(rename = "paging")]
    Paging(Paging),
    /// A revert is about to be sent.
    #[serde(rename = "revert.intent")]
    RevertIntent {
        read: Digest,
        target: Digest,
        reason: Option<Reason>,
    },
    /// The state before was put back at a person's wish, and verified.
    #[serde(rename = "revert")]
    Reverted {
        observed: Digest,
        residue: Vec<String>,
        request_id: Option<String>,
    },
    /// A change that this ledger does not have was reverted from its bundle in the vault: intended,
    /// then done.
    #[serde(rename = "revert.foreign")]
    RevertedForeign {
        of: ChangeId,
        asset: Asset,
        setting: String,
        read: Digest,
        target: Digest,
        reason: Reason,
        done: bool,
    },
    /// A revert did not go through; the bundle is still offered.
    #[serde(rename = "revert.failed")]
    RevertFailed { cause: String },
    #[serde(rename = "exception.opened")]
    ExceptionOpened(Exception),
    #[serde(rename = "exception.ended")]
    ExceptionEnded {
        rule: String,
        asset: Asset,
        cause: String,
    },
    /// Somebody asked for one by hand, where somebody else has to approve it.
    #[serde(rename = "exception.requested")]
    ExceptionRequested(Exception),
    /// The entry's actor decided on request `of`.
    #[serde(rename = "exception.decided")]
    ExceptionDecided {
        of: u64,
        rule: String,
        asset: Asset,
        approved: bool,
        note: String,
    },
    /// It ends soon.
    #[serde(rename = "exception.reminder")]
    ExceptionReminder(ExceptionReminder),
    /// The rule does nothing on this bucket until a person releases it.
    #[serde(rename = "hold")]
    Held {
        rule: String,
        asset: Asset,
        cause: String,
    },
    #[serde(rename = "hold.released")]
    Released { rule: String, asset: Asset },
    /// The window for a revert is over.
    #[serde(rename = "settled")]
    Settled { bundle: String },
    #[serde(rename = "breaker.tripped")]
    BreakerTripped { cause: String },
    #[serde(rename = "breaker.reset")]
    BreakerReset,
    /// The room started, and what it found amiss (a torn line that it cut, views that it rebuilt).
    #[serde(rename = "room.started")]
    RoomStarted {
        version: String,
        mode: String,
        findings: Vec<String>,
    },
}

impl Fact {
    /// Every word that [`kind`](Self::kind) gives.
    pub const KINDS: [&'static str; 37] = [
        "ticket",
        "approval.requested",
        "approval.expired",
        "approval.agreed",
        "approval",
        "manual.asked",
        "manual.done",
        "manual.unfinished",
        "manual.resolved",
        "attempt.refused",
        "backup",
        "fix.intent",
        "fix.written",
        "fix.mismatch",
        "fix",
        "rollback",
        "alert",
        "alert.delivered",
        "alert.waived",
        "channel.dead",
        "channel.retried",
        "paging",
        "revert.intent",
        "revert",
        "revert.foreign",
        "revert.failed",
        "exception.opened",
        "exception.ended",
        "exception.requested",
        "exception.decided",
        "exception.reminder",
        "hold",
        "hold.released",
        "settled",
        "breaker.tripped",
        "breaker.reset",
        "room.started",
    ];

    /// The word in the ledger's `kind` column.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ticket(_) => "ticket",
            Self::ApprovalRequested(_) => "approval.requested",
            Self::ApprovalExpired { .. } => "approval.expired",
            Self::Agreed { .. } => "approval.agreed",
            Self::Approval(_) => "approval",
            Self::HandAsked(_) => "manual.asked",
            Self::HandDone { .. } => "manual.done",
            Self::HandUnfinished { .. } => "manual.unfinished",
            Self::HandResolved { .. } => "manual.resolved",
            Self::Refused { .. } => "attempt.refused",
            Self::Backup(_) => "backup",
            Self::FixIntent { .. } => "fix.intent",
            Self::FixWritten { .. } => "fix.written",
            Self::FixMismatch { .. } => "fix.mismatch",
            Self::Fix(_) => "fix",
            Self::Rollback(_) => "rollback",
            Self::Alert(_) => "alert",
            Self::Delivered { .. } => "alert.delivered",
            Self::Waived { .. } => "alert.waived",
            Self::ChannelDead { .. } => "channel.dead",
            Self::ChannelRetried { .. } => "channel.retried",
            Self::Paging(_) => "paging",
            Self::RevertIntent { .. } => "revert.intent",
            Self::Reverted { .. } => "revert",
            Self::RevertedForeign { .. } => "revert.foreign",
            Self::RevertFailed { .. } => "revert.failed",
            Self::ExceptionOpened(_) => "exception.opened",
            Self::ExceptionEnded { .. } => "exception.ended",
            Self::ExceptionRequested(_) => "exception.requested",
            Self::ExceptionDecided { .. } => "exception.decided",
            Self::ExceptionReminder(_) => "exception.reminder",
            Self::Held { .. } => "hold",
            Self::Released { .. } => "hold.released",
            Self::Settled { .. } => "settled",
            Self::BreakerTripped { .. } => "breaker.tripped",
            Self::BreakerReset => "breaker.reset",
            Self::RoomStarted { .. } => "room.started",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_list_of_kinds_is_what_a_ledger_may_hold() {
        let error = serde_json::from_str::<Fact>(r#"{"kind": "?", "artifact": null}"#).unwrap_err();
        let named: Vec<_> = error
            .to_string()
            .split('`')
            .skip(3)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        assert_eq!(named, Fact::KINDS);
    }
}
