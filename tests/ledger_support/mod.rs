//! Changes made up for tests: the walkthrough's bucket under many numbers, with every artifact that
//! a change can have, each legal where the story puts it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use chrono::{TimeDelta, TimeZone as _, Utc};
use serde_json::json;
use sixfold::domain::{
    Account, Actor, Asset, ChangeId, Command, Control, Digest, Document, Draft, Entry, Environment,
    Exception, Fact, Owner, Plan, Reversibility, RuleRef, Severity, Stamp, Tags, Via,
    artifact::{
        Alert, Approval, ApprovalRequest, Backup, Consent, Decision, Detection, Fix, FixStatus,
        Outcome, Reason, ReasonCode, Rollback, Summary, Ticket,
    },
};

pub const RULE: &str = "s3-public-read-acl";

/// Seconds after the walkthrough's detection.
pub fn at(seconds: i64) -> Stamp {
    Utc.with_ymd_and_hms(2026, 4, 15, 3, 12, 47).unwrap() + TimeDelta::seconds(seconds)
}

pub fn id(number: u64) -> ChangeId {
    ChangeId::new(2026, number)
}

pub fn asset(bucket: &str) -> Asset {
    let account = Account::try_from("111122223333".to_owned()).unwrap();
    Asset::bucket(account, "us-east-1", bucket)
}

pub fn grants(n: usize) -> Document {
    Document::present(json!({ "Grants": (0..n).collect::<Vec<_>>() }))
}

pub fn nina() -> Actor {
    Actor::person("nina.ramirez").unwrap()
}

/// What one change is about; its methods make its drafts.
#[derive(Clone, Debug)]
pub struct Story {
    pub id: ChangeId,
    pub bucket: String,
    pub production: bool,
    pub severity: Severity,
    pub begins: i64,
}

impl Story {
    pub fn new(number: u64) -> Self {
        Self {
            id: id(number),
            bucket: format!("bucket-{number}"),
            production: true,
            severity: Severity::High,
            begins: 0,
        }
    }

    pub fn dev(number: u64) -> Self {
        Self {
            production: false,
            ..Self::new(number)
        }
    }

    pub fn plan(&self) -> Plan {
        Plan {
            setting: "acl".to_owned(),
            action: "remove public-read grant".to_owned(),
            before: grants(3),
            target: grants(1),
            command: Command::s3api("put-bucket-acl", &self.bucket).with("--acl", "private"),
            inverse: Command::s3api("put-bucket-acl", &self.bucket).with(
                "--access-control-policy",
                format!("file://{}", Plan::snapshot_file("acl", self.id)),
            ),
            restored: grants(3).digest(),
            hazards: Vec::new(),
            reversibility: Reversibility::Exact,
            residue: Vec::new(),
        }
    }

    pub fn plan_hash(&self) -> Digest {
        self.plan().hash(self.id, &asset(&self.bucket))
    }

    pub fn ticket_artifact(&self) -> Ticket {
        let control = |framework: &str, version: &str, id: &str| Control {
            framework: framework.to_owned(),
            version: version.to_owned(),
            id: id.to_owned(),
        };
        let name = if self.production { "prod" } else { "dev" };
        Ticket {
            rule: RuleRef {
                id: RULE.to_owned(),
                version: 1,
            },
            library: None,
            title: "public-read bucket".to_owned(),
            primary: control("CIS", "1.3.0", "1.20"),
            frameworks: vec![
                control("SOC 2", "2017", "CC6.6"),
                control("ISO 27001", "2013", "A.9.4.1"),
            ],
            asset: asset(&self.bucket),
            environment: Environment {
                name: name.to_owned(),
                production: self.production,
                from: "tag env".to_owned(),
            },
            tags: Tags::from([("env".to_owned(), name.to_owned())]),
            severity: self.severity,
            owner: Owner {
                contact: "platform-security@acme.com".to_owned(),
                team: "platform-security".to_owned(),
                from: "account map".to_owned(),
            },
            detected_at: at(self.begins),
            detection: Detection {
                evidence: vec!["AllUsers: READ".to_owned()],
                documents: [("acl".to_owned(), grants(3).digest())].into(),
                request_ids: vec!["4442587FB7D0A2F9".to_owned()],
            },
            remedy: self.plan().into(),
            plan_hash: self.plan_hash(),
            hazards_wait: false,
            strict_waits: false,
        }
    }

    pub fn draft(&self, after: i64, fact: Fact) -> Draft {
        Draft::room(at(self.begins + after), self.id, fact)
    }

