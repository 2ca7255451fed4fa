//! A change as its entries have made it so far: the record that screens show and that the chain
//! asks what comes next. It holds nothing that its entries don't.

use serde::{Deserialize, Serialize};

use super::{
    Actor, ChangeId, Digest, EXEMPT, Stamp,
    artifact::{
        Agreed, Alert, Approval, ApprovalRequest, Backup, ByHand, Fix, Outcome, Resolved, Rollback,
        Ticket,
    },
    time,
};

/// Where a change stands. `Halted` is the only open state that nothing but a person moves on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Ticketed,
    AwaitingApproval,
    /// A request expired; the next round asks over a fresh read.
    Expired,
    /// A person has to do it; nobody has said yet that it is done.
    ByHand,
    /// Somebody said that it is done by hand; whether it is, is settled by reading.
    Checking,
    Approved,
    Denied,
    BackedUp,
    /// The write's intent is on record; whether it was sent is settled by reading.
    Fixing,
    Verifying,
    RollingBack,
    Fixed,
    /// The fix ended without a write, or was undone.
    Unfixed,
    RollbackStored,
    Closed,
    Halted,
}

impl Stage {
    pub const ALL: [Self; 16] = [
        Self::Ticketed,
        Self::AwaitingApproval,
        Self::Expired,
        Self::ByHand,
        Self::Checking,
        Self::Approved,
        Self::Denied,
        Self::BackedUp,
        Self::Fixing,
        Self::Verifying,
        Self::RollingBack,
        Self::Fixed,
        Self::Unfixed,
        Self::RollbackStored,
        Self::Closed,
        Self::Halted,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Ticketed => "ticketed",
            Self::AwaitingApproval => "awaiting approval",
            Self::Expired => "expired, asking again",
            Self::ByHand => "to be done by hand",
            Self::Checking => "marked done, checking",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::BackedUp => "backed up",
            Self::Fixing => "fixing",
            Self::Verifying => "verifying",
            Self::RollingBack => "rolling back",
            Self::Fixed => "fixed",
            Self::Unfixed => "not fixed",
            Self::RollbackStored => "rollback stored",
            Self::Closed => "closed",
            Self::Halted => "halted",
        }
    }

    /// Still something to do, for the chain or for a person.
    pub fn is_open(self) -> bool {
        self != Self::Closed
    }

    /// How many of the six artifacts are there.
    pub const fn step(self) -> u8 {
        match self {
            Self::Ticketed | Self::AwaitingApproval | Self::Expired | Self::ByHand => 1,
            Self::Checking | Self::Approved | Self::Denied => 2,
            Self::BackedUp | Self::Fixing | Self::Verifying | Self::RollingBack => 3,
            Self::Fixed | Self::Unfixed | Self::Halted => 4,
            Self::RollbackStored => 5,
            Self::Closed => 6,
        }
    }
}

/// The write that is on record as about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub read: Digest,
    pub target: Digest,
    /// The write was accepted, or found to have been.
    pub written: Option<Written>,
}

/// A write that took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The provider's id of it; none where a read after a restart found it done.
    pub request_id: Option<String>,
}

/// A verification that read something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    pub observed: Digest,
    pub cause: String,
    pub attempts: u32,
}

/// A revert that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revert {
    pub by: Actor,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub state: RevertState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevertState {
    /// Intended; whether it was sent is settled by reading.
    Pending,
    Done,
    Failed(String),
}

/// A change, folded from its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    pub stage: Stage,
    pub ticket: Ticket,
    /// The latest request; its `round` counts them.
    pub request: Option<ApprovalRequest>,
    /// Those who agreed to the latest request, where more than one person must.
    #[serde(default)]
    pub agreed: Vec<Agreed>,
    pub approval: Option<Approval>,
    /// What became of it where a person has to do it.
    #[serde(default)]
    pub by_hand: Option<ByHand>,
    /// It ended by hand: the violation is gone, or is let be.
    #[serde(default)]
    pub resolved: Option<Resolved>,
    pub backup: Option<Backup>,
    pub intent: Option<Intent>,
    pub mismatch: Option<Mismatch>,
    pub fix: Option<Fix>,
    pub rollback: Option<Rollback>,
    pub alert: Option<Alert>,
    pub revert: Option<Revert>,
    /// The number of the close-out record's entry; 0 before there is one.
    #[serde(default)]
    pub alert_seq: u64,
    /// Channels that took the close-out record.
    pub delivered: Vec<String>,
    /// Channels that need not take it, since a person said so.
    #[serde(default)]
    pub waived: Vec<String>,
    /// Somebody was paged about it, and nothing said yet that it is over.
    #[serde(default)]
    pub paged: bool,
    #[serde(default)]
    pub settled: bool,
    pub opened_seq: u64,
    pub last_seq: u64,
    /// Of the line at `last_seq`'s predecessor; exports show it beside the sequence number.
    pub last_prev: Digest,
    #[serde(with = "time::millis")]
    pub updated_at: Stamp,
}

