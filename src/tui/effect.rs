//! What an update wants to have done. The loop does it; nothing else in this room acts.

use super::msg::Question;
use crate::{domain::Digest, room::protocol::Request};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Ask {
        question: Question,
        request: Request,
        /// The tag of what the screen has of it ([`Ask::known`](crate::room::protocol::Ask::known)).
        known: Option<Digest>,
    },
    /// Text for the person's clipboard.
    Copy(String),
    /// Something waits, while the person looks elsewhere.
    Notify(String),
    /// The terminal is to tell of the mouse, or to keep it.
    Mouse(bool),
    Leave,
}
