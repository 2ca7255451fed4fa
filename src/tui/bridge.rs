//! Fewer bytes for a frame. Between two changed cells of a row stands a cursor movement of some eight
//! bytes; where only few cells lie between them, sending those again is shorter. So what the terminal
//! shows is remembered, and short gaps are filled from it.

use ratatui::{buffer::Cell, layout::Size};

/// Cells that are at most sent again for one movement.
const GAP: u16 = 5;

/// What the terminal shows, as far as was told since it was last cleared.
#[derive(Default)]
pub struct Bridge {
    size: Size,
    /// None where nobody knows.
    cells: Vec<Option<Cell>>,
}

impl Bridge {
    /// Nothing is known any more, as after the terminal was cleared or another size was told.
    pub fn forget(&mut self, size: Size) {
        self.size = size;
        self.cells.clear();
        self.cells
            .resize(usize::from(size.width) * usize::from(size.height), None);
    }

    fn at(&self, x: u16, y: u16) -> Option<usize> {
        let inside = x < self.size.width && y < self.size.height;
        inside.then(|| usize::from(y) * usize::from(self.size.width) + usize::from(x))
    }

    /// The cell, where it may be sent again: of one column, and not changing how what follows looks.
    fn same(&self, x: u16, y: u16, like: &Cell) -> Option<Cell> {
        let cell = self.cells.get(self.at(x, y)?)?.as_ref()?;
        let plain = cell.symbol().len() == 1 && cell.symbol() != "\0";
        (plain && cell.style() == like.style()).then(|| cell.clone())
    }

    /// The changed cells of a frame, with short gaps between them filled.
    pub fn filled<'a>(
        &mut self,
        changed: impl Iterator<Item = (u16, u16, &'a Cell)>,
    ) -> Vec<(u16, u16, Cell)> {
        let mut sent: Vec<(u16, u16, Cell)> = Vec::new();
        for (x, y, cell) in changed {
            if let Some((last, row, before)) = sent.last().cloned()
                && row == y
                && before.symbol().len() == 1
                && x > last + 1
                && x - last - 1 <= GAP
            {
                let between: Option<Vec<_>> = (last + 1..x)
                    .map(|x| Some((x, y, self.same(x, y, &before)?)))
                    .collect();
                sent.extend(between.unwrap_or_default());
            }
            if let Some(at) = self.at(x, y) {
                self.cells[at] = Some(cell.clone());
            }
            sent.push((x, y, cell.clone()));
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use ratatui::{
        buffer::Buffer,
        layout::Rect,
        style::{Color, Style},
    };

    use super::*;

    fn buffer(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
        buffer.set_string(0, 0, text, Style::new());
        buffer
    }

    fn sent(bridge: &mut Bridge, before: &Buffer, after: &Buffer) -> String {
        let filled = bridge.filled(before.diff(after).into_iter());
        filled
            .iter()
            .map(|(x, _, cell)| format!("{x}{}", cell.symbol()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_short_gap_is_sent_again_and_a_long_or_unknown_one_or_one_of_another_look_is_not() {
        let mut bridge = Bridge::default();
        bridge.forget(Size::new(40, 1));
        let (one, two) = (buffer("abcdefghijkl"), buffer("Abcdefghijkl"));
        assert_eq!(sent(&mut bridge, &one, &two), "0A", "nothing is known yet");
        bridge.filled(Buffer::empty(one.area).diff(&two).into_iter());
        let three = buffer("abcDefghijkL");
        assert_eq!(sent(&mut bridge, &two, &three), "0a 1b 2c 3D 11L");
        let mut red = three.clone();
        red[(1, 0)].set_fg(Color::Red);
        sent(&mut bridge, &three, &red);
        let mut four = buffer("xbyDefghijkL");
        four[(1, 0)].set_fg(Color::Red);
        assert_eq!(sent(&mut bridge, &red, &four), "0x 2y");
        bridge.forget(Size::new(40, 1));
        assert_eq!(
            sent(&mut bridge, &four, &buffer("Zbz")),
            "0Z 1b 2z 3  4  5  6  7  8  9  10  11 "
        );
    }

    #[test]
    fn a_wide_character_is_never_bridged() {
        let mut bridge = Bridge::default();
        bridge.forget(Size::new(40, 1));
        let (one, two) = (buffer("a漢b"), buffer("A漢B"));
        bridge.filled(Buffer::empty(one.area).diff(&one).into_iter());
        assert_eq!(sent(&mut bridge, &one, &two), "0A 3B");
        let (one, two) = (buffer("漢xb"), buffer("字xB"));
        let mut bridge = Bridge::default();
        bridge.forget(Size::new(40, 1));
        bridge.filled(Buffer::empty(one.area).diff(&one).into_iter());
        assert_eq!(sent(&mut bridge, &one, &two), "0字 3B");
    }
}
