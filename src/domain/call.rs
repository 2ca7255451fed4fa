//! One request to AWS as it went out, for people who want to see what is done in their name.

use serde::{Deserialize, Serialize};

use super::{Stamp, time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Counts the calls of this room, from 1.
    pub seq: u64,
    /// When the answer came, or the wait for it ended.
    #[serde(with = "time::millis")]
    pub at: Stamp,
    /// Such as `S3` or `KMS`.
    pub service: String,
    /// Such as `GetBucketAcl`.
    pub operation: String,
    /// The account that was asked.
    pub account: String,
    pub region: String,
    /// The bucket; empty where the call is about none.
    pub bucket: String,
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The provider's id of the request; empty where it gave none.
    pub request_id: String,
    /// From the first byte sent to the answer read, in milliseconds.
    pub took_ms: u64,
}

impl Call {
    pub fn is_write(&self) -> bool {
        const READS: [&str; 5] = ["Get", "List", "Head", "Describe", "Assume"];
        !READS.iter().any(|read| self.operation.starts_with(read))
    }
}
