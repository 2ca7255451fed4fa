//! `*` and `?` as policies use them.

/// Whether `pattern` matches the whole of `text`. A pattern matches another one as well, and then
/// covers all that it covers: `arn:aws:s3:::b*` matches `arn:aws:s3:::b/*`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on from when what was matched after the last star does not fit.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                // What a star stands for may be longer than one character.
                if text[t] == b'*' {
                    match star {
                        Some((at, from)) => {
                            star = Some((at, from + 1));
                            p = at + 1;
                            t = from + 1;
                        }
                        None => return false,
                    }
                } else {
                    p += 1;
                    t += 1;
                }
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Whether a pattern is every action of S3, however it is spelled: `*`, `s3:*`, `s3:**`, `s3:?*`.
pub fn is_every_action(pattern: &str) -> bool {
    let lower = pattern.to_lowercase();
    let name = lower.strip_prefix("s3:").unwrap_or(&lower);
    // No action's name is shorter than this one.
    name.contains('*') && name.bytes().all(|b| b"*?".contains(&b)) && matches(name, "getobject")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_many_spellings() {
        for (pattern, every) in [
            ("*", true),
            ("s3:*", true),
            ("S3:**", true),
            ("s3:?*", true),
            ("s3:*?*", true),
            ("s3:Get*", false),
            ("s3:??????????*", false),
            ("s3:?????????", false),
            ("s3-object-lambda:*", false),
        ] {
            assert_eq!(is_every_action(pattern), every, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_matches_and_no_more() {
        for (pattern, text, covers) in [
            ("*", "", true),
            ("s3:*", "s3:putbucketpolicy", true),
            ("s3:put*policy", "s3:putbucketpolicy", true),
            ("s3:put?ucketpolicy", "s3:putbucketpolicy", true),
            ("s3:get*", "s3:putbucketpolicy", false),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/*", false),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b/*", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*", false),
            ("arn:aws:s3:::b/logs/*", "arn:aws:s3:::b/*", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
        ] {
            assert_eq!(matches(pattern, text), covers, "{pattern} {text}");
        }
    }
}
