//! What an entry tells: the box in the walkthrough's words, and for each kind the same few fields in the
//! same order on every run, so that a quarter of them reads like a ledger. Every shape is made from this.

use crate::domain::{
    Change, ExceptionReminder, Safe, Stamp,
    artifact::{Agreed, Alert, Outcome, Rollback},
    tags, time,
};

/// Most characters of one field.
const LONGEST: usize = 400;

/// What stands where a change has nothing of the kind.
const NONE: &str = "none";

/// What is told about an entry, as every channel gets it. Nothing in it could be mistaken for a control
/// character, and each shape escapes what it has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Stable over retries: `CHG-2026-0418-114.55`.
    pub id: String,
    /// Of dotted words: `change.closed`.
    pub kind: &'static str,
    /// When it happened, not when it is sent.
    pub at: Stamp,
    /// The change, or what it is about besides.
    pub subject: String,
    /// In a few words: `CHG-2026-0418-114 closed · remediated`.
    pub title: String,
    /// The box.
    pub text: String,
    /// Labels and values; for one kind always the same labels in the same order.
    pub fields: Vec<(&'static str, String)>,
    /// Of the entry, so that the channel becomes a witness of the ledger.
    pub seq: u64,
    pub hash: String,
}

impl Record {
    /// The record of a change that ended.
    pub fn closed(change: &Change, alert: &Alert, (seq, hash): (u64, String)) -> Self {
        let ticket = &change.ticket;
        let asset = &ticket.asset;
        let halted = alert.outcome == Outcome::Halted;
        let controls: Vec<_> = std::iter::once(ticket.primary.clone())
            .chain(ticket.frameworks.iter().cloned())
            .collect();
        let fix = change.fix.as_ref().map(|fix| fix.status.to_string());
        let by_hand = change
            .resolved
            .as_ref()
            .filter(|_| change.exempt().is_none());
        let by_hand = by_hand.map(|_| "done by hand".to_owned());
        let backup = change
            .backup
            .as_ref()
            .map(|backup| match &backup.version_id {
                Some(version) => format!("{}#{version}", backup.uri),
                None => backup.uri.clone(),
            });
        let rollback = change.rollback.as_ref();
        let until = rollback
            .filter(|rollback| !rollback.ran)
            .map(Rollback::until);
        let (state, kind) = if halted {
            ("halted", "change.halted")
        } else {
            ("closed", "change.closed")
        };
        let agreed: Vec<_> = alert.agreed().iter().map(Agreed::text).collect();
        let fields = [
            ("asset", asset.label()),
            (
                "account",
                format!(
                    "{} · {} · env={}",
                    asset.account, asset.region, ticket.environment
                ),
            ),
            ("rule", ticket.rule.to_string()),
            ("frameworks", tags(&controls)),
            ("severity", ticket.severity.to_string()),
            ("owner", ticket.owner.to_string()),
            ("approver", agreed.join(" and ")),
            ("verification", or_none(fix.or(by_hand))),
            ("backup", or_none(backup)),
            (
                "rollback",
                or_none(until.map(|until| format!("{} until {until}", change.id))),
            ),
        ];
        Self {
            id: format!("{}.{seq}", change.id),
            kind,
            at: alert.closed_at,
            subject: change.id.to_string(),
            title: format!("{} {state} · {}", change.id, alert.outcome),
            text: Safe::lines(&alert.text(change.id)).into_string(),
            fields: fields.map(|(label, value)| (label, shown(&value))).to_vec(),
            seq,
            hash,
        }
    }

    /// That an exception ends soon.
    pub fn reminder(reminder: &ExceptionReminder, at: Stamp, (seq, hash): (u64, String)) -> Self {
        let exception = &reminder.exception;
        let asset = &exception.asset;
        let until = time::to_minute(exception.until);
        let fields = [
            ("asset", asset.label()),
            ("account", format!("{} · {}", asset.account, asset.region)),
            ("rule", exception.rule.clone()),
            ("reason", exception.reason.to_string()),
            ("owner", or_none(exception.owner.clone())),
            ("opened by", or_none(exception.opened_by())),
            ("until", until.clone()),
        ];
        Self {
            id: format!("exception.{seq}"),
            kind: "exception.reminder",
            at,
            subject: shown(&format!("{} on {}", exception.rule, asset.label())),
            title: format!("exception ends {until}"),
            text: Safe::lines(&reminder.text()).into_string(),
            fields: fields.map(|(label, value)| (label, shown(&value))).to_vec(),
            seq,
            hash,
        }
    }

    /// What `sixfold doctor --send` has a channel take: it stands for no entry.
    pub fn trial(at: Stamp) -> Self {
        Self {
            id: format!("doctor.{}", at.timestamp_millis()),
            kind: "doctor.test",
            at,
            subject: "sixfold doctor".to_owned(),
            title: "sixfold doctor: a test message".to_owned(),
            text: "A test message of `sixfold doctor --send`. Nothing happened.".to_owned(),
            fields: vec![("what to do", "nothing".to_owned())],
            seq: 0,
            hash: NONE.to_owned(),
        }
    }

    /// `ledger: 55 9f2c…` in full.
    pub fn reference(&self) -> String {
        format!("ledger: {} {}", self.seq, self.hash)
    }
}

fn or_none(value: Option<String>) -> String {
    value.unwrap_or_else(|| NONE.to_owned())
}

fn shown(value: &str) -> String {
    let mut text = Safe::line(value).into_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
