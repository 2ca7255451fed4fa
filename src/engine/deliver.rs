//! The outbox: every record reaches every channel, at least once, in time.
//!
//! What is still to be sent follows from the ledger (an entry that names channels, and no
//! `alert.delivered` or `alert.waived` after it), so a kill forgets nothing. A channel that fails is
//! tried again with growing pauses, for ever; one that says that it wants nothing any more is left
//! alone until a person says otherwise, and what it is owed stays counted. A failed delivery never
//! touches a fix.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Engine, EngineError, backoff, lock};
use crate::{
    channels::{self, Asking, COMPLIANCE_LOG, Channel, Extent, Fault, Message, Page, Record},
    config::{Mode, PAGERDUTY, Webhook},
    domain::{
        Change, ChangeId, Draft, Fact, Stage, Stamp,
        artifact::{Paging, PagingAction},
    },
    ledger::{Recorded, failpoint},
    room::protocol::NoticeKind,
    store::Delivery,
};

/// Between two looks when nothing is owed; a new record ends it at once.
const LONGEST_LOOK: Duration = Duration::from_mins(5);
const SHORTEST_LOOK: Duration = Duration::from_millis(100);
/// Records that are looked up at once.
const ROUND: usize = 64;
/// Between two messages to a channel that wants it so.
const PACE: Duration = Duration::from_secs(1);

/// What an entry tells.
struct Told {
    change: Option<ChangeId>,
    /// None where it need not be told any more.
    message: Option<Message>,
}

impl Engine {
    /// Every channel that close-out records go to, the compliance log first. In observe mode nothing
    /// is pushed.
    pub fn audit_channels(&self) -> Vec<String> {
        let config = &self.config.channels;
        let hooks = config.webhooks.iter().map(|hook| hook.name.clone());
        let mails = config.email.iter().map(|mail| mail.name.clone());
        let pushed = hooks
            .chain(mails)
            .filter(|_| self.config.mode == Mode::Enforce);
        std::iter::once(COMPLIANCE_LOG.to_owned())
            .chain(pushed)
            .collect()
    }

    /// Those, and the pager.
    pub fn channels(&self) -> Vec<String> {
        let mut channels = self.audit_channels();
        channels.extend(self.pager());
        channels
    }

    /// The pager's name, where there is one and anything is pushed at all.
    pub(super) fn pager(&self) -> Option<String> {
        let pages = self.config.channels.pagerduty.is_some() && self.config.mode == Mode::Enforce;
        pages.then(|| PAGERDUTY.to_owned())
    }

    /// One task a channel: a receiver that hangs or is down holds up nobody else.
    pub(super) fn deliver(&self) {
        for channel in self.channels() {
            self.supervised("the outbox", move |engine| {
                let channel = channel.clone();
                async move { engine.deliver_to(channel).await }
            });
        }
    }

