//! The room's end of one connection: frames in, answers out, notices in between.
//!
//! Who the caller is was settled before this begins. A client that stops reading is dropped once
//! its pipe is full for too long; nothing in the room ever waits for a screen.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf},
    sync::{Semaphore, broadcast, mpsc},
};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::{
    Room,
    client::{LARGEST_FRAME, codec},
    protocol::{Ask, Frame, Notice, NoticeKind, Refusal, RefusalCode},
};
use crate::engine::Caller;

/// A client that takes nothing for this long is gone.
const STALLED: Duration = Duration::from_secs(30);

/// Requests of one client at work, and answers of theirs that wait to be written: whoever does not read
/// has no more of them made.
const AT_WORK: usize = 16;

/// Largest frame that the room reads: a request holds a filter or a person's reason, nothing longer.
const LARGEST_REQUEST: usize = 64 * 1024;

/// Requests of a connection, as frames.
pub type Asks<S> = FramedRead<ReadHalf<S>, LengthDelimitedCodec>;

/// The way back.
pub type Frames<S> = FramedWrite<WriteHalf<S>, LengthDelimitedCodec>;

/// A stream as frames, of which those to the room are small.
pub fn framed<S: AsyncRead + AsyncWrite>(stream: S) -> (Asks<S>, Frames<S>) {
    let (reader, writer) = tokio::io::split(stream);
    let asks = FramedRead::new(reader, codec(LARGEST_REQUEST));
    (asks, FramedWrite::new(writer, codec(LARGEST_FRAME)))
}

/// Serves one connection until the client hangs up or the room stops.
pub async fn serve<S>(room: Arc<Room>, caller: Caller, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (asks, frames) = framed(stream);
    talk(room, caller, asks, frames).await;
}

pub async fn talk<S>(room: Arc<Room>, caller: Caller, mut asks: Asks<S>, frames: Frames<S>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (out, queue) = mpsc::channel::<Frame>(AT_WORK);
    let notices = room.engine.subscribe();
    let mut sending = tokio::spawn(send(frames, queue, notices));
    let at_work = Arc::new(Semaphore::new(AT_WORK));
    loop {
        let bytes = tokio::select! {
            () = room.stopping.cancelled() => break,
            // Nobody is told of what would still be asked.
            _ = &mut sending => return,
            frame = asks.next() => match frame {
                Some(Ok(bytes)) => bytes,
                Some(Err(_)) | None => break,
            },
        };
        let Ok(Ask { id, request }) = serde_json::from_slice::<Ask>(&bytes) else {
            let message = "this frame is not a request of this protocol".to_owned();
            let reply = Err(Refusal {
                code: RefusalCode::Protocol,
                message,
            });
            let _ = out.send(Frame::Answer { id: 0, reply }).await;
            // What was asked before is answered; then there is nothing more to say.
            drop(out);
            let _ = tokio::time::timeout(STALLED, sending).await;
            return;
        };
        // In a task of its own, so that a slow revert does not hold up a look at the queue; a client
        // with too many of them at work is read again when one has ended.
        let turn = tokio::select! {
            () = room.stopping.cancelled() => break,
            _ = &mut sending => return,
            turn = Arc::clone(&at_work).acquire_owned() => turn,
        };
        let Ok(turn) = turn else { break };
        let (room, caller, out) = (Arc::clone(&room), caller.clone(), out.clone());
        let tracker = room.attended.clone();
        tracker.spawn(async move {
            let deed = request.is_deed();
            let reply = tokio::select! {
                reply = room.answer(&caller, request) => reply,
                // Nobody waits for a look at a room that ends, and what it looks at may be slow.
                () = room.stopping.cancelled(), if !deed => return,
            };
            let _ = out.send(Frame::Answer { id, reply }).await;
            drop(turn);
        });
    }
    drop(out);
    sending.abort();
}

async fn send<S: AsyncRead + AsyncWrite>(
    mut frames: Frames<S>,
    mut queue: mpsc::Receiver<Frame>,
    mut notices: broadcast::Receiver<Notice>,
) {
    loop {
        let frame = tokio::select! {
            frame = queue.recv() => match frame {
                Some(frame) => frame,
                None => return,
            },
            notice = notices.recv() => match notice {
                Ok(notice) => Frame::Notice(notice),
                // One notice stands for all that were missed: it makes the screen look again.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    Frame::Notice(Notice { kind: NoticeKind::Room, change: None, revision: 0 })
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        let Some(bytes) = encoded(&frame) else {
            continue;
        };
        match tokio::time::timeout(STALLED, frames.send(Bytes::from(bytes))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// A frame as bytes; an answer that is too large becomes a refusal, so that its asker is not left waiting.
pub fn encoded(frame: &Frame) -> Option<Vec<u8>> {
    let bytes = serde_json::to_vec(frame).ok()?;
    match frame {
        Frame::Answer { id, .. } if bytes.len() > LARGEST_FRAME => {
            let message = "this answer is too large for one frame: ask for fewer rows".to_owned();
            let reply = Err(Refusal {
                code: RefusalCode::Failed,
                message,
            });
            serde_json::to_vec(&Frame::Answer { id: *id, reply }).ok()
        }
        _ => Some(bytes),
    }
}
