//! One line of text that is being typed, such as a filter.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::domain::Safe;

/// Longest line, in clusters; more is not taken.
const LONGEST: usize = 120;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineEdit {
    clusters: Vec<String>,
    cursor: usize,
}

impl LineEdit {
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    pub fn text(&self) -> String {
        self.clusters.concat()
    }

    /// What stands before the cursor.
    pub fn before(&self) -> String {
        self.clusters
            .iter()
            .take(self.cursor)
            .map(String::as_str)
            .collect()
    }

    /// Typed or pasted text, made safe.
    pub fn insert(&mut self, text: &str) {
        let safe = Safe::line(text.trim_end_matches(['\r', '\n']));
        for cluster in safe.as_str().graphemes(true) {
            if self.clusters.len() < LONGEST {
                self.clusters.insert(self.cursor, cluster.to_owned());
                self.cursor += 1;
            }
        }
    }

    /// True when the key edited the line or moved in it.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, control) {
            (KeyCode::Char('u'), true) => {
                self.clusters.drain(..self.cursor);
                self.cursor = 0;
            }
            (KeyCode::Char('w'), true) => {
                let blank = |cluster: &String| cluster == " ";
                while self.cursor > 0 && blank(&self.clusters[self.cursor - 1]) {
                    self.backspace();
                }
                while self.cursor > 0 && !blank(&self.clusters[self.cursor - 1]) {
                    self.backspace();
                }
            }
            (KeyCode::Char(c), false) if !key.modifiers.contains(KeyModifiers::ALT) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            (KeyCode::Backspace, _) => self.backspace(),
            (KeyCode::Delete, _) => {
                if self.cursor < self.clusters.len() {
                    self.clusters.remove(self.cursor);
                }
            }
            (KeyCode::Left, _) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Right, _) => self.cursor = (self.cursor + 1).min(self.clusters.len()),
            (KeyCode::Home, _) => self.cursor = 0,
            (KeyCode::End, _) => self.cursor = self.clusters.len(),
            _ => return false,
        }
        true
    }

    fn backspace(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.clusters.remove(self.cursor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(line: &mut LineEdit, code: KeyCode, modifiers: KeyModifiers) {
        line.key(KeyEvent::new(code, modifiers));
    }

    #[test]
    fn a_line_is_edited_by_whole_characters() {
        let mut line = LineEdit::new("acme e\u{301}東");
        press(&mut line, KeyCode::Backspace, KeyModifiers::NONE);
        press(&mut line, KeyCode::Backspace, KeyModifiers::NONE);
        assert_eq!(line.text(), "acme ");
        press(&mut line, KeyCode::Home, KeyModifiers::NONE);
        press(&mut line, KeyCode::Char('x'), KeyModifiers::NONE);
        assert_eq!(
            (line.text().as_str(), line.before().as_str()),
            ("xacme ", "x")
        );
        press(&mut line, KeyCode::End, KeyModifiers::NONE);
        press(&mut line, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(line.text(), "");
    }

    #[test]
    fn pasted_escapes_are_seen_and_not_obeyed() {
        assert_eq!(LineEdit::new("a\u{1b}[2J\n").text(), "a<U+001B>[2J");
    }
}
