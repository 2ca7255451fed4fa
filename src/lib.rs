//! Sixfold: a control room for cloud compliance.
//!
//! Buckets are scanned without pause, and every violation of a rule goes through one chain of six
//! artifacts, in one order, in one shape: ticket, approval, backup, fix, rollback, alert. What
//! touches production waits for a person; the rest runs on its own.
//!
//! What this crate refuses: a write without a backup that was read back, a write on anything but a
//! fresh read, a decision without an identity, and a verdict of "compliant" where a read failed.
//!
//! Read it top-down along the way of one violation:
//!
//! - [`scanner`] reads buckets and judges them by the [`rules`], over the documents of [`settings`];
//! - [`engine`] opens a change for each violation, asks [`chain`] what comes next, and does it;
//! - every fact goes to the [`ledger`] first; [`store`] holds the views that are made from it;
//! - [`cloud`] talks to S3 and keeps the vault; [`channels`] tell the world how a change ended;
//! - [`room`] is what screens and commands talk to; [`tui`] and [`cli`] are its clients;
//! - [`domain`] has the plain values that all of them share, and [`config`] what the user set;
//! - [`sandbox`] is the embedded S3 of the demo and the tests.

pub mod chain;
pub mod channels;
pub mod cli;
pub mod cloud;
pub mod config;
pub mod domain;
pub mod engine;
pub mod ledger;
pub mod room;
pub mod rules;
pub mod sandbox;
pub mod scanner;
pub mod settings;
pub mod store;
pub mod tui;
