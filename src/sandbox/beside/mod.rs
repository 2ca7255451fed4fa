//! The services beside S3, as far as a room with many accounts depends on them: which KMS keys there
//! are, who one is and whom one can become (STS), and which accounts an organisation has. They are at
//! the same address as S3 is, so that a client with one endpoint for all services reaches them.
//!
//! The protocol library of the S3 side refuses signatures for other services, so these requests are
//! answered before it, and their signatures are judged by [`signed`]. What they are about is noted
//! for the log, and they meet faults, as those of S3 do; where a bucket's name would stand, a call
//! to assume a role has the role's ARN.

mod json;
mod kms;
mod organizations;
mod signed;
mod sts;

use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use chrono::TimeDelta;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, http::request::Parts};
use s3s::Body;

use super::{
    auth::{Known, Stranger},
    faults::Refusal,
    gate::{Gate, Note},
    roles::Roles,
    state::State,
    times,
};
use signed::Signature;

pub use kms::{KeyState, KmsKey};
pub use organizations::{AccountState, Member, Organization};

/// Far above any request that is understood here.
const LARGEST: usize = 64 * 1024;

/// What these services know of the world.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub keys: kms::Keys,
    pub roles: Roles,
    pub organization: Option<Organization>,
}

impl State {
    pub(super) fn read_beside(&self) -> RwLockReadGuard<'_, Held> {
        // Things are put in and taken out whole, so all is whole even after a panic.
        self.beside.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write_beside(&self) -> RwLockWriteGuard<'_, Held> {
        self.beside.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which service a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Kms,
    Organizations,
    Sts,
}

impl Service {
    /// `None` is S3, or S3 Control.
    pub(super) fn of<T>(request: &Request<T>) -> Option<Self> {
        let headers = request.headers();
        if headers.contains_key("x-amz-target") {
            let target = header(headers, "x-amz-target");
            let organizations = target.starts_with(organizations::TARGET);
            return Some(if organizations {
                Self::Organizations
            } else {
                Self::Kms
            });
        }
        let form = header(headers, "content-type").starts_with("application/x-www-form-urlencoded");
        let to_nobody = request.method() == Method::POST && request.uri().path() == "/";
        (to_nobody && form).then_some(Self::Sts)
    }

    pub(super) async fn answer(
        self,
        gate: &Gate,
        request: Request<Body>,
        note: &Note,
        request_id: &str,
    ) -> Response<Body> {
        let (head, mut body) = request.into_parts();
        let Ok(body) = body.store_all_limited(LARGEST).await else {
            let mut refused = Response::new(Body::empty());
            *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            return refused;
        };
        let asked = Asked {
            gate,
            head,
            body,
            note,
        };
        match self {
            Self::Kms => json::answer(kms::asked(&asked).await),
            Self::Organizations => json::answer(organizations::asked(&asked).await),
            Self::Sts => sts::answer(&asked, request_id).await,
        }
    }
}

/// A request, whole.
struct Asked<'a> {
    gate: &'a Gate,
    head: Parts,
    body: Bytes,
    note: &'a Note,
}

/// Who asks, and in which region.
struct Entered {
    caller: Arc<Known>,
    region: String,
}

/// What keeps a request from its operation, for each service to say in its own words.
enum Trouble {
    Fault(Refusal, Arc<Known>),
    Stranger(Stranger),
}

impl Asked<'_> {
    /// Notes what is asked, finds out who asks, and lets the request meet its faults.
    async fn enter(&self, operation: &str, target: &str) -> Result<Entered, Trouble> {
        {
            let mut noted = self.note.lock();
            operation.clone_into(&mut noted.operation);
            target.clone_into(&mut noted.bucket);
        }
        let entered = self.who().map_err(Trouble::Stranger)?;
        self.note.lock().caller = Some(entered.caller.caller());
        let met = self.gate.faults.meet(operation, target);
        if !met.delay.is_zero() {
            tokio::time::sleep(met.delay).await;
        }
        let mut noted = self.note.lock();
        noted.cut = met.lose_answer || met.refusal == Some(Refusal::Cut);
        noted.unmodelled = met.unmodelled;
        match met.refusal {
            Some(refusal) => Err(Trouble::Fault(refusal, entered.caller)),
            None => Ok(entered),
        }
    }

    fn who(&self) -> Result<Entered, Stranger> {
        let headers = &self.head.headers;
        let signature = Signature::of(headers).ok_or(Stranger::Unsigned)?;
        let at = times::of_request(header(headers, "x-amz-date")).ok_or(Stranger::Unsigned)?;
        let token = headers.get("x-amz-security-token");
        let token = token.map(|token| token.to_str().unwrap_or_default());
        let Gate {
            parties,
            clock,
            dial,
            ..
        } = self.gate;
        let caller = parties.by_token(signature.access_key, token, clock.now())?;
        if dial.is_far_from(at, TOLERANCE) {
            return Err(Stranger::Skewed(at, dial.now()));
        }
        if !signature.fits(&self.head, &self.body, &caller.secret_key) {
            return Err(Stranger::WrongSignature);
        }
        Ok(Entered {
            caller,
            region: signature.region.to_owned(),
        })
    }
}

/// How far a request's time may be from the server's.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

impl Stranger {
    /// The code in the query protocol, the one in JSON, and the words, which are the same in both.
    fn beside_s3(&self) -> (&'static str, &'static str, String) {
        let stamp = |at: chrono::DateTime<chrono::Utc>| at.format("%Y%m%dT%H%M%SZ");
        match self {
            Self::Unsigned => (
                "MissingAuthenticationToken",
                "MissingAuthenticationTokenException",
                "Request is missing Authentication Token".to_owned(),
            ),
            Self::UnknownKey | Self::WrongToken => (
                "InvalidClientTokenId",
                "UnrecognizedClientException",
                "The security token included in the request is invalid.".to_owned(),
            ),
            Self::Expired => (
                "ExpiredToken",
                "ExpiredTokenException",
                "The security token included in the request is expired".to_owned(),
            ),
            Self::WrongSignature => (
                "SignatureDoesNotMatch",
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details."
                    .to_owned(),
            ),
            Self::Skewed(at, now) => {
                let (edge, told) = if at < now {
                    (*now - TOLERANCE, "Signature expired: {} is now earlier than {} ({} - 5 min.)")
                } else {
                    (*now + TOLERANCE, "Signature not yet current: {} is still later than {} ({} + 5 min.)")
                };
                let times = [*at, edge, *now].map(|at| stamp(at).to_string());
                let told = times
                    .iter()
                    .fold(told.to_owned(), |told, at| told.replacen("{}", at, 1));
                ("SignatureDoesNotMatch", "InvalidSignatureException", told)
            }
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
