//! What a bucket's tags and its account say about environment and owner.

use super::Config;
use crate::domain::{Asset, Environment, Owner, Subject, Tags};

/// A tag's value by key, ignoring the key's case; an empty value counts as none.
fn tag<'a>(tags: &'a Tags, keys: &[String]) -> Option<&'a str> {
    keys.iter().find_map(|wanted| {
        let found = tags
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(wanted));
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    })
}

impl Config {
    /// A bucket with its environment and owner. A tag beats the account map; nothing known means
    /// production and the default owner.
    pub fn subject(&self, asset: Asset, tags: Tags) -> Subject {
        let account = self.accounts.get(&asset.account);
        let tagged = tag(&tags, &self.environments.tags).map(|name| (name.to_owned(), "tag env"));
        let mapped = || {
            account?
                .environment
                .clone()
                .map(|name| (name, "account map"))
        };
        let (name, from) = tagged
            .or_else(mapped)
            .unwrap_or_else(|| ("prod".to_owned(), "unknown"));
        let production = !self.environments.other.contains(&name.to_lowercase());
        let environment = Environment {
            name,
            production,
            from: from.to_owned(),
        };

        let tagged = tag(&tags, &self.owners.tags).map(|contact| (contact.to_owned(), "tag owner"));
        let mapped = || {
            account?
                .owner
                .clone()
                .map(|contact| (contact, "account map"))
        };
        let (contact, from) = tagged
            .or_else(mapped)
            .unwrap_or_else(|| (self.owners.default.clone(), "default"));
        let team = contact.split('@').next().unwrap_or(&contact).to_owned();
        let owner = Owner {
            contact,
            team,
            from: from.to_owned(),
        };

        Subject {
            asset,
            tags,
            environment,
            owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::Account;

    #[test]
    fn a_tag_beats_the_account_and_silence_means_production() {
        let text = "[[accounts]]\nid = \"111122223333\"\nenvironment = \"dev\"\nowner = \"data@acme.com\"\n";
        let config = Config::parse(text, Path::new("sixfold.toml")).unwrap();
        let subject = |account: &str, tags: &[(&str, &str)]| {
            let asset = Asset {
                account: Account::try_from(account.to_owned()).unwrap(),
                region: "us-east-1".into(),
                bucket: "b".into(),
            };
            config.subject(
                asset,
                tags.iter()
                    .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            )
        };
        for (account, tags, name, production, owner) in [
            ("111122223333", &[][..], "dev", false, "data@acme.com"),
            (
                "111122223333",
                &[("Env", "prod"), ("owner", "web@acme.com")],
                "prod",
                true,
                "web@acme.com",
            ),
            (
                "999900001111",
                &[("env", "Staging")],
                "Staging",
                false,
                "unassigned",
            ),
            (
                "999900001111",
                &[("env", "unheard-of")],
                "unheard-of",
                true,
                "unassigned",
            ),
            ("999900001111", &[("env", " ")], "prod", true, "unassigned"),
        ] {
            let subject = subject(account, tags);
            assert_eq!(
                (
                    subject.environment.name.as_str(),
                    subject.environment.production
                ),
                (name, production)
            );
            assert_eq!(subject.owner.contact, owner);
        }
    }
}
