//! The log of calls: what a test asks to know that no write happened, and what the demo can show.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::state::Setting;
use crate::domain::Account;

/// How many calls are remembered one by one. Counts are kept for all of them.
const REMEMBERED: usize = 20_000;

/// Who made a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account of the key, which for a session is its role's.
    pub account: Account,
    /// `arn:aws:sts::222233334444:assumed-role/role/name`; `None` for the account's own key.
    pub session: Option<String>,
    pub source_identity: Option<String>,
    /// The session's own policy, as it was sent.
    pub narrowed_by: Option<String>,
}

/// One request that reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// From 1, in the order of arrival.
    pub n: u64,
    /// What the answer carries as `x-amz-request-id`.
    pub request_id: String,
    /// AWS's name of the operation; empty when the request was refused before it was understood
    /// (a bad signature, an unknown key).
    pub operation: String,
    /// Empty where no bucket was named. A call about an account has `account:…` here, one to assume a
    /// role its ARN.
    pub bucket: String,
    pub key: Option<String>,
    /// `None` for an anonymous caller, and for one who was not known.
    pub caller: Option<Caller>,
    /// What was answered, or would have been: see [`answered`](Self::answered).
    pub status: u16,
    /// False when the connection was cut instead. With a status of 2xx the call took effect and only
    /// the answer was lost; otherwise it did nothing.
    pub answered: bool,
}

impl Call {
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: u64,
    succeeded: u64,
}

#[derive(Debug, Default)]
struct Log {
    recent: VecDeque<Call>,
    counts: HashMap<String, HashMap<String, Count>>,
    total: u64,
}

/// A handle on the log; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Log>>);

impl Calls {
    fn log(&self) -> MutexGuard<'_, Log> {
        // The log is only appended to, so it is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn record(&self, call: Call) {
        let mut log = self.log();
        log.total += 1;
        let by_bucket = log.counts.entry(call.operation.clone()).or_default();
        let count = by_bucket.entry(call.bucket.clone()).or_default();
        count.all += 1;
        count.succeeded += u64::from(call.succeeded());
        if log.recent.len() == REMEMBERED {
            log.recent.pop_front();
        }
        log.recent.push_back(call);
    }

    /// The last calls, oldest first.
    pub fn recent(&self) -> Vec<Call> {
        self.log().recent.iter().cloned().collect()
    }

    pub fn total(&self) -> u64 {
        self.log().total
    }

    /// How often an operation was asked for on a bucket, whatever came of it.
    pub fn count(&self, operation: &str, bucket: &str) -> u64 {
        self.counted(operation, bucket).all
    }

    fn counted(&self, operation: &str, bucket: &str) -> Count {
        let log = self.log();
        let by_bucket = log.counts.get(operation);
        by_bucket
            .and_then(|by_bucket| by_bucket.get(bucket))
            .copied()
            .unwrap_or_default()
    }

    /// How many puts and deletes of this setting took effect on this bucket.
    pub fn writes(&self, bucket: &str, setting: Setting) -> u64 {
        let operations = setting.writes().iter();
        operations
            .map(|operation| self.counted(operation, bucket).succeeded)
            .sum()
    }

    /// How many puts and deletes of this setting were tried on this bucket, refused ones included.
    pub fn attempts(&self, bucket: &str, setting: Setting) -> u64 {
        let operations = setting.writes().iter();
        operations
            .map(|operation| self.counted(operation, bucket).all)
            .sum()
    }

    /// All calls that asked for a change of any bucket's settings or objects, refused ones included.
    pub fn all_writes(&self) -> u64 {
        let log = self.log();
        let writes = log.counts.iter().filter(|(name, _)| is_write(name));
        writes
            .flat_map(|(_, by_bucket)| by_bucket.values())
            .map(|count| count.all)
            .sum()
    }

    /// Forgets everything, so that a test can count from here on.
    pub fn clear(&self) {
        *self.log() = Log::default();
    }
}

/// Whether an operation changes anything, by its name.
pub(super) fn is_write(operation: &str) -> bool {
    ["Put", "Delete", "Create"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}
