//! Ending a change that nothing but a person can carry on, loudly: it stays open, shown first, and the
//! rule does nothing on that bucket until somebody releases it.

use super::{Engine, EngineError};
use crate::domain::{
    ChangeId, Draft, Fact, Stage,
    artifact::{FixStatus, Outcome},
};

impl Engine {
    /// Records the halt. Gives the cause back where the change has ended already and only something
    /// behind its end (the bundle, the record) does not go through: that is tried again.
    pub(super) async fn halt(
        &self,
        id: ChangeId,
        cause: String,
    ) -> Result<Option<String>, EngineError> {
        let change = self.change(id)?;
        if change.stage >= Stage::Fixed || change.stage == Stage::Denied {
            return Ok(Some(cause));
        }
        // What is done by hand has nothing that could halt; what could not be read is tried again.
        let Some(plan) = change.ticket.plan() else {
            return Ok(Some(cause));
        };
        let halted = self.outcome_of(&change, FixStatus::Halted, None, 0, Some(cause.clone()));
        let Ok(fix) = halted else {
            return Err(EngineError::Unknown(plan.setting.clone()));
        };
        let at = self.now();
        let held = Fact::Held {
            rule: change.ticket.rule.id.clone(),
            asset: change.ticket.asset.clone(),
            cause: format!("{id} halted: {cause}"),
        };
        // The hold first: of a group that a power cut takes a part of, the beginning stays.
        self.record(vec![
            Draft::room(at, id, held),
            Draft::room(at, id, Fact::Fix(fix)),
        ])
        .await?;
        self.ended_badly().await?;
        Ok(None)
    }

    /// Counts a bad end, and stops fixing when it is one too many.
    pub(super) async fn ended_badly(&self) -> Result<(), EngineError> {
        let tripped = self.breaker().after_fix(false);
        match tripped {
            Some(cause) => self.trip(&cause).await,
            None => Ok(()),
        }
    }

    /// A halted change whose bundle can't be stored still gets its record: whoever must act has to
    /// know of it.
    pub(super) async fn close_loudly(&self, id: ChangeId) {
        let Ok(change) = self.change(id) else { return };
        let halted = change
            .fix
            .as_ref()
            .is_some_and(|fix| fix.status == FixStatus::Halted);
        if change.stage == Stage::Unfixed
            && halted
            && let Err(super::StepFault::Engine(error)) = self.close(&change, Outcome::Halted).await
        {
            tracing::error!(change = %id, %error, "a halted change's record can't be written");
        }
    }
}
