//! 02: asking, waiving, and taking a question back when nobody answered it in time.

use super::{Engine, StepFault, drive::Step, gate::plan_hash, ground::Ground};
use crate::{
    chain,
    domain::{
        Actor, Change, Draft, Fact, Via,
        artifact::{Approval, ApprovalRequest, Decision},
    },
};

impl Engine {
    /// Puts the question to people, over a fresh read: nobody is asked about a state that is gone.
    pub(super) async fn ask(&self, change: &Change, round: u32) -> Result<Step, StepFault> {
        let look = self.look(change).await?;
        if let Ground::Gone(cause) = self.ground(change, &look)? {
            self.end_unfixed(change, &look, cause).await?;
            return Ok(Step::Moved);
        }
        let ticket = &change.ticket;
        let hazards = self.hazards_of(look).await;
        let hazards = hazards.unwrap_or_else(|| ticket.plan.hazards.clone());
        let mut asked = self.config.approval.asked.clone();
        if !asked.contains(&ticket.owner.team) {
            asked.push(ticket.owner.team.clone());
        }
        let pushed = self
            .config
            .channels
            .webhooks
            .iter()
            .any(|hook| hook.approvals);
        let request = ApprovalRequest {
            why: ticket.waits_for().join(", "),
            action: ticket.plan.action.clone(),
            asked,
            channel: if pushed { "push" } else { "screen" }.to_owned(),
            expires: self.now() + self.config.approval.window,
            plan_hash: plan_hash(change),
            hazards,
            round,
        };
        let text = request.text(change.id, ticket);
        let warning = request.warning();
        self.record_for(change, Fact::ApprovalRequested(request))
            .await?;
        self.push_request(change.id, round, &text, warning.as_deref());
        Ok(Step::Moved)
    }

    /// Where nothing speaks for a person, the standing policy decides.
    pub(super) async fn waive(&self, change: &Change) -> Result<Step, StepFault> {
        let now = self.now();
        let approval = Approval {
            decision: Decision::NotRequired,
            by: Actor::Policy,
            via: Via::Policy,
            why: format!("env={}", change.ticket.environment),
            at: now,
            reason: None,
            plan_hash: plan_hash(change),
        };
        let fact = Fact::Approval(approval);
        let draft = Draft {
            at: now,
            change: Some(change.id),
            actor: Actor::Policy,
            via: Via::Policy,
            fact,
        };
        self.record(vec![draft]).await?;
        Ok(Step::Moved)
    }

    pub(super) async fn expire(&self, change: &Change, round: u32) -> Result<Step, StepFault> {
        let _one_at_a_time = self.deciding.lock().await;
        // Somebody may have decided while this task waited for its turn.
        let still = self.change(change.id)?;
        if chain::next(&still, self.now()) == (chain::Order::Expire { round }) {
            self.record_for(change, Fact::ApprovalExpired { round })
                .await?;
        }
        Ok(Step::Moved)
    }
}
