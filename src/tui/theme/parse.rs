//! From the text of a theme file to styles, or to an error that names the line.

use std::{collections::BTreeMap, ops::Range};

use ratatui::style::{Modifier, Style};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Depth, Glyphs, Role, Theme, colours::Palette, embedded, fit::fit};

#[derive(Clone, Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("no theme is called `{name}`; there are: {known}, or give a file that ends in .toml")]
    Unknown { name: String, known: String },
    #[error("{file}: {cause}")]
    Unreadable { file: String, cause: String },
    #[error("{file}:{line}: {what}")]
    Wrong {
        file: String,
        line: usize,
        what: String,
    },
}

/// Parents that no view draws, so that a whole family can be styled at once.
const FAMILIES: [&str; 7] = ["level", "severity", "env", "mode", "diff", "step", "card"];

/// A theme's own words, before roles take over from their parents.
struct Sheet {
    glyphs: Option<&'static Glyphs>,
    styles: BTreeMap<String, Style>,
}

pub(super) fn theme(file: &str, text: &str) -> Result<Theme, ThemeError> {
    let reader = Reader { file, text };
    let mut tables = Vec::new();
    let mut head = None;
    for depth in Depth::ALL {
        let mut palette = Palette::new();
        reader.palettes(0, depth, &mut palette)?;
        let (name, sheet) = reader.sheet(0, &palette)?;
        let styles: Vec<_> = Role::ALL
            .iter()
            .map(|role| resolve(&sheet.styles, role.name()))
            .collect();
        let text = resolve(&sheet.styles, Role::Text.name());
        tables.push(fit(&styles, text, depth));
        head = Some((name, sheet.glyphs));
    }
    let (name, glyphs) = head.unwrap_or_default();
    Ok(Theme {
        name,
        glyphs: glyphs.unwrap_or(&Glyphs::UNICODE),
        depth: Depth::True,
        tables,
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
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    pub(super) fn wrong(self, span: &Range<usize>, what: impl Into<String>) -> ThemeError {
        let before = self.text.get(..span.start).unwrap_or_default();
        ThemeError::Wrong {
            file: self.file.to_owned(),
            line: 1 + before.matches('\n').count(),
            what: what.into(),
        }
    }

    fn root(&self) -> Result<Spanned<DeTable<'_>>, ThemeError> {
        DeTable::parse(self.text)
            .map_err(|error| self.wrong(&error.span().unwrap_or_default(), error.message()))
    }

    /// The colours of the theme and of all that it inherits from, its own last. `generation` counts
    /// inheritance.
    fn palettes(
        self,
        generation: u8,
        depth: Depth,
        palette: &mut Palette,
    ) -> Result<(), ThemeError> {
        let root = self.root()?;
        let root = root.get_ref();
        if let Some(parent) = root.get("inherits") {
            let (file, text) = self.parent(parent, generation)?;
            let parent = Reader { file: &file, text };
            parent.palettes(generation + 1, depth, palette)?;
        }
        self.palette(root, depth, palette)
    }

    fn sheet(self, generation: u8, palette: &Palette) -> Result<(String, Sheet), ThemeError> {
        let root = self.root()?;
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
            Some(parent) => {
                let (file, text) = self.parent(parent, generation)?;
                let parent = Reader { file: &file, text };
                parent.sheet(generation + 1, palette)?.1
            }
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
        for (key, value) in self.table(root, "roles")?.into_iter().flatten() {
            let role: &str = key.get_ref();
            if Role::named(role).is_none() && !FAMILIES.contains(&role) {
                return Err(self.wrong(&key.span(), format!("no role is called `{role}`")));
            }
            let style = self.style(value, palette)?;
            sheet.styles.insert(role.to_owned(), style);
        }
        Ok((name, sheet))
    }

    /// File and text of the theme that is inherited from: one of the binary's.
    fn parent(
        self,
        value: &Spanned<DeValue<'_>>,
        generation: u8,
    ) -> Result<(String, &'static str), ThemeError> {
        /// A theme that inherits from itself ends here.
        const MOST: u8 = 4;
        let parent = self.string("inherits", value)?;
        let text = embedded(parent)
            .filter(|_| generation < MOST)
            .ok_or_else(|| {
                let known = Theme::names().collect::<Vec<_>>().join(", ");
                let what =
                    format!("no theme is called `{parent}` to inherit from; there are: {known}");
                self.wrong(&value.span(), what)
            })?;
        Ok((format!("themes/{parent}.toml"), text))
    }

    pub(super) fn table<'t, 'd>(
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

    /// A colour, or a table of colours and modifiers.
    fn style(self, value: &Spanned<DeValue<'_>>, palette: &Palette) -> Result<Style, ThemeError> {
        let Some(table) = value.get_ref().as_table() else {
            return Ok(Style::new().fg(self.colour(value, palette)?));
        };
        let mut style = Style::new();
        for (key, value) in table {
            let key_name: &str = key.get_ref();
            let modifier = match key_name {
                "fg" => {
                    style = style.fg(self.colour(value, palette)?);
                    continue;
                }
                "bg" => {
                    style = style.bg(self.colour(value, palette)?);
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
