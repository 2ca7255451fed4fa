//! What a bucket's tags and its account say about environment and owner.

use super::{AccountFacts, Config};
use crate::domain::{Asset, Environment, Owner, Scope, Subject, Tags};

/// The values of the tags of these keys, ignoring the keys' case; an empty value counts as none.
fn values<'a>(tags: &'a Tags, keys: &'a [String]) -> impl Iterator<Item = &'a str> {
    keys.iter().flat_map(|wanted| {
        let found = tags
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(wanted));
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    })
}

/// The team in a contact, which may be an address.
fn team(contact: &str) -> &str {
    contact.split('@').next().unwrap_or(contact).trim()
}

impl Config {
    /// A bucket with its environment and owner, by its tags as they were read; none when they could
    /// not be.
    ///
    /// A tag beats the account map, and of several tags one that says production wins. Nothing known
    /// means production, and so do tags that could not be read, whatever the account map says. The
    /// account itself has no tags, so the map alone speaks for it.
    pub fn subject(&self, asset: Asset, tags: Option<Tags>) -> Subject {
        let tags = match asset.scope() {
            Scope::Bucket => tags,
            Scope::Account => Some(Tags::new()),
        };
        let account = self.accounts.get(&asset.account);
        let environment = self.environment(account, tags.as_ref());
        let tags = tags.unwrap_or_default();
        // `@acme.com` names nobody.
        let tagged = values(&tags, &self.owners.tags)
            .find(|contact| !team(contact).is_empty())
            .map(|contact| (contact.to_owned(), "tag owner"));
        let mapped = || {
            account?
                .owner
                .clone()
                .map(|contact| (contact, "account map"))
        };
        let (contact, from) = tagged
            .or_else(mapped)
            .unwrap_or_else(|| (self.owners.default.clone(), "default"));
        let team = team(&contact).to_owned();
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

    fn environment(&self, account: Option<&AccountFacts>, tags: Option<&Tags>) -> Environment {
        let production = |name: &str| !self.environments.other.contains(&name.to_lowercase());
        let Some(tags) = tags else {
            return Environment {
                name: "prod".to_owned(),
                production: true,
                from: "unreadable tags".to_owned(),
            };
        };
        let named: Vec<&str> = values(tags, &self.environments.tags).collect();
        let tagged = named.iter().find(|name| production(name)).or(named.first());
        let tagged = tagged.map(|name| ((*name).to_owned(), "tag env"));
        let mapped = || {
            account?
                .environment
                .clone()
                .map(|name| (name, "account map"))
        };
        let (name, from) = tagged
            .or_else(mapped)
            .unwrap_or_else(|| ("prod".to_owned(), "unknown"));
        let production = production(&name);
        Environment {
            name,
            production,
            from: from.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::Account;

    #[test]
    fn tags_that_disagree_or_could_not_be_read_mean_production() {
        let text = "[[accounts]]\nid = \"111122223333\"\nenvironment = \"dev\"\n";
        let config = Config::parse(text, Path::new("sixfold.toml")).unwrap();
        let asset = Asset::bucket(
            Account::try_from("111122223333".to_owned()).unwrap(),
            "us-east-1",
            "b",
        );
        assert!(config.subject(asset.clone(), None).environment.production);
        let tags = [("Env", "dev"), ("environment", "prod")];
        let tags = tags
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let environment = config.subject(asset, Some(tags)).environment;
        assert_eq!(
            (environment.name.as_str(), environment.production),
            ("prod", true)
        );
    }

    #[test]
    fn a_tag_beats_the_account_and_silence_means_production() {
        let text = "[[accounts]]\nid = \"111122223333\"\nenvironment = \"dev\"\nowner = \"data@acme.com\"\n";
        let config = Config::parse(text, Path::new("sixfold.toml")).unwrap();
        let subject = |account: &str, tags: &[(&str, &str)]| {
            let asset = Asset::bucket(
                Account::try_from(account.to_owned()).unwrap(),
                "us-east-1",
                "b",
            );
            config.subject(
                asset,
                Some(
                    tags.iter()
                        .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                        .collect(),
                ),
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
            (
                "111122223333",
                &[("owner", "@acme.com")],
                "dev",
                false,
                "data@acme.com",
            ),
            (
                "999900001111",
                &[("owner", "@acme.com"), ("Owner", "web")],
                "prod",
                true,
                "web",
            ),
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
