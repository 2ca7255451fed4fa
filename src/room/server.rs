//! The room's end of one connection: requests in, each to where it is answered.
//!
//! Who the caller is was settled before this begins. A client that stops reading is dropped once
//! its pipe is full for too long; nothing in the room ever waits for a screen.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf},
    sync::{Mutex, Semaphore, mpsc},
};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use super::{
    Room,
    client::codec,
    protocol::{Ask, Refusal, RefusalCode},
    sending::{Answered, STALLED, Said, send},
};
use crate::engine::Caller;

/// Requests of one client at work: whoever does not read has no more of them answered.
const AT_WORK: usize = 16;

/// Answers that wait to be written to one client.
const HANDED_ON: usize = 2;

/// Largest frame that the room reads: a request holds a filter or a person's reason, nothing longer.
const LARGEST_REQUEST: usize = 64 * 1024;

/// Requests of a connection, as frames.
pub type Asks<S> = FramedRead<ReadHalf<S>, LengthDelimitedCodec>;

/// A stream as frames, of which those to the room are small, and the way back.
pub fn framed<S: AsyncRead + AsyncWrite>(stream: S) -> (Asks<S>, WriteHalf<S>) {
    let (reader, writer) = tokio::io::split(stream);
    (FramedRead::new(reader, codec(LARGEST_REQUEST)), writer)
}

/// Serves one connection until the client hangs up or the room stops.
pub async fn serve<S>(room: Arc<Room>, caller: Caller, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (asks, writer) = framed(stream);
    talk(room, caller, asks, writer).await;
}

pub async fn talk<S>(room: Arc<Room>, caller: Caller, mut asks: Asks<S>, writer: WriteHalf<S>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (out, queue) = mpsc::channel::<Answered>(HANDED_ON);
    let notices = room.engine.subscribe();
    let mut sending = tokio::spawn(send(writer, queue, notices));
    let at_work = Arc::new(Semaphore::new(AT_WORK));
    let looking = Arc::new(Mutex::new(()));
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
        let Ok(Ask { id, request, known }) = serde_json::from_slice::<Ask>(&bytes) else {
            let message = "this frame is not a request of this protocol".to_owned();
            let reply = Err(Refusal {
                code: RefusalCode::Protocol,
                message,
            });
            let said = Said::of(&reply);
            let last = async {
                let _ = out.send(Answered { id: 0, said }).await;
                // What was asked before is answered; then there is nothing more to say.
                drop(out);
                let _ = tokio::time::timeout(STALLED, &mut sending).await;
            };
            tokio::select! {
                () = last => {}
                () = room.stopping.cancelled() => {}
            }
            sending.abort();
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
        let looking = Arc::clone(&looking);
        let tracker = room.attended.clone();
        tracker.spawn(async move {
            let deed = request.is_deed();
            let answer = async {
                if !request.is_look() {
                    let said = Said::of(&room.answer(&caller, request).await);
                    let _ = out.send(Answered { id, said }).await;
                    return;
                }
                // What nobody else asks is looked at once what was asked before is on its way.
                let _one = if request.is_common() {
                    None
                } else {
                    Some(looking.lock().await)
                };
                // What deeds take is large, and every look's task would be with it.
                let said = Box::pin(room.desk.look(&room, &caller, request)).await;
                let said = said.beside(known.as_ref());
                let _ = out.send(Answered { id, said }).await;
            };
            tokio::select! {
                () = answer => {}
                // Nobody waits for a look at a room that ends, and what it looks at may be slow.
                () = room.stopping.cancelled(), if !deed => {}
            }
            drop(turn);
        });
    }
    drop(out);
    sending.abort();
}
