//! Measuring, cutting and wrapping text by terminal cells, so that columns stay aligned whatever
//! script a name is written in.
//!
//! The unit is the grapheme cluster and its width as ratatui counts it; a cluster is never split.
//! Everything here takes text that is already [`Safe`](crate::domain::Safe).

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Where a text that is too long loses its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Prose: the beginning says most. A word is cut only where little else would be left.
    End,
    /// Ids and names: both ends tell them apart.
    Middle,
}

/// A number of cells as ratatui wants it. No terminal has more than 65,535 columns or rows.
pub fn narrow(cells: usize) -> u16 {
    u16::try_from(cells).unwrap_or(u16::MAX)
}

fn cluster_width(cluster: &str) -> usize {
    // The buffer drops clusters that hold a control character, so they take no room.
    if cluster.chars().any(char::is_control) {
        0
    } else {
        usize::from(cluster.cell_width())
    }
}

/// Whether each character of a text is a cluster of its own and takes one cell, as in nearly all that is
/// drawn: letters and lines. Finding clusters is most of what a frame costs.
pub fn plain(text: &str) -> bool {
    let plain = |c| matches!(c, ' '..='~' | '\u{2500}'..='\u{259F}');
    text.chars().all(plain)
}

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    if plain(text) {
        return text.chars().count();
    }
    text.graphemes(true).map(cluster_width).sum()
}

/// The longest beginning that fits.
fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster_width(cluster);
        if used > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The longest ending that fits.
pub fn tail(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += cluster_width(cluster);
        if used > room {
            return text.get(at + cluster.len()..).unwrap_or_default();
        }
    }
    text
}

/// At most `room` cells of a text, with `mark` where something was left out.
pub fn cut(text: &str, room: usize, how: Cut, mark: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let Some(rest) = room.checked_sub(width(mark)).filter(|rest| *rest > 0) else {
        return head(text, room).to_owned();
    };
    match how {
        Cut::End => format!("{}{mark}", whole_words(text, head(text, rest))),
        Cut::Middle => {
            let end = rest / 2;
            format!("{}{mark}{}", head(text, rest - end), tail(text, end))
        }
    }
}

/// A beginning of a text without the word that it breaks, unless that is most of it.
fn whole_words<'a>(text: &str, head: &'a str) -> &'a str {
    let breaks = text
        .get(head.len()..)
        .is_some_and(|rest| !rest.starts_with(' '));
    match head.rfind(' ') {
        Some(at) if breaks && at * 3 > head.len() * 2 => head.get(..at).unwrap_or(head),
        _ => head,
    }
}

/// Exactly `room` cells: cut or filled up with spaces.
pub fn fit(text: &str, room: usize, how: Cut, mark: &str) -> String {
    let mut line = cut(text, room, how, mark);
    line.push_str(&" ".repeat(room.saturating_sub(width(&line))));
    line
}

/// Breaks each line of a text at spaces so that none is wider than `room`; what follows a break is
/// indented two cells further than its line, and a word that is too long is split.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    text.split('\n')
        .flat_map(|line| wrap_line(line, room))
        .collect()
}

