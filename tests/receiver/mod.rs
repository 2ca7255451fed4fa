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
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

#[derive(Default)]
struct Shared {
    bodies: Mutex<Vec<Value>>,
    ids: Mutex<Vec<String>>,
    /// Statuses of the next answers; 200 when it is empty.
    next: Mutex<VecDeque<u16>>,
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
        self.shared.bodies.lock().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.shared.ids.lock().unwrap().clone()
    }

    /// The statuses of the next answers.
    pub fn answer_with(&self, statuses: impl IntoIterator<Item = u16>) {
        self.shared.next.lock().unwrap().extend(statuses);
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
    let id = request
        .headers()
        .get("webhook-id")
        .map(|id| id.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let bytes = request.into_body().collect().await.unwrap().to_bytes();
    shared
        .bodies
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&bytes).unwrap());
    shared.ids.lock().unwrap().push(id);
    let status = shared.next.lock().unwrap().pop_front().unwrap_or(200);
    Ok(Response::builder()
        .status(status)
        .body(Empty::new())
        .unwrap())
}
