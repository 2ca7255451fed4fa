//! The demo estate.
