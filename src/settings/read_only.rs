//! Settings that S3 lets nobody change once they are made: they can be looked at and judged, and what
//! they violate a person mends.

use async_trait::async_trait;
use serde_json::Value;

use super::{Bucket, CallError, Read, Setting, Step, Written};
use crate::domain::{Command, Document, Scope, artifact::Summary};

/// What such a setting has to say; there is no way to write one.
#[async_trait]
pub trait ReadOnly: Send + Sync {
    fn name(&self) -> &'static str;

    fn scope(&self) -> Scope {
        Scope::Bucket
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError>;

    /// The `aws` command that shows it; `name` is the bucket's name or the account's id.
    fn shown_by(&self, name: &str) -> Command;

    fn view(&self, document: &Document) -> Value;

    fn tidy(&self, value: Value) -> Result<Document, String>;

    fn summary(&self, document: &Document) -> Summary;
}

/// The setting of a [`ReadOnly`]. Where others print a command that changes something, it prints the
/// one that shows what is there.
pub struct Seen<T>(pub T);

#[async_trait]
impl<T: ReadOnly> Setting for Seen<T> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn scope(&self) -> Scope {
        self.0.scope()
    }

    fn is_read_only(&self) -> bool {
        true
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        self.0.read(bucket).await
    }

    async fn write(&self, _: Bucket<'_>, _: Step<'_>) -> Result<Written, CallError> {
        let message = format!("S3 has no call that changes {}", self.name());
        Err(CallError::unfit("Write", message))
    }

    fn command(&self, bucket: &str, _: Step<'_>, _: &str) -> Command {
        self.0.shown_by(bucket)
    }

    fn inverse(&self, bucket: &str, _: Step<'_>, _: &str) -> Command {
        self.0.shown_by(bucket)
    }

    fn fits(&self, _: Step<'_>) -> Result<(), String> {
        Err(format!("S3 has no call that changes {}", self.name()))
    }

    fn view(&self, document: &Document) -> Value {
        self.0.view(document)
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        self.0.tidy(value)
    }

    fn summary(&self, document: &Document) -> Summary {
        self.0.summary(document)
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let Summary { noun, count, lines } = self.0.summary(document);
        let mut returns = vec![format!("{} returns {count} {noun}", self.name())];
        returns.extend(lines);
        returns
    }

    fn representable(&self, _: &Read) -> Result<(), Vec<String>> {
        Ok(())
    }
}
