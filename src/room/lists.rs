//! Requests about what stands in lists beside the queue: what channels have not taken, and what rules
//! leave alone. Each goes to the gate like every other.

use super::{
    Room,
    answers::failed,
    protocol::{ExemptRequest, OutboxRequest, Refusal, Reply},
};
use crate::engine::Caller;

impl Room {
    pub(super) async fn about_outbox(
        &self,
        caller: &Caller,
        request: OutboxRequest,
    ) -> Result<Reply, Refusal> {
        let engine = &self.engine;
        match request {
            OutboxRequest::List {
                channel,
                offset,
                limit,
            } => engine
                .outbox(channel.as_deref(), offset, limit)
                .map(|outbox| Reply::Outbox(Box::new(outbox)))
                .map_err(failed),
            OutboxRequest::Retry { channel } => engine
                .retry_channel(caller, &channel)
                .await
                .map(Reply::Done),
            OutboxRequest::Waive {
                channel,
                entry,
                reason,
            } => engine
                .waive_delivery(caller, &channel, entry, &reason)
                .await
                .map(Reply::Done),
        }
    }

    pub(super) fn exceptions(&self) -> Result<Reply, Refusal> {
        let exceptions = self.engine.exceptions().map_err(failed)?;
        Ok(Reply::Exceptions(Box::new(exceptions)))
    }

    pub(super) async fn about_exceptions(
        &self,
        caller: &Caller,
        request: ExemptRequest,
    ) -> Result<Reply, Refusal> {
        let engine = &self.engine;
        let done = match request {
            ExemptRequest::Add {
                rule,
                bucket,
                reason,
                owner,
                lasts_s,
            } => {
                engine
                    .add_exception(caller, (&rule, &bucket), reason, owner, lasts_s)
                    .await
            }
            ExemptRequest::Decide {
                rule,
                bucket,
                of,
                approve,
                note,
            } => {
                engine
                    .decide_exception(caller, (&rule, &bucket), of, approve, &note)
                    .await
            }
            ExemptRequest::End {
                rule,
                bucket,
                until,
                note,
            } => {
                engine
                    .end_exception(caller, (&rule, &bucket), until, &note)
                    .await
            }
        };
        done.map(Reply::Done)
    }
}
