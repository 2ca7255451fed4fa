//! What a person lets be for a while: a rule that leaves one bucket alone.

use serde::{Deserialize, Serialize};

use super::{Asset, Stamp, artifact::Reason, time};

/// A rule that is not applied to one bucket for a while, with the reason and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub rule: String,
    pub asset: Asset,
    pub reason: Reason,
    #[serde(with = "time::millis")]
    pub until: Stamp,
}
