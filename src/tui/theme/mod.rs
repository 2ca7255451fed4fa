//! Themes: how each [`Role`] looks, read from TOML files.
//!
//! A theme has a `name`, may build on another (`inherits`), may name its colours (`[palette]`), and
//! styles roles (`[roles]`). A role takes over what its parent says and changes only what it says
//! itself: `severity.high` starts from `severity`, and that from `text`. Parents that no view draws
//! (`severity`, `level`, …) may be styled too. Whatever a file says that is not understood is an error
//! with file and line, never a guess.
//!
//! A theme that inherits may name its parent's colours anew, and so be nothing but a palette.
//!
//! A colour is one of the sixteen that every terminal has (the person's own scheme decides how it
//! looks), an index into the 256, or `#rrggbb`. A theme is read once for each [`Depth`]; where there
//! are fewer colours, what the palette says stands in for one, else the nearest that can be read. The
//! ground of `text` is painted on the whole screen; a theme that gives none leaves the terminal's.

mod colours;
mod depth;
mod fit;
mod parse;
mod rgb;
mod role;
mod shelf;

use std::path::Path;

use ratatui::style::Style;

pub use depth::Depth;
pub use parse::ThemeError;
pub use rgb::{Lab, Rgb};
pub use role::Role;
pub use shelf::{Choice, Shelf};

use super::glyphs::Glyphs;

/// The themes in the binary: their names and texts.
macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../themes/", $name, ".toml")))),+]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "default",
    "dark",
    "light",
    "high-contrast",
    "colour-blind",
    "catppuccin",
    "gruvbox",
    "nord",
    "plain",
];

#[derive(Clone, Debug)]
pub struct Theme {
    pub name: String,
    pub glyphs: &'static Glyphs,
    depth: Depth,
    /// One for each of [`Depth::ALL`]; in it a style for each of [`Role::ALL`]. In their order.
    tables: Vec<Vec<Style>>,
}

impl Theme {
    /// Names of the themes in the binary.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// A theme of the binary's by name.
    pub fn named(name: &str) -> Result<Self, ThemeError> {
        let text = embedded(name).ok_or_else(|| ThemeError::Unknown {
            name: name.to_owned(),
            known: Self::names().collect::<Vec<_>>().join(", "),
        })?;
        Self::parse(&format!("themes/{name}.toml"), text)
    }

    /// A theme from a file; it may inherit from one of the binary's.
    pub fn load(path: &Path) -> Result<Self, ThemeError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|cause| ThemeError::Unreadable {
            file: file.clone(),
            cause: cause.to_string(),
        })?;
        Self::parse(&file, &text)
    }

    /// A theme from its text; `file` is for errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, ThemeError> {
        parse::theme(file, text)
    }

    pub fn style(&self, role: Role) -> Style {
        // The tables are made from both `ALL`s, whose order is that of the variants.
        let table = self.tables.get(self.depth as usize);
        table
            .and_then(|styles| styles.get(role as usize))
            .copied()
            .unwrap_or_default()
    }

    /// The same theme for a terminal of that depth; [`Depth::True`] until this is said.
    #[must_use]
    pub fn at(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// The same theme with borders, marks and bars from ASCII.
    #[must_use]
    pub fn in_ascii(mut self) -> Self {
        self.glyphs = &Glyphs::ASCII;
        self
    }
}

