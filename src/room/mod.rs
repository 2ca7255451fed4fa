//! The room: the one process that holds store, ledger, cloud and scanner, and the protocol by which
//! screens and commands talk to it.
//!
//! A screen has no more than a [`client`] and the words of the [`protocol`]. Its bytes come through a Unix
//! socket ([`Door`]), or through a pipe in memory where the room is in its own process.

mod advice;
mod answers;
pub mod client;
mod coverage;
mod desk;
pub mod doctor;
mod door;
pub mod iam;
mod lists;
mod log;
mod once;
pub mod protocol;
mod references;
mod sending;
mod server;
mod start;
mod trends;

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use advice::listing_failed;
pub use door::{Door, DoorError};
pub use log::Log;
pub use once::{OnceError, Report};
pub use start::{Ready, Scan, StartError, Starting, ledger_folder, library};

use crate::{
    cloud::Accounts,
    config::{Config, Line},
    domain::{Actor, Via},
    engine::{Caller, Engine},
    scanner::Watch,
};
use client::Client;
use protocol::{Notice, NoticeKind};

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
    accounts: Arc<Accounts>,
    /// The ledger's last entry when it was opened, and so read whole.
    opened_at: u64,
    looked: doctor::Looked,
    /// Where looks are answered.
    desk: desk::Desk,
    stopping: CancellationToken,
    /// Connections, and requests of theirs that are at work.
    attended: TaskTracker,
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

    /// The room's own look at itself, by the way that screens come; it may do nothing.
    pub fn connect_itself(self: &Arc<Self>) -> Client {
        let itself = Caller {
            actor: Actor::Room,
            via: Via::Room,
            readonly: true,
        };
        self.connect(itself).0
    }

    /// Why config and rules could not be read again, until they could or this room ends.
    pub fn not_read_again(&self, why: Option<String>) {
        self.engine.keep_of("reading again", why);
        self.engine.notify(NoticeKind::Room);
    }

    /// What is not as it was by another config, the rules that it gives and what it would push with.
    pub fn changes(&self, newer: &Config, ready: &Ready, line: Option<&Line>) -> Vec<String> {
        let mut changes = self.engine.config.changes(newer);
        let mut lines = self.engine.line().into_iter().zip(line);
        if lines.any(|(old, new)| !old.has_tokens_of(new)) {
            changes.push("secrets of [phone] changed".to_owned());
        }
        changes.extend(self.engine.library.changes(&ready.library));
        changes
    }

    /// Answers a caller whose identity is known over a stream, until either side hangs up.
    pub fn attend<S>(self: &Arc<Self>, caller: Caller, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.attended
            .spawn(server::serve(Arc::clone(self), caller, stream));
    }

    /// Stops scanning, lets running steps end on record, and hangs up. Once this is through nothing of the
    /// room is at work any more.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.engine.stop().await;
        self.attended.close();
        self.attended.wait().await;
        self.engine.settle_refusals(true).await;
        if let Err(error) = self.engine.store.flush() {
            tracing::warn!(%error, "the views were not written out; the next start reads more");
        }
    }
}
