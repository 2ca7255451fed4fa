//! Whether everything is in order, check by check, each with what to do.

use serde::{Deserialize, Serialize};

use crate::domain::{Stamp, time};

/// How one check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    Good,
    /// Worth knowing; nothing stops for it.
    Note,
    Bad,
}

impl Grade {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Bad => "FAIL",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub grade: Grade,
    /// What was looked at: `config`, `cloud`, `vault` …
    pub subject: String,
    /// What is so, and what to do about it. A long one has several lines.
    pub text: String,
}

impl Finding {
    pub fn new(grade: Grade, subject: &str, text: impl Into<String>) -> Self {
        Self {
            grade,
            subject: subject.to_owned(),
            text: text.into(),
        }
    }

    pub fn good(subject: &str, text: impl Into<String>) -> Self {
        Self::new(Grade::Good, subject, text)
    }

    pub fn note(subject: &str, text: impl Into<String>) -> Self {
        Self::new(Grade::Note, subject, text)
    }

    pub fn bad(subject: &str, text: impl Into<String>) -> Self {
        Self::new(Grade::Bad, subject, text)
    }
}

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When it ended.
    #[serde(with = "time::millis")]
    pub at: Stamp,
    pub findings: Vec<Finding>,
}
