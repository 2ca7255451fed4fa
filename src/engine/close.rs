//! 06: the close-out record, and what follows from how a change ended.

use chrono::TimeDelta;

use super::{Engine, EngineError, StepFault, drive::Step};
use crate::domain::{
    Actor, Asset, Change, Draft, Exception, Fact, Via,
    artifact::{Alert, Decision, Outcome, PagingAction, Reason},
};

impl Engine {
    pub(super) async fn close(&self, change: &Change, outcome: Outcome) -> Result<Step, StepFault> {
        let now = self.now();
        let ticket = &change.ticket;
        let marked = change
            .by_hand
            .as_ref()
            .and_then(|by_hand| by_hand.marked.as_ref());
        let (approver, via, decided_at) = match (&change.approval, marked) {
            (Some(approval), _) => (approval.by.clone(), approval.via, approval.at),
            (None, Some(marked)) => (marked.by.clone(), marked.via, marked.at),
            (None, None) => (Actor::Room, Via::Room, now),
        };
        let denial = change
            .approval
            .as_ref()
            .and_then(|approval| approval.reason.as_ref());
        let alert = Alert {
            outcome,
            primary: ticket.primary.clone(),
            bucket: ticket.asset.label(),
            approver,
            via,
            decided_at,
            with: change
                .approval
                .as_ref()
                .map_or_else(Vec::new, |approval| approval.with.clone()),
            closed_at: now,
            duration_s: (now - ticket.detected_at).num_seconds(),
            written: change.may_be_written(),
            rollback_until: change
                .rollback
                .as_ref()
                .map(crate::domain::artifact::Rollback::until),
            channel: self.config.channels.audit.clone(),
            deliver_to: self.audit_channels(),
            cause: denial
                .map(ToString::to_string)
                .or_else(|| Some(change.resolved.as_ref()?.cause.clone()))
                .or_else(|| change.fix.as_ref()?.cause.clone()),
        };
        let mut drafts = Vec::new();
        if let Some(approval) = &change.approval
            && let (Decision::Denied, Some(reason)) = (approval.decision, &approval.reason)
        {
            drafts.extend(self.exception(change, &approval.by, approval.via, reason)?);
        }
        // Before the record: of a group that a power cut takes a part of, the beginning stays, and a
        // second page about one change is the same alert.
        let (action, about) = if outcome == Outcome::Halted {
            let cause = alert.cause.as_deref().unwrap_or("a person must act");
            (PagingAction::Trigger, format!("halted: {cause}"))
        } else {
            (PagingAction::Resolve, format!("closed: {outcome}"))
        };
        drafts.extend(self.page(change, action, about));
        drafts.push(Draft::room(now, change.id, Fact::Alert(alert)));
        self.record(drafts).await?;
        self.post();
        Ok(Step::Moved)
    }

    /// A rule that a person kept off a bucket by what was decided about a change there.
    pub(super) fn exception(
        &self,
        change: &Change,
        by: &Actor,
        via: Via,
        reason: &Reason,
    ) -> Result<Option<Draft>, EngineError> {
        let ticket = &change.ticket;
        let on = (ticket.rule.id.as_str(), &ticket.asset);
        let exception = self.following(on, ticket.owner.to_string(), by, reason)?;
        Ok(exception.map(|exception| Draft {
            at: self.now(),
            change: Some(change.id),
            actor: by.clone(),
            via,
            fact: Fact::ExceptionOpened(exception),
        }))
    }

    /// The exception that follows from a decision, for as long as the config says; none where one is in
    /// force that lasts longer.
    pub(super) fn following(
        &self,
        (rule, asset): (&str, &Asset),
        owner: String,
        by: &Actor,
        reason: &Reason,
    ) -> Result<Option<Exception>, EngineError> {
        let now = self.now();
        let lasts = TimeDelta::from_std(self.config.approval.exception);
        let until = now + lasts.unwrap_or(TimeDelta::days(90));
        let there = self.store.exempt(rule, asset, now)?;
        if there.is_some_and(|there| there.until >= until) {
            return Ok(None);
        }
        Ok(Some(Exception {
            rule: rule.to_owned(),
            asset: asset.clone(),
            reason: reason.clone(),
            until,
            owner: Some(owner),
            by: Some(by.clone()),
            approved_by: None,
        }))
    }

    pub(super) async fn settle(&self, change: &Change) -> Result<Step, StepFault> {
        let bundle = change
            .rollback
            .as_ref()
            .map(|rollback| rollback.uri.clone())
            .unwrap_or_default();
        self.record_for(change, Fact::Settled { bundle }).await?;
        Ok(Step::Moved)
    }

    /// Stops fixing and says so, once.
    pub(super) async fn trip(&self, cause: &str) -> Result<(), EngineError> {
        let _one_at_a_time = self.breaking.lock().await;
        // A person may have reset it while this waited.
        if self.breaker().tripped().is_some() && self.store.breaker()?.is_none() {
            let fact = Fact::BreakerTripped {
                cause: cause.to_owned(),
            };
            self.record(vec![Draft::room(self.now(), None, fact)])
                .await?;
        }
        Ok(())
    }
}
