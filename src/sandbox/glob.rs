//! `*` and `?` patterns: fault rules name operations and buckets with them, and IAM policies name
//! actions, resources and principals.

/// Whether `pattern` covers all of `text`. `*` stands for any run of characters, `?` for one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to resume when a run that a `*` took turns out too short.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, taken)) = retry else {
                    return false;
                };
                retry = Some((after_star, taken + 1));
                p = after_star;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// IAM compares action names without regard to case.
pub(super) fn matches_action(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_run_and_a_question_mark_one_character() {
        for (pattern, text, covered) in [
            ("*", "", true),
            ("Put*", "PutBucketAcl", true),
            ("Put*", "GetBucketAcl", false),
            ("*Acl", "PutBucketAcl", true),
            ("acme-*-exports", "acme-prod-customer-exports", true),
            ("acme-*-exports", "acme-prod-customer-export", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "aXbXbXc", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), covered, "{pattern} on {text}");
        }
    }
}
