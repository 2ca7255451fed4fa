//! The signs that the screen is drawn with, in two sets: box drawing, and ASCII for terminals and
//! fonts that have nothing else. No set needs a special font, and each sign is one cell wide.

/// One set of signs.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub top_left: &'static str,
    pub top_right: &'static str,
    pub bottom_left: &'static str,
    pub bottom_right: &'static str,
    /// In front of the selected row.
    pub marker: &'static str,
    pub step_done: &'static str,
    pub step_now: &'static str,
    pub step_to_come: &'static str,
    pub step_failed: &'static str,
    pub bar_full: &'static str,
    pub bar_rest: &'static str,
    /// Columns of a chart, from the lowest that is more than nothing to the full one.
    pub columns: [&'static str; 8],
    /// Where text was cut.
    pub more: &'static str,
    /// Between words of one line.
    pub dot: &'static str,
    /// Between what was and what is.
    pub becomes: &'static str,
    /// Between the steps of a way.
    pub crumb: &'static str,
    pub up: &'static str,
    pub down: &'static str,
}

impl Glyphs {
    pub const UNICODE: Self = Self {
        horizontal: "─",
        vertical: "│",
        top_left: "╭",
        top_right: "╮",
        bottom_left: "╰",
        bottom_right: "╯",
        marker: "▌",
        step_done: "●",
        step_now: "◐",
        step_to_come: "○",
        step_failed: "✕",
        bar_full: "━",
        bar_rest: "─",
        columns: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        more: "…",
        dot: "·",
        becomes: "→",
        crumb: "›",
        up: "↑",
        down: "↓",
    };

    pub const ASCII: Self = Self {
        horizontal: "-",
        vertical: "|",
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        marker: ">",
        step_done: "#",
        step_now: ">",
        step_to_come: ".",
        step_failed: "x",
        bar_full: "#",
        bar_rest: "-",
        columns: [".", ":", "-", "=", "+", "*", "%", "#"],
        more: "~",
        dot: "-",
        becomes: ">",
        crumb: ">",
        up: "^",
        down: "v",
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text::width;

    #[test]
    fn every_sign_is_one_cell_wide_and_the_ascii_set_is_ascii() {
        for glyphs in [&Glyphs::UNICODE, &Glyphs::ASCII] {
            let all = [
                glyphs.horizontal,
                glyphs.vertical,
                glyphs.top_left,
                glyphs.top_right,
                glyphs.bottom_left,
                glyphs.bottom_right,
                glyphs.marker,
                glyphs.step_done,
                glyphs.step_now,
                glyphs.step_to_come,
                glyphs.step_failed,
                glyphs.bar_full,
                glyphs.bar_rest,
                glyphs.more,
                glyphs.dot,
                glyphs.becomes,
                glyphs.crumb,
                glyphs.up,
                glyphs.down,
            ];
            let all = [&all[..], &glyphs.columns].concat();
            assert!(all.iter().all(|sign| width(sign) == 1));
            if *glyphs == Glyphs::ASCII {
                assert!(all.iter().all(|sign| sign.is_ascii()));
            }
        }
    }
}
