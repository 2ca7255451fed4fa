//! The screen as a person has it before them: the real program on a real pseudo-terminal, driven by
//! keys, and put back whatever ends it.
#![cfg(feature = "failpoints")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod pty;
mod shell;

use std::{
    io::{Read as _, Write as _},
    path::Path,
    time::Duration,
};

use portable_pty::{CommandBuilder, native_pty_system};
use sixfold::{
    domain::{Entry, Fact, Stage, Via, artifact::Decision},
    ledger::Reader,
    sandbox::{Setting, estate::WALKTHROUGH},
};

use pty::{Tty, ended, sixfold, size};
use shell::Shell;

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (45, 20)];

const RIGHT: &str = "\x1b[C";
const DOWN: &str = "\x1b[B";
const ENTER: &str = "\r";
const TAB: &str = "\t";

/// A demo with the buckets of its estate on the screen.
fn demo(cols: u16, rows: u16, folder: &Path) -> Tty {
    let tty = Tty::open(cols, rows, sixfold(folder, &["demo"]));
    up(&tty);
    tty
}

fn up(tty: &Tty) {
    tty.until("changes are there to decide on", |text| {
        (text.contains(" to approve") && text.contains("acme-")).then_some(())
    });
}

/// Demos with a state that stays, so that the record can be read afterwards.
fn demo_on(cols: u16, rows: u16, folder: &Path) -> Tty {
    let tty = Tty::open(cols, rows, sixfold(folder, &["demo", "--state", "state"]));
    up(&tty);
    tty
}

fn entries(folder: &Path) -> Vec<Entry> {
    let (reader, _) = Reader::offline(&folder.join("state/ledger")).unwrap();
    reader.range(1).map(|entry| entry.unwrap().entry).collect()
}

/// Folders of demos that are left.
fn left(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap();
    names
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("sixfold-demo-"))
        .count()
}

/// What is selected may be a ticket still, just after the start; a key would only say so. Whoever knows
/// the way is not led.
fn decidable(tty: &mut Tty) {
    if tty.text().contains("/8 ") {
        tty.send("T");
    }
    tty.until_says("This waits for a decision");
}

/// Opens a card on what is selected and waits until it may be acted on. Gives the change's id.
fn card(tty: &mut Tty, key: &str, verb: &str) -> String {
    tty.send(key);
    tty.until_says("ready: ");
    tty.until("the card names its change", |text| {
        let at = text.find(&format!("{verb} CHG-"))? + verb.len() + 1;
        let id = text[at..].split_whitespace().next()?;
        Some(id.to_owned())
    })
}

/// The queue, with only the rows of one change.
fn look_for(tty: &mut Tty, id: &str) {
    tty.send("1");
    tty.until_says("1 Queue ─");
    tty.send("/");
    tty.send(id);
    tty.send(ENTER);
}

fn approve(tty: &mut Tty) -> String {
    tty.send("3");
    tty.until_says(" waiting");
    decidable(tty);
    let id = card(tty, "a", "Approve");
    tty.send(RIGHT);
    tty.send(ENTER);
    tty.until_gone("[ Not now ]");
    look_for(tty, &id);
    tty.until_says("remediated ·");
    id
}

/// Through the form's fields to its button; the choice of a reason is lit at first.
fn through_the_form(tty: &mut Tty, note: &str) {
    tty.send(DOWN);
    tty.send(TAB);
    tty.send(note);
    tty.until_says("ready: ");
    for key in [TAB, TAB, ENTER] {
        tty.send(key);
    }
    tty.until_gone("[ Not now ]");
}

#[test]
fn a_production_change_is_approved_and_reverted_by_keys_at_every_size() {
    for (cols, rows) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let mut tty = demo_on(cols, rows, folder.path());
        let id = approve(&mut tty);
        tty.until_says("r revert");
        assert_eq!(card(&mut tty, "r", "Revert"), id);
        through_the_form(&mut tty, "quick");
        tty.until_says("reverted ·");
        assert!(tty.quit().success());
        tty.is_restored();

        let entries = entries(folder.path());
        let of = |entry: &&Entry| entry.change.is_some_and(|change| change.to_string() == id);
        let approvals: Vec<_> = entries
            .iter()
            .filter(of)
            .filter_map(|entry| match &entry.fact {
                Fact::Approval(approval) => Some((approval.decision, approval.via)),
                _ => None,
            })
            .collect();
        assert_eq!(approvals, [(Decision::Approved, Via::Tui)], "{cols}x{rows}");
        let reverted = entries.iter().any(|entry| entry.fact.kind() == "revert");
        assert!(reverted, "{cols}x{rows}");
    }
}

