//! How like a few typed letters are to a name, for filters and palettes.

/// From the nearest to the furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The name begins with them.
    Begins,
    /// A word of it does.
    WordBegins,
    /// They stand somewhere in it.
    Within,
    /// They stand in it in order, with others between. Whatever word of the name one of them is taken
    /// from is entered at its beginning, so `custexp` is like `acme-customer-exports` and `usto` is
    /// not like `public-storage`.
    Letters,
}

/// How like `typed` is to `name`, if it is like it at all. Both are in lower case.
pub fn likeness(typed: &str, name: &str) -> Option<Likeness> {
    let mut found = name.match_indices(typed).map(|(at, _)| at).peekable();
    if found.peek().is_some() {
        let begins = |at: usize| !name[..at].ends_with(char::is_alphanumeric);
        return Some(match found.clone().next() {
            Some(0) => Likeness::Begins,
            _ if found.any(begins) => Likeness::WordBegins,
            _ => Likeness::Within,
        });
    }
    letters(typed, name).then_some(Likeness::Letters)
}

fn letters(typed: &str, name: &str) -> bool {
    let mut rest = name.chars();
    if !typed.chars().all(|letter| rest.any(|c| c == letter)) {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    // Where the letters so far may end; none yet is before the name.
    let mut ends = vec![false; name.len()];
    for (number, letter) in typed.chars().enumerate() {
        let (mut before, mut in_word) = (number == 0, false);
        let mut next = vec![false; name.len()];
        for (at, c) in name.iter().enumerate() {
            let starts = at == 0 || !name[at - 1].is_alphanumeric();
            in_word &= !starts;
            next[at] = *c == letter && (in_word || (starts && before));
            before |= ends[at];
            in_word |= ends[at];
        }
        ends = next;
    }
    ends.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_taken_in_order_and_each_word_from_its_beginning() {
        for (typed, name, like) in [
            ("acme", "acme-prod", Some(Likeness::Begins)),
            ("prod", "acme-prod", Some(Likeness::WordBegins)),
            ("rod", "acme-prod", Some(Likeness::Within)),
            ("custexp", "acme-customer-exports", Some(Likeness::Letters)),
            ("ace", "acme-customer-exports", Some(Likeness::Letters)),
            ("cstmr", "acme-customer-exports", Some(Likeness::Letters)),
            ("usto", "public-storage", None),
            ("xport", "acme-export", Some(Likeness::Within)),
            ("expcust", "acme-customer-exports", None),
            ("aab", "ab-ab", Some(Likeness::Letters)),
            ("bb", "ab-ab", None),
            ("", "x", Some(Likeness::Begins)),
            ("x", "", None),
        ] {
            assert_eq!(likeness(typed, name), like, "{typed} in {name}");
        }
    }
}
