//! Who is told how a change ended: webhooks in three shapes, mail, and a pager for what nobody decides.
//!
//! What is a password here (a webhook's address, a signing secret, a routing key) comes from the
//! environment or a file of its own, or is kept as a [`Secret`], which never shows.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigFault, Secret, address, values::channel};
use crate::channels::COMPLIANCE_LOG;

/// The name under which the pager stands in the ledger.
pub const PAGERDUTY: &str = "pagerduty";

/// Where [Events API v2](https://developer.pagerduty.com/docs/events-api-v2/trigger-events/) listens.
const PAGERDUTY_URL: &str = "https://events.pagerduty.com/v2/enqueue";

#[derive(Clone, Debug)]
pub struct Channels {
    /// The name in the alert box, such as `#compliance-audit`.
    pub audit: String,
    pub webhooks: Vec<Webhook>,
    pub email: Vec<Email>,
    pub pagerduty: Option<PagerDuty>,
}

#[derive(Clone, Debug)]
pub struct Webhook {
    pub name: String,
    pub kind: WebhookKind,
    pub url: Secret,
    /// Approval requests go here too.
    pub approvals: bool,
}

/// The shape of what is posted.
#[derive(Clone, Debug)]
pub enum WebhookKind {
    /// The box, and the ledger's number and hash below it. The default.
    Plain,
    /// For a [Slack incoming webhook](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
    Slack,
    /// [Standard Webhooks 1.0.0](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
    /// signed with each of these keys; while keys are changed there are two.
    Standard(Vec<SigningKey>),
}

/// 24 to 64 bytes that sender and receiver share.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// From `whsec_…`, base64 after the prefix. The error never quotes it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let encoded = text
            .trim()
            .strip_prefix("whsec_")
            .ok_or("a signing secret begins with whsec_")?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| "what stands behind whsec_ is not base64")?;
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err("a signing secret has 24 to 64 bytes")
        }
    }

    /// The key itself, for the one place that signs.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Mail over SMTP.
#[derive(Clone, Debug)]
pub struct Email {
    pub name: String,
    pub server: String,
    pub port: u16,
    pub tls: MailTls,
    /// User and password, where the server wants them.
    pub login: Option<(String, Secret)>,
    pub from: String,
    pub to: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// The connection becomes an encrypted one before anything is said, or ends. Port 587, the default.
    #[default]
    Starttls,
    /// Encrypted from its first byte. Port 465.
    Tls,
    /// Not at all, and only to 127.0.0.1. Port 25.
    Off,
}

/// A pager, for what people were asked and did not answer.
#[derive(Clone, Debug)]
pub struct PagerDuty {
    pub routing_key: Secret,
    pub url: String,
    /// Rounds of asking that may pass without a decision before somebody is paged.
    pub after_rounds: u32,
}

/// `[channels]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelsTable {
    audit: Option<String>,
}

/// What of the file is about channels.
pub struct Tables {
    pub channels: ChannelsTable,
    pub webhooks: Vec<Spanned<WebhookTable>>,
    pub email: Vec<Spanned<EmailTable>>,
    pub pagerduty: Option<Spanned<PagerDutyTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookTable {
    #[serde(deserialize_with = "channel")]
    name: String,
    #[serde(default)]
    kind: KindWord,
    url: Option<Secret>,
    url_env: Option<String>,
    secret_env: Option<OneOrMany>,
    secret_file: Option<PathBuf>,
    #[serde(default)]
    approvals: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    #[default]
    Plain,
    Slack,
    Standard,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailTable {
    #[serde(deserialize_with = "channel")]
    name: String,
    server: String,
    port: Option<u16>,
    #[serde(default)]
    tls: MailTls,
    user: Option<String>,
    password_env: Option<String>,
    from: String,
    to: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagerDutyTable {
    routing_key_env: String,
    url: Option<String>,
    after_rounds: Option<u32>,
}

/// The file's text and path, for faults, and the folder at which relative paths begin.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub text: &'a str,
    pub path: &'a Path,
    pub base: &'a Path,
}

impl Tables {
    pub fn resolve(self, place: Place<'_>) -> Result<Channels, ConfigFault> {
        let mut names = BTreeSet::from([COMPLIANCE_LOG.to_owned(), PAGERDUTY.to_owned()]);
        let mut webhooks = Vec::new();
        let mut email = Vec::new();
        let at = |start: usize, key: &str, message: String| {
            ConfigFault::at(place.path, place.text, start, key, message)
        };
        for table in self.webhooks {
            let start = table.span().start;
            let table = table.into_inner();
            let name = table.name.clone();
            let of = |why: String| at(start, "webhooks", format!("webhook `{name}`: {why}"));
            if !names.insert(name.clone()) {
                return Err(of(TWICE.to_owned()));
            }
            webhooks.push(table.resolve(place.base).map_err(of)?);
        }
        for table in self.email {
            let start = table.span().start;
            let table = table.into_inner();
            let name = table.name.clone();
            let of = |why: String| at(start, "email", format!("email `{name}`: {why}"));
            if !names.insert(name.clone()) {
                return Err(of(TWICE.to_owned()));
            }
            email.push(table.resolve().map_err(of)?);
        }
        let pagerduty = self.pagerduty.map(|table| {
            let start = table.span().start;
            let resolved = table.into_inner().resolve();
            resolved.map_err(|why| at(start, PAGERDUTY, why))
        });
        Ok(Channels {
            audit: self
                .channels
                .audit
                .unwrap_or_else(|| "#compliance-audit".to_owned()),
            webhooks,
            email,
            pagerduty: pagerduty.transpose()?,
        })
    }
}

const TWICE: &str = "another channel has this name already";

fn variable(name: &str, key: &str) -> Result<String, String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| format!("the environment variable `{name}` ({key}) is not set"))
}

