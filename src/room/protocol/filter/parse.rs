//! From what is typed to a filter.

use std::{iter::Peekable, str::Chars, str::FromStr};

use super::{
    Compare, Filter, FilterError, Is, Term, Value, What,
    fields::{Field, Takes},
};
use crate::domain::{Severity, age};

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::typed(text).map_err(|misread| misread.error)
    }
}

/// What was typed so far is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread<E> {
    pub error: E,
    /// What stands before the term that is not understood, where that one is the last.
    pub before: Option<String>,
}

impl Filter {
    /// Parses what somebody is typing.
    pub fn typed(text: &str) -> Result<Self, Misread<FilterError>> {
        let text = text.to_lowercase();
        let mut rest = text.chars().peekable();
        let mut terms = Vec::new();
        loop {
            while rest.next_if(|c| c.is_whitespace()).is_some() {}
            if rest.peek().is_none() {
                return Ok(Self { terms });
            }
            let from = text.len() - rest.clone().map(char::len_utf8).sum::<usize>();
            terms.push(term(&mut rest).map_err(|error| {
                let (before, own) = text.split_at(from);
                let last = error == FilterError::OpenQuote || !own.contains(char::is_whitespace);
                Misread {
                    error,
                    before: last.then(|| before.trim_end().to_owned()),
                }
            })?);
        }
    }
}

fn term(rest: &mut Peekable<Chars<'_>>) -> Result<Term, FilterError> {
    let negated = rest.next_if_eq(&'!').is_some();
    let mut word = Piece::default();
    loop {
        if word.name() && rest.next_if_eq(&':').is_some() {
            let name = word.text;
            let field =
                Field::named(&name).ok_or_else(|| FilterError::UnknownField(name.clone()))?;
            let what = What::Field(field, values(field, rest)?);
            return Ok(Term { negated, what });
        }
        if !word.take(rest, |_| false)? {
            break;
        }
    }
    let Piece { text, quoted } = word;
    if text.is_empty() {
        return Err(if quoted {
            FilterError::NoWord
        } else {
            FilterError::NothingNegated
        });
    }
    // What must not be found is meant as it stands: much is like a word that nobody means.
    let what = if quoted || negated {
        What::Exact(text)
    } else {
        What::Like(text)
    };
    Ok(Term { negated, what })
}

fn values(field: Field, rest: &mut Peekable<Chars<'_>>) -> Result<Vec<Value>, FilterError> {
    let mut values = Vec::new();
    loop {
        let mut piece = Piece::default();
        while piece.take(rest, |c| c == ',')? {}
        if piece.text.is_empty() {
            return Err(FilterError::NoValue(field));
        }
        let value = value(field, &piece.text).ok_or_else(|| FilterError::BadValue {
            field,
            value: piece.text.clone(),
        })?;
        values.push(value);
        if rest.next_if_eq(&',').is_none() {
            return Ok(values);
        }
    }
}

/// A stretch of text, some of which may stand in quotes.
#[derive(Default)]
struct Piece {
    text: String,
    quoted: bool,
}

impl Piece {
    /// It could be a field's name.
    fn name(&self) -> bool {
        let letters = self.text.bytes().all(|byte| byte.is_ascii_lowercase());
        letters && !self.quoted && !self.text.is_empty()
    }

    /// Takes the next character, or all that stands in the next quotes. False at the end.
    fn take(
        &mut self,
        rest: &mut Peekable<Chars<'_>>,
        ends: impl Fn(char) -> bool,
    ) -> Result<bool, FilterError> {
        let Some(c) = rest.next_if(|c| !c.is_whitespace() && !ends(*c)) else {
            return Ok(false);
        };
        if c != '"' {
            self.text.push(c);
            return Ok(true);
        }
        self.quoted = true;
        loop {
            match rest.next().ok_or(FilterError::OpenQuote)? {
                '"' => return Ok(true),
                '\\' => self.text.push(rest.next().ok_or(FilterError::OpenQuote)?),
                c => self.text.push(c),
            }
        }
    }
}

fn value(field: Field, text: &str) -> Option<Value> {
    let part = || Value::Text(text.to_owned());
    match field.row().takes {
        Takes::Text(_) => Some(part()),
        Takes::Letters(_) => text.contains(char::is_alphanumeric).then(part),
        Takes::PartOf(all) => all().iter().any(|one| one.contains(text)).then(part),
        Takes::Is => Is::ALL
            .into_iter()
            .find(|is| is.word() == text)
            .map(Value::Is),
        Takes::Severity => {
            let (compare, word) = compared(text);
            let mut all = Severity::ALL.into_iter();
            let severity = all.find(|severity| severity.word().starts_with(word))?;
            (!word.is_empty()).then_some(Value::Severity(compare, severity))
        }
        Takes::Age => {
            let (compare, text) = compared(text);
            let seconds = age(text)?;
            (compare != Compare::Equal).then_some(Value::Age(compare, seconds))
        }
    }
}

