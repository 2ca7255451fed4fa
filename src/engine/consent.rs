//! Whether somebody's word is enough for an approval, or one of several that it takes.

use super::{
    Engine,
    gate::{Caller, refusal},
};
use crate::{
    config::Person,
    domain::{
        Change, Digest, Fact,
        artifact::{ApprovalRequest, Ticket},
    },
    room::protocol::{Refusal, RefusalCode},
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
        let owns = !request.consent.owner && self.is_of_the_owner(caller, &change.ticket);
        if owns {
            let cause = format!(
                "{} is of the team that owns it ({}), and this takes somebody else's approval",
                caller.actor, change.ticket.owner.team
            );
            self.record_refusal(caller, Some(id), "approve", &cause)
                .await?;
            return Err(refusal(RefusalCode::Forbidden, cause));
        }
        let needed = usize::from(request.consent.people);
        if change.agreed.iter().any(|agreed| agreed.by == caller.actor) {
            let message = format!(
                "{} agreed to {id} already; it takes {needed} different people",
                caller.actor
            );
            return Err(refusal(RefusalCode::Conflict, message));
        }
        let now_agreed = change.agreed.len() + 1;
        if now_agreed >= needed {
            return Ok(Agreement::Approves);
        }
        let fact = Fact::Agreed {
            plan_hash: shown.clone(),
        };
        let draft = caller.draft(self.now(), Some(id), fact);
        self.record(vec![draft]).await?;
        Ok(Agreement::Waits(format!(
            "{id}: {now_agreed} of {needed} agreed; it waits for another person"
        )))
    }

    fn is_of_the_owner(&self, caller: &Caller, ticket: &Ticket) -> bool {
        let owner = &ticket.owner;
        let named = [owner.team.clone(), owner.contact.clone()];
        let is_caller = |person: &Person| person.name == caller.actor;
        let mut of_the_team = self.config.people.asked(&named);
        of_the_team.any(is_caller)
    }
}
