//! Why a channel did not take a message, and what that says about the next one.

use std::time::Duration;

/// Never holds an address or a key: both are secrets.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{cause}")]
pub struct Fault {
    pub cause: String,
    pub extent: Extent,
    /// What the receiver asked us to wait, where it did.
    pub retry_after: Option<Duration>,
}

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// This message: others may go through.
    Message,
    /// The channel: nothing goes through now.
    Channel,
    /// The channel has too much to do: it is asked less often.
    Throttled,
    /// The channel wants nothing any more.
    Dead,
}

impl Fault {
    pub const fn of_channel(cause: String) -> Self {
        Self {
            cause,
            extent: Extent::Channel,
            retry_after: None,
        }
    }

    pub const fn of_message(cause: String) -> Self {
        Self {
            cause,
            extent: Extent::Message,
            retry_after: None,
        }
    }
}
