//! The room: what screens and commands talk to.

pub mod client;
pub mod protocol;
