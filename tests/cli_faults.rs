//! Wrong input and a world that does not answer, with the real binary: each error says what happened,
//! where, and what to do; the exit code is the documented one, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod receiver;
mod shell;

use std::{fs, path::Path};

use nix::unistd::{Uid, User};
use sixfold::{
    domain::{Actor, Via},
    engine::Caller,
    room::{
        Room, Starting,
        protocol::{Reply, Request},
    },
    sandbox::{
        BucketSettings, Grant, Grantee, Permission, Setting,
        estate::{VAULT, WALKTHROUGH},
    },
};

use shell::{Ran, Served, Shell, bare, run, wait};

/// The line of [`shell::config`] without which STS is asked.
const ACCOUNT: &str = "account = \"111122223333\"\n";

/// Where nothing listens: a port that was free a moment ago.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_mistake_in_the_config_is_named_by_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    for (text, place, what) in [
        (
            "mode = observe\n",
            "sixfold.toml:1: mode:",
            "must be quoted",
        ),
        (
            "name = \"x\"\nmode = \"of\n",
            "sixfold.toml:2: mode:",
            "invalid basic string",
        ),
        (
            "\nmdoe = \"observe\"\n",
            "sixfold.toml:2: mdoe:",
            "unknown field `mdoe`, expected one of `name`, `mode`",
        ),
        (
            "mode = \"on\"\n",
            "sixfold.toml:1: mode:",
            "expected `observe` or `enforce`",
        ),
        (
            "[cloud]\nsecret_access_key = \"x\"\n",
            "sixfold.toml:2: secret_access_key:",
            "unknown field",
        ),
        (
            "[scan]\npause = \"soon\"\n",
            "sixfold.toml:2: pause:",
            "`soon` is not a duration: `90s`",
        ),
        (
            "[cloud]\nin_flight = 0\n",
            "sixfold.toml:2: in_flight:",
            "1 or more is wanted",
        ),
        (
            "[[people]]\nname = \"policy\"\n",
            "sixfold.toml:2: name:",
            "is not a person's name",
        ),
        ("[[accounts]]\nid = \"12\"\n", "sixfold.toml:2: id:", "`12`"),
        ("mode = \"enforce\"\n", "sixfold.toml:", "needs a [vault]"),
    ] {
        fs::write(folder.path().join("sixfold.toml"), text).unwrap();
        for args in [
            &["scan"][..],
            &["serve"],
            &["ledger", "list"],
            &["rules", "list"],
        ] {
            run(bare(folder.path(), args))
                .exits(1)
                .complains(&format!("error: {place}"))
                .complains(what);
        }
        run(bare(folder.path(), &["doctor"]))
            .exits(1)
            .says(&format!("FAIL  config: {place}"));
    }
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no state was made"
    );

    fs::remove_file(folder.path().join("sixfold.toml")).unwrap();
    run(bare(folder.path(), &["scan"]))
        .exits(1)
        .complains("sixfold.toml: can't be read: No such file or directory")
        .complains("`sixfold init` writes one to begin with");
}

/// A rule of one's own, as a test breaks it.
const RULE: &str = r#"id = "own"
version = 1
title = "t"
severity = "low"
setting = "versioning"
violates = 'versioning.Status != "Enabled"'
evidence = '["e"]'
rationale = "r"
controls = []

[[frameworks]]
framework = "House"
version = "1"
id = "X-1"
primary = true

[fix]
action = "a"
target = '{"Status": "Enabled"}'

[[tests]]
name = "off"
verdict = "violation"
documents = { versioning = { absent = true } }

[[tests]]
name = "on"
verdict = "compliant"
documents = { versioning = { Status = "Enabled" } }
"#;

