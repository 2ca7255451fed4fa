//! The screen's process, and what is measured of it from outside: as a person's terminal sees it, and
//! as the kernel accounts for it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use portable_pty::CommandBuilder;
use sixfold::{
    room::client::Client,
    tui::{self, Input, Options, Theme},
};
use tokio::net::UnixStream;

use super::{kernel, pty::Tty, runtime};

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// Keys that are pressed for one figure.
const KEYS: usize = 300;

/// Between two of them.
const GAP: Duration = Duration::from_millis(33);

/// How long an idle screen is watched.
const IDLE: Duration = Duration::from_secs(20);

/// Shows the room behind a socket until the terminal goes.
pub fn draw(socket: &Path) {
    runtime().block_on(async {
        let stream = UnixStream::connect(socket).await.unwrap();
        let (client, notices) = Client::connect(stream);
        let mut options = Options::new(Theme::named("default").unwrap(), "nina.ramirez");
        options.tty = tui::terminal_of_environment();
        let mut session = tui::open(&options.tty).unwrap();
        let input = Input::start();
        let never = std::future::pending::<()>();
        tui::run(
            &mut session.terminal,
            input,
            client,
            notices,
            options,
            never,
        )
        .await
        .unwrap();
    });
}

pub fn measure(socket: &Path) {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([Path::new("--screen"), socket]);
    command.env("TERM", "xterm-256color");
    let began = Instant::now();
    let mut tty = Tty::open(COLUMNS, ROWS, command);
    tty.until_says("Queue");
    println!("first frame: {:.0?} after its start", began.elapsed());
    tty.until_says("Waiting for approval");
    println!(
        "first frame with rows: {:.0?} after its start",
        began.elapsed()
    );
    tty.until_silent(Duration::from_millis(500));

    for (what, key, other) in [
        ("a row down", "j", "k"),
        ("half a screen down", "\x04", "\x15"),
        ("to the end and back", "G", "g"),
    ] {
        let mut times: Vec<_> = (0..KEYS)
            .map(|nth| {
                let back = key == "G" && nth % 2 == 1;
                let time = pressed(&mut tty, if back { other } else { key });
                std::thread::sleep(GAP.saturating_sub(time));
                time
            })
            .collect();
        times.sort_unstable();
        let share = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
        println!(
            "key to frame, {what}: median {:.1?}, p99 {:.1?}, longest {:.1?}",
            share(50),
            share(99),
            share(100)
        );
        tty.send("g");
        tty.until_silent(Duration::from_millis(500));
    }
    scrolling(&mut tty);
    idle(&tty);
    println!(
        "peak memory of the screen: {} MB",
        kernel::peak_mb(tty.pid())
    );
    tty.quit();
}

/// The row that is selected in the pane at the left.
fn selected(text: &str) -> Option<String> {
    let row = text.lines().find(|line| line.starts_with('▌'))?;
    Some(row.chars().take(38).collect())
}

/// From a key to the frame in which another row is selected.
fn pressed(tty: &mut Tty, key: &str) -> Duration {
    let before = selected(&tty.text());
    let began = Instant::now();
    tty.send(key);
    tty.until("another row is selected", |text| {
        (selected(text) != before).then_some(())
    });
    began.elapsed()
}

/// Bytes that rows send, in the middle of the list so that each moves all rows: as they pass under a held
/// key, and where the person rests on each, with its ticket and diff.
fn scrolling(tty: &mut Tty) {
    for _ in 0..20 {
        tty.send("j");
        tty.until_silent(Duration::from_millis(100));
    }
    // The first row of a held key is rested on.
    pressed(tty, "j");
    std::thread::sleep(GAP);
    let passing = sent_by_rows(tty, |_| std::thread::sleep(GAP));
    println!(
        "bytes for a row that passes: median {}, most {}",
        passing[ROWS_SENT / 2],
        passing[ROWS_SENT - 1]
    );
    tty.until_silent(Duration::from_millis(300));
    let rested = sent_by_rows(tty, |tty| {
        tty.until_silent(Duration::from_millis(300));
    });
    println!(
        "bytes for a row that is rested on: median {}, most {}",
        rested[ROWS_SENT / 2],
        rested[ROWS_SENT - 1]
    );
}

/// Rows whose bytes are counted.
const ROWS_SENT: usize = 30;

fn sent_by_rows(tty: &mut Tty, wait: impl Fn(&mut Tty)) -> Vec<usize> {
    let mut sent: Vec<_> = (0..ROWS_SENT)
        .map(|_| {
            let before = tty.raw().len();
            tty.send("j");
            wait(tty);
            tty.raw().len() - before
        })
        .collect();
    sent.sort_unstable();
    sent
}

fn idle(tty: &Tty) {
    // Not over a full minute, when the clock moves on.
    let second = chrono::Timelike::second(&chrono::Utc::now());
    if u64::from(second) + IDLE.as_secs() > 57 {
        std::thread::sleep(Duration::from_secs(u64::from(63 - second)));
    }
    let (bytes, ticks) = (tty.raw().len(), kernel::ticks(tty.pid()));
    std::thread::sleep(IDLE);
    let used = kernel::ticks(tty.pid()) - ticks;
    println!(
        "idle for {IDLE:?}: {} bytes, {:.2} % of one core",
        tty.raw().len() - bytes,
        // A tick is a hundredth of a second.
        used as f64 / IDLE.as_secs_f64()
    );
}
