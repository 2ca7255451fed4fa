//! The first words on a connection.

use serde::{Deserialize, Serialize};

use super::VERSION;

/// Who comes, as far as they may say so themselves. Who they are is the room's to find out: the kernel
/// tells it the Unix account at the other end of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`] of whoever comes.
    pub version: u32,
    /// The person that a forced command of OpenSSH names. Believed from the room's own account alone.
    #[serde(default, rename = "as")]
    pub as_person: Option<String>,
    /// By which way they decide, should they; other ways are not theirs to name.
    #[serde(default)]
    pub way: Way,
    /// They come to look and give up every right for this session.
    #[serde(default)]
    pub readonly: bool,
}

/// What is at the other end of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Screen,
    #[default]
    Command,
}

impl Hello {
    pub const fn new(way: Way) -> Self {
        Self {
            version: VERSION,
            as_person: None,
            way,
            readonly: false,
        }
    }
}
