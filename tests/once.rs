//! `sixfold serve --once`, as a timer or a pipeline runs it: the real binary, its report and its exit
//! code; and `sixfold done` for what such a run leaves to a person.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod rules_support;
mod shell;

use rules_support::tag_rule;
use shell::Shell;
use sixfold::sandbox::{BucketSettings, FaultKind, FaultRule, Setting, estate::WALKTHROUGH};

/// The walkthrough's bucket in an environment, and rules for tags beside the walkthrough's own.
fn shell(env: &str, mode: &str, tags: &[&str]) -> Shell {
    let shell = Shell::open_in(mode, "directory = \"rules\"\n");
    std::fs::create_dir(shell.path("rules")).unwrap();
    for tag in tags {
        let rule = tag_rule(&format!("tag-{tag}"), "low", tag, "");
        shell.write(&format!("rules/{tag}.toml"), &rule);
    }
    let tagged =
        |settings: &mut BucketSettings| settings.tags = vec![("env".to_owned(), env.to_owned())];
    shell.sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
    shell
}

#[test]
fn one_run_leaves_nothing_to_fix_and_the_next_one_finds_nothing() {
    let shell = shell("dev", "enforce", &["a", "b", "c"]);
    let ran = shell.run(&["serve", "--once"]);
    ran.exits(0)
        .says("Fixed (4)\n")
        .says("CIS 1.20 public-read bucket  remediated")
        .says("1 buckets: 0 violations (0 wait), 0 exempt, 0 unknown, 4 compliant, 0 skipped");
    assert!(!ran.out.contains("Waiting"), "{ran:#?}");
    let settings = shell.sandbox.state().settings(WALKTHROUGH).unwrap();
    assert_eq!((settings.acl.len(), settings.tags.len()), (1, 4));
    let ran = shell.run(&["serve", "--once"]);
    ran.exits(0).says("4 compliant");
    assert!(!ran.out.contains("Fixed"), "{ran:#?}");
    shell.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn what_needs_a_person_is_asked_said_and_left_and_the_exit_code_tells() {
    let shell = shell("prod", "enforce", &["a", "b"]);
    let ran = shell.run(&["serve", "--once"]);
    ran.exits(3)
        .says("Waiting for approval (2)\n")
        .says("awaiting approval")
        .says("Waiting behind others (1)\n")
        .says("tag-b  behind CHG-2026-")
        .says("3 violations (1 wait)");
    assert_eq!(shell.sandbox.calls().all_writes(), 0);

    // Approved meanwhile: the next run goes on from there.
    let tag_a = shell
        .entries()
        .into_iter()
        .find(|entry| entry.headline().contains("tag a missing"))
        .and_then(|entry| entry.change)
        .unwrap();
    shell.run(&["approve", &tag_a.to_string()]).exits(0);
    shell
        .run(&["serve", "--once"])
        .exits(3)
        .says("Waiting for approval (2)\n")
        .says("2 violations (0 wait)");
}

#[test]
fn observing_once_opens_tickets_and_fixes_nothing() {
    let shell = shell("dev", "observe", &["a", "b"]);
    shell
        .run(&["serve", "--once"])
        .exits(3)
        .says("Found, and only observed (2)\n")
        .says("Waiting behind others (1)\n");
    assert_eq!(shell.sandbox.calls().all_writes(), 0);
}

#[test]
fn what_cannot_be_read_is_no_success() {
    let shell = shell("dev", "enforce", &["a"]);
    let denied = FaultRule::new(FaultKind::Denied)
        .on("GetBucketAcl")
        .of(WALKTHROUGH);
    shell.sandbox.faults().add(denied);
    shell
        .run(&["serve", "--once"])
        .exits(4)
        .says("Fixed (1)\n")
        .says("Unknown (1)\n")
        .says("acl-public-read");
    let listing = FaultRule::new(FaultKind::Denied).on("ListBuckets");
    shell.sandbox.faults().add(listing);
    shell
        .run(&["serve", "--once"])
        .exits(1)
        .complains("the buckets can't be listed");
}

#[test]
fn what_is_left_to_a_hand_is_marked_done_from_a_shell_and_believed_only_when_seen() {
    let shell = shell("dev", "enforce", &[]);
    let rule = tag_rule("tag-a", "low", "a", "");
    let (head, rest) = rule.split_once("[fix]").unwrap();
    let (_, tests) = rest.split_once("[[tests]]").unwrap();
    let manual = "[manual]\naction = \"tag it\"\nsteps = [\"tag {bucket}\"]\n\n[[tests]]";
    shell.write("rules/a.toml", &format!("{head}{manual}{tests}"));
    shell
        .run(&["serve", "--once"])
        .exits(3)
        .says("Fixed (1)\n")
        .says("To be done by hand (1)\n");
    shell
        .run(&["plan", "tag-a", WALKTHROUGH])
        .exits(3)
        .says(&format!("by hand: tag it\n  1. tag {WALKTHROUGH}"));
    let entry = shell
        .entries()
        .into_iter()
        .find(|entry| entry.fact.kind() == "manual.asked");
    let id = entry.and_then(|entry| entry.change).unwrap().to_string();
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains("there is nothing to approve");
    shell
        .run(&["done", &id])
        .exits(1)
        .says("still violating: no tag a");
    let tagged =
        |settings: &mut BucketSettings| settings.tags.push(("a".to_owned(), "yes".to_owned()));
    shell.sandbox.state().patch(WALKTHROUGH, tagged).unwrap();
    let before = shell
        .sandbox
        .calls()
        .attempts(WALKTHROUGH, Setting::Tagging);
    shell
        .run(&["done", &id])
        .exits(0)
        .says("nothing to back up: done by hand")
        .says("resolved-elsewhere");
    shell.run(&["serve", "--once"]).exits(0).says("2 compliant");
    let after = shell
        .sandbox
        .calls()
        .attempts(WALKTHROUGH, Setting::Tagging);
    assert_eq!(before, after);
    shell
        .run(&["done", &id])
        .exits(5)
        .complains("can't be marked done: it is closed");
    let export = shell.run(&["ledger", "export"]);
    export.exits(0).says(",done-by-hand,");
}
