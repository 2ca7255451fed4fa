//! Text that came from somewhere else (tags, policies, ids, error messages), made visible.
//!
//! Widgets, pushes and exports take [`Safe`] and nothing else, so an escape sequence in a bucket tag
//! can't paint a screen, and a bidi override can't turn a name around. What is dangerous becomes a
//! visible escape such as `<U+202E>`; the raw bytes stay in ledger and vault.

use std::fmt;

use unicode_width::UnicodeWidthChar;

/// Longest text that a screen is given, in characters; the rest is cut with `…`.
const LONGEST: usize = 4_096;

/// Combining marks in a row that are still drawn; more of them would grow over other rows.
const MARKS: usize = 2;

/// Foreign text without anything that a terminal, a chat or an eye could mistake for structure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Safe(String);

impl Safe {
    /// One line: newlines and tabs become escapes too.
    pub fn line(text: &str) -> Self {
        Self(escape(text, false))
    }

    /// Several lines: `\n` stays, everything else as in [`Safe::line`].
    pub fn lines(text: &str) -> Self {
        Self(escape(text, true))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn escape(text: &str, newlines: bool) -> String {
    let harmless = |byte: &u8| matches!(byte, b' '..=b'~') || (newlines && *byte == b'\n');
    if text.len() <= LONGEST && text.as_bytes().iter().all(harmless) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let mut marks = 0;
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            safe.push('…');
            break;
        }
        let mark = c.width() == Some(0) && !hidden(c);
        marks = if mark { marks + 1 } else { 0 };
        // A mark at the start of the text would join whatever is drawn before it.
        if (c == '\n' && newlines)
            || !(c.is_control()
                || hidden(c)
                || c.width() > Some(2)
                || marks > MARKS
                || (mark && safe.is_empty()))
        {
            safe.push(c);
        } else {
            safe.push_str(&format!("<U+{:04X}>", u32::from(c)));
        }
    }
    safe
}

/// Characters that leave no ink or change the order of others: bidi controls, zero-width ones,
/// joiners, variation selectors, tag characters, invisible operators, private and unassigned-looking
/// separators.
fn hidden(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_becomes_visible() {
        for (raw, shown) in [
            ("\u{1b}]52;c;x\u{7}", "<U+001B>]52;c;x<U+0007>"),
            ("a\u{202e}b", "a<U+202E>b"),
            ("a\u{200b}b", "a<U+200B>b"),
            ("a\u{9b}31m", "a<U+009B>31m"),
            ("a\nb", "a<U+000A>b"),
            ("x\u{e0041}", "x<U+E0041>"),
            ("Zürich · 東京", "Zürich · 東京"),
        ] {
            assert_eq!(Safe::line(raw).as_str(), shown);
        }
        assert_eq!(Safe::lines("a\nb\r").as_str(), "a\nb<U+000D>");
    }

    #[test]
    fn a_tower_of_marks_is_cut_down_to_two() {
        let tower = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(
            Safe::line(&tower).as_str(),
            "a\u{301}\u{301}<U+0301><U+0301><U+0301>"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_brings_a_control_or_hidden_character_through(text in "\\PC*|[\\x00-\\x{FFFF}]*") {
            let safe = Safe::line(&text);
            proptest::prop_assert!(!safe.as_str().chars().any(|c| c.is_control() || hidden(c)));
        }
    }
}
