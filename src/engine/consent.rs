//! Whether somebody's word is enough for an approval, or one of several that it takes.

use super::{Engine, gate::Caller};
use crate::{
    domain::{
        Actor, Change, Digest, Fact, Right,
        artifact::{ApprovalRequest, Ticket},
    },
    room::protocol::{Attempt, Refusal, RefusalCode},
};

/// What comes of somebody's agreeing.
pub(super) enum Agreement {
    /// It was the last that was needed.
    Approves,
    /// It is on record; others must agree as well. In words for whoever did.
    Waits(String),
}

impl Engine {
    /// Takes a person's agreement to a request that stands. Called under the lock of decisions.
    pub(super) async fn agree(
        &self,
        caller: &Caller,
        change: &Change,
        request: &ApprovalRequest,
        shown: &Digest,
    ) -> Result<Agreement, Refusal> {
        let id = change.id;
        let attempt = Attempt::Approve.word();
        let refused = |code, cause| self.refuse(caller, Some(id), attempt, code, cause);
        if !self.may_agree(&caller.actor, change, request) {
            let cause = format!(
                "{} is of the team that owns it ({}), and this takes somebody else's approval",
                caller.actor, change.ticket.owner.team
            );
            return Err(refused(RefusalCode::Forbidden, cause).await);
        }
        let needed = usize::from(request.consent.people);
        if change.agreed.iter().any(|agreed| agreed.by == caller.actor) {
            let cause = format!(
                "{} agreed to {id} already; it takes {needed} different people",
                caller.actor
            );
            return Err(refused(RefusalCode::Conflict, cause).await);
        }
        let without = self.no_longer_count(change, request);
        let now_agreed = change.agreed.len() - without.len() + 1;
        if now_agreed >= needed {
            return Ok(Agreement::Approves);
        }
        let mut words =
            format!("{id}: {now_agreed} of {needed} agreed; it waits for another person");
        for former in &without {
            words.push_str(&format!(
                " ({former} agreed before and may not any more, so that does not count)"
            ));
        }
        let fact = Fact::Agreed {
            plan_hash: shown.clone(),
            without,
        };
        let draft = caller.draft(self.now(), Some(id), fact);
        self.record(vec![draft]).await?;
        Ok(Agreement::Waits(words))
    }

    /// Those who agreed to a request and may not any more, as the config is now.
    fn no_longer_count(&self, change: &Change, request: &ApprovalRequest) -> Vec<Actor> {
        let may = |actor: &Actor| {
            self.config.people.may(actor, Right::Decide) && self.may_agree(actor, change, request)
        };
        let agreed = change.agreed.iter().map(|agreed| &agreed.by);
        agreed.filter(|by| !may(by)).cloned().collect()
    }

    /// Whether a request takes the agreement of this person, whose right to decide is another question.
    pub(super) fn may_agree(
        &self,
        actor: &Actor,
        change: &Change,
        request: &ApprovalRequest,
    ) -> bool {
        request.consent.owner || !self.is_of_the_owner(actor, &change.ticket)
    }

    fn is_of_the_owner(&self, actor: &Actor, ticket: &Ticket) -> bool {
        let owner = &ticket.owner;
        let named = [owner.team.clone(), owner.contact.clone()];
        let mut of_the_team = self.config.people.asked(&named);
        of_the_team.any(|person| person.name == *actor)
    }
}
