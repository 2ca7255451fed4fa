//! What the user set, in two layers: [`File`](file::File) is what was typed in `sixfold.toml`,
//! [`Config`] is what is meant, with every default filled in. Only the second is known elsewhere.
//!
//! A wrong file is refused with file, line and key before anything starts.

mod accounts;
mod address;
mod changes;
mod channels;
mod consent;
mod door;
mod exceptions;
mod fault;
mod file;
mod infer;
mod keys;
mod listed;
mod parameters;
mod people;
mod phone;
mod source;
mod ssh_key;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use accounts::{AccountFacts, Members, Role, Way};
pub use address::forbidden;
pub use channels::{
    Channels, Email, MailTls, PAGERDUTY, PagerDuty, SigningKey, Webhook, WebhookKind,
};
pub use consent::Strict;
pub use door::Door;
pub use exceptions::Exceptions;
pub use fault::ConfigFault;
pub(crate) use file::state_home;
pub use keys::OwnKeys;
pub use parameters::{Given, Parameters, follows};
pub use people::{People, Person};
pub use phone::{Line, Phone};
pub use ssh_key::{SshKey, SshKeyError};

use crate::domain::Account;

/// The commented file that `sixfold init` writes. A test holds it against the defaults.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Whether the room may write at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Tickets and plans; nothing is written anywhere but in the state directory. The default.
    Observe,
    /// The whole chain runs.
    Enforce,
}

impl Mode {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

/// Everything, resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it was read from.
    pub file: PathBuf,
    /// As it was typed.
    source: Secret,
    /// A name for this estate, shown on every screen.
    pub estate: String,
    pub mode: Mode,
    /// Holds `ledger/`, `views/` and `compliance.log`.
    pub state: PathBuf,
    pub door: Door,
    pub cloud: Cloud,
    pub vault: Option<Vault>,
    pub approval: Approval,
    pub exceptions: Exceptions,
    pub environments: Environments,
    pub owners: Owners,
    pub accounts: BTreeMap<Account, AccountFacts>,
    /// How accounts other than the room's own are reached, where they are.
    pub members: Option<Members>,
    pub scan: Scan,
    pub verify: Verify,
    pub breaker: Breaker,
    pub rules: Rules,
    /// What only the organisation knows: KMS key, log bucket, mandatory tags. What counts for one
    /// bucket is [`Config::parameters_of`].
    pub parameters: Parameters,
    /// By the environment's name in lower case.
    pub environment_parameters: BTreeMap<String, Parameters>,
    pub people: People,
    /// How people are asked on their phones, where they are.
    pub phone: Option<Phone>,
    pub channels: Channels,
    /// Those of the file, until a room has their secrets read.
    unread: Box<channels::Tables>,
    /// The number of the year's first change, for those who move from another tracker.
    pub first_change: u64,
    /// Other keys for the screen, in the file's order.
    pub keys: Vec<OwnKeys>,
}

/// How S3 is reached.
#[derive(Clone, Debug)]
pub struct Cloud {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub role: Option<AssumedRole>,
    pub endpoint_url: Option<String>,
    pub force_path_style: bool,
    /// Asked from STS where it isn't given.
    pub account: Option<Account>,
    /// Fixed keys, for the embedded S3 only; a config file can't hold any.
    pub static_keys: Option<(String, String)>,
    /// Ceiling for calls to one region of one account.
    pub calls_per_second: f64,
    /// Buckets of one account that are read at one time.
    pub in_flight: usize,
}

impl Cloud {
    /// Who was asked, for whoever is told that nothing answered.
    pub fn asked(&self, service: &str) -> String {
        self.endpoint_url.as_ref().map_or_else(
            || format!("{service} was asked"),
            |url| format!("{url} was asked, as `endpoint_url` under [cloud] says"),
        )
    }
}

#[derive(Clone, Debug)]
pub struct AssumedRole {
    pub arn: String,
    pub external_id: Option<String>,
}

/// Where the state before every fix is kept.
#[derive(Clone, Debug)]
pub struct Vault {
    pub bucket: String,
    pub region: Option<String>,
    /// How long a revert is offered.
    pub retention_days: u32,
    /// The vault's account and who writes there, where it is not the room's own.
    pub keeper: Option<Keeper>,
}

