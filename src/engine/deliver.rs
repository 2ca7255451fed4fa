//! The outbox: every close-out record reaches every channel, at least once, in time.
//!
//! What is still to be sent follows from the ledger (an `alert` without its `alert.delivered`), so a
//! kill forgets nothing. A channel that fails is tried again with growing pauses, for ever, and the
//! count of what is undelivered stands on every screen. A failed delivery never touches a fix.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;

use super::{Engine, EngineError};
use crate::{
    channels::{self, COMPLIANCE_LOG, ComplianceLog, Record},
    domain::{ChangeId, Draft, Fact},
    ledger::Recorded,
    room::protocol::NoticeKind,
    store::Delivery,
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Between two looks at what is due any moment.
const SOON: Duration = Duration::from_millis(50);
/// Records that one round takes up.
const ROUND: usize = 64;

impl Engine {
    /// Every channel's name, the compliance log first.
    pub fn channels(&self) -> Vec<String> {
        let hooks = self
            .config
            .channels
            .webhooks
            .iter()
            .map(|hook| hook.name.clone());
        std::iter::once(COMPLIANCE_LOG.to_owned())
            .chain(hooks)
            .collect()
    }

    pub(super) fn deliver(&self) {
        let engine = self.clone();
        self.tasks.spawn(async move {
            loop {
                let wait = match engine.deliver_round().await {
                    Ok(wait) => wait,
                    Err(error) => {
                        tracing::error!(%error, "the outbox can't be read");
                        LONGEST_PAUSE
                    }
                };
                tokio::select! {
                    () = engine.stopping.cancelled() => return,
                    () = engine.outbox.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        });
    }

    /// Sends what is due, and says after how long to look again.
    async fn deliver_round(&self) -> Result<Duration, EngineError> {
        let channels = self.channels();
        // A channel that failed in this round is down; the others go on.
        let mut down = HashSet::new();
        for delivery in self.store.outbox_due(&channels, self.now(), ROUND)? {
            let Delivery {
                id,
                channel,
                attempts,
                ..
            } = delivery;
            if self.stopping.is_cancelled() || down.contains(&channel) {
                continue;
            }
            if let Err((cause, retry_after)) = self.send(id, &channel).await {
                tracing::warn!(change = %id, channel, cause, "a record was not delivered");
                let pause = FIRST_PAUSE
                    .saturating_mul(2_u32.saturating_pow(attempts))
                    .min(LONGEST_PAUSE);
                let pause = TimeDelta::from_std(retry_after.unwrap_or(pause))
                    .unwrap_or(TimeDelta::minutes(5));
                self.store
                    .delivery_failed(id, &channel, &cause, self.now() + pause)?;
                down.insert(channel);
                self.notify(NoticeKind::Room);
            }
        }
        if !self.store.outbox_due(&channels, self.now(), 1)?.is_empty() {
            return Ok(Duration::ZERO);
        }
        let next = self.store.outbox_next()?;
        Ok(next.map_or(LONGEST_PAUSE, |at| {
            (at - self.now())
                .to_std()
                .unwrap_or_default()
                .clamp(SOON, LONGEST_PAUSE)
        }))
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
    pub(super) fn push_request(&self, id: ChangeId, round: u32, text: &str) {
        let hooks = self
            .config
            .channels
            .webhooks
            .iter()
            .filter(|hook| hook.approvals)
            .cloned();
        for hook in hooks {
            let body = channels::request_body(text);
            let name = format!("{id}.request.{round}");
            self.tasks.spawn_blocking(move || {
                if let Err(fault) = channels::post(&hook, &name, &body) {
                    tracing::warn!(%fault, change = %id, "an approval request was not pushed");
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
