//! Reverting a change, at a person's wish, for as long as its bundle is offered.
//!
//! The state before comes out of the vault, not out of memory. A setting that was changed since the
//! fix is never written over. A revert that a kill interrupted is finished by reading, like a fix.

use super::{
    Engine, EngineError, StepFault,
    drive::Step,
    fix::Verified,
    gate::{Caller, plan_of, refusal, tidy},
    look::setting,
};
use crate::{
    cloud::Urgency,
    domain::{
        Actor, Change, ChangeId, Digest, Document, Draft, Fact, RevertState, Via, artifact::Reason,
    },
    ledger::failpoint,
    room::protocol::{Attempt, Refusal, RefusalCode},
};

impl Engine {
    /// Puts the state before a change back. Answers once that is on record; the write and its
    /// verification follow.
    pub async fn revert(
        &self,
        caller: &Caller,
        id: ChangeId,
        reason: Reason,
    ) -> Result<String, Refusal> {
        self.permit_attempt(caller, id, Attempt::Revert).await?;
        let change = match self.change(id) {
            Err(EngineError::NoSuchChange(_)) => {
                return self.revert_from_vault(caller, id, reason).await;
            }
            change => change?,
        };
        let _lane = self.lanes.enter(&change.ticket.asset).await;
        let change = self.change(id)?;
        let now = self.now();
        if !change.revertible(now) {
            let (attempt, code) = (Attempt::Revert.word(), RefusalCode::Conflict);
            let refused = self.refuse(caller, Some(id), attempt, code, not_revertible(&change));
            return Err(refused.await);
        }
        let receipt = change
            .backup
            .clone()
            .ok_or_else(|| refusal(RefusalCode::Conflict, "there is no backup"))?;
        let before = self.bundle(&change).await.map_err(Refusal::from)?;
        let plan = plan_of(&change)?;
        let setting =
            setting(&plan.setting).map_err(|_| refusal(RefusalCode::Failed, "unknown setting"))?;
        let read = self
            .accounts
            .read(setting, &change.ticket.asset, Urgency::Fix)
            .await
            .map_err(|error| refusal(RefusalCode::Failed, error.to_string()))?;
        let (fresh, target) = (read.document.digest(), setting.restored(&before).digest());
        if fresh != plan.target.digest() && fresh != target && fresh != before.digest() {
            return Err(refusal(
                RefusalCode::Conflict,
                three_ways(&before, Some(&plan.target), &read.document),
            ));
        }
        // Asked for its checks alone: the write itself follows from the entry, so that a kill between
        // the two loses nothing.
        drop(
            self.permit_revert(&change, &receipt)
                .map_err(|cause| refusal(RefusalCode::Forbidden, cause))?,
        );
        let fact = Fact::RevertIntent {
            read: fresh,
            target,
            reason: Some(tidy(reason)),
        };
        self.record(vec![caller.draft(now, Some(id), fact)]).await?;
        self.wake(id);
        Ok(format!("{id} is being reverted"))
    }

    /// The document before. The bundle in the vault must be the one that the ledger says was stored:
    /// a vault that lost or changed it is told, not worked around.
    async fn bundle(&self, change: &Change) -> Result<Document, StepFault> {
        let (manifest, _) = self.bundle_of(change.id).await?;
        let stored = change.backup.as_ref().map(|receipt| &receipt.sha256);
        let before = &plan_of(change)?.before;
        let named = manifest.files.first().map(|(_, sha256)| sha256);
        if manifest.change == change.id && named == stored && manifest.before == before.digest() {
            return Ok(before.clone());
        }
        let cause = format!(
            "the bundle of {} in the vault is not the one that was stored",
            change.id
        );
        Err(StepFault::Halt(cause))
    }

    /// Carries a revert out that is on record.
    pub(super) async fn finish_revert(&self, change: &Change) -> Result<Step, StepFault> {
        let Some(revert) = &change.revert else {
            return Ok(Step::Waits);
        };
        match self.put_back(change).await {
            Ok((observed, request_id)) => {
                let at = self.now();
                let residue = plan_of(change)?.residue.clone();
                let fact = Fact::Reverted {
                    observed,
                    residue,
                    request_id,
                };
                let reverted = Draft {
                    at,
                    change: Some(change.id),
                    actor: revert.by.clone(),
                    via: Via::Room,
                    fact,
                };
                let reason = self.revert_reason(change)?;
                // Nobody opens another one between the look for it and the record.
                let _one_at_a_time = self.deciding.lock().await;
                let exempt = self.exception(change, &revert.by, Via::Room, &reason)?;
                self.record(exempt.into_iter().chain([reverted]).collect())
                    .await?;
            }
            Err(StepFault::Halt(cause)) => {
                self.record_for(change, Fact::RevertFailed { cause })
                    .await?;
            }
            Err(other) => return Err(other),
        }
        Ok(Step::Moved)
    }

