//! From the text of a theme file to styles, or to an error that names the line.

use std::{collections::BTreeMap, io, ops::Range};

use ratatui::style::{Color, Modifier, Style};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Glyphs, Role, Theme, embedded};

#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("no theme is called `{name}`; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("{file}: {cause}")]
    Unreadable { file: String, cause: io::Error },
    #[error("{file}:{line}: {what}")]
    Wrong {
        file: String,
        line: usize,
        what: String,
    },
}

impl ThemeError {
    pub(super) fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.to_owned(),
            known: Theme::names().collect::<Vec<_>>().join(", "),
        }
    }
}

/// The colours that every terminal has, by the names that theme files use.
const COLOURS: [(&str, Color); 17] = [
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

/// Parents that no view draws, so that a whole family can be styled at once.
const FAMILIES: [&str; 7] = ["level", "severity", "env", "mode", "diff", "step", "card"];

/// A theme's own words, before roles take over from their parents.
struct Sheet {
    glyphs: Option<&'static Glyphs>,
    styles: BTreeMap<String, Style>,
}

pub(super) fn theme(file: &str, text: &str) -> Result<Theme, ThemeError> {
    let (name, sheet) = Reader { file, text }.sheet(0)?;
    let styles = Role::ALL
        .iter()
        .map(|role| resolve(&sheet.styles, role.name()))
        .collect();
    Ok(Theme {
        name,
        glyphs: sheet.glyphs.unwrap_or(&Glyphs::UNICODE),
        styles,
    })
}

fn resolve(styles: &BTreeMap<String, Style>, role: &str) -> Style {
    let mut style = styles.get("text").copied().unwrap_or_default();
    if role == "text" {
        return style;
    }
    if let Some((family, _)) = role.split_once('.') {
        style = style.patch(styles.get(family).copied().unwrap_or_default());
    }
    style.patch(styles.get(role).copied().unwrap_or_default())
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn wrong(self, span: &Range<usize>, what: impl Into<String>) -> ThemeError {
        let before = self.text.get(..span.start).unwrap_or_default();
        ThemeError::Wrong {
            file: self.file.to_owned(),
            line: 1 + before.matches('\n').count(),
            what: what.into(),
        }
    }

    /// `depth` counts inheritance; a file may name one of the binary's themes, and those may go
    /// one further.
    fn sheet(self, depth: u8) -> Result<(String, Sheet), ThemeError> {
        let root = DeTable::parse(self.text)
            .map_err(|error| self.wrong(&error.span().unwrap_or_default(), error.message()))?;
        let root = root.get_ref();
        for key in root.keys() {
            if !["name", "inherits", "glyphs", "palette", "roles"].contains(&key.get_ref().as_ref())
            {
                return Err(self.wrong(&key.span(), format!("a theme has no `{}`", key.get_ref())));
            }
        }
        let name = match root.get("name") {
            Some(name) => self.string("name", name)?.to_owned(),
            None => return Err(self.wrong(&(0..0), "a theme needs a `name`")),
        };
        let mut sheet = match root.get("inherits") {
            Some(parent) => self.parent(parent, depth)?,
            None => Sheet {
                glyphs: None,
                styles: BTreeMap::new(),
            },
        };
        if let Some(glyphs) = root.get("glyphs") {
            sheet.glyphs = Some(match self.string("glyphs", glyphs)? {
                "unicode" => &Glyphs::UNICODE,
                "ascii" => &Glyphs::ASCII,
                other => {
                    let what = format!("`{other}` are no glyphs: `unicode` or `ascii`");
                    return Err(self.wrong(&glyphs.span(), what));
                }
            });
        }
        let mut palette = BTreeMap::new();
        for (key, value) in self.table(root, "palette")?.into_iter().flatten() {
            let name = self.string(key.get_ref(), value)?;
            palette.insert(
                key.get_ref().to_string(),
                self.colour(name, &BTreeMap::new(), value)?,
            );
        }
        for (key, value) in self.table(root, "roles")?.into_iter().flatten() {
            let role: &str = key.get_ref();
            if Role::named(role).is_none() && !FAMILIES.contains(&role) {
                return Err(self.wrong(&key.span(), format!("no role is called `{role}`")));
            }
            let style = self.style(value, &palette)?;
            sheet.styles.insert(role.to_owned(), style);
        }
        Ok((name, sheet))
    }

    fn parent(self, value: &Spanned<DeValue<'_>>, depth: u8) -> Result<Sheet, ThemeError> {
        let parent = self.string("inherits", value)?;
        let text = embedded(parent).filter(|_| depth < 4).ok_or_else(|| {
            let known = Theme::names().collect::<Vec<_>>().join(", ");
            let what = format!("no theme is called `{parent}` to inherit from; there are: {known}");
            self.wrong(&value.span(), what)
        })?;
        let file = format!("themes/{parent}.toml");
        let (_, sheet) = Reader { file: &file, text }.sheet(depth + 1)?;
        Ok(sheet)
    }

    fn table<'t, 'd>(
        self,
        root: &'t DeTable<'d>,
        key: &str,
    ) -> Result<Option<&'t DeTable<'d>>, ThemeError> {
        root.get(key)
            .map(|value| {
                value
                    .get_ref()
                    .as_table()
                    .ok_or_else(|| self.wrong(&value.span(), format!("`{key}` must be a table")))
            })
            .transpose()
    }

    fn string<'v>(self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, ThemeError> {
        value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong(&value.span(), format!("`{key}` must be a string")))
    }

    fn colour(
        self,
        name: &str,
        palette: &BTreeMap<String, Color>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Color, ThemeError> {
        let basic = || COLOURS.iter().find(|(known, _)| *known == name);
        palette
            .get(name)
            .copied()
            .or_else(|| basic().map(|(_, colour)| *colour))
            .ok_or_else(|| {
                let known = COLOURS.map(|(known, _)| known).join(", ");
                let what = format!(
                    "`{name}` is neither in this theme's palette nor one of the colours {known}"
                );
                self.wrong(&value.span(), what)
            })
    }

    /// A colour's name, or a table of colours and modifiers.
    fn style(
        self,
        value: &Spanned<DeValue<'_>>,
        palette: &BTreeMap<String, Color>,
    ) -> Result<Style, ThemeError> {
        let Some(table) = value.get_ref().as_table() else {
            let name = self.string("a role", value)?;
            return Ok(Style::new().fg(self.colour(name, palette, value)?));
        };
        let mut style = Style::new();
        for (key, value) in table {
            let key_name: &str = key.get_ref();
            let modifier = match key_name {
                "fg" => {
                    style = style.fg(self.colour(self.string("fg", value)?, palette, value)?);
                    continue;
                }
                "bg" => {
                    style = style.bg(self.colour(self.string("bg", value)?, palette, value)?);
                    continue;
                }
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "reverse" => Modifier::REVERSED,
                "underline" => Modifier::UNDERLINED,
                "italic" => Modifier::ITALIC,
                other => {
                    let what = format!(
                        "a style has no `{other}`: fg, bg, bold, dim, reverse, underline, italic"
                    );
                    return Err(self.wrong(&key.span(), what));
                }
            };
            style = match value.get_ref().as_bool() {
                Some(true) => style.add_modifier(modifier),
                Some(false) => style.remove_modifier(modifier),
                None => {
                    let what = format!("`{key_name}` must be true or false");
                    return Err(self.wrong(&value.span(), what));
                }
            };
        }
        Ok(style)
    }
}
