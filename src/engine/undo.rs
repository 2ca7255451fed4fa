//! When verification read something else: the state before is put back from the backup, and that is
//! verified too. The rule then does nothing on this bucket until a person releases it.

use super::{Engine, StepFault, drive::Step, fix::Verified, look::setting};
use crate::{
    cloud::Urgency,
    domain::{Change, Draft, Fact, artifact::FixStatus},
    ledger::failpoint,
};

impl Engine {
    pub(super) async fn undo(&self, change: &Change) -> Result<Step, StepFault> {
        let ticket = &change.ticket;
        let plan = &ticket.plan;
        let receipt = change
            .backup
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no backup".to_owned()))?;
        let mismatch = change
            .mismatch
            .as_ref()
            .map_or("verification differed", |mismatch| mismatch.cause.as_str());
        let setting = setting(&plan.setting)?;
        let restored = setting.restored(&plan.before);
        let now = self
            .cloud
            .read(setting, &ticket.asset, Urgency::Fix)
            .await?;
        if now.document.digest() != restored.digest() {
            let permit = self.permit_undo(change, receipt).map_err(StepFault::Halt)?;
            failpoint!("undo.write");
            permit.write(self).await?;
            failpoint!("undo.sent");
        }
        let verified = self
            .read_until_settled(setting, &ticket.asset, &now.document, &restored)
            .await?;
        let (document, attempts) = match verified {
            Verified::Agreed { document, attempts } => (document, attempts),
            Verified::Mismatch { cause, .. } | Verified::Unverified { cause } => {
                return Err(StepFault::Halt(format!(
                    "{mismatch}; and the rollback was not verified: {cause}"
                )));
            }
        };
        let fix = self.outcome_of(
            change,
            FixStatus::RolledBack,
            Some(&document),
            attempts,
            Some(mismatch.to_owned()),
        )?;
        let at = self.now();
        let held = Fact::Held {
            rule: ticket.rule.id.clone(),
            asset: ticket.asset.clone(),
            cause: format!("{} was rolled back: {mismatch}", change.id),
        };
        self.record(vec![
            Draft::room(at, change.id, Fact::Fix(fix)),
            Draft::room(at, change.id, held),
        ])
        .await?;
        let tripped = self.breaker().after_fix(false);
        if let Some(cause) = tripped {
            self.trip(&cause).await?;
        }
        Ok(Step::Moved)
    }

    /// Ends a change that nothing but a person can carry on, loudly.
    pub(super) async fn halt(
        &self,
        id: crate::domain::ChangeId,
        cause: &str,
    ) -> Result<(), super::EngineError> {
        let change = self.change(id)?;
        let halted = self.outcome_of(&change, FixStatus::Halted, None, 0, Some(cause.to_owned()));
        let Ok(fix) = halted else {
            return Err(super::EngineError::Unknown(change.ticket.plan.setting));
        };
        let at = self.now();
        let held = Fact::Held {
            rule: change.ticket.rule.id.clone(),
            asset: change.ticket.asset.clone(),
            cause: format!("{id} halted: {cause}"),
        };
        self.record(vec![
            Draft::room(at, id, Fact::Fix(fix)),
            Draft::room(at, id, held),
        ])
        .await?;
        let tripped = self.breaker().after_fix(false);
        if let Some(cause) = tripped {
            self.trip(&cause).await?;
        }
        Ok(())
    }
}
