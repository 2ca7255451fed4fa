//! What is not understood in a filter, and what would be.

use super::{
    FIELDS,
    fields::{Field, Takes},
};
use crate::domain::nearest;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error(
        "no field `{0}`{near}: there are {all}; in quotes it is a word",
        near = meant(.0), all = fields()
    )]
    UnknownField(String),
    #[error("{field}: wants {wants}, as {example}", field = .0.row().name, wants = .0.row().takes.words(), example = .0.row().example)]
    NoValue(Field),
    #[error(
        "{field}: has no `{value}`{near}; it wants {wants}, as {example}",
        field = .field.row().name, near = meant_value(*.field, .value),
        wants = .field.row().takes.words(), example = .field.row().example
    )]
    BadValue { field: Field, value: String },
    #[error("a quote is open: \" closes it")]
    OpenQuote,
    #[error("! wants the word or field behind it that must not be found, as !staging")]
    NothingNegated,
    #[error("\"\" is no word: something between the quotes is looked for as it stands")]
    NoWord,
}

fn fields() -> String {
    let names: Vec<_> = FIELDS.iter().map(|row| row.name).collect();
    names.join(", ")
}

fn meant(name: &str) -> String {
    let known = FIELDS.iter().flat_map(super::FieldRow::names);
    did_you(nearest(name, known))
}

fn meant_value(field: Field, value: &str) -> String {
    let near = match field.row().takes {
        Takes::PartOf(all) => nearest(value, all()),
        Takes::Is => nearest(value, super::Is::ALL.map(super::Is::word)),
        Takes::Severity => {
            let word = value.trim_start_matches(['<', '>', '=']);
            nearest(
                word,
                crate::domain::Severity::ALL.map(crate::domain::Severity::word),
            )
        }
        _ => None,
    };
    did_you(near)
}

fn did_you(near: Option<&str>) -> String {
    near.map(|near| format!(", did you mean {near}?"))
        .unwrap_or_default()
}
