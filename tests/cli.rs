//! What somebody does from a shell, with the real binary: look, plan, decide, revert, and read the
//! record. What goes wrong is told in `cli_faults.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod shell;

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::Value;
use sixfold::{
    config::TEMPLATE,
    domain::{Stage, Via},
    sandbox::{
        BucketSettings, FaultKind, FaultRule, Grant, Grantee, Permission, Setting, Tamper,
        estate::{VAULT, WALKTHROUGH},
    },
};

use shell::{Served, Shell, bare, run, wait};

const RULE: &str = "acl-public-read";

fn private(settings: &mut BucketSettings) {
    settings.acl.truncate(1);
}

fn acl(shell: &Shell) -> usize {
    shell
        .sandbox
        .state()
        .settings(WALKTHROUGH)
        .unwrap()
        .acl
        .len()
}

#[test]
fn init_writes_a_config_that_scans_and_never_overwrites_one() {
    let folder = tempfile::tempdir().unwrap();
    run(bare(folder.path(), &["init"]))
        .exits(0)
        .says("sixfold.toml is written: mode \"observe\"")
        .says("sixfold doctor");
    let path = folder.path().join("sixfold.toml");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), TEMPLATE);

    std::fs::write(&path, "mine").unwrap();
    run(bare(folder.path(), &["init"]))
        .exits(1)
        .complains("sixfold.toml is there already, and was not touched");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    run(bare(folder.path(), &["init", "no/such/folder/x.toml"]))
        .exits(1)
        .complains("no/such/folder/x.toml can't be written");
}

#[test]
fn a_scan_says_by_its_exit_code_what_it_found_and_writes_nothing() {
    let shell = Shell::open();
    shell
        .run(&["scan"])
        .exits(3)
        .says("high  prod  acme-prod-customer-exports  CIS 1.20 public-read bucket: AllUsers: READ")
        .says("1 buckets: 1 violations, 0 unknown, 0 compliant, 0 skipped")
        .is_quiet();

    shell.sandbox.state().patch(WALKTHROUGH, private).unwrap();
    shell
        .run(&["scan"])
        .exits(0)
        .says("1 buckets: 0 violations, 0 unknown, 1 compliant");

    let denied = FaultRule::new(FaultKind::Denied).on("GetBucketAcl");
    shell.sandbox.faults().add(denied);
    shell
        .run(&["scan"])
        .exits(4)
        .says("acl-public-read: acl: GetBucketAcl: AccessDenied (403)")
        .says("0 violations, 1 unknown, 0 compliant");

    assert_eq!(shell.sandbox.calls().all_writes(), 0);
    assert!(!shell.path("state").exists(), "a scan leaves no trace");
}

#[test]
fn a_scan_is_one_json_document_for_a_script() {
    let shell = Shell::open();
    let ran = shell.run(&["scan", "--json"]);
    ran.exits(3).is_quiet();
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["totals"]["violation"], 1);
    let bucket = &document["buckets"][0];
    assert_eq!(bucket["bucket"], WALKTHROUGH);
    assert_eq!(bucket["environment"]["production"], true);
    let verdict = &bucket["verdicts"][0];
    assert_eq!(verdict["rule"], RULE);
    assert_eq!(verdict["verdict"], "violation");
    assert_eq!(verdict["evidence"][0], "AllUsers: READ");
    assert_eq!(verdict["controls"][0]["id"], "1.20");
}

