//! A webhook's receiving end on loopback: keeps the bodies it was sent, and answers as it is told.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt as _, Empty};
use hyper::{HeaderMap, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Got {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A status, and a header that goes with it.
type Next = (u16, Option<(&'static str, String)>);

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    /// Statuses of the next answers, each with a header; 200 when it is empty.
    next: Mutex<VecDeque<Next>>,
}

pub struct Receiver {
    port: u16,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { port, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// What was sent so far, refused tries included.
    pub fn bodies(&self) -> Vec<Value> {
        self.got().iter().map(Got::json).collect()
    }

    pub fn ids(&self) -> Vec<String> {
        let got = self.got();
        got.iter().map(|got| got.header("webhook-id")).collect()
    }

    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    /// The statuses of the next answers.
    pub fn answer_with(&self, statuses: impl IntoIterator<Item = u16>) {
        let statuses = statuses.into_iter().map(|status| (status, None));
        self.shared.next.lock().unwrap().extend(statuses);
    }

    /// The next answer, with a header.
    pub fn answer_saying(&self, status: u16, header: &'static str, value: impl Into<String>) {
        let answer = (status, Some((header, value.into())));
        self.shared.next.lock().unwrap().push_back(answer);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Empty<bytes::Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let headers = parts.headers;
    shared.got.lock().unwrap().push(Got { headers, body });
    let next = shared.next.lock().unwrap().pop_front();
    let (status, header) = next.unwrap_or((200, None));
    let mut answer = Response::builder().status(status);
    if let Some((name, value)) = header {
        answer = answer.header(name, value);
    }
    Ok(answer.body(Empty::new()).unwrap())
}
