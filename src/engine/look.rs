//! A fresh look at one bucket for one rule: what its documents are now, and whether it still
//! violates. Every step that writes, and every new question to a person, begins with one.

use std::collections::BTreeMap;

use super::{Engine, StepFault};
use crate::{
    cloud::Urgency,
    domain::{Change, Digest, Document},
    rules::{Case, Verdict, Which},
    scanner::judge,
    settings::{self, Read, Setting},
};

/// What was seen just now.
pub struct Look {
    pub setting: &'static dyn Setting,
    /// Of the setting that the fix writes.
    pub read: Read,
    pub verdict: Verdict,
}

impl Look {
    pub fn digest(&self) -> Digest {
        self.read.document.digest()
    }

    pub const fn violates(&self) -> bool {
        matches!(self.verdict, Verdict::Violation(_))
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
        let setting = setting(&ticket.plan.setting)?;
        let read = self
            .cloud
            .read(setting, &ticket.asset, Urgency::Fix)
            .await?;
        let mut documents: BTreeMap<String, Result<Document, String>> = BTreeMap::new();
        documents.insert(setting.name().to_owned(), Ok(read.document.clone()));
        for other in rule
            .reads
            .iter()
            .filter(|other| other.name() != setting.name())
        {
            let document = match self.cloud.read(*other, &ticket.asset, Urgency::Fix).await {
                Ok(read) => Ok(read.document),
                Err(error) if error.passes() => return Err(error.into()),
                Err(error) => Err(error.to_string()),
            };
            documents.insert(other.name().to_owned(), document);
        }
        let subject = self
            .config
            .subject(ticket.asset.clone(), ticket.tags.clone());
        let case = Case {
            subject,
            documents,
            params: self.config.parameters.clone(),
            rules: Which::One(ticket.rule.id.clone()),
        };
        let verdict = judge(&self.judge, case)
            .await
            .into_iter()
            .next()
            .map(|(_, verdict)| verdict);
        let verdict = verdict.unwrap_or_else(|| Verdict::Unknown {
            cause: "the rule gave no verdict".to_owned(),
        });
        Ok(Look {
            setting,
            read,
            verdict,
        })
    }
}

pub(super) fn setting(name: &str) -> Result<&'static dyn Setting, StepFault> {
    settings::by_name(name)
        .ok_or_else(|| StepFault::Halt(format!("this version does not know the setting `{name}`")))
}
