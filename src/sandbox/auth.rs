//! Who calls: the accounts of the sandbox with their keys.

use std::sync::Arc;

use s3s::{
    S3Result,
    auth::{S3Auth, SecretKey},
};

use super::errors::refuse;
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
        Digest::of(self.account.as_str()).to_string()
    }
}

/// An account as the server knows it.
#[derive(Debug)]
pub(super) struct Known {
    pub account: String,
    pub canonical_id: String,
    access_key: String,
    secret_key: String,
}

#[derive(Clone, Debug)]
pub(super) struct Parties(Arc<[Known]>);

impl Parties {
    pub(super) fn new<'a>(parties: impl IntoIterator<Item = &'a Party>) -> Self {
        let known = parties.into_iter().map(|party| Known {
            account: party.account.as_str().to_owned(),
            canonical_id: party.canonical_id(),
            access_key: party.access_key.clone(),
            secret_key: party.secret_key.clone(),
        });
        Self(known.collect())
    }

    pub(super) fn by_key(&self, access_key: &str) -> Option<&Known> {
        self.0.iter().find(|known| known.access_key == access_key)
    }
}

#[async_trait::async_trait]
impl S3Auth for Parties {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let known = self.by_key(access_key).ok_or_else(|| {
            refuse(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })?;
        Ok(SecretKey::from(known.secret_key.as_str()))
    }
}