#[test]
fn a_rule_file_that_does_not_hold_stops_everything_with_file_and_line() {
    let shell = Shell::open();
    let text = shell
        .read("sixfold.toml")
        .replace("[rules]", "[rules]\ndirectory = \"own\"");
    shell.write("sixfold.toml", &text);
    shell.write("own/rule.toml", RULE);
    shell.run(&["rules", "list"]).exits(0).says("own");
    for (from, to, line, what) in [
        ("title = \"t\"", "title = \"t", 3, "title: "),
        ("title = \"t\"", "titel = \"t\"", 3, "titel"),
        ("severity = \"low\"", "severity = \"bad\"", 4, "severity: "),
        (
            "versioning.Status !=",
            "versioning.Status !",
            6,
            "violates: ",
        ),
        ("versioning.Status", "versioning.State", 6, "violates: "),
        ("versioning.Status", "world.Status", 6, "violates: "),
        ("controls = []", "controls = [\"made_up\"]", 9, "controls"),
        (
            "setting = \"versioning\"",
            "setting = \"moon\"",
            5,
            "setting: ",
        ),
    ] {
        shell.write("own/rule.toml", &RULE.replacen(from, to, 1));
        for args in [
            &["rules", "list"][..],
            &["scan"],
            &["serve"],
            &["plan", "own", WALKTHROUGH],
        ] {
            let ran = shell.run(args);
            ran.exits(1)
                .complains("the rule library can't be used:\n")
                .complains(&format!("own/rule.toml:{line}: "))
                .complains(what);
        }
        shell
            .run(&["doctor"])
            .exits(1)
            .says(&format!("own/rule.toml:{line}: "));
    }
    shell.write("sixfold.toml", &text.replace("\"own\"", "\"away\""));
    shell
        .run(&["scan"])
        .exits(1)
        .complains("away")
        .complains("No such file or directory");
}

#[test]
fn a_misspelt_rule_that_was_to_be_off_is_refused() {
    let shell = Shell::open();
    let text = shell.read("sixfold.toml");
    shell.write(
        "sixfold.toml",
        &text.replace("\"versioning\"", "\"versionning\""),
    );
    for args in [&["scan"][..], &["serve"]] {
        shell.run(args).exits(1).complains(
            "`disabled` under [rules] in the config names `versionning`, but there is no such rule",
        );
    }
    shell
        .run(&["doctor"])
        .exits(1)
        .says("FAIL  rules: `disabled` under [rules]");
}

#[test]
fn an_unknown_theme_is_told_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(bare(
        folder.path(),
        &["demo", "--headless", "--theme", "solarised"],
    ));
    ran.exits(1)
        .complains("solarised")
        .complains("default")
        .complains("plain");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_screen_without_a_terminal_says_what_needs_none() {
    let shell = Shell::open();
    for args in [&[][..], &["demo"]] {
        shell
            .run(args)
            .exits(1)
            .complains("there is no terminal to draw on (the input is not one)")
            .complains("sixfold ledger list");
    }
    assert!(!shell.path("state").exists());
}

#[test]
fn a_ledger_with_an_edited_line_is_refused_by_segment_and_line() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    let segment = shell.segment();
    let name = segment.file_name().unwrap().to_str().unwrap();
    let whole = fs::read_to_string(&segment).unwrap();
    let edited = whole.replacen("public-read bucket", "harmless", 1);
    assert_ne!(whole, edited);
    let line = whole
        .lines()
        .position(|line| line.contains("public-read bucket"))
        .unwrap()
        + 1;
    fs::write(&segment, &edited).unwrap();
    // Whoever edits a line is betrayed by the one after it.
    let place = format!("{name}, line {} (entry {})", line + 1, line + 1);
    for args in [
        &["serve"][..],
        &["approve", &id],
        &["ledger", "list"],
        &["ledger", "show", &id],
        &["ledger", "export"],
    ] {
        shell
            .run(args)
            .exits(1)
            .complains(&place)
            .complains("Nothing was changed. Put back this segment from a copy");
    }
    shell
        .run(&["ledger", "verify"])
        .exits(1)
        .says("broken: ")
        .says(&place);
    shell
        .run(&["doctor"])
        .exits(1)
        .says("FAIL  ledger: the ledger is damaged: ")
        .says(&place);
    assert_eq!(
        fs::read_to_string(&segment).unwrap(),
        edited,
        "nothing was mended"
    );
    fs::write(&segment, whole).unwrap();
    shell.run(&["approve", &id]).exits(0);
}

