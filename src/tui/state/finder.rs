//! What is typed to find an action in the palette or the help, and which one is selected.

use super::LineEdit;

#[derive(Clone, Debug, Default)]
pub struct Finder {
    pub line: LineEdit,
    /// Letters go into the line.
    pub typing: bool,
    /// The selected one of those that are found.
    pub at: usize,
}

impl Finder {
    pub fn typing() -> Self {
        Self {
            typing: true,
            ..Self::default()
        }
    }
}
