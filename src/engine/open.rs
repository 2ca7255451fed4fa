//! A violation becomes a change when its turn has come: the same rule on the same bucket only once, one
//! setting of a bucket at a time, under the next number.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;

use super::{Engine, EngineError};
use crate::{
    domain::{
        Asset, Behind, ChangeId, Digest, Document, Draft, Fact, OpenChange, Subject,
        artifact::{Detection, Ticket},
    },
    ledger::LONGEST,
    rules::{self, Case, Claim, Found, Turn, Violation},
    scanner::with_answers,
};

/// A violation as the scanner saw it.
#[derive(Clone, Debug)]
pub struct Sighting {
    pub rule: String,
    pub subject: Subject,
    pub found: Found,
    /// What was judged, while what the hazards want to know beside it has not been asked.
    pub unasked: Option<Case>,
    /// Of the setting that the fix writes.
    pub before: Document,
    /// Everything the rule read.
    pub documents: BTreeMap<String, Digest>,
    pub request_ids: Vec<String>,
}

/// What is on record about the violations of one asset, once those whose turn it is have a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Rules whose violation a person said should stay.
    pub exempt: BTreeSet<String>,
    /// Rules that wait for their turn, and behind what.
    pub waiting: Vec<(String, Behind)>,
}

/// Why a violation gets no change although it is not exempt.
const HELD: &str = "held";
const EXEMPT: &str = "exempt";
const TOO_LARGE: &str = "too large for the ledger";

impl Engine {
    /// Takes what the scanner saw of one asset: all its violations, since whose turn it is depends on
    /// the others. Opens a change for each whose turn has come, and carries them on.
    pub async fn take(
        &self,
        asset: &Asset,
        sightings: &mut [Sighting],
    ) -> Result<Taken, EngineError> {
        let mut too_large = BTreeSet::new();
        loop {
            let (taken, ready) = self.turns(asset, sightings, &too_large)?;
            if ready.is_empty() {
                return Ok(taken);
            }
            self.ask_beside(sightings, &ready).await;
            let _one_at_a_time = self.opening.lock().await;
            // Another look at this asset may have been here meanwhile.
            let (_, mut ready) = self.turns(asset, sightings, &too_large)?;
            // What became ready only now is asked about first, in the next round.
            let asked = |rule: &String| {
                let unasked = |one: &Sighting| one.rule == *rule && one.unasked.is_some();
                !sightings.iter().any(unasked)
            };
            ready.retain(asked);
            self.open(sightings, &ready, &mut too_large).await?;
        }
    }

    /// Asks what the hazards of these rules hang on. Only of what gets a change: it costs calls.
    async fn ask_beside(&self, sightings: &mut [Sighting], ready: &BTreeSet<String>) {
        for sighting in sightings {
            if !ready.contains(&sighting.rule) {
                continue;
            }
            if let Some(case) = sighting.unasked.take() {
                let found = with_answers(
                    &self.accounts,
                    &self.judge,
                    Some(&self.answers),
                    case,
                    &sighting.rule,
                    sighting.found.clone(),
                    self.now(),
                );
                sighting.found = found.await;
            }
        }
    }

    /// What is on record, and the rules whose turn it is.
    fn turns(
        &self,
        asset: &Asset,
        sightings: &[Sighting],
        too_large: &BTreeSet<String>,
    ) -> Result<(Taken, BTreeSet<String>), EngineError> {
        let open = self.store.open_on(asset)?;
        let mut violations = Vec::new();
        let mut waiting = Vec::new();
        for sighting in sightings {
            let Some(rule) = self.library.get(&sighting.rule) else {
                continue;
            };
            // What can't be fixed now is in nobody's way: what has to go first may come after it.
            if let Some(why) = sighting.found.blocked()
                && !open.iter().any(|change| change.rule == rule.id)
                && self.store.exempt(&rule.id, asset, self.now())?.is_none()
            {
                waiting.push((rule.id.clone(), Behind::Obstacle(why.to_owned())));
                continue;
            }
            let claim = if too_large.contains(&rule.id) {
                Claim::Kept(TOO_LARGE)
            } else {
                self.claim(&rule.id, asset, &open)?
            };
            violations.push(Violation { rule, claim });
        }
        let exempt = violations
            .iter()
            .filter(|violation| violation.claim == Claim::Kept(EXEMPT))
            .map(|violation| violation.rule.id.clone())
            .collect();
        let mut ready = BTreeSet::new();
        for (rule, turn) in rules::turns(self.library.order(), &violations, &open) {
            match turn {
                Turn::Now => drop(ready.insert(rule)),
                Turn::Waits(behind) => waiting.push((rule, behind)),
            }
        }
        Ok((Taken { exempt, waiting }, ready))
    }

    fn claim(&self, rule: &str, asset: &Asset, open: &[OpenChange]) -> Result<Claim, EngineError> {
        Ok(
            if let Some(change) = open.iter().find(|change| change.rule == rule) {
                Claim::Open(change.id)
            } else if self.store.exempt(rule, asset, self.now())?.is_some() {
                Claim::Kept(EXEMPT)
            } else if self.store.held(rule, asset)?.is_some() {
                Claim::Kept(HELD)
            } else {
                Claim::New
            },
        )
    }

    /// Opens a change for each of these rules, under the next numbers. The caller holds `opening`.
    async fn open(
        &self,
        sightings: &[Sighting],
        ready: &BTreeSet<String>,
        too_large: &mut BTreeSet<String>,
    ) -> Result<(), EngineError> {
        let year = self.now().year();
        let mut next = self.store.next_number(year, self.config.first_change)?;
        let mut opened = Vec::new();
        let mut drafts = Vec::new();
        for sighting in sightings {
            if !ready.contains(&sighting.rule) {
                continue;
            }
            let id = ChangeId::new(year, next);
            match self.ticket(id, sighting.clone()) {
                Some(draft) => {
                    drafts.push(draft);
                    opened.push(id);
                    next += 1;
                }
                None => drop(too_large.insert(sighting.rule.clone())),
            }
        }
        if !drafts.is_empty() {
            self.record(drafts).await?;
        }
        for id in opened {
            self.wake(id);
        }
        Ok(())
    }

    fn ticket(&self, id: ChangeId, sighting: Sighting) -> Option<Draft> {
        let Sighting {
            rule,
            subject,
            found,
            before,
            documents,
            request_ids,
            unasked: _,
        } = sighting;
        let now = self.now();
        let rule = self.library.get(&rule)?;
        let remedy = rules::remedy(rule, &subject, id, &before, &found)?;
        let mut ticket = Ticket {
            rule: rule.reference(),
            library: Some(self.library.digest().clone()),
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
            plan_hash: remedy.hash(id, &subject.asset),
            hazards_wait: remedy.plan().is_some_and(|plan| self.hazards_wait(plan)),
            strict_waits: false,
            remedy,
            asset: subject.asset,
        };
        ticket.strict_waits = self.config.approval.strict_waits(&ticket);
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
