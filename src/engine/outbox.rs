//! What a person sees of the outbox and does about it: look, have a channel tried again, or say that a
//! channel need not take something any more. Each is an entry; nothing leaves the outbox silently.

use super::{
    Engine, EngineError,
    gate::{Caller, longest_note, refusal},
};
use crate::{
    channels::Channel,
    domain::{Fact, Right},
    room::protocol::{ChannelState, Outbox, PAGE, Page, Refusal, RefusalCode, Undelivered},
};

/// Entries that are waived in one write.
const BATCH: usize = 256;

impl Engine {
    /// How each channel stands: those of the config, then those that are still owed something from when
    /// they were in it.
    pub fn channel_states(&self) -> Result<Vec<ChannelState>, EngineError> {
        let owing = self.store.owing()?;
        let mut names = self.channels();
        let before = owing.iter().map(|(name, _)| name.clone());
        let before: Vec<_> = before.filter(|name| !names.contains(name)).collect();
        names.extend(before);
        let count = |name: &str| owing.iter().find(|(owed, _)| owed == name).map(|one| one.1);
        let states = names.into_iter().map(|name| {
            let undelivered = count(&name).unwrap_or(0);
            self.channel_state(name, undelivered)
        });
        states.collect()
    }

    fn channel_state(&self, name: String, undelivered: usize) -> Result<ChannelState, EngineError> {
        let config = &self.config;
        let configured = self.channels().contains(&name);
        let channel = Channel::named(&name, &config.channels, &config.state);
        let standing = self.store.standing(&name)?;
        let dead = self.store.dead(&name)?;
        let first = self.store.first_owed(&name)?;
        Ok(ChannelState {
            kind: channel
                .filter(|_| configured)
                .map(|channel| channel.kind().to_owned()),
            undelivered,
            since: dead
                .as_ref()
                .map(|dead| dead.since)
                .or_else(|| Some(standing.as_ref()?.since)),
            next_at: standing
                .as_ref()
                .map(|standing| standing.next_at)
                .or_else(|| first.as_ref()?.next_at)
                .filter(|_| dead.is_none() && configured),
            dead: dead.is_some(),
            cause: dead
                .map(|dead| dead.cause)
                .or_else(|| Some(standing?.error))
                .or_else(|| first?.last_error),
            name,
        })
    }

    /// How the channels stand, and a page of what one of them is owed, or all together where none is
    /// named.
    pub fn outbox(
        &self,
        channel: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Result<Outbox, EngineError> {
        let channels = self.channel_states()?;
        let limit = limit.min(PAGE);
        let (mut items, mut total) = (Vec::new(), 0);
        let wanted = channels.iter().filter(|one| match channel {
            Some(name) => one.name == name,
            None => true,
        });
        for state in wanted {
            let from = offset.saturating_sub(total);
            let left = limit - items.len();
            let (page, count) = self.store.owed(&state.name, from, left)?;
            total += count;
            for delivery in page {
                let entry = self.ledger.reader().entry(delivery.seq)?.entry;
                items.push(Undelivered {
                    channel: delivery.channel,
                    entry: delivery.seq,
                    change: entry.change,
                    headline: entry.headline(),
                    at: entry.at,
                    attempts: delivery.attempts,
                    cause: delivery.last_error,
                });
            }
        }
        let undelivered = Page { items, total };
        Ok(Outbox {
            channels,
            undelivered,
        })
    }

    /// Has a channel tried again at once, whether it is dead or waits for a pause.
    pub async fn retry_channel(&self, caller: &Caller, channel: &str) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Operate, None, "retry a channel")
            .await?;
        if !self.channels().iter().any(|one| one == channel) {
            return Err(self.no_such_channel(channel));
        }
        let fact = Fact::ChannelRetried {
            channel: channel.to_owned(),
        };
        self.record(vec![caller.draft(self.now(), None, fact)])
            .await?;
        self.post();
        Ok(format!("{channel} is tried again now"))
    }

    /// A channel need not take an entry any more, or none of those that it is owed now.
    pub async fn waive_delivery(
        &self,
        caller: &Caller,
        channel: &str,
        entry: Option<u64>,
        reason: &str,
    ) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Operate, None, "waive a delivery")
            .await?;
        let reason = longest_note(reason);
        if reason.is_empty() {
            return Err(refusal(
                RefusalCode::Conflict,
                "a delivery is waived with a reason only: what is not delivered is missing from somebody's record",
            ));
        }
        let (owed, _) = self
            .store
            .owed(channel, 0, usize::MAX)
            .map_err(EngineError::from)?;
        let owed: Vec<_> = owed
            .into_iter()
            .map(|delivery| delivery.seq)
            .filter(|seq| entry.is_none_or(|entry| entry == *seq))
            .collect();
        if owed.is_empty() {
            let what = match entry {
                Some(entry) => format!("{channel} is not owed entry {entry}"),
                None => format!("{channel} is owed nothing"),
            };
            return Err(refusal(RefusalCode::NotFound, what));
        }
        for batch in owed.chunks(BATCH) {
            let mut drafts = Vec::new();
            for &seq in batch {
                let of = self.ledger.reader().entry(seq).map_err(EngineError::from)?;
                let fact = Fact::Waived {
                    channel: channel.to_owned(),
                    of: seq,
                    reason: reason.clone(),
                };
                drafts.push(caller.draft(self.now(), of.entry.change, fact));
            }
            self.record(drafts).await?;
        }
        let count = owed.len();
        let records = if count == 1 { "record" } else { "records" };
        Ok(format!(
            "{channel} need not take {count} {records} any more"
        ))
    }

    fn no_such_channel(&self, channel: &str) -> Refusal {
        let names = self.channels().join(", ");
        refusal(
            RefusalCode::NotFound,
            format!("there is no channel `{channel}` in the config: {names}"),
        )
    }
}
