//! What entries make of the views. A change's rows are a function of the change alone, so an entry
//! takes the old ones away and puts the new ones in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Listed, Rows, StoreError,
    keys::{self, BREAKER, CHANGE, DEAD, EXCEPTION, HOLD, REMINDED, REQUESTED, REVERT},
    sheet::Sheet,
    trends,
};
use crate::{
    chain::{self, ChainError},
    domain::{
        Asset, Change, ChangeId, Entry, Exception, Fact, RequestedException, RevertState, Stage,
        Stamp, time,
    },
};

/// A rule that does nothing on a bucket until a person releases it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub rule: String,
    pub asset: Asset,
    pub cause: String,
    #[serde(with = "time::millis")]
    pub since: Stamp,
    pub change: Option<ChangeId>,
}

/// An exception with the time at which it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    #[serde(flatten)]
    pub exception: Exception,
    #[serde(with = "time::millis")]
    pub since: Stamp,
}

/// A channel that said it takes nothing any more, until a person has it tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dead {
    pub cause: String,
    #[serde(with = "time::millis")]
    pub since: Stamp,
}

/// Entries being folded into views: rows of changes are written once, at the end.
pub(super) struct Fold<'a> {
    sheet: Sheet<'a>,
    changes: HashMap<ChangeId, Folding>,
}

struct Folding {
    stored: Option<Change>,
    now: Change,
}

impl<'a> Fold<'a> {
    pub(super) fn new(sheet: Sheet<'a>) -> Self {
        Self {
            sheet,
            changes: HashMap::new(),
        }
    }

    pub(super) fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if let Some(id) = entry.change {
            let (stored, now) = if let Some(folding) = self.changes.remove(&id) {
                (folding.stored, Some(folding.now))
            } else {
                let row = self.sheet.get(&keys::of_change(CHANGE, id))?;
                let stored: Option<Change> =
                    row.map(|row| serde_json::from_slice(&row)).transpose()?;
                (stored.clone(), stored)
            };
            let was_open = now.as_ref().is_some_and(Change::is_open);
            let now = chain::apply(now, entry)?;
            trends::note(&mut self.sheet, was_open, &now, entry.at)?;
            self.changes.insert(id, Folding { stored, now });
            self.sheet.put(keys::entry(id, entry.seq), b"");
        } else if chain::needs_change(&entry.fact) {
            // Nothing but the fold knows the words for it.
            chain::apply(None, entry)?;
        }
        self.room_fact(entry)
    }

    fn room_fact(&mut self, entry: &Entry) -> Result<(), StoreError> {
        match &entry.fact {
            Fact::Ticket(_) => {
                if let Some(id) = entry.change {
                    let key = keys::number(id.year());
                    let highest = number(self.sheet.get(&key)?.as_deref()).unwrap_or(0);
                    let number = highest.max(id.number());
                    self.sheet.put(key, &number.to_be_bytes());
                }
            }
            Fact::ExceptionOpened(exception) => {
                let key = keys::rule_on(EXCEPTION, &exception.rule, &exception.asset);
                let opened = Opened {
                    exception: exception.clone(),
                    since: entry.at,
                };
                self.sheet.put(key, serde_json::to_vec(&opened)?);
                let reminded = keys::rule_on(REMINDED, &exception.rule, &exception.asset);
                self.sheet.remove(reminded);
            }
            Fact::ExceptionEnded { rule, asset, .. } => {
                self.sheet.remove(keys::rule_on(EXCEPTION, rule, asset));
                self.sheet.remove(keys::rule_on(REMINDED, rule, asset));
            }
            Fact::ExceptionRequested(exception) => {
                let requested = RequestedException {
                    seq: entry.seq,
                    at: entry.at,
                    exception: exception.clone(),
                };
                let key = keys::rule_on(REQUESTED, &exception.rule, &exception.asset);
                self.sheet.put(key, serde_json::to_vec(&requested)?);
            }
            Fact::ExceptionDecided { rule, asset, .. } => {
                self.sheet.remove(keys::rule_on(REQUESTED, rule, asset));
            }
            Fact::ExceptionReminder(reminder) => {
                let Exception { rule, asset, .. } = &reminder.exception;
                self.sheet.put(keys::rule_on(REMINDED, rule, asset), b"");
                self.owe(&reminder.deliver_to, entry.seq);
            }
            Fact::Held { rule, asset, cause } => {
                let hold = Hold {
                    rule: rule.clone(),
                    asset: asset.clone(),
                    cause: cause.clone(),
                    since: entry.at,
                    change: entry.change,
                };
                let key = keys::rule_on(HOLD, rule, asset);
                self.sheet.put(key, serde_json::to_vec(&hold)?);
            }
            Fact::Released { rule, asset } => self.sheet.remove(keys::rule_on(HOLD, rule, asset)),
            Fact::BreakerTripped { cause } => self.sheet.put(vec![BREAKER], cause.as_bytes()),
            Fact::BreakerReset => self.sheet.remove(vec![BREAKER]),
            Fact::Alert(alert) => self.owe(&alert.deliver_to, entry.seq),
            Fact::Paging(paging) => self.owe(&paging.deliver_to, entry.seq),
            Fact::Delivered { channel, of } => {
                let alert = || Some(self.changes.get(&entry.change?)?.now.alert_seq);
                if let Some(of) = of.or_else(alert) {
                    self.sheet.remove(keys::owed(channel, of));
                }
            }
            Fact::Waived { channel, of, .. } => self.sheet.remove(keys::owed(channel, *of)),
            Fact::ChannelDead { channel, cause } => {
                let dead = Dead {
                    cause: cause.clone(),
                    since: entry.at,
                };
                let key = keys::of_channel(DEAD, channel);
                self.sheet.put(key, serde_json::to_vec(&dead)?);
            }
            Fact::ChannelRetried { channel } => {
                self.sheet.remove(keys::of_channel(DEAD, channel));
            }
            _ => {}
        }
        Ok(())
    }

    /// Each of these channels is to take what this entry tells.
    fn owe(&mut self, channels: &[String], seq: u64) {
        for channel in channels {
            self.sheet.put(keys::owed(channel, seq), b"");
        }
    }

    /// The sheet with every touched change's rows on it.
    pub(super) fn finish(mut self) -> Result<Sheet<'a>, StoreError> {
        for folding in self.changes.into_values() {
            if let Some(stored) = &folding.stored {
                for (key, _) in rows(stored)? {
                    self.sheet.remove(key);
                }
            }
            for (key, value) in rows(&folding.now)? {
                self.sheet.put(key, value);
            }
        }
        Ok(self.sheet)
    }
}