/// A role in another account that keeps the vault.
#[derive(Clone, Debug)]
pub struct Keeper {
    pub account: Account,
    pub role: Role,
    pub external_id: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Approval {
    /// Asked besides the owner's team.
    pub asked: Vec<String>,
    /// Asked instead in round 1, 2 and so on; the last ones in every later round. Empty: `asked` always.
    pub escalation: Vec<Vec<String>>,
    /// How long one request stands.
    pub window: Duration,
    /// How long a denial or a revert keeps the rule off the bucket.
    pub exception: Duration,
    /// Where it takes more than one person's right to decide.
    pub strict: Vec<Strict>,
    /// Which hazards have a plan wait for a person outside production too.
    pub hazards: AskOnHazards,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskOnHazards {
    /// None: they are shown, and outside production the fix runs. The default.
    #[default]
    Off,
    High,
}

/// What is not production. Everything else is, and so is whatever has no tag.
#[derive(Clone, Debug)]
pub struct Environments {
    /// Tag keys that are looked at, in order, ignoring case.
    pub tags: Vec<String>,
    pub other: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub struct Owners {
    pub tags: Vec<String>,
    pub default: String,
}

#[derive(Clone, Debug)]
pub struct Scan {
    /// From the end of one pass to the start of the next.
    pub pause: Duration,
}

#[derive(Clone, Debug)]
pub struct Verify {
    /// The first wait between reads; the later ones grow from it.
    pub first: Duration,
    /// How far apart the two equal reads must be.
    pub gap: Duration,
    pub deadline: Duration,
}

#[derive(Clone, Debug)]
pub struct Breaker {
    pub fixes_per_hour: usize,
    pub halts_in_a_row: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub directory: Option<PathBuf>,
    pub disabled: BTreeSet<String>,
}

impl Approval {
    /// Whom a round asks, from 1.
    pub fn asked_in(&self, round: u32) -> &[String] {
        let at = usize::try_from(round.saturating_sub(1)).unwrap_or(usize::MAX);
        let round = self.escalation.get(at).or(self.escalation.last());
        round.unwrap_or(&self.asked)
    }
}

/// A value that never appears in logs, errors or debug output: a webhook's URL is its password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Config {
    /// The room's socket.
    pub fn socket(&self) -> PathBuf {
        let own = self.door.socket.clone();
        own.unwrap_or_else(|| self.state.join("room.sock"))
    }

    /// Reads and resolves a file.
    pub fn load(path: &Path) -> Result<Self, ConfigFault> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigFault::unreadable(path, &error))?;
        Self::parse(&text, path)
    }

