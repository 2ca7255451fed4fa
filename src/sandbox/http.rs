//! The HTTP side: connections on a loopback port, and around each request its id, its entry in the log and
//! the ways in which an answer can fail to arrive.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Request, Response, body::Incoming, header::HeaderValue, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::{Body, service::S3Service};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    beside,
    calls::{Call, Calls},
    control,
    gate::{Gate, Note},
};

/// XML answers are small; a larger body is an object's and is not looked into.
const LARGEST_XML: usize = 4 * 1024 * 1024;

pub(super) struct Server {
    pub service: S3Service,
    pub gate: Gate,
    pub calls: Calls,
    pub arrivals: AtomicU64,
}

/// Serves until cancelled; then every connection ends where it stands.
pub(super) async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    stop: CancellationToken,
    connections: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(server.clone(), stream);
                let stop = stop.clone();
                connections.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = connection => {}
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely; let some connections end before the next try.
                tracing::warn!(%error, "the sandbox could not accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    // Answers are single small writes, which must not wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(server.clone(), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    // A client that goes away in the middle is nothing that the server could mend.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

/// Why a connection is closed without an answer.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut")
}

async fn answer(server: Arc<Server>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let n = server.arrivals.fetch_add(1, Ordering::Relaxed) + 1;
    let request_id = format!("{n:016X}");
    let note = Note::default();
    let control = control::is_control(request.uri(), request.headers());
    let mut request = request.map(Body::from);
    request.extensions_mut().insert(note.clone());
    let beside = beside::Service::of(&request);
    let mut response = if let Some(service) = beside {
        let gate = &server.gate;
        service.answer(gate, request, &note, &request_id).await
    } else {
        let answered = server.service.call(request).await;
        answered.unwrap_or_else(|_| {
            let mut broken = Response::new(Body::empty());
            *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
    };
    let (cut_off, unmodelled) = {
        let mut noted = note.lock();
        server.calls.record(Call {
            n,
            request_id: request_id.clone(),
            operation: std::mem::take(&mut noted.operation),
            bucket: std::mem::take(&mut noted.bucket),
            key: noted.key.take(),
            caller: noted.caller.take(),
            status: response.status().as_u16(),
            answered: !noted.cut,
        });
        (noted.cut, std::mem::take(&mut noted.unmodelled))
    };
    if cut_off {
        return Err(cut());
    }
    if !response.status().is_success() && beside.is_none() {
        complete_refusal(&mut response, &request_id, control).await;
    } else if response.status().is_success() && !unmodelled.is_empty() {
        insert_last(&mut response, &unmodelled.concat()).await;
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response
            .headers_mut()
            .insert("x-amzn-requestid", id.clone());
        response.headers_mut().insert("x-amz-request-id", id);
    }
    let now = httpdate::fmt_http_date(server.gate.dial.now().into());
    if let Ok(now) = HeaderValue::from_str(&now) {
        response.headers_mut().insert(hyper::header::DATE, now);
    }
    let host = HeaderValue::from_static("sandbox");
    response.headers_mut().insert("x-amz-id-2", host);
    response
        .headers_mut()
        .insert(hyper::header::SERVER, HeaderValue::from_static("AmazonS3"));
    Ok(response)
}

/// Gives a refusal the elements that AWS's always have: an id, and a message where the protocol library had none.
/// S3 Control (`control`) says it in a frame, with the ids outside the error.
async fn complete_refusal(response: &mut Response<Body>, request_id: &str, control: bool) {
    rewrite(response, |text| {
        let at = text.rfind("</Error>")?;
        let message = if text.contains("<Message>") {
            ""
        } else {
            "<Message>The request is not valid</Message>"
        };
        let ids = format!("<RequestId>{request_id}</RequestId><HostId>sandbox</HostId>");
        if !control {
            return Some(format!("{}{message}{ids}{}", &text[..at], &text[at..]));
        }
        let start = text.find("<Error>")?;
        let (error, end) = (&text[start..at], at + "</Error>".len());
        Some(format!(
            "{}<ErrorResponse>{error}{message}</Error>{ids}</ErrorResponse>{}",
            &text[..start],
            &text[end..]
        ))
    })
    .await;
}

/// Puts `piece` before the closing tag of the root element.
async fn insert_last(response: &mut Response<Body>, piece: &str) {
    rewrite(response, |text| {
        if !text.starts_with('<') {
            return None;
        }
        let at = text.rfind("</")?;
        Some(format!("{}{piece}{}", &text[..at], &text[at..]))
    })
    .await;
}

async fn rewrite(response: &mut Response<Body>, change: impl FnOnce(&str) -> Option<String>) {
    let Ok(whole) = response.body_mut().store_all_limited(LARGEST_XML).await else {
        return;
    };
    let changed = std::str::from_utf8(&whole).ok().and_then(change);
    if let Some(changed) = changed {
        response.headers_mut().remove(hyper::header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(Bytes::from(changed));
    }
}
