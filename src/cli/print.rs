//! Writing to standard output. A reader that went away (`| head`) is no error.

use std::io::{self, Write as _};

pub fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Text and a newline for a reader that may go away at any time; false once it has.
pub fn followed(text: impl AsRef<str>) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let line = format!("{}\n", text.as_ref());
    match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true),
    }
}

/// Text and a newline.
pub fn line(text: impl AsRef<str>) -> io::Result<()> {
    bytes(format!("{}\n", text.as_ref()).as_bytes())
}

/// One line for the person beside the output, on standard error. Nobody may be reading it.
pub fn note(text: impl AsRef<str>) {
    let _ = io::stderr().write_all(format!("{}\n", text.as_ref()).as_bytes());
}

/// Rows as columns that are as wide as their widest cell; the last one is left as it is.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str()))
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let gap = width - unicode_width::UnicodeWidthStr::width(cell.as_str());
            line.push_str(cell);
            line.push_str(&" ".repeat(gap + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
