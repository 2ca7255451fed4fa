//! Reverting from the vault alone: a change that this ledger does not have, because the state
//! directory was lost or the change was another room's.
//!
//! The bundle says everything: which setting of which bucket, the state before, and the state after
//! the fix, which is the only one that is written over.

use chrono::TimeDelta;

use super::{
    Engine, StepFault,
    bundle::{MANIFEST, Manifest},
    fix::Verified,
    gate::{Caller, permit_from_vault, refusal, tidy},
    look::setting,
    revert::three_ways,
};
use crate::{
    cloud::{Errand, Urgency},
    domain::{ChangeId, Digest, Document, Exception, Fact, artifact::Reason, time},
    room::protocol::{Refusal, RefusalCode},
};

fn failed(cause: impl std::fmt::Display) -> Refusal {
    refusal(RefusalCode::Failed, cause.to_string())
}

impl From<StepFault> for Refusal {
    fn from(fault: StepFault) -> Self {
        match fault {
            StepFault::Later(cause) | StepFault::Halt(cause) => failed(cause),
            StepFault::Engine(error) => error.into(),
        }
    }
}

impl Engine {
    /// The caller's right was checked. Answers when the state before is back and verified.
    pub(super) async fn revert_from_vault(
        &self,
        caller: &Caller,
        id: ChangeId,
        reason: Reason,
    ) -> Result<String, Refusal> {
        self.permit_mode()
            .map_err(|cause| refusal(RefusalCode::Forbidden, cause))?;
        let (manifest, before) = self.bundle_of(id).await.map_err(|fault| {
            let Refusal { code, message } = Refusal::from(fault);
            refusal(
                code,
                format!("{id} is not in this ledger, and from the vault: {message}"),
            )
        })?;
        let reason = tidy(reason);
        let asset = &manifest.asset;
        if manifest.change != id || self.accounts.of(&asset.account).is_err() {
            let message = format!(
                "the bundle of {id} belongs to {} in account {}",
                manifest.change, asset.account
            );
            return Err(refusal(RefusalCode::Forbidden, message));
        }
        if self.now() >= manifest.expires {
            let message = format!(
                "{id} is settled: its bundle was offered until {}",
                time::to_day(manifest.expires)
            );
            return Err(refusal(RefusalCode::Conflict, message));
        }
        let setting = setting(&manifest.setting)?;
        let _lane = self.lanes.enter(asset).await;
        let errand = Errand {
            change: id,
            by: caller.actor.clone(),
        };
        let writer = self.writer(setting, asset, &before, errand).await?;
        let read = self
            .accounts
            .read(setting, asset, Urgency::Fix)
            .await
            .map_err(failed)?;
        let (fresh, restored) = (read.document.digest(), setting.restored(&before));
        if fresh == restored.digest() {
            return Err(refusal(
                RefusalCode::Conflict,
                format!("the state before {id} is in place already"),
            ));
        }
        if fresh != manifest.after {
            return Err(refusal(
                RefusalCode::Conflict,
                three_ways(&before, None, &read.document),
            ));
        }
        let fact = |done| Fact::RevertedForeign {
            of: id,
            asset: asset.clone(),
            setting: manifest.setting.clone(),
            read: fresh.clone(),
            target: restored.digest(),
            reason: reason.clone(),
            done,
        };
        self.record(vec![caller.draft(self.now(), None, fact(false))])
            .await?;
        let permit = permit_from_vault(setting, asset, &before);
        permit.write(writer, &read.document).await.map_err(failed)?;
        match self
            .read_until_settled(setting, asset, &read.document, &restored)
            .await?
        {
            Verified::Agreed { .. } => {}
            Verified::Mismatch { document, .. } if document == before => {}
            Verified::Mismatch { cause, .. } | Verified::Unverified { cause } => {
                return Err(failed(format!(
                    "the revert was written but not verified: {cause}"
                )));
            }
        }
        let exception = Fact::ExceptionOpened(Exception {
            rule: manifest.rule.clone(),
            asset: asset.clone(),
            reason: reason.clone(),
            until: self.now()
                + TimeDelta::from_std(self.config.approval.exception)
                    .unwrap_or(TimeDelta::days(90)),
            owner: None,
            by: Some(caller.actor.clone()),
            approved_by: None,
        });
        self.record(vec![
            caller.draft(self.now(), None, exception),
            caller.draft(self.now(), None, fact(true)),
        ])
        .await?;
        Ok(format!(
            "{id} is reverted, from the vault alone: this ledger does not have the change"
        ))
    }

    /// The bundle of a change, its file checked against its manifest.
    pub(super) async fn bundle_of(&self, id: ChangeId) -> Result<(Manifest, Document), StepFault> {
        let wrong = |cause: String| StepFault::Halt(cause);
        let vault = self
            .vault
            .as_ref()
            .ok_or_else(|| wrong("there is no vault".to_owned()))?;
        let bytes = vault.fetch(id, MANIFEST).await?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| wrong(format!("{id}: {MANIFEST} is not readable: {error}")))?;
        let first = manifest.files.first();
        let (file, sha256) =
            first.ok_or_else(|| wrong(format!("{id}: {MANIFEST} names no file")))?;
        let bytes = vault.fetch(id, file).await?;
        if Digest::of(&bytes) != *sha256 {
            return Err(wrong(format!(
                "{file} in the vault is not the file that the bundle names"
            )));
        }
        let document =
            serde_json::from_slice(&bytes).map_err(|error| wrong(format!("{file}: {error}")))?;
        Ok((manifest, document))
    }
}
