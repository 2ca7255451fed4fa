//! Who is told how a change ended: webhooks in three shapes, mail, and a pager for what nobody decides.
//!
//! What is a password here (a webhook's address, a signing secret, a routing key) comes from the
//! environment or a file of its own, or is kept as a [`Secret`], which never shows. It is read when a room
//! starts ([`Config::read_secrets`](super::Config::read_secrets)); until then there are none of the channels
//! that the file names.

mod tables;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::Secret;
pub use tables::{ChannelsTable, EmailTable, PagerDutyTable, Place, Tables, WebhookTable};

/// The name under which the pager stands in the ledger.
pub const PAGERDUTY: &str = "pagerduty";

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

impl Webhook {
    /// What it is signed with.
    pub fn keys(&self) -> &[SigningKey] {
        match &self.kind {
            WebhookKind::Standard(keys) => keys,
            WebhookKind::Plain | WebhookKind::Slack => &[],
        }
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::config::{Config, ConfigFault};

    fn read(text: &str, path: &Path) -> Result<Config, ConfigFault> {
        let mut config = Config::parse(text, path)?;
        config.read_secrets()?;
        Ok(config)
    }

    fn fault(text: &str) -> String {
        read(text, Path::new("sixfold.toml"))
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
                format!("{hook}kind = \"standard\"\nsecret_env = \"PATH\"\n"),
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
                "sixfold.toml:2: email: email `x`: `user` and one of `password_env` and",
            ),
            (
                "\n[pagerduty]\nrouting_key_env = \"SIXFOLD_NO_SUCH_VARIABLE\"\n".to_owned(),
                "sixfold.toml:2: pagerduty: the environment variable `SIXFOLD_NO_SUCH_VARIABLE` (routing_key_env) is not set",
            ),
            (
                "\n[pagerduty]\nrouting_key_file = \"/no/such/file\"\n".to_owned(),
                "sixfold.toml:2: pagerduty: /no/such/file (routing_key_file) can't be read: No such file",
            ),
            (
                "\n[pagerduty]\nafter_rounds = 2\n".to_owned(),
                "sixfold.toml:2: pagerduty: either `routing_key_env` or `routing_key_file` is wanted",
            ),
            (
                hook.replace("url =", "url_env = \"X\"\nurl ="),
                "sixfold.toml:2: webhooks: webhook `x`: one of `url`, `url_env` and `url_file`",
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
        let config = read(text, &folder.path().join("sixfold.toml")).unwrap();
        let WebhookKind::Standard(keys) = &config.channels.webhooks[0].kind else {
            panic!("{:?}", config.channels);
        };
        let keys: Vec<_> = keys.iter().map(|key| key.reveal()[0]).collect();
        assert_eq!(keys, [1, 2]);
    }
    #[test]
    fn every_secret_may_be_in_a_file_of_its_own_and_is_read_only_for_a_room() {
        let text = "[[webhooks]]\nname = \"x\"\nurl_file = \"url\"\n\
             [[email]]\nname = \"y\"\nserver = \"smtp.example\"\nfrom = \"a@b.c\"\nto = [\"b@c.d\"]\n\
             user = \"u\"\npassword_file = \"password\"\n\
             [pagerduty]\nrouting_key_file = \"key\"\n";
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::parse(text, &folder.path().join("sixfold.toml")).unwrap();
        for (name, secret) in [
            ("url", "https://hooks.example/T0\n"),
            ("password", " with spaces \r\n"),
            ("key", "K0"),
        ] {
            std::fs::write(folder.path().join(name), secret).unwrap();
        }
        config.read_secrets().unwrap();
        let read = &config.channels;
        assert_eq!(read.webhooks[0].url.reveal(), "https://hooks.example/T0");
        let (user, password) = read.email[0].login.as_ref().unwrap();
        assert_eq!((&user[..], password.reveal()), ("u", " with spaces "));
        assert_eq!(read.pagerduty.as_ref().unwrap().routing_key.reveal(), "K0");
        // Another time there is nothing left to read.
        config.read_secrets().unwrap();
        assert_eq!(config.channels.webhooks.len(), 1);
    }
}
