//! `sixfold serve` as a service manager runs it, with screens and commands that come in at its socket.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod pty;
mod shell;

use std::{
    fs::File,
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, net::UnixDatagram},
    path::Path,
    process::Command,
    sync::mpsc,
    time::Duration,
};

use nix::unistd::{Uid, User};
use pty::{Tty, sixfold};
use shell::{Ran, Served, Shell, signal, wait};
use sixfold::{
    domain::{Fact, Stage, Via},
    sandbox::{
        FaultKind, FaultRule,
        estate::{VAULT, WALKTHROUGH},
    },
};

fn me() -> String {
    User::from_uid(Uid::current()).unwrap().unwrap().name
}

/// Nina comes by this test's own account.
fn people(role: &str) -> String {
    format!(
        "[[people]]\nname = \"nina.ramirez\"\nuser = \"{}\"\nrole = \"{role}\"\n",
        me()
    )
}

#[test]
fn a_command_decides_in_the_room_that_runs_and_waits_for_what_comes_of_it() {
    let shell = Shell::open_in("enforce", &people("approver"));
    let served = shell.serve();
    let id = shell.until_asked();
    let ran = shell.run(&["approve", &id]);
    ran.exits(0)
        .says("status: applied")
        .says("CIS 1.20 remediated on");
    let settings = shell.sandbox.state().settings(WALKTHROUGH).unwrap();
    assert_eq!(settings.acl.len(), 1);
    let decided = shell
        .entries()
        .into_iter()
        .find(|entry| matches!(entry.fact, Fact::Approval(_)))
        .unwrap();
    assert_eq!(
        (decided.actor.name(), decided.via.to_string().as_str()),
        ("nina.ramirez", "cli")
    );
    shell.run(&["approve", &id]).exits(5).complains("refused: ");
    served.terminate().exits(0);
    assert!(!shell.path("state/room.sock").exists());
    // Without a room that runs the same command opens one of its own.
    shell.run(&["approve", &id]).exits(5).complains("refused: ");
}

#[test]
fn the_first_of_two_who_must_agree_is_told_so_and_has_not_failed() {
    let strict = "[[approval.strict]]\nenvironment = \"production\"\npeople = 2\n";
    let i_am = |me_as: &str, other: &str| {
        let me = me();
        format!(
            "{strict}[[people]]\nname = \"{me_as}\"\nuser = \"{me}\"\n[[people]]\nname = \"{other}\"\n"
        )
    };
    let shell = Shell::open_in("enforce", &i_am("nina", "ravi"));
    let id = shell.ask();
    let words = format!("{id}: 1 of 2 agreed; it waits for another person");
    shell.run(&["approve", &id]).exits(0).says(&words);
    assert_eq!(shell.stage(), Some(Stage::AwaitingApproval));
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains("nina agreed to");
    shell.configure("enforce", &i_am("ravi", "nina"));
    shell.run(&["approve", &id]).exits(0).says("remediated");
}

#[test]
fn an_auditor_is_refused_by_command_and_on_screen_and_the_attempt_is_on_record() {
    let shell = Shell::open_in("enforce", &people("auditor"));
    let _served = shell.serve();
    let id = shell.until_asked();
    let ran = shell.run(&["approve", &id]);
    ran.exits(5)
        .complains("refused: nina.ramirez may not decide on approvals");
    assert_eq!(shell.tried(Via::Cli), ["approve"]);
    let mut tty = Tty::open(120, 40, sixfold(shell.folder.path(), &["attach"]));
    tty.until_says("attempt.refused");
    tty.send("1");
    tty.until_says("Waiting for approval");
    tty.until_says("1 to approve");
    tty.send("a");
    tty.until_says("who may not decide on approvals; that is on record");
    tty.send("aaad");
    wait("both were recorded", || shell.tried(Via::Tui).len() >= 2);
    tty.quit();
    assert_eq!(shell.tried(Via::Tui), ["approve", "deny"]);
    assert_eq!(shell.tried(Via::Cli), ["approve"]);
    assert_eq!(shell.stage(), Some(Stage::AwaitingApproval));
    assert_eq!(shell.sandbox.calls().all_writes(), 0);
}

