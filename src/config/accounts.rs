//! `[[accounts]]` and `[members]`: which accounts this room looks after, and by which roles it gets into
//! them.
//!
//! The room's own account, that of its credentials, needs no role. Every other one is reached by
//! assuming one to look and another one to write. What stands under `[members]` counts for all of them,
//! what stands in an account's entry counts for that one before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Deserializer, de::Error};
use toml::Spanned;

use super::{Config, ConfigFault, Mode, Parameters, parameters::Typed};
use crate::domain::Account;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountTable {
    id: Spanned<Account>,
    environment: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    parameters: Typed,
    #[serde(default = "yes")]
    scan: bool,
    scanner_role: Option<Role>,
    remediator_role: Option<Role>,
    #[serde(default, deserialize_with = "external_id")]
    external_id: Option<String>,
    #[serde(default, deserialize_with = "regions")]
    regions: Option<BTreeSet<String>>,
}

/// `[members]`: how every account but the room's own is reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    scanner_role: Role,
    remediator_role: Option<Role>,
    #[serde(default, deserialize_with = "external_id")]
    external_id: Option<String>,
    #[serde(default, deserialize_with = "regions")]
    regions: Option<BTreeSet<String>>,
    /// AWS Organizations is asked which accounts there are. Off by default: only those that are listed.
    #[serde(default)]
    pub organization: bool,
}

impl Members {
    /// The way into a member of which the file says nothing else.
    pub fn way(&self) -> Way {
        Way {
            scanner: Some(self.scanner_role.clone()),
            remediator: self.remediator_role.clone(),
            external_id: self.external_id.clone(),
            regions: self.regions.clone(),
        }
    }
}

const fn yes() -> bool {
    true
}

/// A role by its name, with its path, in whichever account it is; or by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role(String);

impl Role {
    /// Its ARN in an account of a partition (`aws`, `aws-cn`, `aws-us-gov`).
    pub fn arn(&self, partition: &str, account: &Account) -> String {
        if self.account().is_some() {
            self.0.clone()
        } else {
            format!("arn:{partition}:iam::{account}:role/{}", self.0)
        }
    }

    /// The same of whichever accounts there are, as policies name it.
    pub fn in_any_account(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::*:role/{}", self.0)
    }

    /// The account that its ARN names.
    pub fn account(&self) -> Option<Account> {
        let account = self.0.split(':').nth(4)?;
        Account::try_from(account.to_owned()).ok()
    }
}

impl<'de> Deserialize<'de> for Role {
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = match text.split(':').collect::<Vec<_>>()[..] {
            [name] => Some(name),
            ["arn", partition, "iam", "", account, role] if partition.starts_with("aws") => {
                let account = Account::try_from(account.to_owned());
                account.ok().and(role.strip_prefix("role/"))
            }
            _ => None,
        };
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte);
        let fits = |name: &&str| {
            let last = name.rsplit('/').next().unwrap_or_default();
            let ends = name.starts_with('/') || last.is_empty();
            !ends && last.len() <= 64 && name.len() <= 512 && name.bytes().all(letter)
        };
        if name.as_ref().is_some_and(fits) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(format!(
                "`{text}` is no role: a name such as `sixfold-scanner` or an ARN such as `arn:aws:iam::111122223333:role/sixfold-scanner` is wanted"
            )))
        }
    }
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub(super) fn external_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    if (2..=1_224).contains(&text.len()) && text.bytes().all(letter) {
        Ok(Some(text))
    } else {
        Err(D::Error::custom(
            "2 to 1224 letters, digits and `_+=,.@:/-` are wanted",
        ))
    }
}

fn regions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeSet<String>>, D::Error> {
    let regions: BTreeSet<String> = BTreeSet::deserialize(deserializer)?;
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = |region: &String| !region.is_empty() && region.bytes().all(letter);
    if !regions.is_empty() && regions.iter().all(fits) {
        Ok(Some(regions))
    } else {
        Err(D::Error::custom(
            "one region or more is wanted, such as `eu-west-1`; leave it out for all of them",
        ))
    }
}

/// What the config says of one account.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub parameters: Parameters,
    /// Whether its buckets are looked at. True by default.
    pub scan: bool,
    pub scanner: Option<Role>,
    pub remediator: Option<Role>,
    pub external_id: Option<String>,
    pub regions: Option<BTreeSet<String>>,
}

