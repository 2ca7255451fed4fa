//! 02: asking, waiving, and taking a question back when nobody answered it in time.

use super::{
    Engine, StepFault,
    drive::Step,
    gate::{plan_hash, plan_of},
    ground::Ground,
    look::Look,
};
use crate::{
    chain,
    config::Person,
    domain::{
        Actor, Change, Draft, Fact, Owner, Via,
        artifact::{Approval, ApprovalRequest, Decision, PagingAction, Ticket},
    },
};

impl Engine {
    /// Puts the question to people, over a fresh read: nobody is asked about a state that is gone.
    pub(super) async fn ask(&self, change: &Change, round: u32) -> Result<Step, StepFault> {
        let Some(look) = self.still_to_do(change).await? else {
            return Ok(Step::Moved);
        };
        let hazards = self.hazards_of(look).await;
        let (ticket, plan) = (&change.ticket, plan_of(change)?);
        let hazards = hazards.unwrap_or_else(|| plan.hazards.clone());
        let (asked, channel) = self.asked(ticket, round);
        let request = ApprovalRequest {
            why: ticket.waits_for().join(", "),
            action: plan.action.clone(),
            asked,
            channel,
            expires: self.now() + self.config.approval.window,
            plan_hash: plan_hash(change),
            hazards,
            round,
            consent: self.config.approval.consent(ticket),
        };
        let text = request.text(change.id, ticket);
        let warning = request.warning();
        self.record_for(change, Fact::ApprovalRequested(request))
            .await?;
        self.push_request(change.id, round, &text, warning.as_deref());
        Ok(Step::Moved)
    }

    /// Who is asked in a round, and by which way.
    fn asked(&self, ticket: &Ticket, round: u32) -> (Vec<String>, String) {
        let asked = self.asked_in(ticket, round);
        let has_phone = self.config.people.asked(&asked).any(Person::has_topic);
        let pushed = (has_phone && self.config.phone.is_some()) || self.webhooks_ask();
        (asked, if pushed { "push" } else { "screen" }.to_owned())
    }

    /// The same for what is done by hand. There is nothing to tap, so phones are left alone.
    pub(super) fn asked_by_hand(&self, ticket: &Ticket) -> (Vec<String>, String) {
        let channel = if self.webhooks_ask() {
            "push"
        } else {
            "screen"
        };
        (self.asked_in(ticket, 1), channel.to_owned())
    }

    fn webhooks_ask(&self) -> bool {
        let hooks = &self.config.channels.webhooks;
        hooks.iter().any(|hook| hook.approvals)
    }

    /// The owner is asked in every round: it is their bucket. By the team's name, and by the whole contact
    /// where somebody goes by that.
    fn asked_in(&self, ticket: &Ticket, round: u32) -> Vec<String> {
        let mut asked = self.config.approval.asked_in(round).to_vec();
        let Owner { team, contact, .. } = &ticket.owner;
        let people = &self.config.people;
        let known = people.iter().any(|person| person.answers_to(contact));
        for name in [Some(team), known.then_some(contact)].into_iter().flatten() {
            let there = asked.iter().any(|there| there.eq_ignore_ascii_case(name));
            if !there && !name.is_empty() {
                asked.push(name.clone());
            }
        }
        asked
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
            with: Vec::new(),
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
            let expired = Fact::ApprovalExpired { round };
            let mut drafts = vec![Draft::room(self.now(), change.id, expired)];
            drafts.extend(self.page_undecided(&still, round));
            self.record(drafts).await?;
            self.post();
        }
        Ok(Step::Moved)
    }

    /// Pages once as many rounds of asking passed without a decision as the config bears.
    fn page_undecided(&self, change: &Change, round: u32) -> Option<Draft> {
        let pager = self.config.channels.pagerduty.as_ref()?;
        let due = round >= pager.after_rounds;
        let rounds = if round == 1 { "round" } else { "rounds" };
        let cause = format!("nobody decided in {round} {rounds} of asking");
        due.then(|| self.page(change, PagingAction::Trigger, cause))?
    }

    /// A fresh look, or none where it shows that this change has nothing to do any more. Then that is
    /// recorded, and the chain closes the change.
    pub(super) async fn still_to_do(&self, change: &Change) -> Result<Option<Look>, StepFault> {
        let look = self.look(change).await?;
        match self.ground(change, &look)? {
            Ground::Firm | Ground::Applied => Ok(Some(look)),
            Ground::Gone(cause) => {
                self.end_unfixed(change, &look, cause).await?;
                Ok(None)
            }
        }
    }
}
