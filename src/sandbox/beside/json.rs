//! Answers of the services that speak JSON 1.1.

use hyper::{Response, StatusCode, header::HeaderValue};
use s3s::Body;
use serde_json::{Value, json};

use super::super::auth::Stranger;

/// A refusal: the status, the code, the words, and what some services tell besides.
#[derive(Debug)]
pub(super) struct Refused {
    status: u16,
    code: &'static str,
    message: String,
    reason: Option<&'static str>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(super) fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// An operation that is none of those imitated here.
    pub(super) fn unknown_operation(target: &str) -> Self {
        let message = format!("The sandbox does not imitate this: {target}");
        Self::new(400, "UnknownOperationException", message)
    }
}

impl From<Stranger> for Refused {
    fn from(stranger: Stranger) -> Self {
        let (_, code, message) = stranger.beside_s3();
        Self::new(400, code, message)
    }
}

pub(super) fn answer(answered: Result<Value, Refused>) -> Response<Body> {
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(refused) => {
            let mut body = json!({ "__type": refused.code, "message": refused.message });
            if let Some(reason) = refused.reason {
                body["Reason"] = Value::from(reason);
            }
            (refused.status, body)
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
