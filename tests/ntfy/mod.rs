//! An ntfy server on loopback that follows ntfy's documented protocol: publishing as JSON at the root and
//! by POST to a topic, the `json` stream with `since` and `poll`, tokens with access to topics, a cache
//! that outlives the connections.
//!
//! After <https://docs.ntfy.sh/publish/>, <https://docs.ntfy.sh/subscribe/api/> and
//! <https://docs.ntfy.sh/config/#access-control>. As in ntfy, a stream is subscribed before the old
//! messages are sent, and a `since` that nobody knows gets everything.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::broadcast};

pub const PUBLISH: &str = "tk_publisher";
pub const READ: &str = "tk_reader";
pub const BUTTON: &str = "tk_button";
pub const REPLIES: &str = "replies-9c1e";

type Body = BoxBody<Bytes, Infallible>;

/// A topic's beginning, and whether it may be read and written.
type Access = (String, bool, bool);

struct Shared {
    /// Every message, in the order in which it came.
    messages: Mutex<Vec<Value>>,
    /// Statuses of the next publishes; they are taken when it is empty.
    next: Mutex<VecDeque<u16>>,
    /// Every publish that was refused, by its status.
    refused: Mutex<Vec<u16>>,
    /// `since` of every stream that was opened.
    streams: Mutex<Vec<String>>,
    /// What each token may do.
    access: Mutex<BTreeMap<String, Vec<Access>>>,
    live: broadcast::Sender<Value>,
    cut: broadcast::Sender<()>,
    keepalive: Mutex<Duration>,
}

pub struct Ntfy {
    pub port: u16,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Ntfy {
    pub async fn start() -> Self {
        let access = [
            (
                PUBLISH,
                vec![("oncall-", false, true), (REPLIES, false, true)],
            ),
            (READ, vec![(REPLIES, true, false)]),
            (BUTTON, vec![(REPLIES, false, true)]),
        ];
        let access = access.map(|(token, rules)| {
            let rule = |(topic, read, write): (&str, bool, bool)| (topic.to_owned(), read, write);
            (token.to_owned(), rules.into_iter().map(rule).collect())
        });
        let shared = Arc::new(Shared {
            messages: Mutex::default(),
            next: Mutex::default(),
            refused: Mutex::default(),
            streams: Mutex::default(),
            access: Mutex::new(access.into()),
            live: broadcast::channel(4_096).0,
            cut: broadcast::channel(16).0,
            keepalive: Mutex::new(Duration::from_millis(200)),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(connection), service),
                );
            }
        });
        Self { port, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was published to a topic so far.
    pub fn on(&self, topic: &str) -> Vec<Value> {
        let messages = self.shared.messages.lock().unwrap();
        let on = messages.iter().filter(|message| message["topic"] == topic);
        on.cloned().collect()
    }

    /// Every publish that was answered with an error, by its status.
    pub fn refused(&self) -> Vec<u16> {
        self.shared.refused.lock().unwrap().clone()
    }

    /// `since` of every stream that was opened so far.
    pub fn streams(&self) -> Vec<String> {
        self.shared.streams.lock().unwrap().clone()
    }

    /// The statuses of the next publishes.
    pub fn answer_with(&self, statuses: impl IntoIterator<Item = u16>) {
        self.shared.next.lock().unwrap().extend(statuses);
    }

    /// What a token may do: topics' beginnings, each with reading and writing.
    pub fn allow(&self, token: &str, rules: &[(&str, bool, bool)]) {
        let rule = |(topic, read, write): &(&str, bool, bool)| ((*topic).to_owned(), *read, *write);
        let rules = rules.iter().map(rule).collect();
        self.shared
            .access
            .lock()
            .unwrap()
            .insert(token.to_owned(), rules);
    }

    /// Ends every stream.
    pub fn cut_streams(&self) {
        let _ = self.shared.cut.send(());
    }

    /// Sends a message to whoever listens once more, as a server that lost its place does.
    pub fn send_again(&self, message: &Value) {
        let _ = self.shared.live.send(message.clone());
    }

    /// Presses a button: exactly its method, address, headers and body.
    pub async fn press(&self, action: &Value) -> u16 {
        let action = action.clone();
        tokio::task::spawn_blocking(move || {
            assert_eq!(action["action"], "http");
            assert_eq!(action["method"], "POST");
            let headers = action["headers"].as_object().unwrap();
            let text = action["body"].as_str().unwrap();
            post(action["url"].as_str().unwrap(), headers, text)
        })
        .await
        .unwrap()
    }

    /// Posts any text to the reply topic, with the token that every phone has.
    pub async fn post(&self, text: &str) -> u16 {
        let (url, text) = (format!("{}/{REPLIES}", self.url()), text.to_owned());
        tokio::task::spawn_blocking(move || {
            let headers = json!({ "Authorization": format!("Bearer {BUTTON}") });
            post(&url, headers.as_object().unwrap(), &text)
        })
        .await
        .unwrap()
    }
}