    pub fn by_nina(&self, after: i64, fact: Fact) -> Draft {
        Draft {
            actor: nina(),
            via: Via::Tui,
            ..self.draft(after, fact)
        }
    }

    pub fn ticket(&self) -> Draft {
        self.draft(0, Fact::Ticket(Box::new(self.ticket_artifact())))
    }

    pub fn request(&self, round: u32) -> Draft {
        let after = i64::from(round - 1) * 3_600;
        self.draft(
            after,
            Fact::ApprovalRequested(ApprovalRequest {
                why: "env=prod".to_owned(),
                action: self.plan().action,
                asked: vec!["on-call".to_owned(), "platform-security".to_owned()],
                channel: "push".to_owned(),
                expires: at(self.begins + after + 3_600),
                plan_hash: self.plan_hash(),
                hazards: Vec::new(),
                round,
                consent: Consent::default(),
            }),
        )
    }

    pub fn expired(&self, round: u32) -> Draft {
        self.draft(i64::from(round) * 3_600, Fact::ApprovalExpired { round })
    }

    pub fn approval(&self, decision: Decision) -> Draft {
        let waived = decision == Decision::NotRequired;
        let reason = (decision == Decision::Denied).then(|| Reason {
            code: ReasonCode::AcceptedRisk,
            note: "a public dataset".to_owned(),
        });
        let (by, via) = if waived {
            (Actor::Policy, Via::Policy)
        } else {
            (nina(), Via::Tap)
        };
        Draft {
            actor: by.clone(),
            via,
            ..self.draft(
                75,
                Fact::Approval(Approval {
                    decision,
                    by,
                    via,
                    why: if waived { "env=dev" } else { "" }.to_owned(),
                    at: at(self.begins + 75),
                    reason,
                    plan_hash: self.plan_hash(),
                    with: Vec::new(),
                }),
            )
        }
    }

    pub fn backup(&self) -> Draft {
        let file = Plan::snapshot_file("acl", self.id);
        self.draft(
            75,
            Fact::Backup(Backup {
                uri: format!("s3://acme-rollback-vault/{}/{file}", self.id),
                file,
                summary: Summary {
                    noun: "grants".to_owned(),
                    count: 3,
                    lines: vec!["AllUsers: READ".to_owned()],
                },
                vault: "acme-rollback-vault".to_owned(),
                version_id: Some("v1".to_owned()),
                sha256: Digest::of(grants(3).pretty()),
                before: grants(3).digest(),
                retention_days: 30,
                retained_until: at(self.begins + 75 + 30 * 86_400),
            }),
        )
    }

    pub fn intent(&self) -> Draft {
        self.draft(
            75,
            Fact::FixIntent {
                plan_hash: self.plan_hash(),
                read: grants(3).digest(),
                target: grants(1).digest(),
                backup: Digest::of(grants(3).pretty()),
                version_id: Some("v1".to_owned()),
            },
        )
    }

    pub fn written(&self) -> Draft {
        self.draft(
            75,
            Fact::FixWritten {
                request_id: Some("79104EXAMPLEB723".to_owned()),
            },
        )
    }

    pub fn mismatch(&self) -> Draft {
        self.draft(
            75,
            Fact::FixMismatch {
                observed: grants(2),
                cause: "another grant is there".to_owned(),
                attempts: 3,
            },
        )
    }

    pub fn fix(&self, status: FixStatus, cause: Option<&str>) -> Draft {
        let observed = match status {
            FixStatus::Applied | FixStatus::FoundApplied => Some(grants(1).digest()),
            FixStatus::RolledBack => Some(grants(3).digest()),
            FixStatus::Halted => None,
        };
        self.draft(
            75,
            Fact::Fix(Fix {
                command: self.plan().command,
                request_id: None,
                read_before: grants(3).digest(),
                predicted: grants(1).digest(),
                observed,
                verify: vec![
                    "acl returns 1 grant".to_owned(),
                    "bucket-owner, FULL_CONTROL".to_owned(),
                ],
                attempts: 2,
                at: at(self.begins + 75),
                status,
                cause: cause.map(str::to_owned),
            }),
        )
    }

    pub fn rollback(&self, ran: bool) -> Draft {
        self.draft(
            75,
            Fact::Rollback(Rollback {
                command: self.plan().inverse,
                files: vec![Plan::snapshot_file("acl", self.id)],
                bound_to: self.id,
                ttl_days: 30,
                expires: self.window_ends(),
                residue: Vec::new(),
                uri: format!("s3://acme-rollback-vault/{}/rollback.json", self.id),
                ran,
            }),
        )
    }

