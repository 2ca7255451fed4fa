//! What the room says about itself.

use serde::{Deserialize, Serialize};

use super::ChannelState;
use crate::domain::{Asset, Behind, Digest, Right, Role, Stamp, time};

/// How the room is, in one look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub person: String,
    /// None where the config lists nobody.
    pub role: Option<Role>,
    /// This session gave up every right.
    pub readonly: bool,
    /// What this session may do beside looking, as the room has it.
    pub rights: Vec<Right>,
    /// `observe` or `enforce`.
    pub mode: String,
    /// Which estate this is: the config's `name`, or `demo`.
    pub estate: String,
    #[serde(with = "time::millis")]
    pub now: Stamp,
    pub scanner: ScannerStatus,
    pub open: usize,
    pub pending: usize,
    /// Changes that a person has to make.
    pub by_hand: usize,
    pub halted: usize,
    /// Exceptions that wait for a yes which this caller may give: never their own.
    #[serde(default)]
    pub asked: usize,
    pub undelivered: usize,
    /// How each channel stands.
    pub channels: Vec<ChannelState>,
    /// Why fixing is stopped, where it is.
    pub breaker: Option<String>,
    pub holds: Vec<Hold>,
    /// What waits for its turn; the first few, `scanner.waiting` counts them all.
    pub waiting: Vec<Waiting>,
    pub rules: usize,
    pub ledger_seq: u64,
    pub ledger_hash: Digest,
    pub vault: String,
    /// What a person should know and do something about.
    pub warnings: Vec<String>,
}

/// A rule that leaves a bucket or the account alone until a person releases it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub rule: String,
    pub asset: Asset,
    /// What happened there.
    pub cause: String,
}

/// A violation that waits for its turn; `bucket` is the asset's label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub account: String,
    pub bucket: String,
    pub rule: String,
    pub behind: Behind,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScannerStatus {
    /// The number of the pass that is running or was last run; 0 before the first.
    pub pass: u64,
    pub running: bool,
    pub done: usize,
    pub total: usize,
    /// Calls per second over the last few seconds, times ten.
    pub rate_x10: u64,
    #[serde(with = "optional_millis")]
    pub last_full_pass: Option<Stamp>,
    /// How long that pass took, in milliseconds.
    pub last_took_ms: u64,
    pub compliant: usize,
    pub violating: usize,
    /// Of those, how many wait for their turn.
    pub waiting: usize,
    pub exempt: usize,
    pub skipped: usize,
    pub unknown: usize,
    /// Why nothing can be scanned now, where that is so.
    pub trouble: Option<String>,
}

pub(super) mod optional_millis {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::{Stamp, time};

    // The signature is serde's, which hands over a reference.
    #[allow(clippy::ref_option)]
    pub fn serialize<S: Serializer>(at: &Option<Stamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_some(&time::rfc3339(*at)),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Stamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| {
            text.parse()
                .map_err(|error| D::Error::custom(format!("`{text}` is not a time: {error}")))
        })
        .transpose()
    }
}
