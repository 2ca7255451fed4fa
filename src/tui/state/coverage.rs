//! The coverage pane's part of what the room knows: every framework's score, and the controls of the
//! one that is open.

use crate::room::protocol::{ControlScore, Page, Score};

#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub scores: Vec<Score>,
    /// The first answer has come.
    pub loaded: bool,
    /// The row that is selected. The frameworks of a room don't change while it runs.
    pub index: usize,
    /// Name and version of the framework whose controls are looked at.
    pub opened: Option<(String, String)>,
    /// Its controls, once they have come.
    pub controls: Option<Page<ControlScore>>,
}

impl Coverage {
    pub fn current(&self) -> Option<&Score> {
        self.scores.get(self.index)
    }

    /// The score of the framework that is open.
    pub fn open_score(&self) -> Option<&Score> {
        let (framework, version) = self.opened.as_ref()?;
        let mut scores = self.scores.iter();
        scores.find(|score| score.framework == *framework && score.version == *version)
    }

    /// Takes new scores in; false when they are what is shown.
    pub fn load(&mut self, scores: Vec<Score>) -> bool {
        let same = self.loaded && self.scores == scores;
        self.loaded = true;
        self.scores = scores;
        self.index = self.index.min(self.scores.len().saturating_sub(1));
        !same
    }

    /// Moves by rows; an end is as far as it goes.
    pub fn step(&mut self, by: isize) {
        let last = self.scores.len().saturating_sub(1);
        self.index = self.index.saturating_add_signed(by).min(last);
    }

    /// Opens the selected framework. False where none is selected.
    pub fn open(&mut self) -> bool {
        let Some(score) = self.current() else {
            return false;
        };
        let wanted = (score.framework.clone(), score.version.clone());
        if self.opened.as_ref() != Some(&wanted) {
            self.controls = None;
            self.opened = Some(wanted);
        }
        true
    }
}
