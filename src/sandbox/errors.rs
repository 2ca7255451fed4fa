//! Refusals in AWS's words: every rule of this sandbox states its HTTP status, its code and its
//! message in one place, because clients branch on the first two and people read the third.

use std::borrow::Cow;

use hyper::StatusCode;
use s3s::{S3Error, S3ErrorCode};

/// An error as S3 answers it. The status is always set by hand: several codes have another status
/// in s3s than at AWS, or are not known to it.
pub(super) fn refuse(status: u16, code: &str, message: impl Into<Cow<'static, str>>) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message);
    error.set_status_code(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST));
    error
}

pub(super) fn no_such_bucket() -> S3Error {
    refuse(404, "NoSuchBucket", "The specified bucket does not exist")
}

pub(super) fn access_denied() -> S3Error {
    refuse(403, "AccessDenied", "Access Denied")
}

pub(super) fn invalid_argument(message: impl Into<Cow<'static, str>>) -> S3Error {
    refuse(400, "InvalidArgument", message)
}

pub(super) fn invalid_request(message: impl Into<Cow<'static, str>>) -> S3Error {
    refuse(400, "InvalidRequest", message)
}

pub(super) fn malformed_xml() -> S3Error {
    refuse(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

/// What the sandbox does not imitate is said, never ignored.
pub(super) fn not_imitated(what: &str) -> S3Error {
    refuse(
        501,
        "NotImplemented",
        format!("The sandbox does not imitate this: {what}"),
    )
}
