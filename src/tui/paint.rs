//! The only place that writes cells.
//!
//! Everything that is painted is a [`Strip`] of [`Safe`] pieces, clipped to the rectangle that its
//! view was given: a bucket's name can't move the cursor, hide a character, or reach a cell outside
//! its own pane.

use ratatui::{
    buffer::{Buffer, CellWidth as _},
    layout::Rect,
    style::Style,
};

use super::{
    glyphs::Glyphs,
    link::Link,
    text::{self, Cut, narrow},
    theme::{Role, Theme},
};
use crate::domain::Safe;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: Safe,
    style: Style,
}

/// One line of styled text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip(Vec<Piece>);

impl Strip {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn of(style: Style, text: impl AsRef<str>) -> Self {
        Self::new().put(style, text)
    }

    /// Adds text, made safe, whole.
    #[must_use]
    pub fn put(mut self, style: Style, text: impl AsRef<str>) -> Self {
        let text = Safe::line(text.as_ref());
        self.0.push(Piece { text, style });
        self
    }

    /// The same, leading to an address where the terminal takes links. An address is the room's word,
    /// never foreign text.
    #[must_use]
    pub fn link(self, style: Style, text: impl AsRef<str>, address: &str) -> Self {
        let style = match Link::to(address) {
            Some(link) => style.underline_color(link.mark()),
            None => style,
        };
        self.put(style, text)
    }

    #[must_use]
    pub fn space(self, cells: usize) -> Self {
        self.put(Style::new(), " ".repeat(cells))
    }

    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub fn width(&self) -> usize {
        self.0
            .iter()
            .map(|piece| text::width(piece.text.as_str()))
            .sum()
    }

    pub fn is_empty(&self) -> bool {
        self.width() == 0
    }

    /// Patches a style over every piece.
    #[must_use]
    pub fn over(mut self, style: Style) -> Self {
        for piece in &mut self.0 {
            piece.style = piece.style.patch(style);
        }
        self
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// A buffer with the theme that it is drawn in.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    pub fn glyphs(&self) -> &'static Glyphs {
        self.theme.glyphs
    }

    /// Paints one line within `width` cells and the row it is given.
    pub fn line(&mut self, x: u16, y: u16, width: u16, strip: &Strip) {
        let area = self.buffer.area;
        if x < area.left() || x >= area.right() || y < area.top() || y >= area.bottom() {
            return;
        }
        let right = x.saturating_add(width).min(area.right());
        let taken = narrow(strip.width()).min(right - x);
        self.wipe(Rect::new(x, y, taken, 1));
        let mut at = x;
        for piece in &strip.0 {
            if at >= right {
                break;
            }
            let (text, room) = (piece.text.as_str(), usize::from(right - at));
            if text::plain(text) {
                for (x, c) in (at..right).zip(text.chars()) {
                    self.buffer[(x, y)].set_char(c).set_style(piece.style);
                    at = x + 1;
                }
                continue;
            }
            let fits = text::width(text) <= room;
            (at, _) = self.buffer.set_stringn(at, y, text, room, piece.style);
            if !fits {
                break;
            }
        }
    }

    /// Takes the looks of what was painted before away: a cell would add them to the new ones.
    fn wipe(&mut self, area: Rect) {
        let base = self.theme.style(Role::Text);
        for x in area.left()..area.right() {
            self.buffer[(x, area.y)].reset();
        }
        self.buffer.set_style(area, base);
    }

    /// The same, at the right end.
    pub fn line_right(&mut self, x: u16, y: u16, width: u16, strip: &Strip) {
        let taken = narrow(strip.width()).min(width);
        self.line(x + (width - taken), y, taken, strip);
    }