#[test]
fn a_second_sixfold_is_a_screen_on_the_first_and_sees_what_it_decides() {
    let shell = Shell::open_in("enforce", &people("approver"));
    let mut first = Tty::open(120, 40, sixfold_with_keys(&shell, &[]));
    first.until_says("Waiting for approval");
    let mut second = Tty::open(120, 40, sixfold(shell.folder.path(), &[]));
    second.until_says("Waiting for approval");
    let id = shell.until_asked();
    shell
        .run(&["deny", &id, "--reason", "false-positive"])
        .exits(0);
    for tty in [&mut first, &mut second] {
        tty.until_says("wont-fix");
    }
    second.quit();
    first.quit();
}

fn sixfold_with_keys(shell: &Shell, args: &[&str]) -> portable_pty::CommandBuilder {
    let owner = &shell.sandbox.options().owner;
    let mut command = sixfold(shell.folder.path(), args);
    command.env("AWS_ACCESS_KEY_ID", &owner.access_key);
    command.env("AWS_SECRET_ACCESS_KEY", &owner.secret_key);
    command
}

#[test]
fn a_room_reads_its_config_again_and_a_screen_on_it_comes_back() {
    let shell = Shell::open_in("observe", &people("approver"));
    let served = shell.serve();
    let mut tty = Tty::open(120, 40, sixfold(shell.folder.path(), &["attach"]));
    tty.until_says("observe");

    shell.configure(
        "enforce",
        &(people("approver") + "[approval]\nwindow = \"7m\"\n"),
    );
    signal("HUP", served.pid());
    tty.until_says("enforce");
    let id = shell.until_asked();
    let started: Vec<_> = shell
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.fact {
            Fact::RoomStarted { findings, .. } => Some(findings),
            _ => None,
        })
        .collect();
    assert_eq!(
        started,
        [
            vec![],
            vec![
                "read again: approval.window: not set → \"7m\"".to_owned(),
                "read again: mode: \"observe\" → \"enforce\"".to_owned(),
            ]
        ]
    );

    // What can't be used changes nothing, and is said where people look.
    shell.configure("enforce", "[approval]\nwindow = \"soon\"\n");
    signal("HUP", served.pid());
    tty.until_says("not taken");
    shell
        .run(&["--socket", "state/room.sock", "attach"])
        .exits(2);
    let config = people("approver") + "[approval]\nwindow = \"7m\"\n";
    // Another mistake takes the place of the first, and nothing is left of either once it is mended.
    shell.configure("enforce", "[approval]\nwindow = \"later\"\n");
    signal("HUP", served.pid());
    wait("the second mistake is said", || {
        served.complained().contains("`later` is not a duration")
    });
    shell.configure("enforce", &config);
    signal("HUP", served.pid());
    tty.until_gone("not taken");
    shell.run(&["approve", &id]).exits(0).says("remediated");

    // Whoever is nobody any more is told so, and not that it goes on.
    let others = "[[people]]\nname = \"somebody.else\"\nuser = \"nobody\"\nrole = \"approver\"\n";
    shell.configure("enforce", others);
    signal("HUP", served.pid());
    tty.until_says("the room does not let you in");
    tty.quit();
    let ran = served.terminate();
    ran.exits(0)
        .complains("sixfold.toml:")
        .complains("read again: mode: \"observe\" → \"enforce\"");
}

#[test]
fn secrets_that_are_others_in_the_same_files_are_taken_by_a_reload_and_never_shown() {
    let tables = "[[webhooks]]\nname = \"siem\"\nkind = \"standard\"\nurl = \"http://127.0.0.1:1\"\nsecret_file = \"signing\"\n\
         [phone]\nserver = \"http://127.0.0.1:1\"\nreply_topic = \"replies\"\n\
         publish_token_file = \"publish\"\nread_token_file = \"read\"\nbutton_token_file = \"button\"\n";
    let shell = Shell::open_in("enforce", tables);
    for token in ["publish", "read", "button"] {
        shell.write(token, &format!("tk_{token}"));
    }
    let signing = |word: &str| format!("whsec_{}", word.repeat(8));
    shell.write("signing", &signing("T05F"));
    let served = shell.serve();
    let reads_again = |what: &str| {
        signal("HUP", served.pid());
        wait(what, || served.complained().contains(what));
    };
    reads_again("read again: nothing changed");
    shell.write("read", "tk_rotated");
    reads_again("read again: secrets of [phone] changed");
    shell.write("signing", &signing("VFdP"));
    reads_again("read again: secrets of [[webhooks]] siem changed");
    let ran = served.terminate();
    ran.exits(0);
    for secret in ["VFdP", "rotated"] {
        assert!(!ran.err.contains(secret), "{ran:#?}");
    }
}

