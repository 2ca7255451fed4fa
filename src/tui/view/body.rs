//! What a card says between its target and its buttons, section by section.

use crate::{
    domain::Safe,
    tui::{
        paint::{Canvas, Strip},
        text,
        theme::Role,
    },
};

/// Cells of the labels' column where there is room for one.
const LABEL: usize = 10;

/// Sections with a label, which stands beside or above its text.
pub struct Body<'a, 'b> {
    pub canvas: &'a Canvas<'b>,
    width: usize,
    pub lines: Vec<Strip>,
}

impl<'a, 'b> Body<'a, 'b> {
    pub const fn new(canvas: &'a Canvas<'b>, width: usize) -> Self {
        Self {
            canvas,
            width,
            lines: Vec::new(),
        }
    }

    fn column(&self) -> usize {
        if self.width >= 56 { LABEL } else { 0 }
    }

    /// Adds a section from lines that are already as wide as they may be.
    pub fn section(&mut self, label: &str, lines: Vec<Strip>) {
        let style = self.canvas.style(Role::Label);
        let column = self.column();
        if column == 0 {
            self.lines.push(Strip::of(style, label));
            self.lines.extend(lines);
            return;
        }
        for (at, line) in lines.into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.lines
                .push(Strip::of(style, format!("{label:<column$}")).join(line));
        }
    }

    /// Cells beside the labels.
    pub fn room(&self) -> usize {
        self.width.saturating_sub(self.column())
    }

    pub fn text(&mut self, label: &str, text: &str) {
        let plain = self.canvas.style(Role::Text);
        let lines = text
            .split('\n')
            .flat_map(|line| text::wrap(Safe::line(line).as_str(), self.room()))
            .map(|line| Strip::of(plain, line))
            .collect();
        self.section(label, lines);
    }
}