    async fn deliver_to(&self, channel: String) {
        let mut news = self.outbox.subscribe();
        loop {
            news.borrow_and_update();
            let wait = match self.deliver_round(&channel).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(channel, %error, "the outbox can't be read");
                    LONGEST_LOOK
                }
            };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                _ = news.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends what is due to one channel, and says after how long to look again.
    async fn deliver_round(&self, channel: &str) -> Result<Duration, EngineError> {
        let until = |at: Stamp, now: Stamp| {
            let wait = (at - now).to_std().unwrap_or_default();
            wait.clamp(SHORTEST_LOOK, LONGEST_LOOK)
        };
        loop {
            let now = self.now();
            if self.store.dead(channel)?.is_some() {
                return Ok(LONGEST_LOOK);
            }
            // A channel that failed waits for its pause, whatever else closes meanwhile.
            let standing = self.store.standing(channel)?;
            if let Some(standing) = standing.filter(|standing| standing.next_at > now) {
                return Ok(until(standing.next_at, now));
            }
            let due = self.store.outbox_due(channel, now, ROUND)?;
            if due.deliveries.is_empty() {
                return Ok(due.next.map_or(LONGEST_LOOK, |at| until(at, now)));
            }
            for delivery in due.deliveries {
                if self.stopping.is_cancelled() {
                    return Ok(LONGEST_LOOK);
                }
                match self.attempt(&delivery).await {
                    Ok(paced) => self.rest(paced).await,
                    Err(fault) => {
                        self.failed(&delivery, &fault).await?;
                        if fault.extent != Extent::Message {
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn rest(&self, paced: bool) {
        if paced {
            tokio::select! {
                () = tokio::time::sleep(PACE) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    async fn failed(&self, delivery: &Delivery, fault: &Fault) -> Result<(), EngineError> {
        let Delivery { channel, seq, .. } = delivery;
        let cause = &fault.cause;
        tracing::warn!(entry = seq, channel, %cause, "a record was not delivered");
        let now = self.now();
        let whole = fault.extent != Extent::Message;
        let failures = match self.store.standing(channel)? {
            Some(standing) if whole => standing.failures,
            None if whole => 0,
            _ => delivery.attempts,
        };
        let pause = backoff::pause(fault, failures, &format!("{channel}.{seq}"));
        let next = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1));
        self.store
            .delivery_failed(delivery, cause, (now, next), whole)?;
        if fault.extent == Extent::Dead {
            let fact = Fact::ChannelDead {
                channel: channel.clone(),
                cause: cause.clone(),
            };
            self.record(vec![Draft::room(now, None, fact)]).await?;
        }
        self.notify(NoticeKind::Room);
        Ok(())
    }

    /// One try. True where the channel wants a pause after it.
    async fn attempt(&self, delivery: &Delivery) -> Result<bool, Fault> {
        let inside = |error: &dyn std::fmt::Display| Fault::of_message(error.to_string());
        let Delivery { channel, seq, .. } = delivery;
        // A person may have waived it since it was looked up.
        let owes = self.store.owes(channel, *seq);
        if !owes.map_err(|error| inside(&error))? {
            return Ok(false);
        }
        let config = &self.config;
        let receiver = Channel::named(channel, &config.channels, &config.state)
            .ok_or_else(|| inside(&"the config no longer has this channel"))?;
        let paced = receiver.is_paced();
        let told = self.told(*seq).map_err(|error| inside(&error))?;
        let Told { change, message } = told.ok_or_else(|| inside(&"its entry tells nothing"))?;
        let fact = if let Some(message) = message {
            let (now, log) = (self.now(), matches!(receiver, Channel::Log(_)));
            let sending = tokio::task::spawn_blocking(move || receiver.send(&message, now));
            sending.await.map_err(|error| inside(&error))??;
            if !log {
                failpoint!("outbox.sent");
            }
            Fact::Delivered {
                channel: channel.clone(),
                of: Some(*seq),
            }
        } else {
            Fact::Waived {
                channel: channel.clone(),
                of: *seq,
                reason: "it was over before it could be sent".to_owned(),
            }
        };
        self.record(vec![Draft::room(self.now(), change, fact)])
            .await
            .map_err(|error| inside(&error))?;
        Ok(paced)
    }

    /// What an entry tells; none where it is of no kind that tells anything.
    fn told(&self, seq: u64) -> Result<Option<Told>, EngineError> {
        let Recorded { entry, hash, .. } = self.ledger.reader().entry(seq)?;
        let reference = (seq, hash.to_string());
        if let Fact::ExceptionReminder(reminder) = &entry.fact {
            let record = Record::reminder(reminder, entry.at, reference);
            return Ok(Some(Told {
                change: None,
                message: Some(Message::Record(Box::new(record))),
            }));
        }
        let Some(id) = entry.change else {
            return Ok(None);
        };
        let change = self.change(id)?;
        let message = match &entry.fact {
            Fact::Alert(alert) => {
                let record = Record::closed(&change, alert, reference);
                Some(Message::Record(Box::new(record)))
            }
            Fact::Paging(paging) if paging.action == PagingAction::Trigger && !change.paged => None,
            Fact::Paging(paging) => Some(Message::Page(Page::new(
                &change,
                paging,
                entry.at,
                (seq, &reference.1),
            ))),
            _ => return Ok(None),
        };
        Ok(Some(Told {
            change: Some(id),
            message,
        }))
    }

    /// The page that a change's next entries come with, if it is to have one.
    pub(super) fn page(
        &self,
        change: &Change,
        action: PagingAction,
        cause: String,
    ) -> Option<Draft> {
        let wanted = match action {
            PagingAction::Trigger => true,
            PagingAction::Resolve => change.paged,
        };
        let pager = self.pager().filter(|_| wanted)?;
        let paging = Paging {
            action,
            cause,
            deliver_to: vec![pager],
        };
        Some(Draft::room(self.now(), change.id, Fact::Paging(paging)))
    }

    /// Has every channel looked after now.
    pub(super) fn post(&self) {
        self.outbox.send_modify(|records| *records += 1);
    }

    /// Sends an approval request to the webhooks that take them, each again with growing pauses until it
    /// is taken or the request is over.
    pub(super) fn push_request(&self, id: ChangeId, round: u32, text: &str, warning: Option<&str>) {
        let asking = Asking {
            change: id,
            round,
            text: text.to_owned(),
            warning: warning.map(str::to_owned),
        };
        let hooks = self.config.channels.webhooks.iter();
        for hook in hooks.filter(|hook| hook.approvals) {
            let (engine, hook, asking) = (self.clone(), hook.clone(), asking.clone());
            self.tasks
                .spawn(async move { engine.push_until_taken(&hook, &asking).await });
        }
    }

    async fn push_until_taken(&self, hook: &Webhook, asking: &Asking) {
        let (id, name) = (asking.change, &hook.name);
        let place = format!("approvals/{name}");
        let mut failures = 0;
        while let Some(fault) = self.push_once(hook, asking).await {
            tracing::warn!(change = %id, "webhook `{name}`: an approval request was not pushed: {fault}");
            let then = match fault.extent {
                Extent::Dead => "they are on screens only",
                _ => "they are tried again while they are open",
            };
            let text =
                format!("webhook `{name}` did not take an approval request, {then}: {fault}");
            self.keep_of(&place, Some(text));
            self.notify(NoticeKind::Room);
            if fault.extent == Extent::Dead {
                return;
            }
            let pause = backoff::pause(&fault, failures, &format!("{name}.{id}"));
            failures += 1;
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if !self.still_asks(asking) {
                break;
            }
        }
        // Also what an earlier request met there.
        if lock(&self.mishaps).remove(&place).is_some() {
            self.notify(NoticeKind::Room);
        }
    }

    /// One try; why it failed, where it did.
    async fn push_once(&self, hook: &Webhook, asking: &Asking) -> Option<Fault> {
        let _turn = self.pushes.acquire().await.ok()?;
        if self.stopping.is_cancelled() {
            return None;
        }
        let (now, hook, asking) = (self.now(), hook.clone(), asking.clone());
        let posting = tokio::task::spawn_blocking(move || channels::ask(&hook, &asking, now));
        match posting.await {
            Ok(posted) => posted.err(),
            Err(error) => Some(Fault::of_message(error.to_string())),
        }
    }

    fn still_asks(&self, asking: &Asking) -> bool {
        self.change(asking.change)
            .is_ok_and(|change| match (change.stage, &change.request) {
                (Stage::AwaitingApproval, Some(request)) => request.round == asking.round,
                (stage, _) => stage == Stage::ByHand,
            })
    }
}
