//! Getting ready to write: who does it, for which change, in whose name.
//!
//! Where an account has a role for it, the session is had before the last look at the bucket, so that
//! nothing lies between that look and the write; and a role that can't be had ends the step while nothing
//! has been begun.

use super::{Engine, StepFault, gate::plan_of, look::setting};
use crate::{
    cloud::{Errand, Writer},
    domain::{Actor, Asset, Change, Document},
    settings::Setting,
};

impl Engine {
    /// Ready to make the setting of a change's plan `target`, in the name of whoever approved the change.
    pub(super) async fn hands(
        &self,
        change: &Change,
        target: &Document,
    ) -> Result<Writer, StepFault> {
        let approval = change.approval.as_ref();
        let by = approval.map_or(Actor::Room, |approval| approval.by.clone());
        self.hands_of(change, target, by).await
    }

    /// The same in another's name.
    pub(super) async fn hands_of(
        &self,
        change: &Change,
        target: &Document,
        by: Actor,
    ) -> Result<Writer, StepFault> {
        let setting = setting(&plan_of(change)?.setting)?;
        let errand = Errand {
            change: change.id,
            by,
        };
        self.writer(setting, &change.ticket.asset, target, errand)
            .await
    }

    pub(super) async fn writer(
        &self,
        setting: &'static dyn Setting,
        asset: &Asset,
        target: &Document,
        errand: Errand,
    ) -> Result<Writer, StepFault> {
        let cloud = self.accounts.of(&asset.account)?;
        Ok(cloud.writer(setting, asset, target, &errand).await?)
    }
}
