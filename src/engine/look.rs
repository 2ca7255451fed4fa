//! A fresh look at one bucket for one rule: what its documents are now, and whether it still
//! violates. Every step that writes, and every new question to a person, begins with one.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{Engine, StepFault};
use crate::{
    cloud::Urgency,
    domain::{Change, Digest, Document, Hazard, Scope, Subject},
    rules::{Case, Verdict, Which},
    scanner::{TAGGING, judge, tags, with_answers},
    settings::{self, Read, Setting},
};

/// What was seen just now.
pub struct Look {
    pub setting: &'static dyn Setting,
    /// Of the setting that the fix writes.
    pub read: Read,
    /// When that read came back.
    pub at: Instant,
    /// By the tags as they are now; unreadable ones mean production.
    pub subject: Subject,
    pub verdict: Verdict,
    /// What was judged.
    case: Case,
}

impl Look {
    pub fn digest(&self) -> Digest {
        self.read.document.digest()
    }

    pub const fn violates(&self) -> bool {
        matches!(self.verdict, Verdict::Violation(_))
    }

    pub fn blocked(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Violation(found) => found.blocked(),
            _ => None,
        }
    }
}

impl Engine {
    pub(super) async fn look(&self, change: &Change) -> Result<Look, StepFault> {
        let ticket = &change.ticket;
        let rule = self.library.get(&ticket.rule.id).ok_or_else(|| {
            StepFault::Halt(format!(
                "the rule {} is no longer in the library",
                ticket.rule
            ))
        })?;
        // What is done by hand writes none of ours; the rule says which one it is about.
        let setting = match ticket.plan() {
            Some(plan) => setting(&plan.setting)?,
            None => rule.setting,
        };
        let mut documents: BTreeMap<String, Result<Document, String>> = BTreeMap::new();
        let tagging = (ticket.asset.scope() == Scope::Bucket).then_some(TAGGING);
        let others = rule.reads.iter().map(|other| other.name());
        let others = others
            .chain(setting.weighs().iter().copied())
            .chain(tagging);
        for name in others.filter(|name| *name != setting.name()) {
            if documents.contains_key(name) {
                continue;
            }
            let document = match self
                .accounts
                .read(self::setting(name)?, &ticket.asset, Urgency::Fix)
                .await
            {
                Ok(read) => Ok(read.document),
                Err(error) if error.passes() => return Err(error.into()),
                Err(error) => Err(error.to_string()),
            };
            documents.insert(name.to_owned(), document);
        }
        // The setting that is written is read last, so that as little time as can be lies between
        // this read and the write.
        let read = self
            .accounts
            .read(setting, &ticket.asset, Urgency::Fix)
            .await?;
        let at = Instant::now();
        documents.insert(setting.name().to_owned(), Ok(read.document.clone()));
        let tags = documents
            .get(TAGGING)
            .and_then(|read| read.as_ref().ok())
            .map(tags);
        let subject = self.config.subject(ticket.asset.clone(), tags);
        let asked = Case {
            subject: subject.clone(),
            documents,
            params: self.config.parameters_of(&subject),
            answers: BTreeMap::new(),
            room: self.accounts.identity(&ticket.asset.account),
            rules: Which::One(ticket.rule.id.clone()),
        };
        let verdict = judge(&self.judge, asked.clone())
            .await
            .into_iter()
            .next()
            .map(|(_, verdict)| verdict);
        match verdict {
            // What can't be judged is neither fixed nor called resolved.
            None | Some(Verdict::Unknown { .. }) => {
                let why = match verdict {
                    Some(Verdict::Unknown { cause: why }) => why,
                    _ => "the rule gave no verdict".to_owned(),
                };
                Err(StepFault::Later(format!("can't be judged: {why}")))
            }
            Some(verdict) => Ok(Look {
                setting,
                read,
                at,
                subject,
                verdict,
                case: asked,
            }),
        }
    }

    /// What the fix may break as things are now, asked afresh. None where nothing violates any more.
    pub(super) async fn hazards_of(&self, look: Look) -> Option<Vec<Hazard>> {
        let Verdict::Violation(found) = look.verdict else {
            return None;
        };
        let Which::One(rule) = look.case.rules.clone() else {
            return None;
        };
        let (accounts, now) = (&self.accounts, self.now());
        let found = with_answers(accounts, &self.judge, None, look.case, &rule, *found, now).await;
        Some(found.hazards)
    }
}

pub(super) fn setting(name: &str) -> Result<&'static dyn Setting, StepFault> {
    settings::by_name(name)
        .ok_or_else(|| StepFault::Halt(format!("this version does not know the setting `{name}`")))
}
