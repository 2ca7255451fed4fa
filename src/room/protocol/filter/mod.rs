//! What a person types to find changes: words, and fields with values, all of which must hold.
//!
//! `customer sev:>=high !env:dev` finds changes whose texts are like `customer`, that are of high
//! severity at least, and that are not in `dev`. A word is found with letters left out
//! ([`likeness`](crate::domain::likeness)); in quotes, or behind `!`, it is meant as it stands. `,`
//! between the values of a field means or. Case does not matter.
//!
//! Nothing is ignored: what is not understood is an [`FilterError`] that says what would be. Screens
//! parse before they ask, so a room refuses only what no screen of its version sends.

mod error;
mod fields;
mod parse;

use std::fmt;

pub use error::FilterError;
pub use fields::{FIELDS, Field, Is, Row as FieldRow, Takes};
pub use parse::Misread;

use crate::domain::{Severity, UNITS};

/// Terms that must all hold. Without any it keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// It must not hold.
    pub negated: bool,
    pub what: What,
}

/// Texts are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Something about the change is like it.
    Like(String),
    /// It stands somewhere in what the change's row says.
    Exact(String),
    /// One of the values, of which there is at least one.
    Field(Field, Vec<Value>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Severity(Compare, Severity),
    /// In seconds.
    Age(Compare, u64),
    Is(Is),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Compare {
    /// Longer signs before their beginnings.
    const SIGNS: [(&'static str, Self); 4] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Below => left < right,
            Self::AtMost => left <= right,
        }
    }

    fn sign(self) -> &'static str {
        let sign = Self::SIGNS.iter().find(|(_, compare)| *compare == self);
        sign.map_or("", |(sign, _)| sign)
    }
}

impl Filter {
    /// Keeps everything.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it asks how old something is.
    pub fn ages(&self) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(term.what, What::Field(Field::Age, _)))
    }

    /// Whether a field or a value of it is asked for, however negated.
    pub fn asks(&self, wanted: &Value) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(&term.what, What::Field(_, values) if values.contains(wanted)))
    }
}

/// As it could have been typed: parsing it gives the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            if term.negated {
                f.write_str("!")?;
            }
            match &term.what {
                What::Like(word) => f.write_str(word)?,
                What::Exact(text) => f.write_str(&quoted(text))?,
                What::Field(field, values) => {
                    let values: Vec<_> = values.iter().map(Value::to_string).collect();
                    write!(f, "{}:{}", field.row().name, values.join(","))?;
                }
            }
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let bare = |c: char| !c.is_whitespace() && !matches!(c, ',' | '"');
                if text.chars().all(bare) {
                    f.write_str(text)
                } else {
                    f.write_str(&quoted(text))
                }
            }
            Self::Severity(compare, severity) => write!(f, "{}{severity}", compare.sign()),
            Self::Age(compare, seconds) => {
                let unit = UNITS
                    .iter()
                    .find(|(_, length)| seconds.is_multiple_of(*length));
                let (unit, length) = unit.copied().unwrap_or(('s', 1));
                write!(f, "{}{}{unit}", compare.sign(), seconds / length)
            }
            Self::Is(is) => f.write_str(is.word()),
        }
    }
}