impl Drop for Ntfy {
    fn drop(&mut self) {
        self.cut_streams();
        self.task.abort();
    }
}

fn post(url: &str, headers: &serde_json::Map<String, Value>, text: &str) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.post(url);
    for (name, value) in headers {
        request = request.header(name, value.as_str().unwrap());
    }
    request.send(text).unwrap().status().as_u16()
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_matches('/').to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let token = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().unwrap().strip_prefix("Bearer "))
        .map(str::to_owned);
    if path == "v1/health" {
        return Ok(json_answer(200, &json!({ "healthy": true })));
    }
    if parts.method == Method::GET {
        let topic = path.strip_suffix("/json").unwrap_or_default().to_owned();
        return Ok(subscribe(&shared, token.as_deref(), &topic, &query));
    }
    let bytes = body.collect().await.unwrap().to_bytes();
    let published = if path.is_empty() {
        serde_json::from_slice(&bytes).map_err(|_| 400)
    } else {
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        Ok(json!({ "topic": path, "message": text }))
    };
    let answer = published.and_then(|message| publish(&shared, token.as_deref(), message));
    Ok(match answer {
        Ok(message) => json_answer(200, &message),
        Err(status) => {
            shared.refused.lock().unwrap().push(status);
            json_answer(status, &json!({ "http": status, "error": "refused" }))
        }
    })
}

