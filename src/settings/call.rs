//! One S3 call: who it is sent to, what came back byte for byte, and what a failure means.
//!
//! The SDK gives either a typed output or an error; which of its many error shapes it is, and the
//! raw body and request id beside them, is settled here once for all settings.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::AfterDeserializationInterceptorContextRef,
    },
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::{box_error::BoxError, client::orchestrator::HttpResponse};

use super::{
    Read, Written,
    error::{CallError, CallErrorKind, NotEntered, line},
};
use crate::domain::Document;

/// An answer that came in good order and makes no sense.
pub(super) fn unreadable(operation: &str, message: impl Into<String>) -> CallError {
    CallError::ours(operation, UNREADABLE, message)
}

/// The code of an answer that came in good order and makes no sense.
const UNREADABLE: &str = "UnreadableAnswer";

/// What came back, typed and raw.
pub(super) struct Answer<O> {
    pub output: O,
    pub raw: Option<String>,
    pub request_id: Option<String>,
}

impl<O> From<Answer<O>> for Written {
    fn from(answer: Answer<O>) -> Self {
        Self {
            request_id: answer.request_id,
        }
    }
}

/// Sends one operation of the SDK with the expected owner and a capture of the answer.
macro_rules! s3 {
    ($bucket:expr, $operation:literal, $call:ident $(, $set:ident($value:expr))* $(,)?) => {{
        let capture = $crate::settings::call::Capture::default();
        let result = $bucket
            .client
            .$call()
            .bucket($bucket.name)
            .set_expected_bucket_owner($bucket.owner.map(str::to_owned))
            $(.$set($value))*
            .customize()
            .interceptor(capture.clone())
            .send()
            .await;
        capture.outcome($operation, result)
    }};
}
pub(super) use s3;

/// As [`s3!`], an operation of S3 Control about the account; `in REGION` where it is answered in one
/// region alone.
macro_rules! control {
    ($bucket:expr, $operation:literal, $call:ident $(, $set:ident($value:expr))* $(; in $region:expr)? $(,)?) => {{
        let capture = $crate::settings::call::Capture::default();
        let result = $bucket
            .control
            .$call()
            .set_account_id($bucket.owner.map(str::to_owned))
            $(.$set($value))*
            .customize()
            $(.config_override($crate::settings::call::in_region($region)))?
            .interceptor(capture.clone())
            .send()
            .await;
        capture.outcome($operation, result)
    }};
}
pub(super) use control;

pub(super) fn in_region(name: &'static str) -> aws_sdk_s3control::config::Builder {
    aws_sdk_s3control::config::Builder::new()
        .region(aws_sdk_s3control::config::Region::from_static(name))
}

/// A read: the document of the output, or absent where the failure has the code that means so. The
/// status alone would not do: a missing bucket is a 404 too.
pub(super) fn read<O>(
    operation: &str,
    not_set: &str,
    answer: Result<Answer<O>, CallError>,
    document: impl FnOnce(O) -> Result<Document, String>,
) -> Result<Read, CallError> {
    match answer {
        Ok(answer) => Ok(Read {
            document: document(answer.output).map_err(|message| unreadable(operation, message))?,
            raw: answer.raw,
            request_id: answer.request_id,
        }),
        Err(error) if error.code == not_set => Ok(Read {
            document: Document::ABSENT,
            raw: None,
            request_id: error.request_id,
        }),
        Err(error) => Err(error),
    }
}

/// The latest answer of a call; retries overwrite it.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture(Arc<Mutex<Captured>>);

#[derive(Clone, Debug, Default)]
struct Captured {
    body: Option<String>,
    request_id: Option<String>,
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "sixfold-capture"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.take(context.response());
        Ok(())
    }
}

impl Capture {
    fn take(&self, response: &HttpResponse) {
        let captured = Captured {
            // Bytes that are no UTF-8 become U+FFFD, which no document holds: such a body is then
            // found not to be representable, and nothing is written over it.
            body: response
                .body()
                .bytes()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            request_id: request_id(response),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = captured;
    }

    pub(super) fn outcome<O, E>(
        &self,
        operation: &str,
        result: Result<O, SdkError<E, HttpResponse>>,
    ) -> Result<Answer<O>, CallError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let captured = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        match result {
            Ok(output) => Ok(Answer {
                output,
                raw: captured.body,
                request_id: captured.request_id,
            }),
            Err(error) => Err(failure(operation, &error)),
        }
    }
}

