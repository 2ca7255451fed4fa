//! Keys and other events of the terminal, as a stream that may be polled in any way.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt as _};
use tokio::{sync::mpsc, task::JoinHandle};

/// Events that may wait; a paste is one of them.
const QUEUE: usize = 1_024;

/// Reads the terminal in a task of its own.
///
/// The terminal library's own stream remembers the waker of its first poll and wakes nobody else,
/// so a loop that also looks whether something has come already, without waiting, would sleep
/// through the next key.
pub struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    reading: JoinHandle<()>,
}

impl Input {
    /// Begins to read. Must be called within a tokio runtime, once the terminal is set up.
    pub fn start() -> Self {
        let (sender, events) = mpsc::channel(QUEUE);
        let reading = tokio::spawn(async move {
            let mut terminal = EventStream::new();
            while let Some(event) = terminal.next().await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        Self { events, reading }
    }
}

impl Stream for Input {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_recv(context)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
