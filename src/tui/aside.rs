//! What a terminal is told beside the frames: text for the person's clipboard, and that something
//! waits while they look elsewhere.
//!
//! Both are escape sequences, so they work through SSH, and a terminal that doesn't know them says
//! nothing. Nobody can tell whether they were heard; so the screen says what was sent, and how to get
//! it otherwise.

use std::io;

use crossterm::{Command as _, clipboard::CopyToClipboard};

/// A terminal that takes more than frames.
pub trait Aside {
    /// Sends bytes between two frames.
    fn aside(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Longest text for a clipboard, in bytes. xterm and tmux take no more than about 75,000 characters of
/// base64 at a time (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>, OSC 52).
pub const LONGEST_COPY: usize = 54_000;

/// OSC 52: text for the clipboard of the machine at which the person sits.
pub fn copy(text: &str) -> Vec<u8> {
    let mut sequence = String::new();
    // A string takes whatever is written to it.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence);
    sequence.into_bytes()
}

/// A bell, and a notice for the desktop: OSC 777 where the terminal is one that takes it, else OSC 9.
/// Control characters in the text would end the sequence and are left out.
pub fn notify(text: &str, term: &str) -> Vec<u8> {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let notice = if term.starts_with("rxvt") || term.starts_with("foot") {
        format!("\u{1b}]777;notify;Sixfold;{}\u{7}", text.replace(';', ","))
    } else {
        format!("\u{1b}]9;Sixfold: {text}\u{7}")
    };
    format!("\u{7}{notice}").into_bytes()
}

/// Has the terminal tell of buttons and wheel, by cells of any number (modes 1000 and 1006), or not any
/// more. Movements are nobody's business (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>).
pub const fn mouse(on: bool) -> &'static [u8] {
    if on {
        b"\x1b[?1000h\x1b[?1006h"
    } else {
        b"\x1b[?1006l\x1b[?1000l"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_base64_between_its_marks() {
        assert_eq!(
            copy("CHG-1 é"),
            "\u{1b}]52;c;Q0hHLTEgw6k=\u{1b}\\".as_bytes()
        );
    }

    #[test]
    fn a_notice_holds_nothing_that_could_end_it_early() {
        let text = "2 wait\u{7}\u{1b}]0;x";
        assert_eq!(
            notify(text, "xterm-256color"),
            "\u{7}\u{1b}]9;Sixfold: 2 wait]0;x\u{7}".as_bytes()
        );
        assert_eq!(
            notify(text, "foot"),
            "\u{7}\u{1b}]777;notify;Sixfold;2 wait]0,x\u{7}".as_bytes()
        );
    }
}