fn request_id(response: &HttpResponse) -> Option<String> {
    response
        .headers()
        .get("x-amz-request-id")
        .map(str::to_owned)
}

pub(super) fn failure<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(NotEntered(refused)) = causes(error).find_map(|cause| cause.downcast_ref()) {
        return refused.clone();
    }
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    let (code, message, kind) = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let kind = kind(code, status);
            let message = match service.err().message() {
                Some(message) => message.to_owned(),
                None => root_cause(error),
            };
            let code = match (code, status) {
                ("", Some(200..300)) => UNREADABLE,
                ("", _) => "NoCode",
                _ => code,
            };
            (code.to_owned(), message, kind)
        }
        SdkError::TimeoutError(_) => (
            "Timeout".to_owned(),
            root_cause(error),
            CallErrorKind::Unreachable,
        ),
        SdkError::DispatchFailure(_) if without_credentials(error) => (
            "NoCredentials".to_owned(),
            format!(
                "no AWS credentials can be had ({}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or give `profile` under [cloud] in the config",
                root_cause(error).trim_end_matches('.')
            ),
            CallErrorKind::Unreachable,
        ),
        SdkError::DispatchFailure(failure) => {
            let code = if failure.is_timeout() {
                "Timeout"
            } else {
                "NoConnection"
            };
            (
                code.to_owned(),
                root_cause(error),
                CallErrorKind::Unreachable,
            )
        }
        SdkError::ResponseError(_) => (
            "BrokenAnswer".to_owned(),
            root_cause(error),
            CallErrorKind::Unreachable,
        ),
        _ => (
            "NotSent".to_owned(),
            root_cause(error),
            CallErrorKind::Other,
        ),
    };
    CallError {
        operation: operation.to_owned(),
        code,
        status,
        message: line(&message),
        request_id: error.raw_response().and_then(request_id),
        kind,
    }
}

/// What a code means; the status decides only where the code says nothing.
fn kind(code: &str, status: Option<u16>) -> CallErrorKind {
    match (code, status) {
        ("NoSuchBucket", _) => CallErrorKind::NoSuchBucket,
        (
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "ServiceUnavailable",
            _,
        )
        | ("" | "InternalError", Some(429 | 503)) => CallErrorKind::Throttled,
        ("OperationAborted" | "ConditionalRequestConflict", _) => CallErrorKind::Conflict,
        (
            "AccessDenied"
            | "AccessDeniedException"
            | "AllAccessDisabled"
            | "AccountProblem"
            | "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed",
            _,
        )
        | (_, Some(401 | 403)) => CallErrorKind::Denied,
        _ => CallErrorKind::Other,
    }
}

/// Nothing was sent, because there is nothing to sign it with.
fn without_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<CredentialsError>)
}

/// An error, its cause, the cause of that, and so on.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The innermost cause: the layers around it ("dispatch failure") say nothing that the code does not.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_believed_before_a_status() {
        for (code, status, expected) in [
            ("AccessDenied", Some(403), CallErrorKind::Denied),
            ("InvalidAccessKeyId", Some(403), CallErrorKind::Denied),
            ("NoSuchBucket", Some(404), CallErrorKind::NoSuchBucket),
            ("NoSuchBucketPolicy", Some(404), CallErrorKind::Other),
            ("SlowDown", Some(503), CallErrorKind::Throttled),
            ("", Some(503), CallErrorKind::Throttled),
            ("", Some(403), CallErrorKind::Denied),
            ("OperationAborted", Some(409), CallErrorKind::Conflict),
            ("MalformedACLError", Some(400), CallErrorKind::Other),
            ("InternalError", Some(500), CallErrorKind::Other),
        ] {
            assert_eq!(kind(code, status), expected, "{code} {status:?}");
        }
    }
}
