//! Why a call failed, in one calm line, and what that means for whoever asked.

use std::{error::Error, fmt};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::call;

/// What a failed call means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallErrorKind {
    /// Credentials or policies do not allow it, or the bucket belongs to somebody else.
    Denied,
    NoSuchBucket,
    /// Too many calls; worth repeating later.
    Throttled,
    /// Another operation on the bucket is under way; worth repeating.
    Conflict,
    /// No answer: the endpoint is down, the connection was cut, or it took too long.
    Unreachable,
    Other,
}

/// A call that failed, in one calm line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CallError {
    /// `GetBucketAcl`
    pub operation: String,
    /// S3's code, such as `AccessDenied`; a word of ours where S3 said none.
    pub code: String,
    /// The HTTP status; none where there was no answer.
    pub status: Option<u16>,
    pub message: String,
    pub request_id: Option<String>,
    pub kind: CallErrorKind,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.code)?;
        if let Some(status) = self.status {
            write!(f, " ({status})")?;
        }
        if self.message.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

impl CallError {
    /// What the SDK's error means, for calls that are not about one setting.
    pub fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        call::failure(operation, error)
    }

    /// Whether the same call may well go through a little later.
    pub fn passes(&self) -> bool {
        use CallErrorKind::{Conflict, Other, Throttled, Unreachable};
        match self.kind {
            Throttled | Conflict | Unreachable => true,
            Other => self.status.is_some_and(|status| status >= 500),
            CallErrorKind::Denied | CallErrorKind::NoSuchBucket => false,
        }
    }

    /// Nothing was sent, because nobody said how to get into this account. It may be said later.
    pub(crate) fn no_way(account: &str) -> Self {
        let message = format!(
            "no role leads into account {account}: give its entry under [[accounts]] a `scanner_role`, or one to \
             all of them under [members]"
        );
        Self {
            kind: CallErrorKind::Unreachable,
            ..Self::ours("AssumeRole", "NoRole", message)
        }
    }

    /// A document that this setting can't send.
    pub(crate) fn unfit(operation: &str, message: impl Into<String>) -> Self {
        Self::ours(operation, "UnfitDocument", message)
    }

    pub(super) fn ours(operation: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            operation: operation.to_owned(),
            code: code.to_owned(),
            status: None,
            message: line(&message.into()),
            request_id: None,
            kind: CallErrorKind::Other,
        }
    }
}

/// Why a call could not be signed: the role that it is made by could not be had. Whoever asked is told
/// that, and not that a call failed which was never sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotEntered(pub CallError);

/// Characters of a message that are kept: it may end in a ledger entry, and an endpoint may say anything.
const LONGEST: usize = 1_500;

/// One line, whatever S3 put into its message.
pub(super) fn line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_calm_line() {
        let error = CallError {
            operation: "GetBucketAcl".to_owned(),
            code: "AccessDenied".to_owned(),
            status: Some(403),
            message: line("Access\n Denied"),
            request_id: None,
            kind: CallErrorKind::Denied,
        };
        assert_eq!(
            error.to_string(),
            "GetBucketAcl: AccessDenied (403): Access Denied"
        );
    }
}
