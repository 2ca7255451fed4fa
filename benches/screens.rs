//! What a hundred screens cost the room they look at: a thousand buckets in the embedded S3, scanned
//! without pause over HTTP, while violations come, are fixed and are approved. Run with
//! `cargo bench --bench screens`; `SIXFOLD_BENCH_ROUNDS=1` takes one round instead of two.
//!
//! The room is one process and its screens are another: real ones, each with its connection to the
//! room's socket and its terminal of 120×40, a quarter of them on the approvals, half on the queue, a
//! quarter on the ledger. Everything runs three times: with the room on one core and the screens on
//! another, so that what the scanner loses is the room's own work for its screens; with both on all cores,
//! where the screens' own work is lost to it too; and so with a ceiling for the calls to S3, fifty times
//! that of a config that says nothing about it. Prints what an answer takes that is made for a screen;
//! then for 0, 1, 10 and 100 screens, in rounds by turns
//!
//! - the calls that the room makes to S3 in a second, and their ratio to those just before and after,
//!   without screens;
//! - the time on a core that the room takes for a thousand calls, and that the screens take;
//! - the same for a hundred of which one reads nothing any more and one asks without end;
//! - from a decision to the last of a hundred screens that shows it;
//! - and the memory of the room.
//!
//! Machines that are shared give their time to others now and then: a window in which they did is measured
//! again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

#[path = "screens/answers.rs"]
mod answers;
#[path = "screens/approving.rs"]
mod approving;
#[path = "screens/crowd.rs"]
mod crowd;
#[path = "screens/estate.rs"]
mod estate;
#[path = "shared/kernel.rs"]
mod kernel;
#[path = "screens/rounds.rs"]
mod rounds;

use std::path::Path;

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        // Test runners ask benches for their tests; there are none.
        Some("--list") => {}
        Some("--crowd") => crowd::come(Path::new(&args.next().unwrap())),
        _ => runtime().block_on(rounds::run()),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}
