//! What a session's terminal is taken for, and why: for whoever wonders why the screen looks as it
//! does. Each session has its own answer, from its own environment.

use super::theme::Depth;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tty {
    /// How many colours it has; [`Depth::True`] when nothing else is said.
    pub depth: Depth,
    /// Words behind "since": `COLORTERM is truecolor`.
    pub depth_since: String,
    /// Whether addresses are sent as links (OSC 8). Off when nothing else is said.
    pub links: bool,
    pub links_since: String,
}

impl Default for Tty {
    fn default() -> Self {
        let nothing = "nothing else was said".to_owned();
        Self {
            depth: Depth::True,
            depth_since: nothing.clone(),
            links: false,
            links_since: nothing,
        }
    }
}

impl Tty {
    /// By the variables that a session has.
    pub fn guess(variable: impl Fn(&str) -> Option<String>) -> Self {
        let (depth, depth_since) = Depth::reasoned(&variable);
        let (links, links_since) = links(&variable);
        Self {
            depth,
            depth_since,
            links,
            links_since,
        }
    }
}

/// What `TERM` begins with where OSC 8 is not known, and some print what they do not know. A screen
/// within `screen` does not get it through either; tmux does, from 3.4 on
/// (<https://github.com/Alhadis/OSC8-Adoption>).
const NO_LINKS: [&str; 8] = [
    "ansi", "cons", "dumb", "eterm", "linux", "rxvt", "screen", "vt",
];

/// Whether a terminal takes links. `FORCE_HYPERLINK` decides where it is set, 0 against them, as it
/// does for other programs (<https://github.com/jamestalmage/supports-hyperlinks>).
fn links(variable: impl Fn(&str) -> Option<String>) -> (bool, String) {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(forced) = value("FORCE_HYPERLINK") {
        return (forced != "0", format!("FORCE_HYPERLINK is {forced}"));
    }
    let Some(term) = value("TERM") else {
        return (false, "TERM says nothing".to_owned());
    };
    let lower = term.to_ascii_lowercase();
    let known = !NO_LINKS.iter().any(|name| lower.starts_with(name));
    (known, format!("TERM is {term}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_sent_only_to_terminals_that_swallow_what_they_do_not_know() {
        let links = |term: &str, forced: &str| {
            let tty = Tty::guess(|name| match name {
                "TERM" => Some(term.to_owned()),
                "FORCE_HYPERLINK" => Some(forced.to_owned()),
                _ => None,
            });
            (tty.links, tty.links_since)
        };
        for (term, on) in [
            ("xterm-256color", true),
            ("xterm-kitty", true),
            ("tmux-256color", true),
            ("foot", true),
            ("linux", false),
            ("dumb", false),
            ("screen.xterm-256color", false),
            ("vt220", false),
            ("rxvt-unicode-256color", false),
        ] {
            assert_eq!(links(term, ""), (on, format!("TERM is {term}")));
        }
        assert!(!links("", "").0);
        assert!(links("screen", "1").0);
        assert_eq!(
            links("xterm", "0"),
            (false, "FORCE_HYPERLINK is 0".to_owned())
        );
    }
}