fn embedded(name: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use ratatui::style::{Color, Modifier};

    use super::*;

    #[test]
    fn every_theme_in_the_binary_loads_under_its_own_name() {
        for name in Theme::names() {
            assert_eq!(Theme::named(name).unwrap().name, name);
        }
    }

    #[test]
    fn the_plain_theme_has_no_colour_at_all() {
        let theme = Theme::named("plain").unwrap();
        for role in Role::ALL {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
        }
    }

    #[test]
    fn the_default_theme_leaves_the_background_of_text_alone() {
        let theme = Theme::named("default").unwrap();
        for role in [Role::Text, Role::Muted, Role::Title, Role::Border] {
            assert_eq!(theme.style(role).bg, None, "{}", role.name());
        }
    }

    #[test]
    fn a_badge_without_colour_is_reversed() {
        let theme = Theme::named("default").unwrap().at(Depth::None);
        let style = theme.style(Role::Production);
        assert_eq!((style.fg, style.bg), (None, None));
        assert!(style.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn a_role_starts_from_its_parent() {
        let theme = Theme::parse(
            "t.toml",
            "name = 't'\n[palette]\nblood = 'red'\n[roles]\nseverity = { fg = 'blood', bold = true }\n'severity.low' = { bold = false }\n",
        )
        .unwrap();
        assert_eq!(theme.style(Role::High).fg, Some(Color::Red));
        assert!(
            theme
                .style(Role::High)
                .add_modifier
                .contains(Modifier::BOLD)
        );
        assert_eq!(theme.style(Role::Low).fg, Some(Color::Red));
        assert!(!theme.style(Role::Low).add_modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn a_theme_builds_on_another() {
        let theme = Theme::parse(
            "t.toml",
            "name = 't'\ninherits = 'default'\n[roles]\nkey = 'magenta'\n",
        )
        .unwrap();
        let default = Theme::named("default").unwrap();
        assert_eq!(theme.style(Role::Key).fg, Some(Color::Magenta));
        assert_eq!(
            theme.style(Role::Production),
            default.style(Role::Production)
        );
    }

    #[test]
    fn what_is_not_understood_names_file_and_line() {
        for (text, message) in [
            (
                "name = 't'\n[roles]\ntekst = 'red'\n",
                "t.toml:3: no role is called `tekst`",
            ),
            (
                "name = 't'\n[roles]\n\ntext = 'crimson'\n",
                "t.toml:4: `crimson` is neither in this theme's palette nor one of the colours",
            ),
            (
                "name = 't'\n[roles]\ntext = { fg = 'red', blink = true }\n",
                "t.toml:3: a style has no `blink`",
            ),
            (
                "name = 't'\ninherits = 'night'\n",
                "t.toml:2: no theme is called `night`",
            ),
            (
                "name = 't'\nroles = 3\n",
                "t.toml:2: `roles` must be a table",
            ),
            (
                "name = 't'\nfont = 'x'\n",
                "t.toml:2: a theme has no `font`",
            ),
            (
                "name = 't'\n[palette]\nblood = '#c00'\n",
                "t.toml:3: `#c00` is no colour: `#` and six digits",
            ),
            (
                "name = 't'\n[roles]\ntext = { bg = '#12345g' }\n",
                "t.toml:3: `#12345g` is no colour",
            ),
            (
                "name = 't'\n[roles]\ntext = '#+12345'\n",
                "t.toml:3: `#+12345` is no colour",
            ),
            (
                "name = 't'\n[roles]\ntext = 256\n",
                "t.toml:3: `256` is no colour: indexes go from 0 to 255",
            ),
            (
                "name = 't'\n[roles]\ntext = true\n",
                "t.toml:3: a colour must be a name, an index or \"#rrggbb\"",
            ),
            (
                "name = 't'\n[palette]\nblood = { true = '#cc0000', 8 = 'red' }\n",
                "t.toml:3: a colour has no `8`: true, 256, 16",
            ),
            (
                "name = 't'\n[palette]\nblood = { true = '#cc0000', 16 = 160 }\n",
                "t.toml:3: `16` must be the name of one of the sixteen",
            ),
            (
                "name = 't'\n[palette]\nblood = { 16 = 'red' }\n",
                "t.toml:3: a colour needs `true`",
            ),
            ("name = \n", "t.toml:1: "),
            ("[roles]\n", "t.toml:1: a theme needs a `name`"),
        ] {
            let error = Theme::parse("t.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_colour_is_a_name_an_index_or_hex_and_may_name_what_stands_in_for_it() {
        let theme = Theme::parse(
            "t.toml",
            "name = 't'\n[palette]\nblood = { true = '#f38ba8', 256 = 204, 16 = 'red' }\n[roles]\ntext = 'blood'\nkey = '#0a0B0c'\nhint = 208\nbrand = 1\n",
        )
        .unwrap();
        let fg = |depth, role| theme.clone().at(depth).style(role).fg;
        let text = Depth::ALL.map(|depth| fg(depth, Role::Text));
        let full = Some(Color::Rgb(0xf3, 0x8b, 0xa8));
        assert_eq!(
            text,
            [None, Some(Color::Red), Some(Color::Indexed(204)), full]
        );
        let dark = Some(Color::Rgb(10, 11, 12));
        assert_eq!(fg(Depth::True, Role::Key), dark);
        assert_eq!(fg(Depth::Indexed, Role::Hint), Some(Color::Indexed(208)));
        assert_eq!(fg(Depth::Sixteen, Role::Hint), Some(Color::Red));
        assert_eq!(fg(Depth::Indexed, Role::Brand), Some(Color::Red));
    }

    #[test]
    fn a_palette_alone_repaints_what_it_inherits() {
        let theme = Theme::parse(
            "t.toml",
            "name = 't'\ninherits = 'default'\n[palette]\nalarm = '#ff00ff'\n",
        )
        .unwrap();
        let style = theme.style(Role::Production);
        assert_eq!(style.bg, Some(Color::Rgb(255, 0, 255)));
        assert_eq!(style.fg, Some(Color::White));
    }
}
