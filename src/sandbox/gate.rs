//! What every request passes before its operation runs: the faults it meets, then AWS's own questions
//! (is there such a bucket, is it whose the caller thinks, is it in this region, may the caller).

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use hyper::{HeaderMap, Uri, header::HeaderValue};
use s3s::{
    S3Error, S3Result,
    access::{S3Access, S3AccessContext},
    auth::Credentials,
};

use super::{
    Clock, access,
    actions::{self, Need},
    auth::{Known, Parties, Stranger},
    calls::Caller,
    errors::{access_denied, no_such_bucket, not_imitated, refuse},
    faults::{Faults, Refusal},
    roles::Wants,
    state::{Bucket, State},
    times::{self, Dial},
};

/// What is learnt about a request on its way, for the layer around it that answers and logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Note(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
pub(super) struct Noted {
    pub operation: String,
    pub bucket: String,
    pub key: Option<String>,
    pub caller: Option<Caller>,
    /// The connection is to be closed instead of an answer.
    pub cut: bool,
    /// XML elements to be put into a successful answer.
    pub unmodelled: Vec<String>,
}

impl Note {
    pub(super) fn lock(&self) -> MutexGuard<'_, Noted> {
        // Its fields are only ever set, so it is whole even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request as far as the gate needs it.
pub(super) struct Asked<'a> {
    pub operation: &'a str,
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    pub access_key: Option<&'a str>,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub note: Note,
}

#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub state: State,
    pub faults: Faults,
    pub parties: Parties,
    pub clock: Clock,
    pub dial: Dial,
}

/// How far a request's time may be from the server's.
const TOLERANCE: TimeDelta = TimeDelta::minutes(15);

impl Gate {
    pub(super) async fn admit(&self, asked: Asked<'_>) -> S3Result<()> {
        let caller = self.enter(&asked).await?;
        self.ask(&asked, caller.as_deref())
    }

    /// Notes what the request is and whose, and lets it meet its faults. `None` is an anonymous caller.
    pub(super) async fn enter(&self, asked: &Asked<'_>) -> S3Result<Option<Arc<Known>>> {
        let (operation, bucket) = (asked.operation, asked.bucket.unwrap_or_default());
        {
            let mut noted = asked.note.lock();
            operation.clone_into(&mut noted.operation);
            bucket.clone_into(&mut noted.bucket);
            noted.key = asked.key.map(str::to_owned);
        }
        let caller = asked.access_key.map(|key| self.known(key, asked));
        let caller = caller.transpose().map_err(|stranger| stranger.in_s3())?;
        asked.note.lock().caller = caller.as_ref().map(|caller| caller.caller());
        let met = self.faults.meet(operation, bucket);
        if !met.delay.is_zero() {
            tokio::time::sleep(met.delay).await;
        }
        for other in met.meanwhile {
            let changed = self.state.patch(bucket, |settings| other.apply(settings));
            changed.map_err(|_| no_such_bucket())?;
        }
        let mut noted = asked.note.lock();
        noted.cut = met.lose_answer || met.refusal == Some(Refusal::Cut);
        noted.unmodelled = met.unmodelled;
        match met.refusal {
            Some(refusal) => Err(refused(refusal)),
            None => Ok(caller),
        }
    }

    /// Whose request it is, by a key whose signature was found right.
    fn known(&self, access_key: &str, asked: &Asked<'_>) -> Result<Arc<Known>, Stranger> {
        let token = asked.signed("x-amz-security-token");
        let known = self
            .parties
            .by_token(access_key, token.as_deref(), self.clock.now())?;
        let at = asked.signed("x-amz-date");
        match at.and_then(|at| times::of_request(&at)) {
            Some(at) if self.dial.is_far_from(at, TOLERANCE) => {
                Err(Stranger::Skewed(at, self.dial.now()))
            }
            _ => Ok(known),
        }
    }

    fn ask(&self, asked: &Asked<'_>, caller: Option<&Known>) -> S3Result<()> {
        let need = actions::needs(asked.operation, asked.names_a_version());
        let Some(name) = asked.bucket.filter(|_| asked.operation != "CreateBucket") else {
            let caller = caller.ok_or_else(access_denied)?;
            return self.allows(caller, need, asked, caller.account.as_str());
        };
        let buckets = self.state.read();
        let bucket = buckets.get(name).ok_or_else(no_such_bucket)?;
        let passed = self.pass(bucket, asked, caller, need);
        // A refused HeadBucket tells the region all the same.
        passed.map_err(|error| match asked.operation {
            "HeadBucket" => with_region(error, bucket),
            _ => error,
        })
    }

