//! Where the reply stream was left. It moves on only once a message was handled, so that a kill loses
//! no tap; what is then sent again is known by its id.
//!
//! A server may send what is new before it has sent all that is old, but a keepalive only after that.
//! So the stream is resumed from the last message before the latest keepalive. A server that does not
//! know that message any more sends everything it has.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::files;

/// Messages that are known by their ids when they come again.
const KNOWN: usize = 1_024;

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    since: Option<String>,
    /// The latest last.
    handled: VecDeque<String>,
    /// Being handled: whether it took effect may be unknown after a kill.
    begun: Option<String>,
}

#[derive(Debug)]
pub(super) struct Position {
    path: PathBuf,
    kept: Kept,
    /// Messages since `since` moved.
    behind: usize,
}

impl Position {
    pub(super) fn open(folder: &Path) -> Self {
        let path = folder.join("replies.json");
        let kept: Kept = files::kept(&path);
        let behind = kept.handled.len();
        Self { path, kept, behind }
    }

    /// The message behind which the stream is to go on.
    pub(super) fn since(&self) -> Option<&str> {
        self.kept.since.as_deref()
    }

    /// The server does not take it.
    pub(super) fn forget(&mut self) {
        self.kept.since = None;
    }

    pub(super) fn is_handled(&self, id: &str) -> bool {
        self.kept.handled.iter().any(|known| known == id)
    }

    /// A message is about to be handled. True where it was before, and the process ended over it.
    pub(super) fn begin(&mut self, id: &str) -> bool {
        if self.kept.begun.as_deref() == Some(id) {
            return true;
        }
        self.kept.begun = Some(id.to_owned());
        self.keep(true);
        false
    }

    /// `durable` for what had an effect; of anything else nothing is lost when it comes again.
    pub(super) fn handled(&mut self, id: &str, durable: bool) {
        if self.kept.handled.len() == KNOWN {
            self.kept.handled.pop_front();
        }
        self.kept.handled.push_back(id.to_owned());
        self.kept.begun = None;
        self.behind += 1;
        // Else what is sent again could be more than is known.
        if self.behind > KNOWN / 2 {
            self.advance();
        }
        self.keep(durable);
    }

    /// Everything older than what was handled has been sent.
    pub(super) fn keepalive(&mut self) {
        if self.behind > 0 {
            self.advance();
            self.keep(false);
        }
    }

    fn advance(&mut self) {
        self.kept.since = self.kept.handled.back().cloned();
        self.behind = 0;
    }

    fn keep(&self, durable: bool) {
        if let Err(error) = files::keep(&self.path, &self.kept, durable) {
            // A message then comes again after a restart, and finds its change decided.
            tracing::warn!(%error, path = %self.path.display(), "the place in the reply stream was not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_moves_with_keepalives_and_what_comes_again_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let mut position = Position::open(folder.path());
        for id in ["a", "b"] {
            assert!(!position.begin(id));
            position.handled(id, true);
        }
        assert!(!position.begin("c"), "the process is killed here");

        let mut position = Position::open(folder.path());
        assert_eq!(position.since(), None);
        assert!(position.is_handled("a") && position.is_handled("b") && !position.is_handled("c"));
        assert!(position.begin("c"), "whether it took effect is not known");
        position.handled("c", true);
        position.keepalive();

        let position = Position::open(folder.path());
        assert_eq!(position.since(), Some("c"));
    }

    #[test]
    fn without_keepalives_it_moves_before_it_forgets() {
        let folder = tempfile::tempdir().unwrap();
        let mut position = Position::open(folder.path());
        for n in 0..2 * KNOWN {
            position.handled(&n.to_string(), false);
        }
        let since: usize = position.since().unwrap().parse().unwrap();
        for n in since..2 * KNOWN {
            assert!(position.is_handled(&n.to_string()), "{n}");
        }
        assert_eq!(position.kept.handled.len(), KNOWN);
    }
}