#[test]
fn a_line_that_a_crash_tore_is_cut_off_and_said_so() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    let before = shell.entries().len();
    shell::append(&shell.segment(), b"{\"actor\":{\"person\":\"ni");
    shell
        .run(&["ledger", "list"])
        .exits(0)
        .complains("note: the last line of ")
        .complains("is torn or still being written");
    shell
        .run(&["ledger", "verify"])
        .exits(0)
        .says(&format!("torn: entry {} in ", before + 1));
    let served = shell.serve();
    served
        .terminate()
        .exits(0)
        .complains("note: the last line of ")
        .complains("was torn by a crash: 22 bytes that would have become entry");
    shell.run(&["approve", &id]).exits(0);
    assert!(shell.entries().len() > before);
    shell.run(&["ledger", "verify"]).exits(0);
    let kept = shell::files(&shell.ledger())
        .into_iter()
        .any(|(_, bytes)| bytes == b"{\"actor\":{\"person\":\"ni");
    assert!(kept, "the torn bytes are kept");
}

#[test]
fn damaged_views_are_made_again_and_said_so() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    for (path, bytes) in shell::files(&shell.path("state/views")) {
        fs::write(path, vec![0xa5; bytes.len().min(4096)]).unwrap();
    }
    let served = shell.serve();
    served
        .terminate()
        .exits(0)
        .complains("note: the views were set aside as damaged-1 and made again from the ledger");
    fs::remove_dir_all(shell.path("state/views")).unwrap();
    shell
        .run(&["approve", &id])
        .exits(0)
        .complains("note: the views were missing and were made again");
}

#[test]
fn enforcing_is_refused_without_a_vault_that_can_be_relied_on() {
    type Spoil = fn(&Shell);
    let spoilt: [(&str, Spoil, &str); 3] = [
        (
            "there is none",
            |shell| shell.sandbox.state().remove(VAULT).unwrap(),
            "NoSuchBucket (404)",
        ),
        (
            "no versions",
            |shell| {
                let plain = |settings: &mut BucketSettings| settings.versioning = None;
                shell.sandbox.state().patch(VAULT, plain).unwrap();
            },
            "versioning is not enabled: `aws s3api put-bucket-versioning --bucket acme-rollback-vault",
        ),
        (
            "no lifecycle",
            |shell| {
                let endless = |settings: &mut BucketSettings| settings.lifecycle = None;
                shell.sandbox.state().patch(VAULT, endless).unwrap();
            },
            "no lifecycle rule ends the retention: add one that expires objects after 30 days or more",
        ),
    ];
    for (how, spoil, words) in spoilt {
        let shell = Shell::enforcing();
        spoil(&shell);
        for args in [&["serve"][..], &["approve", "CHG-2026-0418-114"]] {
            shell
                .run(args)
                .exits(1)
                .complains("the vault `acme-rollback-vault` can't be relied on, so mode = \"enforce\" is refused")
                .complains(words)
                .complains("`sixfold doctor` looks again; mode = \"observe\" needs no vault");
        }
        shell
            .run(&["doctor"])
            .exits(1)
            .says("FAIL  vault: ")
            .says(words);
        assert!(shell.entries().is_empty(), "{how}: nothing was opened");

        shell.configure("observe", "");
        let served = shell.serve();
        served
            .terminate()
            .exits(0)
            .says("mode observe")
            .complains(words);
        shell.run(&["doctor"]).exits(0).says("note  vault: ");
    }
}

