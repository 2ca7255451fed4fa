//! An [ntfy](https://docs.ntfy.sh) server: requests with buttons go out to people's topics, and what a
//! tap posts to the reply topic is read from there. No port of ours is open for any of it.
//!
//! Publishing is [JSON to the server's root](https://docs.ntfy.sh/publish/#publish-as-json); replies are
//! its [JSON stream](https://docs.ntfy.sh/subscribe/api/#subscribe-as-json-stream). Whatever the server
//! sends is bounded: one line in memory, a deadline for each read.

use std::{
    convert::Infallible,
    fmt,
    io::{self, BufRead, BufReader, Read as _},
    time::Duration,
};

use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use ureq::Agent;

use super::http::{guarded, kind};
use crate::config::{Line, Secret};

/// For a whole request; the stream's own reads have [`SILENCE`].
const TIMEOUT: Duration = Duration::from_secs(15);

/// A stream without a line for so long is dead: keepalives come every 45 seconds.
pub const SILENCE: Duration = Duration::from_secs(100);

/// Most bytes of one line of the stream. A message has at most 4,096, each of which JSON may spell in six.
const LONGEST_LINE: usize = 64 * 1024;

/// Most bytes that are read of an answer to something else.
const LONGEST_ANSWER: u64 = 256 * 1024;

/// Lines that wait to be handled; the server waits meanwhile.
const LINES: usize = 16;

/// A message to one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub title: String,
    /// At most 4,096 bytes, or the server makes a file of it.
    pub message: String,
    /// 1 to 5; 5 rings through.
    pub priority: u8,
    pub tags: Vec<&'static str>,
    /// A later message with the same one takes this one's place on the phone, from server 2.16 on.
    pub sequence_id: String,
    /// At most three.
    pub actions: Vec<Button>,
}

/// One tap that posts to the reply topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub label: String,
    pub body: String,
}

/// What the reply stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The server took the subscription.
    Open,
    /// Nothing new; everything older has been sent.
    Keepalive,
    Message(Reply),
    /// Something else that this version has no use for, such as `message_delete`.
    Other,
    /// A line that is none of these, or too long to be read.
    Unreadable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The server's, by which the stream is resumed; none where it could not be part of an address.
    pub id: Option<String>,
    pub message: String,
}

/// Why something did not go through. Never holds a topic or a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ntfy {cause}")]
pub struct NtfyFault {
    pub cause: String,
    pub status: Option<u16>,
    /// What the server asked us to wait, where it did.
    pub retry_after: Option<Duration>,
}

impl NtfyFault {
    pub fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            status: None,
            retry_after: None,
        }
    }

    /// The same request would be refused again, whatever the time.
    pub const fn is_final(&self) -> bool {
        matches!(self.status, Some(400 | 413 | 422))
    }
}

/// The server, with what it takes to use it.
#[derive(Clone)]
pub struct Ntfy {
    line: Line,
    agent: Agent,
}

impl fmt::Debug for Ntfy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.fmt(f)
    }
}