    /// Resolves a file's text; `path` is for messages, and relative paths in it start at its folder.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigFault> {
        file::File::parse(text, path)?.resolve(text, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_observes_and_writes_nothing() {
        let config = Config::parse("", Path::new("sixfold.toml")).unwrap();
        assert_eq!(config.mode, Mode::Observe);
        assert!(config.vault.is_none());
        assert_eq!(config.first_change, 1);
    }

    #[test]
    fn the_template_says_what_the_defaults_are() {
        let template = Config::parse(TEMPLATE, Path::new("sixfold.toml")).unwrap();
        let nothing = Config::parse("", Path::new("sixfold.toml")).unwrap();
        assert_eq!(format!("{template:?}"), format!("{nothing:?}"));
    }

    #[test]
    fn the_template_with_every_line_switched_on_is_understood() {
        let on: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        let mut config = Config::parse(&on, Path::new("sixfold.toml")).unwrap();
        config.read_secrets().unwrap();
        assert_eq!(config.vault.unwrap().bucket, "acme-rollback-vault");
        assert_eq!(config.channels.webhooks.len(), 1);
        assert_eq!(config.phone.unwrap().reasons.len(), 2);
    }

    #[test]
    fn a_mistake_is_named_by_file_line_and_key() {
        for (text, wanted) in [
            ("mode = \"on\"\n", "sixfold.toml:1: mode:"),
            (
                "\n[approval]\nwindow = \"soon\"\n",
                "sixfold.toml:3: window:",
            ),
            ("[vault]\nbuckte = \"x\"\n", "sixfold.toml:2: buckte:"),
            ("[approval]\nwindow = \"0s\"\n", "sixfold.toml:2: window:"),
            (
                "[approval]\nhazards = \"all\"\n",
                "sixfold.toml:2: hazards: unknown variant `all`, expected `off` or `high`",
            ),
            ("[[webhooks]]\nname = \"\"\n", "sixfold.toml:2: name:"),
            (
                "[[webhooks]]\nname = \"compliance-log\"\n",
                "sixfold.toml:2: name:",
            ),
            ("[cloud]\naccount = \"12\"\n", "sixfold.toml:2: account:"),
            (
                "[keys]\napprove = 7\n",
                "sixfold.toml:2: approve: a key such as \"x\"",
            ),
            (
                "[exceptions]\nlongest = \"1s\"\n",
                "sixfold.toml:2: longest:",
            ),
            (
                "[exceptions]\nreminder = \"7d\"\n",
                "sixfold.toml:2: reminder:",
            ),
            ("mode = \n", "sixfold.toml:1:"),
            (
                "[[approval.strict]]\npeople = 0\n",
                "sixfold.toml:2: people: 1 to 5 people are wanted",
            ),
            ("[[people]]\nname = \"policy\"\n", "sixfold.toml:2: name:"),
            (
                "[[people]]\nname = \"nina\"\ntopic = \"no topic\"\n",
                "sixfold.toml:3: topic: this is not a topic",
            ),
            (
                "[[people]]\nname = \"nina\"\ntopic_env = \"TOPIC\"\n",
                "sixfold.toml: nina has a topic, but there is no [phone]",
            ),
            (
                "[phone]\nserver = \"http://ntfy.example.com\"\n",
                "sixfold.toml:2: server: the address of a server is wanted",
            ),
            (
                "[phone]\nserver = \"https://me:secret@ntfy.example.com\"\n",
                "sixfold.toml:2: server: the address of a server is wanted",
            ),
            (
                "[phone]\nserver = \"https://ntfy.example.com\"\nreply_topic = \"r\"\n",
                "sixfold.toml: [phone]: either `publish_token_env` or `publish_token_file`",
            ),
            (
                "[phone]\nreasons = [\"maintenance\", \"maintenance\"]\n",
                "sixfold.toml:2: reasons: at most 2 different reasons",
            ),
            (
                "[phone]\nreasons = [\"because\"]\n",
                "sixfold.toml:2: reasons: unknown variant `because`",
            ),
            (
                "[phone]\npushes_per_hour = 0\n",
                "sixfold.toml:2: pushes_per_hour:",
            ),
            (
                "[approval]\nasked = [\"a\"]\nescalation = [[\"b\"]]\n",
                "sixfold.toml: [approval]: `asked` and `escalation`",
            ),
            (
                "[approval]\nescalation = [[]]\n",
                "sixfold.toml: [approval]: a round of `escalation` asks nobody",
            ),
            (
                "[[people]]\nname = \"nina\"\nkeys = [\"ssh-dss AAAA\"]\n",
                "sixfold.toml:3: keys: `ssh-dss` is no kind of key",
            ),
            (
                "[cloud]\ncalls_per_second = 0\n",
                "sixfold.toml:2: calls_per_second:",
            ),
        ] {
            let fault = Config::parse(text, Path::new("sixfold.toml"))
                .unwrap_err()
                .to_string();
            assert!(fault.starts_with(wanted), "{fault}");
        }
    }

    #[test]
    fn more_people_than_there_are_can_not_be_asked_to_agree() {
        let one = "[[approval.strict]]\npeople = 2\n[[people]]\nname = \"nina\"\n[[people]]\nname = \"aud\"\nrole = \"auditor\"\n";
        let fault = Config::parse(one, Path::new("sixfold.toml")).unwrap_err();
        assert!(
            fault.to_string().contains("asks for 2 people, and 1"),
            "{fault}"
        );
        let two = format!("{one}[[people]]\nname = \"ravi\"\n");
        Config::parse(&two, Path::new("sixfold.toml")).unwrap();
    }

    #[test]
    fn enforcing_without_a_vault_is_refused() {
        let fault = Config::parse("mode = \"enforce\"\n", Path::new("sixfold.toml")).unwrap_err();
        assert!(fault.to_string().contains("[vault]"), "{fault}");
    }

    #[test]
    fn a_webhooks_address_never_shows() {
        let text = "[[webhooks]]\nname = \"audit\"\nurl = \"https://hooks.example/T0/SECRET\"\n";
        let config = Config::parse(text, Path::new("sixfold.toml")).unwrap();
        assert!(!format!("{config:?}").contains("SECRET"));
    }
}
