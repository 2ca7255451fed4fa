//! What auditors take away: columns, order, filters, and the same bytes from a copied folder.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ledger_support;

use std::{collections::BTreeMap, fs, path::Path};

use ledger_support::{Story, id};
use sixfold::{
    chain::cause,
    domain::{
        Digest, Draft, Fact,
        artifact::{Decision, Outcome},
    },
    ledger::{
        Ledger, Lock, Options, Reader, Recorded,
        export::{self, COLUMNS, ExportError, Filter},
        open,
    },
};

fn recorded(state: &Path, drafts: &[Draft]) -> Ledger {
    let lock = Lock::take(state).unwrap();
    let options = Options {
        segment_size: 20_000,
    };
    let opened = open(&state.join("ledger"), lock, options).unwrap();
    let ledger = opened.start(|_: &[Recorded]| {}).unwrap();
    for few in drafts.chunks(10) {
        ledger.commit_blocking(few.to_vec()).unwrap();
    }
    ledger
}

fn csv(reader: &Reader, filter: &Filter) -> String {
    let mut out = Vec::new();
    export::changes(reader, filter, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Seven changes that end in seven ways, interleaved where one waits for another.
fn drafts() -> Vec<Draft> {
    let waiting = Story::new(1);
    let reverted = Story::new(4);
    let mut drafts = vec![waiting.ticket(), waiting.request(1)];
    drafts.extend(Story::dev(3).remediated());
    drafts.extend(Story::new(2).remediated());
    drafts.extend(reverted.remediated());
    drafts.extend([reverted.revert_intent(200), reverted.reverted(201)]);
    drafts.push(Draft::room(ledger_support::at(0), None, Fact::BreakerReset));
    drafts.extend(Story::new(5).denied());
    drafts.extend(Story::new(6).rolled_back());
    let drifted = format!("{}: a grant more", cause::DRIFTED);
    drafts.extend(Story::new(7).stopped(&drifted, Outcome::Drifted));
    drafts.push(Story::new(2).settled());
    drafts
}

#[test]
fn the_columns_are_the_ones_that_auditors_were_promised() {
    assert_eq!(
        COLUMNS.join(", "),
        "change_id, ledger_seq, environment, account_id, region, asset, rule_id, rule_version, \
         violation, frameworks, severity, owner, detected_at, approval_required, approver, \
         approval_via, decision, reason, approved_at, plan_hash, action, command, before_sha256, \
         after_sha256, backup_uri, backup_verified, fix_status, verified_at, rollback_uri, \
         rollback_until, outcome, closed_at, duration_s, alert_delivered_at, entry_hash"
    );
    let state = tempfile::tempdir().unwrap();
    let ledger = recorded(state.path(), &[]);
    let text = csv(ledger.reader(), &Filter::default());
    assert_eq!(text, format!("{}\r\n", COLUMNS.join(",")));
}

#[test]
fn every_change_is_one_row_in_the_order_of_its_number() {
    let state = tempfile::tempdir().unwrap();
    let ledger = recorded(state.path(), &drafts());
    let rows = rows(&csv(ledger.reader(), &Filter::default()));
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let column = |name: &str| row[name].as_str();
            [
                column("change_id"),
                column("outcome"),
                column("decision"),
                column("approval_required"),
                column("fix_status"),
            ]
        })
        .collect();
    let reverted = "remediated, reverted by nina.ramirez at 2026-04-15T03:16:07.000Z";
    assert_eq!(
        told,
        [
            ["CHG-2026-0000-001", "", "", "yes", ""],
            [
                "CHG-2026-0000-002",
                "remediated",
                "approved",
                "yes",
                "applied"
            ],
            [
                "CHG-2026-0000-003",
                "remediated",
                "not-required",
                "no",
                "applied"
            ],
            ["CHG-2026-0000-004", reverted, "approved", "yes", "applied"],
            ["CHG-2026-0000-005", "wont-fix", "denied", "yes", ""],
            [
                "CHG-2026-0000-006",
                "rolled-back",
                "approved",
                "yes",
                "rolled-back"
            ],
            ["CHG-2026-0000-007", "drifted", "approved", "yes", "halted"],
        ]
    );
}

#[test]
fn a_remediated_row_says_everything_its_boxes_say() {
    let state = tempfile::tempdir().unwrap();
    let story = Story::new(418_114);
    let ledger = recorded(state.path(), &story.remediated());
    let rows = rows(&csv(ledger.reader(), &Filter::default()));
    let alert = ledger.reader().entry(9).unwrap();
    let before = ledger_support::grants(3).digest().to_string();
    let after = ledger_support::grants(1).digest().to_string();
    let plan_hash = story.plan_hash().to_string();
    let entry_hash = alert.hash.to_string();
    let expected = [
        ("ledger_seq", "9"),
        ("environment", "prod"),
        ("account_id", "111122223333"),
        ("region", "us-east-1"),
        ("asset", "s3://bucket-418114"),
        ("rule_id", "s3-public-read-acl"),
        ("rule_version", "1"),
        ("violation", "CIS 1.20 public-read bucket"),
        (
            "frameworks",
            "CIS v1.3.0 1.20 · SOC 2 v2017 CC6.6 · ISO 27001 v2013 A.9.4.1",
        ),
        ("severity", "high"),
        ("owner", "platform-security@acme.com"),
        ("detected_at", "2026-04-15T03:12:47.000Z"),
        ("approver", "nina.ramirez"),
        ("approval_via", "tap"),
        ("reason", ""),
        ("approved_at", "2026-04-15T03:14:02.000Z"),
        ("plan_hash", &plan_hash),
        ("action", "remove public-read grant"),
        (
            "command",
            "aws s3api put-bucket-acl \\\n  --bucket bucket-418114 \\\n  --acl private",
        ),
        ("before_sha256", &before),
        ("after_sha256", &after),
        (
            "backup_uri",
            "s3://acme-rollback-vault/CHG-2026-0418-114/acl-snapshot-CHG-2026-0418-114.json",
        ),
        ("backup_verified", "yes"),
        ("verified_at", "2026-04-15T03:14:02.000Z"),
        (
            "rollback_uri",
            "s3://acme-rollback-vault/CHG-2026-0418-114/rollback.json",
        ),
        ("rollback_until", "2026-05-15T03:14:02.000Z"),
        ("closed_at", "2026-04-15T03:14:02.000Z"),
        ("duration_s", "75"),
        ("alert_delivered_at", "2026-04-15T03:14:03.000Z"),
        ("entry_hash", &entry_hash),
    ];
    for (column, value) in expected {
        assert_eq!(rows[0][column], value, "{column}");
    }
    assert_eq!(alert.entry.fact.kind(), "alert");
    assert_eq!(alert.hash, Digest::of(&alert.line));
}