impl Ntfy {
    pub fn new(line: Line) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        let agent = guarded(config);
        Self { line, agent }
    }

    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Where a tap posts to.
    fn reply_url(&self) -> String {
        format!("{}/{}", self.line.server, self.line.reply_topic.reveal())
    }

    /// Publishes to one topic. Blocks for at most fifteen seconds.
    pub fn publish(&self, topic: &Secret, push: &Push) -> Result<(), NtfyFault> {
        let (url, authorization) = (self.reply_url(), bearer(&self.line.button));
        let action = |button: &Button| {
            json!({
                "action": "http",
                "label": button.label,
                "method": "POST",
                "url": url,
                "headers": { "Authorization": authorization },
                "body": button.body,
                // The notification goes once the tap has reached the server.
                "clear": true,
            })
        };
        let actions: Vec<_> = push.actions.iter().map(action).collect();
        let body = json!({
            "topic": topic.reveal(),
            "title": push.title,
            "message": push.message,
            "priority": push.priority,
            "tags": push.tags,
            "sequence_id": push.sequence_id,
            "actions": actions,
        });
        let sent = self
            .agent
            .post(&self.line.server)
            .header("Authorization", bearer(&self.line.publish))
            .send_json(&body);
        answered(sent).map(|_| ())
    }

    /// Posts to the reply topic as a button does, with the token that travels in it.
    pub fn reply(&self, text: &str) -> Result<(), NtfyFault> {
        let sent = self
            .agent
            .post(self.reply_url())
            .header("Authorization", bearer(&self.line.button))
            .send(text);
        answered(sent).map(|_| ())
    }

    /// What lies in the reply topic since a time, in seconds of Unix; `token` reads it, or nobody.
    pub fn poll(&self, token: Option<&Secret>, since: i64) -> Result<Vec<Reply>, NtfyFault> {
        let mut request = self
            .agent
            .get(format!("{}/json?poll=1&since={since}", self.reply_url()));
        if let Some(token) = token {
            request = request.header("Authorization", bearer(token));
        }
        let answer = answered(request.call())?;
        let mut lines = BufReader::new(answer.into_body().into_reader().take(LONGEST_ANSWER));
        let (mut found, mut line) = (Vec::new(), Vec::new());
        while let Some(whole) = next_line(&mut lines, &mut line).map_err(|error| broken(&error))? {
            if let (true, Heard::Message(reply)) = (whole, heard(&line)) {
                found.push(reply);
            }
        }
        Ok(found)
    }

    /// Whether the server says that it is well, by [its own word](https://docs.ntfy.sh/config/#health-checks).
    pub fn health(&self) -> Result<(), NtfyFault> {
        let asked = self.agent.get(format!("{}/v1/health", self.line.server));
        answered(asked.call()).map(|_| ())
    }

    /// Reads the reply topic from behind `since` on, or all that the server still has. The lines come
    /// from a thread of their own that ends with the stream, or soon after nobody takes them any more;
    /// the last item says why it ended.
    pub fn replies(&self, since: Option<&str>) -> mpsc::Receiver<Result<Heard, NtfyFault>> {
        let (sender, receiver) = mpsc::channel(LINES);
        let url = format!("{}/json?since={}", self.reply_url(), since.unwrap_or("all"));
        let authorization = bearer(&self.line.read);
        let failed = sender.clone();
        let reading = std::thread::Builder::new()
            .name("ntfy".to_owned())
            .spawn(move || {
                let Err(fault) = stream(&url, &authorization, &sender);
                // Nobody is listening any more, and that is fine.
                let _ = sender.blocking_send(Err(fault));
            });
        if let Err(error) = reading {
            let fault = NtfyFault::new(format!("can't be read: no thread: {error}"));
            let _ = failed.try_send(Err(fault));
        }
        receiver
    }
}

/// Runs what blocks in a thread that nothing waits for: a server that hangs must not hold up the end.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NtfyFault> + Send + 'static,
) -> Result<T, NtfyFault> {
    let (done, waiting) = oneshot::channel();
    let thread = std::thread::Builder::new().name("ntfy".to_owned());
    let spawned = thread.spawn(move || {
        let _ = done.send(work());
    });
    spawned.map_err(|error| NtfyFault::new(format!("can't be reached: no thread: {error}")))?;
    waiting
        .await
        .unwrap_or_else(|_| Err(NtfyFault::new("was being talked to when that ended badly")))
}

fn bearer(token: &Secret) -> String {
    format!("Bearer {}", token.reveal())
}

type Answer = ureq::http::Response<ureq::Body>;

fn answered(sent: Result<Answer, ureq::Error>) -> Result<Answer, NtfyFault> {
    // An error of the transport may quote the address; its kind is enough.
    let answer =
        sent.map_err(|error| NtfyFault::new(format!("can't be reached: {}", kind(&error))))?;
    let status = answer.status().as_u16();
    if answer.status().is_success() {
        return Ok(answer);
    }
    let header = answer.headers().get("retry-after");
    let seconds = header.and_then(|value| value.to_str().ok()?.parse().ok());
    let meaning = match status {
        401 => ": it does not know this token",
        403 => ": this token may not do that on that topic",
        429 => ": too many requests",
        _ => "",
    };
    Err(NtfyFault {
        cause: format!("answered {status}{meaning}"),
        status: Some(status),
        retry_after: seconds.map(Duration::from_secs),
    })
}

fn broken(error: &io::Error) -> NtfyFault {
    let what = match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "said nothing in time",
        _ => "ended the connection",
    };
    NtfyFault::new(what)
}

