//! What is wrong with a rule file, and where.

use std::{fmt, ops::Range};

/// One problem of one file. `rules/acl/public-read.toml:12: fix.target: …`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct RuleFault {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
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

impl RuleFault {
    /// About a file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 1,
            column: 1,
            key: String::new(),
            message: message.into(),
        }
    }

    /// With the column, as editors jump to it: `rules/acl/public-read.toml:12:10: fix.target: …`
    pub fn placed(&self) -> String {
        let all = self.to_string();
        let short = format!("{}:{}: ", self.file, self.line);
        let long = format!("{}:{}:{}: ", self.file, self.line, self.column);
        all.strip_prefix(&short)
            .map_or_else(|| all.clone(), |rest| long + rest)
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
            column: column_of(self.text, span.start),
            key: key.into(),
            message: one_line(&message.to_string()),
        });
    }

    /// A problem of an expression. Where its message begins with a place within the expression, the
    /// fault is put there.
    pub fn add_within(
        &mut self,
        span: &Range<usize>,
        key: impl Into<String>,
        message: impl fmt::Display,
    ) {
        let message = one_line(&message.to_string());
        let offset = place_within(&message)
            .and_then(|place| offset_within(self.text, span, place))
            .unwrap_or(span.start);
        self.add(&(offset..span.end), key, message);
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

/// `line 2, column 7: …`
fn place_within(message: &str) -> Option<(usize, usize)> {
    let (line, rest) = message.strip_prefix("line ")?.split_once(", column ")?;
    let (column, _) = rest.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Where a line and column of a text literal stand in the file. Literals without escapes are what
/// expressions are written in.
fn offset_within(text: &str, span: &Range<usize>, (line, column): (usize, usize)) -> Option<usize> {
    let literal = text.get(span.clone())?;
    let quotes = ["'''", "\"\"\"", "'", "\""];
    let quote = quotes.iter().find(|quote| literal.starts_with(**quote))?;
    let mut begin = span.start + quote.len();
    if quote.len() == 3 {
        // The first newline of such a literal is none of its text.
        let rest = text.get(begin..span.end)?;
        let first = ["\r\n", "\n"].into_iter().find(|end| rest.starts_with(end));
        begin += first.map_or(0, str::len);
    }
    let inside = text.get(begin..span.end)?;
    let mut offset = 0;
    for _ in 1..line {
        offset += inside.get(offset..)?.find('\n')? + 1;
    }
    let rest = inside.get(offset..)?;
    let column = rest.char_indices().nth(column.checked_sub(1)?)?.0;
    Some(begin + offset + column)
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.split(|byte| *byte == b'\n').count()
}

fn column_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    line.chars().count() + 1
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_fault_within_an_expression_is_put_where_it_is_in_the_file() {
        let text = "id = \"ä\"\nviolates = '''\nfirst\n  && sec ond\n'''\nevidence = 'a b'\n";
        let placed = |from: &str, to: &str, message: &str| {
            let mut faults = Faults::new("a.toml", text);
            let start = text.find(from).unwrap();
            let end = start + text[start..].rfind(to).unwrap() + to.len();
            faults.add_within(&(start..end), "k", message);
            faults.into_inner()[0].placed()
        };
        assert_eq!(
            placed("'''\nfirst", "ond\n'''", "line 2, column 10: what is ond"),
            "a.toml:4:10: k: line 2, column 10: what is ond"
        );
        assert_eq!(
            placed("'a b'", "b'", "line 1, column 3: what is b"),
            "a.toml:6:15: k: line 1, column 3: what is b"
        );
        // No place in the message, or one that is not there: where the value begins.
        assert_eq!(placed("'a b'", "b'", "no"), "a.toml:6:12: k: no");
        assert_eq!(
            placed("'a b'", "b'", "line 9, column 1: no"),
            "a.toml:6:12: k: line 9, column 1: no"
        );
    }
}
