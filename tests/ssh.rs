//! People who come in over SSH: a real OpenSSH server and client, with accounts of their own and through the
//! room's account.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod pty;
mod shell;
mod sshd;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::Utc;
use nix::unistd::{Uid, User};
use shell::{Served, Shell, wait};
use sixfold::domain::{Fact, Stage};
use sshd::{Account, Sshd, accounts, key, make_accounts};

const NINA: Account = Account {
    name: "nina",
    uid: 47_101,
};
const RAVI: Account = Account {
    name: "ravi",
    uid: 47_102,
};
const AUD: Account = Account {
    name: "aud",
    uid: 47_103,
};
/// Has an account on the machine and is nobody to the room.
const MALLORY: Account = Account {
    name: "mallory",
    uid: 47_104,
};

/// In what time others see a decision.
const SOON: Duration = Duration::from_secs(1);

/// A room that engineers with accounts of their own reach, and the server by which they come.
struct Accounts {
    shell: Shell,
    served: Served,
    sshd: Sshd,
    program: PathBuf,
}

impl Accounts {
    fn open() -> Self {
        let shell = Shell::open_in(
            "enforce",
            "[room]\nsocket = \"door/room.sock\"\n\
             [[people]]\nname = \"nina.ramirez\"\nuser = \"nina\"\n\
             [[people]]\nname = \"ravi.patel\"\nuser = \"ravi\"\n\
             [[people]]\nname = \"aud.itor\"\nuser = \"aud\"\nrole = \"auditor\"\n",
        );
        let folder = shell.folder.path().to_owned();
        let people = [NINA, RAVI, AUD, MALLORY];
        make_accounts(&folder, &people);
        fs::create_dir(folder.join("door")).unwrap();
        fs::create_dir(folder.join("keys")).unwrap();
        for account in people {
            let public = key(&folder, account.name);
            fs::write(folder.join("keys").join(account.name), public).unwrap();
        }
        // Where others may run it.
        let program = folder.join("sixfold");
        fs::copy(env!("CARGO_BIN_EXE_sixfold"), &program).unwrap();
        let mut serve = shell.command(&["serve"]);
        serve.envs(accounts(&folder));
        let served = Served::start(serve);
        served.until_open();
        let sshd = Sshd::start(&folder, "");
        Self {
            shell,
            served,
            sshd,
            program,
        }
    }

    fn words<'a>(&'a self, socket: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec![self.program.to_str().unwrap(), "--socket", socket];
        all.extend(words);
        all
    }

    /// What the room answers to somebody's own bytes that greet it and approve a change.
    fn raw(&self, key: &str, id: &str, as_person: &str) -> shell::Ran {
        let script = self.shell.write("raw.py", RAW);
        let version = sixfold::room::protocol::VERSION.to_string();
        let as_person = format!("'{as_person}'");
        let (script, socket) = (script.to_str().unwrap(), self.socket());
        let words = ["python3", script, &socket, id, &version, &as_person];
        self.sshd.ssh(key, key, &words)
    }

    fn socket(&self) -> String {
        self.shell.path("door/room.sock").display().to_string()
    }
}

/// Says what it is told to a socket, past every check of a client's own.
const RAW: &str = r#"
import json, socket, struct, sys
door = socket.socket(socket.AF_UNIX); door.connect(sys.argv[1])
def say(text): door.sendall(struct.pack(">I", len(text)) + text.encode())
def hear():
    while True:
        want = struct.unpack(">I", door.recv(4, socket.MSG_WAITALL))[0]
        frame = json.loads(door.recv(want, socket.MSG_WAITALL))
        if "answer" in frame: return frame["answer"]
say(json.dumps({"id": 1, "request": {"hello": {"version": int(sys.argv[3]), "as": sys.argv[4] or None}}}))
heard = hear(); print(json.dumps(heard))
if "Err" in heard["reply"]: sys.exit()
say(json.dumps({"id": 2, "request": {"change": {"id": sys.argv[2]}}}))
plan = hear()["reply"]["Ok"]["change"]["ticket"]["plan_hash"]
say(json.dumps({"id": 3, "request": {"decide": {"id": sys.argv[2], "plan_hash": plan, "answer": "approve"}}}))
print(json.dumps(hear()))
"#;

fn is_root() -> bool {
    let root = Uid::effective().is_root();
    if !root {
        eprintln!("only root can have others log in with accounts of their own: not tried here");
    }
    root
}

