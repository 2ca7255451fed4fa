//! What it takes to make the answers that screens ask for with each entry.

use std::time::Instant;

use sixfold::{
    domain::{Actor, Via},
    engine::Caller,
    room::protocol::{Arrangement, LedgerFilter, Request},
    tui::state::CHUNK,
};

use super::estate::{Estate, person};

const TIMES: u32 = 50;

/// Prints the mean for each, beside the scanner's work.
pub async fn report(estate: &Estate) {
    let caller = Caller {
        actor: Actor::person(&person(0)).unwrap(),
        via: Via::Tui,
        readonly: false,
    };
    let questions = [
        ("status", Request::Status),
        (
            "queue",
            Request::Queue {
                filter: String::new(),
                arrangement: Arrangement::default(),
                offset: 0,
                limit: CHUNK,
            },
        ),
        (
            "approvals",
            Request::Pending {
                offset: 0,
                limit: CHUNK,
            },
        ),
        (
            "ledger",
            Request::Ledger {
                filter: LedgerFilter::default(),
                before: None,
                limit: CHUNK,
            },
        ),
    ];
    for (what, request) in questions {
        let (begun, mut bytes) = (Instant::now(), 0);
        for _ in 0..TIMES {
            let reply = estate.room.answer(&caller, request.clone()).await.unwrap();
            bytes = serde_json::to_vec(&reply).unwrap().len();
        }
        println!(
            "an answer about the {what}: {:.2} ms, {:.0} kB",
            begun.elapsed().as_secs_f64() * 1_000.0 / f64::from(TIMES),
            f64::from(u32::try_from(bytes).unwrap()) / 1_000.0
        );
    }
}
