//! The outbox: every close-out record reaches every channel, at least once, in time.
//!
//! What is still to be sent follows from the ledger (an `alert` without its `alert.delivered`), so a
//! kill forgets nothing. A channel that fails is tried again with growing pauses, for ever, and the
//! count of what is undelivered stands on every screen. A failed delivery never touches a fix.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Engine, EngineError};
use crate::{
    channels::{self, COMPLIANCE_LOG, ComplianceLog, Record},
    config::Mode,
    domain::{ChangeId, Draft, Fact},
    ledger::Recorded,
    room::protocol::NoticeKind,
    store::Delivery,
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Between two looks when nothing is owed; a new record ends it at once.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The same while something is owed, and a little less: a new record ends no pause then.
const LONGEST_LOOK: Duration = Duration::from_mins(4);
/// A receiver that asks for more patience than this is asked sooner.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Records that are looked up at once.
const ROUND: usize = 64;

impl Engine {
    /// Every channel's name, the compliance log first. In observe mode nothing is pushed.
    pub fn channels(&self) -> Vec<String> {
        let hooks = self
            .config
            .channels
            .webhooks
            .iter()
            .map(|hook| hook.name.clone());
        let hooks = hooks.filter(|_| self.config.mode == Mode::Enforce);
        std::iter::once(COMPLIANCE_LOG.to_owned())
            .chain(hooks)
            .collect()
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
                    LONGEST_PAUSE
                }
            };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                // A channel that failed waits for its pause, whatever else closes meanwhile.
                _ = news.changed(), if wait == LONGEST_PAUSE => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends what is due to one channel, and says after how long to look again.
    async fn deliver_round(&self, channel: &String) -> Result<Duration, EngineError> {
        loop {
            let due = self
                .store
                .outbox_due(std::slice::from_ref(channel), self.now(), ROUND)?;
            if due.is_empty() {
                let left = self.store.undelivered(std::slice::from_ref(channel))?;
                if left == 0 {
                    return Ok(LONGEST_PAUSE);
                }
                let next = self.store.outbox_next()?.unwrap_or_else(|| self.now());
                let wait = (next - self.now()).to_std().unwrap_or_default();
                return Ok(wait.clamp(FIRST_PAUSE, LONGEST_LOOK));
            }
            for Delivery {
                id,
                channel,
                attempts,
                ..
            } in due
            {
                if self.stopping.is_cancelled() {
                    return Ok(FIRST_PAUSE);
                }
                let Err((cause, retry_after)) = self.send(id, &channel).await else {
                    continue;
                };
                tracing::warn!(change = %id, channel, cause, "a record was not delivered");
                let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts));
                let pause = retry_after.unwrap_or(pause).min(LONGEST_WAIT);
                let next = self.now() + TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1));
                self.store.delivery_failed(id, &channel, &cause, next)?;
                self.notify(NoticeKind::Room);
                return Ok(pause.min(LONGEST_LOOK));
            }
        }
    }

    async fn send(&self, id: ChangeId, channel: &str) -> Result<(), (String, Option<Duration>)> {
        let failed = |error: &dyn std::fmt::Display| (error.to_string(), None);
        let record = self.alert_record(id).map_err(|error| failed(&error))?;
        let Some(record) = record else {
            return Err(failed(&"its alert is not in the ledger"));
        };
        let hook = self
            .config
            .channels
            .webhooks
            .iter()
            .find(|hook| hook.name == channel)
            .cloned();
        let log = ComplianceLog::new(self.config.state.join("compliance.log"));
        let sending = tokio::task::spawn_blocking(move || match hook {
            Some(hook) => channels::post(&hook, &record.id, &channels::record_body(&record))
                .map_err(|fault| (fault.to_string(), fault.retry_after)),
            None => log
                .append(&record)
                .map_err(|error| (format!("compliance.log: {error}"), None)),
        });
        sending.await.map_err(|error| failed(&error))??;
        let fact = Fact::Delivered {
            channel: channel.to_owned(),
        };
        self.record(vec![Draft::room(self.now(), id, fact)])
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }

    fn alert_record(&self, id: ChangeId) -> Result<Option<Record>, EngineError> {
        let entries = self.store.entries_of(id)?;
        let alert = entries
            .iter()
            .rev()
            .find(|recorded| matches!(recorded.entry.fact, Fact::Alert(_)));
        Ok(alert.and_then(|recorded| record_of(id, recorded)))
    }

    /// Sends an approval request to the webhooks that take them. One try a channel and round: the
    /// request stands on every screen anyway, and a repetition would only ring twice.
    pub(super) fn push_request(&self, id: ChangeId, round: u32, text: &str, warning: Option<&str>) {
        let hooks = self
            .config
            .channels
            .webhooks
            .iter()
            .filter(|hook| hook.approvals)
            .cloned();
        for hook in hooks {
            let body = channels::request_body(text, warning);
            let name = format!("{id}.request.{round}");
            let engine = self.clone();
            self.tasks.spawn(async move {
                let Ok(_turn) = engine.pushes.acquire().await else { return };
                if engine.stopping.is_cancelled() {
                    return;
                }
                let posting = tokio::task::spawn_blocking(move || channels::post(&hook, &name, &body));
                match posting.await {
                    Ok(Ok(())) => {}
                    Ok(Err(fault)) => tracing::warn!(%fault, change = %id, "an approval request was not pushed"),
                    Err(error) => tracing::error!(%error, change = %id, "pushing an approval request ended badly"),
                }
            });
        }
    }
}

fn record_of(id: ChangeId, recorded: &Recorded) -> Option<Record> {
    let Fact::Alert(alert) = &recorded.entry.fact else {
        return None;
    };
    let seq = recorded.entry.seq;
    Some(Record {
        id: format!("{id}.{seq}"),
        text: alert.text(id),
        seq,
        hash: recorded.hash.to_string(),
    })
}