#[test]
fn the_account_is_scanned_and_planned_by_a_word_of_its_own() {
    const ACCOUNT_RULE: &str = "account-block-public-access";
    let shell = Shell::open();
    let text = shell::config("observe", &shell.sandbox.endpoint_url());
    let (kept, _) = text.split_once("[rules]").unwrap();
    shell.write("sixfold.toml", kept);
    let scan = shell.run(&["scan", "--json"]);
    let scan: Value = serde_json::from_str(&scan.exits(3).out).unwrap();
    assert_eq!(scan["listed"], 1, "the account is no bucket");
    assert_eq!(scan["accounts"][0]["account"], "111122223333");
    assert_eq!(scan["accounts"][0]["verdicts"][0]["rule"], ACCOUNT_RULE);
    shell
        .run(&["scan"])
        .exits(3)
        .says("account 111122223333")
        .says("account, Block Public Access: not set")
        .says("1 buckets: ");
    shell
        .run(&["plan", ACCOUNT_RULE, "account:111122223333"])
        .exits(3)
        .says("account's Block Public Access incomplete on account:111122223333\n")
        .says("forward\naws s3control put-public-access-block \\\n  --account-id 111122223333 \\\n")
        .says("inverse\naws s3control delete-public-access-block \\\n  --account-id 111122223333\n")
        .is_quiet();
    shell
        .run(&["plan", ACCOUNT_RULE, WALKTHROUGH])
        .exits(1)
        .complains(
            "is about the account: `sixfold plan account-block-public-access account:111122223333`",
        );
    shell
        .run(&["plan", RULE, "account:111122223333"])
        .exits(1)
        .complains("the rule acl-public-read is about buckets: name one of account 111122223333");
    shell
        .run(&["plan", ACCOUNT_RULE, "account:999900001111"])
        .exits(1)
        .complains("there is no bucket `account:999900001111` in the accounts of this config");
}

#[test]
fn a_plan_shows_both_commands_what_they_break_and_writes_nothing() {
    let shell = Shell::open();
    shell
        .run(&["plan", RULE, WALKTHROUGH])
        .exits(3)
        .says("CIS 1.20 public-read bucket on s3://acme-prod-customer-exports")
        .says("forward\naws s3api put-bucket-acl \\\n  --bucket acme-prod-customer-exports \\\n  --acl private\n")
        .says("inverse\naws s3api put-bucket-acl \\\n  --bucket acme-prod-customer-exports \\\n  --access-control-policy \\\n  file://acl-snapshot-CHG-")
        .says("hazard (high): access logs of other buckets stop arriving here, silently, unless a policy lets logging.s3.amazonaws.com write; the private ACL drops: log-delivery: WRITE")
        .is_quiet();
    shell
        .run(&["plan", "acl-public-reed", WALKTHROUGH])
        .exits(1)
        .complains("there is no rule `acl-public-reed`: `sixfold rules list` shows them all");
    shell
        .run(&["plan", RULE, "acme-prod-customer-export"])
        .exits(1)
        .complains("there is no bucket `acme-prod-customer-export` in the accounts of this config");
    shell
        .run(&["plan", "versioning", WALKTHROUGH])
        .exits(1)
        .complains("the rule versioning is disabled in this config");
    shell.sandbox.state().patch(WALKTHROUGH, private).unwrap();
    shell
        .run(&["plan", RULE, WALKTHROUGH])
        .exits(0)
        .says("acme-prod-customer-exports is compliant with acl-public-read: nothing to do");
    let denied = FaultRule::new(FaultKind::Denied).on("GetBucketAcl");
    shell.sandbox.faults().add(denied);
    shell
        .run(&["plan", RULE, WALKTHROUGH])
        .exits(4)
        .says("acl-public-read can't be judged for acme-prod-customer-exports: acl: GetBucketAcl: AccessDenied");
    assert_eq!(shell.sandbox.calls().all_writes(), 0);
}

#[test]
fn a_production_change_is_approved_and_reverted_from_a_script() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    assert_eq!(id, "CHG-2026-0418-114".replace("2026", &id[4..8]));
    assert_eq!(shell.stage(), Some(Stage::AwaitingApproval));
    assert_eq!(acl(&shell), 3, "nothing is written before the approval");

    let approved = shell.run(&["approve", &id]);
    approved
        .exits(0)
        .says("01 Ticket")
        .says("approved by: ")
        .says(" (cli, ")
        .says("03 Backup")
        .says("status: applied")
        .says("05 Rollback")
        .says("06 Alert")
        .is_quiet();
    assert_eq!(acl(&shell), 1);
    assert!(shell.read("state/compliance.log").contains("remediated on"));

    let again = shell.run(&["approve", &id]);
    again
        .exits(5)
        .complains(&format!("refused: {id} was already approved by"))
        .complains("(cli) at ");
    let late = shell.run(&["deny", &id, "--reason", "maintenance"]);
    late.exits(5)
        .complains(&format!("refused: {id} was already approved by"));
    assert_eq!(shell.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 1);
    assert_eq!(shell.tried(Via::Cli), ["approve", "deny"]);

    let reason = [
        "--reason",
        "business-need",
        "--note",
        "the partner needs it",
    ];
    let revert = [&["revert", &id][..], &reason[..]].concat();
    shell.run(&revert).exits(0).is_quiet();
    assert_eq!(acl(&shell), 3, "the state before is back");
    shell
        .run(&revert)
        .exits(5)
        .complains(&format!("refused: {id} was already reverted by"));
    assert_eq!(shell.sandbox.calls().writes(WALKTHROUGH, Setting::Acl), 2);
    assert_eq!(shell.tried(Via::Cli), ["approve", "deny", "revert"]);
}