#[test]
fn a_note_that_looks_like_a_formula_is_defused() {
    let state = tempfile::tempdir().unwrap();
    let story = Story::new(1);
    let mut drafts = story.denied();
    let Fact::Ticket(ticket) = &mut drafts[0].fact else {
        panic!("the first draft is the ticket");
    };
    ticket.owner.contact = "=HYPERLINK(\"http://evil\")".to_owned();
    let mut plan = ticket.plan().unwrap().clone();
    plan.action = "say \"yes\", then\u{1b}[2J".to_owned();
    ticket.remedy = plan.into();
    let ledger = recorded(state.path(), &drafts);
    let rows = rows(&csv(ledger.reader(), &Filter::default()));
    assert_eq!(rows[0]["owner"], "'=HYPERLINK(\"http://evil\")");
    assert_eq!(rows[0]["action"], "say \"yes\", then<U+001B>[2J");
    assert_eq!(rows[0]["reason"], "accepted-risk: a public dataset");
}

#[test]
fn a_copied_folder_gives_the_same_bytes_as_the_room() {
    let state = tempfile::tempdir().unwrap();
    let ledger = recorded(state.path(), &drafts());
    let copy = tempfile::tempdir().unwrap();
    for item in fs::read_dir(state.path().join("ledger")).unwrap() {
        let item = item.unwrap();
        fs::copy(item.path(), copy.path().join(item.file_name())).unwrap();
    }
    let (offline, verified) = Reader::offline(copy.path()).unwrap();
    assert!(verified.segments > 1);
    let filter = Filter::default();
    assert_eq!(csv(&offline, &filter), csv(ledger.reader(), &filter));

    let mut lines = Vec::new();
    let count = export::entries(&offline, &filter, &mut lines).unwrap();
    assert_eq!(count, verified.entries);
    let whole: Vec<u8> = offline
        .range(1)
        .flat_map(|one| format!("{}\n", one.unwrap().line).into_bytes())
        .collect();
    assert_eq!(lines, whole);
}

#[test]
fn a_quarter_holds_its_own_changes_and_entries() {
    let state = tempfile::tempdir().unwrap();
    let late = Story {
        // Detected 2026-06-30 23:59:58 UTC, closed in the third quarter.
        begins: 76 * 86_400 + 20 * 3_600 + 47 * 60 + 11,
        ..Story::new(2)
    };
    let after = Story {
        begins: late.begins + 3,
        ..Story::new(3)
    };
    let drafts = [
        Story::new(1).remediated(),
        late.remediated(),
        after.remediated(),
    ]
    .concat();
    let ledger = recorded(state.path(), &drafts);
    for (period, changes, entries) in [
        ("2026Q1", vec![], 0),
        ("2026Q2", vec!["CHG-2026-0000-001", "CHG-2026-0000-002"], 12),
        ("2026Q3", vec!["CHG-2026-0000-003"], 18),
        (
            "2026",
            vec![
                "CHG-2026-0000-001",
                "CHG-2026-0000-002",
                "CHG-2026-0000-003",
            ],
            30,
        ),
    ] {
        let filter = Filter {
            period: Some(period.parse().unwrap()),
            change: None,
        };
        let rows = rows(&csv(ledger.reader(), &filter));
        let ids: Vec<_> = rows.iter().map(|row| row["change_id"].as_str()).collect();
        assert_eq!(ids, changes, "{period}");
        assert!(rows.iter().all(|row| row["outcome"] == "remediated"));
        let mut out = Vec::new();
        let count = export::entries(ledger.reader(), &filter, &mut out).unwrap();
        assert_eq!(count, entries, "{period}");
    }
}

#[test]
fn one_change_can_be_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let ledger = recorded(state.path(), &drafts());
    let filter = Filter {
        change: Some(id(5)),
        period: None,
    };
    let rows = rows(&csv(ledger.reader(), &filter));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["reason"], "accepted-risk: a public dataset");
    let mut out = Vec::new();
    let count = export::entries(ledger.reader(), &filter, &mut out).unwrap();
    assert_eq!(count, 5);
}

#[test]
fn a_ledger_whose_entries_contradict_each_other_is_not_exported() {
    let state = tempfile::tempdir().unwrap();
    let story = Story::new(1);
    let forged = vec![story.ticket(), story.approval(Decision::NotRequired)];
    let ledger = recorded(state.path(), &forged);
    let mut out = Vec::new();
    let error = export::changes(ledger.reader(), &Filter::default(), &mut out).unwrap_err();
    assert!(matches!(error, ExportError::Chain(_)), "{error}");
    assert!(out.is_empty(), "half an export is worse than none");
}
