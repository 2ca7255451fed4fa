//! The channels as they are typed, and what becomes of them: all that can be wrong without their secrets
//! is told when the file is read, the secrets themselves are read when a room starts.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Spanned;

use super::{Channels, Email, MailTls, PAGERDUTY, PagerDuty, SigningKey, Webhook, WebhookKind};
use crate::{
    channels::COMPLIANCE_LOG,
    config::{Config, ConfigFault, Secret, address, source::Source, values::channel},
};

/// Where [Events API v2](https://developer.pagerduty.com/docs/events-api-v2/trigger-events/) listens.
const PAGERDUTY_URL: &str = "https://events.pagerduty.com/v2/enqueue";

/// `[channels]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelsTable {
    audit: Option<String>,
}

impl ChannelsTable {
    /// Without the channels of the other tables, which have secrets.
    pub fn resolve(self) -> Channels {
        Channels {
            audit: self.audit.unwrap_or_else(|| "#compliance-audit".to_owned()),
            webhooks: Vec::new(),
            email: Vec::new(),
            pagerduty: None,
        }
    }
}

/// Channels whose secrets have not been read.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub webhooks: Vec<Spanned<WebhookTable>>,
    pub email: Vec<Spanned<EmailTable>>,
    pub pagerduty: Option<Spanned<PagerDutyTable>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookTable {
    #[serde(deserialize_with = "channel")]
    name: String,
    #[serde(default)]
    kind: KindWord,
    url: Option<Secret>,
    url_env: Option<String>,
    url_file: Option<PathBuf>,
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

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
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
    password_file: Option<PathBuf>,
    from: String,
    to: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagerDutyTable {
    routing_key_env: Option<String>,
    routing_key_file: Option<PathBuf>,
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

impl Config {
    /// Reads the secrets of the channels, and so has the channels. Whoever opens a room does this first.
    pub fn read_secrets(&mut self) -> Result<(), ConfigFault> {
        let place = Place {
            text: self.source.reveal(),
            path: &self.file,
            base: self.file.parent().unwrap_or(Path::new("")),
        };
        std::mem::take(&mut self.unread).read(place, &mut self.channels)
    }
}

impl Tables {
    /// What can be told before any secret is read.
    pub fn check(&self, place: Place<'_>) -> Result<(), ConfigFault> {
        let mut names = BTreeSet::from([COMPLIANCE_LOG, PAGERDUTY]);
        let mut once = |name| {
            let new = names.insert(name);
            new.then_some(())
                .ok_or_else(|| "another channel has this name already".to_owned())
        };
        for table in &self.webhooks {
            let hook = table.get_ref();
            let fits = once(&hook.name).and_then(|()| hook.check());
            fits.map_err(place.of_webhook(table))?;
        }
        for table in &self.email {
            let mail = table.get_ref();
            let fits = once(&mail.name).and_then(|()| mail.check());
            fits.map_err(place.of_email(table))?;
        }
        match &self.pagerduty {
            Some(table) => table.get_ref().check().map_err(place.of_pagerduty(table)),
            None => Ok(()),
        }
    }

    fn read(self, place: Place<'_>, channels: &mut Channels) -> Result<(), ConfigFault> {
        for table in &self.webhooks {
            let hook = table.get_ref().read(place.base);
            channels
                .webhooks
                .push(hook.map_err(place.of_webhook(table))?);
        }
        for table in &self.email {
            let mail = table.get_ref().read(place.base);
            channels.email.push(mail.map_err(place.of_email(table))?);
        }
        if let Some(table) = &self.pagerduty {
            let pager = table.get_ref().read(place.base);
            channels.pagerduty = Some(pager.map_err(place.of_pagerduty(table))?);
        }
        Ok(())
    }
}

impl<'a> Place<'a> {
    fn fault(self, start: usize, key: &str, message: String) -> ConfigFault {
        ConfigFault::at(self.path, self.text, start, key, message)
    }

    fn of_webhook(self, table: &'a Spanned<WebhookTable>) -> impl FnOnce(String) -> ConfigFault {
        let (start, name) = (table.span().start, &table.get_ref().name);
        move |why| self.fault(start, "webhooks", format!("webhook `{name}`: {why}"))
    }

    fn of_email(self, table: &'a Spanned<EmailTable>) -> impl FnOnce(String) -> ConfigFault {
        let (start, name) = (table.span().start, &table.get_ref().name);
        move |why| self.fault(start, "email", format!("email `{name}`: {why}"))
    }

    fn of_pagerduty(
        self,
        table: &'a Spanned<PagerDutyTable>,
    ) -> impl FnOnce(String) -> ConfigFault {
        let start = table.span().start;
        move |why| self.fault(start, PAGERDUTY, why)
    }
}

/// What is wrong with an address, if anything.
fn address(url: &str) -> Result<(), String> {
    address::fault(url).map_or(Ok(()), |why| Err(why.to_owned()))
}

impl WebhookTable {
    fn check(&self) -> Result<(), String> {
        match (&self.url, &self.url_env, &self.url_file) {
            (Some(url), None, None) => address(url.reveal())?,
            (None, Some(_), None) | (None, None, Some(_)) => {}
            _ => return Err("one of `url`, `url_env` and `url_file` is wanted".to_owned()),
        }
        let signed = !self.variables().is_empty() || self.secret_file.is_some();
        match (self.kind, signed) {
            (KindWord::Plain | KindWord::Slack, false) | (KindWord::Standard, true) => Ok(()),
            (KindWord::Standard, false) => {
                Err("kind = \"standard\" needs `secret_env` or `secret_file`".to_owned())
            }
            (KindWord::Plain | KindWord::Slack, true) => {
                Err("only kind = \"standard\" is signed with a secret".to_owned())
            }
        }
    }

    fn read(&self, base: &Path) -> Result<Webhook, String> {
        let url = match Source::of(self.url_env.as_ref(), self.url_file.as_ref(), base) {
            Some(source) => Some(Secret::new(source.read("url")?)),
            None => self.url.clone(),
        };
        let url = url.ok_or("`url` is wanted")?;
        address(url.reveal())?;
        Ok(Webhook {
            name: self.name.clone(),
            kind: match self.kind {
                KindWord::Plain => WebhookKind::Plain,
                KindWord::Slack => WebhookKind::Slack,
                KindWord::Standard => WebhookKind::Standard(self.keys(base)?),
            },
            url,
            approvals: self.approvals,
        })
    }

    fn variables(&self) -> &[String] {
        match &self.secret_env {
            None => &[],
            Some(OneOrMany::One(name)) => std::slice::from_ref(name),
            Some(OneOrMany::Many(names)) => names,
        }
    }

    fn keys(&self, base: &Path) -> Result<Vec<SigningKey>, String> {
        let mut keys = Vec::new();
        for name in self.variables() {
            let key = SigningKey::parse(&Source::Variable(name.clone()).read("secret")?);
            keys.push(key.map_err(|why| format!("`{name}` (secret_env): {why}"))?);
        }
        if let Some(file) = &self.secret_file {
            let path = base.join(file);
            let wrong = |why: &str| format!("{} (secret_file): {why}", path.display());
            let text = Source::File(path.clone()).read("secret")?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
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
    fn check(&self) -> Result<(), String> {
        if let Some(why) = address::server_fault(&self.server) {
            return Err(why.to_owned());
        }
        if self.tls == MailTls::Off && self.server != "127.0.0.1" {
            return Err("tls = \"off\" is for 127.0.0.1 only".to_owned());
        }
        match (&self.user, &self.password_env, &self.password_file) {
            (None, None, None) | (Some(_), Some(_), None) | (Some(_), None, Some(_)) => {}
            _ => {
                return Err(
                    "`user` and one of `password_env` and `password_file` go together".to_owned(),
                );
            }
        }
        if self.to.is_empty() {
            return Err("`to` names nobody".to_owned());
        }
        let mut named = std::iter::once(&self.from).chain(&self.to);
        match named.find(|text| !is_mailbox(text)) {
            Some(wrong) => Err(format!(
                "`{wrong}` is not a mail address: `audit@acme.com` is wanted"
            )),
            None => Ok(()),
        }
    }

    fn read(&self, base: &Path) -> Result<Email, String> {
        let source = Source::of(
            self.password_env.as_ref(),
            self.password_file.as_ref(),
            base,
        );
        let login = match self.user.clone().zip(source) {
            Some((user, source)) => Some((user, Secret::new(source.read("password")?))),
            None => None,
        };
        let usual = match self.tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::Off => 25,
        };
        Ok(Email {
            name: self.name.clone(),
            server: self.server.clone(),
            port: self.port.unwrap_or(usual),
            tls: self.tls,
            login,
            from: self.from.clone(),
            to: self.to.clone(),
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
    fn source(&self, base: &Path) -> Result<Source, String> {
        let (variable, file) = (&self.routing_key_env, &self.routing_key_file);
        Source::of(variable.as_ref(), file.as_ref(), base)
            .ok_or_else(|| "either `routing_key_env` or `routing_key_file` is wanted".to_owned())
    }

    fn url(&self) -> &str {
        self.url.as_deref().unwrap_or(PAGERDUTY_URL)
    }

    fn check(&self) -> Result<(), String> {
        self.source(Path::new(""))?;
        address(self.url())?;
        match self.after_rounds {
            Some(0) => Err("`after_rounds` is 1 or more".to_owned()),
            _ => Ok(()),
        }
    }

    fn read(&self, base: &Path) -> Result<PagerDuty, String> {
        Ok(PagerDuty {
            routing_key: Secret::new(self.source(base)?.read("routing_key")?),
            url: self.url().to_owned(),
            after_rounds: self.after_rounds.unwrap_or(2),
        })
    }
}
