//! The room's process: rounds with so many screens by turns, and what comes of them.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    ops::Range,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sixfold::{
    domain::{Actor, Via},
    engine::Caller,
    room::protocol::{Answer, Reply, Request},
};
use tokio::sync::mpsc;

use super::{
    answers,
    estate::{Estate, person},
    kernel,
};

const ROUNDS: usize = 5;

/// So long is each measured.
const WINDOW: Duration = Duration::from_secs(6);

/// Before it is, once the screens are there or gone.
const SETTLING: Duration = Duration::from_secs(1);

/// Between two approvals, while something is measured.
const APPROVES: Duration = Duration::from_millis(1_500);

/// The windows of a round: how many screens, and whether two rude ones are among them.
const TURNS: [(usize, bool); 8] = [
    (0, false),
    (1, false),
    (0, false),
    (10, false),
    (0, false),
    (100, false),
    (0, false),
    (98, true),
];

/// Where the room and the screens run.
const CORES: [(&str, [&[usize]; 2]); 2] = [
    ("the room on one core, its screens on another", [&[0], &[1]]),
    (
        "the room and its screens on the same two cores",
        [&[0, 1], &[0, 1]],
    ),
];

pub async fn run() {
    let rounds = std::env::var("SIXFOLD_BENCH_ROUNDS");
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let estate = Estate::open(folder.path()).await;
    println!("{}; open after {:.0?}", estate.describe(), begun.elapsed());
    answers::report(&estate).await;
    println!(
        "the room holds {} MB before any screen",
        kernel::held_mb(std::process::id())
    );
    let approving = Approving::default();
    let mut crowd = Crowd::new(&estate);
    let turns = async {
        for (how, [room, screens]) in CORES {
            let kept =
                kernel::keep_to(std::process::id(), room) && kernel::keep_to(crowd.pid(), screens);
            if kept {
                println!("{how}:");
                measure(&estate, &mut crowd, &approving, rounds).await;
            } else {
                println!("there are no two cores here: not with {how}");
            }
        }
    };
    tokio::select! {
        () = turns => {}
        () = estate.live() => {}
        () = approving.go_on(&estate) => panic!("there is nothing left to approve"),
    }
    println!(
        "memory of the room, its embedded S3 included, at most: {} MB",
        kernel::peak_mb(std::process::id())
    );
    drop(crowd);
    estate.close().await;
}

/// What one window gave.
#[derive(Clone, Copy)]
struct Window {
    calls_a_second: f64,
    /// Hundredths of a second on a core for a thousand calls.
    room_ticks: f64,
    /// Share of one core.
    crowd: f64,
    /// To the terminals, a second.
    bytes: f64,
}

async fn measure(estate: &Estate, crowd: &mut Crowd, approving: &Approving, rounds: usize) {
    let mut measured: BTreeMap<(usize, bool), Vec<(Window, f64)>> = BTreeMap::new();
    let mut times = Vec::new();
    let mut held = 0;
    for _ in 0..rounds {
        let mut alone = 1.0;
        for (screens, rude) in TURNS {
            crowd.open(screens, rude).await;
            tokio::time::sleep(SETTLING).await;
            let first = approving.settled().await;
            approving.on.store(true, Ordering::SeqCst);
            let mut window = window(estate, crowd).await;
            approving.on.store(false, Ordering::SeqCst);
            // What was decided just now is still on its way.
            tokio::time::sleep(SETTLING).await;
            let last = approving.settled().await;
            held = held.max(kernel::held_mb(std::process::id()));
            let (shown, bytes) = crowd.close().await;
            window.bytes = bytes as f64 / (WINDOW + 2 * SETTLING).as_secs_f64();
            if screens == 0 {
                alone = window.calls_a_second;
            }
            let ratio = window.calls_a_second / alone;
            let all = measured.entry((screens, rude)).or_default();
            all.push((window, ratio));
            if screens == 100 {
                times.extend(approving.until_shown(estate, first..last, &shown));
            }
        }
    }
    report(&measured);
    let mut last: Vec<_> = times.iter().map(|of| share(of, 1.0)).collect();
    last.sort_by(f64::total_cmp);
    let mut each = times.concat();
    each.sort_by(f64::total_cmp);
    println!(
        "from a decision to a screen that shows it: median {:.0} ms, p99 {:.0} ms; to the last of 100: median {:.0} ms, longest {:.0} ms, of {} decisions",
        share(&each, 0.5),
        share(&each, 0.99),
        share(&last, 0.5),
        share(&last, 1.0),
        last.len()
    );
    println!("the room holds {held} MB");
}

