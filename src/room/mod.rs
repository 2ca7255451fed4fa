//! The room: the one process that holds store, ledger, cloud and scanner, and the protocol by which
//! screens and commands talk to it.
//!
//! A screen has no more than a [`client`] and the words of the [`protocol`]. Today its bytes go
//! through a pipe in memory; a socket would carry the same ones.

mod advice;
mod answers;
pub mod client;
mod coverage;
pub mod doctor;
mod lists;
mod log;
mod once;
pub mod protocol;
mod references;
mod server;
mod start;
mod trends;

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

pub use advice::listing_failed;
pub use log::Log;
pub use once::{OnceError, Report};
pub use start::{Scan, StartError, Starting, ledger_folder, library};

use crate::{
    cloud::Cloud,
    engine::{Caller, Engine},
    scanner::Watch,
};
use client::Client;
use protocol::Notice;

/// Bytes that a pipe holds before its writer waits.
const PIPE: usize = 256 * 1024;

/// A running room.
pub struct Room {
    pub engine: Engine,
    pub watch: Arc<Watch>,
    /// What was found amiss at the start and stays worth knowing.
    warnings: Vec<String>,
    scores: coverage::Scores,
    log: Log,
    cloud: Arc<Cloud>,
    /// The ledger's last entry when it was opened, and so read whole.
    opened_at: u64,
    looked: doctor::Looked,
    stopping: CancellationToken,
}

impl Room {
    /// What was found amiss at the start, in sentences; a screen finds it in the room's status.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Opens a connection for a caller whose identity is known.
    pub fn connect(self: &Arc<Self>, caller: Caller) -> (Client, mpsc::Receiver<Notice>) {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        self.attend(caller, ours);
        Client::connect(theirs)
    }

    /// Answers a caller whose identity is known over a stream, until either side hangs up.
    pub fn attend<S>(self: &Arc<Self>, caller: Caller, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        tokio::spawn(server::serve(Arc::clone(self), caller, stream));
    }

    /// Stops scanning, lets running steps end on record, and hangs up.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.engine.stop().await;
        if let Err(error) = self.engine.store.flush() {
            tracing::warn!(%error, "the views were not written out; the next start reads more");
        }
    }
}
