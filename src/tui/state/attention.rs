//! How the person looks at the screen.

#[derive(Clone, Copy, Debug, Default)]
pub struct Attention {
    /// They chose where to look, or the room's first word did.
    pub landed: bool,
    /// What the terminal said last of whether they look here; none before it said anything.
    pub focus: Option<bool>,
    /// They want to read, and nothing but the line on top is to change meanwhile.
    pub frozen: bool,
    /// The mouse selects and scrolls here; else it is the terminal's.
    pub mouse: bool,
}
