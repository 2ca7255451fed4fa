//! Reverting from the vault alone: a change that this ledger does not have, because the state
//! directory was lost or the change was another room's.
//!
//! The bundle says everything: which setting of which bucket, the state before, and the state after
//! the fix, which is the only one that is written over.

use super::{
    Engine, EngineError, StepFault,
    bundle::{MANIFEST, Manifest},
    fix::Verified,
    gate::{Caller, permit_from_vault, refusal, tidy},
    look::setting,
    revert::three_ways,
};
use crate::{
    cloud::{Errand, Urgency},
    domain::{Asset, ChangeId, Digest, Document, Fact, artifact::Reason, time},
    ledger::Search,
    room::protocol::{PAGE, Refusal, RefusalCode},
};

fn failed(cause: impl std::fmt::Display) -> Refusal {
    refusal(RefusalCode::Failed, cause.to_string())
}

fn reverted(id: ChangeId) -> String {
    format!("{id} is reverted, from the vault alone: this ledger does not have the change")
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
        let on = (manifest.rule.as_str(), asset);
        if fresh == restored.digest() || fresh == before.digest() {
            // Killed behind its write, it is done but for the record.
            let Some((reason, done)) = self.begun(id)? else {
                return Err(refusal(
                    RefusalCode::Conflict,
                    format!("the state before {id} is in place already"),
                ));
            };
            self.end_foreign(caller, on, &reason, done).await?;
            return Ok(reverted(id));
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
        self.end_foreign(caller, on, &reason, fact(true)).await?;
        Ok(reverted(id))
    }

    /// A revert of this change that was begun here and whose end is not on record: its reason, and
    /// its end.
    fn begun(&self, id: ChangeId) -> Result<Option<(Reason, Fact)>, EngineError> {
        let reader = self.ledger.reader();
        let search = Search {
            kind: Some("revert.foreign".to_owned()),
            ..Search::default()
        };
        let mut below = reader.last_seq() + 1;
        loop {
            let found = reader.search(&search, below, PAGE)?;
            for recorded in found.entries {
                match recorded.entry.fact {
                    Fact::RevertedForeign {
                        of,
                        asset,
                        setting,
                        read,
                        target,
                        reason,
                        done,
                    } if of == id => {
                        let end = Fact::RevertedForeign {
                            of,
                            asset,
                            setting,
                            read,
                            target,
                            reason: reason.clone(),
                            done: true,
                        };
                        return Ok((!done).then_some((reason, end)));
                    }
                    _ => {}
                }
            }
            let Some(next) = found.next else {
                return Ok(None);
            };
            below = next;
        }
    }

    /// Records that it is done, with the exception that keeps the rule from doing it all over again.
    async fn end_foreign(
        &self,
        caller: &Caller,
        (rule, asset): (&str, &Asset),
        reason: &Reason,
        done: Fact,
    ) -> Result<(), Refusal> {
        let tags = self.tags_of(asset).await;
        let owner = self.config.subject(asset.clone(), tags).owner.to_string();
        let _one_at_a_time = self.deciding.lock().await;
        let exception = self.following((rule, asset), owner, &caller.actor, reason)?;
        let facts = exception.map(Fact::ExceptionOpened).into_iter();
        let now = self.now();
        let drafts = facts.chain([done]);
        let drafts = drafts.map(|fact| caller.draft(now, None, fact));
        self.record(drafts.collect()).await?;
        Ok(())
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
