//! What channels have not taken yet. That they are owed it, that they took it, and that one of them
//! takes nothing any more is in the ledger; when to try again is not, and a rebuild only makes it
//! sooner.

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    fold::Dead,
    keys::{self, DEAD, OWED},
    live::Live,
};
use crate::domain::{Entry, Fact, Stamp, time};

/// In the local tree: channel, entry → when to try it again.
const ATTEMPT: u8 = b'a';
/// In the local tree: channel → since when it fails, and when to try it again.
const STANDING: u8 = b's';

/// Attempts after which an entry lets those behind it go first: what a channel fails on may be the
/// entry itself.
const STUBBORN: u32 = 4;

/// One entry on its way to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub channel: String,
    /// The entry that tells it.
    pub seq: u64,
    /// Attempts that failed.
    pub attempts: u32,
    pub last_error: Option<String>,
    pub next_at: Option<Stamp>,
}

/// A channel that failed with its latest attempt, whatever that was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// In a row.
    pub failures: u32,
    pub error: String,
    #[serde(with = "time::millis")]
    pub since: Stamp,
    #[serde(with = "time::millis")]
    pub next_at: Stamp,
}

/// What is to be tried with one channel now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub deliveries: Vec<Delivery>,
    /// Where nothing is: when the next one is.
    pub next: Option<Stamp>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Attempt {
    attempts: u32,
    #[serde(with = "time::millis")]
    next_at: Stamp,
    error: String,
}

fn attempt_key(channel: &str, seq: u64) -> Vec<u8> {
    [&keys::of_channel(ATTEMPT, channel)[..], &seq.to_be_bytes()].concat()
}