fn is_topic(topic: &str) -> bool {
    (1..=64).contains(&topic.len())
        && topic
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// 401 for a token that nobody has, 403 where it may not; without a token nobody may anything.
fn authorise(shared: &Shared, token: Option<&str>, topic: &str, write: bool) -> Result<(), u16> {
    let access = shared.access.lock().unwrap();
    let rules = match token {
        None => access.get(""),
        Some(token) => Some(access.get(token).ok_or(401_u16)?),
    };
    let may = rules.into_iter().flatten().any(|(prefix, read, writes)| {
        topic.starts_with(prefix.as_str()) && if write { *writes } else { *read }
    });
    if may { Ok(()) } else { Err(403) }
}

/// Checks what ntfy checks of a message, gives it an id and sends it to whoever listens.
fn publish(shared: &Shared, token: Option<&str>, mut message: Value) -> Result<Value, u16> {
    if let Some(status) = shared.next.lock().unwrap().pop_front() {
        return Err(status);
    }
    let topic = message["topic"].as_str().ok_or(400_u16)?.to_owned();
    if !is_topic(&topic) {
        return Err(400);
    }
    authorise(shared, token, &topic, true)?;
    let long = message["message"].as_str().unwrap_or_default().len() > 4_096;
    let actions = message["actions"].as_array().cloned().unwrap_or_default();
    let wrong_action = |action: &Value| {
        action["action"] != "http" || !action["label"].is_string() || !action["url"].is_string()
    };
    let priority = message["priority"].as_u64().unwrap_or(3);
    let sequence = message["sequence_id"].as_str();
    if long
        || actions.len() > 3
        || actions.iter().any(wrong_action)
        || !(1..=5).contains(&priority)
        || sequence.is_some_and(|sequence| !is_topic(sequence))
        || message.to_string().len() > 32_768
    {
        return Err(400);
    }
    let mut messages = shared.messages.lock().unwrap();
    message["id"] = json!(format!("m{:011}", messages.len()));
    message["time"] = json!(now());
    message["event"] = json!("message");
    messages.push(message.clone());
    drop(messages);
    let _ = shared.live.send(message.clone());
    Ok(message)
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs()
}

fn subscribe(
    shared: &Arc<Shared>,
    token: Option<&str>,
    topic: &str,
    query: &str,
) -> Response<Body> {
    if let Err(status) = authorise(shared, token, topic, false) {
        return json_answer(status, &json!({ "http": status }));
    }
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let since = parameter("since").unwrap_or_default();
    let poll = parameter("poll").as_deref() == Some("1");
    let news = shared.live.subscribe();
    let old = since_of(&shared.messages.lock().unwrap(), topic, &since, poll);
    let line = |value: &Value| Bytes::from(format!("{value}\n"));
    if poll {
        let text: Vec<u8> = old
            .iter()
            .flat_map(|message| line(message).to_vec())
            .collect();
        return Response::new(Full::new(text.into()).boxed());
    }
    shared.streams.lock().unwrap().push(since);
    let event =
        |name: &str| json!({"id": "xxxxxxxxxxxx", "time": now(), "event": name, "topic": topic});
    let mut first = vec![line(&event("open"))];
    first.extend(old.iter().map(line));
    let keepalive = line(&event("keepalive"));
    let every = *shared.keepalive.lock().unwrap();
    let rest = following(
        news,
        shared.cut.subscribe(),
        topic.to_owned(),
        keepalive,
        every,
    );
    let lines = stream::iter(first).chain(rest);
    let frames = lines.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
    Response::new(http_body_util::BodyExt::boxed(StreamBody::new(frames)))
}

/// A `since` that is no known id, and `all`, give everything; an empty one nothing, unless it is polled.
fn since_of(
    messages: &MutexGuard<'_, Vec<Value>>,
    topic: &str,
    since: &str,
    poll: bool,
) -> Vec<Value> {
    let known = messages.iter().position(|message| message["id"] == since);
    let time: Option<u64> = since.parse().ok();
    let mine = messages.iter().enumerate().filter(|(at, message)| {
        let newer = match (known, time) {
            (Some(known), _) => *at > known,
            (None, Some(time)) => message["time"].as_u64().unwrap() >= time,
            (None, None) => since != "none" && (poll || !since.is_empty()),
        };
        newer && message["topic"] == topic
    });
    mine.map(|(_, message)| message.clone()).collect()
}

fn following(
    live: broadcast::Receiver<Value>,
    cut: broadcast::Receiver<()>,
    topic: String,
    keepalive: Bytes,
    every: Duration,
) -> impl Stream<Item = Bytes> + Send + Sync + 'static {
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    tokio::spawn(async move {
        let (mut live, mut cut) = (live, cut);
        loop {
            let bytes = tokio::select! {
                _ = cut.recv() => return,
                message = live.recv() => match message {
                    Ok(message) if message["topic"] == topic => Bytes::from(format!("{message}\n")),
                    Ok(_) => continue,
                    Err(_) => return,
                },
                () = tokio::time::sleep(every) => keepalive.clone(),
            };
            if sender.send(bytes).await.is_err() {
                return;
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|bytes| (bytes, receiver))
    })
}

fn json_answer(status: u16, value: &Value) -> Response<Body> {
    Response::builder()
        .status(status)
        .body(Full::new(Bytes::from(value.to_string())).boxed())
        .unwrap()
}