#[test]
fn rules_are_read_again_too_and_a_broken_one_is_named() {
    let shell = Shell::open_in("observe", "directory = \"rules\"\n");
    std::fs::create_dir(shell.path("rules")).unwrap();
    let served = shell.serve();
    let new = shell.run(&["rules", "new", "tag-x", "--setting", "tagging"]);
    new.exits(0);
    signal("HUP", served.pid());
    wait("the new rule is read", || {
        served
            .complained()
            .contains("read again: rule tag-x v1 is new")
    });
    wait("the room is open again", || {
        shell.path("state/room.sock").exists() && shell.run(&["attach"]).code == Some(2)
    });
    shell.write("rules/broken.toml", "id = \n");
    signal("HUP", served.pid());
    wait("the broken rule is refused", || {
        served.complained().contains("broken.toml:1")
    });
    served.terminate().exits(0);
}

/// The service manager of a room, with little patience. It takes what it is told at once, whatever it
/// does meanwhile: a room waits for one that doesn't.
struct Manager(mpsc::Receiver<String>);

impl Manager {
    fn serve(shell: &Shell) -> (Self, Served) {
        let path = shell.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let (told, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length) = socket.recv(&mut bytes) {
                let words = String::from_utf8_lossy(&bytes[..length]);
                if told.send(words.into_owned()).is_err() {
                    return;
                }
            }
        });
        let mut command = shell.command(&["serve"]);
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "300000");
        (Self(heard), Served::start(command))
    }

    fn hears(&self, words: &str) {
        loop {
            let heard = self.0.recv_timeout(Duration::from_mins(1));
            let heard = heard.unwrap_or_else(|error| panic!("{words}: {error}"));
            if heard.lines().any(|line| line == words) {
                return;
            }
        }
    }

    fn reloads(&self, served: &Served) {
        signal("HUP", served.pid());
        self.hears("RELOADING=1");
    }

    fn hears_that_it_goes_on(&self) {
        // What was said before says nothing of now.
        while self.0.try_recv().is_ok() {}
        for _ in 0..3 {
            self.hears("WATCHDOG=1");
        }
    }

    fn ends(&self, served: Served) -> Ran {
        signal("TERM", served.pid());
        self.hears("STOPPING=1");
        let ran = served.end();
        ran.exits(0);
        ran
    }
}

#[test]
fn a_service_manager_hears_when_the_room_is_ready_well_reloading_and_stopping() {
    let shell = Shell::open_in("observe", "");
    let (manager, served) = Manager::serve(&shell);
    manager.hears("READY=1");
    manager.hears_that_it_goes_on();
    shell.configure("observe", "[approval]\nwindow = \"7m\"\n");
    manager.reloads(&served);
    manager.hears("READY=1");
    manager.hears("WATCHDOG=1");
    manager.ends(served);
}

#[test]
fn a_service_manager_hears_that_all_is_well_while_s3_holds_up_a_reload_and_is_heard() {
    let shell = Shell::open_in("observe", "");
    let (manager, served) = Manager::serve(&shell);
    manager.hears("READY=1");
    let slow = FaultRule::new(FaultKind::Slow(Duration::from_mins(10)));
    let faults = shell.sandbox.faults();
    faults.add(slow.on("GetBucketVersioning").of(VAULT));
    shell.configure("observe", "[approval]\nwindow = \"7m\"\n");
    manager.reloads(&served);
    manager.hears_that_it_goes_on();
    let ran = manager.ends(served);
    // Whoever waits for S3 to give up before ending says what became of the reload.
    assert!(!ran.err.contains("read again"), "{ran:#?}");
}

