//! Somebody who approves while the screens look on, and how long it takes until they show it.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sixfold::{
    domain::{Actor, Via},
    engine::Caller,
    room::protocol::{Answer, Reply, Request},
};

use super::estate::{Estate, person};

/// Between two approvals.
const APPROVES: Duration = Duration::from_secs(4);

/// Approves one marked change after the other, as a person would by a command.
#[derive(Default)]
pub struct Approving {
    on: AtomicBool,
    begun: AtomicUsize,
    /// How many waited after each.
    left: Mutex<Vec<usize>>,
}

impl Approving {
    /// Whether it goes on.
    pub fn turn(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }

    /// How many were approved, once none is on its way.
    pub async fn settled(&self) -> usize {
        loop {
            let done = self.left.lock().unwrap().len();
            if done == self.begun.load(Ordering::SeqCst) {
                return done;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn go_on(&self, estate: &Estate) {
        let caller = Caller {
            actor: Actor::person(&person(0)).unwrap(),
            via: Via::Cli,
            readonly: false,
        };
        let (client, _notices) = estate.room.connect(caller);
        let mut next = tokio::time::interval(APPROVES);
        for &id in &estate.marked[self.begun.load(Ordering::SeqCst)..] {
            next.tick().await;
            while !self.on.load(Ordering::SeqCst) {
                next.tick().await;
            }
            self.begun.fetch_add(1, Ordering::SeqCst);
            let Reply::Change(change) = client.ask(Request::Change { id }).await.unwrap() else {
                panic!("the room does not answer what it is asked");
            };
            let decide = Request::Decide {
                id,
                plan_hash: change.ticket.plan_hash,
                answer: Answer::Approve,
            };
            client.ask(decide).await.unwrap();
            self.left.lock().unwrap().push(estate.pending());
        }
    }

    /// For each of these approvals, the milliseconds until each screen showed that no more wait than were
    /// left by it, sorted; for ever where one never did.
    pub fn until_shown(
        &self,
        estate: &Estate,
        approvals: Range<usize>,
        shown: &BTreeMap<usize, Vec<(usize, i64)>>,
    ) -> Vec<Vec<f64>> {
        let left = self.left.lock().unwrap();
        let one = |number: usize| {
            let at = estate.approved_at(estate.marked[number]).timestamp_micros();
            let fewer = |(waiting, _): &&(usize, i64)| *waiting <= left[number];
            let first = |shown: &Vec<(usize, i64)>| {
                let later = shown.partition_point(|(_, shown)| *shown < at);
                let first = shown[later..].iter().find(fewer);
                first.map_or(f64::INFINITY, |(_, shown)| (shown - at) as f64 / 1_000.0)
            };
            let mut times: Vec<_> = shown.values().map(first).collect();
            times.sort_by(f64::total_cmp);
            times
        };
        approvals.map(one).collect()
    }
}
