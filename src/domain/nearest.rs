//! Which known name somebody meant who wrote one that nobody knows.

/// The known name that is most like `word`, if one is like it at all: a few letters swapped, missing
/// or too many.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = |name: &&str| strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
    let near = known.into_iter().map(|name| (far(&name), name)).min()?;
    (near.0 <= word.len().max(near.1.len()) / 3).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["kms_key", "log_bucket", "mandatory_tags"];
        for (word, meant) in [
            ("kms_kye", Some("kms_key")),
            ("KMS-Key", Some("kms_key")),
            ("mandatory_tag", Some("mandatory_tags")),
            ("logbucket", Some("log_bucket")),
            ("retention", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
