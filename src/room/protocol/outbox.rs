//! How the channels stand, and what they have not taken yet.

use serde::{Deserialize, Serialize};

use super::{Page, status::optional_millis};
use crate::domain::{ChangeId, Stamp, time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxRequest {
    /// How the channels stand, and what one of them (or all) has not taken yet.
    List {
        channel: Option<String>,
        offset: usize,
        limit: usize,
    },
    /// Has a channel tried again at once.
    Retry { channel: String },
    /// A channel need not take an entry any more, or, without one, nothing that it is owed now.
    Waive {
        channel: String,
        entry: Option<u64>,
        reason: String,
    },
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelState {
    pub name: String,
    /// `slack`, `email` …; none where the config no longer has it, or nothing is pushed.
    pub kind: Option<String>,
    /// Records that it has not taken.
    pub undelivered: usize,
    /// It said that it wants nothing any more, and is left alone until a person has it tried again.
    pub dead: bool,
    /// Why it took nothing last; none while all is well.
    pub cause: Option<String>,
    /// Since when it fails.
    #[serde(with = "optional_millis")]
    pub since: Option<Stamp>,
    /// When it is tried again.
    #[serde(with = "optional_millis")]
    pub next_at: Option<Stamp>,
}

impl ChannelState {
    /// Whether a person should know: it fails, or is owed something without a prospect.
    pub const fn is_amiss(&self) -> bool {
        self.dead || self.cause.is_some() || (self.kind.is_none() && self.undelivered > 0)
    }

    /// `audit: 3 records not taken: answered 503`
    pub fn words(&self) -> String {
        let records = match self.undelivered {
            0 => "nothing is owed".to_owned(),
            1 => "1 record not taken".to_owned(),
            count => format!("{count} records not taken"),
        };
        let since = self
            .since
            .map(|since| format!(" since {}", time::to_minute(since)));
        let state = match (&self.kind, self.dead) {
            (None, _) => ", no longer in the config",
            (Some(_), true) => ", left alone until it is retried",
            (Some(_), false) => "",
        };
        let cause = self.cause.as_ref().map(|cause| format!(": {cause}"));
        format!(
            "{}: {records}{}{state}{}",
            self.name,
            since.unwrap_or_default(),
            cause.unwrap_or_default()
        )
    }
}

/// One entry that one channel has not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    pub channel: String,
    pub entry: u64,
    pub change: Option<ChangeId>,
    pub headline: String,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    /// Attempts that failed.
    pub attempts: u32,
    pub cause: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    pub channels: Vec<ChannelState>,
    pub undelivered: Page<Undelivered>,
}
