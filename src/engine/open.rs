//! A violation becomes a change: the same rule on the same bucket only once, under the next number.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use super::{Engine, EngineError};
use crate::{
    domain::{
        Asset, ChangeId, Digest, Document, Draft, Fact, Subject,
        artifact::{Detection, Ticket},
    },
    ledger::LONGEST,
    rules::{self, Found},
};

/// A violation as the scanner saw it.
#[derive(Clone, Debug)]
pub struct Sighting {
    pub rule: String,
    pub subject: Subject,
    pub found: Found,
    /// Of the setting that the fix writes.
    pub before: Document,
    /// Everything the rule read.
    pub documents: BTreeMap<String, Digest>,
    pub request_ids: Vec<String>,
}

/// What a violation means, given what is on record about this rule and bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known: a change is to be opened.
    New,
    /// A change is open already.
    Open(ChangeId),
    /// A person said that it stays so, until a date.
    Exempt,
    /// The rule is held on this bucket until a person releases it.
    Held,
}

impl Engine {
    pub fn standing(&self, rule: &str, asset: &Asset) -> Result<Standing, EngineError> {
        Ok(if let Some(id) = self.store.open_change_for(rule, asset)? {
            Standing::Open(id)
        } else if self.store.exempt(rule, asset, self.now())?.is_some() {
            Standing::Exempt
        } else if self.store.held(rule, asset)?.is_some() {
            Standing::Held
        } else {
            Standing::New
        })
    }

    /// Opens a change for each sighting that is new, and carries them on. Answers with their ids.
    pub async fn open(&self, sightings: Vec<Sighting>) -> Result<Vec<ChangeId>, EngineError> {
        let _one_at_a_time = self.opening.lock().await;
        let now = self.now();
        let year = now.year();
        let mut next = self.store.next_number(year, self.config.first_change)?;
        let mut opened = Vec::new();
        let mut drafts = Vec::new();
        for sighting in sightings {
            if self.standing(&sighting.rule, &sighting.subject.asset)? != Standing::New {
                continue;
            }
            let id = ChangeId::new(year, next);
            let Some(draft) = self.ticket(id, sighting) else {
                continue;
            };
            drafts.push(draft);
            opened.push(id);
            next += 1;
        }
        if drafts.is_empty() {
            return Ok(opened);
        }
        self.record(drafts).await?;
        for &id in &opened {
            self.wake(id);
        }
        Ok(opened)
    }

    fn ticket(&self, id: ChangeId, sighting: Sighting) -> Option<Draft> {
        let Sighting {
            rule,
            subject,
            found,
            before,
            documents,
            request_ids,
        } = sighting;
        let now = self.now();
        let rule = self.library.get(&rule)?;
        let plan = rules::plan(rule, &subject, id, &before, &found);
        let ticket = Ticket {
            rule: rule.reference(),
            title: rule.title.clone(),
            primary: rule.primary.clone(),
            frameworks: rule.frameworks.clone(),
            severity: rule.severity,
            environment: subject.environment,
            tags: subject.tags,
            owner: subject.owner,
            detected_at: now,
            detection: Detection {
                evidence: found.evidence,
                documents,
                request_ids,
            },
            plan_hash: plan.hash(id, &subject.asset),
            plan,
            asset: subject.asset,
        };
        let asset = ticket.asset.clone();
        let draft = Draft::room(now, id, Fact::Ticket(Box::new(ticket)));
        let size = crate::domain::canonical(&draft.fact).len();
        if size + 1_024 > LONGEST {
            tracing::error!(
                rule = rule.id,
                asset = %asset,
                size,
                "a ticket is too large for the ledger"
            );
            self.oversized(&rule.id, &asset);
            return None;
        }
        Some(draft)
    }

    /// A violation that can't be recorded is a thing a person must know: it stands in the warnings.
    fn oversized(&self, rule: &str, asset: &Asset) {
        let text = format!(
            "{rule} on {asset}: the documents are too large for one ledger entry, no change was opened"
        );
        super::lock(&self.mishaps).insert(format!("{rule}/{}", asset.key()), text);
    }
}
