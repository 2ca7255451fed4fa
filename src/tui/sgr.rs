//! Colours as a terminal with sixteen understands them.
//!
//! The terminal library asks for each of the sixteen by its index in the 256 (`38;5;1`). A terminal
//! that has no 256 takes that apart: it sees a blink and a bold. So it gets `31` instead, as such
//! terminals have known it ever since, and `91` for the bright ones.

/// The same bytes with the sixteen spelled the old way. Everything else stays as it is.
pub fn with_sixteen(bytes: &[u8]) -> Vec<u8> {
    const START: &[u8] = b"\x1b[";
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(START.len()).position(|two| two == START) {
        let (before, sequence) = rest.split_at(at + START.len());
        out.extend_from_slice(before);
        let end = sequence
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b';'))
            .unwrap_or(sequence.len());
        let (numbers, after) = sequence.split_at(end);
        let looks = after.first() == Some(&b'm');
        match std::str::from_utf8(numbers) {
            Ok(numbers) if looks => out.extend_from_slice(old(numbers).as_bytes()),
            _ => out.extend_from_slice(numbers),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

fn old(numbers: &str) -> String {
    let mut parts = numbers.split(';').peekable();
    let mut out: Vec<String> = Vec::new();
    while let Some(part) = parts.next() {
        let ground = match part {
            "38" => Some(0),
            "48" => Some(10),
            _ => None,
        };
        let Some(ground) = ground.filter(|_| parts.peek() == Some(&"5")) else {
            out.push(part.to_owned());
            continue;
        };
        parts.next();
        let index = parts.next().unwrap_or_default();
        out.push(match index.parse::<u8>() {
            Ok(index @ 0..8) => (30 + ground + index).to_string(),
            Ok(index @ 8..16) => (82 + ground + index).to_string(),
            _ => format!("{part};5;{index}"),
        });
    }
    out.join(";")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_sixteen_are_spelled_the_old_way_and_nothing_else_is_touched() {
        for (new, wanted) in [
            ("\x1b[38;5;1m", "\x1b[31m"),
            ("\x1b[48;5;0;38;5;15mx", "\x1b[40;97mx"),
            (
                "a\x1b[1;38;5;8;48;5;9mb\x1b[39;49m",
                "a\x1b[1;90;101mb\x1b[39;49m",
            ),
            ("\x1b[38;5;208m", "\x1b[38;5;208m"),
            ("\x1b[38;2;5;5;1m", "\x1b[38;2;5;5;1m"),
            ("\x1b[38;5;1H", "\x1b[38;5;1H"),
            ("\x1b[?2026h38;5;1m", "\x1b[?2026h38;5;1m"),
            ("é▌\x1b[", "é▌\x1b["),
            ("\x1b[m\x1b[0m", "\x1b[m\x1b[0m"),
        ] {
            let shown = String::from_utf8(with_sixteen(new.as_bytes())).unwrap();
            assert_eq!(shown, wanted);
        }
    }
}