/// A room of the config in this process, for its status; the binary has no screen in these tests.
fn trouble(shell: &Shell) -> Option<String> {
    let owner = &shell.sandbox.options().owner;
    let mut config = sixfold::config::Config::load(&shell.path("sixfold.toml")).unwrap();
    config.cloud.static_keys = Some((owner.access_key.clone(), owner.secret_key.clone()));
    let caller = Caller {
        actor: Actor::person("nina.ramirez").unwrap(),
        via: Via::Tui,
        readonly: false,
    };
    shell.runtime.block_on(async {
        let room = Room::start(Starting::new(config)).await.unwrap();
        let (client, mut notices) = room.connect(caller);
        let trouble = loop {
            match client.ask(Request::Status).await.unwrap() {
                Reply::Status(status) if status.scanner.trouble.is_some() => {
                    break status.scanner.trouble;
                }
                _ => {
                    notices.recv().await.unwrap();
                }
            }
        };
        room.stop().await;
        trouble
    })
}

#[test]
fn an_endpoint_that_is_down_fails_a_scan_and_is_only_a_trouble_of_a_room() {
    let shell = Shell::open();
    let endpoint = nowhere();
    shell.write("sixfold.toml", &shell::config("observe", &endpoint));
    for args in [&["scan"][..], &["plan", "acl-public-read", WALKTHROUGH]] {
        shell
            .run(args)
            .exits(1)
            .complains(
                "error: the buckets can't be listed: ListBuckets: NoConnection: Connection refused",
            )
            .complains(&format!(
                "{endpoint} was asked, as `endpoint_url` under [cloud] says"
            ));
    }
    shell
        .run(&["doctor"])
        .exits(1)
        .says("FAIL  cloud: the buckets can't be listed");

    let text = shell.read("sixfold.toml");
    shell.write("sixfold.toml", &text.replace(ACCOUNT, ""));
    shell
        .run(&["scan"])
        .exits(1)
        .complains("STS did not say which account this is: GetCallerIdentity: NoConnection: ")
        .complains(&format!(
            "{endpoint} was asked, as `endpoint_url` under [cloud] says: check the network, and try again, \
             or give `account` under [cloud] in the config"
        ));
    shell.write("sixfold.toml", &text);

    let mut served = shell.serve();
    wait("the log says that nothing can be listed", || {
        shell
            .read("state/sixfold.log")
            .contains("buckets can't be listed error=ListBuckets: NoConnection")
    });
    assert!(served.is_running());
    served
        .terminate()
        .exits(0)
        .complains("note: vault acme-rollback-vault: GetBucketVersioning: NoConnection");
    let trouble = trouble(&shell).unwrap();
    assert!(
        trouble.starts_with("ListBuckets: NoConnection: Connection refused"),
        "{trouble}"
    );
}

