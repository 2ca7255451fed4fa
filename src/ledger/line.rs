//! One entry as one line, both ways.

use std::io::{self, BufRead};

use serde::Deserialize as _;
use serde_json::Value;

use super::{Damage, LedgerError};
use crate::domain::{Digest, Entry, canonical};

/// Most bytes of a line without its newline. What is larger goes to the vault and stands here by
/// its hash.
pub const LONGEST: usize = 60_000;

/// An entry with its line, as they stand in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub entry: Entry,
    /// SHA-256 of the line; the `prev` of the next entry.
    pub hash: Digest,
    /// Without its newline.
    pub line: String,
}

/// The line of an entry. The entry that is given back is the one that reading gives, so that views
/// made now and views made by a replay are the same.
pub(super) fn encode(entry: &Entry) -> Result<Recorded, LedgerError> {
    let kind = entry.fact.kind();
    let line = canonical(entry);
    if line.len() > LONGEST {
        return Err(LedgerError::TooLong {
            kind,
            bytes: line.len(),
        });
    }
    decode(line.as_bytes()).map_err(|damage| LedgerError::Unwritable {
        kind,
        cause: damage.to_string(),
    })
}

/// The entry of a line without its newline.
pub(super) fn decode(line: &[u8]) -> Result<Recorded, Damage> {
    if line.is_empty() {
        return Err(Damage::Empty);
    }
    if line.ends_with(b"\r") {
        return Err(Damage::LineEnd);
    }
    let not_json = |error: &dyn std::error::Error| Damage::NotJson(error.to_string());
    let text = str::from_utf8(line).map_err(|error| not_json(&error))?;
    let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    // Compared as plain JSON, so that fields of a newer version do not make a line look forged.
    if canonical(&value) != text {
        return Err(Damage::NotCanonical);
    }
    let entry = Entry::deserialize(value).map_err(|error| Damage::NotAnEntry(error.to_string()))?;
    Ok(Recorded {
        entry,
        hash: Digest::of(line),
        line: text.to_owned(),
    })
}

/// What stands next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line is in the buffer, without its newline.
    Line,
    /// A line longer than [`LONGEST`]; its rest was skipped.
    TooLong,
    /// This many bytes without a newline at the end of the file.
    Torn(u64),
    End,
}

/// Reads the next line into `buffer`, never holding more than one line's worth of it.
pub(super) fn next_line(reader: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<Piece> {
    buffer.clear();
    let mut length: u64 = 0;
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok(if length == 0 {
                Piece::End
            } else {
                Piece::Torn(length)
            });
        }
        let newline = chunk.iter().position(|byte| *byte == b'\n');
        let taken = newline.unwrap_or(chunk.len());
        let room = (LONGEST + 1).saturating_sub(buffer.len());
        buffer.extend_from_slice(&chunk[..taken.min(room)]);
        length += taken as u64;
        reader.consume(newline.map_or(taken, |at| at + 1));
        if newline.is_some() {
            return Ok(if buffer.len() > LONGEST {
                Piece::TooLong
            } else {
                Piece::Line
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::domain::{Draft, Fact};

    fn entry(cause: String) -> Entry {
        let at = Utc.timestamp_nanos(1_776_222_767_123_456_789);
        Draft::room(at, None, Fact::BreakerTripped { cause }).numbered(1, Digest::zero())
    }

    #[test]
    fn what_is_given_back_is_what_a_replay_reads() {
        let recorded = encode(&entry("zürich".to_owned())).unwrap();
        assert_eq!(recorded.entry.at.timestamp_subsec_nanos(), 123_000_000);
        assert_eq!(decode(recorded.line.as_bytes()), Ok(recorded));
    }

    #[test]
    fn a_line_may_be_sixty_thousand_bytes_long_and_not_one_more() {
        let bare = encode(&entry(String::new())).unwrap().line.len();
        assert!(encode(&entry("x".repeat(LONGEST - bare))).is_ok());
        let error = encode(&entry("x".repeat(LONGEST - bare + 1))).unwrap_err();
        assert_eq!(
            error,
            LedgerError::TooLong {
                kind: "breaker.tripped",
                bytes: LONGEST + 1
            }
        );
    }

    #[test]
    fn whatever_differs_from_canonical_json_is_told_by_its_name() {
        let line = encode(&entry("x".to_owned())).unwrap().line;
        for (forged, damage) in [
            (String::new(), "the line is empty"),
            (
                format!("{line}\r"),
                "the line does not end in a plain newline",
            ),
            (line.replace(':', ": "), "not canonical"),
            (
                line.replacen('{', r#"{"actor":"room","#, 1),
                "not canonical",
            ),
            (line.replace(r#""seq":1"#, r#""seq":1.0"#), "not canonical"),
            (line.replace('}', ""), "not JSON"),
            (
                line.replace("breaker.tripped", "breaker.melted"),
                "not an entry",
            ),
        ] {
            let found = decode(forged.as_bytes()).unwrap_err().to_string();
            assert!(found.contains(damage), "{forged}: {found}");
        }
    }

    #[test]
    fn reading_never_holds_more_than_one_line() {
        let text = format!("one\n{}\nthree\ntorn", "x".repeat(LONGEST * 3));
        let mut reader = io::BufReader::with_capacity(100, text.as_bytes());
        let mut buffer = Vec::new();
        let mut pieces = Vec::new();
        for _ in 0..5 {
            pieces.push(next_line(&mut reader, &mut buffer).unwrap());
            assert!(buffer.len() <= LONGEST + 1);
        }
        let torn = Piece::Torn(4);
        assert_eq!(
            pieces,
            [Piece::Line, Piece::TooLong, Piece::Line, torn, Piece::End]
        );
    }
}
