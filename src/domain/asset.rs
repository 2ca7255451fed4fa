//! What is judged and changed: one bucket of one account in one region, or the account itself, with
//! the words around it (environment, owner, tags) that decide who is asked.

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

/// The part of AWS that a region is in, as ARNs begin with it
/// ([ARNs](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)).
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What a setting belongs to, and so what a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Bucket,
    /// The account as a whole.
    Account,
}

/// One bucket, or the account itself. Two accounts never hold a bucket of one name at a time, but they
/// may one after the other, so the account is part of what an asset is. The account's own region is
/// the one in which it is asked.
///
/// As data it is `{"account", "region", "bucket"}`, and without `bucket` it is the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Spelt", into = "Spelt")]
pub struct Asset {
    pub account: Account,
    pub region: String,
    of: Thing,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Thing {
    Account,
    Bucket(String),
}

#[derive(Serialize, Deserialize)]
struct Spelt {
    account: Account,
    region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
}

impl From<Spelt> for Asset {
    fn from(spelt: Spelt) -> Self {
        Self {
            account: spelt.account,
            region: spelt.region,
            of: spelt.bucket.map_or(Thing::Account, Thing::Bucket),
        }
    }
}

impl From<Asset> for Spelt {
    fn from(asset: Asset) -> Self {
        Self {
            account: asset.account,
            region: asset.region,
            bucket: match asset.of {
                Thing::Account => None,
                Thing::Bucket(name) => Some(name),
            },
        }
    }
}

impl Asset {
    pub fn bucket(account: Account, region: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            account,
            region: region.into(),
            of: Thing::Bucket(name.into()),
        }
    }

    /// The account itself, asked in a region.
    pub fn account(account: Account, region: impl Into<String>) -> Self {
        Self {
            account,
            region: region.into(),
            of: Thing::Account,
        }
    }

    pub const fn scope(&self) -> Scope {
        match self.of {
            Thing::Account => Scope::Account,
            Thing::Bucket(_) => Scope::Bucket,
        }
    }

    /// The bucket's name; none for the account.
    pub fn bucket_name(&self) -> Option<&str> {
        match &self.of {
            Thing::Account => None,
            Thing::Bucket(name) => Some(name),
        }
    }

    /// What `aws` commands call it: the bucket's name or the account's id.
    pub fn name(&self) -> &str {
        self.bucket_name().unwrap_or(self.account.as_str())
    }

    /// For lists: the bucket's name, or `account 123456789012`. No bucket's name has a space.
    pub fn label(&self) -> String {
        match &self.of {
            Thing::Account => format!("account {}", self.account),
            Thing::Bucket(name) => name.clone(),
        }
    }

    /// `s3://bucket` or `account:123456789012`, as boxes and exports have it and as it may be typed.
    pub fn uri(&self) -> String {
        match &self.of {
            Thing::Account => format!("account:{}", self.account),
            Thing::Bucket(name) => format!("s3://{name}"),
        }
    }

    /// As policies name it: the bucket, or the account as a principal.
    pub fn arn(&self) -> String {
        let partition = partition(&self.region);
        match &self.of {
            Thing::Account => format!("arn:{partition}:iam::{}:root", self.account),
            Thing::Bucket(name) => format!("arn:{partition}:s3:::{name}"),
        }
    }

    /// Whether a person who wrote this word means it: its label or its URI.
    pub fn answers_to(&self, word: &str) -> bool {
        self.label() == word || self.uri() == word
    }

    /// A key for views: equal exactly when the assets are one thing. The account stays itself when it
    /// is asked in another region.
    pub fn key(&self) -> String {
        match &self.of {
            Thing::Account => format!("{}:", self.account),
            Thing::Bucket(name) => format!("{}/{}/{name}", self.account, self.region),
        }
    }
}

/// Its label.
impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
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

/// An asset with everything about it that is not one of its settings' documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub asset: Asset,
    pub tags: Tags,
    pub environment: Environment,
    pub owner: Owner,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::try_from("111122223333".to_owned()).unwrap()
    }

    #[test]
    fn a_bucket_is_written_as_ever_and_the_account_without_one() {
        let bucket = Asset::bucket(account(), "eu-west-1", "exports");
        let itself = Asset::account(account(), "eu-west-1");
        for (asset, text) in [
            (
                bucket,
                r#"{"account":"111122223333","region":"eu-west-1","bucket":"exports"}"#,
            ),
            (itself, r#"{"account":"111122223333","region":"eu-west-1"}"#),
        ] {
            assert_eq!(serde_json::to_string(&asset).unwrap(), text);
            assert_eq!(serde_json::from_str::<Asset>(text).unwrap(), asset);
        }
    }

    #[test]
    fn no_bucket_is_taken_for_the_account_or_another_bucket() {
        let itself = Asset::account(account(), "eu-west-1");
        let others = [
            Asset::bucket(account(), "eu-west-1", ""),
            Asset::bucket(account(), "", "111122223333"),
            Asset::bucket(account(), "eu-west-1", "account"),
            Asset::bucket(account(), "us-east-1", "account"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(itself.key(), other.key());
            assert!(!other.answers_to(&itself.uri()) && !other.answers_to(&itself.label()));
            let alike = others.iter().filter(|one| one.key() == other.key());
            assert_eq!(alike.count(), 1, "{at}");
        }
        let moved = Asset::account(account(), "us-east-1");
        assert_eq!(itself.key(), moved.key());
    }
}
