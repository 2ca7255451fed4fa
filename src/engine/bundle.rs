//! 05: the inverse, stored beside the backup so that somebody with the vault and the AWS command
//! line, and nothing of ours, can revert.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Engine, StepFault, drive::Step, gate::plan_of};
use crate::{
    cloud::Vault,
    domain::{
        Asset, Change, ChangeId, Command, Digest, Fact, Plan, Stamp,
        artifact::{FixStatus, Rollback},
        canonical, time,
    },
    ledger::failpoint,
};

pub const MANIFEST: &str = "rollback.json";
pub const SCRIPT: &str = "rollback.sh";

/// `rollback.json`: everything that a revert needs to know, without a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub change: ChangeId,
    pub asset: Asset,
    /// The rule that the change came from; a revert keeps it off the bucket.
    pub rule: String,
    pub setting: String,
    pub command: Command,
    /// Files that the command reads, with their SHA-256.
    pub files: Vec<(String, Digest)>,
    /// The state after the fix; a revert refuses to write over anything else.
    pub after: Digest,
    /// The document before the fix.
    pub before: Digest,
    #[serde(with = "time::millis")]
    pub expires: Stamp,
    pub residue: Vec<String>,
}

impl Engine {
    pub(super) async fn store_rollback(&self, change: &Change) -> Result<Step, StepFault> {
        let plan = plan_of(change)?;
        let vault = self
            .vault
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no vault".to_owned()))?;
        let receipt = change
            .backup
            .as_ref()
            .ok_or_else(|| StepFault::Halt("there is no backup".to_owned()))?;
        // Of the fix and not of now, so that the bundle is the same bytes whenever it is made again.
        let fixed_at = change.fix.as_ref().map_or(change.updated_at, |fix| fix.at);
        let expires = fixed_at + TimeDelta::days(i64::from(receipt.retention_days));
        let file = Plan::snapshot_file(&plan.setting, change.id);
        let manifest = Manifest {
            change: change.id,
            asset: change.ticket.asset.clone(),
            rule: change.ticket.rule.id.clone(),
            setting: plan.setting.clone(),
            command: plan.inverse.clone(),
            files: vec![(file.clone(), receipt.sha256.clone())],
            after: plan.target.digest(),
            before: plan.before.digest(),
            expires,
            residue: plan.residue.clone(),
        };
        failpoint!("bundle.store");
        vault
            .store(change.id, SCRIPT, script(&manifest, vault).into_bytes())
            .await?;
        let stored = vault
            .store(change.id, MANIFEST, canonical(&manifest).into_bytes())
            .await?;
        failpoint!("bundle.stored");
        let rollback = Rollback {
            command: plan.inverse.clone(),
            files: vec![file],
            bound_to: change.id,
            ttl_days: receipt.retention_days,
            expires,
            residue: plan.residue.clone(),
            uri: stored.uri,
            ran: change
                .fix
                .as_ref()
                .is_some_and(|fix| fix.status == FixStatus::RolledBack),
        };
        self.record_for(change, Fact::Rollback(rollback)).await?;
        Ok(Step::Moved)
    }
}

/// `rollback.sh`: fetches what the inverse reads, checks account and hashes, and runs it.
fn script(manifest: &Manifest, vault: &Vault) -> String {
    let Manifest {
        change,
        asset,
        command,
        files,
        expires,
        ..
    } = manifest;
    let mut script = format!(
        "#!/bin/sh\n# Puts back the state before {change} on {}. Offered until {}.\n\
         # Needs the AWS command line with credentials for account {}. Nothing else.\nset -eu\n\n\
         account=$(aws sts get-caller-identity --query Account --output text)\n\
         if [ \"$account\" != {} ]; then\n  \
         echo \"this is account $account, and {change} belongs to {}\" >&2\n  exit 1\nfi\n\n\
         cd \"$(mktemp -d)\"\n",
        asset.uri(),
        time::to_day(*expires),
        asset.account,
        asset.account,
        asset.account,
    );
    let profile = if vault.account() == &asset.account {
        ""
    } else {
        script.push_str(&format!(
            "# The vault is account {}'s. Where this account may not read it, name a profile that may.\n",
            vault.account()
        ));
        "${VAULT_PROFILE:+--profile \"$VAULT_PROFILE\"} "
    };
    let bucket = &vault.bucket;
    for (file, sha256) in files {
        script.push_str(&format!(
            "aws s3api get-object {profile}--bucket {bucket} --key {change}/{file} {file} > /dev/null\n\
             echo '{sha256}  {file}' | sha256sum -c - > /dev/null\n"
        ));
    }
    let region = format!(" \\\n  --region {}", asset.region);
    script.push_str(&format!(
        "\n{}{region}\necho 'put back: {change}'\n",
        command.text()
    ));
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;

    const SCRIPT_OF_THE_WALKTHROUGH: &str = r#"#!/bin/sh
# Puts back the state before CHG-2026-0418-114 on s3://acme-prod-customer-exports. Offered until 1970-01-01.
# Needs the AWS command line with credentials for account 111122223333. Nothing else.
set -eu

account=$(aws sts get-caller-identity --query Account --output text)
if [ "$account" != 111122223333 ]; then
  echo "this is account $account, and CHG-2026-0418-114 belongs to 111122223333" >&2
  exit 1
fi

cd "$(mktemp -d)"
aws s3api get-object --bucket acme-rollback-vault --key CHG-2026-0418-114/acl-snapshot-CHG-2026-0418-114.json acl-snapshot-CHG-2026-0418-114.json > /dev/null
echo '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  acl-snapshot-CHG-2026-0418-114.json' | sha256sum -c - > /dev/null

aws s3api put-bucket-acl \
  --bucket acme-prod-customer-exports \
  --access-control-policy \
  file://acl-snapshot-CHG-2026-0418-114.json \
  --region us-east-1
echo 'put back: CHG-2026-0418-114'
"#;

    #[test]
    fn the_script_refuses_another_account_and_a_changed_file() {
        let change = ChangeId::new(2026, 418_114);
        let file = Plan::snapshot_file("acl", change);
        let manifest = Manifest {
            change,
            asset: Asset::bucket(
                Account::try_from("111122223333".to_owned()).unwrap(),
                "us-east-1",
                "acme-prod-customer-exports",
            ),
            rule: "acl-public-read".to_owned(),
            setting: "acl".to_owned(),
            command: Command::s3api("put-bucket-acl", "acme-prod-customer-exports")
                .with("--access-control-policy", format!("file://{file}")),
            files: vec![(file, Digest::of("x"))],
            after: Digest::of("a"),
            before: Digest::of("b"),
            expires: Stamp::UNIX_EPOCH,
            residue: Vec::new(),
        };
        let vault = Vault::of_tests("acme-rollback-vault", manifest.asset.account.clone());
        assert_eq!(script(&manifest, &vault), SCRIPT_OF_THE_WALKTHROUGH);
        let keeper = Account::try_from("999988887777".to_owned()).unwrap();
        let vault = Vault::of_tests("acme-rollback-vault", keeper);
        let other = script(&manifest, &vault);
        let reads = "aws s3api get-object ${VAULT_PROFILE:+--profile \"$VAULT_PROFILE\"} --bucket acme-rollback-vault";
        assert!(
            other.contains(reads) && other.contains("account 999988887777's"),
            "{other}"
        );
    }
}