#[test]
fn a_denial_with_a_typed_reason_is_on_record_word_for_word() {
    for (cols, rows) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let mut tty = demo_on(cols, rows, folder.path());
        tty.send("3");
        tty.until_says(" waiting");
        decidable(&mut tty);
        let id = card(&mut tty, "d", "Deny");
        // Each of these letters is a command elsewhere.
        through_the_form(&mut tty, "quoted ads, /?135");
        look_for(&mut tty, &id);
        tty.until_says("wont-fix");
        assert!(tty.quit().success());
        let denial = entries(folder.path())
            .into_iter()
            .find_map(|entry| match entry.fact {
                Fact::Approval(approval) if approval.decision == Decision::Denied => {
                    approval.reason
                }
                _ => None,
            });
        assert_eq!(
            denial.unwrap().to_string(),
            "false-positive: quoted ads, /?135",
            "{cols}x{rows}"
        );
    }
}

#[test]
fn the_ledger_the_help_and_a_filter_are_a_key_away_at_every_size() {
    for (cols, rows) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let mut tty = demo(cols, rows, folder.path());
        tty.send("5");
        tty.until_says("5 Ledger ─");
        tty.send("/");
        tty.send("room.started");
        tty.send(ENTER);
        tty.until_says("─ 1 entr");
        tty.send(ENTER);
        tty.until_says("Entry 1 ─");
        tty.until_says("hash");
        tty.escape();
        tty.until_gone("Entry 1 ─");

        tty.send("?");
        tty.until_says("╭ Keys ─");
        tty.escape();
        tty.until_gone("╭ Keys ─");

        tty.send("1");
        tty.until_says("1 Queue ─");
        tty.send("/");
        tty.send("acme-dev");
        tty.until("only those buckets are left in the queue", |text| {
            let rows = text
                .lines()
                .filter_map(|line| line.split(['│', '║']).next());
            let names: Vec<_> = rows.filter(|row| row.contains("acme-")).collect();
            (!names.is_empty() && names.iter().all(|row| row.contains("acme-dev"))).then_some(())
        });
        tty.send(ENTER);
        tty.escape();
        tty.until_says("acme-prod");
        assert!(tty.quit().success());
    }
}

/// The same sizes each time.
struct Dice(u64);

impl Dice {
    fn upto(&mut self, most: u16) -> u16 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u16::try_from((self.0 >> 33) % u64::from(most)).unwrap() + 1
    }
}

#[test]
fn a_storm_of_sizes_leaves_a_whole_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut tty = demo(120, 40, folder.path());
    let mut dice = Dice(7);
    for at in 0..50 {
        let (cols, rows) = match at % 5 {
            0 => (dice.upto(19), dice.upto(2)),
            _ => (dice.upto(200), dice.upto(60)),
        };
        tty.resize(cols, rows);
        tty.send(["3", "a", "5", "?", "d"][at % 5]);
    }
    tty.resize(80, 24);
    for _ in 0..3 {
        tty.escape();
    }
    tty.until_says(" to approve");
    tty.until_says("? help  q quit");
    tty.send("5");
    tty.until_says("5 Ledger ─");
    assert!(tty.quit().success());
    tty.is_restored();
    assert_eq!(left(folder.path()), 0);
}