impl Change {
    pub fn outcome(&self) -> Option<Outcome> {
        self.alert.as_ref().map(|alert| alert.outcome)
    }

    /// Still something to do, for the chain or for a person.
    pub fn is_open(&self) -> bool {
        self.stage.is_open()
    }

    /// Why its violation is let be, where an exception ended it before anything was written.
    pub fn exempt(&self) -> Option<&str> {
        let by_hand = self.resolved.as_ref().map(|resolved| &resolved.cause);
        let cause = by_hand.or_else(|| self.fix.as_ref()?.cause.as_ref())?;
        cause.strip_prefix(EXEMPT)?.strip_prefix(": ")
    }

    /// One word for lists: the outcome once there is one, else the stage.
    pub fn word(&self) -> String {
        match (&self.revert, self.outcome()) {
            (
                Some(Revert {
                    state: RevertState::Done,
                    ..
                }),
                _,
            ) => "reverted".to_owned(),
            (_, Some(outcome)) => outcome.to_string(),
            (_, None) if self.stage != Stage::AwaitingApproval || self.agreed.is_empty() => {
                self.stage.word().to_owned()
            }
            (_, None) => {
                let needed = self
                    .request
                    .as_ref()
                    .map_or(1, |request| request.consent.people);
                format!("{} of {needed} agreed", self.agreed.len())
            }
        }
    }

    /// Whether a write of this change took effect, or may have: its intent is on record, and it did
    /// not end as one that wrote nothing.
    pub const fn may_be_written(&self) -> bool {
        self.intent.is_some()
    }

    /// Whether somebody could still revert it.
    pub fn revertible(&self, now: Stamp) -> bool {
        let reverted = matches!(&self.revert, Some(revert) if revert.state == RevertState::Done);
        matches!(self.stage, Stage::Closed | Stage::Halted)
            && !reverted
            && !self.settled
            && self
                .rollback
                .as_ref()
                .is_some_and(|bundle| bundle.open_at(now))
    }

    /// The boxes there are so far, in order, each with its title.
    /// Who agreed so far, where others must as well.
    fn agreed_text(&self) -> String {
        if self.approval.is_some() {
            return String::new();
        }
        let lines = self
            .agreed
            .iter()
            .map(|agreed| format!("\nagreed: {}", agreed.text()));
        lines.collect()
    }

    pub fn boxes(&self) -> Vec<(&'static str, String)> {
        let mut boxes = vec![
            ("00 Detection", self.ticket.detection.text(&self.ticket)),
            ("01 Ticket", self.ticket.text(self.id)),
        ];
        let asked = self
            .request
            .as_ref()
            .map(|request| request.text(self.id, &self.ticket) + &self.agreed_text());
        let answered = self
            .approval
            .as_ref()
            .map(|approval| approval.text(self.id, &self.ticket));
        let by_hand = self
            .by_hand
            .as_ref()
            .map(|by_hand| by_hand.text(self.id, &self.ticket));
        boxes.extend(asked.map(|text| ("02 Approval", text)));
        boxes.extend(by_hand.map(|text| ("02 By hand", text)));
        boxes.extend(answered.map(|text| ("02 Decision", text)));
        if let Some(Resolved { cause, at, .. }) = &self.resolved {
            let at = time::to_second(*at);
            let how = self.exempt().map_or("done by hand", |_| EXEMPT);
            boxes.push(("03 Backup", format!("nothing to back up: {how}")));
            boxes.push(("04 Fix", format!("{cause}\nseen: {at}")));
            boxes.push(("05 Rollback", format!("nothing to put back: {how}")));
        }
        boxes.extend(
            self.backup
                .as_ref()
                .map(|backup| ("03 Backup", backup.text())),
        );
        boxes.extend(self.fix.as_ref().map(|fix| ("04 Fix", fix.text())));
        boxes.extend(
            self.rollback
                .as_ref()
                .map(|rollback| ("05 Rollback", rollback.text())),
        );
        boxes.extend(
            self.alert
                .as_ref()
                .map(|alert| ("06 Alert", alert.text(self.id))),
        );
        if let Some(revert) = &self.revert {
            let line = match &revert.state {
                RevertState::Pending => format!("revert by {} is running", revert.by),
                RevertState::Done => format!(
                    "reverted by {} at {}",
                    revert.by,
                    time::to_second(revert.at)
                ),
                RevertState::Failed(cause) => format!("revert by {} failed: {cause}", revert.by),
            };
            boxes.push(("Revert", line));
        }
        boxes
    }
}
