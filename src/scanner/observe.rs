//! One bucket or the account, observed: its documents, and what every enabled rule says about them.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{Scanner, judge};
use crate::{
    cloud::Urgency,
    domain::{Asset, Document, Scope, Subject, Tags},
    rules::{Case, Verdict, Which},
    settings::{CallError, CallErrorKind, Read},
};

/// The setting that tells environment and owner, read of every bucket.
pub(crate) const TAGGING: &str = "tagging";

/// One setting as it was seen, or why it was not.
pub type Seen = Result<Read, CallError>;

/// Everything about one asset from one look.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When the first read was sent.
    pub begun: Instant,
    pub subject: Subject,
    pub seen: BTreeMap<String, Seen>,
    /// By rule id, in the library's order.
    pub verdicts: Vec<(String, Verdict)>,
}

impl Observation {
    pub fn document(&self, setting: &str) -> Option<&Document> {
        Some(&self.seen.get(setting)?.as_ref().ok()?.document)
    }
}

impl Scanner {
    pub(super) async fn observe(&self, asset: Asset) -> Observation {
        let begun = Instant::now();
        let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
        let needed = match asset.scope() {
            Scope::Bucket => &self.needed,
            Scope::Account => &self.of_account,
        };
        for setting in needed.iter() {
            let read = self.accounts.read(*setting, &asset, Urgency::Scan).await;
            let gone = matches!(&read, Err(error) if error.kind == CallErrorKind::NoSuchBucket);
            seen.insert(setting.name().to_owned(), read.clone());
            if gone {
                // Asking a bucket that is not there for the rest would only cost calls.
                for rest in needed.iter() {
                    seen.entry(rest.name().to_owned())
                        .or_insert_with(|| read.clone());
                }
                break;
            }
        }
        let tags = seen
            .get(TAGGING)
            .and_then(|read| read.as_ref().ok())
            .map(|read| tags(&read.document));
        let subject = self.config.subject(asset, tags);
        let case = self.case(subject.clone(), &seen);
        let verdicts = judge(&self.judge, case).await;
        Observation {
            begun,
            subject,
            seen,
            verdicts,
        }
    }

    /// What all rules are asked about a bucket that was seen so.
    pub(super) fn case(&self, subject: Subject, seen: &BTreeMap<String, Seen>) -> Case {
        let room = self.accounts.identity(&subject.asset.account);
        Case {
            params: self.config.parameters_of(&subject),
            subject,
            documents: seen
                .iter()
                .map(|(name, read)| (name.clone(), document(read)))
                .collect(),
            answers: BTreeMap::new(),
            room,
            rules: Which::All,
        }
    }
}

fn document(read: &Seen) -> Result<Document, String> {
    match read {
        Ok(read) => Ok(read.document.clone()),
        Err(error) => Err(error.to_string()),
    }
}

/// The tags that a tagging document holds.
pub(crate) fn tags(document: &Document) -> Tags {
    let set = document
        .value()
        .and_then(|value| value.get("TagSet")?.as_array().cloned())
        .unwrap_or_default();
    set.iter()
        .filter_map(|tag| {
            Some((
                tag.get("Key")?.as_str()?.to_owned(),
                tag.get("Value")?.as_str()?.to_owned(),
            ))
        })
        .collect()
}
