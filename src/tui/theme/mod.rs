//! Themes: how each [`Role`] looks, read from TOML files.
//!
//! A theme has a `name`, may build on another (`inherits`), may name its colours (`[palette]`), and
//! styles roles (`[roles]`). A role takes over what its parent says and changes only what it says
//! itself: `severity.high` starts from `severity`, and that from `text`. Parents that no view draws
//! (`severity`, `level`, …) may be styled too. Whatever a file says that is not understood is an error
//! with file and line, never a guess.
//!
//! Colours are the sixteen that every terminal has, so the person's own scheme decides how they look
//! and the background stays theirs.

mod parse;
mod role;

use std::path::Path;

use ratatui::style::{Color, Modifier, Style};

pub use parse::ThemeError;
pub use role::Role;

use super::glyphs::Glyphs;

/// The themes in the binary: their names and texts.
const EMBEDDED: [(&str, &str); 2] = [
    ("default", include_str!("../../../themes/default.toml")),
    ("plain", include_str!("../../../themes/plain.toml")),
];

#[derive(Clone, Debug)]
pub struct Theme {
    pub name: String,
    pub glyphs: &'static Glyphs,
    /// One for each of [`Role::ALL`], in its order.
    styles: Vec<Style>,
}

impl Theme {
    /// Names of the themes in the binary.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// A theme of the binary's by name.
    pub fn named(name: &str) -> Result<Self, ThemeError> {
        let text = embedded(name).ok_or_else(|| ThemeError::unknown(name))?;
        Self::parse(&format!("themes/{name}.toml"), text)
    }

    /// A theme from a file; it may inherit from one of the binary's.
    pub fn load(path: &Path) -> Result<Self, ThemeError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|cause| ThemeError::Unreadable {
            file: file.clone(),
            cause,
        })?;
        Self::parse(&file, &text)
    }

    /// A theme from its text; `file` is for errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, ThemeError> {
        parse::theme(file, text)
    }

    pub fn style(&self, role: Role) -> Style {
        // `styles` is made from `ALL`, whose order is that of the variants.
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same theme for a terminal without colours: what had a background is reversed, so a
    /// selection or a badge is still seen, and words say what colour said.
    ///
    /// Colours are dropped here and not by crossterm, which under `NO_COLOR` loses bold and reverse
    /// along with the colour of a cell.
    #[must_use]
    pub fn without_colour(mut self) -> Self {
        for style in &mut self.styles {
            let filled = style.bg.is_some_and(|colour| colour != Color::Reset);
            style.fg = None;
            style.bg = None;
            if filled {
                *style = style.add_modifier(Modifier::REVERSED);
            }
        }
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
        let theme = Theme::named("default").unwrap().without_colour();
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
            ("name = \n", "t.toml:1: "),
            ("[roles]\n", "t.toml:1: a theme needs a `name`"),
        ] {
            let error = Theme::parse("t.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
