//! The themes that a session can choose from: those in the binary, and the person's own.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use super::{EMBEDDED, Theme, ThemeError};

#[derive(Clone, Debug)]
pub struct Choice {
    /// What the theme calls itself; the file's name where it can't be read.
    pub name: String,
    /// None for a theme in the binary.
    pub file: Option<PathBuf>,
    /// A broken one is shown with what is wrong, so that nobody looks for it.
    pub theme: Result<Theme, ThemeError>,
}

/// No two have the same name: a person's own theme takes the place of the binary's.
#[derive(Clone, Debug)]
pub struct Shelf(Vec<Choice>);

impl Shelf {
    /// The themes in the binary alone.
    pub fn built_in() -> Self {
        /// They never change, so they are read once.
        static READ: LazyLock<Vec<Choice>> = LazyLock::new(|| {
            let choice = |name: &str| Choice {
                name: name.to_owned(),
                file: None,
                theme: Theme::named(name),
            };
            EMBEDDED.iter().map(|(name, _)| choice(name)).collect()
        });
        Self(READ.clone())
    }

    /// Those, and each `.toml` of a folder by its name. A folder that is not there adds none, nor does
    /// a mere copy of one of the binary's.
    pub fn with_folder(folder: &Path) -> Self {
        let mut shelf = Self::built_in();
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "toml") && !is_copy(path))
            .collect();
        files.sort();
        for file in files {
            shelf.put(file);
        }
        shelf
    }

    fn put(&mut self, file: PathBuf) -> usize {
        let theme = Theme::load(&file);
        let name = match &theme {
            Ok(theme) => theme.name.clone(),
            Err(_) => stem(&file),
        };
        let choice = Choice {
            name,
            file: Some(file),
            theme,
        };
        match self
            .0
            .iter_mut()
            .position(|other| other.name == choice.name)
        {
            Some(at) => {
                self.0[at] = choice;
                at
            }
            None => self.push(choice),
        }
    }

    fn push(&mut self, choice: Choice) -> usize {
        self.0.push(choice);
        self.0.len() - 1
    }

    /// Where a theme stands; one that does not yet joins the shelf.
    pub fn place(&mut self, theme: &Theme) -> usize {
        let here = self.0.iter().position(|choice| choice.name == theme.name);
        here.unwrap_or_else(|| {
            self.push(Choice {
                name: theme.name.clone(),
                file: None,
                theme: Ok(theme.clone()),
            })
        })
    }

    /// The theme that `word` names: a file where it ends in `.toml`, else a theme of the shelf by its
    /// own name or its file's. A file joins the shelf.
    pub fn pick(&mut self, word: &str) -> Result<Theme, ThemeError> {
        let path = Path::new(word);
        let at = if path.extension().is_some_and(|end| end == "toml") {
            Some(self.put(path.to_owned()))
        } else {
            let called = |choice: &Choice| choice.file.as_deref().is_some_and(|f| stem(f) == word);
            let named = self.0.iter().position(|choice| choice.name == word);
            named.or_else(|| self.0.iter().position(called))
        };
        match at.and_then(|at| self.0.get(at)) {
            Some(choice) => choice.theme.clone(),
            None => Err(ThemeError::Unknown {
                name: word.to_owned(),
                known: self
                    .0
                    .iter()
                    .map(|choice| choice.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    pub fn choices(&self) -> &[Choice] {
        &self.0
    }
}

fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn is_copy(file: &Path) -> bool {
    let text = std::fs::read_to_string(file);
    text.is_ok_and(|text| EMBEDDED.iter().any(|(_, embedded)| *embedded == text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn names(shelf: &Shelf) -> Vec<&str> {
        let choices = shelf.choices().iter();
        choices.map(|choice| choice.name.as_str()).collect()
    }

    #[test]
    fn a_folder_adds_themes_replaces_some_and_shows_what_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("dusk.toml", "name = 'dusk'\ninherits = 'nord'\n");
        write("mine.toml", "name = 'dark'\n[roles]\nkey = 'red'\n");
        write("odd.toml", "name = 'odd'\n[roles]\nkeyy = 'red'\n");
        write("notes.txt", "no theme");
        let mut shelf = Shelf::with_folder(folder.path());
        let mut wanted: Vec<_> = Theme::names().collect();
        wanted.extend(["dusk", "odd"]);
        assert_eq!(names(&shelf), wanted);
        assert_eq!(shelf.pick("dusk").unwrap().name, "dusk");
        // By its own name and by its file's.
        for word in ["dark", "mine"] {
            let theme = shelf.pick(word).unwrap();
            let red = Some(ratatui::style::Color::Red);
            assert_eq!(theme.style(super::super::Role::Key).fg, red);
        }
        let error = shelf.pick("odd").unwrap_err().to_string();
        assert!(
            error.ends_with("odd.toml:3: no role is called `keyy`"),
            "{error}"
        );
        let error = shelf.pick("night").unwrap_err().to_string();
        assert!(
            error.starts_with("no theme is called `night`; there are: default, dark,"),
            "{error}"
        );
    }

    /// As when the program is started in its own source folder.
    #[test]
    fn a_copy_of_a_theme_of_the_binary_is_not_called_the_persons_own() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in EMBEDDED {
            std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        }
        let shelf = Shelf::with_folder(folder.path());
        assert!(shelf.choices().iter().all(|choice| choice.file.is_none()));
        assert_eq!(shelf.choices().len(), EMBEDDED.len());
    }

    #[test]
    fn a_file_joins_the_shelf() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dusk.toml");
        std::fs::write(&file, "name = 'dusk'\n").unwrap();
        let mut shelf = Shelf::with_folder(Path::new("/nowhere/themes"));
        assert!(!names(&shelf).contains(&"dusk"));
        assert_eq!(shelf.pick(file.to_str().unwrap()).unwrap().name, "dusk");
        assert!(names(&shelf).contains(&"dusk"));
        let gone = folder.path().join("gone.toml");
        let error = shelf.pick(gone.to_str().unwrap()).unwrap_err().to_string();
        assert!(error.contains("gone.toml: No such file"), "{error}");
    }
}
