//! The room's door: a Unix socket at which screens and commands of this machine come in.
//!
//! Who comes is settled here, before the first request is read: the kernel says which account is at the
//! other end ([`who`]). Whoever says nothing, says it too slowly or is nobody is sent away, and nobody can
//! take more places than theirs ([`seats`]). What a caller then may is the gate's to say, as for any other.
//!
//! A door outlives a room: where a room is opened anew in the same process, whoever knocks meanwhile waits.

mod seats;
mod who;

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt as _;
use nix::unistd::Uid;
use serde::Deserialize;
use tokio::{
    io::WriteHalf,
    net::{UnixListener, UnixStream},
};

use self::seats::{Full, Seats};
use super::{
    Room,
    answers::{another_version, welcome},
    protocol::{Hello, Refusal, RefusalCode, Reply, VERSION},
    sending::{Answered, Said, write},
    server::{self, Asks},
};
use crate::engine::Caller;

/// Most time from coming in to having said who comes.
const GREETING: Duration = Duration::from_secs(5);

/// Who have not said yet who comes: in all, and of one Unix account.
const GREETED_AT_ONCE: (usize, usize) = (128, 32);

/// After which time an account that can't be listened on is tried again, such as without a free descriptor.
const AGAIN: Duration = Duration::from_millis(100);

/// Bytes of a socket's path, with the zero at its end:
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
const LONGEST_PATH: usize = 108;

#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error(
        "the socket's path {} has {} bytes and the system takes {}: give a shorter one with `socket` under [room]",
        .0.display(), .0.as_os_str().len(), LONGEST_PATH - 1
    )]
    TooLong(PathBuf),
    #[error(
        "a room listens at {} already: `sixfold attach` is a screen on it, and another room needs a `state` and a `socket` of its own",
        .0.display()
    )]
    Taken(PathBuf),
    #[error(
        "{} is there and is no socket, so it is left alone: move it away, or give another `socket` under [room]",
        .0.display()
    )]
    NoSocket(PathBuf),
    #[error("the socket {} can't be made: {error}. Give one where this account may write, with `socket` under [room]", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// A socket that listens; its file goes with it.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    listener: UnixListener,
    greeting: Arc<Seats<u32>>,
    /// Of people, whichever room they are in.
    sessions: Arc<Seats<String>>,
}