impl Default for AccountFacts {
    fn default() -> Self {
        Self {
            environment: None,
            owner: None,
            parameters: Parameters::default(),
            scan: true,
            scanner: None,
            remediator: None,
            external_id: None,
            regions: None,
        }
    }
}

/// How the room gets into an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Who looks; none: the room's own credentials.
    pub scanner: Option<Role>,
    /// Who writes; none: whoever looks.
    pub remediator: Option<Role>,
    pub external_id: Option<String>,
    /// Buckets elsewhere are left alone; none: all regions.
    pub regions: Option<BTreeSet<String>>,
}

impl Config {
    /// The way into an account; none where no role leads there.
    pub fn way(&self, account: &Account, own: &Account) -> Option<Way> {
        let facts = self.accounts.get(account);
        let members = self.members.as_ref().filter(|_| account != own);
        let scanner = facts.and_then(|facts| facts.scanner.clone());
        let scanner = scanner.or_else(|| Some(members?.scanner_role.clone()));
        if scanner.is_none() && account != own {
            return None;
        }
        let remediator = facts.and_then(|facts| facts.remediator.clone());
        let external_id = facts.and_then(|facts| facts.external_id.clone());
        let regions = facts.and_then(|facts| facts.regions.clone());
        Some(Way {
            scanner,
            remediator: remediator.or_else(|| members?.remediator_role.clone()),
            external_id: external_id.or_else(|| members?.external_id.clone()),
            regions: regions.or_else(|| members?.regions.clone()),
        })
    }

    /// Whether the buckets of an account that can be reached are to be looked at.
    pub fn scans(&self, account: &Account) -> bool {
        self.accounts.get(account).is_none_or(|facts| facts.scan)
    }

    /// The accounts beside the room's own that the file names and a role leads into.
    pub fn named_members<'a>(&'a self, own: &'a Account) -> impl Iterator<Item = &'a Account> {
        let named = self.accounts.keys().filter(move |account| *account != own);
        named.filter(move |account| self.way(account, own).is_some())
    }

    /// What is asked of roles in the mode that the room is in.
    pub(super) fn check_roles(&self) -> Result<(), ConfigFault> {
        let fault = |message: String| Err(ConfigFault::whole(&self.file, message));
        let (members, enforce) = (self.members.as_ref(), self.mode == Mode::Enforce);
        if members.is_some_and(|members| members.scanner_role.account().is_some()) {
            return fault(
                "[members] takes the name of a role, which is the same in every account: give an ARN in an account's own entry"
                    .to_owned(),
            );
        }
        if enforce && members.is_some_and(|members| members.remediator_role.is_none()) {
            return fault(
                "[members]: mode = \"enforce\" needs a `remediator_role` beside the `scanner_role`: who looks is not who writes"
                    .to_owned(),
            );
        }
        for (account, facts) in &self.accounts {
            let remediator = facts.remediator.as_ref();
            let apart = remediator.or(members.and_then(|members| members.remediator_role.as_ref()));
            if enforce && facts.scanner.is_some() && apart.is_none() {
                return fault(format!(
                    "account {account}: mode = \"enforce\" needs a `remediator_role` beside the `scanner_role`: who looks is not who writes"
                ));
            }
            if facts.external_id.is_some() && facts.scanner.is_none() && apart.is_none() {
                return fault(format!(
                    "account {account}: `external_id` needs a role beside it"
                ));
            }
        }
        Ok(())
    }
}

