//! What a person lets be for a while: a rule that leaves one bucket alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Actor, Asset, Stamp, artifact::Reason, time};

/// How the cause begins of a change that ended since an exception lets its violation be.
pub const EXEMPT: &str = "exempt";

/// A rule that is not applied to one bucket for a while, with the reason and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub rule: String,
    pub asset: Asset,
    pub reason: Reason,
    #[serde(with = "time::millis")]
    pub until: Stamp,
    /// Who answers for it. Those of before owners were kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whoever denied, reverted or asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Whoever else approved it, where that was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Actor>,
}

/// One that somebody asked for by hand and that somebody else has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedException {
    /// The request's entry.
    pub seq: u64,
    #[serde(with = "time::millis")]
    pub at: Stamp,
    #[serde(flatten)]
    pub exception: Exception,
}

/// It ends soon, and its owner should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionReminder {
    #[serde(flatten)]
    pub exception: Exception,
    /// `#compliance-audit`
    pub channel: String,
    /// Channels that were configured when this was written, by name.
    pub deliver_to: Vec<String>,
}

impl Exception {
    /// Why one by hand can't last so long, where it can't.
    pub fn unfit(lasts: Duration, longest: Duration) -> Option<String> {
        let longest_in_words = days(longest);
        (lasts.is_zero() || lasts > longest).then(|| {
            format!(
                "an exception lasts up to {longest_in_words} here (`longest` under [exceptions])"
            )
        })
    }

    /// `at most 365d`
    pub fn at_most(longest: Duration) -> String {
        format!("at most {}", days(longest))
    }

    /// `nina.ramirez, approved by otto`
    pub fn opened_by(&self) -> Option<String> {
        let by = self.by.as_ref()?.to_string();
        Some(match &self.approved_by {
            Some(other) => format!("{by}, approved by {other}"),
            None => by,
        })
    }
}

/// `365d`, as people write it; what is no whole days in full.
fn days(span: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match span.as_secs() {
        secs if secs % DAY == 0 => format!("{}d", secs / DAY),
        _ => humantime::format_duration(span).to_string(),
    }
}

impl ExceptionReminder {
    pub fn text(&self) -> String {
        let Exception {
            rule,
            asset,
            reason,
            until,
            owner,
            ..
        } = &self.exception;
        let owner = owner.as_deref().unwrap_or("nobody");
        format!(
            "{}\nexception ends {}\n{rule} on\n  {}\nreason: {reason}\nowner: {owner}\nthen: the bucket is judged again",
            self.channel,
            time::to_minute(*until),
            asset.label(),
        )
    }
}
