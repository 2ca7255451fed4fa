//! Where everything goes: from a size to rectangles, and nothing else.
//!
//! | width | shape |
//! |---|---|
//! | from 120 | queue, ticket, and approvals above the diff (one of them below 30 rows); the ledger alone |
//! | 60–119 | a list and a detail; the ledger alone |
//! | below 60 | one pane at a time (a phone in portrait has 40 to 53 columns) |
//!
//! A diff that was made large has the body alone at any width.
//!
//! Below 14 rows the tabs, the message line and all borders go; below 20×3 one sentence is left.

use ratatui::layout::{Rect, Size};

use super::model::Pane;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Too small for anything but a sentence.
    Tiny,
    One,
    Two,
    Three,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    pub shape: Shape,
    /// No borders and no second line anywhere.
    pub bare: bool,
    pub header: Rect,
    /// Empty when bare.
    pub tabs: Rect,
    pub body: Rect,
    /// Empty when bare; a message then takes the footer's place.
    pub message: Rect,
    pub footer: Rect,
    /// Panes that are shown, from left to right and top to bottom, with one column between them.
    pub panes: Vec<(Pane, Rect)>,
}

/// What the person looks at, as far as the layout cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub pane: Pane,
    pub list: Pane,
    pub detail: Pane,
    /// The diff has the whole body while it has the keys.
    pub large: bool,
}

pub fn regions(size: (u16, u16), look: Look) -> Regions {
    let (width, height) = size;
    let row = |y: u16| Rect::new(0, y.min(height), width, u16::from(y < height));
    let none = Rect::new(0, 0, width, 0);
    if width < 20 || height < 3 {
        return Regions {
            shape: Shape::Tiny,
            bare: true,
            header: row(0),
            tabs: none,
            body: none,
            message: none,
            footer: none,
            panes: Vec::new(),
        };
    }
    let bare = height < 14;
    let (above, below) = if bare { (1, 1) } else { (2, 2) };
    let body = Rect::new(0, above, width, height - above - below);
    let shape = match width {
        0..60 => Shape::One,
        60..120 => Shape::Two,
        _ => Shape::Three,
    };
    Regions {
        shape,
        bare,
        header: row(0),
        tabs: if bare { none } else { row(1) },
        body,
        message: if bare { none } else { row(height - 2) },
        footer: row(height - 1),
        panes: panes(shape, body, look),
    }
}

fn panes(shape: Shape, body: Rect, look: Look) -> Vec<(Pane, Rect)> {
    let large = look.large && look.pane == Pane::Diff;
    if large || matches!(look.pane, Pane::Ledger | Pane::Coverage) {
        return vec![(look.pane, body)];
    }
    let Rect {
        x,
        y,
        width,
        height,
    } = body;
    match shape {
        Shape::Tiny => Vec::new(),
        Shape::One => vec![(look.pane, body)],
        Shape::Two => {
            let left = width * 42 / 100;
            vec![
                (look.list, Rect::new(x, y, left, height)),
                (
                    look.detail,
                    Rect::new(x + left + 1, y, width - left - 1, height),
                ),
            ]
        }
        Shape::Three => {
            let left = (width * 32 / 100).min(64);
            let right = (width * 28 / 100).min(72);
            let middle = width - left - right - 2;
            let at = x + left + middle + 2;
            let mut panes = vec![
                (Pane::Queue, Rect::new(x, y, left, height)),
                (Pane::Ticket, Rect::new(x + left + 1, y, middle, height)),
            ];
            if height >= 26 {
                let upper = height * 2 / 5;
                panes.push((Pane::Approvals, Rect::new(at, y, right, upper)));
                let lower = Rect::new(at, y + upper, right, height - upper);
                panes.push((Pane::Diff, lower));
            } else {
                let diff = look.pane == Pane::Diff
                    || (look.pane != Pane::Approvals && look.detail == Pane::Diff);
                let shown = if diff { Pane::Diff } else { Pane::Approvals };
                panes.push((shown, Rect::new(at, y, right, height)));
            }
            panes
        }
    }
}

impl Regions {
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes
            .iter()
            .find(|(shown, _)| *shown == pane)
            .map(|(_, area)| *area)
    }
}

/// A pane's inside, below its title; on a very low screen the title goes too.
pub fn inside(area: Rect) -> Rect {
    if area.height < 3 {
        return area;
    }
    Rect::new(area.x, area.y + 1, area.width, area.height - 1)
}

/// The room for a sheet: help, unknowns, an entry.
pub fn sheet(regions: &Regions, beside: bool) -> Rect {
    let body = regions.body;
    match regions.shape {
        Shape::Three if beside => {
            let width = body.width * 55 / 100;
            Rect::new(body.right() - width, body.y, width, body.height)
        }
        Shape::One | Shape::Tiny => body,
        Shape::Two | Shape::Three => {
            let width = body.width.min(100);
            Rect::new(
                body.x + (body.width - width) / 2,
                body.y,
                width,
                body.height,
            )
        }
    }
}