impl Door {
    /// Listens at a path, at first for this account alone. A socket that nobody listens on any more is
    /// replaced, as after a kill.
    pub fn open(path: &Path) -> Result<Self, DoorError> {
        if path.as_os_str().len() >= LONGEST_PATH {
            return Err(DoorError::TooLong(path.to_owned()));
        }
        let failed = |error| DoorError::Io {
            path: path.to_owned(),
            error,
        };
        match fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => {
                return Err(DoorError::NoSocket(path.to_owned()));
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
                return Err(DoorError::Taken(path.to_owned()));
            }
            Ok(_) => fs::remove_file(path).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        let door = Self {
            path: path.to_owned(),
            listener,
            greeting: Seats::new(GREETED_AT_ONCE.0, GREETED_AT_ONCE.1),
            sessions: Seats::new(0, 0),
        };
        door.permit(0o600)?;
        Ok(door)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn permit(&self, mode: u32) -> Result<(), DoorError> {
        fs::set_permissions(&self.path, Permissions::from_mode(mode)).map_err(|error| {
            DoorError::Io {
                path: self.path.clone(),
                error,
            }
        })
    }

    /// Lets people in to a room until it stops. Where people are listed any account may knock, since each
    /// is told apart; where nobody is, only this one.
    pub async fn attend(&self, room: &Arc<Room>) {
        let limits = &room.engine.config.door;
        let mode = if room.engine.config.people.is_empty() {
            0o600
        } else {
            0o666
        };
        if let Err(error) = self.permit(mode) {
            tracing::warn!(%error, "others can't come in");
        }
        self.sessions
            .limit(limits.sessions, limits.sessions_per_person);
        loop {
            let accepted = tokio::select! {
                () = room.stopping.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            let Ok(peer) = stream.peer_cred() else {
                continue;
            };
            // Who gets no place here is one of too many that all say nothing: there is nothing to tell.
            let Ok(greeting) = self.greeting.take(peer.uid()) else {
                continue;
            };
            let (room, seats) = (Arc::clone(room), Arc::clone(&self.sessions));
            let tracker = room.attended.clone();
            tracker.spawn(async move {
                let uid = Uid::from_raw(peer.uid());
                let greeted = tokio::select! {
                    greeted = greet(&room, uid, stream) => greeted,
                    // Who says nothing does not hold up a room that ends.
                    () = room.stopping.cancelled() => return,
                };
                if let Some((caller, asks, writer)) = greeted {
                    drop(greeting);
                    come_in(room, &seats, caller, asks, writer).await;
                }
            });
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Nobody can connect to what is left behind, and the next room replaces it.
        drop(fs::remove_file(&self.path));
    }
}

async fn come_in(
    room: Arc<Room>,
    seats: &Arc<Seats<String>>,
    (caller, id, hello): (Caller, u64, Hello),
    asks: Asks<UnixStream>,
    mut writer: WriteHalf<UnixStream>,
) {
    let seat = match seats.take(caller.actor.name().to_owned()) {
        Ok(seat) => seat,
        Err(full) => {
            let message = match full {
                Full::All(most) => format!("the room has {most} sessions open and takes no more"),
                Full::Own(most) => format!(
                    "{} has {most} sessions open here: end one of them",
                    caller.actor
                ),
            };
            return say(
                &mut writer,
                id,
                Err(refusal(RefusalCode::Forbidden, message)),
            )
            .await;
        }
    };
    say(&mut writer, id, welcome(&hello, &caller)).await;
    server::talk(room, caller, asks, writer).await;
    drop(seat);
}

/// The first frame of a connection, so far as versions to come can be counted on to keep it.
#[derive(Deserialize)]
struct First {
    #[serde(default)]
    id: u64,
    request: Greeting,
}

#[derive(Deserialize)]
struct Greeting {
    hello: serde_json::Value,
}

/// Learns who comes. None when they are not let in, which they were told.
async fn greet(
    room: &Room,
    peer: Uid,
    stream: UnixStream,
) -> Option<(
    (Caller, u64, Hello),
    Asks<UnixStream>,
    WriteHalf<UnixStream>,
)> {
    let (mut asks, mut writer) = server::framed(stream);
    let first = tokio::time::timeout(GREETING, asks.next()).await;
    let Ok(Some(Ok(bytes))) = first else {
        return None;
    };
    let Ok(First { id, request }) = serde_json::from_slice(&bytes) else {
        let message = "a connection begins with `hello`".to_owned();
        let refused = refusal(RefusalCode::Protocol, message);
        say(&mut writer, 0, Err(refused)).await;
        return None;
    };
    let version = request
        .hello
        .get("version")
        .and_then(serde_json::Value::as_u64);
    let hello = serde_json::from_value::<Hello>(request.hello);
    let Some(hello) = hello.ok().filter(|_| version == Some(u64::from(VERSION))) else {
        let message = another_version(version.unwrap_or_default());
        let refused = refusal(RefusalCode::Protocol, message);
        say(&mut writer, id, Err(refused)).await;
        return None;
    };
    let (config, asked) = (Arc::clone(&room.engine.config), hello.clone());
    // Accounts may be looked up over a network.
    let known =
        tokio::task::spawn_blocking(move || who::who(&config.people, Uid::current(), peer, &asked))
            .await;
    match known {
        Ok(Ok(caller)) => Some(((caller, id, hello), asks, writer)),
        Ok(Err(why)) => {
            tracing::warn!(uid = peer.as_raw(), "somebody was not let in: {why}");
            say(&mut writer, id, Err(refusal(RefusalCode::Forbidden, why))).await;
            None
        }
        Err(error) => {
            tracing::error!(%error, "who came could not be looked up");
            None
        }
    }
}

const fn refusal(code: RefusalCode, message: String) -> Refusal {
    Refusal { code, message }
}

/// Answers a greeting. Whoever does not take it is gone.
async fn say(writer: &mut WriteHalf<UnixStream>, id: u64, reply: Result<Reply, Refusal>) {
    let said = Said::of(&reply);
    let _ = tokio::time::timeout(GREETING, write(writer, Answered { id, said })).await;
}
