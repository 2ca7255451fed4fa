//! Attempts that were refused: on record each, but so that somebody who tries without end is a number in
//! few entries and not a ledger that grows.

use std::collections::HashMap;

use super::{
    Engine,
    flood::Flood,
    gate::{Caller, refusal},
    lock,
};
use crate::{
    domain::{Actor, ChangeId, Draft, Fact, Via},
    room::protocol::{Refusal, RefusalCode},
};

/// Entries of one person within an hour, which nobody who errs comes to.
const ENTRIES: u32 = 60;

/// How often each person was refused.
pub(super) type Refused = HashMap<Actor, Flood>;

impl Engine {
    /// Refuses what was tried, which is on record by then.
    pub(super) async fn refuse(
        &self,
        caller: &Caller,
        change: Option<ChangeId>,
        attempt: &str,
        code: RefusalCode,
        cause: String,
    ) -> Refusal {
        let recorded = self.record_refusal(caller, change, attempt, &cause);
        match recorded.await {
            Ok(()) => refusal(code, cause),
            Err(unrecorded) => unrecorded,
        }
    }

    pub(super) async fn record_refusal(
        &self,
        caller: &Caller,
        change: Option<ChangeId>,
        attempt: &str,
        cause: &str,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let before = lock(&self.refused)
            .entry(caller.actor.clone())
            .or_insert_with(|| Flood::of(ENTRIES))
            .another(now);
        let cause = match before {
            None => return Ok(()),
            Some(0) => cause.to_owned(),
            Some(before) => format!("{cause}; {before} more attempts before it were refused"),
        };
        // An attempt on a change that is not there still is an attempt.
        let change = change.filter(|&id| self.change(id).is_ok());
        let fact = Fact::Refused {
            attempt: attempt.to_owned(),
            cause,
        };
        self.record(vec![caller.draft(now, change, fact)]).await?;
        Ok(())
    }

    /// Puts on record how many attempts there were besides, once their hour is over or the room ends.
    pub(crate) async fn settle_refusals(&self, ending: bool) {
        let now = self.now();
        let more = |actor: &Actor, left: u64| Draft {
            at: now,
            change: None,
            actor: actor.clone(),
            via: Via::Room,
            fact: Fact::Refused {
                attempt: "more attempts".to_owned(),
                cause: format!("{left} more were refused within an hour"),
            },
        };
        let drafts: Vec<_> = lock(&self.refused)
            .iter_mut()
            .filter_map(|(actor, flood)| Some(more(actor, flood.left(now, ending)?)))
            .collect();
        if drafts.is_empty() {
            return;
        }
        if let Err(error) = self.record(drafts).await {
            tracing::error!(%error, "how many attempts were refused can't be recorded");
        }
    }
}
