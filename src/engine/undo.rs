//! When verification read something else: the state before is put back from the backup, and that is
//! verified too. The rule then does nothing on this bucket until a person releases it.

use super::{
    Engine, StepFault, backup::representable, drive::Step, fix::Verified, gate::plan_of,
    look::setting,
};
use crate::{
    cloud::Urgency,
    domain::{Change, Draft, Fact, artifact::FixStatus},
    ledger::failpoint,
};

impl Engine {
    pub(super) async fn undo(&self, change: &Change) -> Result<Step, StepFault> {
        let ticket = &change.ticket;
        let plan = plan_of(change)?;
        let receipt = change
            .backup
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no backup".to_owned()))?;
        let mismatch = change
            .mismatch
            .as_ref()
            .map_or("verification differed", |mismatch| mismatch.cause.as_str());
        let setting = setting(&plan.setting)?;
        let writer = self.hands(change, &plan.before).await?;
        let now = self
            .accounts
            .read(setting, &ticket.asset, Urgency::Fix)
            .await?;
        let seen = now.document.digest();
        let restored = setting.restored(&plan.before);
        if seen != plan.before.digest() && seen != restored.digest() {
            let observed = change.mismatch.as_ref().map(|mismatch| &mismatch.observed);
            if seen != plan.target.digest() && Some(&seen) != observed {
                return Err(StepFault::Halt(format!(
                    "{mismatch}; the setting was changed again since, so the rollback did not run"
                )));
            }
            representable(setting, &now)?;
            let permit = self.permit_undo(change, receipt).map_err(StepFault::Halt)?;
            failpoint!("undo.write");
            permit.write(writer, &now.document).await?;
            failpoint!("undo.sent");
        }
        // A state that was never touched needs no write, and then it reads as it did before.
        let goal = if seen == plan.before.digest() {
            &plan.before
        } else {
            &restored
        };
        let verified = self
            .read_until_settled(setting, &ticket.asset, &now.document, goal)
            .await?;
        let (document, attempts) = match verified {
            Verified::Agreed { document, attempts } => (document, attempts),
            // Some endpoints read as never set where S3 names a default.
            Verified::Mismatch {
                document, attempts, ..
            } if document == plan.before => (document, attempts),
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
            Draft::room(at, change.id, held),
            Draft::room(at, change.id, Fact::Fix(fix)),
        ])
        .await?;
        self.ended_badly().await?;
        Ok(Step::Moved)
    }
}