fn compared(text: &str) -> (Compare, &str) {
    Compare::SIGNS
        .iter()
        .find_map(|(sign, compare)| Some((*compare, text.strip_prefix(sign)?)))
        .unwrap_or((Compare::Equal, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::room::protocol::filter::FIELDS;

    #[test]
    fn what_is_not_understood_is_said_with_what_would_be() {
        for (text, said) in [
            (
                "sevv:high",
                "no field `sevv`, did you mean sev?: there are sev, env, rule",
            ),
            ("severty:high", "did you mean severity?"),
            ("arn:aws:s3:::acme", "no field `arn`: there are sev"),
            ("sev:", "sev: wants critical, high, medium, low"),
            ("sev:urgent", "sev: has no `urgent`; it wants critical"),
            ("sev:hihg", "did you mean high?"),
            (
                "is:opne",
                "is: has no `opne`, did you mean open?; it wants open, closed, halted",
            ),
            ("stage:reading", "stage: has no `reading`"),
            ("outcome:fixd", "outcome: has no `fixd`"),
            ("age:2h", "age: has no `2h`; it wants > or <"),
            (
                "age:>2y",
                "it wants > or < and a time in s, m, h, d or w, as age:>2h",
            ),
            ("age:>99999999999999999999w", "age: has no"),
            ("env:prod,", "env: wants the beginning"),
            ("framework:--", "framework: has no `--`"),
            ("prod !", "! wants the word"),
            ("owner:\"data team", "a quote is open"),
            ("\"\"", "\"\" is no word"),
        ] {
            let error = text.parse::<Filter>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn words_quotes_and_values_are_told_apart() {
        let printed = |text: &str| text.parse::<Filter>().unwrap().to_string();
        for (text, same) in [
            ("  Prod   SEV:High ", "prod sev:high"),
            ("severity:>=med", "sev:>=medium"),
            ("s3://acme", "s3://acme"),
            ("\"arn:aws\" x", "\"arn:aws\" x"),
            ("pub\"lic read\"", "\"public read\""),
            ("!staging", "!\"staging\""),
            (
                "owner:\"data team\",platform",
                "owner:\"data team\",platform",
            ),
            ("owner:\"a,b\"", "owner:\"a,b\""),
            ("\"say \\\"no\\\"\"", "\"say \\\"no\\\"\""),
            ("age:>120m", "age:>2h"),
            ("a,b", "a,b"),
            ("", ""),
        ] {
            assert_eq!(printed(text), same, "{text}");
        }
    }

    #[test]
    fn every_fields_example_is_understood_and_names_are_told_apart() {
        let mut names = Vec::new();
        for row in FIELDS {
            let parsed: Filter = row.example.parse().unwrap();
            assert!(
                matches!(&parsed.terms[0].what, What::Field(field, _) if *field == row.field),
                "{}",
                row.example
            );
            assert_eq!(row.field.row().name, row.name, "one line for each field");
            names.extend(row.names());
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn what_stands_before_a_last_term_that_is_not_understood_is_known() {
        for (text, before) in [
            ("Prod sevv:high", Some("prod")),
            ("sev:", Some("")),
            ("a b \"c d", Some("a b")),
            ("sevv:high prod", None),
        ] {
            assert_eq!(
                Filter::typed(text).unwrap_err().before.as_deref(),
                before,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error_and_a_printed_filter_is_the_same(text in any::<String>()) {
            if let Ok(filter) = text.parse::<Filter>() {
                prop_assert_eq!(filter.to_string().parse(), Ok(filter));
            }
        }

        #[test]
        fn whatever_is_made_of_the_languages_pieces_prints_to_the_same(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "sev:", "env:", "is:", "age:", "stage:", "change:", "owner:", "!", "\"", "\\", ",", " ",
                    ">", ">=", "<", "high", "open", "2h", "120m", "closed", "x", "Σ", "İ", ":", "é", "114",
                ]),
                0..12,
            )
        ) {
            if let Ok(filter) = pieces.concat().parse::<Filter>() {
                prop_assert_eq!(filter.to_string().parse(), Ok(filter));
            }
        }
    }
}
