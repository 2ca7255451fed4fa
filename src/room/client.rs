//! A client's end of the room's protocol.
//!
//! Bytes go through any stream (an in-memory pipe today, a socket later) as frames of JSON with a
//! four-byte length before them. A client numbers its requests, hands each answer to whoever asked,
//! and passes notices on.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::protocol::{Ask, Frame, Notice, Refusal, RefusalCode, Reply, Request};

/// Largest frame either side accepts: a page of the longest ledger lines fits, an attack does not.
pub const LARGEST_FRAME: usize = 8 * 1024 * 1024;

/// Requests that may wait for their answers at one time.
const IN_FLIGHT: usize = 256;

pub fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(LARGEST_FRAME)
        .new_codec()
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Reply, Refusal>>>>>;

/// A handle to a room. Cheap to clone; all clones share one connection.
#[derive(Clone, Debug)]
pub struct Client {
    next: Arc<AtomicU64>,
    out: mpsc::Sender<Ask>,
    waiting: Waiting,
}

fn gone() -> Refusal {
    Refusal {
        code: RefusalCode::Failed,
        message: "the room closed the connection".to_owned(),
    }
}

impl Client {
    /// Starts talking over a stream. The receiver yields notices until the room hangs up.
    pub fn connect<S>(stream: S) -> (Self, mpsc::Receiver<Notice>)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (reader, writer) = tokio::io::split(stream);
        let (out, mut asks) = mpsc::channel::<Ask>(IN_FLIGHT);
        let (notices, notices_rx) = mpsc::channel(IN_FLIGHT);
        let waiting: Waiting = Arc::default();

        let unanswered = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut frames = FramedWrite::new(writer, codec());
            while let Some(ask) = asks.recv().await {
                let Ok(bytes) = serde_json::to_vec(&ask) else {
                    continue;
                };
                if frames.send(Bytes::from(bytes)).await.is_err() {
                    break;
                }
            }
            // Whoever asks from now on is told by the closed channel; whoever asked before, by this.
            asks.close();
            while asks.recv().await.is_some() {}
            lock(&unanswered).clear();
        });

        let answers = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut frames = FramedRead::new(reader, codec());
            while let Some(Ok(bytes)) = frames.next().await {
                match serde_json::from_slice(&bytes) {
                    Ok(Frame::Answer { id, reply }) => {
                        let asker = lock(&answers).remove(&id);
                        if let Some(asker) = asker {
                            // Whoever asked may have stopped waiting, and that is fine.
                            let _ = asker.send(reply);
                        }
                    }
                    // A client that doesn't drain its notices only misses reasons to look again.
                    Ok(Frame::Notice(notice)) => drop(notices.try_send(notice)),
                    Err(error) => {
                        tracing::warn!(%error, "a frame from the room was not understood");
                        break;
                    }
                }
            }
            lock(&answers).clear();
        });

        (
            Self {
                next: Arc::default(),
                out,
                waiting,
            },
            notices_rx,
        )
    }

    /// Asks and waits for the answer.
    pub async fn ask(&self, request: Request) -> Result<Reply, Refusal> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        if self.out.send(Ask { id, request }).await.is_err() {
            lock(&self.waiting).remove(&id);
            return Err(gone());
        }
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it holds one of these, and a map is valid at every moment anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
