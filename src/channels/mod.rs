//! How the world is told: the compliance log, which is a file of close-out boxes, webhooks, and phones.
//!
//! A channel takes one record and says whether it has it. What to send, when to try again and what
//! was delivered is the engine's outbox; nothing here remembers anything, and nothing here can undo
//! a fix.

mod compliance_log;
pub mod ntfy;
mod webhook;

pub use compliance_log::ComplianceLog;
pub use webhook::{Fault, post, record_body, request_body};

/// The name under which the compliance log stands in the ledger.
pub const COMPLIANCE_LOG: &str = "compliance-log";

/// A close-out record, as every channel gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Stable over retries: `CHG-2026-0418-114.55`.
    pub id: String,
    /// The alert's box.
    pub text: String,
    /// Of the `alert` entry, so that the channel becomes a witness of the ledger.
    pub seq: u64,
    pub hash: String,
}

impl Record {
    /// `ledger: 55 9f2c…` in full.
    pub fn reference(&self) -> String {
        format!("ledger: {} {}", self.seq, self.hash)
    }
}
