//! Carrying a change on: ask the chain what comes next, do it, record what came of it, ask again.
//!
//! A change is driven by one task at a time, inside its bucket's lane. What fails for now is tried
//! again with growing pauses; what keeps failing is parked, visibly, and picked up by the next round
//! of the keeper. Nothing is dropped.

use std::{collections::HashMap, time::Duration};

use super::{Engine, EngineError};
use crate::{
    chain::{self, Order},
    config::Mode,
    domain::{Change, ChangeId, Stage},
    settings::CallError,
};

/// Times that a step is tried before its change is parked.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How one step went.
pub(super) enum Step {
    /// Something was recorded; ask the chain again.
    Moved,
    /// Nothing to do until something else happens.
    Waits,
}

/// Why a step did not go through.
pub(super) enum StepFault {
    /// It may go through later.
    Later(String),
    /// It never will: a person must look.
    Halt(String),
    /// The room's own store or ledger failed.
    Engine(EngineError),
}

impl From<EngineError> for StepFault {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<CallError> for StepFault {
    fn from(error: CallError) -> Self {
        if error.passes() {
            Self::Later(error.to_string())
        } else {
            Self::Halt(error.to_string())
        }
    }
}

/// Which changes are being driven, and which of them were woken again meanwhile.
#[derive(Debug, Default)]
pub(super) struct Driving(HashMap<ChangeId, bool>);

impl Driving {
    /// True when a task has to be started.
    fn begin(&mut self, id: ChangeId) -> bool {
        match self.0.get_mut(&id) {
            Some(again) => {
                *again = true;
                false
            }
            None => self.0.insert(id, false).is_none(),
        }
    }

    /// True when it was woken meanwhile and has to be looked at once more.
    fn end(&mut self, id: ChangeId) -> bool {
        match self.0.remove(&id) {
            Some(true) => {
                self.0.insert(id, false);
                true
            }
            _ => false,
        }
    }

    pub(super) fn holds(&self, id: ChangeId) -> bool {
        self.0.contains_key(&id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Engine {
    /// Sees to it that a change is carried on. Returns at once.
    pub fn wake(&self, id: ChangeId) {
        if self.stopping.is_cancelled() || !self.driving().begin(id) {
            return;
        }
        self.moved();
        let engine = self.clone();
        self.tasks.spawn(async move {
            loop {
                // In a task of its own, so that a panic ends this drive and not what watches it.
                let driving = engine.clone();
                let drive = tokio::spawn(async move { driving.drive(id).await });
                if let Err(error) = drive.await {
                    tracing::error!(change = %id, %error, "a change's task ended badly");
                    engine.set_trouble(id, "its task ended badly; see sixfold.log".to_owned());
                }
                if !engine.driving().end(id) {
                    break;
                }
            }
            engine.idle.notify_waiters();
        });
    }

    /// Waits until a change is not being carried on.
    pub async fn rested(&self, id: ChangeId) {
        loop {
            let idle = self.idle.notified();
            if !self.driving().holds(id) {
                return;
            }
            idle.await;
        }
    }

    async fn drive(&self, id: ChangeId) {
        let change = match self.change(id) {
            Ok(change) => change,
            Err(error) => return self.set_trouble(id, error.to_string()),
        };
        let _lane = self.lanes.enter(&change.ticket.asset).await;
        let Ok(_turn) = self.turns.acquire().await else {
            return;
        };
        let mut tries = 0;
        while !self.stopping.is_cancelled() {
            let cause = match self.step(id).await {
                Ok(Step::Moved) => {
                    self.trouble().remove(&id);
                    tries = 0;
                    continue;
                }
                Ok(Step::Waits) => {
                    self.trouble().remove(&id);
                    return;
                }
                Err(StepFault::Engine(error)) => {
                    tracing::error!(change = %id, %error, "a change can't be carried on");
                    return self.set_trouble(id, error.to_string());
                }
                Err(StepFault::Halt(cause)) => match self.halt(id, cause).await {
                    Ok(None) => continue,
                    Ok(Some(cause)) => cause,
                    Err(error) => error.to_string(),
                },
                Err(StepFault::Later(cause)) => cause,
            };
            tracing::warn!(change = %id, cause, "a step did not go through");
            self.set_trouble(id, cause);
            tries += 1;
            if tries == TRIES {
                self.close_loudly(id).await;
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)) => {}
                () = self.stopping.cancelled() => return,
            }
        }
    }

    async fn step(&self, id: ChangeId) -> Result<Step, StepFault> {
        let change = self.change(id)?;
        if self.recheck(&change).await? {
            return Ok(Step::Moved);
        }
        let order = chain::next(&change, self.now());
        if self.config.mode == Mode::Observe
            && !matches!(order, Order::Close(_) | Order::Wait { .. })
        {
            return match change.stage {
                Stage::Ticketed | Stage::Closed | Stage::Halted => Ok(Step::Waits),
                stage => Err(StepFault::Later(format!(
                    "observe mode: it stays {}",
                    stage.word()
                ))),
            };
        }
        match order {
            Order::Ask { round } => self.ask(&change, round).await,
            Order::Waive => self.waive(&change).await,
            Order::Expire { round } => self.expire(&change, round).await,
            Order::AskHands => self.ask_hands(&change).await,
            Order::CheckHands => self.check_hands(&change).await,
            Order::Backup => self.back_up(&change).await,
            Order::Fix => self.fix(&change).await,
            Order::Verify => self.verify(&change).await,
            Order::Undo => self.undo(&change).await,
            Order::StoreRollback => self.store_rollback(&change).await,
            Order::Close(outcome) => self.close(&change, outcome).await,
            Order::Settle => self.settle(&change).await,
            Order::Revert => self.finish_revert(&change).await,
            Order::Wait { until } => {
                // The ends of reverts' windows are many and far off: the keeper looks them up.
                if let Some(until) = until.filter(|_| change.is_open()) {
                    self.alarm(until, id);
                }
                Ok(Step::Waits)
            }
            Order::Nothing => Ok(Step::Waits),
        }
    }

    /// What `change` is now, after whatever was recorded meanwhile.
    pub(super) fn change(&self, id: ChangeId) -> Result<Change, EngineError> {
        self.store.change(id)?.ok_or(EngineError::NoSuchChange(id))
    }
}