    fn pass(
        &self,
        bucket: &Bucket,
        asked: &Asked<'_>,
        caller: Option<&Known>,
        need: Option<Need>,
    ) -> S3Result<()> {
        expected_owner(bucket, asked.headers)?;
        // This one operation is answered from everywhere; it is how a client learns the region.
        if asked.operation != "GetBucketLocation" {
            region(bucket, asked)?;
        }
        if let Some(caller) = caller {
            self.allows(caller, need, asked, &bucket.account)?;
        }
        if access::permits(need, bucket, asked.key, caller) {
            Ok(())
        } else {
            Err(access_denied())
        }
    }

    /// Whether the caller's own policies allow all that the request needs.
    fn allows(
        &self,
        caller: &Known,
        need: Option<Need>,
        asked: &Asked<'_>,
        account: &str,
    ) -> S3Result<()> {
        if caller.session.is_none() {
            return Ok(());
        }
        let need = need.ok_or_else(|| not_imitated(asked.operation))?;
        let resource = asked
            .bucket
            .map_or_else(|| "*".to_owned(), |name| actions::arn(name, asked.key));
        let more = actions::by_header(asked.operation, asked.headers);
        for action in std::iter::once(need.action).chain(more) {
            let wants = Wants {
                action,
                resource: &resource,
                account,
            };
            let allowed = self.state.allows(caller, wants);
            allowed.map_err(super::roles::NotAllowed::in_s3)?;
        }
        Ok(())
    }

    /// Whether the caller may hand a role to S3, for it to act by.
    pub(super) fn may_pass(&self, credentials: Option<&Credentials>, role: &str) -> S3Result<()> {
        let caller = credentials.and_then(|it| self.parties.by_key(&it.access_key));
        let Some(caller) = caller else {
            return Ok(());
        };
        let wants = Wants {
            action: "iam:PassRole",
            resource: role,
            account: caller.account.as_str(),
        };
        let allowed = self.state.allows(&caller, wants);
        allowed.map_err(super::roles::NotAllowed::in_s3)
    }
}

impl Asked<'_> {
    /// What is told with the signature, in a header or in a signed address.
    fn signed(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(value) = self.headers.get(name) {
            return Some(Cow::Borrowed(value.to_str().unwrap_or_default()));
        }
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn names_a_version(&self) -> bool {
        let query = self.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.starts_with("versionId="))
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let note = cx.extensions_mut().get::<Note>().cloned();
        self.admit(Asked {
            operation: cx.s3_op().name(),
            bucket: cx.s3_path().get_bucket_name(),
            key: cx.s3_path().get_object_key(),
            access_key: cx.credentials().map(|it| it.access_key.as_str()),
            uri: cx.uri(),
            headers: cx.headers(),
            note: note.unwrap_or_default(),
        })
        .await
    }
}

fn refused(refusal: Refusal) -> S3Error {
    match refusal {
        Refusal::SlowDown => refuse(503, "SlowDown", "Please reduce your request rate."),
        Refusal::Conflict => refuse(
            409,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
        ),
        Refusal::Denied => access_denied(),
        // Nobody reads the words of a cut answer, but the log shows its status.
        Refusal::Broken | Refusal::Cut => refuse(
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
    }
}

fn expected_owner(bucket: &Bucket, headers: &HeaderMap) -> S3Result<()> {
    let Some(expected) = headers.get("x-amz-expected-bucket-owner") else {
        return Ok(());
    };
    let expected = expected.to_str().unwrap_or_default();
    if expected.len() != 12 || !expected.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(
            400,
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS Account ID... ["
                .to_owned()
                + expected
                + "]",
        ));
    }
    if expected == bucket.account {
        Ok(())
    } else {
        Err(access_denied())
    }
}

/// A request that was signed for another region is sent to the bucket's own.
fn region(bucket: &Bucket, asked: &Asked<'_>) -> S3Result<()> {
    match signed_region(asked) {
        Some(signed) if signed != bucket.region => {
            let error = refuse(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
            );
            Err(with_region(error, bucket))
        }
        _ => Ok(()),
    }
}

fn with_region(mut error: S3Error, bucket: &Bucket) -> S3Error {
    let mut headers = HeaderMap::new();
    if let Ok(region) = HeaderValue::from_str(&bucket.region) {
        headers.insert("x-amz-bucket-region", region);
    }
    let xml = HeaderValue::from_static("application/xml");
    headers.insert(hyper::header::CONTENT_TYPE, xml);
    error.set_headers(headers);
    error
}

/// The third part of the credential scope `key/date/region/s3/aws4_request`, from the header or a presigned URL.
fn signed_region<'a>(asked: &'a Asked<'_>) -> Option<&'a str> {
    let header = asked.headers.get(hyper::header::AUTHORIZATION);
    let header = header.and_then(|value| value.to_str().ok());
    if let Some(header) = header {
        let scope = header.split("Credential=").nth(1)?;
        return scope.split('/').nth(2);
    }
    let query = asked.uri.query()?;
    let scope = query.split("X-Amz-Credential=").nth(1)?.split('&').next()?;
    scope.split("%2F").nth(2)
}