#[test]
fn a_denial_needs_a_reason_and_keeps_the_bucket_as_it_is() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    let before = shell.entries().len();
    shell
        .run(&["deny", &id])
        .exits(2)
        .complains("--reason <REASON>");
    shell
        .run(&["deny", &id, "--reason", "because"])
        .exits(2)
        .complains("one of accepted-risk, false-positive, maintenance, business-need is wanted");
    assert_eq!(shell.entries().len(), before, "wrong usage leaves no entry");
    shell
        .run(&[
            "deny",
            &id,
            "--reason",
            "accepted-risk",
            "--note",
            "the board knows",
        ])
        .exits(0)
        .says("accepted-risk: the board knows")
        .says("wont-fix");
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains(&format!("refused: {id} was already denied by"));
    assert_eq!(acl(&shell), 3);
    assert_eq!(shell.sandbox.calls().attempts(WALKTHROUGH, Setting::Acl), 0);
}

#[test]
fn a_fix_that_was_rolled_back_is_a_failure_to_a_script() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    let grant = Grant::new(Grantee::AuthenticatedUsers, Permission::Read);
    let tamper = Tamper::new(move |settings| settings.acl.push(grant.clone()));
    let rule = FaultRule::new(FaultKind::Tamper(tamper))
        .on("PutBucketAcl")
        .times(1);
    shell.sandbox.faults().add(rule);
    shell.run(&["approve", &id]).exits(1).says("rolled-back");
    assert_eq!(acl(&shell), 3, "the state before is back");
}

#[test]
fn a_revert_works_with_a_state_directory_that_was_lost() {
    let shell = Shell::enforcing();
    let id = shell.ask();
    shell.run(&["approve", &id]).exits(0);
    assert_eq!(acl(&shell), 1);
    std::fs::remove_dir_all(shell.path("state")).unwrap();
    shell
        .run(&["revert", &id, "--reason", "maintenance"])
        .exits(0)
        .says(&format!("{id} is reverted, from the vault alone"));
    assert_eq!(acl(&shell), 3);
    shell
        .run(&["approve", &id])
        .exits(5)
        .complains(&format!("refused: there is no change {id} in this ledger"));
}

#[test]
fn a_change_id_that_is_none_is_wrong_usage() {
    let shell = Shell::enforcing();
    for (command, id) in [
        ("approve", "418114"),
        ("revert", "CHG-26-1-1"),
        ("deny", ""),
    ] {
        let mut args = vec![command, id];
        if command != "approve" {
            args.extend(["--reason", "maintenance"]);
        }
        shell.run(&args).exits(2).complains(
            "is not a change id: CHG-YYYY-NNNN-NNN is wanted, such as CHG-2026-0418-114",
        );
    }
    shell
        .run(&["approve", "CHG-2026-0418-114"])
        .exits(5)
        .complains("refused: there is no change CHG-2026-0418-114 in this ledger");
}

/// The columns that an auditor's own tools are written against.
const COLUMNS: &str = "change_id,ledger_seq,environment,account_id,region,asset,rule_id,rule_version,violation,frameworks,severity,owner,detected_at,approval_required,approver,approval_via,decision,reason,approved_at,plan_hash,action,command,before_sha256,after_sha256,backup_uri,backup_verified,fix_status,verified_at,rollback_uri,rollback_until,outcome,closed_at,duration_s,alert_delivered_at,entry_hash";