impl Live {
    /// Forgets attempts that an entry has ended.
    pub(super) fn noted(&self, entry: &Entry) -> Result<(), StoreError> {
        match &entry.fact {
            Fact::Delivered { channel, of } => {
                // One of before entries were named was of a close-out record; nothing waits behind
                // an attempt that is left.
                if let Some(of) = of {
                    self.local.remove(attempt_key(channel, *of))?;
                }
                self.local.remove(keys::of_channel(STANDING, channel))?;
            }
            Fact::Waived { channel, of, .. } => {
                self.local.remove(attempt_key(channel, *of))?;
            }
            Fact::ChannelRetried { channel } => {
                self.local.remove(keys::of_channel(STANDING, channel))?;
                for key in self
                    .local
                    .scan_prefix(keys::of_channel(ATTEMPT, channel))
                    .keys()
                {
                    self.local.remove(key?)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn delivery(&self, key: &[u8]) -> Result<Delivery, StoreError> {
        let (channel, seq) = keys::owed_parts(key)
            .ok_or_else(|| StoreError::Views("what is owed, without its entry".to_owned()))?;
        let attempt = self.attempt(channel, seq)?;
        Ok(Delivery {
            channel: channel.to_owned(),
            seq,
            attempts: attempt.as_ref().map_or(0, |attempt| attempt.attempts),
            next_at: attempt.as_ref().map(|attempt| attempt.next_at),
            last_error: attempt.map(|attempt| attempt.error),
        })
    }

    fn attempt(&self, channel: &str, seq: u64) -> Result<Option<Attempt>, StoreError> {
        let row = self.local.get(attempt_key(channel, seq))?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }

    fn standing(&self, channel: &str) -> Result<Option<Standing>, StoreError> {
        let row = self.local.get(keys::of_channel(STANDING, channel))?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }

    fn owed(&self, channel: &str) -> usize {
        self.rows.scan_prefix(keys::owed_to(channel)).count()
    }
}

impl Store {
    /// How many deliveries to these channels are outstanding.
    pub fn undelivered(&self, channels: &[String]) -> Result<usize, StoreError> {
        self.with(|live| Ok(channels.iter().map(|channel| live.owed(channel)).sum()))
    }

    /// Every channel that is owed something, whether the config still names it or not, with how much.
    pub fn owing(&self) -> Result<Vec<(String, usize)>, StoreError> {
        self.with(|live| {
            let mut owing: Vec<(String, usize)> = Vec::new();
            for key in live.rows.scan_prefix([OWED]).keys() {
                let key = key?;
                let Some((channel, _)) = keys::owed_parts(&key) else {
                    continue;
                };
                match owing.last_mut() {
                    Some((last, count)) if last == channel => *count += 1,
                    _ => owing.push((channel.to_owned(), 1)),
                }
            }
            Ok(owing)
        })
    }

    /// A page of what one channel is owed, the earliest first, and how much it is in all.
    pub fn owed(
        &self,
        channel: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Delivery>, usize), StoreError> {
        self.with(|live| {
            let keys = live.rows.scan_prefix(keys::owed_to(channel)).keys();
            let page = keys.skip(offset).take(limit);
            let page = page.map(|key| live.delivery(&key?));
            Ok((page.collect::<Result<_, _>>()?, live.owed(channel)))
        })
    }

    /// The earliest of what a channel is owed.
    pub fn first_owed(&self, channel: &str) -> Result<Option<Delivery>, StoreError> {
        self.with(|live| {
            let mut keys = live.rows.scan_prefix(keys::owed_to(channel)).keys();
            keys.next().map(|key| live.delivery(&key?)).transpose()
        })
    }

    /// Whether a channel has still to take what an entry tells.
    pub fn owes(&self, channel: &str, seq: u64) -> Result<bool, StoreError> {
        self.with(|live| Ok(live.rows.contains_key(keys::owed(channel, seq))?))
    }

    /// Up to `limit` deliveries that are to be tried now, in the entries' order; what failed often
    /// comes last.
    pub fn outbox_due(&self, channel: &str, now: Stamp, limit: usize) -> Result<Due, StoreError> {
        self.with(|live| {
            let mut due = Due::default();
            for key in live.rows.scan_prefix(keys::owed_to(channel)).keys() {
                let delivery = live.delivery(&key?)?;
                match delivery.next_at.filter(|at| *at > now) {
                    Some(at) => due.next = Some(due.next.map_or(at, |next| next.min(at))),
                    None => due.deliveries.push(delivery),
                }
                if due.deliveries.len() == limit {
                    break;
                }
            }
            due.deliveries.sort_by_key(|one| one.attempts / STUBBORN);
            Ok(due)
        })
    }

    /// Remembers that an attempt failed, and when to make the next one: with this entry, or with
    /// anything where it is the whole channel that fails.
    pub fn delivery_failed(
        &self,
        delivery: &Delivery,
        error: &str,
        (now, next_at): (Stamp, Stamp),
        whole_channel: bool,
    ) -> Result<(), StoreError> {
        let channel = &delivery.channel;
        self.with(|live| {
            let attempt = Attempt {
                attempts: delivery.attempts + 1,
                next_at,
                error: error.to_owned(),
            };
            let attempt = serde_json::to_vec(&attempt)?;
            live.local
                .insert(attempt_key(channel, delivery.seq), attempt)?;
            if whole_channel {
                let before = live.standing(channel)?;
                let standing = Standing {
                    failures: before.as_ref().map_or(0, |standing| standing.failures) + 1,
                    error: error.to_owned(),
                    since: before.map_or(now, |standing| standing.since),
                    next_at,
                };
                let key = keys::of_channel(STANDING, channel);
                live.local.insert(key, serde_json::to_vec(&standing)?)?;
            }
            Ok(())
        })
    }

    /// How a channel fails; none while its latest attempt did not.
    pub fn standing(&self, channel: &str) -> Result<Option<Standing>, StoreError> {
        self.with(|live| live.standing(channel))
    }

    /// Why a channel is left alone, where it is.
    pub fn dead(&self, channel: &str) -> Result<Option<Dead>, StoreError> {
        self.with(|live| live.get(&keys::of_channel(DEAD, channel)))
    }
}
