//! STS: who one is, and becoming somebody else. It speaks the query protocol: a form in, XML out.
//!
//! Source: [actions of STS](https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html).

mod assume;
mod form;

use chrono::{DateTime, SecondsFormat, Utc};
use hyper::{Response, StatusCode, header::HeaderValue};
use s3s::{Body, S3Result, xml::SerResult};

use super::{Asked, Trouble};
use crate::sandbox::{
    auth::Known,
    faults::Refusal,
    xml::{Writer, document},
};
use assume::Assumed;
use form::{AssumeRole, Form};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";

/// A refusal: the status, the code and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn denied(caller: &Known, action: &str, resource: &str) -> Self {
        let user = caller.arn();
        let message =
            format!("User: {user} is not authorized to perform: {action} on resource: {resource}");
        Self::new(403, "AccessDenied", message)
    }

    fn not_imitated(what: &str) -> Self {
        let message = format!("The sandbox does not imitate this: {what}");
        Self::new(501, "NotImplemented", message)
    }
}

enum Answer {
    Identity(std::sync::Arc<Known>),
    Assumed(Box<Assumed>),
}

pub(super) async fn answer(asked: &Asked<'_>, request_id: &str) -> Response<Body> {
    let (status, body) = match answered(asked).await {
        Ok(answer) => (200, answer.document(request_id)),
        Err(refused) => (refused.status, refused.document(request_id)),
    };
    let mut response = Response::new(body.unwrap_or_default());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let xml = HeaderValue::from_static("text/xml");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, xml);
    response
}

async fn answered(asked: &Asked<'_>) -> Result<Answer, Refused> {
    let form = Form::read(&asked.body);
    let action = form.get("Action").unwrap_or_default();
    let target = form.get("RoleArn").filter(|_| action == "AssumeRole");
    let entered = asked.enter(action, target.unwrap_or_default()).await;
    let entered = entered.map_err(|trouble| refused(trouble, action, target))?;
    let caller = entered.caller;
    match (action, form.get("Version")) {
        ("GetCallerIdentity", Some(VERSION)) => Ok(Answer::Identity(caller)),
        ("AssumeRole", Some(VERSION)) => {
            let wanted = AssumeRole::read(&form)?;
            let assumed = assume::assume(asked.gate, &caller, wanted)?;
            Ok(Answer::Assumed(Box::new(assumed)))
        }
        (action, version) => {
            let version = version.unwrap_or("none");
            Err(Refused::not_imitated(&format!(
                "{action} of version {version}"
            )))
        }
    }
}

impl Answer {
    fn document(&self, request_id: &str) -> S3Result<Body> {
        let name = match self {
            Self::Identity(_) => "GetCallerIdentity",
            Self::Assumed(_) => "AssumeRole",
        };
        document(|s| {
            s.element_with_ns(&format!("{name}Response"), NAMESPACE, |s| {
                s.element(&format!("{name}Result"), |s| match self {
                    Self::Identity(known) => {
                        s.content("Arn", &known.arn())?;
                        s.content("UserId", &known.user_id())?;
                        s.content("Account", known.account.as_str())
                    }
                    Self::Assumed(assumed) => assumed.write(s),
                })?;
                s.element("ResponseMetadata", |s| s.content("RequestId", request_id))
            })
        })
    }
}

impl Assumed {
    fn write(&self, s: &mut Writer<'_>) -> SerResult {
        let Some(session) = &self.known.session else {
            return Ok(());
        };
        s.element("AssumedRoleUser", |s| {
            s.content("AssumedRoleId", &session.user_id)?;
            s.content("Arn", &session.arn)
        })?;
        s.element("Credentials", |s| {
            s.content("AccessKeyId", &self.known.access_key)?;
            s.content("SecretAccessKey", &self.known.secret_key)?;
            s.content("SessionToken", &session.token)?;
            s.content("Expiration", &time(session.ends))
        })?;
        if let Some(percent) = self.packed {
            s.content("PackedPolicySize", &percent.to_string())?;
        }
        match &session.source_identity {
            Some(identity) => s.content("SourceIdentity", identity),
            None => Ok(()),
        }
    }
}

impl Refused {
    fn document(&self, request_id: &str) -> S3Result<Body> {
        let fault = if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        document(|s| {
            s.element_with_ns("ErrorResponse", NAMESPACE, |s| {
                s.element("Error", |s| {
                    s.content("Type", fault)?;
                    s.content("Code", self.code)?;
                    s.content("Message", &self.message)
                })?;
                s.content("RequestId", request_id)
            })
        })
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn refused(trouble: Trouble, action: &str, target: Option<&str>) -> Refused {
    match trouble {
        Trouble::Stranger(stranger) => {
            let (code, _, message) = stranger.beside_s3();
            Refused::new(403, code, message)
        }
        Trouble::Fault(Refusal::SlowDown, _) => Refused::new(400, "Throttling", "Rate exceeded"),
        Trouble::Fault(Refusal::Denied, caller) => {
            Refused::denied(&caller, &format!("sts:{action}"), target.unwrap_or("*"))
        }
        Trouble::Fault(Refusal::Conflict | Refusal::Broken | Refusal::Cut, _) => Refused::new(
            500,
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
    }
}
