//! The room's own log, in the protocol's words.

use serde::{Deserialize, Serialize};

use super::Page;
use crate::domain::{Stamp, time};

/// From the gravest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Counts the events of this process, from 1.
    pub seq: u64,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub level: LogLevel,
    /// Which part of the program said it, such as `engine`, or the name of a library.
    pub from: String,
    /// The sentence, and behind it the fields by name.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// Where the whole log lies, in words; none where this room writes no file.
    pub file: Option<String>,
    /// The latest first; `total` counts those that are held.
    pub events: Page<Logged>,
}
