//! 03: the state before, stored and read back.

use chrono::TimeDelta;
use serde_json::json;

use super::{Engine, StepFault, drive::Step, gate::plan_of, ground::Ground};
use crate::{
    cloud::VaultError,
    domain::{Change, Digest, Fact, Plan, artifact::Backup, canonical},
    ledger::failpoint,
    settings::{self, Read, Setting},
};

impl From<VaultError> for StepFault {
    fn from(error: VaultError) -> Self {
        if error.passes() {
            Self::Later(error.to_string())
        } else {
            Self::Halt(error.to_string())
        }
    }
}

impl Engine {
    pub(super) async fn back_up(&self, change: &Change) -> Result<Step, StepFault> {
        let look = self.look(change).await?;
        let plan = plan_of(change)?;
        if let Ground::Gone(cause) = self.ground(change, &look)? {
            self.end_unfixed(change, &look, cause).await?;
            return Ok(Step::Moved);
        }
        representable(look.setting, &look.read)?;
        let vault = self
            .vault
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no vault".to_owned()))?;
        let ticket = json!({ "change": change.id, "ticket": change.ticket });
        vault
            .store(change.id, "ticket.json", canonical(&ticket).into_bytes())
            .await?;
        if let Some(raw) = &look.read.raw {
            let file = raw_file(plan, raw);
            vault
                .store(change.id, &file, raw.clone().into_bytes())
                .await?;
        }
        let file = Plan::snapshot_file(&plan.setting, change.id);
        failpoint!("backup.store");
        let stored = vault
            .store(
                change.id,
                &file,
                look.setting
                    .file(settings::Step::new(&plan.target, &look.read.document)),
            )
            .await?;
        failpoint!("backup.stored");
        let backup = Backup {
            file,
            summary: look.setting.summary(&look.read.document),
            vault: vault.bucket.clone(),
            uri: stored.uri,
            version_id: stored.version_id,
            sha256: stored.sha256,
            before: look.digest(),
            retention_days: vault.retention_days,
            retained_until: self.now() + TimeDelta::days(i64::from(vault.retention_days)),
        };
        self.record_for(change, Fact::Backup(backup)).await?;
        Ok(Step::Moved)
    }
}

/// `acl-raw-9f2c….xml`; a policy's raw body is JSON. S3 may spell the same state differently each time,
/// and a backup that is made again after a kill must not be held against the first spelling.
fn raw_file(plan: &Plan, raw: &str) -> String {
    let ending = if plan.setting == "policy" {
        "json"
    } else {
        "xml"
    };
    format!(
        "{}-raw-{}.{ending}",
        plan.setting.replace('_', "-"),
        Digest::of(raw).short()
    )
}

/// What the typed document does not hold would be erased by a write, so there is none then.
pub(super) fn representable(setting: &dyn Setting, read: &Read) -> Result<(), StepFault> {
    setting.representable(read).map_err(|lost| {
        StepFault::Halt(format!(
            "the answer of S3 holds what this version can't write back, and a write would erase it: {}",
            lost.join(", ")
        ))
    })
}
