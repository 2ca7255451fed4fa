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
        Self::reasoned(variable).0
    }

    /// The same, with the variable that decided, in words such as `COLORTERM is truecolor`.
    pub fn reasoned(variable: impl Fn(&str) -> Option<String>) -> (Self, String) {
        let value = |name| variable(name).unwrap_or_default();
        let (term, colorterm) = (value("TERM"), value("COLORTERM"));
        let lower = term.to_ascii_lowercase();
        if !value("NO_COLOR").is_empty() {
            return (Self::None, "NO_COLOR is set".to_owned());
        }
        let by_term = format!("TERM is {term}");
        if lower == "dumb" {
            return (Self::None, by_term);
        }
        if ["truecolor", "24bit"].contains(&colorterm.to_ascii_lowercase().as_str()) {
            return (Self::True, format!("COLORTERM is {colorterm}"));
        }
        if ANY_COLOUR.iter().any(|name| lower.contains(name)) {
            return (Self::True, by_term);
        }
        if lower.contains("256color") {
            return (Self::Indexed, by_term);
        }
        (
            Self::Sixteen,
            "neither COLORTERM nor TERM promises more".to_owned(),
        )
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
    fn the_variable_that_decided_is_named() {
        let reason = |variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Depth::reasoned(variable).1
        };
        let term = ("TERM", "xterm-256color");
        assert_eq!(reason(&[term]), "TERM is xterm-256color");
        let colorterm = ("COLORTERM", "truecolor");
        assert_eq!(reason(&[term, colorterm]), "COLORTERM is truecolor");
        let none = ("NO_COLOR", "1");
        assert_eq!(reason(&[term, colorterm, none]), "NO_COLOR is set");
    }

    #[test]
    fn no_color_counts_when_there_is_something_in_it() {
        let with = |value| guess(&[("TERM", "xterm-256color"), ("NO_COLOR", value)]);
        assert_eq!(with("1"), Depth::None);
        assert_eq!(with("0"), Depth::None);
        assert_eq!(with(""), Depth::Indexed);
    }
}