async fn window(estate: &Estate, crowd: &Crowd) -> Window {
    let own = std::process::id();
    let ticks = |pid| kernel::ticks(pid) as f64;
    let (calls, room, other) = (
        estate.sandbox.calls().total(),
        ticks(own),
        ticks(crowd.pid()),
    );
    let begun = Instant::now();
    tokio::time::sleep(WINDOW).await;
    let took = begun.elapsed().as_secs_f64();
    let calls = (estate.sandbox.calls().total() - calls) as f64;
    Window {
        calls_a_second: calls / took,
        room_ticks: (ticks(own) - room) / calls * 1_000.0,
        crowd: (ticks(crowd.pid()) - other) / 100.0 / took,
        bytes: 0.0,
    }
}

/// Approves one marked change after the other, as a person would by a command.
#[derive(Default)]
struct Approving {
    on: AtomicBool,
    begun: AtomicUsize,
    /// How many waited after each.
    left: Mutex<Vec<usize>>,
}

impl Approving {
    /// How many were approved, once none is on its way.
    async fn settled(&self) -> usize {
        loop {
            let done = self.left.lock().unwrap().len();
            if done == self.begun.load(Ordering::SeqCst) {
                return done;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn go_on(&self, estate: &Estate) {
        let caller = Caller {
            actor: Actor::person(&person(0)).unwrap(),
            via: Via::Cli,
            readonly: false,
        };
        let (client, _notices) = estate.room.connect(caller);
        let mut next = tokio::time::interval(APPROVES);
        for &id in &estate.marked {
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
    fn until_shown(
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

fn report(measured: &BTreeMap<(usize, bool), Vec<(Window, f64)>>) {
    for ((screens, rude), windows) in measured {
        let sorted = |of: &dyn Fn(&(Window, f64)) -> f64| {
            let mut all: Vec<_> = windows.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let ratio = sorted(&|one| one.1);
        let median = |of: &dyn Fn(&Window) -> f64| share(&sorted(&|one| of(&one.0)), 0.5);
        let who = if *rude {
            format!("{screens} screens, one that stalls and one that floods")
        } else {
            format!("{screens} screens")
        };
        println!(
            "{who}: {:.0} calls/s, ratio {:.2} ({:.2} to {:.2}); {:.0} ms of the room a thousand calls; the screens take {:.2} of a core and {:.0} kB/s of terminal",
            median(&|one| one.calls_a_second),
            share(&ratio, 0.5),
            share(&ratio, 0.0),
            share(&ratio, 1.0),
            median(&|one| one.room_ticks) * 10.0,
            median(&|one| one.crowd),
            median(&|one| one.bytes) / 1_000.0,
        );
    }
}

/// The value below which this share of a sorted list lies.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn share(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share) as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The other process.
struct Crowd {
    child: Child,
    told: ChildStdin,
    tells: mpsc::UnboundedReceiver<String>,
}

impl Crowd {
    fn new(estate: &Estate) -> Self {
        let own = std::env::current_exe().unwrap();
        let mut command = Command::new(own);
        command.arg("--crowd").arg(&estate.socket);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, tells) = mpsc::unbounded_channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines {
                drop(sender.send(line.unwrap()));
            }
        });
        Self {
            told: child.stdin.take().unwrap(),
            tells,
            child,
        }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.told, "{line}").unwrap();
    }

    async fn hear(&mut self) -> String {
        let line = self.tells.recv().await;
        line.expect("the screens' process ended")
    }

    async fn open(&mut self, screens: usize, rude: bool) {
        self.tell(&format!("open {screens}"));
        assert_eq!(self.hear().await, "open");
        if rude {
            self.tell("rude");
            assert_eq!(self.hear().await, "rude");
        }
    }

    /// What each screen showed, and the bytes that all terminals were sent.
    async fn close(&mut self) -> (BTreeMap<usize, Vec<(usize, i64)>>, u64) {
        self.tell("close");
        let mut shown: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
        loop {
            let line = self.hear().await;
            if let Some(bytes) = line.strip_prefix("closed ") {
                return (shown, bytes.parse().unwrap());
            }
            let numbers: Vec<i64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
            let [screen, waiting, at] = numbers[..] else {
                panic!("{line}");
            };
            let (screen, waiting) = (usize::try_from(screen), usize::try_from(waiting));
            shown
                .entry(screen.unwrap())
                .or_default()
                .push((waiting.unwrap(), at));
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
