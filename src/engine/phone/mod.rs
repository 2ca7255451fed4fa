//! People are asked on their phones, and a tap decides.
//!
//! A request goes to each asked person's own ntfy topic with buttons; a tap posts the button's token to
//! the reply topic, and the room reads it from there. Nothing but a token of this room, for the question
//! that is open, of a person who may decide right now, is a decision, and it passes the same gate as one
//! from the screen.
//!
//! - `key`, `token`: what a button says, and how it is believed
//! - `listen`, `position`: the reply stream; `tap`: what a message of it does, and what is none
//! - `handset`: what stands on one phone and what may ring; `pushing`: sending it; `text`: its words
//! - [`doctor`]: whether a server does what it takes
//!
//! In observe mode nobody is asked, so none of this runs.

mod doctor;
mod files;
mod handset;
mod key;
mod listen;
mod position;
mod pushing;
mod tap;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::{
    collections::BTreeSet,
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

pub use doctor::{look, running};
use handset::Handset;
use key::{Key, KeyFault};

use super::{Engine, EngineError, flood::Flood, lock};
use crate::{
    channels::ntfy::Ntfy,
    config::{ConfigFault, Line, Secret},
    domain::{Actor, Change, Entry, Fact, Stage},
};

/// Entries within an hour about messages that are no tokens of this room.
const NOISE: u32 = 6;

#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error(transparent)]
    Config(#[from] ConfigFault),
    #[error(transparent)]
    Key(#[from] KeyFault),
    #[error("what stands on phones can't be kept in {}: {error}", path.display())]
    Folder {
        path: PathBuf,
        error: std::io::Error,
    },
}

/// What the room has of phones while it runs.
pub(super) struct Phone {
    ntfy: Ntfy,
    key: Key,
    folder: PathBuf,
    handsets: Vec<Arc<Handset>>,
    flood: Mutex<Flood>,
    /// Nonces of tokens that were refused since the start.
    answered: Mutex<BTreeSet<String>>,
    replies: Mutex<Replies>,
}

/// How the reply stream is.
#[derive(Debug, Default)]
struct Replies {
    opened: bool,
    trouble: Option<String>,
}

impl Phone {
    fn handset(&self, person: &Actor) -> Option<&Handset> {
        let mut handsets = self.handsets.iter();
        handsets
            .find(|handset| handset.person == *person)
            .map(AsRef::as_ref)
    }
}

impl Engine {
    /// Begins to push and to listen, where the config says so and the mode allows it.
    pub(crate) fn start_phone(&self) -> Result<(), PhoneError> {
        let Some(line) = self.config.line_in_use()? else {
            return Ok(());
        };
        let folder = self.config.state.join("phone");
        let people = folder.join("people");
        let mut private = std::fs::DirBuilder::new();
        let made = private.recursive(true).mode(0o700).create(&people);
        made.map_err(|error| PhoneError::Folder {
            path: folder.clone(),
            error,
        })?;
        let key = Key::open(&self.config.state)?;
        let handset = |(person, topic): &(Actor, Secret)| {
            let buttons = token::buttons(&key, &line, topic);
            let (person, topic) = (person.clone(), topic.clone());
            Arc::new(Handset::open(&people, person, topic, buttons))
        };
        let phone = Phone {
            handsets: line.topics.iter().map(handset).collect(),
            key,
            ntfy: Ntfy::new(line),
            folder,
            flood: Mutex::new(Flood::of(NOISE)),
            answered: Mutex::default(),
            replies: Mutex::default(),
        };
        if self.phone.set(phone).is_err() {
            return Ok(());
        }
        self.supervised("the reply stream", |engine| async move {
            engine.listen().await;
        });
        self.supervised("the look for open requests", |engine| async move {
            if let Err(error) = engine.find_open_requests() {
                tracing::error!(%error, "requests from before the start are not pushed");
            }
        });
        for handset in self.phone.get().iter().flat_map(|phone| &phone.handsets) {
            let handset = Arc::clone(handset);
            self.supervised("a phone", move |engine| {
                let handset = Arc::clone(&handset);
                async move { engine.attend_phone(handset).await }
            });
        }
        Ok(())
    }

    /// With what it pushes, where it does.
    pub(crate) fn line(&self) -> Option<&Line> {
        self.phone.get().map(|phone| phone.ntfy.line())
    }

    /// Whoever was asked before the start and has not heard of it.
    fn find_open_requests(&self) -> Result<(), EngineError> {
        for id in self.store.open_changes()? {
            if let Some(change) = self.store.change(id)?
                && change.stage == Stage::AwaitingApproval
            {
                self.ask_phones(&change);
            }
        }
        for handset in self.phone.get().iter().flat_map(|phone| &phone.handsets) {
            handset.looked();
        }
        Ok(())
    }

    fn ask_phones(&self, change: &Change) {
        let (Some(phone), Some(request)) = (self.phone.get(), &change.request) else {
            return;
        };
        for person in self.config.people.asked(&request.asked) {
            if let Some(handset) = phone.handset(&person.name) {
                handset.ask(change.id, request.round, change.ticket.severity);
            }
        }
    }

    /// Lets phones know of an entry that concerns what stands on them.
    pub(super) fn phones_heard(&self, entry: &Entry) {
        let (Some(phone), Some(id)) = (self.phone.get(), entry.change) else {
            return;
        };
        match &entry.fact {
            Fact::ApprovalRequested(_) => {
                if let Ok(change) = self.change(id) {
                    self.ask_phones(&change);
                }
            }
            Fact::Agreed { .. } | Fact::Approval(_) | Fact::Fix(_) | Fact::Alert(_) => {}
            _ => return,
        }
        for handset in &phone.handsets {
            handset.moved(id);
        }
    }

    /// Has phones look at the clock.
    pub(super) fn wake_phones(&self) {
        for handset in self.phone.get().iter().flat_map(|phone| &phone.handsets) {
            handset.wake.notify_one();
        }
    }

    /// Whether everything was sent to phones that may be sent now.
    pub fn phones_at_rest(&self) -> bool {
        let most = self
            .config
            .phone
            .as_ref()
            .map_or(0, |phone| phone.pushes_per_hour);
        self.phone.get().is_none_or(|phone| {
            let mut handsets = phone.handsets.iter();
            handsets.all(|handset| handset.state().is_at_rest(self.now(), most))
        })
    }

    /// What does not go through, in sentences.
    pub(super) fn phone_warnings(&self) -> Vec<String> {
        let Some(phone) = self.phone.get() else {
            return Vec::new();
        };
        let handsets = phone.handsets.iter();
        let troubles = handsets.filter_map(|handset| handset.state().trouble.clone());
        lock(&phone.replies)
            .trouble
            .clone()
            .into_iter()
            .chain(troubles)
            .collect()
    }
}
