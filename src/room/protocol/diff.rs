//! The state before a fix, the target, and now: what lies between them, and how it is known.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use crate::domain::{
    Change, ChangeId, Difference, Digest, Document, Entry, Fact, Plan, Stamp,
    artifact::{Fix, FixStatus},
    time,
};

/// The state before, the target, and now, as people read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    pub id: ChangeId,
    pub setting: String,
    pub before: String,
    pub target: String,
    /// From the state before to the target.
    pub between: Between,
    pub now: Now,
    /// Where the snapshot lies, once it is stored.
    pub backup: Option<String>,
}

/// What lies between two documents, twice: line by line, and by what its parts are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// Unified, every line of both.
    pub lines: Vec<DiffLine>,
    pub difference: Difference,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub sign: Sign,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Same,
    Add,
    Remove,
}

/// How the setting is as far as this change's entries say. Nothing is read for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    pub seen: Seen,
    /// When it was read last.
    #[serde(with = "time::millis")]
    pub at: Stamp,
    /// A write is on record that may have gone out after that read.
    pub stale: bool,
    /// A write of this change took effect, or may have.
    pub written: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    Before,
    Target,
    /// What the inverse leads to: the state before, but for what it can't give back.
    Restored,
    /// Neither. What lies between the target and it.
    Other(Box<Between>),
    /// Neither, and only these words of it are on record.
    Unlike(Vec<String>),
}

impl Diff {
    /// None for what is done by hand. The entries are those of the change, in their order.
    pub fn of(change: &Change, entries: &[Entry]) -> Option<Self> {
        let plan = change.ticket.plan()?;
        Some(Self {
            id: change.id,
            setting: plan.setting.clone(),
            before: readable(&plan.before),
            target: readable(&plan.target),
            between: Between::of(&plan.before, &plan.target),
            now: Now::of(change, plan, entries),
            backup: change.backup.as_ref().map(|backup| backup.uri.clone()),
        })
    }
}

impl Between {
    pub fn of(old: &Document, new: &Document) -> Self {
        Self {
            lines: unified(&readable(old), &readable(new)),
            difference: Difference::between(old, new),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.difference.is_empty()
    }
}

impl Now {
    fn of(change: &Change, plan: &Plan, entries: &[Entry]) -> Self {
        let mut known = Known {
            plan,
            seen: Seen::Before,
            at: change.ticket.detected_at,
            stale: false,
            odd: None,
        };
        for entry in entries {
            known.learn(entry);
        }
        Self {
            seen: known.seen,
            at: known.at,
            stale: known.stale,
            written: change.may_be_written(),
        }
    }
}

/// What the entries so far say.
struct Known<'a> {
    plan: &'a Plan,
    seen: Seen,
    at: Stamp,
    stale: bool,
    /// What a verification found instead of the prediction, the only such document on record.
    odd: Option<&'a Document>,
}

impl<'a> Known<'a> {
    fn learn(&mut self, entry: &'a Entry) {
        match &entry.fact {
            // Read just before, and about to be written.
            Fact::FixIntent { read, .. } | Fact::RevertIntent { read, .. } => {
                self.read(read, entry.at, &[]);
                self.stale = true;
            }
            Fact::FixMismatch { observed, .. } => {
                self.odd = Some(observed);
                self.read(&observed.digest(), entry.at, &[]);
                // The state before is put back from here on.
                self.stale = true;
            }
            Fact::Fix(fix) => self.ended(fix, entry.at),
            Fact::Reverted { observed, .. } => {
                self.read(observed, entry.at, &[]);
                self.restored();
            }
            _ => {}
        }
    }

    /// An end that read nothing says nothing new.
    fn ended(&mut self, fix: &Fix, at: Stamp) {
        let Some(observed) = &fix.observed else {
            return;
        };
        self.read(observed, at, &fix.verify);
        if fix.status == FixStatus::RolledBack {
            self.restored();
        }
    }

    /// The state before was not found but put back.
    fn restored(&mut self) {
        if self.seen == Seen::Before {
            self.seen = Seen::Restored;
        }
    }

    fn read(&mut self, digest: &Digest, at: Stamp, says: &[String]) {
        self.seen = self.named(digest, says);
        self.at = at;
        self.stale = false;
    }

    /// The state that has this hash.
    fn named(&self, digest: &Digest, says: &[String]) -> Seen {
        let odd = self.odd.filter(|odd| odd.digest() == *digest);
        if *digest == self.plan.target.digest() {
            Seen::Target
        } else if *digest == self.plan.before.digest() {
            Seen::Before
        } else if *digest == self.plan.restored {
            Seen::Restored
        } else if let Some(odd) = odd {
            Seen::Other(Box::new(Between::of(&self.plan.target, odd)))
        } else {
            Seen::Unlike(says.to_vec())
        }
    }
}

/// A document as people read it: a setting that is not there is a word, not a value.
fn readable(document: &Document) -> String {
    if document.is_absent() {
        "absent\n".to_owned()
    } else {
        document.pretty()
    }
}

fn unified(before: &str, target: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(before, target);
    let line = |change: similar::Change<&str>| DiffLine {
        sign: match change.tag() {
            ChangeTag::Equal => Sign::Same,
            ChangeTag::Insert => Sign::Add,
            ChangeTag::Delete => Sign::Remove,
        },
        text: change.value().trim_end_matches('\n').to_owned(),
    };
    diff.iter_all_changes().map(line).collect()
}
