//! Bucket settings, one file each: how a setting is read, written, undone and put into words.
//!
//! A setting is everything that differs between, say, an ACL and a bucket policy; nothing outside
//! this room knows which setting it handles. Adding one is one file and one row in [`all`].
//!
//! Most of a setting is pure (documents in, commands and words out), and that part is all that
//! rules and the chain use. Only `read` and `write` talk to S3, through [`call`], which keeps the
//! raw body so that [`fidelity`] can tell whether the document holds all of it.

mod accelerate;
mod access_points;
mod account_public_access_block;
mod acl;
mod by_id;
mod call;
mod cors;
mod encryption;
mod error;
mod fidelity;
mod filter;
mod lifecycle;
mod logging;
mod notification;
mod object_lock;
mod ownership_controls;
mod policy;
mod public_access_block;
mod read_only;
mod replication;
mod request_payment;
mod rights;
mod shape;
mod tagging;
mod versioning;
mod website;

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::{Command, Document, Identity, Reversibility, Scope, artifact::Summary};

pub use error::{CallError, CallErrorKind, NotEntered};
pub use policy::{
    Delivery, Trusted, denied, fits as action_fits, is_every_action, living, matches, only_sources,
    principal_text,
};
pub use rights::{Rights, rights};

/// A bucket to talk to, or its account: settings of the account ([`Setting::scope`]) look at
/// `control` and `owner` alone. The owner (a twelve-digit account) goes along as `ExpectedBucketOwner`
/// whenever it is known, so that a bucket that changed hands under its name is never touched.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    pub client: &'a aws_sdk_s3::Client,
    pub control: &'a aws_sdk_s3control::Client,
    pub name: &'a str,
    pub owner: Option<&'a str>,
}

/// What one read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub document: Document,
    /// The body as it came: XML, for the policy its JSON text. None where S3 answered "not set".
    pub raw: Option<String>,
    pub request_id: Option<String>,
}

/// A setting's way from one document to another. Most settings are put whole and look at the end
/// alone; those that S3 keeps by id (inventory, metrics, …) put or delete the one id that differs.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What was read last.
    pub from: &'a Document,
    pub to: &'a Document,
}

impl<'a> Step<'a> {
    pub const fn new(from: &'a Document, to: &'a Document) -> Self {
        Self { from, to }
    }
}

/// A write that S3 accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub request_id: Option<String>,
}

/// A document that a setting is to become, with what is known around it.
#[derive(Clone, Copy)]
pub struct Proposed<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    pub before: &'a Document,
    pub target: &'a Document,
    /// What was read of the same bucket, by setting; the cause where a read failed.
    pub others: &'a BTreeMap<String, Result<Document, String>>,
    /// Whose credentials the write would carry.
    pub room: &'a Identity,
}

impl Proposed<'_> {
    /// Another setting's view, where it was read.
    pub(crate) fn view(&self, name: &str) -> Option<Value> {
        let document = self.others.get(name)?.as_ref().ok()?;
        Some(by_name(name)?.view(document))
    }

    /// Whether a flag of Block Public Access is on, of the bucket or its account.
    pub(crate) fn blocks(&self, flag: &str) -> bool {
        ["public_access_block", "account_public_access_block"]
            .iter()
            .filter_map(|name| self.view(name))
            .any(|view| view[flag] == true)
    }
}

/// One kind of bucket setting.
#[async_trait]
pub trait Setting: Send + Sync {
    /// Its name in rules, plans and file names, such as `acl`.
    fn name(&self) -> &'static str;

    /// What it belongs to. A setting of the account is read of a bucket too, and is then that of the
    /// bucket's account; it is written of the account alone.
    fn scope(&self) -> Scope {
        Scope::Bucket
    }

    /// Whether nobody can change it once it is made. No fix writes it, and a write is refused.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Answers that mean "not set" give [`Document::ABSENT`].
    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError>;

    /// Makes the setting what the step leads to, in one call; absent is the delete call or, where
    /// there is none, the neutral put. It does exactly what [`Setting::command`] prints.
    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError>;

