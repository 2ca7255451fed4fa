//! What is wrong with a config file, and where.

use std::path::{Path, PathBuf};

/// `sixfold.toml:12: approval.window: …`
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {message}", path.display(), place(*line, key.as_deref()))]
pub struct ConfigFault {
    pub path: PathBuf,
    /// From 1; none where the whole file is meant.
    pub line: Option<usize>,
    pub key: Option<String>,
    pub message: String,
}

fn place(line: Option<usize>, key: Option<&str>) -> String {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let key = key.map(|key| format!(": {key}")).unwrap_or_default();
    line + &key
}

impl ConfigFault {
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let hint = if error.kind() == std::io::ErrorKind::NotFound {
            ". `sixfold init` writes one to begin with"
        } else {
            ""
        };
        let message = format!("can't be read: {error}{hint}");
        Self {
            path: path.to_owned(),
            line: None,
            key: None,
            message,
        }
    }

    /// A fault of the file as a whole.
    pub fn whole(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            key: None,
            message: message.into(),
        }
    }

    /// A fault of what stands at `at`, in bytes from the text's beginning.
    pub fn at(path: &Path, text: &str, at: usize, key: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line_at(text, at)),
            key: Some(key.to_owned()),
            message: message.into(),
        }
    }

    /// What the TOML reader says, with the key that stands on that line.
    pub fn toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let number = line_at(text, at);
        let line = text.lines().nth(number - 1).unwrap_or_default();
        let key = line.split_once('=').map(|(key, _)| key.trim().to_owned());
        let message = without_addresses(error.message().trim_end());
        Self {
            path: path.to_owned(),
            line: Some(number),
            key,
            message,
        }
    }
}

/// The line of a place in a text, from 1.
pub fn line_at(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// A webhook's address is its password, and the reader quotes what it did not expect.
fn without_addresses(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    text.split_inclusive(ends)
        .map(|word| match word.find("://") {
            Some(_) => {
                let end = word.rfind(ends).unwrap_or(word.len());
                format!("[an address]{}", &word[end..])
            }
            None => word.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_never_quoted() {
        for (text, safe) in [
            (
                "string \"https://x/SECRET\", expected",
                "string \"[an address]\", expected",
            ),
            (
                "`ftp://SECRET` and https://SECRET",
                "`[an address]` and [an address]",
            ),
            ("`soon` is not a duration", "`soon` is not a duration"),
        ] {
            assert_eq!(without_addresses(text), safe);
        }
    }
}
