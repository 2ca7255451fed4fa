//! Who calls: the accounts of the sandbox with their keys, and the sessions that STS gave out.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use s3s::{
    S3Result,
    auth::{S3Auth, SecretKey},
};

use super::{calls::Caller, errors::refuse, policy::IdentityPolicy};
use crate::domain::{Account, Digest};

/// An account with the one key that signs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub account: Account,
    pub access_key: String,
    pub secret_key: String,
}

impl Party {
    /// The canonical user id that stands in ACLs: 64 hexadecimal digits, always the same for an account.
    pub fn canonical_id(&self) -> String {
        canonical_id(&self.account)
    }
}

/// The canonical user id of any account, also of one that has no key here.
pub fn canonical_id(account: &Account) -> String {
    Digest::of(account.as_str()).to_string()
}

/// A key and what it stands for.
#[derive(Debug)]
pub(super) struct Known {
    pub account: Account,
    pub canonical_id: String,
    pub access_key: String,
    pub secret_key: String,
    /// `None` is the account's own key, whose user may do everything.
    pub session: Option<Session>,
}

/// A role that somebody plays for a while.
#[derive(Debug)]
pub(super) struct Session {
    /// The role's ARN.
    pub role: String,
    /// `arn:aws:sts::222233334444:assumed-role/role/name`
    pub arn: String,
    /// `AROA…:name`
    pub user_id: String,
    pub source_identity: Option<String>,
    pub tags: Vec<(String, String)>,
    /// The session's own policy, which can only take away.
    pub narrowed: Option<IdentityPolicy>,
    /// That policy as it was sent.
    pub narrowed_by: Option<String>,
    pub token: String,
    pub ends: DateTime<Utc>,
}

impl Known {
    /// The ARN by which AWS calls it in answers and refusals.
    pub(super) fn arn(&self) -> String {
        match &self.session {
            Some(session) => session.arn.clone(),
            None => format!("arn:aws:iam::{}:user/sandbox", self.account),
        }
    }

    pub(super) fn user_id(&self) -> String {
        match &self.session {
            Some(session) => session.user_id.clone(),
            None => format!("AIDA{}", letters(&self.arn(), 17)),
        }
    }

    /// As the log of calls has it.
    pub(super) fn caller(&self) -> Caller {
        let session = self.session.as_ref();
        Caller {
            account: self.account.clone(),
            session: session.map(|session| session.arn.clone()),
            source_identity: session.and_then(|session| session.source_identity.clone()),
            narrowed_by: session.and_then(|session| session.narrowed_by.clone()),
        }
    }
}

/// Letters and digits that stand for a text, always the same, as AWS's ids have them.
pub(super) fn letters(text: &str, length: usize) -> String {
    Digest::of(text).as_str()[..length].to_ascii_uppercase()
}

/// Why a request is nobody's that is known. Each service says it in words of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    Unsigned,
    UnknownKey,
    WrongToken,
    Expired,
    WrongSignature,
    /// The request's time, and what it is by the server's clock.
    Skewed(DateTime<Utc>, DateTime<Utc>),
}

/// Every key that signs for somebody, by its id.
#[derive(Clone, Debug)]
pub(super) struct Parties(Arc<RwLock<BTreeMap<String, Arc<Known>>>>);

impl Parties {
    pub(super) fn new<'a>(parties: impl IntoIterator<Item = &'a Party>) -> Self {
        let known = parties.into_iter().map(|party| {
            let known = Known {
                account: party.account.clone(),
                canonical_id: party.canonical_id(),
                access_key: party.access_key.clone(),
                secret_key: party.secret_key.clone(),
                session: None,
            };
            (party.access_key.clone(), Arc::new(known))
        });
        Self(Arc::new(RwLock::new(known.collect())))
    }

    pub(super) fn by_key(&self, access_key: &str) -> Option<Arc<Known>> {
        // A key is put in whole, so the table is whole even after a panic.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(access_key).cloned()
    }

    /// Whose a key is. A session's key is nothing without its token.
    pub(super) fn by_token(
        &self,
        access_key: &str,
        token: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Known>, Stranger> {
        let known = self.by_key(access_key).ok_or(Stranger::UnknownKey)?;
        match (&known.session, token) {
            (None, Some(_)) => Err(Stranger::WrongToken),
            (Some(_), None) => Err(Stranger::UnknownKey),
            (Some(session), Some(token)) if session.token != token => Err(Stranger::WrongToken),
            (Some(session), _) if session.ends <= now => Err(Stranger::Expired),
            _ => Ok(known),
        }
    }

    /// Makes a key for a session in an account. Keys and tokens are new, and the same in every run.
    pub(super) fn give_out(&self, account: Account, session: Session) -> Arc<Known> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let nth = format!("{} {}", all.len(), session.arn);
        let token = Digest::of(format!("{nth} token"));
        let known = Arc::new(Known {
            canonical_id: canonical_id(&account),
            account,
            access_key: format!("ASIA{}", letters(&nth, 16)),
            secret_key: Digest::of(format!("{nth} secret")).as_str()[..40].to_owned(),
            session: Some(Session {
                // With the letters that a URL must not carry as they are.
                token: format!("IQoJb3JpZ2luX2Vj/{token}+{token}=="),
                ..session
            }),
        });
        all.insert(known.access_key.clone(), known.clone());
        known
    }
}

#[async_trait::async_trait]
impl S3Auth for Parties {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let known = self.by_key(access_key);
        let known = known.ok_or_else(|| Stranger::UnknownKey.in_s3())?;
        Ok(SecretKey::from(known.secret_key.as_str()))
    }
}

impl Stranger {
    /// As S3 says it.
    pub(super) fn in_s3(&self) -> s3s::S3Error {
        let (status, code, message) = match self {
            Self::Unsigned | Self::UnknownKey => (
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Self::WrongToken => (
                400,
                "InvalidToken",
                "The provided token is malformed or otherwise invalid.",
            ),
            Self::Expired => (400, "ExpiredToken", "The provided token has expired."),
            Self::WrongSignature => (
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            ),
            Self::Skewed(..) => (
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
        };
        refuse(status, code, message)
    }
}
