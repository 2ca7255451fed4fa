//! What each setting makes of S3's own answers, and what it sends: the real SDK over a connector
//! that answers from a table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

use std::sync::{Arc, LazyLock, Mutex};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;
use account::read_account;
use bodies::*;

pub(super) use bodies::Body;

mod account;
mod bodies;
mod commands;
mod reads;
mod views;
mod words;
mod writes;

/// Answers from a list, the last answer for good, and keeps the requests: method, URI, headers and
/// body.
#[derive(Clone, Debug)]
struct Canned {
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
    seen: Seen,
}

type Seen = Arc<Mutex<Vec<String>>>;

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let header = |name: &'static str| request.headers().get(name).unwrap_or("-");
        let mut seen = self.seen.lock().unwrap();
        let answer = self.bodies[seen.len().min(self.bodies.len() - 1)];
        seen.push(format!(
            "{} {} owner={} acl={} skip={} size={} {}",
            request.method(),
            request.uri(),
            header("x-amz-expected-bucket-owner"),
            header("x-amz-acl"),
            header("x-amz-skip-destination-validation"),
            header("x-amz-transition-default-minimum-object-size"),
            String::from_utf8_lossy(body)
        ));
        drop(seen);
        if self.status == 0 {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            return HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())));
        }
        let mut response = HttpResponse::new(
            self.status.try_into().unwrap(),
            SdkBody::from(answer.as_bytes()),
        );
        let id = ("x-amz-request-id", "REQ1EXAMPLE");
        for (name, value) in std::iter::once(id).chain(self.header) {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn s3(status: u16, body: &'static str) -> (Client, Seen) {
    s3_that_answers(status, vec![body], None)
}

pub(super) fn s3_that_answers(
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
) -> (Client, Seen) {
    let (connector, seen) = connector(status, bodies, header);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "test"))
        .endpoint_url("http://127.0.0.1:1")
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (Client::from_conf(config), seen)
}

fn connector(
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
) -> (SharedHttpConnector, Seen) {
    let seen = Arc::default();
    let canned = Canned {
        status,
        bodies,
        header,
        seen: Arc::clone(&seen),
    };
    (SharedHttpConnector::new(canned), seen)
}

/// A bucket without an account to ask.
pub(super) fn on<'a>(client: &'a Client, owner: Option<&'a str>) -> Bucket<'a> {
    static NOWHERE: LazyLock<aws_sdk_s3control::Client> = LazyLock::new(|| {
        let config =
            aws_sdk_s3control::Config::builder().behavior_version(BehaviorVersion::latest());
        aws_sdk_s3control::Client::from_conf(config.build())
    });
    Bucket {
        client,
        control: &NOWHERE,
        name: "b",
        owner,
    }
}

async fn read(setting: &str, status: u16, body: &'static str) -> Result<Read, CallError> {
    if by_name(setting).unwrap().scope() == Scope::Account || setting == "access_points" {
        // S3 Control wraps what S3 says as it is.
        let body = if body.starts_with("<Error>") {
            format!("<ErrorResponse>{body}</ErrorResponse>").leak()
        } else {
            body
        };
        return read_account(setting, status, body).await;
    }
    let (client, _) = s3(status, body);
    let bucket = on(&client, Some("123456789012"));
    by_name(setting).unwrap().read(bucket).await
}

async fn sent(setting: &str, target: Value) -> String {
    sent_from(setting, &Document::ABSENT, target).await
}

/// The one request that a step makes.
pub(super) async fn sent_from(setting: &str, from: &Document, target: Value) -> String {
    let (client, seen) = s3(200, "");
    let bucket = on(&client, Some("123456789012"));
    let target: Document = serde_json::from_value(target).unwrap();
    let written = by_name(setting)
        .unwrap()
        .write(bucket, Step::new(from, &target))
        .await;
    assert_eq!(
        written.unwrap().request_id.as_deref(),
        Some("REQ1EXAMPLE"),
        "{setting}"
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "{setting}: one write, one request");
    seen[0].clone()
}
