//! A small estate as values: the walkthrough's change at each of its stages, and two dozen others,
//! made from fixed inputs so that frames can be compared.
#![allow(dead_code, clippy::too_many_lines)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sixfold::{
    domain::{
        Account, Actor, Asset, Behind, BySeverity, Call, Change, ChangeId, Command, Control,
        Digest, Document, Draft, Entry, Environment, Exception, Fact, Hazard, HazardLevel, Intent,
        Mismatch, Owner, Plan, Remedy, RequestedException, Reversibility, Right, RuleRef, Severity,
        Stage, Stamp, Tally, Took, Via, Written,
        artifact::{
            Alert, Approval, ApprovalRequest, Backup, Consent, Decision, Detection, Fix, FixStatus,
            Outcome, Reason, ReasonCode, Rollback, Summary, Ticket,
        },
        canonical,
    },
    room::protocol::{
        AccountScore, Checkup, ControlScore, Diff, Exceptions, Finding, Hold, LogLevel, LogPage,
        Logged, Page, Reference, ScannerStatus, Score, Span, Status, Step, Trends, Unknown,
        Waiting,
    },
};

pub fn at(text: &str) -> Stamp {
    format!("2026-04-15T{text}Z").parse().unwrap()
}

/// The moment of every frame.
pub fn now() -> Stamp {
    at("03:14:02")
}

pub const fn id(number: u64) -> ChangeId {
    ChangeId::new(2026, number)
}

/// The walkthrough's change.
pub const WALKTHROUGH: ChangeId = id(418_114);

fn control(framework: &str, version: &str, id: &str) -> Control {
    Control {
        framework: framework.to_owned(),
        version: version.to_owned(),
        id: id.to_owned(),
    }
}

/// A canonical user id has 64 digits.
const OWNER_ID: &str = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";

