//! What an operator does: release a rule that was held, and let the room fix again.

use super::{
    Engine,
    gate::{Caller, refusal},
};
use crate::{
    config::Right,
    domain::{Draft, Fact},
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
        let holds = self.store.holds().map_err(super::EngineError::from)?;
        let held = holds
            .into_iter()
            .find(|hold| hold.rule == rule && hold.asset.bucket == bucket);
        let Some(asset) = held.map(|hold| hold.asset) else {
            return Err(refusal(
                RefusalCode::NotFound,
                format!("{rule} is not held on {bucket}"),
            ));
        };
        let open = self
            .store
            .open_change_for(rule, &asset)
            .map_err(super::EngineError::from)?;
        let fact = Fact::Released {
            rule: rule.to_owned(),
            asset,
        };
        let draft = Draft {
            at: self.now(),
            change: open,
            actor: caller.actor.clone(),
            via: caller.via,
            fact,
        };
        self.record(vec![draft]).await?;
        Ok(format!("{rule} may act on {bucket} again"))
    }

    pub async fn reset_breaker(&self, caller: &Caller) -> Result<String, Refusal> {
        self.permit_person(caller, Right::Operate, None, "reset the breaker")
            .await?;
        if self.stopped_fixing().is_none() {
            return Err(refusal(RefusalCode::Conflict, "fixing is not stopped"));
        }
        let draft = Draft {
            at: self.now(),
            change: None,
            actor: caller.actor.clone(),
            via: caller.via,
            fact: Fact::BreakerReset,
        };
        self.record(vec![draft]).await?;
        self.breaker().reset();
        for id in self
            .store
            .open_changes()
            .map_err(super::EngineError::from)?
        {
            self.wake(id);
        }
        Ok("the room fixes again".to_owned())
    }
}