#[test]
fn an_auditor_narrows_the_ledger_by_days_times_and_ages() {
    let shell = Shell::enforcing();
    shell.ask();
    let list = |args: &[&str]| shell.run(&[&["ledger", "list"], args].concat());
    let lately = list(&["--since", "1h", "--kind", "ticket"]);
    lately.exits(0).says("ticket");
    assert!(!lately.out.contains("approval.requested"), "{}", lately.out);
    for long_ago in [
        ["--until", "2020-01-01"],
        ["--until", "1h"],
        ["--since", "2999-01-01T00:00"],
    ] {
        let none = list(&long_ago);
        none.exits(0);
        assert_eq!(none.out, "", "{long_ago:?}");
    }
    list(&["--since", "yesterday"])
        .exits(2)
        .complains("`yesterday` is no time: a day (2026-04-15)");
}

#[test]
fn an_auditor_reads_the_ledger_while_a_room_runs_and_on_a_copy() {
    let shell = Shell::enforcing();
    let formula = "=HYPERLINK(\"http://evil\")";
    let owned = |settings: &mut BucketSettings| {
        settings.tags.push(("owner".to_owned(), formula.to_owned()));
    };
    shell.sandbox.state().patch(WALKTHROUGH, owned).unwrap();
    let id = shell.ask();
    shell.run(&["approve", &id]).exits(0);

    let served = shell.serve();
    let beside: Vec<_> = [
        &["ledger", "list"][..],
        &[
            "ledger", "list", "--change", &id, "--kind", "fix", "--limit", "1",
        ],
        &["ledger", "show", &id],
        &["ledger", "show", "1"],
        &["ledger", "export"],
        &["ledger", "export", "--format", "jsonl"],
        &["ledger", "verify"],
    ]
    .into_iter()
    .map(|args| shell.run(args))
    .collect();
    served.terminate().exits(0);
    let [list, one, change, entry, csv, jsonl, verified] = &beside[..] else {
        panic!("seven commands");
    };
    list.exits(0)
        .says("room.started")
        .says("approval.requested");
    one.exits(0).says("fix");
    assert_eq!(one.out.lines().count(), 1);
    let library = sixfold::rules::Library::load(None).unwrap();
    change
        .exits(0)
        .says("06 Alert")
        .says(&format!("Rule library\n{}\n", library.digest()))
        .says("alert.delivered");
    entry.exits(0).says("\"seq\": 1").says("hash: ");
    verified.exits(0).says("whole: ").says("in 1 segment,");

    csv.exits(0).is_quiet();
    let mut rows = csv::Reader::from_reader(csv.out.as_bytes());
    let header: Vec<_> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header.join(","), COLUMNS);
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| {
        let at = header.iter().position(|column| column == name).unwrap();
        rows[0][at].to_owned()
    };
    assert_eq!(cell("change_id"), id);
    assert_eq!(cell("decision"), "approved");
    assert_eq!(cell("approval_via"), "cli");
    assert_eq!(cell("outcome"), "remediated");
    assert!(
        cell("owner").starts_with("'=HYPERLINK("),
        "a spreadsheet would run {}",
        cell("owner")
    );
    let kinds: Vec<String> = jsonl
        .exits(0)
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].to_string())
        .collect();
    assert!(kinds.contains(&"\"ticket\"".to_owned()), "{kinds:?}");

    // The copy needs no config, no keys, no network and no ledger of its own.
    let copy = tempfile::tempdir().unwrap();
    for (path, bytes) in shell::files(&shell.ledger()) {
        std::fs::write(copy.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let folder = copy.path().to_str().unwrap();
    run(bare(copy.path(), &["ledger", "verify", folder]))
        .exits(0)
        .says("whole: ");
    let year = &id[4..8];
    for (quarter, count) in [(year.to_owned(), 1), ("2019Q1".to_owned(), 0)] {
        let ran = shell.run(&["ledger", "export", "--quarter", &quarter]);
        assert_eq!(ran.exits(0).out.lines().next(), Some(COLUMNS));
        let rows = csv::Reader::from_reader(ran.out.as_bytes())
            .records()
            .count();
        assert_eq!(rows, count, "{quarter}");
    }
    shell
        .run(&["ledger", "export", "--quarter", "2026Q5"])
        .exits(1)
        .complains("2026Q5");
    shell
        .run(&["ledger", "show", "999"])
        .exits(1)
        .complains("there is no entry 999");
    shell
        .run(&["ledger", "show", "CHG-2026-0000-001"])
        .exits(1)
        .complains("there is no change CHG-2026-0000-001 in");
}

#[test]
fn a_ledger_that_is_not_there_is_not_called_damaged() {
    let shell = Shell::open();
    for args in [&["list"][..], &["export"], &["verify"], &["show", "1"]] {
        let ran = shell.run(&[&["ledger"][..], args].concat());
        ran.exits(1)
            .complains("there is no ledger in state/ledger: a room makes one when it first runs");
        assert!(!ran.err.contains("damaged"), "{ran:#?}");
    }
}

#[test]
fn rule_authors_list_show_and_test_without_any_account() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |args: &[&str]| run(bare(folder.path(), &[&["rules"][..], args].concat()));
    rules(&["list"]).exits(0).says(RULE).says("CIS v1.3.0 1.20");
    let hipaa = rules(&["list", "--framework", "hipaa"]);
    hipaa.exits(0).says("HIPAA");
    assert!(!hipaa.out.contains("mandatory-tags"), "{hipaa:#?}");
    // A rule counts by all ids of its rows, not by the few that its tickets show.
    let pci = rules(&["list", "--framework", "PCI-DSS 4.0"]);
    pci.exits(0).says(RULE).says("PCI-DSS 4.0: 1.2.8 ");
    let old = rules(&["list", "--framework", "CIS 1.3.0"]);
    old.exits(0).says(RULE).says("CIS 1.3.0: 1.20");
    assert!(!old.out.contains("versioning"), "{old:#?}");
    for unknown in ["FedRAMP", "CIS 9.9.9"] {
        rules(&["list", "--framework", unknown])
            .exits(1)
            .complains(&format!(
                "no framework is called `{unknown}`; there are CIS 1.2.0,"
            ))
            .complains("ISO 27001:2022");
    }
    rules(&["show", RULE])
        .exits(0)
        .says("# rules/access/public-read.toml")
        .says("log-delivery")
        .says("#   CIS 1.3.0 (CIS Amazon Web Services Foundations Benchmark)")
        .says("#       from steampipe-mod-aws-compliance/cis_v130 [s3_public_access_block_bucket_account]")
        .says("#   Security Hub: S3.1, S3.2, S3.8")
        .says("#   AWS Config: S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS, ")
        .says("#   Prowler: s3_account_level_public_access_blocks, ");
    rules(&["show", "nope"])
        .exits(1)
        .complains("there is no rule `nope`");
    rules(&["test"]).exits(0).says("0 failed");

    // A rule whose own test says something else than its expression.
    let text = sixfold::rules::Library::load(None)
        .unwrap()
        .get("versioning")
        .unwrap()
        .text
        .replacen("versioning: never enabled", "versioning: off", 1);
    std::fs::create_dir(folder.path().join("own")).unwrap();
    std::fs::write(folder.path().join("own/versioning.toml"), text).unwrap();
    let failed = rules(&["test", "own"]);
    failed
        .exits(1)
        .says("own/versioning.toml:")
        .says("1 failed");
}

