//! The reply stream: read for as long as the room runs, resumed where it was left.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{
    position::Position,
    tap::{Taken, is_token},
};
use crate::{
    channels::ntfy::{Heard, NtfyFault, Reply, SILENCE},
    engine::{Engine, lock},
    ledger::failpoint,
    room::protocol::NoticeKind,
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Streams that fail in a row before a person is told that taps don't arrive.
const TRIES: u32 = 2;

impl Engine {
    pub(super) async fn listen(&self) {
        let Some(phone) = self.phone.get() else {
            return;
        };
        let mut position = Position::open(&phone.folder);
        let mut failures = 0_u32;
        loop {
            let lines = phone.ntfy.replies(position.since());
            let mut lived = false;
            let Some(fault) = self.follow_stream(lines, &mut position, &mut lived).await else {
                if let Err(error) = self.settle_noise(true).await {
                    tracing::warn!(%error, "messages that were no tokens are on no record");
                }
                return;
            };
            tracing::warn!(%fault, "the reply stream ended");
            if fault.status == Some(400) {
                // It is another server, or one that lost its memory.
                position.forget();
            }
            failures = if lived { 1 } else { failures + 1 };
            if failures >= TRIES {
                self.say_of_replies(Some(format!("taps on phones do not arrive: {fault}")));
            }
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures - 1));
            let pause = fault.retry_after.unwrap_or(pause).min(LONGEST_PAUSE);
            tokio::select! {
                () = self.stopping.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes lines until the stream ends, and says why it did; none when the room stops. `lived`: more
    /// came than the opening, so that the next try need not wait.
    async fn follow_stream(
        &self,
        mut lines: mpsc::Receiver<Result<Heard, NtfyFault>>,
        position: &mut Position,
        lived: &mut bool,
    ) -> Option<NtfyFault> {
        loop {
            let heard = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                heard = tokio::time::timeout(SILENCE, lines.recv()) => heard,
            };
            let heard = match heard {
                Ok(Some(Ok(heard))) => heard,
                Ok(Some(Err(fault))) => return Some(fault),
                Ok(None) => return Some(NtfyFault::new("ended the stream")),
                Err(_) => return Some(NtfyFault::new("said nothing in time")),
            };
            match heard {
                Heard::Open => self.say_of_replies(None),
                Heard::Keepalive => {
                    *lived = true;
                    position.keepalive();
                    if let Err(error) = self.settle_noise(false).await {
                        tracing::warn!(%error, "messages that were no tokens are on no record yet");
                    }
                }
                Heard::Other => {}
                Heard::Unreadable => tracing::warn!("a line of the reply stream is none of ntfy's"),
                Heard::Message(reply) => {
                    *lived = true;
                    self.heard_reply(&reply, position).await?;
                }
            }
        }
    }

    /// Handles one message, however often that takes. None when the room stops first.
    async fn heard_reply(&self, reply: &Reply, position: &mut Position) -> Option<()> {
        let id = reply.id.as_deref();
        if id.is_some_and(|id| position.is_handled(id)) {
            return Some(());
        }
        // What is no token has no effect that one could be in doubt about.
        let again = is_token(&reply.message) && id.is_some_and(|id| position.begin(id));
        let mut pause = FIRST_PAUSE;
        let taken = loop {
            match self.take_reply(reply, again).await {
                Ok(taken) => break taken,
                Err(error) => {
                    tracing::error!(%error, "a tap could not be handled");
                    self.say_of_replies(Some(format!("a tap could not be handled yet: {error}")));
                }
            }
            tokio::select! {
                () = self.stopping.cancelled() => return None,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        failpoint!("phone.taken");
        if pause > FIRST_PAUSE {
            self.say_of_replies(None);
        }
        if let Some(id) = id {
            position.handled(id, matches!(taken, Taken::Tap));
        }
        Some(())
    }

    fn say_of_replies(&self, trouble: Option<String>) {
        let Some(phone) = self.phone.get() else {
            return;
        };
        let mut said = lock(&phone.replies);
        let news = said.trouble != trouble || !said.opened;
        said.opened |= trouble.is_none();
        said.trouble = trouble;
        drop(said);
        if news {
            self.notify(NoticeKind::Room);
        }
    }
}
