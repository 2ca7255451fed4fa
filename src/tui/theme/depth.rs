//! How many colours a session shows. Each session has its own answer: two people on one machine may
//! sit before different terminals, so nothing here is kept for the process.

/// From fewest to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// Bold, reverse, underline and words only.
    None,
    /// The sixteen that every terminal has, in the person's own scheme; nothing newer is sent.
    Sixteen,
    /// Those, the colour cube and the greys: 256 together.
    Indexed,
    /// Any `#rrggbb`.
    True,
}

/// What `TERM` holds where a terminal is known to show any colour. `COLORTERM` says it better, but
/// ssh does not carry that one along.
const ANY_COLOUR: [&str; 7] = [
    "alacritty",
    "contour",
    "direct",
    "foot",
    "ghostty",
    "kitty",
    "wezterm",
];

impl Depth {
    pub const ALL: [Self; 4] = [Self::None, Self::Sixteen, Self::Indexed, Self::True];

    /// As `--colour` spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sixteen => "16",
            Self::Indexed => "256",
            Self::True => "true",
        }
    }

    /// What a terminal can show, by the variables that a session has.
    ///
    /// `NO_COLOR` with anything in it means none (<https://no-color.org>); then `TERM=dumb`,
    /// `COLORTERM`, and what `TERM` is known for decide, in this order. Sixteen when nothing is known.
    pub fn guess(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| variable(name).unwrap_or_default().to_ascii_lowercase();
        let term = value("TERM");
        if !value("NO_COLOR").is_empty() || term == "dumb" {
            return Self::None;
        }
        if ["truecolor", "24bit"].contains(&value("COLORTERM").as_str())
            || ANY_COLOUR.iter().any(|name| term.contains(name))
        {
            return Self::True;
        }
        if term.contains("256color") {
            return Self::Indexed;
        }
        Self::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(variables: &[(&str, &str)]) -> Depth {
        Depth::guess(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_terminal_says_how_many_colours_it_has() {
        for (variables, depth) in [
            (&[("TERM", "xterm")][..], Depth::Sixteen),
            (&[], Depth::Sixteen),
            (&[("TERM", "xterm-256color")], Depth::Indexed),
            (&[("TERM", "screen-256color-bce")], Depth::Indexed),
            (&[("TERM", "xterm-kitty")], Depth::True),
            (&[("TERM", "xterm-direct")], Depth::True),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit")], Depth::True),
            (
                &[("TERM", "tmux-256color"), ("COLORTERM", "TrueColor")],
                Depth::True,
            ),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "yes")],
                Depth::Indexed,
            ),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None),
        ] {
            assert_eq!(guess(variables), depth, "{variables:?}");
        }
    }

    #[test]
    fn no_color_counts_when_there_is_something_in_it() {
        let with = |value| guess(&[("TERM", "xterm-256color"), ("NO_COLOR", value)]);
        assert_eq!(with("1"), Depth::None);
        assert_eq!(with("0"), Depth::None);
        assert_eq!(with(""), Depth::Indexed);
    }
}
