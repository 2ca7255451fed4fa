//! The room's process: rounds with so many screens by turns, and what comes of them.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    ops::Range,
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{
    answers,
    approving::Approving,
    estate::{Estate, UNLIMITED},
    kernel,
};

const ROUNDS: usize = 2;

/// So long is measured where a ceiling keeps the rate; else for one pass, whose parts go at different rates.
const WINDOW: Duration = Duration::from_secs(6);

/// Before it is, once the screens are there or gone.
const SETTLING: Duration = Duration::from_secs(1);

/// A window is measured again where others had more than this share of the machine; so often at most.
const DISTURBED: f64 = 0.03;
const TRIES: usize = 3;

/// How many screens there are, and whether two rude ones are among them.
type Many = (usize, bool);

const NOBODY: Many = (0, false);

/// The windows of a round. Before and after each there is nobody.
const TURNS: [Many; 4] = [(1, false), (10, false), (100, false), (98, true)];

/// Where the room and the screens run, and the ceiling for the scanner's calls a second.
struct Setting {
    how: &'static str,
    room: &'static [usize],
    screens: &'static [usize],
    ceiling: f64,
}

const SETTINGS: [Setting; 3] = [
    Setting {
        how: "the scanner without a ceiling and the room on one core, its screens on another",
        room: &[0],
        screens: &[1],
        ceiling: UNLIMITED,
    },
    Setting {
        how: "the scanner without a ceiling, the room and its screens on the same two cores",
        room: &[0, 1],
        screens: &[0, 1],
        ceiling: UNLIMITED,
    },
    Setting {
        how: "at most 500 calls a second, the room and its screens on the same two cores",
        room: &[0, 1],
        screens: &[0, 1],
        ceiling: 500.0,
    },
];

pub async fn run() {
    let rounds = std::env::var("SIXFOLD_BENCH_ROUNDS");
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut estate = Estate::open(folder.path()).await;
    println!("{}; open after {:.0?}", estate.describe(), begun.elapsed());
    Box::pin(answers::report(&estate)).await;
    println!(
        "the room holds {} MB before any screen",
        kernel::held_mb(std::process::id())
    );
    let approving = Approving::default();
    let mut crowd = Crowd::new(&estate);
    for setting in SETTINGS {
        let kept = kernel::keep_to(std::process::id(), setting.room)
            && kernel::keep_to(crowd.pid(), setting.screens);
        if !kept {
            println!("there are no two cores here: not with {}", setting.how);
            continue;
        }
        estate = estate.reopened(setting.ceiling).await;
        println!("{}:", setting.how);
        tokio::select! {
            () = measure((&estate, setting.ceiling), &mut crowd, &approving, rounds) => {}
            () = estate.live() => {}
            () = approving.go_on(&estate) => panic!("there is nothing left to approve"),
        }
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
    /// Share of this machine that others had meanwhile.
    stolen: f64,
}

async fn measure(place: (&Estate, f64), crowd: &mut Crowd, approving: &Approving, rounds: usize) {
    let mut measured: BTreeMap<Many, Vec<(Window, f64)>> = BTreeMap::new();
    let mut times = Vec::new();
    let mut held = 0;
    for _ in 0..rounds {
        let mut before = look_on(place, crowd, approving, NOBODY).await.window;
        for many in TURNS {
            let seen = look_on(place, crowd, approving, many).await;
            let after = look_on(place, crowd, approving, NOBODY).await.window;
            let alone = f64::midpoint(before.calls_a_second, after.calls_a_second);
            let ratio = seen.window.calls_a_second / alone;
            measured.entry(many).or_default().push((seen.window, ratio));
            measured.entry(NOBODY).or_default().push((after, 1.0));
            if many == (100, false) {
                times.extend(approving.until_shown(place.0, seen.approvals, &seen.shown));
            }
            held = held.max(seen.held);
            before = after;
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

/// What came of one window.
struct Seen {
    window: Window,
    approvals: Range<usize>,
    /// By screen.
    shown: BTreeMap<usize, Vec<(usize, i64)>>,
    /// Megabytes.
    held: u64,
}

/// One that nobody else disturbed, or the last of a few.
async fn look_on(
    place: (&Estate, f64),
    crowd: &mut Crowd,
    approving: &Approving,
    many: Many,
) -> Seen {
    let mut seen = look_once(place, crowd, approving, many).await;
    for _ in 1..TRIES {
        if seen.window.stolen < DISTURBED {
            break;
        }
        seen = look_once(place, crowd, approving, many).await;
    }
    seen
}

async fn look_once(
    (estate, ceiling): (&Estate, f64),
    crowd: &mut Crowd,
    approving: &Approving,
    many: Many,
) -> Seen {
    crowd.open(many).await;
    let opened = Instant::now();
    tokio::time::sleep(SETTLING).await;
    let whole = ceiling >= UNLIMITED;
    if whole {
        estate.next_pass().await;
    }
    let first = approving.settled().await;
    approving.turn(true);
    let mut window = window(estate, crowd, whole).await;
    approving.turn(false);
    // What was decided just now is still on its way.
    tokio::time::sleep(SETTLING).await;
    let approvals = first..approving.settled().await;
    let held = kernel::held_mb(std::process::id());
    let (shown, bytes) = crowd.close().await;
    window.bytes = bytes as f64 / opened.elapsed().as_secs_f64();
    Seen {
        window,
        approvals,
        shown,
        held,
    }
}

async fn window(estate: &Estate, crowd: &Crowd, whole: bool) -> Window {
    let own = std::process::id();
    let ticks = |pid| kernel::ticks(pid) as f64;
    let (calls, room, other) = (
        estate.sandbox.calls().total(),
        ticks(own),
        ticks(crowd.pid()),
    );
    let (stolen, all) = kernel::stolen();
    let begun = Instant::now();
    if whole {
        estate.next_pass().await;
    } else {
        tokio::time::sleep(WINDOW).await;
    }
    let took = begun.elapsed().as_secs_f64();
    let calls = (estate.sandbox.calls().total() - calls) as f64;
    Window {
        calls_a_second: calls / took,
        room_ticks: (ticks(own) - room) / calls * 1_000.0,
        crowd: (ticks(crowd.pid()) - other) / 100.0 / took,
        bytes: 0.0,
        stolen: (kernel::stolen().0 - stolen) as f64 / (kernel::stolen().1 - all) as f64,
    }
}

fn report(measured: &BTreeMap<Many, Vec<(Window, f64)>>) {
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
            "{who}: {:.0} calls/s, ratio {:.2} ({:.2} to {:.2}); {:.0} ms of the room a thousand calls; the screens take {:.2} of a core and {:.0} kB/s of terminal; others had at most {:.0} % of the machine",
            median(&|one| one.calls_a_second),
            share(&ratio, 0.5),
            share(&ratio, 0.0),
            share(&ratio, 1.0),
            median(&|one| one.room_ticks) * 10.0,
            median(&|one| one.crowd),
            median(&|one| one.bytes) / 1_000.0,
            share(&sorted(&|one| one.0.stolen), 1.0) * 100.0,
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

    async fn open(&mut self, (screens, rude): Many) {
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
