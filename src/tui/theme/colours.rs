//! How theme files spell colours.
//!
//! A colour is one of the sixteen by name, an index into the 256, or `#rrggbb`. A palette may say of
//! one colour what stands in for it where there are fewer: the nearest by numbers can be a grey where
//! the meaning is red.

use std::collections::BTreeMap;

use ratatui::style::Color;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Depth, ThemeError, parse::Reader, rgb::SIXTEEN};

/// The colours that every terminal has, by the names that theme files use.
const NAMES: [(&str, Color); 17] = [
    ("terminal", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// Colours that a theme names, each as one depth shows it.
pub type Palette = BTreeMap<String, Color>;

impl Reader<'_> {
    /// A palette's colour, or its own words for each depth.
    pub(super) fn paint(
        self,
        value: &Spanned<DeValue<'_>>,
        depth: Depth,
    ) -> Result<Color, ThemeError> {
        let nothing = Palette::new();
        let Some(table) = value.get_ref().as_table() else {
            return self.colour(value, &nothing);
        };
        for key in table.keys() {
            let known = ["true", "256", "16"].contains(&key.get_ref().as_ref());
            if !known {
                let what = format!("a colour has no `{}`: true, 256, 16", key.get_ref());
                return Err(self.wrong(&key.span(), what));
            }
        }
        // Read whole whatever the depth, so that an error does not wait for a terminal that meets it.
        let said = |key: &str| {
            let value = table.get(key);
            value
                .map(|value| self.colour(value, &nothing).map(|colour| (value, colour)))
                .transpose()
        };
        let (any, indexed, sixteen) = (said("true")?, said("256")?, said("16")?);
        if let Some((value, Color::Rgb(..))) = indexed {
            let what = "`256` must be an index from 0 to 255 or a colour's name";
            return Err(self.wrong(&value.span(), what));
        }
        if let Some((value, Color::Rgb(..) | Color::Indexed(_))) = sixteen {
            let what = "`16` must be the name of one of the sixteen colours";
            return Err(self.wrong(&value.span(), what));
        }
        let Some((_, any)) = any else {
            return Err(self.wrong(&value.span(), "a colour needs `true`: what it is in full"));
        };
        let stand_in = match depth {
            Depth::None | Depth::True => None,
            Depth::Indexed => indexed,
            Depth::Sixteen => sixteen.or(indexed),
        };
        Ok(stand_in.map_or(any, |(_, colour)| colour))
    }

    pub(super) fn colour(
        self,
        value: &Spanned<DeValue<'_>>,
        palette: &Palette,
    ) -> Result<Color, ThemeError> {
        if let DeValue::Integer(index) = value.get_ref() {
            let index = index.to_string();
            return index.parse().map(indexed).map_err(|_| {
                let what = format!("`{index}` is no colour: indexes go from 0 to 255");
                self.wrong(&value.span(), what)
            });
        }
        let name = value.get_ref().as_str().ok_or_else(|| {
            let what = "a colour must be a name, an index or \"#rrggbb\"";
            self.wrong(&value.span(), what)
        })?;
        if let Some(digits) = name.strip_prefix('#') {
            return hex(digits).ok_or_else(|| {
                let what = format!("`{name}` is no colour: `#` and six digits of 0-9 and a-f are");
                self.wrong(&value.span(), what)
            });
        }
        let basic = || NAMES.iter().find(|(known, _)| *known == name);
        palette
            .get(name)
            .copied()
            .or_else(|| basic().map(|(_, colour)| *colour))
            .ok_or_else(|| {
                let known = NAMES.map(|(known, _)| known).join(", ");
                let what = format!(
                    "`{name}` is neither in this theme's palette nor one of the colours {known}, nor \"#rrggbb\""
                );
                self.wrong(&value.span(), what)
            })
    }

    /// What a theme calls its colours, over what it inherits: a theme that names its parent's
    /// colours anew paints the parent's roles with them.
    pub(super) fn palette(
        self,
        root: &DeTable<'_>,
        depth: Depth,
        palette: &mut Palette,
    ) -> Result<(), ThemeError> {
        for (key, value) in self.table(root, "palette")?.into_iter().flatten() {
            let colour = self.paint(value, depth)?;
            palette.insert(key.get_ref().to_string(), colour);
        }
        Ok(())
    }
}

/// The first sixteen of the 256 are the named ones.
fn indexed(index: u8) -> Color {
    SIXTEEN
        .get(usize::from(index))
        .map_or(Color::Indexed(index), |(colour, _)| *colour)
}

fn hex(digits: &str) -> Option<Color> {
    let plain = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
    Some(Color::from_u32(number))
}