impl WebhookTable {
    fn resolve(self, base: &Path) -> Result<Webhook, String> {
        let url = match (&self.url, &self.url_env) {
            (Some(url), None) => url.clone(),
            (None, Some(name)) => Secret::new(variable(name, "url_env")?),
            _ => return Err("either `url` or `url_env` is wanted".to_owned()),
        };
        if let Some(why) = address::fault(url.reveal()) {
            return Err(why.to_owned());
        }
        let keys = self.keys(base)?;
        let kind = match (self.kind, keys.is_empty()) {
            (KindWord::Plain, true) => WebhookKind::Plain,
            (KindWord::Slack, true) => WebhookKind::Slack,
            (KindWord::Standard, false) => WebhookKind::Standard(keys),
            (KindWord::Standard, true) => {
                return Err("kind = \"standard\" needs `secret_env` or `secret_file`".to_owned());
            }
            (KindWord::Plain | KindWord::Slack, false) => {
                return Err("only kind = \"standard\" is signed with a secret".to_owned());
            }
        };
        Ok(Webhook {
            name: self.name,
            kind,
            url,
            approvals: self.approvals,
        })
    }

    fn keys(&self, base: &Path) -> Result<Vec<SigningKey>, String> {
        let mut keys = Vec::new();
        let names = match &self.secret_env {
            None => &[][..],
            Some(OneOrMany::One(name)) => std::slice::from_ref(name),
            Some(OneOrMany::Many(names)) => names,
        };
        for name in names {
            let key = SigningKey::parse(&variable(name, "secret_env")?);
            keys.push(key.map_err(|why| format!("`{name}` (secret_env): {why}"))?);
        }
        if let Some(file) = &self.secret_file {
            let path = base.join(file);
            let wrong = |why: &str| format!("{} (secret_file): {why}", path.display());
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error.to_string()))?;
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            for line in lines {
                keys.push(SigningKey::parse(line).map_err(wrong)?);
            }
            if keys.is_empty() {
                return Err(wrong("there is no secret in it"));
            }
        }
        Ok(keys)
    }
}

impl EmailTable {
    fn resolve(self) -> Result<Email, String> {
        if let Some(why) = address::server_fault(&self.server) {
            return Err(why.to_owned());
        }
        if self.tls == MailTls::Off && self.server != "127.0.0.1" {
            return Err("tls = \"off\" is for 127.0.0.1 only".to_owned());
        }
        let login = match (self.user, self.password_env) {
            (Some(user), Some(name)) => Some((user, Secret::new(variable(&name, "password_env")?))),
            (None, None) => None,
            _ => return Err("`user` and `password_env` go together".to_owned()),
        };
        if self.to.is_empty() {
            return Err("`to` names nobody".to_owned());
        }
        let wrong = std::iter::once(&self.from)
            .chain(&self.to)
            .find(|text| !is_mailbox(text));
        if let Some(wrong) = wrong {
            return Err(format!(
                "`{wrong}` is not a mail address: `audit@acme.com` is wanted"
            ));
        }
        let usual = match self.tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::Off => 25,
        };
        Ok(Email {
            name: self.name,
            server: self.server,
            port: self.port.unwrap_or(usual),
            tls: self.tls,
            login,
            from: self.from,
            to: self.to,
        })
    }
}

/// `local@host`, without the parts that only people read and without anything that a header could
/// mistake for structure.
fn is_mailbox(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && !"<>()[],;:\\\"@".contains(c);
    text.split_once('@').is_some_and(|(local, host)| {
        let parts = [local, host];
        parts
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(fits))
    })
}

