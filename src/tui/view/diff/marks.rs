//! Which part of a changed value changed.

use unicode_segmentation::UnicodeSegmentation as _;

/// A value in parts, each with whether it stands on this side only.
pub type Parts = Vec<(bool, String)>;

/// Both values with what differs set apart, by words. Whole where they have little in common.
pub fn marked(old: &str, new: &str) -> (Parts, Parts) {
    let whole = |text: &str| vec![(true, text.to_owned())];
    let ones: Vec<&str> = old.split_word_bounds().collect();
    let others: Vec<&str> = new.split_word_bounds().collect();
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let head = same(&mut ones.iter().zip(&others));
    let shorter = ones.len().min(others.len());
    let tail = same(&mut ones.iter().rev().zip(others.iter().rev())).min(shorter - head);
    let cells = |words: &[&str]| words.concat().trim().chars().count();
    let common = cells(&ones[..head]) + cells(&ones[ones.len() - tail..]);
    let longer = old.chars().count().max(new.chars().count());
    if common * 3 < longer {
        return (whole(old), whole(new));
    }
    let split = |words: &[&str]| {
        let end = words.len() - tail;
        let parts = [
            (false, words[..head].concat()),
            (true, words[head..end].concat()),
            (false, words[end..].concat()),
        ];
        parts
            .into_iter()
            .filter(|(own, text)| *own || !text.is_empty())
            .collect()
    };
    (split(&ones), split(&others))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signed(parts: &Parts) -> String {
        let sign = |(own, text): &(bool, String)| {
            if *own {
                format!("[{text}]")
            } else {
                text.clone()
            }
        };
        parts.iter().map(sign).collect()
    }

    #[test]
    fn a_word_within_a_line_is_marked_and_a_line_that_has_nothing_in_common_is_not_cut_up() {
        for (old, new, one, other) in [
            (
                "  \"A\": true,",
                "  \"A\": false,",
                "  \"A\": [true],",
                "  \"A\": [false],",
            ),
            (
                "arn:aws:s3:::a/public/*",
                "arn:aws:s3:::a/private/*",
                "arn:aws:s3:::a/[public]/*",
                "arn:aws:s3:::a/[private]/*",
            ),
            ("Enabled", "Suspended", "[Enabled]", "[Suspended]"),
            ("a b", "a b c", "a b[]", "a b[ c]"),
            ("", "x", "[]", "[x]"),
        ] {
            let (left, right) = marked(old, new);
            assert_eq!(
                (signed(&left).as_str(), signed(&right).as_str()),
                (one, other)
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_value_is_lost(old in "[ab 東.:]{0,12}", new in "[ab 東.:]{0,12}") {
            let (left, right) = marked(&old, &new);
            let joined = |parts: &Parts| parts.iter().map(|(_, text)| text.as_str()).collect::<String>();
            prop_assert_eq!(joined(&left), old);
            prop_assert_eq!(joined(&right), new);
        }
    }
}
