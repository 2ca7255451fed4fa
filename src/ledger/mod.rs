//! The truth: every fact as one line of append-only files, chained by hashes, synced before anything
//! acts on it. Everything else that Sixfold stores is a view of these lines.
//!
//! A folder holds segments `00000000000000000001.jsonl`, named by their first entry. A line is
//! canonical JSON (RFC 8785) of one [`Entry`](crate::domain::Entry) and a newline; its `prev` is the
//! SHA-256 of the line before, across segments. So anyone can check a copy with a JSON parser and
//! `sha256sum`.
//!
//! - [`open()`] verifies the whole chain, cuts a line that a crash left torn, and gives [`Opened`];
//! - [`Opened::start`] begins writing: one thread that groups commits, behind the handle [`Ledger`];
//! - [`Reader`] reads, pages and searches with bounded memory, on the running ledger or on a copy;
//! - [`verify`] checks a copied folder and changes nothing; [`export`] writes what auditors ask for.

mod error;
pub mod export;
pub mod failpoint;
mod index;
mod line;
mod lock;
mod open;
mod reader;
mod scan;
mod search;
mod segment;
mod writer;

pub use error::{Broken, Damage, LedgerError};
pub(crate) use failpoint::failpoint;
pub use line::{LONGEST, Recorded};
pub use lock::Lock;
pub use open::{Opened, Options, open};
pub use reader::{Range, Reader};
pub use scan::{Torn, Verified, verify};
pub use search::{Found, Search};
pub use writer::{Follower, Ledger};