#[test]
fn on_a_terminal_too_small_for_anything_q_still_quits() {
    let folder = tempfile::tempdir().unwrap();
    let mut tty = Tty::open(19, 2, sixfold(folder.path(), &["demo"]));
    let text = tty.until("something is said", |text| {
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    // Nothing can be decided on a screen that shows nothing.
    tty.send("3a");
    tty.send(RIGHT);
    tty.send(ENTER);
    assert!(tty.quit().success());
    tty.is_restored();
    assert_eq!(left(folder.path()), 0);
}

/// How a screen comes to its end.
enum End {
    Q,
    Twice(&'static str, &'static str),
    Signal(&'static str),
}

#[test]
fn whatever_ends_the_screen_the_terminal_is_as_before_and_no_folder_is_left() {
    for end in [
        End::Q,
        End::Twice("\x03", "Ctrl-c again leaves"),
        End::Signal("TERM"),
        End::Signal("HUP"),
        End::Signal("INT"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut tty = demo(80, 24, folder.path());
        assert_eq!(left(folder.path()), 1);
        let status = match end {
            End::Q => tty.quit(),
            End::Twice(key, says) => {
                tty.send(key);
                tty.until_says(says);
                tty.send(key);
                tty.end()
            }
            End::Signal(name) => {
                tty.signal(name);
                tty.end()
            }
        };
        assert!(status.success(), "{status}");
        tty.is_restored();
        assert_eq!(left(folder.path()), 0);
    }
}

#[test]
fn a_panic_of_the_screen_is_reported_on_a_terminal_that_is_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sixfold(folder.path(), &["demo"]);
    command.env("SIXFOLD_FAILPOINT", "tui.panic");
    let mut tty = Tty::open(80, 24, command);
    let status = tty.end();
    assert_eq!(status.exit_code(), 101);
    tty.is_restored();
    let text = tty.text();
    assert!(
        text.contains("SIXFOLD_FAILPOINT asks for a panic"),
        "{text}"
    );
    assert_eq!(left(folder.path()), 0);
}

#[test]
fn a_terminal_that_hangs_up_ends_the_program() {
    for ignored in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let command = if ignored {
            // As `nohup` starts it: nobody will be told by a signal.
            let mut shell = CommandBuilder::new("sh");
            shell.args([
                "-c",
                "trap '' HUP; exec \"$0\" demo",
                env!("CARGO_BIN_EXE_sixfold"),
            ]);
            for (name, value) in sixfold(folder.path(), &[]).iter_full_env_as_str() {
                shell.env(name, value);
            }
            shell.cwd(folder.path());
            shell
        } else {
            sixfold(folder.path(), &["demo"])
        };
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        // Read here and not in a thread, whose end of the terminal would keep it up.
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut terminal = vt100::Parser::default();
        let mut bytes = [0; 4096];
        while !terminal.screen().contents().contains("acme-") {
            let read = reader.read(&mut bytes).unwrap();
            assert!(read > 0, "it ended by itself");
            terminal.process(&bytes[..read]);
        }
        drop(reader);
        drop(pair.master);
        // 1 where a write or a read found the terminal gone before the signal came.
        let status = ended(&mut *child);
        assert!(status.exit_code() <= 1, "{status}");
        assert_eq!(left(folder.path()), 0);
    }
}

#[test]
fn a_terminal_that_takes_no_output_does_not_keep_the_program_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let pair = native_pty_system().openpty(size(120, 40)).unwrap();
    let command = sixfold(folder.path(), &["demo"]);
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut keys = pair.master.take_writer().unwrap();
    let mut terminal = vt100::Parser::default();
    let mut bytes = [0; 4096];
    while !terminal.screen().contents().contains("acme-") {
        let read = reader.read(&mut bytes).unwrap();
        terminal.process(&bytes[..read]);
    }
    // Nobody reads from here on, as over a connection that froze. A hundred whole screens are many
    // times what a pseudo-terminal holds.
    for _ in 0..100 {
        keys.write_all(b"51").unwrap();
        std::thread::park_timeout(Duration::from_millis(30));
    }
    shell::signal("TERM", child.process_id().unwrap());
    let status = ended(&mut *child);
    assert!(status.success(), "{status}");
    let modes = pair.master.get_termios().unwrap().local_flags.bits();
    assert_eq!(
        u64::from(modes) & pty::COOKED,
        pty::COOKED,
        "raw mode is on"
    );
    assert_eq!(left(folder.path()), 0);
}

/// The control room itself on an S3 of this process.
fn room(shell: &Shell, cols: u16, rows: u16) -> Tty {
    let owner = &shell.sandbox.options().owner;
    let mut command = sixfold(shell.folder.path(), &[]);
    command.env("AWS_ACCESS_KEY_ID", &owner.access_key);
    command.env("AWS_SECRET_ACCESS_KEY", &owner.secret_key);
    Tty::open(cols, rows, command)
}

#[test]
fn an_idle_screen_writes_no_byte() {
    let shell = Shell::enforcing();
    let text = shell.read("sixfold.toml").replace("\"200ms\"", "\"1h\"");
    shell.write("sixfold.toml", &text);
    let mut tty = room(&shell, 120, 40);
    tty.until_says("last full pass ");
    tty.until_says("1 to approve");
    // The minute of the clock may turn once in that time; the next stretch is silent then.
    tty.until_silent(Duration::from_secs(5));
    assert!(tty.quit().success());
}

/// As after the night's sleep, or a connection that broke.
#[test]
fn a_screen_comes_back_as_its_person_left_it() {
    let shell = Shell::enforcing();
    let mut tty = room(&shell, 120, 40);
    tty.until_says("1 to approve");
    tty.send("/env:prod\r");
    tty.until_says("/env:prod");
    tty.send("o");
    tty.until_says("ordered by severity");
    tty.send("t");
    tty.until_says("Themes");
    tty.send("jj\r");
    tty.until("the theme is taken", |text| {
        (!text.contains("╭ Themes")).then_some(())
    });
    tty.send("5");
    tty.until_says("room.started");
    assert!(tty.quit().success());
    let screens = shell.folder.path().join(".local/state/sixfold/screens");
    let kept: Vec<_> = std::fs::read_dir(&screens).unwrap().collect();
    assert_eq!(kept.len(), 1, "one file for one person: {kept:?}");
    let file = kept[0].as_ref().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("\"pane\":\"ledger\"") && text.contains("\"theme\":\""),
        "{text}"
    );

    let mut tty = room(&shell, 120, 40);
    tty.until_says("filtered as you left it: /env:prod");
    tty.until_says("room.started");
    tty.send("1");
    tty.until_says("by severity");
    let theme = |tty: &Tty| {
        let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
        raw.contains("48;5;") || raw.contains("48;2;")
    };
    assert!(theme(&tty), "the chosen theme has a ground of its own");
    assert!(tty.quit().success());

    // What is said on the command line comes first, and is not taken for the person's choice.
    let theme = |file: &Path| -> serde_json::Value {
        let text = std::fs::read_to_string(file).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["theme"].clone()
    };
    let chosen = theme(&file);
    let owner = &shell.sandbox.options().owner;
    let mut command = sixfold(shell.folder.path(), &["--theme", "plain"]);
    command.env("AWS_ACCESS_KEY_ID", &owner.access_key);
    command.env("AWS_SECRET_ACCESS_KEY", &owner.secret_key);
    let mut tty = Tty::open(120, 40, command);
    tty.until_says("filtered as you left it");
    assert!(tty.quit().success());
    assert_eq!(theme(&file), chosen);

    // A file that is no longer whole costs the comfort and nothing else.
    std::fs::write(&file, "{\"pane\":").unwrap();
    let mut tty = room(&shell, 120, 40);
    tty.until_says("1 to approve");
    assert!(!tty.text().contains("as you left it"));
    assert!(tty.quit().success());
    let log = shell.read("state/sixfold.log");
    assert!(
        log.contains("how the screen was left can't be read"),
        "{log}"
    );
}

