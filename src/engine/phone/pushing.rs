//! What goes out to one phone: answers to taps, ends of questions, questions, and a number where there
//! are more of them than may ring.
//!
//! What is to be sent follows from the ledger and from what the phone is known to show, so a kill costs
//! at most a repetition, which takes the first one's place on the phone.

use std::{sync::Arc, time::Duration};

use super::{
    handset::{Handset, Next, VOID},
    text::{self, Withdrawn},
    token::{self, Choice},
};
use crate::{
    channels::ntfy::{Button, NtfyFault, Push, apart},
    domain::{
        Change, ChangeId, Right, Stage, Via,
        artifact::{Agreed, ApprovalRequest},
    },
    engine::{Caller, Engine, EngineError, lock},
    ledger::failpoint,
    room::protocol::NoticeKind,
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// The wall clock may be set while we sleep.
const ROUND: Duration = Duration::from_secs(30);

/// Tries in a row before a person is told that a phone is not reached.
const TRIES: u32 = 3;

/// Why a round of pushes ended early.
enum Halt {
    Stopping,
    Unsent(NtfyFault),
    Unread(EngineError),
}

impl From<EngineError> for Halt {
    fn from(error: EngineError) -> Self {
        Self::Unread(error)
    }
}

/// How a change stands for one person.
enum Standing {
    /// They are asked.
    Asked(ApprovalRequest),
    /// They said yes, and it waits for somebody else.
    Agreed,
    /// They may be asked again soon.
    Between,
    /// It waits for others, in this round.
    NotAsked(u32),
    Over,
}

impl Engine {
    pub(super) async fn attend_phone(&self, handset: Arc<Handset>) {
        loop {
            let pause = self.push_round(&handset).await;
            let failed = handset.state().failures > 0;
            tokio::select! {
                () = self.stopping.cancelled() => return,
                // A server that failed is left alone for its pause, whatever comes meanwhile.
                () = handset.wake.notified(), if !failed => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what may be sent, and says after how long to look again.
    async fn push_round(&self, handset: &Handset) -> Duration {
        let cause = match self.push_due(handset).await {
            Ok(()) => {
                let mut state = handset.state();
                state.failures = 0;
                let healed = state.trouble.take().is_some();
                let next = state.allowed_at(self.now());
                drop(state);
                if healed {
                    self.notify(NoticeKind::Room);
                }
                return next.map_or(LONGEST_PAUSE, |at| {
                    (at - self.now()).to_std().unwrap_or_default().min(ROUND)
                });
            }
            Err(Halt::Stopping) => return LONGEST_PAUSE,
            Err(Halt::Unsent(fault)) => (fault.to_string(), fault.retry_after),
            Err(Halt::Unread(error)) => (error.to_string(), None),
        };
        let (cause, wait) = cause;
        let person = &handset.person;
        tracing::warn!(%person, cause, "a phone was not reached");
        let mut state = handset.state();
        state.failures += 1;
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(state.failures - 1));
        if state.failures >= TRIES {
            state.trouble = Some(format!(
                "the phone of {person} is not reached, so they are not asked there: {cause}"
            ));
            drop(state);
            self.notify(NoticeKind::Room);
        }
        wait.unwrap_or(pause).min(LONGEST_PAUSE)
    }

    async fn push_due(&self, handset: &Handset) -> Result<(), Halt> {
        loop {
            let note = handset.state().note();
            let Some(note) = note else { break };
            self.say_to_phone(handset, text::note(&note)).await?;
            handset.keep(|state| state.told(&note));
        }
        loop {
            let moved = handset.state().next_moved();
            let Some(id) = moved else { break };
            if let Err(halt) = self.follow(handset, id).await {
                handset.state().move_again(id);
                return Err(halt);
            }
        }
        let most = self
            .config
            .phone
            .as_ref()
            .map_or(0, |phone| phone.pushes_per_hour);
        loop {
            let next = handset.state().next(self.now(), most);
            match next {
                Next::Question(id) => self.put(handset, id).await?,
                Next::Digest { more, rings } => {
                    self.say_to_phone(handset, text::digest(more, rings))
                        .await?;
                    let now = self.now();
                    handset.keep(|state| state.digested(more, rings, now));
                }
                Next::Nothing => break,
            }
        }
        // An old question whose next round may not ring: its buttons do nothing any more.
        let outlived = handset.state().outlived();
        for id in outlived {
            let change = self.change(id)?;
            // Whatever happened since has moved it, and is followed next.
            if !matches!(self.standing(handset, &change), Standing::Asked(_)) {
                continue;
            }
            let why = match handset.state().shown(id) {
                Some(VOID) => Withdrawn::Void,
                _ => Withdrawn::Late,
            };
            self.say_to_phone(handset, text::withdrawn(&change, why))
                .await?;
            handset.keep(|state| state.taken_down(id, false));
        }
        Ok(())
    }

    /// Sees to a change of which this phone has heard.
    async fn follow(&self, handset: &Handset, id: ChangeId) -> Result<(), Halt> {
        let change = self.change(id)?;
        let shown = handset.state().shown(id);
        match self.standing(handset, &change) {
            Standing::Between => {}
            Standing::Agreed => {
                handset.state().no_longer_asked(id);
                if shown.is_some() {
                    self.say_to_phone(handset, text::agreed(&change)).await?;
                }
            }
            Standing::Asked(request) if shown == Some(request.round) => {}
            Standing::Asked(_) => handset.state().wait(id, change.ticket.severity),
            Standing::NotAsked(round) => {
                handset.state().no_longer_asked(id);
                if let Some(shown) = shown {
                    let why = if shown != VOID && shown < round {
                        Withdrawn::Late
                    } else {
                        Withdrawn::NotAsked
                    };
                    self.say_to_phone(handset, text::withdrawn(&change, why))
                        .await?;
                    handset.keep(|state| state.taken_down(id, false));
                }
            }
            Standing::Over => {
                handset.state().no_longer_asked(id);
                let awaited = handset.state().awaits_end(id);
                let runs = text::is_approved(&change) && change.outcome().is_none();
                if shown.is_some() || awaited && text::ended_otherwise(&change).is_some() {
                    self.say_to_phone(handset, text::settled(&change)).await?;
                }
                if shown.is_some() || awaited && !runs {
                    handset.keep(|state| state.taken_down(id, runs));
                }
            }
        }
        Ok(())
    }

    fn standing(&self, handset: &Handset, change: &Change) -> Standing {
        match (change.stage, &change.request) {
            (Stage::Expired, _) => Standing::Between,
            (Stage::AwaitingApproval, Some(request)) => {
                let mut asked = self.config.people.asked(&request.asked);
                let agreed = |agreed: &Agreed| agreed.by == handset.person;
                if change.agreed.iter().any(agreed) {
                    Standing::Agreed
                } else if asked.any(|person| person.name == handset.person) {
                    Standing::Asked(request.clone())
                } else {
                    Standing::NotAsked(request.round)
                }
            }
            _ => Standing::Over,
        }
    }

    /// Puts a question, unless it is none any more.
    async fn put(&self, handset: &Handset, id: ChangeId) -> Result<(), Halt> {
        let change = self.change(id)?;
        let Standing::Asked(request) = self.standing(handset, &change) else {
            handset.state().no_longer_asked(id);
            return Ok(());
        };
        let round = request.round;
        if handset.state().shown(id) == Some(round) {
            handset.state().no_longer_asked(id);
            return Ok(());
        }
        let buttons = self.buttons(handset, &change, &request)?;
        match self
            .send_to_phone(handset, text::question(&change, &request, buttons))
            .await
        {
            Err(Halt::Unsent(fault)) if fault.is_final() => {
                // It would be refused for ever, and hold up whatever comes behind it.
                handset.state().no_longer_asked(id);
                let person = &handset.person;
                tracing::error!(change = %id, %person, %fault, "a request can't be pushed");
                lock(&self.mishaps).insert(
                    format!("phone/{person}"),
                    format!("{id} did not reach the phone of {person}: {fault}"),
                );
                self.notify(NoticeKind::Room);
            }
            sent => {
                sent?;
                failpoint!("phone.pushed");
                let now = self.now();
                handset.keep(|state| state.rang(id, round, now));
                // Somebody may have decided while it was on its way.
                handset.moved(id);
            }
        }
        Ok(())
    }

    fn buttons(
        &self,
        handset: &Handset,
        change: &Change,
        request: &ApprovalRequest,
    ) -> Result<Vec<Button>, Halt> {
        let caller = Caller {
            actor: handset.person.clone(),
            via: Via::Tap,
            readonly: false,
        };
        let (Some(phone), Some(config)) = (self.phone.get(), &self.config.phone) else {
            return Ok(Vec::new());
        };
        if !self.may(&caller, Right::Decide) {
            return Ok(Vec::new());
        }
        let reasons = config.reasons.iter().copied().map(Choice::Deny);
        // Whoever is of the owner's team may deny even where somebody else has to approve.
        let agrees = self.may_agree(&handset.person, change, request);
        let approve = agrees.then_some(Choice::Approve).into_iter();
        approve
            .chain(reasons)
            .map(|choice| {
                let body = token::make(
                    &phone.key,
                    change.id,
                    choice,
                    &handset.person,
                    &handset.topic,
                    request,
                );
                Ok(Button {
                    label: text::label(choice),
                    body: body.map_err(|error| {
                        Halt::Unsent(NtfyFault::new(format!(
                            "is not asked: the system gives no random bytes: {error}"
                        )))
                    })?,
                })
            })
            .collect()
    }

    /// Tells something that asks for no answer. What the server would refuse for ever is left out, or it
    /// would hold up whatever comes behind it.
    async fn say_to_phone(&self, handset: &Handset, push: Push) -> Result<(), Halt> {
        let title = push.title.clone();
        match self.send_to_phone(handset, push).await {
            Err(Halt::Unsent(fault)) if fault.is_final() => {
                let person = &handset.person;
                tracing::error!(title, %person, %fault, "a message can't be pushed and is left out");
                Ok(())
            }
            said => said,
        }
    }

    async fn send_to_phone(&self, handset: &Handset, push: Push) -> Result<(), Halt> {
        let Some(phone) = self.phone.get() else {
            return Err(Halt::Stopping);
        };
        let (ntfy, topic) = (phone.ntfy.clone(), handset.topic.clone());
        let sending = apart(move || ntfy.publish(&topic, &push));
        tokio::select! {
            () = self.stopping.cancelled() => Err(Halt::Stopping),
            sent = sending => {
                sent.map_err(Halt::Unsent)?;
                self.notify(NoticeKind::Room);
                Ok(())
            }
        }
    }
}