#[test]
fn the_policies_are_printed_for_each_role_with_nothing_asked_of_aws() {
    let shell = Shell::open_in(
        "enforce",
        "[members]\nscanner_role = \"looks\"\nremediator_role = \"writes\"\norganization = true\n\
         [[accounts]]\nid = \"222233334444\"\nexternal_id = \"of-payments\"\n",
    );
    let ran = shell.run(&["doctor", "--print-iam"]);
    ran.exits(0).is_quiet();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    let holders = printed.as_array().unwrap();
    let named: Vec<_> = holders
        .iter()
        .map(|it| it["identity"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "the room's own, in account 111122223333",
            "arn:aws:iam::*:role/looks",
            "arn:aws:iam::*:role/writes",
            "arn:aws:iam::222233334444:role/looks",
            "arn:aws:iam::222233334444:role/writes",
        ]
    );
    // Only one rule is enabled, and it writes ACLs.
    let writes = &holders[4]["policies"]["remediator"]["Statement"];
    assert_eq!(writes[0]["Action"], serde_json::json!(["s3:PutBucketAcl"]));
    assert_eq!(
        writes[0]["Condition"]["Null"]["aws:PrincipalTag/ticket"],
        "false"
    );
    let trust = &holders[4]["trust"]["Statement"][0]["Condition"];
    assert_eq!(trust["StringEquals"]["sts:ExternalId"], "of-payments");
    assert_eq!(trust["Null"]["sts:SourceIdentity"], "false");
    assert_eq!(trust["Null"]["aws:RequestTag/ticket"], "false");
    // AWS knows no external id and no other action's keys when it asks these two.
    for (at, action, key) in [
        (1, "sts:SetSourceIdentity", "sts:SourceIdentity"),
        (2, "sts:TagSession", "aws:RequestTag/ticket"),
    ] {
        let statement = &holders[4]["trust"]["Statement"][at];
        assert_eq!(statement["Action"], action);
        let condition = serde_json::json!({ "Null": { key: "false" } });
        assert_eq!(statement["Condition"], condition);
    }
    let looks = holders[3]["trust"]["Statement"].as_array().unwrap();
    assert_eq!(
        (looks.len(), &looks[0]["Action"]),
        (1, &serde_json::json!("sts:AssumeRole"))
    );
    let room = &holders[0]["policies"]["room"]["Statement"];
    assert_eq!(
        room[2]["Action"],
        serde_json::json!(["organizations:ListAccounts"])
    );
    assert_eq!(shell.sandbox.calls().total(), 0);
    shell
        .run(&["doctor", "--print-iam", "--send"])
        .exits(2)
        .complains("cannot be used with");
}