/// The room for a narrow sheet at the right, so that the panes beside it can be seen.
pub fn corner(regions: &Regions, width: u16) -> Rect {
    let body = regions.body;
    let width = width.min(body.width);
    Rect::new(body.right() - width, body.y, width, body.height)
}

/// The room for a card that would like to be so many rows high.
pub fn card(regions: &Regions, wanted: usize) -> Rect {
    let body = regions.body;
    if regions.shape == Shape::One || body.height < 18 {
        return body;
    }
    let width = (body.width - 4).min(92);
    let height = super::text::narrow(wanted).min(body.height);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 2,
        width,
        height,
    )
}

/// Cells of a frame's border and margin on both sides together.
pub const FRAME: u16 = 4;

/// For text inside a frame: a border and one cell of air on each side.
pub fn within(area: Rect, bare: bool) -> Rect {
    if bare || area.width < 8 || area.height < 4 {
        return area;
    }
    Rect::new(area.x + 2, area.y + 1, area.width - FRAME, area.height - 2)
}

/// The terminal's size as ratatui gives it.
pub const fn pair(size: Size) -> (u16, u16) {
    (size.width, size.height)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a pane, one character for four columns and two rows.
    fn picture(size: (u16, u16), pane: Pane, list: Pane, detail: Pane) -> String {
        let regions = regions(
            size,
            Look {
                pane,
                list,
                detail,
                large: false,
            },
        );
        let letter = |x: u16, y: u16| {
            let at = ratatui::layout::Position::new(x, y);
            let shown = regions.panes.iter().find(|(_, area)| area.contains(at));
            match shown {
                Some((pane, _)) => pane.title().chars().next().unwrap_or(' '),
                None if regions.header.contains(at) => '=',
                None if regions.tabs.contains(at) => '-',
                None if regions.footer.contains(at) => '_',
                None if regions.message.contains(at) => '.',
                None => '|',
            }
        };
        let rows = (0..size.1).filter(|y| y % 2 == 0 || *y == size.1 - 1);
        let line = |y| {
            (0..size.0)
                .step_by(4)
                .map(|x| letter(x, y))
                .collect::<String>()
        };
        rows.map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_wide_screen_has_three_columns() {
        assert_eq!(
            picture((120, 32), Pane::Queue, Pane::Queue, Pane::Ticket),
            "\
==============================
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTAAAAAAAA
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
QQQQQQQQQQTTTTTTTTTTTTDDDDDDDD
..............................
______________________________"
        );
    }

    #[test]
    fn a_middling_screen_has_a_list_and_a_detail_and_the_ledger_alone() {
        assert_eq!(
            picture((80, 14), Pane::Diff, Pane::Approvals, Pane::Diff),
            "\
====================
AAAAAAAAADDDDDDDDDDD
AAAAAAAAADDDDDDDDDDD
AAAAAAAAADDDDDDDDDDD
AAAAAAAAADDDDDDDDDDD
AAAAAAAAADDDDDDDDDDD
....................
____________________"
        );
        assert_eq!(
            picture((80, 6), Pane::Ledger, Pane::Queue, Pane::Ticket),
            "\
====================
LLLLLLLLLLLLLLLLLLLL
LLLLLLLLLLLLLLLLLLLL
____________________"
        );
    }

    #[test]
    fn a_phone_has_one_pane_and_a_keyhole_one_sentence() {
        assert_eq!(
            picture((45, 5), Pane::Ticket, Pane::Queue, Pane::Ticket),
            "\
============
TTTTTTTTTTTT
____________"
        );
        let look = Look {
            pane: Pane::Queue,
            list: Pane::Queue,
            detail: Pane::Ticket,
            large: false,
        };
        for size in [(19, 50), (200, 2), (1, 1)] {
            assert_eq!(regions(size, look).shape, Shape::Tiny);
        }
    }

    #[test]
    fn every_rectangle_lies_on_the_screen_at_any_size() {
        for width in 0..200 {
            for height in 0..60 {
                for (pane, large) in Pane::ALL.map(|pane| (pane, width % 2 == 0)) {
                    let look = Look {
                        pane,
                        list: Pane::Queue,
                        detail: Pane::Diff,
                        large,
                    };
                    let regions = regions((width, height), look);
                    let screen = Rect::new(0, 0, width, height);
                    let mut all: Vec<_> = regions.panes.iter().map(|(_, area)| *area).collect();
                    all.extend([regions.header, regions.tabs, regions.body]);
                    all.extend([regions.message, regions.footer]);
                    all.extend([sheet(&regions, true), sheet(&regions, false)]);
                    all.extend([card(&regions, 0), card(&regions, 500)]);
                    for area in all {
                        assert_eq!(area.intersection(screen), area, "{width}×{height}");
                    }
                }
            }
        }
    }
}