#[test]
fn a_service_manager_hears_that_a_room_is_being_opened_and_is_heard() {
    let shell = Shell::open_in("observe", "");
    for token in ["publish", "read", "button"] {
        shell.write(token, &format!("tk_{token}"));
    }
    let (manager, served) = Manager::serve(&shell);
    manager.hears("READY=1");
    // A room that opens waits for this key until there is something in the pipe.
    let key = shell.path("state/phone.key");
    let made = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let phone = |window: &str| {
        let text = format!(
            "[approval]\nwindow = \"{window}\"\n\
             [phone]\nserver = \"http://127.0.0.1:1\"\nreply_topic = \"replies\"\n\
             publish_token_file = \"publish\"\nread_token_file = \"read\"\nbutton_token_file = \"button\"\n"
        );
        shell.configure("enforce", &text);
    };
    let opened = || File::options().write(true).open(&key).unwrap();

    phone("7m");
    manager.reloads(&served);
    let mut pipe = opened();
    manager.hears_that_it_goes_on();
    pipe.write_all(&[7; 64]).unwrap();
    drop(pipe);
    manager.hears("READY=1");
    manager.hears("WATCHDOG=1");

    phone("8m");
    manager.reloads(&served);
    let _pipe = opened();
    manager.ends(served);
}

#[test]
fn a_socket_that_nobody_listens_on_any_more_is_replaced_and_one_in_use_is_left() {
    let shell = Shell::open_in("observe", "");
    let served = shell.serve();
    let socket = shell.path("state/room.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        mode, 0o600,
        "nobody is listed, so only this account may knock"
    );
    signal("KILL", served.pid());
    served.end();
    assert!(socket.exists());
    let again = shell.serve();

    let other = shell.path("other");
    std::fs::create_dir(&other).unwrap();
    let config = shell.read("sixfold.toml") + "[room]\nsocket = \"../state/room.sock\"\n";
    std::fs::write(other.join("sixfold.toml"), config).unwrap();
    let mut command = shell.command(&["serve"]);
    command.current_dir(&other);
    let ran = shell::run(command);
    ran.exits(1)
        .complains("room.sock already: `sixfold attach` is a screen on it");
    shell.run(&["attach"]).exits(2);
    again.terminate().exits(0);

    shell.write("state/room.sock", "mine");
    let ran = shell.run(&["serve"]);
    ran.exits(1).complains("is no socket, so it is left alone");
    assert_eq!(shell.read("state/room.sock"), "mine");
}

#[test]
fn a_room_listens_where_the_command_line_says_and_not_where_its_config_does() {
    let shell = Shell::open_in("observe", "");
    let at = |args: &[&str]| {
        let mut command = shell.command(args);
        command.env("SIXFOLD_SOCKET", shell.path("named.sock"));
        command
    };
    let served = Served::start(at(&["serve"]));
    served.until_open();
    assert!(served.printed().contains("named.sock"));
    assert!(!shell.path("state/room.sock").exists());
    shell::run(at(&["outbox", "list"])).exits(0);
    shell.configure("observe", "[approval]\nwindow = \"7m\"\n");
    signal("HUP", served.pid());
    wait("the config is read again", || {
        served.complained().contains("read again: approval.window")
    });
    shell::run(at(&["outbox", "list"])).exits(0);
    served.terminate().exits(0);

    let words = ["--socket", "named.sock"];
    let mut tty = Tty::open(120, 40, sixfold_with_keys(&shell, &words));
    tty.until_says("observe");
    wait("the room of the screen listens", || {
        shell.path("named.sock").exists()
    });
    assert!(!shell.path("state/room.sock").exists());
    tty.quit();
}

#[test]
fn without_a_room_attach_says_how_to_start_one() {
    let shell = Shell::open();
    let mut command = shell.command(&["attach", "--plain"]);
    command.env_remove("SSH_ORIGINAL_COMMAND");
    let ran = shell::run(command);
    ran.exits(1)
        .complains("no room listens at")
        .complains("start one with `sixfold serve`");
    let named = ["--socket", "nowhere", "approve", "CHG-2026-0418-114"];
    let ran = shell.run(&named);
    ran.exits(1).complains("no room listens at nowhere");
    assert!(!shell.path("state").exists(), "no room was opened instead");
}

/// For messages: tests run where the folder may be long.
#[test]
fn a_socket_path_that_the_system_can_not_take_is_said_with_what_to_do() {
    let shell = Shell::open_in(
        "observe",
        &format!("[room]\nsocket = \"{}\"\n", "x".repeat(120)),
    );
    let ran = shell.run(&["serve"]);
    ran.exits(1)
        .complains("bytes and the system takes 107")
        .complains("`socket` under [room]");
    assert!(Path::new(&shell.path("state")).exists());
}
