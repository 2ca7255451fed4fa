//! Which theme a session has, and which it tries on. A theme is tried by looking at it: the whole
//! screen has it while the list is open, and keeps it only if the person says so.

use crate::tui::theme::{Choice, Depth, Shelf, Theme, ThemeError};

#[derive(Clone, Debug)]
pub struct Themes {
    shelf: Shelf,
    pub depth: Depth,
    ascii: bool,
    kept: usize,
    /// The name of the one that the person chose, now or in another session.
    chosen: Option<String>,
    /// The line of the list that is selected.
    pub at: usize,
}

impl Themes {
    /// `theme` is what the session begins with.
    pub fn new(mut shelf: Shelf, theme: &Theme, depth: Depth, ascii: bool) -> Self {
        let kept = shelf.place(theme);
        Self {
            shelf,
            depth,
            ascii,
            kept,
            chosen: None,
            at: kept,
        }
    }

    pub fn choices(&self) -> &[Choice] {
        self.shelf.choices()
    }

    /// The theme of this session, whatever is tried on.
    pub fn is_kept(&self, at: usize) -> bool {
        self.kept == at
    }

    /// A theme as this session's terminal can show it.
    pub fn fitted(&self, theme: Theme) -> Theme {
        let theme = theme.at(self.depth);
        if self.ascii { theme.in_ascii() } else { theme }
    }

    /// The selected theme, or why it can't be tried on.
    pub fn tried(&self) -> Option<Result<Theme, &ThemeError>> {
        let choice = self.shelf.choices().get(self.at)?;
        Some(match &choice.theme {
            Ok(theme) => Ok(self.fitted(theme.clone())),
            Err(error) => Err(error),
        })
    }

    /// The name of the theme that the session has from now on; none where the selected one is broken.
    pub fn keep(&mut self) -> Option<&str> {
        let choice = self.shelf.choices().get(self.at)?;
        choice.theme.as_ref().ok()?;
        self.kept = self.at;
        self.chosen = Some(choice.name.clone());
        self.chosen()
    }

    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    pub fn choose(&mut self, name: Option<String>) {
        self.chosen = name;
    }

    pub fn give_back(&mut self) {
        self.at = self.kept;
    }
}
