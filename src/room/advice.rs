//! What to do about a listing that failed, for whoever started it.

use crate::{
    config,
    settings::{CallError, CallErrorKind},
};

/// Every scan begins with a listing, so this is where wrong credentials and endpoints show.
pub fn listing_failed(error: &CallError, cloud: &config::Cloud) -> String {
    format!(
        "the buckets can't be listed: {error}{}",
        advice(error, cloud)
    )
}

/// What assuming a role takes.
pub const ASSUME: &str = "The role must trust the room's own identity for sts:AssumeRole, sts:SetSourceIdentity and \
     sts:TagSession; `sixfold doctor --print-iam` prints how";

/// What asking for the accounts takes.
pub const LIST_ACCOUNTS: &str = "The room's own account must be the organisation's management account or a delegated \
     administrator, and its identity allowed organizations:ListAccounts";

fn advice(error: &CallError, cloud: &config::Cloud) -> String {
    match (error.kind, error.code.as_str()) {
        // It says so itself.
        (_, "NoCredentials" | "NoRole") => String::new(),
        (CallErrorKind::Denied, "AccessDenied") if error.operation == "AssumeRole" => {
            format!(". {ASSUME}")
        }
        (CallErrorKind::Unreachable, _) => {
            format!(". {}: check the network, and try again", cloud.asked("S3"))
        }
        (CallErrorKind::Denied, "AccessDenied") => {
            ". These credentials must be allowed s3:ListAllMyBuckets".to_owned()
        }
        (CallErrorKind::Denied, _) => {
            ". Check the credentials: `aws sts get-caller-identity` says whose they are".to_owned()
        }
        _ => String::new(),
    }
}