/// Reads until the stream ends, which it always does badly: a good one does not end.
fn stream(
    url: &str,
    authorization: &str,
    sender: &mpsc::Sender<Result<Heard, NtfyFault>>,
) -> Result<Infallible, NtfyFault> {
    // An agent of its own: its timeouts are those of a stream.
    let config = Agent::config_builder()
        .timeout_connect(Some(TIMEOUT))
        .timeout_recv_response(Some(TIMEOUT))
        .timeout_per_read(Some(SILENCE))
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent = guarded(config);
    let answer = answered(agent.get(url).header("Authorization", authorization).call())?;
    let mut lines = BufReader::new(Listened {
        body: answer.into_body().into_reader(),
        sender,
    });
    let mut line = Vec::new();
    loop {
        let heard = match next_line(&mut lines, &mut line).map_err(|error| broken(&error))? {
            None => return Err(NtfyFault::new("ended the stream")),
            Some(true) => heard(&line),
            Some(false) => Heard::Unreadable,
        };
        if sender.blocking_send(Ok(heard)).is_err() {
            return Err(NtfyFault::new("is not listened to any more"));
        }
    }
}

/// Ends when nobody listens any more, even where a server sends bytes and never a line.
struct Listened<'a, R> {
    body: R,
    sender: &'a mpsc::Sender<Result<Heard, NtfyFault>>,
}

impl<R: io::Read> io::Read for Listened<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.sender.is_closed() {
            return Ok(0);
        }
        self.body.read(into)
    }
}

/// The next line, without its end; false where it was longer than [`LONGEST_LINE`] and is skipped,
/// none at the end. What is left without a newline there is no line.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let mut fits = true;
    loop {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        fits &= line.len() + part.len() <= LONGEST_LINE;
        if fits {
            line.extend_from_slice(part);
        }
        let taken = part.len() + usize::from(end.is_some());
        reader.consume(taken);
        if end.is_some() {
            return Ok(Some(fits));
        }
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    id: String,
    #[serde(rename = "event")]
    kind: String,
    #[serde(default)]
    message: String,
}

fn heard(line: &[u8]) -> Heard {
    let Ok(Event { id, kind, message }) = serde_json::from_slice(line) else {
        return Heard::Unreadable;
    };
    match kind.as_str() {
        "open" => Heard::Open,
        "keepalive" => Heard::Keepalive,
        "message" => {
            let fits =
                (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
            let id = fits.then_some(id);
            Heard::Message(Reply { id, message })
        }
        _ => Heard::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_line_takes_no_memory_and_the_next_one_is_read() {
        let mut text = vec![b'x'; 10 * LONGEST_LINE];
        text.extend_from_slice(b"\n{\"event\":\"open\"}\n{\"event\":\"mess");
        let mut reader = BufReader::with_capacity(1_000, text.as_slice());
        let mut line = Vec::new();
        assert_eq!(next_line(&mut reader, &mut line).unwrap(), Some(false));
        assert!(line.capacity() <= 2 * LONGEST_LINE, "{}", line.capacity());
        assert_eq!(next_line(&mut reader, &mut line).unwrap(), Some(true));
        assert_eq!(heard(&line), Heard::Open);
        assert_eq!(next_line(&mut reader, &mut line).unwrap(), None);
    }

    #[test]
    fn an_id_that_could_change_the_address_is_not_taken() {
        for (line, id) in [
            (
                r#"{"id":"hwQ2YpKdmg","event":"message","message":"x"}"#,
                Some("hwQ2YpKdmg"),
            ),
            (r#"{"id":"a&poll=1","event":"message","message":"x"}"#, None),
            (r#"{"id":"","event":"message","message":"x"}"#, None),
        ] {
            let reply = Reply {
                id: id.map(str::to_owned),
                message: "x".to_owned(),
            };
            assert_eq!(heard(line.as_bytes()), Heard::Message(reply));
        }
        assert_eq!(heard(b"[1, 2]"), Heard::Unreadable);
        assert_eq!(heard(br#"{"event":"keepalive"}"#), Heard::Keepalive);
        assert_eq!(heard(br#"{"event":"message_clear"}"#), Heard::Other);
    }

    proptest::proptest! {
        #[test]
        fn no_line_of_a_hostile_server_makes_it_panic(bytes: Vec<u8>) {
            let _ = heard(&bytes);
        }
    }
}
