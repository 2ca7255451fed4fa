//! Reaching a room: the one that runs, through its socket, or one in this process where none does.

use std::{io, path::PathBuf, sync::Arc};

use color_eyre::{
    Result,
    eyre::{WrapErr as _, eyre},
};
use tokio::{net::UnixStream, sync::mpsc};

use super::{args::Common, house, print};
use crate::{
    config::Config,
    domain::{Actor, Via},
    room::{
        Room, Scan, Starting,
        client::{Client, greet},
        protocol::{Hello, Notice, Way},
    },
};

/// A connection to a room that knows who this is.
pub struct Reached {
    pub client: Client,
    pub notices: mpsc::Receiver<Notice>,
    pub person: Actor,
    /// The room, where it is in this process and so ends with it.
    own: Option<Arc<Room>>,
}

/// The room that runs for this config, none where none does. A refusal to come in is an error.
pub async fn running(common: &Common, way: Way) -> Result<Option<Reached>> {
    let socket = socket(common)?;
    let stream = match UnixStream::connect(&socket).await {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            let at = format!("the room's socket {} can't be reached", socket.display());
            return Err(error).wrap_err(at);
        }
    };
    let hello = Hello {
        as_person: common.as_person.clone(),
        readonly: common.readonly,
        ..Hello::new(way)
    };
    let mut stream = stream;
    let greeted = greet(&mut stream, &hello).await;
    let person = greeted.wrap_err_with(|| {
        format!(
            "what listens at {} is no room, or no longer",
            socket.display()
        )
    })??;
    let (client, notices) = match way {
        // Whoever looks at a screen wants it back when the room is.
        Way::Screen => Client::keep(move || UnixStream::connect(socket.clone()), hello, stream),
        Way::Command => Client::connect(stream),
    };
    Ok(Some(Reached {
        client,
        notices,
        person: Actor::person(&person)?,
        own: None,
    }))
}

/// The running room, or why there is none to attach to.
pub async fn attached(common: &Common, way: Way) -> Result<Reached> {
    let reached = running(common, way).await?;
    let socket = socket(common)?;
    reached.ok_or_else(|| {
        eyre!(
            "no room listens at {}: start one with `sixfold serve`, or name its socket with --socket",
            socket.display()
        )
    })
}

/// For a command that ends: the room that runs, else one in this process, in which nothing is scanned.
pub async fn for_command(common: &Common) -> Result<Reached> {
    // Whoever names a socket means the room there, and no other.
    if common.only_running || common.socket.is_some() {
        return attached(common, Way::Command).await;
    }
    if let Some(reached) = running(common, Way::Command).await? {
        return Ok(reached);
    }
    let config = house::config_of_room(common)?;
    let caller = house::caller(common, &config, Via::Cli)?;
    let mut starting = Starting::new(config);
    starting.scan = Scan::Never;
    let room = Room::start(starting).await?;
    for warning in room.warnings() {
        print::note(format!("note: {warning}"));
    }
    let person = caller.actor.clone();
    let (client, notices) = room.connect(caller);
    Ok(Reached {
        client,
        notices,
        person,
        own: Some(room),
    })
}

/// Where the room of this call listens. Whoever names the socket needs no config.
pub fn socket(common: &Common) -> Result<PathBuf> {
    match &common.socket {
        Some(socket) => Ok(socket.clone()),
        None => Ok(house::config(common)?.socket()),
    }
}

/// The config where there is one that can be read, else none is needed: a room that runs has its own.
pub fn config_if_any(common: &Common) -> Result<Option<Config>> {
    match house::config(common) {
        Ok(config) => Ok(Some(config)),
        Err(_) if common.socket.is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Reached {
    /// Whether the room ends with this command, so that what it began must have come to rest.
    pub const fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Waits until everything that is being carried on in a room of this process has come to rest.
    pub async fn settled(&self) {
        if let Some(room) = &self.own {
            room.engine.settled().await;
        }
    }

    /// Hangs up, and ends a room of this process. Gives what a person should know of it.
    pub async fn leave(self) -> Vec<String> {
        let Some(room) = self.own else {
            return Vec::new();
        };
        let warnings = room.engine.warnings();
        room.stop().await;
        warnings
    }
}
