//! What can happen to a screen, and what it was asking when an answer comes.

use crossterm::event::KeyEvent;

use super::state::{Purpose, Topic};
use crate::{
    domain::{ChangeId, Right},
    room::{client::Told, protocol::Notice},
};

#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    /// The terminal gained the focus or lost it, where it says so.
    Focus(bool),
    Notice(Notice),
    Answer {
        to: Question,
        told: Told,
    },
    /// The room hung up for good, with what it said where it did not let this screen in again.
    HungUp(Option<String>),
    /// The time that [`wake`](super::update::wake) named has come, and no input waits.
    Tick,
}

/// What the mouse did, and on which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub gesture: Gesture,
    pub x: u16,
    pub y: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The first button was pressed.
    Press,
    /// The wheel.
    Up,
    Down,
}

/// Goes out with a request and comes back with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Hello,
    /// `at` is where the page begins: an offset, or the number of a ledger page.
    Feed {
        topic: Topic,
        serial: u64,
        at: usize,
    },
    /// What a card sent.
    Deed {
        purpose: Purpose,
        /// The change that the card was opened from; none for what concerns the room.
        id: Option<ChangeId>,
        /// The number that the card keeps until it is answered.
        deed: u64,
    },
    Scan,
    /// What somebody tried who may not.
    Attempt(Right),
}
