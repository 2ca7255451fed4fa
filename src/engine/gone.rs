//! Changes whose bucket is not there any more.

use super::{Engine, EngineError};
use crate::{
    chain::cause,
    domain::{Asset, Fact, Stage, artifact::FixStatus},
};

impl Engine {
    /// Buckets with a change that has not been decided yet.
    pub fn waiting_assets(&self) -> Result<Vec<Asset>, EngineError> {
        let mut assets = Vec::new();
        for id in self.store.open_changes()? {
            let change = self.change(id)?;
            if undecided(change.stage) {
                assets.push(change.ticket.asset);
            }
        }
        assets.sort();
        assets.dedup();
        Ok(assets)
    }

    /// Closes the undecided changes of a bucket that S3 says does not exist. False when S3 says
    /// anything else.
    pub async fn close_if_gone(&self, asset: &Asset) -> bool {
        let Ok(cloud) = self.accounts.of(&asset.account) else {
            return false;
        };
        if !cloud.is_gone(asset).await {
            return false;
        }
        let _lane = self.lanes.enter(asset).await;
        let closed = self.close_gone(asset).await;
        if let Err(error) = &closed {
            tracing::error!(%error, asset = %asset, "changes of a bucket that is gone can't be closed");
        }
        closed.is_ok()
    }

    async fn close_gone(&self, asset: &Asset) -> Result<(), EngineError> {
        let _one_at_a_time = self.deciding.lock().await;
        for id in self.store.open_changes()? {
            let change = self.change(id)?;
            if change.ticket.asset != *asset || !undecided(change.stage) {
                continue;
            }
            let cause = format!(
                "{}: the bucket no longer exists, nothing was written",
                cause::RESOLVED
            );
            if change.ticket.plan().is_none() {
                let fact = Fact::HandResolved { cause, attempts: 0 };
                self.record_for(&change, fact).await?;
                self.wake(id);
            } else if let Ok(fix) =
                self.outcome_of(&change, FixStatus::Halted, None, 0, Some(cause))
            {
                self.record_for(&change, Fact::Fix(fix)).await?;
                self.wake(id);
            }
        }
        Ok(())
    }
}

pub(super) const fn undecided(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Ticketed | Stage::AwaitingApproval | Stage::Expired | Stage::ByHand
    )
}
