//! The real binary as somebody at a shell runs it, against the embedded S3 of this process.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sixfold::{
    domain::{Entry, Fact, Stage, Via},
    ledger::Reader,
    sandbox::Sandbox,
};
use tokio::runtime::Runtime;

use crate::house;

/// Long enough for a loaded machine; nothing waits that long when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder with a config, and an S3 that it points to.
pub struct Shell {
    pub folder: tempfile::TempDir,
    pub sandbox: Sandbox,
    /// Serves the sandbox.
    pub runtime: Runtime,
}

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The exit code is the expected one; else everything is shown.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "no `{words}` in {self:#?}");
        self
    }

    /// On standard error, where nothing may look like an accident of ours.
    #[track_caller]
    pub fn complains(&self, words: &str) -> &Self {
        assert!(self.err.contains(words), "no `{words}` in {self:#?}");
        for accident in ["panicked", "Location", "src/", "RUST_BACKTRACE"] {
            assert!(!self.err.contains(accident), "`{accident}` in {self:#?}");
        }
        self
    }

    #[track_caller]
    pub fn is_quiet(&self) -> &Self {
        assert_eq!(self.err, "", "{self:#?}");
        self
    }
}

impl Shell {
    /// The walkthrough's bucket and the vault, and only the walkthrough's rule.
    pub fn open() -> Self {
        Self::open_in("observe", "")
    }

    /// The same in enforce mode.
    pub fn enforcing() -> Self {
        Self::open_in("enforce", "")
    }

    pub fn open_in(mode: &str, tables: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = runtime.block_on(house::walkthrough_sandbox());
        let shell = Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox,
            runtime,
        };
        shell.configure(mode, tables);
        shell
    }

    /// Writes `sixfold.toml` afresh, with more tables at its end.
    pub fn configure(&self, mode: &str, tables: &str) {
        let text = config(mode, &self.sandbox.endpoint_url());
        self.write("sixfold.toml", &(text + tables));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command in this folder, with the estate owner's keys and nothing of this machine's user.
    pub fn command(&self, args: &[&str]) -> Command {
        let owner = &self.sandbox.options().owner;
        let mut command = bare(self.folder.path(), args);
        command
            .env("AWS_ACCESS_KEY_ID", &owner.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &owner.secret_key);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        run(self.command(args))
    }

    /// A room without a screen, once it says that it is open.
    pub fn serve(&self) -> Served {
        let served = Served::start(self.command(&["serve"]));
        served.until_open();
        served
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("state/ledger")
    }

    pub fn segment(&self) -> PathBuf {
        let mut names: Vec<_> = fs::read_dir(self.ledger())
            .unwrap()
            .map(|item| item.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
            .collect();
        names.sort();
        names.pop().unwrap()
    }

    pub fn entries(&self) -> Vec<Entry> {
        let Ok((reader, _)) = Reader::offline(&self.ledger()) else {
            return Vec::new();
        };
        reader.range(1).map(|entry| entry.unwrap().entry).collect()
    }

    /// What was tried by one way and is on record as refused.
    pub fn tried(&self, via: Via) -> Vec<String> {
        let tried = |entry: Entry| match entry.fact {
            Fact::Refused { attempt, .. } if entry.via == via => Some(attempt),
            _ => None,
        };
        self.entries().into_iter().filter_map(tried).collect()
    }

    /// Waits until somebody is asked to approve, and gives the change's id.
    pub fn until_asked(&self) -> String {
        let mut id = None;
        wait("approval is asked", || {
            let asked = |entry: &Entry| entry.fact.kind() == "approval.requested";
            id = self
                .entries()
                .into_iter()
                .find(asked)
                .and_then(|e| e.change);
            id.is_some()
        });
        id.unwrap().to_string()
    }

    /// A short-lived room opens the change on the walkthrough's bucket and is ended by SIGTERM.
    pub fn ask(&self) -> String {
        let served = self.serve();
        let id = self.until_asked();
        served.terminate().exits(0);
        id
    }

    /// How the change stands, by the ledger alone.
    pub fn stage(&self) -> Option<Stage> {
        let mut change = None;
        for entry in self.entries().iter().filter(|entry| entry.change.is_some()) {
            change = Some(sixfold::chain::apply(change, entry).unwrap());
        }
        change.map(|change| change.stage)
    }
}

/// A config on an endpoint, in which only the walkthrough's rule judges.
pub fn config(mode: &str, endpoint: &str) -> String {
    let library = sixfold::rules::Library::load(None).unwrap();
    let others: Vec<_> = library
        .rules()
        .iter()
        .map(|rule| format!("{:?}", rule.id))
        .filter(|id| id != "\"acl-public-read\"")
        .collect();
    format!(
        r#"mode = "{mode}"
name = "shell"
state = "state"
first_change = 418114
[cloud]
region = "us-east-1"
account = "111122223333"
endpoint_url = "{endpoint}"
calls_per_second = 5000
[vault]
bucket = "acme-rollback-vault"
[scan]
pause = "200ms"
[verify]
first = "5ms"
gap = "10ms"
deadline = "5s"
[rules]
disabled = [{}]
"#,
        others.join(", ")
    )
}

/// The command without any keys.
pub fn bare(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sixfold"));
    command
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("RUST_BACKTRACE", "0")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    command
}

pub fn run(command: Command) -> Ran {
    Served::start(command).end()
}

/// A command that runs, with all that it prints.
pub struct Served {
    child: Child,
    out: Pipe,
    err: Pipe,
}

impl Served {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Pipe::of(child.stdout.take().unwrap());
        let err = Pipe::of(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    pub fn until_open(&self) {
        wait("the room is open", || {
            let open = self.out.so_far().contains("the room is open");
            open || self.out.is_at_its_end()
        });
    }

    /// What it has printed so far, in whole lines.
    pub fn printed(&self) -> String {
        self.out.so_far()
    }

    /// The same of standard error.
    pub fn complained(&self) -> String {
        self.err.so_far()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its own end.
    pub fn end(mut self) -> Ran {
        let mut status: Option<ExitStatus> = None;
        wait("the command ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        Ran {
            code: status.unwrap().code(),
            out: self.out.whole(),
            err: self.err.whole(),
        }
    }

    /// SIGTERM, as a service manager sends it.
    pub fn terminate(self) -> Ran {
        signal("TERM", self.pid());
        self.end()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()
        .unwrap();
    assert!(sent.success(), "no signal could be sent to {pid}");
}

/// Everything that comes out of one end of a pipe.
struct Pipe {
    text: std::sync::Arc<std::sync::Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Pipe {
    fn of(from: impl Read + Send + 'static) -> Self {
        let text = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let kept = std::sync::Arc::clone(&text);
        let reading = std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
                kept.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self {
            text,
            reading: Some(reading),
        }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn is_at_its_end(&self) -> bool {
        self.reading.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn whole(&mut self) -> String {
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        self.so_far()
    }
}

#[track_caller]
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// All files of a folder, by path, with their bytes.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}

pub fn append(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}