fn grants(all_users: bool) -> Value {
    let owner =
        json!({"Grantee": {"ID": OWNER_ID, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"});
    let public = json!({"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"});
    let log = json!({"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": "WRITE"});
    let list = if all_users {
        json!([owner, public, log])
    } else {
        json!([owner])
    };
    json!({"Grants": list, "Owner": {"ID": OWNER_ID}})
}

#[derive(Clone, Copy)]
pub struct Seed {
    pub number: u64,
    pub bucket: &'static str,
    pub environment: &'static str,
    pub severity: Severity,
    pub rule: &'static str,
    pub title: &'static str,
    pub control: (&'static str, &'static str, &'static str),
    pub action: &'static str,
    pub setting: &'static str,
    pub stage: Stage,
    pub outcome: Outcome,
}

pub fn ticket(seed: &Seed) -> Ticket {
    let account = Account::try_from("123456789012".to_owned()).unwrap();
    let asset = Asset::bucket(account, "us-east-1", seed.bucket);
    let (before, target) = documents(seed.setting);
    let command = if seed.setting == "acl" {
        Command::s3api("put-bucket-acl", seed.bucket).with("--acl", "private")
    } else {
        let call = format!("put-bucket-{}", seed.setting.replace('_', "-"));
        Command::s3api(&call, seed.bucket).with(
            "--cli-input-json",
            format!(
                "file://{}",
                Plan::target_file(seed.setting, id(seed.number))
            ),
        )
    };
    let file = Plan::snapshot_file(seed.setting, id(seed.number));
    let plan = Plan {
        setting: seed.setting.to_owned(),
        action: seed.action.to_owned(),
        inverse: Command::s3api("put-bucket-acl", seed.bucket)
            .with("--access-control-policy", format!("file://{file}")),
        restored: before.digest(),
        before,
        target,
        command,
        hazards: vec![
            Hazard {
                level: HazardLevel::High,
                text: "whoever reads this bucket without signing in loses access at once"
                    .to_owned(),
            },
            Hazard {
                level: HazardLevel::Note,
                text: "the log-delivery grant goes too; server access logs of other buckets into this one stop".to_owned(),
            },
        ],
        reversibility: Reversibility::Residue,
        residue: vec!["requests that were refused meanwhile".to_owned()],
    };
    let plan_hash = plan.hash(id(seed.number), &asset);
    let production = seed.environment == "prod";
    let (framework, version, number) = seed.control;
    Ticket {
        rule: RuleRef {
            id: seed.rule.to_owned(),
            version: 1,
        },
        library: Some(Digest::of("the library")),
        title: seed.title.to_owned(),
        primary: control(framework, version, number),
        frameworks: vec![
            control("SOC 2", "2017", "CC6.6"),
            control("ISO 27001", "2013", "A.9.4.1"),
        ],
        asset,
        environment: Environment {
            name: seed.environment.to_owned(),
            production,
            from: "tag env".to_owned(),
        },
        tags: BTreeMap::new(),
        severity: seed.severity,
        owner: Owner {
            contact: "platform-security@acme.com".to_owned(),
            team: "platform-security".to_owned(),
            from: "account map".to_owned(),
        },
        detected_at: at("03:12:47"),
        detection: Detection {
            evidence: vec!["AllUsers: READ".to_owned()],
            documents: BTreeMap::new(),
            request_ids: Vec::new(),
        },
        remedy: plan.into(),
        plan_hash,
        hazards_wait: false,
        strict_waits: false,
    }
}

fn documents(setting: &str) -> (Document, Document) {
    match setting {
        "acl" => (
            Document::present(grants(true)),
            Document::present(grants(false)),
        ),
        "policy" => policies(),
        "lifecycle" => lifecycles(),
        "versioning" => (
            Document::present(json!({})),
            Document::present(json!({"Status": "Enabled"})),
        ),
        _ => (
            Document::ABSENT,
            Document::present(json!({
                "BlockPublicAcls": true, "BlockPublicPolicy": true,
                "IgnorePublicAcls": true, "RestrictPublicBuckets": true
            })),
        ),
    }
}

/// A change with every artifact that its stage implies.
pub fn change(seed: &Seed) -> Change {
    let ticket = ticket(seed);
    let number = id(seed.number);
    let production = ticket.environment.production;
    let decided = at("03:14:02");
    let past = |stage: Stage| seed.stage.step() >= stage.step();
    let request = production.then(|| ApprovalRequest {
        why: "env=prod".to_owned(),
        action: ticket.plan().unwrap().action.clone(),
        asked: vec!["on-call".to_owned(), "platform-security".to_owned()],
        channel: "push".to_owned(),
        expires: at("04:12:47"),
        plan_hash: ticket.plan_hash.clone(),
        hazards: ticket.plan().unwrap().hazards.clone(),
        round: 1,
        consent: Consent::default(),
    });
    let denied = seed.outcome == Outcome::WontFix;
    let approval = past(Stage::Approved).then(|| Approval {
        decision: match (production, denied) {
            (_, true) => Decision::Denied,
            (true, false) => Decision::Approved,
            (false, false) => Decision::NotRequired,
        },
        by: if production {
            Actor::person("nina.ramirez").unwrap()
        } else {
            Actor::Policy
        },
        via: if production { Via::Tap } else { Via::Policy },
        why: format!("env={}", seed.environment),
        at: decided,
        reason: denied.then(|| Reason {
            code: ReasonCode::BusinessNeed,
            note: "public website assets".to_owned(),
        }),
        plan_hash: ticket.plan_hash.clone(),
        with: Vec::new(),
    });
    let file = Plan::snapshot_file(seed.setting, number);
    let backup = (past(Stage::BackedUp) && !denied).then(|| Backup {
        uri: format!("s3://acme-rollback-vault/{number}/{file}"),
        file,
        summary: Summary {
            noun: "grants".to_owned(),
            count: 3,
            lines: vec![
                "bucket-owner: FULL_CONTROL".to_owned(),
                "AllUsers: READ".to_owned(),
                "log-delivery: WRITE".to_owned(),
            ],
        },
        vault: "acme-rollback-vault".to_owned(),
        version_id: None,
        sha256: Digest::of("snapshot"),
        before: ticket.plan().unwrap().before.digest(),
        retention_days: 30,
        retained_until: "2026-05-15T03:14:02Z".parse().unwrap(),
    });
    let halted = seed.stage == Stage::Halted;
    let fix = (past(Stage::Fixed) && !denied).then(|| Fix {
        command: ticket.plan().unwrap().command.clone(),
        request_id: Some("4442587FB7D0A2F9".to_owned()),
        read_before: ticket.plan().unwrap().before.digest(),
        predicted: ticket.plan().unwrap().target.digest(),
        observed: Some(ticket.plan().unwrap().target.digest()),
        verify: vec![
            "acl returns 1 grant".to_owned(),
            "bucket-owner, FULL_CONTROL".to_owned(),
        ],
        attempts: 2,
        at: decided,
        status: if halted {
            FixStatus::Halted
        } else {
            FixStatus::Applied
        },
        cause: halted.then(|| "the rollback could not be verified: AccessDenied".to_owned()),
    });
    let sent = seed.stage == Stage::Verifying || (fix.is_some() && !denied);
    let intent = sent.then(|| Intent {
        read: ticket.plan().unwrap().before.digest(),
        target: ticket.plan().unwrap().target.digest(),
        written: Some(Written {
            request_id: Some("4442587FB7D0A2F9".to_owned()),
        }),
    });
    let rollback = (past(Stage::RollbackStored) && !denied).then(|| Rollback {
        command: ticket.plan().unwrap().inverse.clone(),
        files: vec![Plan::snapshot_file(seed.setting, number)],
        bound_to: number,
        ttl_days: 30,
        expires: "2026-05-15T03:14:02Z".parse().unwrap(),
        residue: ticket.plan().unwrap().residue.clone(),
        uri: format!("s3://acme-rollback-vault/{number}/rollback.json"),
        ran: false,
    });
    let alert = (seed.stage == Stage::Closed).then(|| Alert {
        outcome: seed.outcome,
        primary: ticket.primary.clone(),
        bucket: seed.bucket.to_owned(),
        approver: approval.as_ref().unwrap().by.clone(),
        via: approval.as_ref().unwrap().via,
        decided_at: decided,
        with: Vec::new(),
        closed_at: decided,
        duration_s: 75,
        written: rollback.is_some(),
        deliver_to: vec!["compliance.log".to_owned(), "slack".to_owned()],
        rollback_until: rollback.as_ref().map(Rollback::until),
        channel: "#compliance-audit".to_owned(),
        cause: None,
    });
    Change {
        id: number,
        stage: seed.stage,
        ticket,
        request,
        agreed: Vec::new(),
        approval,
        by_hand: None,
        resolved: None,
        backup,
        intent,
        mismatch: None,
        fix,
        rollback,
        alert,
        revert: None,
        alert_seq: 0,
        delivered: Vec::new(),
        waived: Vec::new(),
        paged: false,
        settled: false,
        opened_seq: seed.number - 418_000,
        last_seq: seed.number - 418_000,
        last_prev: Digest::zero(),
        updated_at: decided,
    }
}

const ACL: (&str, &str, &str) = ("CIS", "1.3.0", "1.20");

const fn seed(
    number: u64,
    bucket: &'static str,
    environment: &'static str,
    severity: Severity,
    stage: Stage,
) -> Seed {
    Seed {
        number,
        bucket,
        environment,
        severity,
        rule: "s3-acl-public-read",
        title: "public-read bucket",
        control: ACL,
        action: "remove public-read grant",
        setting: "acl",
        stage,
        outcome: Outcome::Remediated,
    }
}

/// The walkthrough's change at one stage.
pub fn walkthrough(stage: Stage) -> Change {
    change(&seed(
        418_114,
        "acme-prod-customer-exports",
        "prod",
        Severity::High,
        stage,
    ))
}

const fn block(seed: Seed) -> Seed {
    Seed {
        rule: "s3-bpa-incomplete",
        title: "Block Public Access not complete",
        control: ("CIS", "3.0.0", "2.1.4"),
        action: "turn all of Block Public Access on",
        setting: "public_access_block",
        ..seed
    }
}

const fn versions(seed: Seed) -> Seed {
    Seed {
        rule: "s3-versioning-off",
        title: "versioning is off",
        control: ("SOC 2", "2017", "A1.2"),
        action: "turn versioning on",
        setting: "versioning",
        ..seed
    }
}

/// The demo's changes, in the queue's order.
pub fn changes() -> Vec<Change> {
    let (high, medium, low) = (Severity::High, Severity::Medium, Severity::Low);
    let seeds = [
        block(seed(
            418_109,
            "acme-prod-ml-features",
            "prod",
            high,
            Stage::Halted,
        )),
        seed(
            418_120,
            "acme-prod-invoices",
            "prod",
            Severity::Critical,
            Stage::AwaitingApproval,
        ),
        seed(
            418_114,
            "acme-prod-customer-exports",
            "prod",
            high,
            Stage::AwaitingApproval,
        ),
        block(seed(
            418_117,
            "acme-prod-web-assets",
            "prod",
            medium,
            Stage::AwaitingApproval,
        )),
        seed(
            418_121,
            "acme-staging-exports",
            "staging",
            high,
            Stage::Verifying,
        ),
        block(seed(
            418_122,
            "acme-dev-scratch",
            "dev",
            medium,
            Stage::BackedUp,
        )),
        versions(seed(418_116, "acme-dev-builds", "dev", low, Stage::Closed)),
        block(seed(
            418_115,
            "acme-staging-media",
            "staging",
            medium,
            Stage::Closed,
        )),
        seed(418_113, "acme-dev-fixtures", "dev", high, Stage::Closed),
        Seed {
            outcome: Outcome::WontFix,
            ..seed(418_112, "acme-prod-www", "prod", high, Stage::Closed)
        },
        versions(seed(
            418_111,
            "acme-staging-backups-of-the-old-billing-system-2019",
            "staging",
            low,
            Stage::Closed,
        )),
        block(seed(
            418_110,
            "acme-dev-notebooks",
            "dev",
            medium,
            Stage::Closed,
        )),
        versions(seed(418_108, "acme-dev-logs", "dev", low, Stage::Closed)),
        seed(
            418_107,
            "acme-staging-reports",
            "staging",
            high,
            Stage::Closed,
        ),
    ];
    seeds.iter().map(change).collect()
}

pub fn status(changes: &[Change]) -> Status {
    let count = |test: fn(&Change) -> bool| changes.iter().filter(|change| test(change)).count();
    Status {
        person: "nina.ramirez".to_owned(),
        role: None,
        readonly: false,
        rights: Right::ALL.to_vec(),
        mode: "enforce".to_owned(),
        estate: "demo".to_owned(),
        now: now(),
        scanner: ScannerStatus {
            pass: 3,
            running: true,
            done: 17,
            total: 26,
            rate_x10: 124,
            last_full_pass: Some(at("03:12:58")),
            last_took_ms: 8_400,
            compliant: 171,
            violating: 14,
            waiting: 2,
            exempt: 1,
            skipped: 19,
            unknown: 3,
            trouble: None,
        },
        open: count(Change::is_open),
        by_hand: count(|change| change.stage == Stage::ByHand),
        pending: count(|change| change.stage == Stage::AwaitingApproval),
        halted: count(|change| change.stage == Stage::Halted),
        asked: 0,
        undelivered: 0,
        channels: Vec::new(),
        breaker: None,
        holds: changes
            .iter()
            .filter(|change| change.stage == Stage::Halted)
            .map(hold)
            .collect(),
        waiting: waiting(changes),
        rules: 8,
        ledger_seq: entries(changes).len() as u64,
        ledger_hash: Digest::of("head"),
        vault: "s3://acme-rollback-vault/".to_owned(),
        warnings: Vec::new(),
    }
}

/// The plan of a ticket that is to be changed.
pub fn plan_of(ticket: &mut Ticket) -> &mut Plan {
    match &mut ticket.remedy {
        Remedy::Plan(plan) => plan,
        Remedy::Manual(_) => panic!("it is done by hand"),
    }
}

/// As a fix that no inverse could put back.
pub fn make_one_way(change: &mut Change) {
    plan_of(&mut change.ticket).reversibility =
        Reversibility::OneWay("versioning never becomes unset again".to_owned());
    let ticket = &change.ticket;
    let hash = ticket.remedy.hash(change.id, &ticket.asset);
    change.ticket.plan_hash = hash.clone();
    if let Some(request) = &mut change.request {
        request.plan_hash = hash;
    }
}

/// Two rules wait until the walkthrough's change has closed.
fn waiting(changes: &[Change]) -> Vec<Waiting> {
    changes
        .iter()
        .flat_map(|change| {
            behind(change.id).into_iter().map(|rule| Waiting {
                account: change.ticket.asset.account.to_string(),
                bucket: change.ticket.asset.label(),
                rule,
                behind: Behind::Change(change.id),
            })
        })
        .collect()
}

pub fn behind(id: ChangeId) -> Vec<String> {
    let rules: &[&str] = match id.number() {
        418_114 => &["acl-foreign-accounts", "owner-enforced"],
        _ => &[],
    };
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

/// What holds the rule of a change that halted.
fn hold(change: &Change) -> Hold {
    let cause = change.fix.as_ref().and_then(|fix| fix.cause.clone());
    Hold {
        rule: change.ticket.rule.id.clone(),
        asset: change.ticket.asset.clone(),
        cause: format!("{} halted: {}", change.id, cause.unwrap_or_default()),
    }
}

/// The facts from which the changes came, oldest first.
pub fn entries(changes: &[Change]) -> Vec<Entry> {
    let mut drafts = vec![Draft::room(
        at("03:12:30"),
        None,
        Fact::RoomStarted {
            version: "0.1.0".to_owned(),
            mode: "enforce".to_owned(),
            findings: Vec::new(),
        },
    )];
    let mut sorted: Vec<_> = changes.iter().collect();
    sorted.sort_by_key(|change| change.id);
    for change in sorted {
        let of = |fact| Draft::room(change.ticket.detected_at, change.id, fact);
        drafts.push(of(Fact::Ticket(Box::new(change.ticket.clone()))));
        drafts.extend(
            change
                .request
                .clone()
                .map(|it| of(Fact::ApprovalRequested(it))),
        );
        drafts.extend(change.approval.clone().map(|it| {
            let (actor, via) = (it.by.clone(), it.via);
            Draft {
                actor,
                via,
                ..of(Fact::Approval(it))
            }
        }));
        drafts.extend(change.backup.clone().map(|it| of(Fact::Backup(it))));
        drafts.extend(change.fix.clone().map(|it| of(Fact::Fix(it))));
        drafts.extend(change.rollback.clone().map(|it| of(Fact::Rollback(it))));
        drafts.extend(change.alert.clone().map(|it| of(Fact::Alert(it))));
    }
    let mut prev = Digest::zero();
    let mut entries = Vec::new();
    for (seq, draft) in (1..).zip(drafts) {
        let entry = draft.numbered(seq, prev);
        prev = Digest::of(canonical(&entry));
        entries.push(entry);
    }
    entries
}

/// As the room makes it, of the entries that the change would have.
pub fn diff(change: &Change) -> Diff {
    let plan = change.ticket.plan().unwrap();
    let intent = change.intent.as_ref().map(|intent| Fact::FixIntent {
        plan_hash: change.ticket.plan_hash.clone(),
        read: intent.read.clone(),
        target: intent.target.clone(),
        backup: Digest::of("snapshot"),
        version_id: None,
    });
    let mismatch = change.mismatch.as_ref().map(|mismatch| Fact::FixMismatch {
        observed: odd(&plan.setting),
        cause: mismatch.cause.clone(),
        attempts: mismatch.attempts,
    });
    let fix = change.fix.clone().map(Fact::Fix);
    let facts = [intent, mismatch, fix].into_iter().flatten();
    let drafts = facts.map(|fact| Draft::room(at("03:14:02"), change.id, fact));
    let entries: Vec<_> = (1..)
        .zip(drafts)
        .map(|(seq, draft)| draft.numbered(seq, Digest::zero()))
        .collect();
    Diff::of(change, &entries).unwrap()
}

/// What a verification finds where somebody else wrote in between.
pub fn odd(setting: &str) -> Document {
    let (_, target) = documents(setting);
    let mut value = target.value().unwrap().clone();
    match setting {
        "policy" => value["Statement"][0]["Action"] = json!(["s3:GetObject", "s3:PutObject"]),
        "lifecycle" => value["Rules"][1]["Status"] = json!("Disabled"),
        _ => value["Somebody"] = json!("else"),
    }
    Document::present(value)
}

/// A change whose policy loses a public statement and gains one that wants TLS.
pub fn policy(stage: Stage) -> Change {
    change(&Seed {
        rule: "policy-public",
        title: "policy lets everyone in",
        action: "remove what lets everyone in, deny plain HTTP",
        setting: "policy",
        ..seed(
            418_130,
            "acme-prod-外部-exports",
            "prod",
            Severity::High,
            stage,
        )
    })
}

/// A change whose lifecycle keeps logs for longer and gives up half-done uploads.
pub fn lifecycle(stage: Stage) -> Change {
    change(&Seed {
        rule: "lifecycle-logs",
        title: "logs are not kept for a year",
        action: "keep logs for a year, end uploads that were left",
        setting: "lifecycle",
        ..seed(418_131, "acme-prod-logs", "prod", Severity::Medium, stage)
    })
}

/// A verification found something else, and the state before is to be put back.
pub fn found_odd(mut change: Change) -> Change {
    let setting = change.ticket.plan().unwrap().setting.clone();
    change.stage = Stage::RollingBack;
    change.fix = None;
    change.mismatch = Some(Mismatch {
        observed: odd(&setting).digest(),
        cause: "neither the state before nor the prediction is there".to_owned(),
        attempts: 3,
    });
    change
}

fn policies() -> (Document, Document) {
    let team = json!({
        "Sid": "TeamRead", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/reporting"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-prod-外部-exports/*"
    });
    let audit = json!({
        "Sid": "Audit", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": ["s3:GetBucketAcl", "s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::acme-prod-外部-exports", "arn:aws:s3:::acme-prod-外部-exports/*"],
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    });
    let public = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-prod-外部-exports/public/*"
    });
    let deletes = json!({
        "Sid": "NoDeletes", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::acme-prod-外部-exports/*"
    });
    let plain = json!({
        "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::acme-prod-外部-exports", "arn:aws:s3:::acme-prod-外部-exports/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    });
    let mut narrower = audit.clone();
    narrower["Action"] = json!(["s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket"]);
    narrower["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = json!("o-f6g7h8i9j0");
    let of = |statements: Value| {
        Document::present(json!({"Version": "2012-10-17", "Statement": statements}))
    };
    (
        of(json!([team, audit, public, deletes])),
        of(json!([team, narrower, deletes, plain])),
    )
}

fn lifecycles() -> (Document, Document) {
    let rule = |days: u32, class: &str| {
        json!({
            "ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
            "Expiration": {"Days": days}, "Transitions": [{"Days": 30, "StorageClass": class}]
        })
    };
    let tmp = json!({"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}});
    let uploads = json!({
        "ID": "uploads", "Status": "Enabled", "Filter": {},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}
    });
    let of = |rules: Value| {
        Document::present(json!({
            "Rules": rules, "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"
        }))
    };
    (
        of(json!([rule(90, "GLACIER"), tmp])),
        of(json!([rule(400, "GLACIER"), tmp, uploads])),
    )
}

pub fn unknowns() -> Vec<Unknown> {
    [
        (
            "acme-prod-payroll",
            "s3-acl-public-read",
            "GetBucketAcl: AccessDenied (403)",
        ),
        (
            "acme-prod-payroll",
            "s3-bpa-incomplete",
            "GetPublicAccessBlock: AccessDenied (403)",
        ),
        (
            "acme-eu-archive",
            "s3-versioning-off",
            "GetBucketVersioning: timed out after 3 attempts",
        ),
    ]
    .map(|(bucket, rule, cause)| Unknown {
        account: "123456789012".to_owned(),
        bucket: bucket.to_owned(),
        rule: rule.to_owned(),
        cause: cause.to_owned(),
    })
    .to_vec()
}

/// The latest first, as a room gives them.
pub fn calls() -> Vec<Call> {
    let call = |seq: u64, time: &str, operation: &str, bucket: &str, status, took_ms| Call {
        seq,
        at: at(time),
        service: if operation == "DescribeKey" {
            "KMS"
        } else {
            "S3"
        }
        .to_owned(),
        operation: operation.to_owned(),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        bucket: bucket.to_owned(),
        status,
        request_id: format!("4QK7M9B2TF{seq:06}"),
        took_ms,
    };
    let exports = "acme-prod-customer-exports";
    vec![
        call(8_112, "03:14:01", "GetBucketAcl", exports, Some(200), 21),
        call(8_111, "03:14:01", "PutBucketAcl", exports, Some(200), 48),
        call(
            8_110,
            "03:14:00",
            "PutObject",
            "acme-rollback-vault",
            Some(200),
            61,
        ),
        call(8_109, "03:14:00", "GetBucketPolicy", exports, Some(404), 12),
        call(
            8_108,
            "03:13:59",
            "GetBucketPolicy",
            "acme-prod-legal-hold",
            Some(403),
            9,
        ),
        call(8_107, "03:13:59", "DescribeKey", "", Some(200), 15),
        call(
            8_106,
            "03:13:58",
            "GetBucketIntelligentTieringConfiguration",
            "acme-prod-www",
            Some(503),
            5_012,
        ),
        call(8_105, "03:13:53", "ListBuckets", "", None, 10_000),
    ]
}

/// An exception from a rule on a bucket until a day, on somebody's word.
fn exception(rule: &str, bucket: &str, until: &str, reason: (ReasonCode, &str)) -> Exception {
    let account = Account::try_from("123456789012".to_owned()).unwrap();
    Exception {
        rule: rule.to_owned(),
        asset: Asset::bucket(account, "us-east-1", bucket),
        reason: Reason {
            code: reason.0,
            note: reason.1.to_owned(),
        },
        until: until.parse().unwrap(),
        owner: Some("data-platform@acme.com".to_owned()),
        by: Some(Actor::person("otto.klein").unwrap()),
        approved_by: None,
    }
}

pub fn exceptions() -> Exceptions {
    let reason = (ReasonCode::BusinessNeed, "public website assets");
    let until = "2026-07-14T03:14:02Z";
    let open = Exception {
        owner: Some("web-team@acme.com".to_owned()),
        by: Some(Actor::person("nina.ramirez").unwrap()),
        approved_by: Some(Actor::person("otto.klein").unwrap()),
        ..exception("s3-acl-public-read", "acme-prod-www", until, reason)
    };
    Exceptions {
        open: vec![open],
        longest_s: Some(365 * 24 * 60 * 60),
        ..Exceptions::default()
    }
}

/// What otto.klein asked for in production.
pub fn requested() -> RequestedException {
    let reason = (ReasonCode::AcceptedRisk, "scratch data, rebuilt nightly");
    let until = "2026-05-15T02:50:00Z";
    RequestedException {
        seq: 812,
        at: "2026-04-15T02:50:00Z".parse().unwrap(),
        exception: exception("versioning", "acme-prod-scratch", until, reason),
    }
}

/// One whose end people are reminded of.
pub fn ending() -> Exception {
    let reason = (ReasonCode::Maintenance, "migration of the importer");
    let until = "2026-04-16T18:00:00Z";
    exception("tls-only", "acme-staging-import", until, reason)
}

const fn tally(counts: [usize; 6]) -> Tally {
    let [violating, unknown, exempt, compliant, skipped, readable] = counts;
    Tally {
        violating,
        unknown,
        exempt,
        compliant,
        skipped,
        readable,
    }
}

/// A score of each kind: in part, whole, none concerned, no rule at all.
pub fn scores() -> Vec<Score> {
    let score =
        |framework: &str, version: &str, label: &str, title: &str, of: [usize; 3], counts| {
            let [covered, controls, rules] = of;
            Score {
                framework: framework.to_owned(),
                version: version.to_owned(),
                label: label.to_owned(),
                title: title.to_owned(),
                controls,
                covered,
                rules,
                buckets: tally(counts),
            }
        };
    let cis = "CIS Amazon Web Services Foundations Benchmark";
    vec![
        score(
            "CIS",
            "1.2.0",
            "CIS 1.2.0",
            cis,
            [0, 3, 0],
            [0, 0, 0, 0, 415, 415],
        ),
        score(
            "CIS",
            "3.0.0",
            "CIS 3.0.0",
            cis,
            [4, 8, 12],
            [9, 3, 2, 391, 10, 412],
        ),
        score(
            "ISO 27001",
            "2022",
            "ISO 27001:2022",
            "ISO/IEC 27001 Information security management systems, Annex A",
            [7, 8, 21],
            [0, 0, 0, 415, 0, 415],
        ),
        score(
            "HIPAA",
            "2013",
            "HIPAA 2013",
            "HIPAA Security Rule, 45 CFR Part 164 Subpart C",
            [29, 31, 30],
            [0, 3, 0, 412, 0, 412],
        ),
        score(
            "House",
            "1",
            "House",
            "Controls of the organisation itself",
            [1, 1, 1],
            [402, 0, 13, 0, 0, 415],
        ),
    ]
}

/// Those of one framework; the fake room knows no others.
pub fn controls(framework: &str, version: &str) -> Vec<ControlScore> {
    if (framework, version) != ("CIS", "3.0.0") {
        return Vec::new();
    }
    let control = |id: &str, rules: &[&str], why: &[&str], counts| ControlScore {
        id: id.to_owned(),
        manual: Vec::new(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        why_not: why.iter().map(|why| (*why).to_owned()).collect(),
        buckets: tally(counts),
    };
    vec![
        control("2.1.1", &["tls-only"], &[], [5, 1, 0, 409, 0, 414]),
        control(
            "2.1.2",
            &[],
            &[
                "bucket_mfa_delete: only root with an MFA device can set it (Security Hub S3.20 note); open a manual ticket",
            ],
            [0, 0, 0, 0, 415, 415],
        ),
        control(
            "2.1.4",
            &[
                "acl-authenticated-users",
                "acl-public-read",
                "acl-public-write",
                "block-public-access",
            ],
            &[],
            [4, 2, 2, 397, 10, 413],
        ),
        control(
            "3.8",
            &[],
            &["object_write_data_events: no S3 API: cloudtrail:PutEventSelectors"],
            [0, 0, 0, 0, 415, 415],
        ),
    ]
}

/// A wave of violations that was mostly worked off.
pub fn trends(span: Span) -> Trends {
    let (step, count) = span.steps();
    let wave = |at: usize, top: usize, peak: usize| {
        let away = at.abs_diff(peak);
        top.saturating_sub(away * away / 6)
    };
    let steps = (0..count).map(|at| {
        let mut open = BySeverity::default();
        for (severity, top, peak) in [
            (Severity::Critical, 3, count / 2),
            (Severity::High, 14, count / 2),
            (Severity::Medium, 22, count - 8),
            (Severity::Low, 4, count - 1),
        ] {
            (0..wave(at, top, peak)).for_each(|_| open.count(severity));
        }
        Step {
            open,
            opened: wave(at, 4, count / 2) as u64,
            closed: wave(at, 3, count - 6) as u64,
        }
    });
    let mut took = Took::default();
    for (seconds, times) in [(5, 31), (40, 6), (900, 2), (20_000, 3)] {
        (0..times).for_each(|_| took.count(chrono::TimeDelta::seconds(seconds)));
    }
    let account = |account: &str, counts| AccountScore {
        account: account.to_owned(),
        buckets: tally(counts),
    };
    Trends {
        span,
        from: now() - step * i32::try_from(count).unwrap(),
        steps: steps.collect(),
        took,
        rates: (0..60)
            .map(|at| if at % 11 < 6 { 18 + at % 7 } else { 0 })
            .collect(),
        accounts: vec![
            account("111122223333", [22, 3, 2, 385, 3, 412]),
            account("444455556666", [0, 0, 0, 61, 1, 62]),
        ],
    }
}

/// The room's own log, the latest first; one event is of the day before.
pub fn log() -> LogPage {
    let event = |seq, at: &str, level, from: &str, text: &str| Logged {
        seq,
        at: format!("2026-04-{at}Z").parse().unwrap(),
        level,
        from: from.to_owned(),
        text: text.to_owned(),
    };
    let items = vec![
        event(
            4,
            "15T03:13:58",
            LogLevel::Warn,
            "engine",
            "a record was not delivered change=CHG-2026-418090 channel=\"audit\" cause=\"answered 503\"",
        ),
        event(
            3,
            "15T03:02:11",
            LogLevel::Error,
            "store",
            "the views failed while running finding=a page of the views can't be read: they are made anew from the ledger",
        ),
        event(2, "15T02:58:40", LogLevel::Info, "sled", "opened the views"),
        event(
            1,
            "14T23:59:58",
            LogLevel::Warn,
            "room",
            "vault acme-rollback-vault: Object Lock is off",
        ),
    ];
    LogPage {
        file: Some("/var/lib/sixfold/sixfold.log".to_owned()),
        events: Page {
            total: items.len(),
            items,
        },
    }
}

/// What the doctor found a moment ago.
pub fn checkup() -> Checkup {
    let findings = vec![
        Finding::good("config", "/etc/sixfold.toml, mode enforce"),
        Finding::good("person", "you are nina.ramirez, approver"),
        Finding::note(
            "rules",
            "61 loaded, 2 of them disabled, library sha256:9f31c2. The files have changed since, and the next start would refuse them: rules/own/tls.toml:4: violates: an expression is wanted\nrules/own/tls.toml:9: fix: there is no setting `polcy`",
        ),
        Finding::good(
            "state",
            "/var/lib/sixfold is held by this room and can be written",
        ),
        Finding::good(
            "ledger",
            "6120 entries, 75aa57: read whole up to entry 6010 when this room opened; it has written 110 since",
        ),
        Finding::good(
            "cloud",
            "account 111122223333, region us-east-1, 212 buckets",
        ),
        Finding::bad(
            "vault",
            "versioning is not enabled: `aws s3api put-bucket-versioning --bucket acme-rollback-vault --versioning-configuration Status=Enabled` does it",
        ),
        Finding::note(
            "vault",
            "Object Lock is off: whoever may delete objects may delete backups",
        ),
    ];
    Checkup {
        at: at("03:14:07"),
        findings,
    }
}

/// Where to read on about the walkthrough's change.
pub fn references(id: ChangeId) -> Vec<Reference> {
    let reference = |what: &str, address: &str| Reference {
        what: what.to_owned(),
        address: address.to_owned(),
    };
    if id != WALKTHROUGH {
        return Vec::new();
    }
    vec![
        reference(
            "rule",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl",
        ),
        reference(
            "console",
            "https://console.aws.amazon.com/s3/buckets/acme-prod-customer-exports?region=us-east-1",
        ),
    ]
}