#[test]
fn pasted_text_never_approves_and_never_is_a_command() {
    let shell = Shell::enforcing();
    let text = shell.read("sixfold.toml").replace("\"200ms\"", "\"1h\"");
    shell.write("sixfold.toml", &text);
    let mut tty = room(&shell, 80, 24);
    tty.until_says("1 to approve");
    // On the panes: not one letter is a command.
    tty.send("\x1b[200~3a\r\x1b[C\rq\x1b[201~");
    tty.send("3");
    tty.until_says("3 Approvals ─");
    card(&mut tty, "a", "Approve");
    tty.send(RIGHT);
    // On the lit button, plain and with the end of a paste inside of the pasted text.
    tty.send("\x1b[200~\r\r\n yes\x1b[201~");
    tty.until_says("a paste was ignored");
    tty.until_says("ready: ");
    tty.send(RIGHT);
    tty.send("\x1b[200~yes\x1b[201~\r\r");
    tty.until_says("a paste was ignored");
    tty.until_says("ready: ");
    tty.escape();
    tty.until_gone("[ Not now ]");
    tty.until_says("awaiting approval");
    assert!(tty.quit().success());
    assert_eq!(shell.stage(), Some(Stage::AwaitingApproval));
    assert_eq!(shell.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);

    // The same keys, typed, do approve: the gesture itself is what was withheld.
    let mut tty = room(&shell, 80, 24);
    tty.until_says("1 to approve");
    tty.send("3");
    tty.until_says("3 Approvals ─");
    card(&mut tty, "a", "Approve");
    tty.send(RIGHT);
    tty.send(ENTER);
    tty.until_says("remediated");
    assert!(tty.quit().success());
    assert_eq!(shell.stage(), Some(Stage::Closed));
}

