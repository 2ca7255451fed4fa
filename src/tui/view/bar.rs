//! One line of parts, some of which go when it is too narrow.

use crate::tui::paint::Strip;

/// A part and how much it matters; the least goes first.
pub type Part = (u8, Strip);

/// Cells between parts.
const GAP: usize = 2;

fn total(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|(_, strip)| strip.width() + GAP)
        .sum::<usize>()
}

/// Cells that are left for one more part beside those of some priority at least.
pub fn free<'a>(width: usize, parts: impl Iterator<Item = &'a Part>, priority: u8) -> usize {
    let taken: usize = parts
        .filter(|(own, _)| *own >= priority)
        .map(|(_, strip)| strip.width() + GAP)
        .sum();
    width.saturating_sub(taken)
}

/// The parts that fit beside each other, as one line of the given width: `left` from the left,
/// `right` from the right.
pub fn arrange(width: usize, mut left: Vec<Part>, mut right: Vec<Part>) -> Strip {
    left.retain(|(_, strip)| !strip.is_empty());
    right.retain(|(_, strip)| !strip.is_empty());
    while total(&left) + total(&right) > width + GAP && left.len() + right.len() > 1 {
        let least = |parts: &[Part]| {
            parts
                .iter()
                .enumerate()
                .min_by_key(|(at, (priority, _))| (*priority, usize::MAX - at))
                .map(|(at, (priority, _))| (*priority, at))
        };
        match (least(&left), least(&right)) {
            (Some((a, at)), Some((b, _))) if a <= b => drop(left.remove(at)),
            (_, Some((_, at))) => drop(right.remove(at)),
            (Some((_, at)), None) => drop(left.remove(at)),
            (None, None) => break,
        }
    }
    let used = total(&left) + total(&right);
    let mut line = Strip::new();
    for (_, strip) in left {
        line = line.join(strip).space(GAP);
    }
    line = line.space((width + GAP).saturating_sub(used));
    for (at, (_, strip)) in right.into_iter().enumerate() {
        line = line.space(if at == 0 { 0 } else { GAP }).join(strip);
    }
    line
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn part(priority: u8, text: &str) -> Part {
        (priority, Strip::of(Style::new(), text))
    }

    #[test]
    fn the_least_important_part_goes_first() {
        let line = |width| {
            arrange(
                width,
                vec![part(9, "open"), part(1, "filter"), part(5, "deny")],
                vec![part(255, "? help")],
            )
            .text()
        };
        assert_eq!(line(28), "open  filter  deny    ? help");
        assert_eq!(line(20), "open  deny    ? help");
        assert_eq!(line(8), "  ? help");
        assert_eq!(line(3), "? help");
    }
}