    /// The `aws` command of the step; `bucket` is [`Asset::name`](crate::domain::Asset::name), so the
    /// account's id for a setting of the account, and `file` is the name of a file with [`Setting::file`]'s bytes,
    /// for documents that do not fit on a line.
    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command;

    /// The `aws` command of a step back to the state before, from the snapshot file.
    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command;

    /// Exactly what the `file://` argument of the step takes; `{"absent": true}` where it leads to
    /// an absent document.
    fn file(&self, step: Step<'_>) -> Vec<u8> {
        step.to.pretty().into_bytes()
    }

    /// Whether one write is about one part of the document, such as the configuration of one id. A
    /// fix then ends the violation of one part, and those of others are left for the next pass.
    fn one_at_a_time(&self) -> bool {
        false
    }

    /// Whether one write can do the step; else why not.
    fn fits(&self, _step: Step<'_>) -> Result<(), String> {
        Ok(())
    }

    /// What the setting reads as once the inverse has run.
    fn restored(&self, before: &Document) -> Document {
        before.clone()
    }

    /// What the inverse can't give back, in words.
    fn residue(&self, _before: &Document, _target: &Document) -> Vec<String> {
        Vec::new()
    }

    /// Settings that [`Self::refusal`] looks at. They are read wherever it is asked; one that can't be
    /// read is passed over, so that a missing right to read costs no verdict.
    fn weighs(&self) -> &'static [&'static str] {
        &[]
    }

    /// Why `target` is not to be written: S3 would refuse it, or it would shut the room out. A plan
    /// that can't be carried out must not exist.
    fn refusal(&self, _proposed: &Proposed<'_>) -> Option<String> {
        None
    }

    /// How much of `before` can be had back once the step to `target` was made. A setting says here
    /// which steps lead one way only: a lock that can't be taken off, a rule that deletes data.
    fn reversibility(&self, before: &Document, target: &Document) -> Reversibility {
        if self.residue(before, target).is_empty() {
            Reversibility::Exact
        } else {
            Reversibility::Residue
        }
    }

    /// For rule expressions: every field is always there, and helper fields that are derived from
    /// others stand beside them in `lower_snake` case.
    fn view(&self, document: &Document) -> Value;

    /// A document from what a rule's target expression yields: derived and empty fields dropped,
    /// lists without an order sorted, unknown fields refused.
    fn tidy(&self, value: Value) -> Result<Document, String>;

    /// What the document holds, for the backup box.
    fn summary(&self, document: &Document) -> Summary;

    /// What a verifying read found, for the fix box: `acl returns 1 grant`, then a line for each.
    fn returns(&self, document: &Document) -> Vec<String>;

    /// Whether writing the document would keep everything that the raw body holds; else what would
    /// be lost.
    fn representable(&self, read: &Read) -> Result<(), Vec<String>>;
}

impl fmt::Debug for dyn Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Every setting there is, in the order in which tightening them is safe.
pub fn all() -> &'static [&'static dyn Setting] {
    &[
        &account_public_access_block::AccountPublicAccessBlock,
        &public_access_block::PublicAccessBlock,
        &policy::Policy,
        &acl::Acl,
        &ownership_controls::OwnershipControls,
        &encryption::Encryption,
        &versioning::Versioning,
        &object_lock::ObjectLock,
        &replication::Replication,
        &lifecycle::Lifecycle,
        &by_id::ById::<by_id::Inventory>::NEW,
        &by_id::ById::<by_id::Metrics>::NEW,
        &by_id::ById::<by_id::Tiering>::NEW,
        &tagging::Tagging,
        &request_payment::RequestPayment,
        &cors::Cors,
        &website::WebsiteHosting,
        &accelerate::Accelerate,
        &logging::Logging,
        &notification::Notification,
        &read_only::Seen(access_points::AccessPoints),
        &read_only::Seen(access_points::MultiRegionAccessPoints),
    ]
}

pub fn by_name(name: &str) -> Option<&'static dyn Setting> {
    all().iter().copied().find(|setting| setting.name() == name)
}

#[cfg(test)]
mod tests;