#[test]
fn two_engineers_and_an_auditor_look_on_and_see_at_once_what_one_of_them_decides() {
    if !is_root() {
        return;
    }
    let here = Accounts::open();
    let socket = here.socket();
    let attach = here.words(&socket, &["attach"]);
    let mut nina = here.sshd.tty("nina", "nina", (120, 40), &attach);
    let mut ravi = here.sshd.tty("ravi", "ravi", (80, 24), &attach);
    let mut aud = here.sshd.tty("aud", "aud", (120, 40), &attach);
    nina.until_says("nina.ramirez");
    nina.until_says("Waiting for approval");
    ravi.until_says("This waits for a decision");
    aud.until_says("aud.itor");
    aud.send("1");
    aud.until_says("Waiting for approval");

    // The auditor tries by their screen, by command, and by the protocol's own bytes.
    let id = here.shell.until_asked();
    // The room says it together with what a person may do.
    aud.until_says("1 to approve");
    aud.send("a");
    aud.until_says("who may not decide on approvals; that is on record");
    let approve = here.words(&socket, &["approve", &id]);
    let ran = here.sshd.ssh("aud", "aud", &approve);
    ran.exits(5)
        .complains("aud.itor may not decide on approvals");
    let bytes = |key, as_person| here.raw(key, &id, as_person);
    let ran = bytes("aud", "");
    ran.exits(0).says("aud.itor may not decide on approvals");
    bytes("aud", "nina.ramirez")
        .exits(0)
        .says("believed from the room's own account only");
    bytes("mallory", "")
        .exits(0)
        .says("`mallory` is nobody in the room's config");
    let ran = here.sshd.ssh("mallory", "mallory", &approve);
    ran.exits(5).complains("`mallory` is nobody");
    let refused = |shell: &Shell| {
        let entries = shell.entries().into_iter();
        entries
            .filter(|entry| matches!(entry.fact, Fact::Refused { .. }))
            .map(|entry| entry.actor.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(&here.shell), ["aud.itor"; 3]);
    assert_eq!(here.shell.sandbox.calls().all_writes(), 0);

    // One engineer decides; nobody else touches a key.
    ravi.send("a");
    ravi.until_says("ready: ");
    ravi.send("\x1b[C");
    ravi.send("\r");
    wait("ravi has decided", || {
        let approved = |entry: &sixfold::domain::Entry| matches!(entry.fact, Fact::Approval(_));
        here.shell.entries().iter().any(approved)
    });
    nina.until_says("ravi.patel");
    aud.until_says("ravi.patel");
    let seen = Utc::now();
    nina.until_says("remediated");
    aud.until_says("remediated");
    let entries = here.shell.entries();
    let decided = entries
        .iter()
        .find(|entry| matches!(entry.fact, Fact::Approval(_)))
        .unwrap();
    assert_eq!(
        (decided.actor.name(), decided.via.to_string().as_str()),
        ("ravi.patel", "tui")
    );
    let after = (seen - decided.at).to_std().unwrap();
    assert!(after < SOON, "{after:?}");

    // A window that changes, a client that is killed: the others and the room go on.
    nina.resize(200, 50);
    nina.until("a screen as wide as the window", |text| {
        let wide = text.lines().any(|line| line.chars().count() > 180);
        (wide && text.contains("Sixfold")).then_some(())
    });
    ravi.signal("KILL");
    ravi.end();
    aud.send("5");
    aud.until_says("approval");
    aud.quit();
    nina.quit();
    let ran = here.sshd.ssh(
        "nina",
        "nina",
        &here.words(&socket, &["deny", &id, "--reason", "maintenance"]),
    );
    ran.exits(5).complains("refused: ");
    here.served.terminate().exits(0);
}

/// A room whose people come through its own account, each by a key that opens the room and nothing else.
fn by_the_rooms_account(
    sshd_config: impl FnOnce(&Shell) -> String,
) -> (Shell, Served, Sshd, String) {
    let shell = Shell::open();
    let folder = shell.folder.path().to_owned();
    let (nina, aud) = (key(&folder, "nina"), key(&folder, "aud"));
    shell.configure(
        "enforce",
        &format!(
            "[[people]]\nname = \"nina.ramirez\"\nkeys = [{nina:?}]\n\
             [[people]]\nname = \"aud.itor\"\nrole = \"auditor\"\nkeys = [{aud:?}]\n\
             [pagerduty]\nrouting_key_env = \"PAGER_KEY\"\nurl = \"http://127.0.0.1:1\"\n"
        ),
    );
    let me = User::from_uid(Uid::current()).unwrap().unwrap().name;
    make_accounts(&folder, &[]);
    // What the service has in its environment, sshd has not.
    let mut serve = shell.command(&["serve"]);
    serve.env("PAGER_KEY", "K0");
    let served = Served::start(serve);
    served.until_open();
    let config = sshd_config(&shell);
    let sshd = Sshd::start(&folder, &config);
    (shell, served, sshd, me)
}

/// The keys stand in the account's file, as `sixfold ssh-keys` writes them.
fn in_a_file(shell: &Shell) -> String {
    let lines = shell.run(&["ssh-keys"]);
    lines.exits(0).is_quiet();
    assert_eq!(lines.out.lines().count(), 2);
    let me = User::from_uid(Uid::current()).unwrap().unwrap().name;
    fs::create_dir(shell.path("keys")).unwrap();
    fs::write(shell.path("keys").join(me), &lines.out).unwrap();
    String::new()
}

#[test]
fn a_key_of_the_rooms_account_is_its_person_and_opens_the_room_and_nothing_else() {
    let (shell, served, sshd, me) = by_the_rooms_account(in_a_file);
    let id = shell.until_asked();
    let mut phone = sshd.tty("nina", &me, (45, 20), &[]);
    phone.until_says("to approve");

    for (words, code, heard) in [
        (&["id"][..], 2, "unrecognized subcommand"),
        (
            &["approve", "CHG-2026-0418-114", ";", "touch", "/tmp/x"],
            2,
            "",
        ),
        (
            &["--config", "/etc/passwd", "ledger", "list"],
            2,
            "unexpected argument",
        ),
        (&["init", "/tmp/x"], 2, "unrecognized subcommand"),
        (
            &["attach", "--as", "nina.ramirez"],
            2,
            "unrecognized subcommand",
        ),
        (&["ledger", "verify", "/etc"], 5, "leave the folder out"),
        (&["ledger", "'list"], 2, "a quote is not closed"),
    ] {
        let ran = sshd.ssh("aud", &me, words);
        ran.exits(code);
        assert!(ran.err.contains(heard), "{words:?}: {ran:?}");
    }
    let ran = sshd.ssh("aud", &me, &["approve", &id]);
    ran.exits(5)
        .complains("aud.itor may not decide on approvals");
    let ran = sshd.ssh("nina", &me, &["--readonly", "approve", &id]);
    ran.exits(5)
        .complains("this session of nina.ramirez only looks");
    let ran = sshd.ssh("aud", &me, &["ledger", "export"]);
    ran.exits(0).says("change_id,ledger_seq,").says(&id);
    sshd.ssh("aud", &me, &["ledger", "verify"]).exits(0);
    sshd.ssh("aud", &me, &[])
        .exits(2)
        .complains("ssh a -t for the screen");
    sshd.ssh("nina", &me, &["--help"]).exits(0).says("approve");

    let ran = sshd.ssh("nina", &me, &["approve", &id]);
    ran.exits(0)
        .says("approved by: nina.ramirez (cli,")
        .says("status: applied");
    phone.until_says("Nothing waits for a decision");
    phone.quit();
    assert_eq!(shell.stage(), Some(Stage::Closed));
    served.terminate().exits(0);
    let ran = sshd.ssh("nina", &me, &["approve", &id]);
    ran.exits(1).complains("no room listens at");
}

#[test]
fn openssh_may_ask_for_the_keys_itself_and_gets_those_of_the_rooms_account_alone() {
    if !is_root() {
        return;
    }
    // OpenSSH runs only a command of which root owns every folder, and others may not write any.
    let program = Path::new(env!("CARGO_BIN_EXE_sixfold"));
    let safe = program.ancestors().skip(1).all(|folder| {
        let there = fs::metadata(folder).unwrap();
        let owner = std::os::unix::fs::MetadataExt::uid(&there);
        owner == 0 && there.permissions().mode() & 0o022 == 0
    });
    if !safe {
        eprintln!(
            "{} is not where OpenSSH would run it: not tried here",
            program.display()
        );
        return;
    }
    let (shell, served, sshd, me) = by_the_rooms_account(|shell| {
        format!(
            "AuthorizedKeysCommand {} --config {} ssh-keys %u\nAuthorizedKeysCommandUser root",
            program.display(),
            shell.path("sixfold.toml").display()
        )
    });
    let id = shell.until_asked();
    let ran = sshd.ssh("nina", &me, &["approve", &id]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", sshd.log());
    ran.says("approved by: nina.ramirez");
    shell.run(&["ssh-keys", "daemon"]).exits(0).is_quiet();
    assert_eq!(shell.run(&["ssh-keys", "daemon"]).out, "");
    served.terminate().exits(0);
}
