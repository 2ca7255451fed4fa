//! The little of KMS that buckets depend on: which keys there are, and `DescribeKey`. Keys of other
//! accounts are not described to anyone; what a session may is asked of its policies.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, Entered, Trouble, header, json::Refused};
use crate::sandbox::{faults::Refusal, roles::Wants, state::State};

/// A key of some account in some region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey {
    /// `arn:aws:kms:us-east-1:111122223333:key/…`
    pub arn: String,
    /// Such as `alias/data`.
    pub aliases: Vec<String>,
    pub state: KeyState,
    /// Made by AWS for one service, as the key behind `alias/aws/s3` is.
    pub aws_managed: bool,
    /// Encrypts and decrypts with one secret; others sign, and S3 can't use those.
    pub symmetric: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
}

/// By ARN.
pub(super) type Keys = BTreeMap<String, KmsKey>;

impl State {
    /// Puts a KMS key in, in the place of one with the same ARN.
    pub fn insert_key(&self, key: KmsKey) {
        self.write_beside().keys.insert(key.arn.clone(), key);
    }
}

impl KmsKey {
    /// An ordinary key of the account's own.
    pub fn new(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            aliases: Vec::new(),
            state: KeyState::Enabled,
            aws_managed: false,
            symmetric: true,
        }
    }

    fn part(&self, at: usize) -> &str {
        self.arn.split(':').nth(at).unwrap_or_default()
    }

    fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    fn metadata(&self) -> Value {
        let state = match self.state {
            KeyState::Enabled => "Enabled",
            KeyState::Disabled => "Disabled",
            KeyState::PendingDeletion => "PendingDeletion",
        };
        let (spec, usage) = if self.symmetric {
            ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        } else {
            ("RSA_2048", "SIGN_VERIFY")
        };
        json!({
            "AWSAccountId": self.part(4),
            "Arn": self.arn,
            "CreationDate": 1_612_343_000,
            "CustomerMasterKeySpec": spec,
            "Description": "",
            "Enabled": self.state == KeyState::Enabled,
            "KeyId": self.id(),
            "KeyManager": if self.aws_managed { "AWS" } else { "CUSTOMER" },
            "KeySpec": spec,
            "KeyState": state,
            "KeyUsage": usage,
            "MultiRegion": false,
            "Origin": "AWS_KMS",
        })
    }
}

pub(super) async fn asked(asked: &Asked<'_>) -> Result<Value, Refused> {
    let target = header(&asked.head.headers, "x-amz-target");
    let operation = target.rsplit('.').next().unwrap_or_default();
    let entered = asked.enter(operation, "").await;
    let Entered { caller, region } = entered.map_err(refused)?;
    if target != "TrentService.DescribeKey" {
        return Err(Refused::unknown_operation(target));
    }
    let wanted = serde_json::from_slice::<Value>(&asked.body)
        .ok()
        .and_then(|body| Some(body.get("KeyId")?.as_str()?.to_owned()));
    let Some(wanted) = wanted else {
        let message = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null";
        return Err(Refused::new(400, "ValidationException", message));
    };
    let state = &asked.gate.state;
    let found = {
        let beside = state.read_beside();
        find(&beside.keys, &wanted, caller.account.as_str(), &region).cloned()
    };
    let denied = |message: String| Refused::new(400, "AccessDeniedException", message);
    let key = found.map_err(|missing| match missing {
        Missing::Here(code, message) => Refused::new(400, code, message),
        Missing::Elsewhere => denied(format!(
            "User: {} is not authorized to perform: kms:DescribeKey on resource: {wanted} because the resource does not \
             exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            caller.arn()
        )),
    })?;
    let wants = Wants {
        action: "kms:DescribeKey",
        resource: &key.arn,
        account: caller.account.as_str(),
    };
    let allowed = state.allows(&caller, wants);
    allowed.map_err(|refused| denied(refused.to_string()))?;
    Ok(json!({ "KeyMetadata": key.metadata() }))
}

enum Missing {
    Here(&'static str, String),
    /// In another account.
    Elsewhere,
}

/// The key of an id, an ARN, an alias' name or an alias' ARN, in KMS's own words where there is none.
fn find<'a>(
    keys: &'a Keys,
    wanted: &str,
    account: &str,
    region: &str,
) -> Result<&'a KmsKey, Missing> {
    let missing = |message: String| Missing::Here("NotFoundException", message);
    let parts: Vec<&str> = wanted.split(':').collect();
    let (owner, name) = match parts.as_slice() {
        ["arn", _, "kms", there, owner, name] => {
            if *there != region {
                return Err(missing(format!("Invalid arn {there}")));
            }
            (*owner, *name)
        }
        ["arn", ..] => {
            let message = format!("Invalid ARN: {wanted}");
            return Err(Missing::Here("InvalidArnException", message));
        }
        _ => (account, wanted),
    };
    if owner != account {
        return Err(Missing::Elsewhere);
    }
    let id = name.strip_prefix("key/").unwrap_or(name);
    let meant = |key: &&KmsKey| {
        let here = key.part(3) == region && key.part(4) == account;
        here && (key.id() == id || key.aliases.iter().any(|alias| alias == name))
    };
    keys.values().find(meant).ok_or_else(|| {
        missing(if name.starts_with("alias/") {
            format!("Alias arn:aws:kms:{region}:{account}:{name} is not found.")
        } else {
            format!("Key 'arn:aws:kms:{region}:{account}:key/{id}' does not exist")
        })
    })
}

fn refused(trouble: Trouble) -> Refused {
    let (status, code, message) = match trouble {
        Trouble::Stranger(stranger) => return stranger.into(),
        Trouble::Fault(Refusal::SlowDown, _) => (400, "ThrottlingException", "Rate exceeded"),
        Trouble::Fault(Refusal::Denied, _) => (
            400,
            "AccessDeniedException",
            "User is not authorized to perform: kms:DescribeKey because no identity-based policy allows the kms:DescribeKey action",
        ),
        Trouble::Fault(Refusal::Conflict | Refusal::Broken | Refusal::Cut, _) => (
            500,
            "KMSInternalException",
            "The request was rejected because an internal exception occurred.",
        ),
    };
    Refused::new(status, code, message)
}
