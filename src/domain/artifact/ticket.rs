//! 00 and 01: what was seen, and the record that opens with it. Every field is a column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Asset, ChangeId, Control, Digest, Environment, Owner, Plan, Remedy, RuleRef, Scope, Severity,
    Stamp, Tags, control::tags, time,
};

/// 00: the observation that tripped a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// The part of the documents that violates, in words: `AllUsers: READ`.
    pub evidence: Vec<String>,
    /// Every document that the rule read, by its hash.
    pub documents: BTreeMap<String, Digest>,
    /// The provider's ids of those reads, for whoever asks it about them.
    pub request_ids: Vec<String>,
}

/// 01: the ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub rule: RuleRef,
    /// The digest of the whole rule library that judged. Tickets of before there was one have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<Digest>,
    /// What is wrong, in few words: `public-read bucket`.
    pub title: String,
    /// The control in the violation line.
    pub primary: Control,
    /// Its siblings, in the framework line.
    pub frameworks: Vec<Control>,
    pub asset: Asset,
    pub environment: Environment,
    /// The bucket's tags as they were when it was judged.
    pub tags: Tags,
    pub severity: Severity,
    pub owner: Owner,
    #[serde(with = "time::millis")]
    pub detected_at: Stamp,
    pub detection: Detection,
    /// `plan`, or `manual` where a person has to do it.
    #[serde(flatten)]
    pub remedy: Remedy,
    pub plan_hash: Digest,
    /// The room's config had this plan's high hazards wait for a person, wherever the bucket is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hazards_wait: bool,
    /// The room's config wanted a strict approval for this plan, which only people can give.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict_waits: bool,
}

impl Detection {
    /// `AllUsers: READ for a bucket tagged env=prod`; the account itself has no tags.
    pub fn text(&self, ticket: &Ticket) -> String {
        format!(
            "{} for {} {}env={}\nmatches {}\nrule: {}",
            self.evidence.join(", "),
            match ticket.asset.scope() {
                Scope::Bucket => "a bucket",
                Scope::Account => "an account",
            },
            if ticket.environment.from.starts_with("tag") {
                "tagged "
            } else {
                "with "
            },
            ticket.environment,
            ticket.primary.long(),
            ticket.rule,
        )
    }
}

impl Ticket {
    /// `CIS 1.20 public-read bucket`
    pub fn violation(&self) -> String {
        format!("{} {}", self.primary.short(), self.title)
    }

    /// What the room would do; none where it is done by hand.
    pub fn plan(&self) -> Option<&Plan> {
        self.remedy.plan()
    }

    /// Why the plan can't be undone, where it can't.
    pub fn one_way(&self) -> Option<&str> {
        self.plan()?.reversibility.one_way()
    }

    /// Why a person decides, in words such as `env=prod`; empty where the standing policy does. What
    /// is decided follows from the ticket alone, whatever the config says later.
    pub fn waits_for(&self) -> Vec<String> {
        let production = self
            .environment
            .production
            .then(|| format!("env={}", self.environment));
        let one_way = self.one_way().is_some();
        let one_way = one_way.then(|| "one-way fix".to_owned());
        let hazard = self.hazards_wait.then(|| "high hazard".to_owned());
        // In production it changes how many are needed, which the request says by itself.
        let strict = self.strict_waits && production.is_none();
        let strict = strict.then(|| "strict approval".to_owned());
        [production, one_way, hazard, strict]
            .into_iter()
            .flatten()
            .collect()
    }

    pub fn text(&self, id: ChangeId) -> String {
        let mut text = format!(
            "{id}\nviolation: {}\nasset: {}\nframework: {}\nseverity: {}\nowner: {}\ndetected: {}",
            self.violation(),
            self.asset.uri(),
            tags(&self.frameworks),
            self.severity,
            self.owner,
            time::to_second(self.detected_at),
        );
        if let Some(why) = self.one_way() {
            text.push_str(&format!("\none-way: {why}"));
        }
        if let Some(manual) = self.remedy.manual() {
            text.push_str(&format!("\n{}", manual.text()));
        }
        text
    }
}
