//! Colours as numbers: how far apart two look, and how well one can be read on the other.
//!
//! Distance is CIE76, the straight way in CIE Lab under D65; contrast is the ratio of WCAG 2.2
//! (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).

use std::sync::LazyLock;

use ratatui::style::Color;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The sixteen as xterm shows them by default. A person's own scheme may differ, and is not known.
pub const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, Rgb(0, 0, 0)),
    (Color::Red, Rgb(205, 0, 0)),
    (Color::Green, Rgb(0, 205, 0)),
    (Color::Yellow, Rgb(205, 205, 0)),
    (Color::Blue, Rgb(0, 0, 238)),
    (Color::Magenta, Rgb(205, 0, 205)),
    (Color::Cyan, Rgb(0, 205, 205)),
    (Color::Gray, Rgb(229, 229, 229)),
    (Color::DarkGray, Rgb(127, 127, 127)),
    (Color::LightRed, Rgb(255, 0, 0)),
    (Color::LightGreen, Rgb(0, 255, 0)),
    (Color::LightYellow, Rgb(255, 255, 0)),
    (Color::LightBlue, Rgb(92, 92, 255)),
    (Color::LightMagenta, Rgb(255, 0, 255)),
    (Color::LightCyan, Rgb(0, 255, 255)),
    (Color::White, Rgb(255, 255, 255)),
];

/// Steps of the colour cube: colours 16 to 231 of the 256.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Lightness from 0 to 100, and two axes of hue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lab(f64, f64, f64);

impl Lab {
    /// CIE76. About 2 is just seen; 20 is told apart at a glance.
    pub fn distance(self, other: Self) -> f64 {
        let square = |one: f64, two: f64| (one - two).powi(2);
        (square(self.0, other.0) + square(self.1, other.1) + square(self.2, other.2)).sqrt()
    }
}

impl Rgb {
    /// Of a colour whose look is known; none for the terminal's own.
    pub fn of(colour: Color) -> Option<Self> {
        match colour {
            Color::Rgb(red, green, blue) => Some(Self(red, green, blue)),
            Color::Indexed(index) => Some(Self::indexed(index)),
            named => SIXTEEN
                .iter()
                .find(|(known, _)| *known == named)
                .map(|(_, rgb)| *rgb),
        }
    }

    fn indexed(index: u8) -> Self {
        let step = |at: u8| CUBE[usize::from(at % 6)];
        match index {
            0..16 => SIXTEEN[usize::from(index)].1,
            16..232 => {
                let at = index - 16;
                Self(step(at / 36), step(at / 6), step(at))
            }
            232.. => {
                let grey = 8 + 10 * (index - 232);
                Self(grey, grey, grey)
            }
        }
    }

    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// From 1 (the same) to 21 (black on white).
    pub fn contrast(self, other: Self) -> f64 {
        contrast(self.luminance(), other.luminance())
    }

    pub fn lab(self) -> Lab {
        let [red, green, blue] = self.linear();
        let x = (0.412_456 * red + 0.357_576 * green + 0.180_437 * blue) / 0.950_47;
        let y = 0.212_673 * red + 0.715_152 * green + 0.072_175 * blue;
        let z = (0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83;
        let bent = |part: f64| {
            if part > 216.0 / 24_389.0 {
                part.cbrt()
            } else {
                (24_389.0 / 27.0 * part + 16.0) / 116.0
            }
        };
        let (x, y, z) = (bent(x), bent(y), bent(z));
        Lab(116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z))
    }
}

/// Between two of which the luminance is known.
pub fn contrast(one: f64, two: f64) -> f64 {
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

/// A colour that a terminal of some depth has.
#[derive(Clone, Copy, Debug)]
pub struct Shade {
    pub colour: Color,
    pub rgb: Rgb,
    pub luminance: f64,
    lab: Lab,
}

impl Shade {
    fn new(colour: Color, rgb: Rgb) -> Self {
        Self {
            colour,
            rgb,
            luminance: rgb.luminance(),
            lab: rgb.lab(),
        }
    }
}

pub static NAMED_SHADES: LazyLock<Vec<Shade>> = LazyLock::new(|| {
    SIXTEEN
        .iter()
        .map(|(colour, rgb)| Shade::new(*colour, *rgb))
        .collect()
});

/// The cube and the greys. The first sixteen are left out: what they look like is not known.
pub static INDEXED_SHADES: LazyLock<Vec<Shade>> = LazyLock::new(|| {
    (16..=255)
        .map(|index| Shade::new(Color::Indexed(index), Rgb::indexed(index)))
        .collect()
});

/// The nearest of some shades that may be taken.
pub fn nearest(wanted: Rgb, shades: &[Shade], may: impl Fn(&Shade) -> bool) -> Option<Shade> {
    let lab = wanted.lab();
    let far = |shade: &Shade| shade.lab.distance(lab);
    shades
        .iter()
        .filter(|shade| may(shade))
        .min_by(|one, two| far(one).total_cmp(&far(two)))
        .copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn contrast_is_that_of_the_accessibility_guidelines() {
        let white = Rgb(255, 255, 255);
        assert!((white.contrast(Rgb(0, 0, 0)) - 21.0).abs() < 0.01);
        // The grey that every guide names as just enough for text on white.
        assert!((white.contrast(Rgb(0x76, 0x76, 0x76)) - 4.54).abs() < 0.01);
        assert!((white.contrast(white) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn lab_is_that_of_the_tables() {
        for (rgb, (l, a, b)) in [
            (Rgb(255, 255, 255), (100.0, 0.0, 0.0)),
            (Rgb(255, 0, 0), (53.24, 80.09, 67.20)),
            (Rgb(0, 0, 255), (32.30, 79.19, -107.86)),
        ] {
            assert!(rgb.lab().distance(Lab(l, a, b)) < 0.1, "{:?}", rgb.lab());
        }
    }

    #[test]
    fn every_indexed_colour_is_nearest_to_itself_or_to_its_twin() {
        for shade in INDEXED_SHADES.iter() {
            let found = nearest(shade.rgb, &INDEXED_SHADES, |_| true).unwrap();
            assert_eq!(found.rgb, shade.rgb);
        }
        assert_eq!(Rgb::of(Color::Indexed(208)), Some(Rgb(255, 135, 0)));
        assert_eq!(Rgb::of(Color::Indexed(244)), Some(Rgb(128, 128, 128)));
        assert_eq!(Rgb::of(Color::Reset), None);
    }
}
