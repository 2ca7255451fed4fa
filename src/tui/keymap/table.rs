//! The table of the keys, put together from its two halves in the order in which help shows it.

use super::{Binding, about::ABOUT, within::WITHIN};

const LINES: usize = ABOUT.len() + WITHIN.len();

/// Every key of the program.
pub static TABLE: &[Binding] = &joined();

const fn joined() -> [Binding; LINES] {
    let mut lines = [ABOUT[0]; LINES];
    let mut at = 0;
    while at < LINES {
        lines[at] = if at < ABOUT.len() {
            ABOUT[at]
        } else {
            WITHIN[at - ABOUT.len()]
        };
        at += 1;
    }
    lines
}