#[test]
fn the_doctor_says_that_channels_were_not_tried_and_tries_them_where_it_is_told_to() {
    let shell = Shell::open_in(
        "observe",
        "[[webhooks]]\nname = \"siem\"\nurl = \"http://127.0.0.1:9/hook\"\n",
    );
    let ran = shell.run(&["doctor"]);
    ran.exits(0)
        .says("note  channels: 1 not tried: `sixfold doctor --send`");
    let ran = shell.run(&["doctor", "--send"]);
    ran.exits(1).says("FAIL  channels: siem (webhook): ");
}

#[test]
fn a_role_that_is_missing_is_named_by_doctor_scan_and_plan() {
    let shell = Shell::open_in(
        "observe",
        "[[accounts]]\nid = \"222233334444\"\nscanner_role = \"sixfold-scanner\"\n",
    );
    shell
        .run(&["doctor"])
        .exits(1)
        .says("FAIL  account 222233334444: the buckets can't be listed: AssumeRole: AccessDenied (403)")
        .says("role/sixfold-scanner")
        .says("`sixfold doctor --print-iam` prints how");
    // The violation is told, and so is that one account was not looked at.
    shell
        .run(&["scan"])
        .exits(3)
        .complains("account 222233334444 was not looked at: AssumeRole: AccessDenied (403)");
    shell
        .run(&["plan", "acl-public-read", "somewhere"])
        .exits(1)
        .complains("AssumeRole: AccessDenied (403)");
}

#[test]
fn the_doctor_finds_nothing_where_nothing_is_wrong() {
    let shell = Shell::enforcing();
    let ran = shell.run(&["doctor"]);
    ran.exits(0)
        .says("ok    config: sixfold.toml, mode enforce")
        .says("ok    person: you are ")
        .says("loaded")
        .says("ok    cloud: account 111122223333, region us-east-1, 2 buckets; what looks also writes")
        .says("ok    vault: s3://acme-rollback-vault/ keeps backups for 30 days")
        .says("ok    clock: within 30 s")
        .says("note  terminal: ")
        .is_quiet();
    assert!(!ran.out.contains("FAIL"), "{ran:#?}");
    assert!(!shell.path("state").exists(), "looking makes nothing");
    shell.ask();
    shell.run(&["doctor"]).exits(0).says("entries, whole");
    assert_eq!(shell.sandbox.calls().all_writes(), 0);
    assert_eq!(shell.sandbox.calls().count("PutObject", VAULT), 0);
}

