//! The queue's filter: words that must all be found in a row.

use crate::room::protocol::Row;

/// `prod sev:high !owner:data` keeps rows that hold `prod`, are of high severity and are not owned
/// by anyone with `data` in their name. Case does not matter; a word that is still being typed
/// (`sev:`) keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// The row must not hold it.
    negated: bool,
    field: Field,
    /// In lower case.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Any,
    Severity,
    Environment,
    Rule,
    Owner,
    Stage,
    Account,
}

const FIELDS: [(&str, Field); 6] = [
    ("sev:", Field::Severity),
    ("env:", Field::Environment),
    ("rule:", Field::Rule),
    ("owner:", Field::Owner),
    ("stage:", Field::Stage),
    ("account:", Field::Account),
];

impl Filter {
    pub fn parse(text: &str) -> Self {
        let words = text.to_lowercase();
        let words = words.split_whitespace().map(|word| {
            let (negated, word) = word
                .strip_prefix('!')
                .map_or((false, word), |rest| (true, rest));
            let (field, text) = FIELDS
                .iter()
                .find_map(|(prefix, field)| Some((*field, word.strip_prefix(prefix)?)))
                .unwrap_or((Field::Any, word));
            Word {
                negated,
                field,
                text: text.to_owned(),
            }
        });
        Self {
            words: words.filter(|word| !word.text.is_empty()).collect(),
        }
    }

    /// Keeps everything.
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn matches(&self, row: &Row) -> bool {
        self.words.iter().all(|word| word.matches(row))
    }
}

impl Word {
    fn matches(&self, row: &Row) -> bool {
        let holds = |texts: &[&str]| {
            let mut texts = texts.iter();
            texts.any(|text| text.to_lowercase().contains(&self.text))
        };
        let stage = [row.stage.word(), &row.word];
        let found = match self.field {
            Field::Severity => holds(&[row.severity.word()]),
            Field::Environment => holds(&[&row.environment]),
            Field::Rule => holds(&[&row.rule]),
            Field::Owner => holds(&[&row.owner]),
            Field::Stage => holds(&stage),
            Field::Account => holds(&[&row.account]),
            Field::Any => {
                holds(&stage)
                    || holds(&[
                        &row.id.to_string(),
                        row.severity.word(),
                        &row.environment,
                        &row.account,
                        &row.bucket,
                        &row.violation,
                        &row.rule,
                        &row.owner,
                    ])
            }
        };
        found != self.negated
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::{ChangeId, Severity, Stage};

    fn row() -> Row {
        Row {
            id: ChangeId::new(2026, 418_114),
            severity: Severity::High,
            environment: "prod".to_owned(),
            production: true,
            account: "111122223333".to_owned(),
            bucket: "acme-prod-customer-exports".to_owned(),
            violation: "CIS 1.20 public-read bucket".to_owned(),
            rule: "s3-public-read-acl".to_owned(),
            owner: "platform-security@acme.com".to_owned(),
            stage: Stage::AwaitingApproval,
            step: 1,
            word: "awaiting approval".to_owned(),
            detected_at: "2026-04-15T03:12:47Z".parse().unwrap(),
        }
    }

    #[test]
    fn every_word_must_be_found_in_its_field() {
        for (text, kept) in [
            ("", true),
            ("   ", true),
            ("customer", true),
            ("CUSTOMER cis", true),
            ("customer staging", false),
            ("0418-114", true),
            ("sev:high", true),
            ("sev:h env:prod", true),
            ("sev:low", false),
            ("env:customer", false),
            ("rule:public-read", true),
            ("owner:platform", true),
            ("owner:data", false),
            ("stage:awaiting", true),
            ("stage:closed", false),
            ("account:1111", true),
            ("account:9", false),
            ("!staging", true),
            ("!prod", false),
            ("!env:dev sev:high", true),
            ("!sev:high", false),
            ("sev:", true),
            ("!", true),
            ("nosuch:prod", false),
        ] {
            assert_eq!(Filter::parse(text).matches(&row()), kept, "{text}");
        }
    }
}