/// Breaks a line wherever it is full, as code is read better than with its words moved; what follows
/// is indented two cells further.
pub fn chop(line: &str, room: usize) -> Vec<String> {
    if width(line) <= room || room == 0 {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start_matches(' ').len() + 2;
    let hang = if indent < room / 2 { indent } else { 0 };
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut used = 0;
    for cluster in line.graphemes(true) {
        let cells = cluster_width(cluster);
        if used + cells > room && !current.is_empty() {
            lines.push(std::mem::replace(&mut current, " ".repeat(hang)));
            used = hang;
        }
        current.push_str(cluster);
        used += cells;
    }
    lines.push(current);
    lines
}

fn wrap_line(line: &str, room: usize) -> Vec<String> {
    if room == 0 {
        return Vec::new();
    }
    if width(line) <= room {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    // On a very narrow screen an indent would leave no room for words.
    let hang = if indent + 2 < room / 2 { indent + 2 } else { 0 };
    let start = if indent < room / 2 { indent } else { 0 };
    let mut lines = Vec::new();
    let mut current = " ".repeat(start);
    let mut empty = true;
    for word in line.trim_start_matches(' ').split(' ') {
        let gap = usize::from(!empty);
        if width(&current) + gap + width(word) > room && !empty {
            lines.push(std::mem::replace(&mut current, " ".repeat(hang)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        let mut rest = word;
        while width(&current) + width(rest) > room {
            let free = room.saturating_sub(width(&current));
            let mut part = head(rest, free);
            if part.is_empty() && current.trim().is_empty() {
                // Not even one cluster fits: take it anyway, the painter clips it.
                part = rest.graphemes(true).next().unwrap_or_default();
            }
            current.push_str(part);
            rest = rest.get(part.len()..).unwrap_or_default();
            lines.push(std::mem::replace(&mut current, " ".repeat(hang)));
        }
        current.push_str(rest);
        empty = false;
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Safe;

    #[test]
    fn an_id_loses_its_middle_and_prose_its_end() {
        assert_eq!(
            cut("acme-prod-customer-exports", 13, Cut::Middle, "…"),
            "acme-p…xports"
        );
        assert_eq!(cut("awaiting approval", 9, Cut::End, "…"), "awaiting…");
        assert_eq!(cut("CIS 1.20 public-read", 12, Cut::End, "…"), "CIS 1.20…");
        assert_eq!(cut("a verylongword", 9, Cut::End, "…"), "a verylo…");
        assert_eq!(cut("abc", 3, Cut::End, "…"), "abc");
        assert_eq!(cut("abc", 1, Cut::End, "…"), "a");
        assert_eq!(cut("abc", 0, Cut::Middle, "…"), "");
    }

    #[test]
    fn wide_characters_are_never_split_and_columns_stay_aligned() {
        assert_eq!(fit("東京都", 4, Cut::End, "…"), "東… ");
        assert_eq!(width(&fit("e\u{301}e\u{301}東", 3, Cut::End, "…")), 3);
    }

    #[test]
    fn a_long_line_hangs_below_its_start() {
        assert_eq!(
            wrap("  --bucket acme-prod-customer-exports \\", 24),
            ["  --bucket", "    acme-prod-customer-e", "    xports \\"]
        );
        assert_eq!(wrap("one two three", 7), ["one two", "  three"]);
        assert_eq!(
            chop(" \"ID\": \"75aa57\"", 10),
            [" \"ID\": \"75", "   aa57\""]
        );
    }

    #[test]
    fn what_is_plain_takes_as_many_cells_as_its_clusters_do() {
        let lines = ('\u{2500}'..='\u{259F}').chain(' '..='~');
        let all: String = lines.clone().chain(lines).collect();
        assert!(plain(&all));
        let clusters: usize = all.graphemes(true).map(cluster_width).sum();
        assert_eq!(width(&all), clusters);
        for other in ["a\nb", "e\u{301}", "─\u{301}", "東", "\u{25fe}", "\u{7f}"] {
            assert!(!plain(other), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_cut_or_wrapped_fits(raw in "\\PC{0,60}", room in 0usize..40) {
            let text = Safe::line(&raw);
            for how in [Cut::End, Cut::Middle] {
                prop_assert!(width(&cut(text.as_str(), room, how, "…")) <= room);
                prop_assert_eq!(width(&fit(text.as_str(), room, how, "…")), room);
            }
            if room > 1 {
                for line in wrap(text.as_str(), room).into_iter().chain(chop(text.as_str(), room)) {
                    // A cluster that is wider than the whole room stands alone; the painter leaves it out.
                    let alone = line.trim().graphemes(true).count() == 1;
                    prop_assert!(width(&line) <= room || alone, "{line:?}");
                }
            }
        }
    }
}
