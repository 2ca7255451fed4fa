//! The little of KMS that buckets depend on: which keys there are, and `DescribeKey`, in KMS's own JSON
//! protocol on the same port. A client with one endpoint for all services reaches both.
//!
//! The protocol library of the S3 side refuses signatures for another service, so requests with an
//! `X-Amz-Target` are answered before it. The caller is known by the key of the signature; the
//! signature itself is not checked here. Keys of other accounts are not described to anyone.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLockReadGuard},
};

use hyper::{HeaderMap, Request, Response, StatusCode, header::HeaderValue};
use s3s::Body;
use serde_json::{Value, json};

use super::{
    faults::Refusal,
    gate::{Gate, Note},
    state::State,
};

/// Far above any request that is understood here.
const LARGEST: usize = 64 * 1024;

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
    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        // A key is put in whole, so the table is whole even after a panic.
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a KMS key in, in the place of one with the same ARN.
    pub fn insert_key(&self, key: KmsKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.arn.clone(), key);
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

/// Whether a request is for KMS or another service of its kind, and not for S3.
pub(super) fn is_for<T>(request: &Request<T>) -> bool {
    request.headers().contains_key("x-amz-target")
}

struct Refused(u16, &'static str, String);

/// Answers one request; what it was about is noted for the log.
pub(super) async fn answer(gate: &Gate, request: Request<Body>, note: &Note) -> Response<Body> {
    let (status, body) = match asked(gate, request, note).await {
        Ok(body) => (200, body),
        Err(Refused(status, code, message)) => {
            (status, json!({ "__type": code, "message": message }))
        }
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, json);
    response
}

async fn asked(gate: &Gate, request: Request<Body>, note: &Note) -> Result<Value, Refused> {
    let target = header(request.headers(), "x-amz-target");
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    note.lock().operation.clone_from(&operation);
    let met = gate.faults.meet(&operation, "");
    if !met.delay.is_zero() {
        tokio::time::sleep(met.delay).await;
    }
    note.lock().cut = met.lose_answer || met.refusal == Some(Refusal::Cut);
    if let Some(refusal) = met.refusal {
        return Err(refused(refusal));
    }
    if target != "TrentService.DescribeKey" {
        let message = format!("The sandbox does not imitate this: {target}");
        return Err(Refused(400, "UnknownOperationException", message));
    }
    let (account, region) = caller(gate, request.headers())?;
    let mut body = request.into_body();
    let body = body.store_all_limited(LARGEST).await;
    let wanted = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Value>(&body).ok())
        .and_then(|body| Some(body.get("KeyId")?.as_str()?.to_owned()));
    let Some(wanted) = wanted else {
        let message = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null";
        return Err(Refused(400, "ValidationException", message.to_owned()));
    };
    let keys = gate.state.keys();
    let key = find(&keys, &wanted, &account, &region)?;
    Ok(json!({ "KeyMetadata": key.metadata() }))
}

/// The account and region of the signature.
fn caller(gate: &Gate, headers: &HeaderMap) -> Result<(String, String), Refused> {
    let authorization = header(headers, "authorization");
    let scope = authorization
        .split("Credential=")
        .nth(1)
        .unwrap_or_default();
    let mut scope = scope.split('/');
    let known = scope.next().and_then(|key| gate.parties.by_key(key));
    let region = scope.nth(1);
    match (known, region) {
        (Some(known), Some(region)) => Ok((known.account.clone(), region.to_owned())),
        _ => Err(Refused(
            400,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.".to_owned(),
        )),
    }
}

/// The key of an id, an ARN, an alias' name or an alias' ARN, in KMS's own words where there is none.
fn find<'a>(
    keys: &'a Keys,
    wanted: &str,
    account: &str,
    region: &str,
) -> Result<&'a KmsKey, Refused> {
    let missing = |message: String| Refused(400, "NotFoundException", message);
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
            return Err(Refused(400, "InvalidArnException", message));
        }
        _ => (account, wanted),
    };
    if owner != account {
        let message = format!(
            "User: arn:aws:iam::{account}:root is not authorized to perform: kms:DescribeKey on resource: {wanted} \
             because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
        );
        return Err(Refused(400, "AccessDeniedException", message));
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

fn refused(refusal: Refusal) -> Refused {
    let (status, code, message) = match refusal {
        Refusal::SlowDown => (400, "ThrottlingException", "Rate exceeded"),
        Refusal::Denied => (
            400,
            "AccessDeniedException",
            "User is not authorized to perform: kms:DescribeKey because no identity-based policy allows the kms:DescribeKey action",
        ),
        Refusal::Conflict | Refusal::Broken | Refusal::Cut => (
            500,
            "KMSInternalException",
            "The request was rejected because an internal exception occurred.",
        ),
    };
    Refused(status, code, message.to_owned())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
