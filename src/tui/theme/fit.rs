//! A theme's styles as a terminal with fewer colours can show them.
//!
//! It is done here, once for a theme, and not by the terminal library, which under `NO_COLOR` loses
//! bold and reverse along with the colour of a cell. Three things hold whatever the colours were: text
//! never takes the colour that it stands on, text that could be read still can be, and what was filled
//! still is.

use ratatui::style::{Color, Modifier, Style};

use super::{
    depth::Depth,
    rgb::{INDEXED_SHADES, NAMED_SHADES, Rgb, Shade, contrast, nearest},
};

/// What is readable stays at least this far from what it stands on, as contrast.
const READABLE: f64 = 3.0;

/// Styles for a depth. `text` is what all of them lie on.
pub fn fit(styles: &[Style], text: Style, depth: Depth) -> Vec<Style> {
    let ground = text.bg.map(|colour| convert(colour, depth, |_| true));
    styles
        .iter()
        .map(|style| match depth {
            Depth::None => bare(*style, text),
            Depth::True => *style,
            Depth::Sixteen | Depth::Indexed => fewer(*style, text, ground, depth),
        })
        .collect()
}

/// Without colours: what stood out from its surroundings is reversed, so a badge is still seen, and
/// words say what colour said.
fn bare(mut style: Style, text: Style) -> Style {
    let filled = filled(style, text);
    style.fg = None;
    style.bg = None;
    if filled {
        style = style.add_modifier(Modifier::REVERSED);
    }
    style
}

fn filled(style: Style, text: Style) -> bool {
    style.bg != text.bg && style.bg.is_some_and(|colour| colour != Color::Reset)
}

fn fewer(mut style: Style, text: Style, ground: Option<Color>, depth: Depth) -> Style {
    let before = style;
    style.bg = if filled(style, text) {
        let apart = |shade: &Shade| Some(shade.rgb) != ground.and_then(Rgb::of);
        style.bg.map(|colour| convert(colour, depth, apart))
    } else if style.bg == text.bg {
        ground
    } else {
        style.bg
    };
    let (Some(fg), Some(bg)) = (style.fg, style.bg.and_then(Rgb::of)) else {
        style.fg = style.fg.map(|colour| convert(colour, depth, |_| true));
        return style;
    };
    // What was hard to read on purpose, such as a border, need not become easy.
    let floor = match (Rgb::of(fg), before.bg.and_then(Rgb::of)) {
        (Some(fg), Some(bg)) => fg.contrast(bg).min(READABLE),
        _ => READABLE,
    };
    let below = bg.luminance();
    let readable = |shade: &Shade| shade.rgb != bg && contrast(shade.luminance, below) >= floor;
    let shown = convert(fg, depth, readable);
    style.fg = Some(match Rgb::of(shown) {
        Some(rgb) if rgb == bg => reach(rgb, depth, readable).unwrap_or(shown),
        _ => shown,
    });
    style
}

/// A colour as the depth has it: itself, or the nearest that may be taken.
fn convert(colour: Color, depth: Depth, may: impl Fn(&Shade) -> bool) -> Color {
    let has = match colour {
        Color::Rgb(..) => depth >= Depth::True,
        Color::Indexed(16..) => depth >= Depth::Indexed,
        // The sixteen, and the terminal's own.
        _ => true,
    };
    match Rgb::of(colour) {
        Some(rgb) if !has => reach(rgb, depth, may).unwrap_or(Color::Reset),
        _ => colour,
    }
}

fn reach(rgb: Rgb, depth: Depth, may: impl Fn(&Shade) -> bool) -> Option<Color> {
    let shades = match depth {
        Depth::None | Depth::Sixteen => &NAMED_SHADES,
        Depth::Indexed | Depth::True => &INDEXED_SHADES,
    };
    nearest(rgb, shades, may).map(|shade| shade.colour)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    fn shown(fg: Color, bg: Color, text: Style, depth: Depth) -> Style {
        fit(&[Style::new().fg(fg).bg(bg)], text, depth)[0]
    }

    #[test]
    fn a_colour_becomes_the_nearest_that_there_is() {
        for (colour, indexed, sixteen) in [
            (Color::Rgb(255, 135, 0), Color::Indexed(208), Color::Red),
            (Color::Rgb(250, 250, 250), Color::Indexed(231), Color::White),
            (Color::Rgb(5, 5, 5), Color::Indexed(232), Color::Black),
            (
                Color::Rgb(120, 120, 130),
                Color::Indexed(243),
                Color::DarkGray,
            ),
            (Color::Red, Color::Red, Color::Red),
            (Color::Indexed(196), Color::Indexed(196), Color::LightRed),
        ] {
            let style = Style::new().fg(colour);
            let at = |depth| fit(&[style], Style::new(), depth)[0].fg;
            assert_eq!(at(Depth::True), Some(colour));
            assert_eq!(at(Depth::Indexed), Some(indexed), "{colour:?}");
            assert_eq!(at(Depth::Sixteen), Some(sixteen), "{colour:?}");
            assert_eq!(at(Depth::None), None);
        }
    }

    #[test]
    fn without_colour_only_what_stood_out_is_reversed() {
        let text = Style::new().fg(Color::White).bg(Color::Rgb(30, 30, 46));
        let badge = text.bg(Color::Rgb(200, 30, 30));
        let styles = fit(&[text, badge], text, Depth::None);
        assert_eq!(styles[0], Style::new());
        assert_eq!(
            styles[1],
            Style::new().add_modifier(Modifier::REVERSED),
            "a badge"
        );
    }

    #[test]
    fn a_badge_that_is_hardly_lighter_than_the_ground_is_still_one() {
        let text = Style::new().fg(Color::White).bg(Color::Rgb(40, 40, 40));
        for depth in [Depth::Sixteen, Depth::Indexed] {
            let ground = fit(&[text], text, depth)[0].bg;
            let badge = shown(Color::White, Color::Rgb(41, 41, 41), text, depth).bg;
            assert_ne!(badge, ground, "{depth:?}");
        }
    }

    #[test]
    fn names_that_meet_on_one_ground_are_told_apart() {
        let text = Style::new().bg(Color::Rgb(0, 0, 0));
        let style = fit(&[text.fg(Color::Black)], text, Depth::Sixteen)[0];
        assert_eq!(style.bg, Some(Color::Black));
        assert_ne!(style.fg, style.bg);
    }

    proptest! {
        #[test]
        fn text_that_could_be_read_still_can_be_and_none_vanishes(
            fg in any::<(u8, u8, u8)>(),
            bg in any::<(u8, u8, u8)>(),
            own in any::<bool>(),
        ) {
            let colour = |(red, green, blue)| Color::Rgb(red, green, blue);
            let (fg, bg) = (colour(fg), colour(bg));
            prop_assume!(fg != bg);
            let text = if own { Style::new().bg(bg) } else { Style::new().bg(Color::Rgb(20, 20, 20)) };
            let rgb = |colour| Rgb::of(colour).unwrap();
            let before = rgb(fg).contrast(rgb(bg));
            for depth in [Depth::Sixteen, Depth::Indexed] {
                let style = shown(fg, bg, text, depth);
                let (fg, bg) = (rgb(style.fg.unwrap()), rgb(style.bg.unwrap()));
                prop_assert_ne!(fg, bg);
                prop_assert!(fg.contrast(bg) >= before.min(READABLE));
            }
        }
    }
}
