//! What a person does by hand: asking for it, being told that it is done, and looking whether it is.
//!
//! Nothing is written here. Whoever says that it is done is believed only as far as the next reads
//! bear them out; bucket configurations are eventually consistent, so they get as much time as the
//! room's own writes do.

use super::{
    Engine, StepFault,
    drive::Step,
    gate::{Caller, plan_hash, tidy},
};
use crate::{
    chain::{self, Reading, Verification},
    config::Mode,
    domain::{
        Change, ChangeId, Digest, Fact, Stage,
        artifact::{Approval, Decision, HandRequest},
        time,
    },
    room::protocol::{Answer, Attempt, Refusal, RefusalCode},
    rules::Verdict,
};

/// What an approval of such a change gives as the reason why a person is asked.
const WHY: &str = "by hand";

impl Engine {
    /// Asks people to do it, over a fresh read.
    pub(super) async fn ask_hands(&self, change: &Change) -> Result<Step, StepFault> {
        if self.still_to_do(change).await?.is_none() {
            return Ok(Step::Moved);
        }
        let (asked, channel) = self.asked_by_hand(&change.ticket);
        let request = HandRequest {
            asked,
            channel,
            plan_hash: plan_hash(change),
        };
        self.record_for(change, Fact::HandAsked(request)).await?;
        self.push_hands(change.id, 1)?;
        Ok(Step::Moved)
    }

    fn push_hands(&self, id: ChangeId, round: u32) -> Result<(), StepFault> {
        let change = self.change(id)?;
        if let Some(by_hand) = &change.by_hand {
            self.push_request(id, round, &by_hand.push(id, &change.ticket), None);
        }
        Ok(())
    }

    /// Looks until it is clear whether it was done.
    pub(super) async fn check_hands(&self, change: &Change) -> Result<Step, StepFault> {
        let [violates, clear] = ["violates", "clear"].map(Digest::of);
        let mut seen = String::new();
        let mut verification = Verification::new(violates.clone(), clear.clone(), self.pace());
        let begin = tokio::time::Instant::now();
        let mut wait = verification.first_wait();
        let fact = loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // The next start looks again.
                () = self.stopping.cancelled() => return Err(StepFault::Later("stopping".to_owned())),
            }
            let reading = match self.look(change).await {
                Ok(look) => match look.verdict {
                    Verdict::Violation(found) => {
                        seen = found.evidence.join(", ");
                        Reading::Seen(violates.clone())
                    }
                    _ => Reading::Seen(clear.clone()),
                },
                Err(StepFault::Later(cause) | StepFault::Halt(cause)) => Reading::Failed(cause),
                Err(fault @ StepFault::Engine(_)) => return Err(fault),
            };
            let verdict = verification.read(reading, begin.elapsed());
            let attempts = verification.attempts();
            match verdict {
                chain::Verdict::Keep { wait: next } => wait = next,
                chain::Verdict::Agreed => {
                    let cause = done_by_hand(change);
                    break Fact::HandResolved { cause, attempts };
                }
                chain::Verdict::Mismatch { .. } => {
                    break Fact::HandUnfinished {
                        cause: seen,
                        attempts,
                    };
                }
                chain::Verdict::Unverified { cause } => {
                    break Fact::HandUnfinished { cause, attempts };
                }
            }
        };
        let again = matches!(fact, Fact::HandUnfinished { .. });
        self.record_for(change, fact).await?;
        if again {
            let entries = self
                .store
                .entries_of(change.id)
                .map_err(super::EngineError::from)?;
            self.push_hands(change.id, u32::try_from(entries.len()).unwrap_or(u32::MAX))?;
        }
        Ok(Step::Moved)
    }

    /// A person says that it is done. Answers once that is on record; the look follows.
    pub async fn mark_done(
        &self,
        caller: &Caller,
        id: ChangeId,
        shown: &Digest,
    ) -> Result<String, Refusal> {
        let attempt = Attempt::MarkDone;
        self.permit_attempt(caller, id, attempt).await?;
        let _one_at_a_time = self.deciding.lock().await;
        let change = self.change(id)?;
        if change.stage != Stage::ByHand {
            let (code, cause) = (RefusalCode::Conflict, not_by_hand(&change));
            let refused = self.refuse(caller, Some(id), attempt.word(), code, cause);
            return Err(refused.await);
        }
        self.unless_stale(caller, &change, shown, attempt).await?;
        let fact = Fact::HandDone {
            plan_hash: shown.clone(),
        };
        self.record(vec![caller.draft(self.now(), Some(id), fact)])
            .await?;
        self.wake(id);
        Ok(format!("{id} is marked done, the room looks at it now"))
    }

    /// It can be denied like anything else. There is nothing to approve: it is not the room that acts.
    /// The caller's right was checked, and `deciding` is held.
    pub(super) async fn decide_by_hand(
        &self,
        caller: &Caller,
        change: &Change,
        shown: &Digest,
        answer: Answer,
    ) -> Result<String, Refusal> {
        let id = change.id;
        let Answer::Deny(reason) = answer else {
            let cause = format!(
                "{id} is to be done by hand, so there is nothing to approve: do it, then mark it done with `sixfold done {id}`"
            );
            let (attempt, code) = (answer.attempt().word(), RefusalCode::Conflict);
            return Err(self.refuse(caller, Some(id), attempt, code, cause).await);
        };
        self.unless_stale(caller, change, shown, Attempt::Deny)
            .await?;
        let now = self.now();
        let approval = Approval {
            decision: Decision::Denied,
            by: caller.actor.clone(),
            via: caller.via,
            why: WHY.to_owned(),
            at: now,
            reason: Some(tidy(reason)),
            plan_hash: shown.clone(),
            with: Vec::new(),
        };
        self.record(vec![caller.draft(now, Some(id), Fact::Approval(approval))])
            .await?;
        self.wake(id);
        Ok(format!("{id} denied"))
    }

    async fn unless_stale(
        &self,
        caller: &Caller,
        change: &Change,
        shown: &Digest,
        attempt: Attempt,
    ) -> Result<(), Refusal> {
        let stale = if self.config.mode != Mode::Enforce {
            "the room is in observe mode: nothing is decided or written"
        } else if *shown != plan_hash(change) {
            "the steps have changed since they were shown: look at them again"
        } else {
            return Ok(());
        };
        let (code, cause) = (RefusalCode::Forbidden, stale.to_owned());
        let refused = self.refuse(caller, Some(change.id), attempt.word(), code, cause);
        Err(refused.await)
    }
}

fn done_by_hand(change: &Change) -> String {
    let marked = change
        .by_hand
        .as_ref()
        .and_then(|by_hand| by_hand.marked.as_ref());
    let by = marked.map_or_else(String::new, |marked| {
        let at = time::to_second(marked.at);
        format!(", marked by {} ({}, {at})", marked.by, marked.via)
    });
    format!("done by hand{by}; fresh reads no longer violate")
}

fn not_by_hand(change: &Change) -> String {
    let id = change.id;
    if change.ticket.remedy.manual().is_none() {
        return format!("{id} is not done by hand: the room makes it, once it may");
    }
    let marked = change
        .by_hand
        .as_ref()
        .and_then(|by_hand| by_hand.marked.as_ref());
    match (marked, change.stage) {
        (Some(marked), Stage::Checking) => format!(
            "{id} was already marked done by {} ({}) and is being looked at",
            marked.by, marked.via
        ),
        (_, stage) => format!("{id} can't be marked done: it is {}", stage.word()),
    }
}
