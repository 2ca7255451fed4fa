//! What is wrong with a rule file, and where.

use std::{fmt, ops::Range};

/// One problem of one file. `rules/acl/public-read.toml:12: fix.target: …`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct RuleFault {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The key in the file, such as `fix.target` or `hazards[0].when`.
    pub key: String,
    pub message: String,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Collects the faults of one file.
pub struct Faults<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<RuleFault>,
}

impl<'a> Faults<'a> {
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            found: Vec::new(),
        }
    }

    /// `span` is the value's place in the file's text.
    pub fn add(&mut self, span: &Range<usize>, key: impl Into<String>, message: impl fmt::Display) {
        self.found.push(RuleFault {
            file: self.file.to_owned(),
            line: line_of(self.text, span.start),
            key: key.into(),
            message: one_line(&message.to_string()),
        });
    }

    /// A problem that the TOML reader found. It says where, but not always which key.
    pub fn add_toml(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let named = message
            .starts_with("missing field")
            .then(|| message.split('`').nth(1))
            .flatten();
        let key = named.unwrap_or_else(|| key_on_line(self.text, span.start));
        self.add(&span, key, message);
    }

    /// The line on which `span` begins.
    pub fn line(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn into_inner(self) -> Vec<RuleFault> {
        self.found
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.split(|byte| *byte == b'\n').count()
}

/// What stands before `=` on the line of `offset`.
fn key_on_line(text: &str, offset: usize) -> &str {
    let line = text.lines().nth(line_of(text, offset) - 1).unwrap_or("");
    let key = line.split('=').next().unwrap_or("");
    key.trim().trim_matches(['[', ']'])
}

/// Messages of parsers come with pictures of the source; the first line of words is enough.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
