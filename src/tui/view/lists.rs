//! Where the rows of a list stand. The selection keeps to the middle, so that the list moves and the
//! eye does not, and so that rows which come in above push nothing away.

use ratatui::layout::Rect;

/// The rows that are visible: each with the line on which it begins. `height` is a row's own.
pub fn place(
    total: usize,
    index: usize,
    room: usize,
    height: impl Fn(usize) -> usize,
) -> Vec<(usize, usize)> {
    if total == 0 || room == 0 {
        return Vec::new();
    }
    let index = index.min(total - 1);
    let own = height(index);
    let mut first = index;
    let mut above = 0;
    let half = room.saturating_sub(own) / 2;
    while first > 0 && above + height(first - 1) <= half {
        first -= 1;
        above += height(first);
    }
    let mut last = index;
    let mut used = above + own;
    while last + 1 < total && used < room {
        last += 1;
        used += height(last);
    }
    // The end of the list leaves room: show more of what is above.
    while first > 0 && used + height(first - 1) <= room {
        first -= 1;
        used += height(first);
    }
    let mut y = 0;
    let mut rows = Vec::new();
    for row in first..=last {
        if y >= room {
            break;
        }
        rows.push((row, y));
        y += height(row);
    }
    rows
}

/// Where rows of so many lines stand in their pane: those of one line have a heading above them, where
/// there is room for one.
pub fn below_heading(area: Rect, tall: usize) -> Rect {
    let above = u16::from(tall == 1 && area.height > 4);
    Rect::new(area.x, area.y + above, area.width, area.height - above)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_selection_stands_in_the_middle_and_the_ends_are_filled() {
        let shown = |index| {
            place(10, index, 5, |_| 1)
                .into_iter()
                .map(|(row, _)| row)
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(0), [0, 1, 2, 3, 4]);
        assert_eq!(shown(5), [3, 4, 5, 6, 7]);
        assert_eq!(shown(9), [5, 6, 7, 8, 9]);
    }

    proptest! {
        #[test]
        fn the_selected_row_is_always_visible_whole(
            heights in prop::collection::vec(1usize..4, 1..40),
            index in 0usize..50,
            room in 3usize..30,
        ) {
            let index = index.min(heights.len() - 1);
            let rows = place(heights.len(), index, room, |row| heights[row]);
            let (_, y) = rows.iter().find(|(row, _)| *row == index).copied().unwrap_or((0, 999));
            prop_assert!(y + heights[index] <= room);
        }
    }
}
