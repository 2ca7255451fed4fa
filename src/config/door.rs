//! `[room]`: where screens and commands of this machine come in, and how many at one time.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::values::positive;

#[derive(Clone, Debug)]
pub struct Door {
    /// None: `room.sock` in the state directory.
    pub socket: Option<PathBuf>,
    pub sessions: usize,
    pub sessions_per_person: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    socket: Option<PathBuf>,
    #[serde(deserialize_with = "positive")]
    sessions: Option<usize>,
    #[serde(deserialize_with = "positive")]
    sessions_per_person: Option<usize>,
}

impl Table {
    pub fn resolve(self, base: &Path) -> Door {
        Door {
            socket: self.socket.map(|socket| base.join(socket)),
            sessions: self.sessions.unwrap_or(256),
            sessions_per_person: self.sessions_per_person.unwrap_or(32),
        }
    }
}
