//! Where a secret is kept outside the config: in the environment, or in a file of its own, as a service
//! manager hands it over.
//!
//! It is read when a room starts, not with the config: a command that comes in over SSH, or only looks at
//! the ledger, has not the room's environment and needs none of it.

use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub enum Source {
    Variable(String),
    File(PathBuf),
}

impl Source {
    /// From `…_env` or `…_file`, of which one is wanted. A file's path begins at `base`.
    pub fn of(variable: Option<&String>, file: Option<&PathBuf>, base: &Path) -> Option<Self> {
        match (variable, file) {
            (Some(variable), None) => Some(Self::Variable(variable.clone())),
            (None, Some(file)) => Some(Self::File(base.join(file))),
            _ => None,
        }
    }

    /// What is kept there for a key such as `url`, without the end of its line.
    pub fn read(&self, key: &str) -> Result<String, String> {
        let (text, without) = match self {
            Self::Variable(name) => (
                std::env::var(name).unwrap_or_default(),
                format!("the environment variable `{name}` ({key}_env) is not set"),
            ),
            Self::File(path) => {
                let place = format!("{} ({key}_file)", path.display());
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{place} can't be read: {error}"))?;
                (text, format!("{place} is empty"))
            }
        };
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(without),
            secret => Ok(secret.to_owned()),
        }
    }
}