    /// Lines from the top of a rectangle down, as many as fit.
    pub fn lines<'s>(&mut self, area: Rect, strips: impl IntoIterator<Item = &'s Strip>) {
        for (y, strip) in (area.top()..area.bottom()).zip(strips) {
            self.line(area.x, y, area.width, strip);
        }
    }

    /// Patches a style over a rectangle.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Empties a rectangle for something that is drawn over others. A wide character that reaches
    /// into it from the left goes too: half of it would hide the new border.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            if area.x > self.buffer.area.x {
                let cell = &mut self.buffer[(area.x - 1, y)];
                if cell.cell_width() > 1 {
                    cell.set_symbol(" ");
                }
            }
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// A horizontal line from edge to edge with words on it.
    pub fn rule(&mut self, area: Rect, style: Style, title: &Strip, right: &Strip) {
        let dash = self.glyphs().horizontal;
        let full = Strip::of(style, dash.repeat(usize::from(area.width)));
        self.line(area.x, area.y, area.width, &full);
        let inner = area.width.saturating_sub(2);
        let padded = Strip::new().space(1).join(title.clone()).space(1);
        self.line(area.x + 1, area.y, inner, &padded);
        let left = narrow(padded.width()) + 1;
        let taken = narrow(right.width()) + 2;
        if !right.is_empty() && left + taken < inner {
            let padded = Strip::new().space(1).join(right.clone()).space(1);
            self.line_right(area.x, area.y, area.width - 1, &padded);
        }
    }

    /// A box with words in its upper edge. Its inside is one cell smaller on each side.
    pub fn frame(&mut self, area: Rect, style: Style, title: &Strip, right: &Strip) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let glyphs = self.glyphs();
        let across = glyphs.horizontal.repeat(usize::from(area.width - 2));
        let bottom = format!("{}{across}{}", glyphs.bottom_left, glyphs.bottom_right);
        self.rule(
            Rect::new(area.x, area.y, area.width, 1),
            style,
            title,
            right,
        );
        let side = Strip::of(style, glyphs.vertical);
        for y in area.y + 1..area.bottom() - 1 {
            self.line(area.x, y, 1, &side);
            self.line(area.right() - 1, y, 1, &side);
        }
        self.line(area.x, area.y, 1, &Strip::of(style, glyphs.top_left));
        self.line(
            area.right() - 1,
            area.y,
            1,
            &Strip::of(style, glyphs.top_right),
        );
        self.line(
            area.x,
            area.bottom() - 1,
            area.width,
            &Strip::of(style, bottom),
        );
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }

    /// Text cut and filled to exactly `room` cells.
    pub fn fit(&self, text: &str, room: usize, how: Cut) -> String {
        text::fit(Safe::line(text).as_str(), room, how, self.glyphs().more)
    }

    /// Text of at most `room` cells.
    pub fn cut(&self, text: &str, room: usize, how: Cut) -> String {
        text::cut(Safe::line(text).as_str(), room, how, self.glyphs().more)
    }

    /// For widgets that draw themselves (the text area); they get exactly this rectangle.
    pub fn widget(&mut self, widget: impl ratatui::widgets::Widget, area: Rect) {
        widget.render(area.intersection(self.buffer.area), self.buffer);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use ratatui::style::Color;

    use super::*;

    fn theme() -> Theme {
        Theme::named("plain").unwrap()
    }

    #[test]
    fn a_strip_stops_at_its_width_and_at_the_buffers_edge() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        let strip = Strip::of(Style::new(), "ab").put(Style::new(), "cdefghij");
        Canvas::new(&mut buffer, &theme()).line(1, 0, 4, &strip);
        assert_eq!(buffer, Buffer::with_lines([" abcd "]));
        Canvas::new(&mut buffer, &theme()).line(9, 3, 4, &strip);
    }

    #[test]
    fn a_wide_character_that_does_not_fit_leaves_the_next_pane_alone() {
        let mut buffer = Buffer::with_lines(["......"]);
        Canvas::new(&mut buffer, &theme()).line(0, 0, 3, &Strip::of(Style::new(), "a東b京"));
        assert_eq!(buffer, Buffer::with_lines(["a東..."]));
    }

    #[test]
    fn words_on_a_rule_do_not_look_like_the_rule() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let theme = Theme::named("default").unwrap();
        let mut canvas = Canvas::new(&mut buffer, &theme);
        let edge = canvas.style(Role::BorderFocus);
        let words = Strip::of(Style::new(), "words");
        canvas.rule(Rect::new(0, 0, 20, 1), edge, &words, &Strip::new());
        assert_eq!(buffer[(2, 0)].symbol(), "w");
        assert_eq!(buffer[(2, 0)].fg, Color::Reset);
    }

    #[test]
    fn half_of_a_wide_character_does_not_stick_out_from_under_a_card() {
        let mut buffer = Buffer::with_lines(["a東b"]);
        Canvas::new(&mut buffer, &theme()).clear(Rect::new(2, 0, 2, 1));
        assert_eq!(buffer, Buffer::with_lines(["a   "]));
    }
}
