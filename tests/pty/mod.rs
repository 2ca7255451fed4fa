//! The real program on a real pseudo-terminal, seen as a terminal shows it and as the bytes it was
//! sent.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    io::{Read as _, Write},
    path::Path,
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Long enough for a loaded machine; nothing waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// Local modes of a terminal, as Linux and macOS number them: what a shell relies on.
const ECHO: u64 = 0o10;
const ICANON: u64 = if cfg!(target_os = "macos") {
    0x100
} else {
    0o2
};

/// Keys are shown and come by lines.
pub const COOKED: u64 = ECHO | ICANON;

pub const fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

struct Seen {
    raw: Vec<u8>,
    terminal: vt100::Parser,
    /// When the last byte came.
    at: Instant,
    over: bool,
}

/// One program on one terminal.
pub struct Tty {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
}

/// `sixfold` with arguments, and nothing of this machine's user but the path.
pub fn sixfold(folder: &Path, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sixfold"));
    command.args(args);
    command.env_clear();
    command.cwd(folder);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder);
    command.env("TMPDIR", folder);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("RUST_BACKTRACE", "0");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

impl Tty {
    pub fn open(cols: u16, rows: u16, command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(cols, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen = Arc::new((
            Mutex::new(Seen {
                raw: Vec::new(),
                terminal: vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0),
                at: Instant::now(),
                over: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            loop {
                let read = reader.read(&mut bytes).unwrap_or(0);
                let mut seen = lock(&shared.0);
                seen.raw.extend_from_slice(&bytes[..read]);
                seen.terminal.process(&bytes[..read]);
                seen.at = Instant::now();
                seen.over = read == 0;
                shared.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            seen,
            master: pair.master,
            keys,
            child,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn text(&self) -> String {
        lock(&self.seen.0).terminal.screen().contents()
    }

    pub fn raw(&self) -> Vec<u8> {
        lock(&self.seen.0).raw.clone()
    }

    pub fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        let mut seen = lock(&self.seen.0);
        seen.terminal
            .screen_mut()
            .set_size(rows.try_into().unwrap(), cols.try_into().unwrap());
        drop(seen);
        self.master.resize(size(cols, rows)).unwrap();
    }

    /// Waits until the screen shows what is looked for.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut seen = lock(&self.seen.0);
        loop {
            let text = seen.terminal.screen().contents();
            if let Some(found) = look(&text) {
                return found;
            }
            assert!(
                Instant::now() < end && !seen.over,
                "waited in vain until {what}; the screen:\n{text}"
            );
            seen = self
                .seen
                .1
                .wait_timeout(seen, Duration::from_millis(100))
                .unwrap()
                .0;
        }
    }

    #[track_caller]
    pub fn until_says(&self, words: &str) {
        self.until(&format!("the screen says `{words}`"), |text| {
            text.contains(words).then_some(())
        });
    }

    #[track_caller]
    pub fn until_gone(&self, words: &str) {
        self.until(&format!("the screen no longer says `{words}`"), |text| {
            (!text.contains(words)).then_some(())
        });
    }

    /// Waits for a stretch of time, from now on, without one byte.
    #[track_caller]
    pub fn until_silent(&self, stretch: Duration) {
        let begin = Instant::now();
        let mut seen = lock(&self.seen.0);
        loop {
            let since = seen.at.max(begin);
            let Some(left) = stretch.checked_sub(since.elapsed()) else {
                return;
            };
            assert!(
                begin.elapsed() < PATIENCE,
                "the screen never kept still; its last bytes: {:?}",
                String::from_utf8_lossy(&seen.raw[seen.raw.len().saturating_sub(300)..])
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Esc, and nothing so soon after it that the two would be one key.
    #[track_caller]
    pub fn escape(&mut self) {
        self.send("\x1b");
        self.until_silent(Duration::from_millis(200));
    }

    /// Presses q, and once more where the screen asks because a change is in the middle of a step.
    #[track_caller]
    pub fn quit(&mut self) -> ExitStatus {
        self.send("q");
        let end = Instant::now() + PATIENCE;
        let mut asked = false;
        while self.child.try_wait().unwrap().is_none() {
            if !asked && self.text().contains("q again quits") {
                asked = true;
                self.send("q");
            }
            assert!(Instant::now() < end, "q does not quit:\n{}", self.text());
            std::thread::park_timeout(Duration::from_millis(10));
        }
        self.end()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.pid().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for the program's end and for its last byte.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let status = ended(&mut *self.child);
        let mut seen = lock(&self.seen.0);
        while !seen.over {
            seen = self
                .seen
                .1
                .wait_timeout(seen, Duration::from_millis(100))
                .unwrap()
                .0;
        }
        status
    }

    /// Everything that was switched on is off again, by the bytes and by the terminal's own modes.
    #[track_caller]
    pub fn is_restored(&self) {
        let raw = self.raw();
        for (what, mode) in [
            ("the alternate screen", "1049"),
            ("bracketed paste", "2004"),
            ("focus reporting", "1004"),
        ] {
            let on = last(&raw, &format!("\x1b[?{mode}h"));
            let off = last(&raw, &format!("\x1b[?{mode}l"));
            assert!(on.is_some(), "{what} was never on");
            assert!(off > on, "{what} is still on");
        }
        let (hidden, shown) = (last(&raw, "\x1b[?25l"), last(&raw, "\x1b[?25h"));
        assert!(hidden.is_some() && shown > hidden, "the cursor is hidden");
        let (begun, ended) = (last(&raw, "\x1b[?2026h"), last(&raw, "\x1b[?2026l"));
        assert!(ended > begun, "a synchronized update was left open");
        let seen = lock(&self.seen.0);
        let screen = seen.terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        let modes = self.master.get_termios().unwrap().local_flags.bits();
        let modes = u64::from(modes);
        assert_eq!(modes & COOKED, COOKED, "raw mode is on");
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
pub fn ended(child: &mut (dyn Child + Send + Sync)) -> ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < end, "the program does not end");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A test that failed while it looked must not hide that behind a second panic.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn last(raw: &[u8], sequence: &str) -> Option<usize> {
    raw.windows(sequence.len())
        .rposition(|window| window == sequence.as_bytes())
}
