//! What can go wrong with views, and how a panic inside sled becomes an error.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{chain::ChainError, ledger::LedgerError};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The views are damaged or cannot be written; the ledger is not touched by that.
    #[error("the views: {0}")]
    Views(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger holds entries that the chain would never have let in.
    #[error("the ledger's entries contradict each other: {0}")]
    Chain(#[from] ChainError),
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        Self::Views(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Views(format!("a row does not read back: {error}"))
    }
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, now, will be caught and healed here. A panic hook that restores
/// the terminal asks this and stays quiet.
pub fn panic_is_contained() -> bool {
    CONTAINED.get()
}

/// Runs work that reaches into sled, which panics where others return errors.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let outer = CONTAINED.replace(true);
    // A database that panicked is dropped and made again; nobody sees what it left half done.
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no words");
        Err(StoreError::Views(format!("sled panicked: {text}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_hook_can_know() {
        let result = contained::<()>(|| {
            assert!(panic_is_contained());
            panic!("page {} is gone", 7);
        });
        let words = "sled panicked: page 7 is gone".to_owned();
        assert_eq!(result, Err(StoreError::Views(words)));
        assert!(!panic_is_contained());
    }
}