#[test]
fn wrong_and_missing_credentials_are_named_as_such() {
    let shell = Shell::open();
    run(bare(shell.folder.path(), &["scan"]))
        .exits(1)
        .complains("ListBuckets: NoCredentials: no AWS credentials can be had")
        .complains("set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give `profile` under [cloud]");
    run(bare(shell.folder.path(), &["doctor"]))
        .exits(1)
        .says("FAIL  cloud: ")
        .says("set AWS_PROFILE");

    let mut wrong = shell.command(&["scan"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "mistyped");
    run(wrong)
        .exits(1)
        .complains("SignatureDoesNotMatch (403)")
        .complains("Check the credentials: `aws sts get-caller-identity` says whose they are");

    let known = shell.read("sixfold.toml");
    shell.write("sixfold.toml", &known.replace(ACCOUNT, ""));
    let mut wrong = shell.command(&["scan"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "mistyped");
    run(wrong)
        .exits(1)
        .complains(
            "STS did not say which account this is: GetCallerIdentity: SignatureDoesNotMatch (403)",
        )
        .complains("Check the credentials with `aws sts get-caller-identity`, or give `account`");
    let without = run(bare(shell.folder.path(), &["scan"]));
    without
        .exits(1)
        .complains("GetCallerIdentity: NoCredentials: no AWS credentials can be had");
    assert!(!without.err.contains("or give `account`"), "{without:?}");
    shell.write("sixfold.toml", &known);

    let text = shell
        .read("sixfold.toml")
        .replace("region = \"us-east-1\"\n", "");
    shell.write("sixfold.toml", &text);
    shell.run(&["scan"]).exits(1).complains(
        "no AWS region is set: give `region` under [cloud] in the config, or set AWS_REGION",
    );
}

#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let shell = Shell::enforcing();
    shell.write("occupied", "a file, and no folder");
    for args in [
        &["serve", "--state", "occupied"][..],
        &["serve", "--state", "occupied/below"],
        &["approve", "CHG-2026-0418-114", "--state", "occupied/below"],
        &["demo", "--headless", "--state", "occupied/below"],
    ] {
        shell
            .run(args)
            .exits(1)
            .complains("occupied")
            .complains("with `state` in the config or --state");
    }
    shell
        .run(&["doctor", "--state", "occupied/below"])
        .exits(1)
        .says("FAIL  state: occupied is not a directory. Give a directory that this account may write");
    assert_eq!(shell.read("occupied"), "a file, and no folder");
}

#[test]
fn a_second_process_on_one_state_is_refused_and_told_who_has_it() {
    let shell = Shell::enforcing();
    let mut served = shell.serve();
    let who = format!(
        "state is already open in another process (pid {})",
        served.pid()
    );
    shell
        .run(&["serve", "--once"])
        .exits(1)
        .complains(&who)
        .complains("decide on its screen, or end it first");
    shell
        .run(&["serve"])
        .exits(1)
        .complains("`sixfold attach` is a screen on it");
    assert!(served.is_running());
    served.terminate().exits(0);
    shell.run(&["serve", "--once"]).exits(3);
}

#[test]
fn a_decision_in_observe_mode_and_by_a_stranger_is_refused() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    shell.configure("observe", "");
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains("refused: the room is in observe mode");
    shell.configure(
        "enforce",
        "[[people]]\nname = \"nina.ramirez\"\nuser = \"nobody-here\"\n",
    );
    shell
        .run(&["approve", &id])
        .exits(1)
        .complains("is nobody in this config: add a [[people]] table with user = ");
    let me = String::from_utf8(
        std::process::Command::new("id")
            .arg("-un")
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let auditor = format!(
        "[[people]]\nname = \"otto\"\nuser = \"{}\"\nrole = \"auditor\"\n",
        me.trim()
    );
    shell.configure("enforce", &auditor);
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains("refused: otto may not decide on approvals");
    shell.configure("enforce", "");
    for order in ["approve", "revert", "deny"] {
        let mut words = vec!["--readonly", order, &id];
        if order != "approve" {
            words.extend(["--reason", "accepted-risk", "--note", "a public dataset"]);
        }
        shell.run(&words).exits(5).complains(&format!(
            "refused: this session of {} only looks",
            me.trim()
        ));
    }
    let refused = shell
        .entries()
        .iter()
        .filter(|entry| entry.fact.kind() == "attempt.refused")
        .count();
    assert_eq!(refused, 5, "each attempt is on record");
    assert_eq!(shell.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
}

/// It is told before somebody opens a screen at three in the morning.
#[test]
fn the_doctor_looks_at_a_persons_own_keys() {
    let shell = Shell::enforcing();
    shell.configure("enforce", "[keys]\nscan = \"S\"\ndiff-of-mine = \"z\"\n");
    let ran = shell.run(&["doctor"]);
    ran.exits(1)
        .says("FAIL  keys: ")
        .says("sixfold.toml:")
        .says("keys.diff-of-mine: there is no action `diff-of-mine`");
    shell.configure("enforce", "[keys]\nscan = \"S\"\n");
    shell
        .run(&["doctor"])
        .exits(0)
        .says("ok    keys: of your own for scan");
}

const TOKEN: &str = "T0SECRET-B0SECRET";

/// Every byte that this run has left where somebody may look.
#[track_caller]
fn keeps(secrets: &[&str], ran: &[Ran], state: &Path) {
    for secret in secrets {
        for ran in ran {
            assert!(
                !ran.out.contains(secret) && !ran.err.contains(secret),
                "{secret}: {ran:#?}"
            );
        }
        for (path, bytes) in shell::files(state) {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}

#[test]
fn keys_and_webhook_addresses_are_in_no_output_no_log_and_no_ledger() {
    let shell = Shell::enforcing();
    let receiver = shell.runtime.block_on(receiver::Receiver::start());
    let down = nowhere();
    let hooks = format!(
        "[[webhooks]]\nname = \"up\"\nurl = \"{0}/{TOKEN}\"\napprovals = true\n\
         [[webhooks]]\nname = \"down\"\nurl = \"{down}/{TOKEN}\"\napprovals = true\n\
         [[webhooks]]\nname = \"signed\"\nkind = \"standard\"\nurl = \"{down}/{TOKEN}\"\n\
         secret_file = \"signing\"\napprovals = true\n\
         [[email]]\nname = \"mail\"\nserver = \"127.0.0.1\"\nport = 1\nuser = \"u\"\n\
         password_env = \"MAIL_PASSWORD\"\nfrom = \"a@acme.com\"\nto = [\"b@acme.com\"]\n\
         [pagerduty]\nrouting_key_env = \"PAGER_KEY\"\nurl = \"{0}\"\nafter_rounds = 1\n",
        receiver.url()
    );
    let signing = format!("whsec_{}", "c2VjcmV0".repeat(4));
    fs::write(shell.path("signing"), &signing).unwrap();
    let (password, pager) = ("MAIL-PASSWORD-SECRET", "PAGER-KEY-SECRET");
    let with_keys = |args: &[&str]| {
        let mut command = shell.command(args);
        command
            .env("MAIL_PASSWORD", password)
            .env("PAGER_KEY", pager);
        command
    };
    shell.configure("enforce", &hooks);
    let secret = shell.sandbox.options().owner.secret_key.clone();
    let secrets = [TOKEN, secret.as_str(), signing.as_str(), password, pager];

    let mut command = with_keys(&["serve"]);
    command.env("SIXFOLD_LOG", "trace");
    let served = Served::start(command);
    served.until_open();
    wait("the request reaches the webhook", || {
        !receiver.bodies().is_empty()
    });
    wait("the log tells of the one that is down", || {
        shell.read("state/sixfold.log").contains("webhook `down`")
    });
    let served = served.terminate();
    served.exits(0);
    let id = shell
        .entries()
        .iter()
        .find_map(|entry| entry.change)
        .unwrap()
        .to_string();
    let mut ran = vec![served];
    for args in [
        &["approve", &id][..],
        &["doctor"],
        &["outbox", "list"],
        &["outbox", "retry", "mail"],
    ] {
        ran.push(run(with_keys(args)));
    }
    // Whoever opens no room has no use for the secrets.
    for args in [
        &["ledger", "list"][..],
        &["ledger", "show", &id],
        &["ledger", "export", "--format", "jsonl"],
        &["scan", "--json"],
    ] {
        ran.push(shell.run(args));
    }
    // The channels that are down say so, by name and cause.
    ran[3].says("down").says("no connection").says("signed");
    let mut wrong = with_keys(&["scan"]);
    wrong.env("AWS_ACCESS_KEY_ID", "AKIANOBODY");
    ran.push(run(wrong));
    keeps(&secrets, &ran, &shell.path("state"));

    // Mistakes on the very line of the secret.
    let mut ran = Vec::new();
    for line in [
        format!("url = \"https://hooks.example/{TOKEN}"),
        format!("urll = \"https://hooks.example/{TOKEN}\""),
        format!("url = \"ftp://hooks.example/{TOKEN}\""),
        format!("url = [\"https://hooks.example/{TOKEN}\"]"),
        format!("url = \"https://hooks.example/{TOKEN}\"\nurl_env = \"X\""),
        format!("url = https://hooks.example/{TOKEN}"),
        format!("approvals = \"https://hooks.example/{TOKEN}\"\nurl = \"https://x\""),
    ] {
        shell.configure(
            "enforce",
            &format!("[[webhooks]]\nname = \"audit\"\n{line}\n"),
        );
        let failed = shell.run(&["scan"]);
        failed.exits(1).complains("sixfold.toml");
        ran.push(failed);
        ran.push(shell.run(&["doctor"]));
    }
    keeps(&secrets, &ran, &shell.path("state"));
}

/// As under sshd, which gives a forced command nothing of what the service has in its environment.
#[test]
fn only_whoever_opens_a_room_needs_the_secrets_of_its_channels() {
    let shell = Shell::enforcing();
    let pager = |variable: &str| {
        let url = nowhere();
        shell.configure(
            "enforce",
            &format!(
                "[[people]]\nname = \"nina\"\nuser = {:?}\n\
                 keys = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvSW5KDmF6ZPWVSjjSJqRHNkGPZ0vJUuV0ZrTSfUwEa\"]\n\
                 [pagerduty]\nrouting_key_env = \"{variable}\"\nurl = \"{url}\"\n",
                User::from_uid(Uid::current()).unwrap().unwrap().name
            ),
        );
        let line = shell.read("sixfold.toml");
        let line = line.lines().position(|line| line == "[pagerduty]").unwrap() + 1;
        format!(
            "sixfold.toml:{line}: pagerduty: the environment variable `{variable}` (routing_key_env) is not set"
        )
    };
    let told = pager("PAGER_KEY");
    for args in [
        &["serve"][..],
        &["serve", "--once"],
        &["--plain"],
        &["approve", "CHG-2026-0418-114"],
    ] {
        shell.run(args).exits(1).complains(&told);
    }
    assert!(!shell.path("state").exists());
    shell
        .run(&["doctor"])
        .exits(1)
        .says(&format!("FAIL  channels: {told}"))
        .says("ok    vault");

    let mut serve = shell.command(&["serve"]);
    serve.env("PAGER_KEY", "K0");
    let served = Served::start(serve);
    served.until_open();
    let id = shell.until_asked();
    shell.run(&["ssh-keys"]).exits(0).says("attach --as nina");
    let elsewhere = shell.run(&["--state", "/var/lib/sixfold", "ssh-keys"]);
    elsewhere
        .exits(0)
        .says("sixfold.toml --state /var/lib/sixfold attach --as nina");
    let mut login = shell.command(&["attach", "--as", "nina"]);
    login.env("SSH_ORIGINAL_COMMAND", "ledger list");
    run(login).exits(0).says(&id);
    shell.run(&["ledger", "list"]).exits(0).says(&id);
    shell.run(&["approve", &id]).exits(0).says("remediated");

    let told = pager("OTHER_KEY");
    shell::signal("HUP", served.pid());
    wait("the reload is refused", || {
        served.complained().contains(&format!("not taken: {told}"))
    });
    shell.run(&["outbox", "list"]).exits(0).says("pagerduty");
    served.terminate().exits(0);
}

#[test]
fn foreign_text_is_made_visible_and_never_executed() {
    let shell = Shell::open();
    let evil = |settings: &mut BucketSettings| {
        settings.tags = vec![("env".to_owned(), "dev\u{202e}".to_owned())];
        settings
            .acl
            .push(Grant::new(Grantee::AuthenticatedUsers, Permission::Read));
    };
    shell.sandbox.state().patch(WALKTHROUGH, evil).unwrap();
    let ran = shell.run(&["scan"]);
    ran.exits(3).says("dev<U+202E>");
    assert!(!ran.out.contains('\u{202e}'), "{ran:#?}");
}
