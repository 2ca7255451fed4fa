//! The life of a change as pure functions: what its entries make of it, and what comes next.
//!
//! - [`apply`] folds one entry into a change. An entry that breaks the order of the six artifacts is
//!   an error that names it, so a ledger with a fix before its backup is refused, never absorbed.
//! - [`next`] says what the engine does now. It looks at nothing but the change and the time.
//! - [`settle()`] and [`Verification`] decide, from reads alone, whether to write and whether a write
//!   took effect, so that a process killed at any moment is settled by asking the world.
//!
//! No clock, no I/O, no async: every path can be walked in a test.

mod fold;
mod order;
mod settle;
mod verification;

pub use fold::{ChainError, apply, needs_change};
pub use order::{Order, closing, next, unwritten};
pub use settle::{Settle, settle};
pub use verification::{FIRST_WAIT, Pace, Reading, Verdict, Verification};

/// How the cause of a halted fix begins when nothing was written and nobody has to act. Any other
/// cause leaves the change open for a person.
pub mod cause {
    /// The fresh read still violates but differs from what was approved.
    pub const DRIFTED: &str = "drifted";
    /// The fresh read still violates, and an exception lets it be.
    pub use crate::domain::EXEMPT;
    /// The fresh read no longer violates.
    pub const RESOLVED: &str = "resolved elsewhere";
}