    async fn put_back(&self, change: &Change) -> Result<(Digest, Option<String>), StepFault> {
        let ticket = &change.ticket;
        let plan = plan_of(change)?;
        let setting = setting(&plan.setting)?;
        let receipt = change
            .backup
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no backup".to_owned()))?;
        let before = self.bundle(change).await?;
        let restored = setting.restored(&before);
        let by = change
            .revert
            .as_ref()
            .map_or(Actor::Room, |revert| revert.by.clone());
        let writer = self.hands_of(change, &plan.before, by).await?;
        let now = self
            .accounts
            .read(setting, &ticket.asset, Urgency::Fix)
            .await?;
        let mut request_id = None;
        let seen = now.document.digest();
        if seen != restored.digest() && seen != before.digest() {
            if seen != plan.target.digest() {
                let states = three_ways(&before, Some(&plan.target), &now.document);
                return Err(StepFault::Halt(states));
            }
            let permit = self
                .permit_revert(change, receipt)
                .map_err(StepFault::Halt)?;
            failpoint!("revert.write");
            request_id = permit.write(writer, &now.document).await?.request_id;
            failpoint!("revert.sent");
        }
        match self
            .read_until_settled(setting, &ticket.asset, &plan.target, &restored)
            .await?
        {
            Verified::Agreed { document, .. } => Ok((document.digest(), request_id)),
            // Some endpoints read as never set where S3 names a default.
            Verified::Mismatch { document, .. } if document == before => {
                Ok((document.digest(), request_id))
            }
            Verified::Mismatch { cause, .. } | Verified::Unverified { cause } => Err(
                StepFault::Halt(format!("the revert was not verified: {cause}")),
            ),
        }
    }

    /// The reason that stands in the intent's entry.
    fn revert_reason(&self, change: &Change) -> Result<Reason, EngineError> {
        let entries = self.store.entries_of(change.id)?;
        let reason = entries
            .into_iter()
            .rev()
            .find_map(|recorded| match recorded.entry.fact {
                Fact::RevertIntent { reason, .. } => reason,
                _ => None,
            });
        Ok(reason.unwrap_or(Reason {
            code: crate::domain::artifact::ReasonCode::BusinessNeed,
            note: "reverted".to_owned(),
        }))
    }
}

fn not_revertible(change: &Change) -> String {
    let id = change.id;
    match (&change.revert, &change.rollback) {
        (Some(revert), _) if revert.state == RevertState::Done => {
            format!("{id} was already reverted by {}", revert.by)
        }
        (Some(revert), _) if revert.state == RevertState::Pending => {
            format!("{id} is being reverted already")
        }
        (_, Some(bundle)) if bundle.ran => {
            format!("{id} was rolled back on its own: the state before is in place")
        }
        (_, Some(bundle)) if change.settled => format!(
            "{id} is settled: its bundle was offered until {}",
            bundle.until()
        ),
        (_, Some(bundle)) => format!(
            "{id} can't be reverted now: {}, bundle until {}",
            change.word(),
            bundle.until()
        ),
        (_, None) => format!(
            "{id} wrote nothing, so there is nothing to revert: {}",
            change.word()
        ),
    }
}

/// Characters of each state that are shown; the whole of it is in vault and ledger.
const LONGEST_STATE: usize = 4_000;

/// Why a revert would write over somebody's work, with all three states. A bundle in the vault knows
/// the state after the fix only by its hash.
pub(super) fn three_ways(before: &Document, after: Option<&Document>, now: &Document) -> String {
    let shown = |document: &Document| {
        let text = document.pretty();
        match text.char_indices().nth(LONGEST_STATE) {
            Some((end, _)) => format!("{}…\n", &text[..end]),
            None => text,
        }
    };
    let after = after.map(|after| format!("after the fix:\n{}", shown(after)));
    format!(
        "the setting was changed since the fix, and what came after is not written over.\nbefore the fix:\n{}{}now:\n{}",
        shown(before),
        after.unwrap_or_default(),
        shown(now)
    )
}