/// All rows of a change.
fn rows(change: &Change) -> Result<Rows, StoreError> {
    let mut rows = vec![
        (
            keys::of_change(CHANGE, change.id),
            serde_json::to_vec(change)?,
        ),
        (
            keys::queue(change),
            serde_json::to_vec(&Listed::of(change))?,
        ),
    ];
    let revert = change.revert.as_ref().map(|revert| &revert.state);
    // A revert that runs keeps its violation: the scanner would open another change for what is
    // being put back.
    if change.is_open() || revert == Some(&RevertState::Pending) {
        // None is written where a person does it.
        let setting = change
            .ticket
            .plan()
            .map(|plan| plan.setting.as_bytes().to_vec());
        rows.push((keys::open(change), setting.unwrap_or_default()));
    }
    if revert == Some(&RevertState::Pending) {
        rows.push((keys::of_change(REVERT, change.id), Vec::new()));
    }
    let window = change.rollback.as_ref().filter(|bundle| {
        let offered = !bundle.ran && !change.settled && revert != Some(&RevertState::Done);
        matches!(change.stage, Stage::Closed | Stage::Halted) && offered
    });
    if let Some(bundle) = window {
        rows.push((keys::window(bundle.expires, change.id), Vec::new()));
    }
    Ok(rows)
}

/// A number as a row holds it.
pub(super) fn number(bytes: Option<&[u8]>) -> Option<u64> {
    Some(u64::from_be_bytes(bytes?.try_into().ok()?))
}

/// Why entries may not follow, as whoever wants to append them is told.
pub(super) fn refusal(error: &ChainError) -> String {
    format!("{} of {}: {}", error.kind, error.change, error.why)
}