    pub fn window_ends(&self) -> Stamp {
        at(self.begins + 75 + 30 * 86_400)
    }

    pub fn alert(&self, outcome: Outcome) -> Draft {
        let written = matches!(outcome, Outcome::Remediated);
        self.draft(
            75,
            Fact::Alert(Alert {
                outcome,
                primary: self.ticket_artifact().primary,
                bucket: self.bucket.clone(),
                approver: nina(),
                via: Via::Tap,
                decided_at: at(self.begins + 75),
                with: Vec::new(),
                closed_at: at(self.begins + 75),
                duration_s: 75,
                written,
                deliver_to: vec!["compliance.log".to_owned(), "slack".to_owned()],
                rollback_until: written.then(|| "2026-05-15".to_owned()),
                channel: "#compliance-audit".to_owned(),
                cause: None,
            }),
        )
    }

    pub fn delivered(&self, channel: &str) -> Draft {
        self.draft(
            76,
            Fact::Delivered {
                channel: channel.to_owned(),
                of: None,
            },
        )
    }

    pub fn revert_intent(&self, after: i64) -> Draft {
        self.by_nina(
            after,
            Fact::RevertIntent {
                read: grants(1).digest(),
                target: grants(3).digest(),
                reason: None,
            },
        )
    }

    pub fn reverted(&self, after: i64) -> Draft {
        self.by_nina(
            after,
            Fact::Reverted {
                observed: grants(3).digest(),
                residue: Vec::new(),
                request_id: None,
            },
        )
    }

    pub fn settled(&self) -> Draft {
        Draft {
            at: self.window_ends(),
            ..self.draft(
                0,
                Fact::Settled {
                    bundle: format!("s3://acme-rollback-vault/{}/rollback.json", self.id),
                },
            )
        }
    }

    pub fn exception(&self) -> Draft {
        self.by_nina(
            80,
            Fact::ExceptionOpened(Exception {
                rule: RULE.to_owned(),
                asset: asset(&self.bucket),
                reason: Reason {
                    code: ReasonCode::AcceptedRisk,
                    note: String::new(),
                },
                until: at(self.begins + 90 * 86_400),
                owner: None,
                by: None,
                approved_by: None,
            }),
        )
    }

    pub fn held(&self) -> Draft {
        self.draft(
            80,
            Fact::Held {
                rule: RULE.to_owned(),
                asset: asset(&self.bucket),
                cause: "rolled back".to_owned(),
            },
        )
    }

    pub fn released(&self) -> Draft {
        self.by_nina(
            90,
            Fact::Released {
                rule: RULE.to_owned(),
                asset: asset(&self.bucket),
            },
        )
    }

    /// The walkthrough: nine entries from ticket to delivery.
    pub fn remediated(&self) -> Vec<Draft> {
        let mut drafts = vec![self.ticket()];
        if self.production {
            drafts.push(self.request(1));
            drafts.push(self.approval(Decision::Approved));
        } else {
            drafts.push(self.approval(Decision::NotRequired));
        }
        drafts.extend([
            self.backup(),
            self.intent(),
            self.written(),
            self.fix(FixStatus::Applied, None),
            self.rollback(false),
            self.alert(Outcome::Remediated),
            self.delivered("compliance.log"),
        ]);
        drafts
    }

    /// Ends with the rollback that the chain runs by itself.
    pub fn rolled_back(&self) -> Vec<Draft> {
        let mut drafts = self.remediated();
        drafts.truncate(if self.production { 6 } else { 5 });
        drafts.extend([
            self.mismatch(),
            self.fix(FixStatus::RolledBack, Some("another grant is there")),
            self.rollback(true),
            self.alert(Outcome::RolledBack),
            self.held(),
        ]);
        drafts
    }

    pub fn denied(&self) -> Vec<Draft> {
        vec![
            self.ticket(),
            self.request(1),
            self.approval(Decision::Denied),
            self.alert(Outcome::WontFix),
            self.exception(),
        ]
    }

    /// Approved, then nothing written for this cause.
    pub fn stopped(&self, cause: &str, outcome: Outcome) -> Vec<Draft> {
        vec![
            self.ticket(),
            self.request(1),
            self.approval(Decision::Approved),
            self.fix(FixStatus::Halted, Some(cause)),
            self.alert(outcome),
        ]
    }
}

/// Drafts as entries, as a ledger would number them; `prev` is not a real hash here.
pub fn numbered(drafts: impl IntoIterator<Item = Draft>) -> Vec<Entry> {
    (1..)
        .zip(drafts)
        .map(|(seq, draft)| draft.numbered(seq, Digest::zero()))
        .collect()
}
