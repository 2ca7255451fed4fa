//! What an operator does: release a rule that was held, and let the room fix again.

use super::{
    Engine, EngineError,
    gate::{Caller, refusal},
};
use crate::{
    domain::{Change, Fact, Right, Stage, artifact::PagingAction},
    room::protocol::{Refusal, RefusalCode},
};

impl Engine {
    /// Lets a rule act on a bucket again. A change that halted there is closed with it: the next
    /// pass judges the bucket afresh.
    pub async fn release(
        &self,
        caller: &Caller,
        rule: &str,
        bucket: &str,
    ) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Operate, None, "release")
            .await?;
        let holds = self.store.holds().map_err(EngineError::from)?;
        let held = holds
            .into_iter()
            .find(|hold| hold.rule == rule && hold.asset.answers_to(bucket));
        let halted = self.halted_on(rule, bucket)?;
        let asset = held
            .map(|hold| hold.asset)
            .or_else(|| halted.as_ref().map(|change| change.ticket.asset.clone()));
        let Some(asset) = asset else {
            return Err(refusal(
                RefusalCode::NotFound,
                format!("{rule} is not held on {bucket}"),
            ));
        };
        let open = self
            .store
            .open_change_for(rule, &asset)
            .map_err(EngineError::from)?;
        if let Some(id) = open.filter(|_| halted.is_none()) {
            let stage = self.change(id)?.stage.word();
            return Err(refusal(
                RefusalCode::Conflict,
                format!("{id} is still at work there: {stage}"),
            ));
        }
        let fact = Fact::Released {
            rule: rule.to_owned(),
            asset,
        };
        let over = format!("released by {}", caller.actor);
        let over = halted
            .as_ref()
            .and_then(|change| self.page(change, PagingAction::Resolve, over));
        let change = halted.map(|change| change.id);
        let mut drafts = vec![caller.draft(self.now(), change, fact)];
        drafts.extend(over);
        self.record(drafts).await?;
        self.post();
        Ok(format!("{rule} may act on {bucket} again"))
    }

    pub async fn reset_breaker(&self, caller: &Caller) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Operate, None, "reset the breaker")
            .await?;
        if self.stopped_fixing().is_none() {
            return Err(refusal(RefusalCode::Conflict, "fixing is not stopped"));
        }
        let _one_at_a_time = self.breaking.lock().await;
        let draft = caller.draft(self.now(), None, Fact::BreakerReset);
        self.record(vec![draft]).await?;
        self.breaker().reset();
        for id in self.store.open_changes().map_err(EngineError::from)? {
            self.wake(id);
        }
        Ok("the room fixes again".to_owned())
    }

    fn halted_on(&self, rule: &str, bucket: &str) -> Result<Option<Change>, EngineError> {
        for id in self.store.open_changes()? {
            let change = self.change(id)?;
            let same = change.ticket.rule.id == rule && change.ticket.asset.answers_to(bucket);
            if same && change.stage == Stage::Halted {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }
}
