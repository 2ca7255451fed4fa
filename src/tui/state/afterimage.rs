//! What was shown of the subject before, until the new one's answers are here or are late: from row to
//! row nothing is wiped out only to be painted again.

use std::time::Duration;

use crate::{domain::Change, room::protocol::Diff};

/// Longer than a room that is well takes, and too short to be read as the new change.
const LATE: Duration = Duration::from_millis(150);

#[derive(Clone, Debug, Default)]
pub struct Afterimage {
    pub change: Option<Box<Change>>,
    pub diff: Option<Box<Diff>>,
    until: Duration,
}

impl Afterimage {
    /// Keeps what is shown now; where nothing has come since, what is kept already gets no older.
    pub fn keep(&mut self, change: Option<Box<Change>>, diff: Option<Box<Diff>>, now: Duration) {
        if change.is_some() || diff.is_some() {
            self.until = now + LATE;
            self.change = change.or(self.change.take());
            self.diff = diff.or(self.diff.take());
        }
    }

    /// When it goes; none where nothing is kept.
    pub fn until(&self) -> Option<Duration> {
        (self.change.is_some() || self.diff.is_some()).then_some(self.until)
    }
}
