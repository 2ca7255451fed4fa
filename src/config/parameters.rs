//! What only the organisation knows, and rules ask for: values for every bucket, for the buckets of
//! one environment, and for those of one account.
//!
//! An account's value counts before an environment's, and that before the general one. A value takes
//! the other's place whole: lists and tables are not mixed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use toml::Spanned;

use super::{Config, ConfigFault, fault::line_at};
use crate::domain::Subject;

/// Parameters that follow from what stands elsewhere in the config, so that it is said only once.
const FOLLOWING: [(&str, &str); 2] = [
    ("environment_tags", "`tags` under [environments]"),
    ("owner_tags", "`tags` under [owners]"),
];

/// One table of parameters as it is typed.
pub type Typed = BTreeMap<String, Spanned<Value>>;

/// Parameters by name, each with the place where it was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(BTreeMap<String, Given>);

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    pub value: Value,
    /// In the config file, from 1; none where a program set it.
    pub line: Option<usize>,
    /// `parameters.kms_key`
    pub key: String,
}

impl Parameters {
    /// `table` is how the file names it, `parameters` for one.
    pub(super) fn typed(typed: Typed, table: &str, text: &str) -> Self {
        let given = |(name, spanned): (String, Spanned<Value>)| {
            let given = Given {
                line: Some(line_at(text, spanned.span().start)),
                key: format!("{table}.{name}"),
                value: spanned.into_inner(),
            };
            (name, given)
        };
        Self(typed.into_iter().map(given).collect())
    }

    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        let key = name.clone();
        let line = None;
        self.0.insert(name, Given { value, line, key });
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.0.iter().map(|(name, given)| (name.as_str(), given))
    }
}

impl Config {
    /// The parameters of one bucket. Unknown environment means production here too: its name is then
    /// `prod`.
    pub fn parameters_of(&self, subject: &Subject) -> BTreeMap<String, Value> {
        let environment = subject.environment.name.to_lowercase();
        let account = self.accounts.get(&subject.asset.account);
        let layers = [
            Some(&self.parameters),
            self.environment_parameters.get(&environment),
            account.map(|account| &account.parameters),
        ];
        let following = [json!(self.environments.tags), json!(self.owners.tags)];
        let following = FOLLOWING.iter().zip(following);
        let mut effective: BTreeMap<String, Value> = following
            .map(|((name, _), value)| ((*name).to_owned(), value))
            .collect();
        for (name, given) in layers.into_iter().flatten().flat_map(Parameters::iter) {
            effective.insert(name.to_owned(), given.value.clone());
        }
        effective
    }

    /// Everything that was given, wherever it counts.
    pub fn given_parameters(&self) -> impl Iterator<Item = (&str, &Given)> {
        let accounts = self.accounts.values().map(|account| &account.parameters);
        std::iter::once(&self.parameters)
            .chain(self.environment_parameters.values())
            .chain(accounts)
            .flat_map(Parameters::iter)
    }

    /// What is wrong with a parameter, at its place in the file.
    pub fn parameter_fault(&self, given: &Given, message: impl Into<String>) -> ConfigFault {
        ConfigFault {
            path: self.file.clone(),
            line: given.line,
            key: Some(given.key.clone()),
            message: message.into(),
        }
    }

    /// The first parameter that is not to be set, since it follows from something else.
    pub(super) fn check_following(&self) -> Result<(), ConfigFault> {
        let follows = |name: &str| FOLLOWING.iter().find(|(following, _)| *following == name);
        let found = self
            .given_parameters()
            .find_map(|(name, given)| Some((given, follows(name)?)));
        match found {
            None => Ok(()),
            Some((given, (_, source))) => {
                let message = format!("it follows from {source}: set it there");
                Err(self.parameter_fault(given, message))
            }
        }
    }
}

/// Whether a parameter follows from what stands elsewhere in the config.
pub fn follows(name: &str) -> bool {
    FOLLOWING.iter().any(|(following, _)| *following == name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::{Account, Asset, Tags};

    fn config(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("sixfold.toml")).map_err(|fault| fault.to_string())
    }

    const LAYERS: &str = r#"
[parameters]
kms_key = "general"
days = 30
log_bucket = "logs"

[parameters_in.Prod]
kms_key = "prod"
days = 365

[[accounts]]
id = "111122223333"
parameters = { kms_key = "account" }
"#;

    #[test]
    fn an_account_counts_before_an_environment_and_that_before_the_rest() {
        let config = config(LAYERS).unwrap();
        let of = |account: &str, env: &str| {
            let asset = Asset::bucket(
                Account::try_from(account.to_owned()).unwrap(),
                "us-east-1",
                "b",
            );
            let tags = Tags::from([("env".to_owned(), env.to_owned())]);
            let mut values = config.parameters_of(&config.subject(asset, Some(tags)));
            values.retain(|name, _| !follows(name));
            json!(values)
        };
        let dev = json!({"kms_key": "general", "days": 30, "log_bucket": "logs"});
        let prod = json!({"kms_key": "prod", "days": 365, "log_bucket": "logs"});
        let account = json!({"kms_key": "account", "days": 365, "log_bucket": "logs"});
        assert_eq!(of("999900001111", "dev"), dev);
        assert_eq!(of("999900001111", "PROD"), prod);
        // Nothing known is production, and so are its parameters.
        assert_eq!(of("999900001111", ""), prod);
        assert_eq!(of("111122223333", "prod"), account);
    }

    #[test]
    fn the_tags_that_tell_environment_and_owner_reach_the_rules() {
        let text = "[environments]\ntags = [\"Stage\"]\n";
        let config = config(text).unwrap();
        let asset = Asset::bucket(
            Account::try_from("111122223333".to_owned()).unwrap(),
            "us-east-1",
            "b",
        );
        let values = config.parameters_of(&config.subject(asset, None));
        assert_eq!(values["environment_tags"], json!(["Stage"]));
        assert_eq!(values["owner_tags"], json!(["owner"]));
    }

    #[test]
    fn what_can_not_be_is_refused_at_its_place() {
        for (text, told) in [
            (
                "[parameters]\n\nowner_tags = [\"x\"]\n",
                "sixfold.toml:3: parameters.owner_tags: it follows from `tags` under [owners]",
            ),
            (
                "[parameters_in.prod]\na = 1\n[parameters_in.PROD]\na = 2\n",
                "sixfold.toml:3: parameters_in.PROD: environments are told apart ignoring case",
            ),
            (
                "[[accounts]]\nid = \"111122223333\"\n[[accounts]]\nid = \"111122223333\"\n",
                "sixfold.toml:4: accounts.id: account 111122223333 is there twice",
            ),
        ] {
            let fault = config(text).unwrap_err();
            assert!(fault.starts_with(told), "{fault}");
        }
    }
}