#[test]
fn help_manual_and_completions_come_without_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(bare(folder.path(), &["--help"]));
    let words = help
        .exits(0)
        .out
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let codes = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 violations found, 4 not everything could be judged, 5 refused";
    assert!(words.contains(codes), "{words}");
    run(bare(folder.path(), &["completions", "bash"]))
        .exits(0)
        .says("complete -F _sixfold");
    run(bare(folder.path(), &["man"]))
        .exits(0)
        .says(".TH sixfold 1")
        .says("Exit codes");
    run(bare(folder.path(), &["aprove"]))
        .exits(2)
        .complains("approve");
}

#[test]
fn the_bash_completion_is_bash() {
    let folder = tempfile::tempdir().unwrap();
    let text = run(bare(folder.path(), &["completions", "bash"])).out;
    std::fs::write(folder.path().join("sixfold.bash"), text).unwrap();
    let script = "source ./sixfold.bash; COMP_WORDS=(sixfold led); COMP_CWORD=1; _sixfold sixfold led sixfold; echo ${COMPREPLY[@]}";
    let output = std::process::Command::new("bash")
        .args(["--norc", "-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "ledger");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let shell = Shell::enforcing();
    shell.ask();
    for args in [
        &["rules", "list"][..],
        &["ledger", "export"],
        &["ledger", "list"],
        &["scan", "--json"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut child = shell
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let expected = if args[0] == "scan" { 3 } else { 0 };
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), complaint.as_str()),
            (Some(expected), ""),
            "{args:?}"
        );
    }
}

#[test]
fn an_error_that_nobody_reads_is_still_only_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (args, code) in [
        (&["scan"][..], 1),
        (&["rules", "show", "nope"], 1),
        (&["deny"], 2),
    ] {
        let mut child = bare(folder.path(), args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}");
    }
}

#[test]
fn a_demo_without_a_screen_can_be_scanned_and_leaves_nothing_behind() {
    let shell = Shell::open();
    let mut command = bare(shell.folder.path(), &["demo", "--headless"]);
    command.env("TMPDIR", shell.folder.path());
    let demo = Served::start(command);
    let mut endpoint = None;
    wait("the demo says where it listens", || {
        let said = demo.printed();
        endpoint = said
            .split_once("embedded S3 at ")
            .and_then(|(_, rest)| rest.split_once(','))
            .map(|(url, _)| url.to_owned());
        endpoint.is_some()
    });
    let text = shell::config("observe", &endpoint.unwrap());
    shell.write("demo.toml", &text);
    shell
        .run(&["--config", "demo.toml", "scan"])
        .exits(3)
        .says(WALKTHROUGH);
    let left = || {
        std::fs::read_dir(shell.folder.path())
            .unwrap()
            .map(|item| item.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("sixfold-demo-"))
            .count()
    };
    assert_eq!(left(), 1);
    demo.terminate().exits(0);
    assert_eq!(left(), 0, "the demo's state goes with it");
}

/// For a screen reader or a pipe: no terminal is asked for, and no byte moves a cursor.
#[test]
fn the_plain_queue_is_lines_and_ends_when_nobody_reads_any_more() {
    let shell = Shell::open();
    let mut command = bare(shell.folder.path(), &["demo", "--plain"]);
    let mut demo = command
        .env("TMPDIR", shell.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut until = |words: &str| {
        lines
            .by_ref()
            .map(Result::unwrap)
            .inspect(|line| assert!(!line.contains('\u{1b}'), "{line:?}"))
            .find(|line| line.contains(words))
            .unwrap_or_else(|| panic!("no line says {words}"))
    };
    let asked = until("awaiting approval, high, acme-prod-");
    assert!(asked.contains(" UTC CHG-"), "{asked}");
    until(" remediated, ");
    drop(lines);
    wait("it ends by itself", || demo.try_wait().unwrap().is_some());
    assert!(demo.wait().unwrap().success());
}
