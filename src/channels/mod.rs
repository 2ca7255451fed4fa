//! How the world is told: the compliance log, which is a file of close-out boxes, webhooks, mail, a pager,
//! and phones.
//!
//! A channel takes one message and says whether it has it. What to send, when to try again and what
//! was delivered is the engine's outbox; nothing here remembers anything, and nothing here can undo
//! a fix. What somebody answers in a channel decides nothing; only the reply topic of [`ntfy`] is listened
//! to, and what a tap there means is for the engine to say.
//!
//! - `record.rs`: a close-out record and its fixed fields, once, for every shape
//! - `webhook.rs` posts it as it is, `slack.rs` and `standard.rs` in their shapes; `http.rs` is how
//! - `email.rs`, `pagerduty.rs`, `compliance_log.rs`, `ntfy.rs`

mod compliance_log;
mod email;
mod fault;
mod http;
pub mod ntfy;
mod pagerduty;
mod record;
mod slack;
mod standard;
mod webhook;

use std::path::Path;

pub use compliance_log::ComplianceLog;
pub use fault::{Extent, Fault};
pub use pagerduty::Page;
pub use record::Record;
pub use webhook::Asking;

use crate::{
    config::{Channels, Email, PAGERDUTY, PagerDuty, Webhook, WebhookKind},
    domain::Stamp,
};

/// The name under which the compliance log stands in the ledger.
pub const COMPLIANCE_LOG: &str = "compliance-log";

/// What is told.
#[derive(Clone, Debug)]
pub enum Message {
    Record(Box<Record>),
    Page(Page),
}

/// One that can be told something.
#[derive(Clone, Debug)]
pub enum Channel {
    Log(ComplianceLog),
    Webhook(Webhook),
    Email(Email),
    PagerDuty(PagerDuty),
}

impl Channel {
    /// The one of this name, if the config still has it. `state` is where the compliance log lies.
    pub fn named(name: &str, config: &Channels, state: &Path) -> Option<Self> {
        if name == COMPLIANCE_LOG {
            return Some(Self::Log(ComplianceLog::new(state.join("compliance.log"))));
        }
        if name == PAGERDUTY {
            return config.pagerduty.clone().map(Self::PagerDuty);
        }
        let hook = config.webhooks.iter().find(|hook| hook.name == name);
        let mail = config.email.iter().find(|mail| mail.name == name);
        hook.cloned()
            .map(Self::Webhook)
            .or_else(|| mail.cloned().map(Self::Email))
    }

    /// In a word, for lists.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Log(_) => "file",
            Self::Webhook(hook) => match hook.kind {
                WebhookKind::Plain => "webhook",
                WebhookKind::Slack => "slack",
                WebhookKind::Standard(_) => "standard webhook",
            },
            Self::Email(_) => "email",
            Self::PagerDuty(_) => "pagerduty",
        }
    }

    /// Whether it wants a second between two messages: [Slack takes one a second for each
    /// channel](https://docs.slack.dev/apis/web-api/rate-limits).
    pub const fn is_paced(&self) -> bool {
        matches!(self, Self::Webhook(hook) if matches!(hook.kind, WebhookKind::Slack))
    }

    /// Sends one message. Blocks for at most twenty seconds or so.
    pub fn send(&self, message: &Message, now: Stamp) -> Result<(), Fault> {
        match (self, message) {
            (Self::Log(log), Message::Record(record)) => log
                .append(record)
                .map_err(|error| Fault::of_channel(format!("compliance.log: {error}"))),
            (Self::Webhook(hook), Message::Record(record)) => webhook::record(hook, record, now),
            (Self::Email(mail), Message::Record(record)) => email::send(mail, record),
            (Self::PagerDuty(pager), Message::Page(page)) => pagerduty::send(pager, page, now),
            (Self::PagerDuty(_), Message::Record(_)) | (_, Message::Page(_)) => Err(
                Fault::of_message("this channel does not take it".to_owned()),
            ),
        }
    }
}

/// Sends a test message to every channel but the log, one after the other: by name and kind, what came of
/// it. Blocks as [`Channel::send`] does for each.
pub fn try_out(config: &Channels, now: Stamp) -> Vec<(String, &'static str, Result<(), Fault>)> {
    let hooks = config.webhooks.iter();
    let hooks = hooks.map(|hook| (hook.name.clone(), Channel::Webhook(hook.clone())));
    let mails = config.email.iter();
    let mails = mails.map(|mail| (mail.name.clone(), Channel::Email(mail.clone())));
    let pager = config.pagerduty.clone();
    let pager = pager.map(|pager| (PAGERDUTY.to_owned(), Channel::PagerDuty(pager)));
    let all = hooks.chain(mails).chain(pager);
    all.map(|(name, channel)| {
        let message = match &channel {
            Channel::PagerDuty(_) => Message::Page(Page::trial(now)),
            _ => Message::Record(Box::new(Record::trial(now))),
        };
        let outcome = channel.send(&message, now);
        (name, channel.kind(), outcome)
    })
    .collect()
}

/// Sends an approval request to one webhook. Blocks as [`Channel::send`] does.
pub fn ask(hook: &Webhook, asking: &Asking, now: Stamp) -> Result<(), Fault> {
    webhook::ask(hook, asking, now)
}
