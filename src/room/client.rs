//! A client's end of the room's protocol.
//!
//! Bytes go through any stream (a socket, or a pipe in memory) as frames of JSON with a
//! four-byte length before them. A client numbers its requests, hands each answer to whoever asked,
//! and passes notices on.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::protocol::{
    Ask, Frame, Hello, Notice, NoticeKind, Refusal, RefusalCode, Reply, Request,
};
use crate::domain::Digest;

/// Largest frame that a client accepts: a page of the longest ledger lines fits, an attack does not.
pub const LARGEST_FRAME: usize = 8 * 1024 * 1024;

/// Requests that may wait for their answers at one time.
const IN_FLIGHT: usize = 256;

pub fn codec(largest: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(largest)
        .new_codec()
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Told>>>>;

/// An answer, and what it is known by where the same may be asked again.
#[derive(Clone, Debug)]
pub struct Told {
    pub reply: Result<Reply, Refusal>,
    pub tag: Option<Digest>,
}

/// A handle to a room. Cheap to clone; all clones share one connection.
#[derive(Clone, Debug)]
pub struct Client {
    next: Arc<AtomicU64>,
    out: mpsc::Sender<Ask>,
    waiting: Waiting,
    barred: Arc<OnceLock<Refusal>>,
}

fn gone() -> Told {
    Told {
        reply: Err(Refusal {
            code: RefusalCode::Failed,
            message: "the room closed the connection".to_owned(),
        }),
        tag: None,
    }
}

impl Client {
    /// Starts talking over a stream. The receiver yields notices until the room hangs up.
    pub fn connect<S>(stream: S) -> (Self, mpsc::Receiver<Notice>)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (client, mut end, notices) = pair();
        tokio::spawn(async move {
            end.talk(stream).await;
            // Whoever asks from now on is told by the closed channel; whoever asked before, by this.
            end.asks.close();
            end.forget();
        });
        (client, notices)
    }

    /// Goes on from a connection that was greeted, and where the room hangs up, dials until it is back, as
    /// after its service was restarted. The receiver tells of both ([`NoticeKind::Lost`],
    /// [`NoticeKind::Back`]). It ends where the room does not let this one in again ([`Self::barred`]).
    pub fn keep<D, F, S>(dial: D, hello: Hello, first: S) -> (Self, mpsc::Receiver<Notice>)
    where
        D: Fn() -> F + Send + 'static,
        F: Future<Output = io::Result<S>> + Send,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (client, mut end, notices) = pair();
        tokio::spawn(async move {
            let mut stream = first;
            loop {
                end.talk(stream).await;
                end.forget();
                end.tell(NoticeKind::Lost).await;
                stream = loop {
                    if !end.idle(REDIAL).await {
                        return;
                    }
                    let Ok(mut dialled) = dial().await else {
                        continue;
                    };
                    match greet(&mut dialled, &hello).await {
                        Ok(Ok(_)) => break dialled,
                        Ok(Err(refusal)) => {
                            let _ = end.barred.set(refusal);
                            return;
                        }
                        Err(_) => {}
                    }
                };
                end.tell(NoticeKind::Back).await;
            }
        });
        (client, notices)
    }

    /// Why the room did not let this one in again, where it has come back and did not.
    pub fn barred(&self) -> Option<&Refusal> {
        self.barred.get()
    }

    /// Asks and waits for the answer.
    pub async fn ask(&self, request: Request) -> Result<Reply, Refusal> {
        self.ask_again(request, None).await.reply
    }

    /// The same, by somebody who may have the answer already ([`Ask::known`]).
    pub async fn ask_again(&self, request: Request, known: Option<Digest>) -> Told {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        let ask = Ask { id, request, known };
        if self.out.send(ask).await.is_err() {
            lock(&self.waiting).remove(&id);
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }
}

/// Between two tries to reach a room that hung up.
const REDIAL: Duration = Duration::from_millis(500);

/// Most time that a room takes to say whom it takes somebody for.
const GREETING: Duration = Duration::from_secs(20);

/// Says who comes, on a connection that nothing was said on yet, and gives the person that the room takes
/// this one for, or why it lets nobody in.
pub async fn greet<S>(stream: &mut S, hello: &Hello) -> io::Result<Result<String, Refusal>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tokio::time::timeout(GREETING, greeted(stream, hello)).await?
}

