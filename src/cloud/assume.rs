//! Roles: how the room gets into accounts, to look and to write.
//!
//! Whoever looks keeps a session of the scanner's role as long as it is good. Whoever writes gets a
//! session of the remediator's role for one change, and it can do nothing else: its policy names one
//! bucket and the actions of one setting. Change and approver stand in session name, source identity and
//! session tag, so that `CloudTrail` tells them with every call
//! ([AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)).

use std::time::{Duration, SystemTime};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_sts::types::Tag;

use super::narrow;
use crate::{
    domain::{Actor, Asset, ChangeId, Document},
    settings::{CallError, NotEntered, Setting},
};

/// The shortest session that there is.
const FOR_ONE_WRITE: i32 = 900;
const FOR_SCANS: i32 = 3_600;
/// The session's tag that names the change; a role can ask for it.
pub const TICKET: &str = "ticket";

/// A role, and who asks for it.
#[derive(Clone, Debug)]
pub(super) struct Assume {
    pub sts: aws_sdk_sts::Client,
    pub arn: String,
    pub external_id: Option<String>,
}

/// Which change a write is made for, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub change: ChangeId,
    /// Who approved or reverts it; the policy where nobody had to be asked.
    pub by: Actor,
}

impl Assume {
    /// Credentials that can do one step of one setting of one asset.
    pub async fn for_one_write(
        &self,
        setting: &dyn Setting,
        asset: &Asset,
        target: &Document,
        errand: &Errand,
    ) -> Result<Credentials, CallError> {
        let change = errand.change.to_string();
        self.session(
            &change,
            errand.by.name(),
            narrow::one_write(setting, asset, target),
        )
        .await
    }

    /// Whether a session for a write would be had. It can do nothing at all.
    pub async fn try_out(&self) -> Result<(), CallError> {
        let tried = self.session("doctor", "sixfold-doctor", narrow::nothing());
        tried.await.map(|_| ())
    }

    async fn session(
        &self,
        ticket: &str,
        by: &str,
        policy: String,
    ) -> Result<Credentials, CallError> {
        let tag = Tag::builder().key(TICKET).value(ticket).build();
        // Only a key or a value that is left out is refused here.
        let tag = tag.map_err(|error| CallError::unfit("AssumeRole", error.to_string()))?;
        let asked = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .set_external_id(self.external_id.clone())
            .role_session_name(word(&format!("sixfold-{ticket}")))
            .source_identity(word(by))
            .tags(tag)
            .policy(policy)
            .duration_seconds(FOR_ONE_WRITE);
        let answer = asked.send().await;
        taken(
            answer
                .map_err(|error| CallError::of("AssumeRole", &error))?
                .credentials,
        )
    }

    async fn for_scans(&self) -> Result<Credentials, CallError> {
        let asked = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .set_external_id(self.external_id.clone())
            .role_session_name("sixfold-scan")
            .duration_seconds(FOR_SCANS);
        let answer = asked.send().await;
        taken(
            answer
                .map_err(|error| CallError::of("AssumeRole", &error))?
                .credentials,
        )
    }
}

/// The scanner's; the SDK asks again before they run out.
impl ProvideCredentials for Assume {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { provider_result(self.for_scans().await) })
    }
}

fn provider_result(credentials: Result<Credentials, CallError>) -> provider::Result {
    credentials.map_err(|error| CredentialsError::provider_error(NotEntered(error)))
}

fn taken(given: Option<aws_sdk_sts::types::Credentials>) -> Result<Credentials, CallError> {
    let Some(given) = given else {
        return Err(CallError::unfit(
            "AssumeRole",
            "the answer holds no credentials",
        ));
    };
    let seconds = u64::try_from(given.expiration.secs()).unwrap_or_default();
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        Some(expires),
        "sixfold-role",
    ))
}

/// As session names and source identities may be: 2 to 64 letters, digits and `_+=,.@-`. People's names
/// are such words, unless they have only one letter.
fn word(text: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let letters = text
        .chars()
        .map(|letter| if fits(letter) { letter } else { '-' });
    let mut word: String = letters.take(64).collect();
    while word.len() < 2 {
        word.push('-');
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_what_sts_takes() {
        for (text, named) in [
            ("nina.ramirez", "nina.ramirez"),
            ("n", "n-"),
            ("", "--"),
            ("CHG-2026-0418-114", "CHG-2026-0418-114"),
            ("ä b/c", "--b-c"),
        ] {
            assert_eq!(word(text), named);
        }
        assert_eq!(word(&"x".repeat(80)).len(), 64);
    }
}