pub fn accounts(
    tables: Vec<AccountTable>,
    text: &str,
    path: &Path,
) -> Result<BTreeMap<Account, AccountFacts>, ConfigFault> {
    let mut accounts = BTreeMap::new();
    for table in tables {
        let (at, id) = (table.id.span().start, table.id.into_inner());
        let fault = |message| Err(ConfigFault::at(path, text, at, "accounts.id", message));
        for role in [&table.scanner_role, &table.remediator_role] {
            let there = role.as_ref().and_then(Role::account);
            if let Some(there) = there.filter(|there| *there != id) {
                return fault(format!(
                    "account {id} is given a role of account {there}: it has to be one of its own"
                ));
            }
        }
        let name = format!("accounts.{id}.parameters");
        let facts = AccountFacts {
            environment: table.environment,
            owner: table.owner,
            parameters: Parameters::typed(table.parameters, &name, text),
            scan: table.scan,
            scanner: table.scanner_role,
            remediator: table.remediator_role,
            external_id: table.external_id,
            regions: table.regions,
        };
        if accounts.insert(id.clone(), facts).is_some() {
            return fault(format!(
                "account {id} is there twice: put both entries into one"
            ));
        }
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigFault> {
        Config::parse(text, Path::new("sixfold.toml"))
    }

    fn account(id: &str) -> Account {
        Account::try_from(id.to_owned()).unwrap()
    }

    #[test]
    fn what_stands_in_an_entry_counts_before_what_stands_for_all() {
        let config = parse(
            "[members]\nscanner_role = \"look\"\nremediator_role = \"ops/mend\"\nexternal_id = \"all\"\nregions = [\"eu-west-1\"]\n\
             [[accounts]]\nid = \"222233334444\"\nscanner_role = \"arn:aws-cn:iam::222233334444:role/eyes\"\nexternal_id = \"one\"\n\
             [[accounts]]\nid = \"111122223333\"\nscan = false\n",
        )
        .unwrap();
        let (own, two, three) = (
            account("111122223333"),
            account("222233334444"),
            account("333344445555"),
        );
        assert_eq!(config.way(&own, &own), Some(Way::default()));
        assert!(!config.scans(&own) && config.scans(&two) && config.scans(&three));
        let ways = [(&two, "eyes", "one"), (&three, "look", "all")];
        for (id, looks, external_id) in ways {
            let way = config.way(id, &own).unwrap();
            let arn = |role: Option<Role>| role.unwrap().arn("aws-cn", id);
            assert_eq!(
                arn(way.scanner),
                format!("arn:aws-cn:iam::{id}:role/{looks}")
            );
            assert_eq!(
                arn(way.remediator),
                format!("arn:aws-cn:iam::{id}:role/ops/mend")
            );
            assert_eq!(way.external_id.as_deref(), Some(external_id));
            assert_eq!(way.regions, Some(["eu-west-1".to_owned()].into()));
        }
    }

    #[test]
    fn no_role_leads_to_an_account_that_is_only_listed() {
        let config = parse("[[accounts]]\nid = \"222233334444\"\n").unwrap();
        assert_eq!(
            config.way(&account("222233334444"), &account("111122223333")),
            None
        );
    }

    #[test]
    fn a_mistake_about_roles_is_named() {
        let vault = "mode = \"enforce\"\n[vault]\nbucket = \"v\"\n";
        for (text, wanted) in [
            (
                "[members]\nscanner_role = \"no role\"\n".to_owned(),
                "sixfold.toml:2: scanner_role: `no role` is no role",
            ),
            (
                "[members]\nscanner_role = \"arn:aws:iam::111122223333:role/x\"\n".to_owned(),
                "sixfold.toml: [members] takes the name of a role",
            ),
            (
                "[members]\nscanner_role = \"x\"\nregions = []\n".to_owned(),
                "sixfold.toml:3: regions: one region or more",
            ),
            (
                "[members]\nscanner_role = \"x\"\nexternal_id = \"?\"\n".to_owned(),
                "sixfold.toml:3: external_id: 2 to 1224",
            ),
            (
                format!("{vault}[members]\nscanner_role = \"x\"\n"),
                "sixfold.toml: [members]: mode = \"enforce\" needs a `remediator_role`",
            ),
            (
                format!("{vault}[[accounts]]\nid = \"222233334444\"\nscanner_role = \"x\"\n"),
                "sixfold.toml: account 222233334444: mode = \"enforce\" needs a `remediator_role`",
            ),
            (
                "[[accounts]]\nid = \"222233334444\"\nexternal_id = \"abc\"\n".to_owned(),
                "sixfold.toml: account 222233334444: `external_id` needs a role",
            ),
            (
                "[[accounts]]\nid = \"222233334444\"\nremediator_role = \"arn:aws:iam::111122223333:role/x\"\n"
                    .to_owned(),
                "sixfold.toml:2: accounts.id: account 222233334444 is given a role of account 111122223333",
            ),
        ] {
            let fault = parse(&text).unwrap_err().to_string();
            assert!(fault.starts_with(wanted), "{fault}");
        }
    }
}