async fn greeted<S>(stream: &mut S, hello: &Hello) -> io::Result<Result<String, Refusal>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ask = Ask::new(0, Request::Hello(hello.clone()));
    let bytes = serde_json::to_vec(&ask)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(bytes);
    stream.write_all(&frame).await?;
    // Nothing behind the answer is read: notices follow it, and are for whoever talks from then on.
    let length = stream.read_u32().await? as usize;
    if length > LARGEST_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Frame::Answer { reply, .. }) => Ok(match reply {
            Ok(Reply::Welcome { person, .. }) => Ok(person),
            Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
            Err(refusal) => Err(refusal),
        }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// What carries a client's words to a room and back.
struct End {
    asks: mpsc::Receiver<Ask>,
    waiting: Waiting,
    notices: mpsc::Sender<Notice>,
    barred: Arc<OnceLock<Refusal>>,
}

fn pair() -> (Client, End, mpsc::Receiver<Notice>) {
    let (out, asks) = mpsc::channel(IN_FLIGHT);
    let (notices, news) = mpsc::channel(IN_FLIGHT);
    let waiting: Waiting = Arc::default();
    let barred = Arc::default();
    let end = End {
        asks,
        waiting: Arc::clone(&waiting),
        notices,
        barred: Arc::clone(&barred),
    };
    let client = Client {
        next: Arc::default(),
        out,
        waiting,
        barred,
    };
    (client, end, news)
}

impl End {
    /// Until either side hangs up.
    async fn talk<S: AsyncRead + AsyncWrite>(&mut self, stream: S) {
        let (reader, writer) = tokio::io::split(stream);
        let asks = &mut self.asks;
        let write = async move {
            let mut frames = FramedWrite::new(writer, codec(LARGEST_FRAME));
            while let Some(ask) = asks.recv().await {
                let Ok(bytes) = serde_json::to_vec(&ask) else {
                    continue;
                };
                if frames.send(Bytes::from(bytes)).await.is_err() {
                    break;
                }
            }
        };
        let (waiting, notices) = (&self.waiting, &self.notices);
        let read = async move {
            let mut frames = FramedRead::new(reader, codec(LARGEST_FRAME));
            // What a client that is behind with its notices has still to be told: one for all of them.
            let mut missed = None;
            loop {
                let bytes = tokio::select! {
                    frame = frames.next() => match frame {
                        Some(Ok(bytes)) => bytes,
                        Some(Err(_)) | None => break,
                    },
                    place = notices.reserve(), if missed.is_some() => {
                        if let (Ok(place), Some(notice)) = (place, missed.take()) {
                            place.send(notice);
                        }
                        continue;
                    }
                };
                match serde_json::from_slice(&bytes) {
                    Ok(Frame::Answer { id, tag, reply }) => {
                        let asker = lock(waiting).remove(&id);
                        if let Some(asker) = asker {
                            // Whoever asked may have stopped waiting, and that is fine.
                            let _ = asker.send(Told { reply, tag });
                        }
                    }
                    Ok(Frame::Notice(notice)) => {
                        let revision = notice.revision;
                        if missed.is_some() || notices.try_send(notice).is_err() {
                            missed = Some(Notice::of_anything(revision));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a frame from the room was not understood");
                        break;
                    }
                }
            }
        };
        tokio::select! {
            () = write => {}
            () = read => {}
        }
    }

    /// Whoever still waits for an answer is told that none comes.
    fn forget(&mut self) {
        while self.asks.try_recv().is_ok() {}
        lock(&self.waiting).clear();
    }

    /// Waits, telling whoever asks meanwhile that nobody answers. False once nobody asks any more.
    async fn idle(&mut self, wait: Duration) -> bool {
        let over = tokio::time::sleep(wait);
        let mut over = std::pin::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return true,
                ask = self.asks.recv() => match ask {
                    Some(ask) => drop(lock(&self.waiting).remove(&ask.id)),
                    None => return false,
                },
            }
        }
    }

    async fn tell(&self, kind: NoticeKind) {
        let notice = Notice {
            kind,
            change: None,
            revision: 0,
        };
        let _ = self.notices.send(notice).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it holds one of these, and a map is valid at every moment anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::ChangeId;

    #[tokio::test]
    async fn a_client_that_was_behind_with_its_notices_is_told_of_anything_in_the_end() {
        let (near, far) = tokio::io::duplex(1 << 20);
        let (client, mut notices) = Client::connect(near);
        let (asks, frames) = tokio::io::split(far);
        let mut asks = FramedRead::new(asks, codec(LARGEST_FRAME));
        let mut frames = FramedWrite::new(frames, codec(LARGEST_FRAME));
        let last = 3 * IN_FLIGHT as u64;
        for revision in 1..=last {
            let notice = Frame::Notice(Notice {
                kind: NoticeKind::Entry,
                change: Some(ChangeId::new(2026, revision)),
                revision,
            });
            let bytes = serde_json::to_vec(&notice).unwrap();
            frames.send(Bytes::from(bytes)).await.unwrap();
        }
        // Once an answer behind them has come, all were read and none was taken.
        let answered = async {
            let bytes = asks.next().await.unwrap().unwrap();
            let Ask { id, .. } = serde_json::from_slice(&bytes).unwrap();
            let reply = Ok(Reply::Done(String::new()));
            let answer = Frame::Answer {
                id,
                tag: None,
                reply,
            };
            let bytes = serde_json::to_vec(&answer).unwrap();
            frames.send(Bytes::from(bytes)).await.unwrap();
        };
        let (reply, ()) = tokio::join!(client.ask(Request::Status), answered);
        reply.unwrap();
        let mut told = 0;
        let anything = Notice::of_anything(last);
        while notices.recv().await.unwrap() != anything {
            told += 1;
        }
        assert!(told <= IN_FLIGHT, "{told}");
    }
}