#[test]
fn the_screen_says_what_keeps_the_room_from_scanning() {
    let shell = Shell::open();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    shell.write("sixfold.toml", &shell::config("observe", &nowhere));
    let mut tty = room(&shell, 120, 40);
    tty.until_says("the scanner is stopped: ListBuckets: NoConnection: Connection refused");
    assert!(tty.quit().success());
}

#[test]
fn a_terminal_that_can_not_be_drawn_on_is_told_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut dumb = sixfold(folder.path(), &["demo"]);
    dumb.env("TERM", "dumb");
    for (command, words) in [
        (dumb, "there is no terminal to draw on (TERM is dumb)"),
        (
            sixfold(folder.path(), &["demo", "--theme", "solarised"]),
            "solarised",
        ),
    ] {
        let mut tty = Tty::open(200, 24, command);
        let status = tty.end();
        assert_eq!(status.exit_code(), 1);
        let raw = String::from_utf8(tty.raw()).unwrap();
        assert!(raw.contains(words), "{raw:?}");
        assert!(!raw.contains("\x1b["), "{raw:?}");
        assert_eq!(left(folder.path()), 0);
    }
}

/// What a screen sent from its opening to its end.
fn sent(folder: &Path, args: &[&str]) -> String {
    let args = [&["demo"], args].concat();
    let mut tty = Tty::open(80, 24, sixfold(folder, &args));
    up(&tty);
    assert!(tty.quit().success());
    tty.is_restored();
    String::from_utf8_lossy(&tty.raw()).into_owned()
}

#[test]
fn a_theme_is_sent_in_the_colours_that_the_session_was_told_to_use() {
    let folder = tempfile::tempdir().unwrap();
    // The ground of nord, in full, as the nearest of the 256, and as black.
    for (colour, ground) in [
        ("true", "48;2;46;52;64"),
        ("256", "48;5;236m"),
        ("16", "\x1b[37;40m"),
    ] {
        let raw = sent(folder.path(), &["--theme", "nord", "--colour", colour]);
        assert!(raw.contains(ground), "{colour}");
        assert_eq!(raw.contains("8;2;"), colour == "true", "{colour}");
        assert_eq!(raw.contains("8;5;"), colour == "256", "{colour}");
    }
}

#[test]
fn a_theme_of_the_persons_own_is_found_by_name_and_by_file_and_a_faulty_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let themes = folder.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    let text = "name = \"dusk\"\ninherits = \"nord\"\n\n[palette]\nground = \"#010203\"\n";
    std::fs::write(themes.join("dusk.toml"), text).unwrap();
    std::fs::write(themes.join("odd.toml"), text.replace("#010203", "#01020")).unwrap();
    for theme in ["dusk", "themes/dusk.toml"] {
        let raw = sent(folder.path(), &["--theme", theme, "--colour", "true"]);
        assert!(raw.contains("48;2;1;2;3"), "{theme}");
    }
    let mut tty = Tty::open(200, 24, sixfold(folder.path(), &["demo", "--theme", "odd"]));
    assert_eq!(tty.end().exit_code(), 1);
    let raw = String::from_utf8(tty.raw()).unwrap();
    assert!(
        raw.contains("themes/odd.toml:5: `#01020` is no colour"),
        "{raw:?}"
    );
}

#[test]
fn no_color_is_respected_and_the_selection_still_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sixfold(folder.path(), &["demo"]);
    command.env("NO_COLOR", "1");
    let mut tty = Tty::open(80, 24, command);
    up(&tty);
    tty.until_says("▌");
    assert!(tty.quit().success());
    let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
    for colour in ["\x1b[38;5;", "\x1b[48;5;", "\x1b[31m", "\x1b[32m"] {
        assert!(!raw.contains(colour), "{colour:?} was sent");
    }
}
