//! The views: everything that screens and the chain ask for quickly, made from the ledger and from
//! nothing else. This is the only place that says sled.
//!
//! sled 0.34 is used as a cache that may be lost. It is not durable across a power cut, can come up
//! empty or old, and panics on damage. So every open checks all rows against their own totals and
//! against the ledger's chain, every call contains panics, and whatever does not hold is set aside
//! and made again from the ledger. Nothing here is ever the only copy of a fact.
//!
//! - [`Store`] is the handle; `open.rs` and `folder.rs` bring it up, `live.rs` runs one database;
//! - `keys.rs` is the table of views, `fold.rs` says what entries make of them, `sheet.rs` writes
//!   them as one batch with their totals;
//! - `queue.rs` pages through the queue, by `places.rs` and `search.rs`, which stand in memory;
//! - `queries.rs`, `ledger_page.rs`, `trends.rs` and `outbox.rs` answer; `observations.rs` holds what the scanner
//!   saw, which no ledger has and a rebuild forgets;
//! - [`Store::follower`] keeps it all current and refuses entries that do not follow.

mod arranged;
mod error;
mod filter;
mod fold;
mod folder;
mod follower;
mod judged;
mod keys;
mod ledger_page;
mod listed;
mod live;
mod observations;
mod open;
mod outbox;
mod places;
mod queries;
mod queue;
mod recent;
mod search;
mod sheet;
mod trends;

pub use arranged::arrange;
pub use error::{StoreError, panic_is_contained};
pub use filter::{Around, keeps};
pub use fold::{Dead, Hold, Opened};
pub use listed::Listed;
pub use observations::{Observation, Verdicts};
pub use open::Store;
pub use outbox::{Delivery, Due, Standing};
pub use queries::Counts;
pub use queue::Query;
pub use trends::Course;

/// Keys with their values.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;
