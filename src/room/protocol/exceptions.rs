//! Rules that leave buckets alone for a while: what there is, and what a person asks about it.

use serde::{Deserialize, Serialize};

use crate::domain::{Exception, RequestedException, Stamp, artifact::Reason};

/// What is exempt, and what somebody asked to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceptions {
    /// Not ended yet.
    pub open: Vec<Exception>,
    /// Places in `open` of those that end soon: the ones whose end people are reminded of.
    #[serde(default)]
    pub soon: Vec<usize>,
    /// Waiting for another person's decision.
    pub requested: Vec<RequestedException>,
    /// The longest that one by hand may last, in seconds. Rooms of before this was told say none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_s: Option<u64>,
}

/// A bucket is named as people name it
/// ([`Asset::answers_to`](crate::domain::Asset::answers_to)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExemptRequest {
    /// In production it waits for another person.
    Add {
        rule: String,
        bucket: String,
        reason: Reason,
        /// Who answers for it; the bucket's owner where nobody is named.
        owner: Option<String>,
        /// How long, in seconds from now.
        lasts_s: u64,
    },
    /// An answer to what somebody else asked for.
    Decide {
        rule: String,
        bucket: String,
        /// The entry of the request that was shown; another request is another question. None where
        /// whoever waits there is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<u64>,
        approve: bool,
        note: String,
    },
    /// Before its time is over.
    End {
        rule: String,
        bucket: String,
        /// Until when the one lasts that was shown; another one is another question. None where
        /// whichever is in force is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Stamp>,
        note: String,
    },
}
