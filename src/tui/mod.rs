//! The screen: a client of the room, and nothing more. It holds no credentials and no store; what it
//! shows it asked for, and what it decides the room checks again.
//!
//! It is built as a loop around values:
//!
//! - [`model`] is everything that a screen knows; [`state`] has the parts with rules of their own;
//! - [`update()`] takes a [`Msg`] and the time and changes the model; what is to be done
//!   about it comes back as an [`Effect`];
//! - [`view`] draws a model: each pane is one file, [`layout`] says where each goes, [`theme`] how
//!   each role looks, and [`paint`] alone writes cells;
//! - [`session`] is the loop: it reads, updates, draws, and carries effects out;
//! - [`terminal`] sets a terminal up and puts it back, whatever happens.
//!
//! An idle screen writes nothing. Its clock has minutes only, so that the one thing that moves by
//! itself is a handful of bytes a minute.

mod aside;
mod bridge;
mod effect;
pub mod glyphs;
mod habits;
mod input;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod model;
mod msg;
mod options;
pub mod paint;
mod session;
mod sgr;
pub mod state;
mod terminal;
pub mod text;
pub mod theme;
mod tty;
pub mod update;
pub mod view;

pub use aside::Aside;
pub use effect::Effect;
pub use habits::Habits;
pub use input::Input;
pub use model::Model;
pub use msg::{Gesture, Mouse, Msg, Question};
pub use options::Options;
pub use session::{TuiError, run};
pub use terminal::{
    Screen, Session, check_terminal, leave_raw_mode, open, restore_before_panic_report, size,
    terminal_of_environment,
};
pub use theme::{Depth, Shelf, Theme, ThemeError};
pub use tty::Tty;
pub use update::update;
