//! Close-out records that some channel has not taken yet. What was delivered is in the ledger; when
//! to try again is not, and a rebuild only makes it sooner.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    keys::{self, ALERT},
    live::Live,
};
use crate::domain::{ChangeId, Stamp, time};

/// In the local tree: change id, channel → when to try again.
const ATTEMPT: u8 = b'a';

/// One close-out record on its way to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: ChangeId,
    pub channel: String,
    /// Attempts that failed.
    pub attempts: u32,
    pub last_error: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Attempt {
    attempts: u32,
    #[serde(with = "time::millis")]
    next_at: Stamp,
    error: String,
}

pub(super) fn attempt_key(id: ChangeId, channel: &str) -> Vec<u8> {
    [&keys::of_change(ATTEMPT, id)[..], channel.as_bytes()].concat()
}

impl Live {
    /// Calls back for every alert and channel that is missing, until that says stop.
    fn missing(
        &self,
        channels: &[String],
        mut each: impl FnMut(ChangeId, &str) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut from = Bound::Included(vec![ALERT]);
        'sets: loop {
            let end = Bound::Excluded(vec![ALERT + 1]);
            for key in self.rows.range((from.clone(), end)).keys() {
                let key = key?;
                let owed = keys::alert_channels(&key);
                let missing = channels.iter().filter(|one| owed.contains(&one.as_str()));
                let mut missing = missing.peekable();
                if missing.peek().is_none() {
                    from = Bound::Excluded(keys::alert_skip(&key));
                    continue 'sets;
                }
                let Some(id) = keys::id_at_end(&key) else {
                    return Err(StoreError::Views("an alert without a change id".to_owned()));
                };
                for channel in missing {
                    if !each(id, channel)? {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
    }

    fn attempt(&self, id: ChangeId, channel: &str) -> Result<Option<Attempt>, StoreError> {
        let row = self.local.get(attempt_key(id, channel))?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }
}

impl Store {
    /// How many deliveries to these channels are outstanding.
    pub fn undelivered(&self, channels: &[String]) -> Result<usize, StoreError> {
        self.with(|live| {
            let mut count = 0;
            live.missing(channels, |_, _| {
                count += 1;
                Ok(true)
            })?;
            Ok(count)
        })
    }

    /// Up to `limit` deliveries that are to be tried now.
    pub fn outbox_due(
        &self,
        channels: &[String],
        now: Stamp,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.with(|live| {
            let mut due = Vec::new();
            live.missing(channels, |id, channel| {
                if due.len() == limit {
                    return Ok(false);
                }
                let attempt = live.attempt(id, channel)?;
                if attempt
                    .as_ref()
                    .is_none_or(|attempt| attempt.next_at <= now)
                {
                    due.push(Delivery {
                        id,
                        channel: channel.to_owned(),
                        attempts: attempt.as_ref().map_or(0, |attempt| attempt.attempts),
                        last_error: attempt.map(|attempt| attempt.error),
                    });
                }
                Ok(true)
            })?;
            Ok(due)
        })
    }

    /// When the next delivery that failed is to be tried again; none while none failed.
    pub fn outbox_next(&self) -> Result<Option<Stamp>, StoreError> {
        self.with(|live| {
            let mut next: Option<Stamp> = None;
            for pair in live.local.scan_prefix([ATTEMPT]) {
                let attempt: Attempt = serde_json::from_slice(&pair?.1)?;
                next = Some(next.map_or(attempt.next_at, |next| next.min(attempt.next_at)));
            }
            Ok(next)
        })
    }

    /// Remembers that an attempt failed, and when to make the next one.
    pub fn delivery_failed(
        &self,
        id: ChangeId,
        channel: &str,
        error: &str,
        next_at: Stamp,
    ) -> Result<(), StoreError> {
        self.with(|live| {
            let attempts = live
                .attempt(id, channel)?
                .map_or(0, |attempt| attempt.attempts);
            let attempt = Attempt {
                attempts: attempts + 1,
                next_at,
                error: error.to_owned(),
            };
            live.local
                .insert(attempt_key(id, channel), serde_json::to_vec(&attempt)?)?;
            Ok(())
        })
    }
}