impl PagerDutyTable {
    fn resolve(self) -> Result<PagerDuty, String> {
        let url = self.url.unwrap_or_else(|| PAGERDUTY_URL.to_owned());
        if let Some(why) = address::fault(&url) {
            return Err(why.to_owned());
        }
        let after_rounds = match self.after_rounds {
            Some(0) => return Err("`after_rounds` is 1 or more".to_owned()),
            given => given.unwrap_or(2),
        };
        Ok(PagerDuty {
            routing_key: Secret::new(variable(&self.routing_key_env, "routing_key_env")?),
            url,
            after_rounds,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn fault(text: &str) -> String {
        Config::parse(text, Path::new("sixfold.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_can_not_be_a_channel_is_refused_at_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "whsec_c2hvcnQ=\n").unwrap();
        let hook = "\n[[webhooks]]\nname = \"x\"\nurl = \"https://hooks.example/SECRET\"\n";
        let mail = "\n[[email]]\nname = \"x\"\nserver = \"smtp.example\"\nfrom = \"a@b.c\"\n";
        let short = format!(
            "{hook}kind = \"standard\"\nsecret_file = {:?}\n",
            file.path()
        );
        for (text, told) in [
            (
                "\n[[webhooks]]\nname = \"x\"\nurl = \"https://169.254.169.254/SECRET\"\n"
                    .to_owned(),
                "sixfold.toml:2: webhooks: webhook `x`: nothing is sent to link-local",
            ),
            (
                "\n[[webhooks]]\nname = \"x\"\nurl = \"http://127.0.0.1@evil.example/SECRET\"\n"
                    .to_owned(),
                "sixfold.toml:2: webhooks: webhook `x`: its url must begin with https://",
            ),
            (
                format!("{hook}kind = \"standard\"\n"),
                "sixfold.toml:2: webhooks: webhook `x`: kind = \"standard\" needs",
            ),
            (
                format!("{hook}kind = \"slack\"\nsecret_env = \"PATH\"\n"),
                "sixfold.toml:2: webhooks: webhook `x`: `PATH` (secret_env): a signing secret begins with whsec_",
            ),
            (short, "sixfold.toml:2: webhooks: webhook `x`: "),
            (
                format!("{hook}{hook}"),
                "sixfold.toml:6: webhooks: webhook `x`: another channel has this name already",
            ),
            (
                hook.replace("\"x\"", "\"pagerduty\""),
                "sixfold.toml:2: webhooks: webhook `pagerduty`: another channel has this name",
            ),
            (
                format!("{mail}to = []\n"),
                "sixfold.toml:2: email: email `x`: `to` names nobody",
            ),
            (
                format!("{mail}to = [\"b@c.d\\nBcc: e@f.g\"]\n"),
                "sixfold.toml:2: email: email `x`: `b@c.d\nBcc: e@f.g` is not a mail address",
            ),
            (
                format!("{mail}to = [\"b@c.d\"]\ntls = \"off\"\n"),
                "sixfold.toml:2: email: email `x`: tls = \"off\" is for 127.0.0.1 only",
            ),
            (
                format!("{mail}to = [\"b@c.d\"]\nuser = \"u\"\n"),
                "sixfold.toml:2: email: email `x`: `user` and `password_env` go together",
            ),
            (
                "\n[pagerduty]\nrouting_key_env = \"SIXFOLD_NO_SUCH_VARIABLE\"\n".to_owned(),
                "sixfold.toml:2: pagerduty: the environment variable `SIXFOLD_NO_SUCH_VARIABLE`",
            ),
        ] {
            let fault = fault(&text);
            assert!(fault.starts_with(told), "{fault}");
            assert!(!fault.contains("SECRET"), "{fault}");
            assert!(!fault.contains("c2hvcnQ"), "{fault}");
        }
    }

    #[test]
    fn a_signing_secret_never_shows_and_has_its_length() {
        let key = SigningKey::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        assert_eq!(key.reveal().len(), 24);
        assert_eq!(format!("{key:?}"), "[secret]");
        let of = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for (length, good) in [(23, false), (24, true), (64, true), (65, false)] {
            assert_eq!(SigningKey::parse(&of(length)).is_ok(), good, "{length}");
        }
        assert!(SigningKey::parse("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").is_err());
    }

    #[test]
    fn a_file_may_hold_the_new_and_the_old_secret() {
        let folder = tempfile::tempdir().unwrap();
        let [new, old] = [1, 2].map(|byte| format!("whsec_{}", STANDARD.encode([byte; 32])));
        std::fs::write(folder.path().join("secrets"), format!("{new}\n\n{old}\n")).unwrap();
        let text = "[[webhooks]]\nname = \"x\"\nkind = \"standard\"\nurl = \"https://hooks.example/\"\nsecret_file = \"secrets\"\n";
        let config = Config::parse(text, &folder.path().join("sixfold.toml")).unwrap();
        let WebhookKind::Standard(keys) = &config.channels.webhooks[0].kind else {
            panic!("{:?}", config.channels);
        };
        let keys: Vec<_> = keys.iter().map(|key| key.reveal()[0]).collect();
        assert_eq!(keys, [1, 2]);
    }
}
