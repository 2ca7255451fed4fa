//! What is judged and changed: one bucket of one account in one region, with the words around it
//! (environment, owner, tags) that decide who is asked.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// A twelve-digit AWS account id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an account id: twelve digits are wanted")]
pub struct NotAnAccount(String);

impl TryFrom<String> for Account {
    type Error = NotAnAccount;
    fn try_from(text: String) -> Result<Self, NotAnAccount> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(NotAnAccount(text))
        }
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.0
    }
}

impl Account {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One bucket. Two accounts never hold a bucket of one name at a time, but they may one after the
/// other, so the account is part of what an asset is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Asset {
    pub account: Account,
    pub region: String,
    pub bucket: String,
}

impl Asset {
    /// `s3://bucket`, as the boxes print it.
    pub fn uri(&self) -> String {
        format!("s3://{}", self.bucket)
    }

    /// A key for views: equal exactly when the assets are.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.bucket)
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bucket)
    }
}

pub type Tags = BTreeMap<String, String>;

/// The environment as tagged. Whatever is not known to be something else is production.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Environment {
    /// As the tag or the account map spells it; `prod` when neither says anything.
    pub name: String,
    pub production: bool,
    /// Where it was learnt: `tag env`, `account map`, or `unknown`.
    pub from: String,
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Who is responsible, and how that was inferred.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// An e-mail address or a team name, as the map gives it.
    pub contact: String,
    /// The group that is asked to approve, such as `platform-security`.
    pub team: String,
    /// `tag owner`, `account map` or `default`.
    pub from: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.contact)
    }
}

/// A bucket with everything about it that is not one of its settings' documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub asset: Asset,
    pub tags: Tags,
    pub environment: Environment,
    pub owner: Owner,
}
