//! Whether a change is what a filter asks for. The language is
//! [`room::protocol::filter`](crate::room::protocol::filter)'s.

use super::Listed;
use crate::{
    domain::{Stage, Stamp, likeness},
    room::protocol::filter::{Field, Filter, Is, Value, What},
};

/// What a filter needs to know beside the change.
pub struct Around<'a> {
    pub now: Stamp,
    /// Whether a change's rule is not applied to its asset now.
    pub exempt: &'a dyn Fn(&Listed) -> bool,
}

/// Whether every term holds.
pub fn keeps(filter: &Filter, listed: &Listed, around: &Around<'_>) -> bool {
    filter.terms.iter().all(|term| {
        let holds = match &term.what {
            What::Like(word) => says(listed, word) || like(listed, word),
            What::Exact(text) => says(listed, text),
            What::Field(field, values) => values
                .iter()
                .any(|value| field_is(listed, *field, value, around)),
        };
        holds != term.negated
    })
}

/// Part of a column.
fn says(listed: &Listed, text: &str) -> bool {
    let row = &listed.row;
    let columns = [
        row.stage.word(),
        &row.word,
        &row.id.to_string(),
        row.severity.word(),
        &row.environment,
        &row.account,
        &row.bucket,
        &row.violation,
        &row.rule,
        &row.owner,
    ];
    columns
        .iter()
        .any(|column| column.to_lowercase().contains(text))
}

fn like(listed: &Listed, word: &str) -> bool {
    let row = &listed.row;
    let texts = [
        &row.bucket,
        &row.rule,
        &row.violation,
        &row.owner,
        &row.id.to_string(),
    ];
    texts
        .iter()
        .any(|text| likeness(word, &text.to_lowercase()).is_some())
}

fn field_is(listed: &Listed, field: Field, value: &Value, around: &Around<'_>) -> bool {
    let row = &listed.row;
    match value {
        Value::Severity(compare, severity) => compare.holds(&row.severity, severity),
        Value::Age(compare, seconds) => {
            let age = (around.now - row.detected_at).num_seconds().max(0);
            compare.holds(&age.cast_unsigned(), seconds)
        }
        Value::Is(is) => match is {
            Is::Open => row.stage != Stage::Closed,
            Is::Closed => row.stage == Stage::Closed,
            Is::Halted => row.stage == Stage::Halted,
            Is::Production => row.production,
            Is::Manual => listed.setting.is_none(),
            Is::Exempt => (around.exempt)(listed),
        },
        Value::Text(text) => text_is(listed, field, text),
    }
}

fn text_is(listed: &Listed, field: Field, text: &str) -> bool {
    let row = &listed.row;
    let part = |of: &str| of.to_lowercase().contains(text);
    match field {
        Field::Environment => word_begins(&row.environment, text),
        Field::Region => word_begins(&listed.region, text),
        Field::Rule => part(&row.rule),
        Field::Owner => part(&row.owner),
        Field::Account => part(&row.account),
        Field::Stage => part(row.stage.word()),
        Field::Setting => listed.setting.as_deref().is_some_and(part),
        Field::Outcome => row.stage == Stage::Closed && part(&row.word),
        Field::Framework => {
            let text = squeezed(text);
            listed.controls.iter().any(|control| {
                squeezed(&control.short()).contains(&text)
                    || squeezed(&control.long()).contains(&text)
            })
        }
        Field::Change => squeezed(&row.id.to_string()).contains(&squeezed(text)),
        // Their values are no texts.
        Field::Severity | Field::Is | Field::Age => false,
    }
}

/// `prod` is not meant by `nonprod`, but by `prod-eu` and `acme prod`.
fn word_begins(name: &str, text: &str) -> bool {
    let name = name.to_lowercase();
    let mut found = name.match_indices(text);
    found.any(|(at, _)| !name[..at].ends_with(char::is_alphanumeric))
}

/// `PCI-DSS 1.2` and `pci dss1.2` are the same to whoever looks for it.
fn squeezed(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::{
        domain::{ChangeId, Control, Severity},
        room::protocol::Row,
    };

    fn control(framework: &str, version: &str, id: &str) -> Control {
        Control {
            framework: framework.to_owned(),
            version: version.to_owned(),
            id: id.to_owned(),
        }
    }

    fn listed() -> Listed {
        let row = Row {
            id: ChangeId::new(2026, 418_114),
            severity: Severity::High,
            environment: "prod".to_owned(),
            production: true,
            account: "111122223333".to_owned(),
            bucket: "acme-prod-customer-exports".to_owned(),
            violation: "CIS 1.20 public-read bucket".to_owned(),
            framework: "CIS 1.3.0".to_owned(),
            rule: "s3-public-read-acl".to_owned(),
            owner: "platform-security@acme.com".to_owned(),
            stage: Stage::AwaitingApproval,
            step: 1,
            word: "awaiting approval".to_owned(),
            detected_at: "2026-04-15T03:12:47Z".parse().unwrap(),
        };
        Listed {
            row,
            region: "eu-west-1".to_owned(),
            asset: "111122223333/eu-west-1/acme-prod-customer-exports".to_owned(),
            setting: Some("acl".to_owned()),
            controls: vec![
                control("CIS", "1.3.0", "1.20"),
                control("PCI-DSS", "4.0", "1.2.1"),
            ],
            terms: None,
        }
    }

    fn kept(text: &str, listed: &Listed) -> bool {
        let around = Around {
            now: "2026-04-15T06:00:00Z".parse().unwrap(),
            exempt: &|listed| listed.asset.ends_with("exempted"),
        };
        keeps(&text.parse().unwrap(), listed, &around)
    }

    #[test]
    fn every_term_must_hold() {
        for (text, wanted) in [
            ("", true),
            ("   ", true),
            ("customer", true),
            ("CUSTOMER cis", true),
            ("customer staging", false),
            ("custexp", true),
            ("\"custexp\"", false),
            ("!custexp", true),
            ("public-read", true),
            ("0418-114", true),
            ("awaiting", true),
            ("sev:high", true),
            ("sev:h env:prod", true),
            ("sev:low", false),
            ("sev:>medium", true),
            ("sev:>high", false),
            ("sev:<=high,critical", true),
            ("env:customer", false),
            ("env:rod", false),
            ("env:dev,prod", true),
            ("rule:public-read", true),
            ("owner:platform", true),
            ("owner:data", false),
            ("account:1111", true),
            ("account:9", false),
            ("region:eu", true),
            ("region:west", true),
            ("region:us", false),
            ("stage:awaiting", true),
            ("stage:\"awaiting approval\"", true),
            ("stage:closed", false),
            ("framework:pci", true),
            ("framework:\"pci dss\"", true),
            ("framework:cis1.20", true),
            ("framework:\"cis v1.3.0\"", true),
            ("framework:hipaa", false),
            ("setting:acl", true),
            ("setting:policy", false),
            ("outcome:remediated", false),
            ("is:open", true),
            ("is:closed", false),
            ("is:halted", false),
            ("is:production", true),
            ("is:manual", false),
            ("is:exempt", false),
            ("age:>2h", true),
            ("age:<2h", false),
            ("age:>1d,<3h", true),
            ("change:114", true),
            ("change:chg-2026-0418", true),
            ("change:115", false),
            ("!staging", true),
            ("!prod", false),
            ("!env:dev sev:high", true),
            ("!sev:high", false),
        ] {
            assert_eq!(kept(text, &listed()), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_person_does_how_it_ended_and_what_is_exempt_are_asked_for() {
        let mut closed = listed();
        closed.row.stage = Stage::Closed;
        closed.row.word = "remediated".to_owned();
        closed.setting = None;
        closed.asset = "exempted".to_owned();
        for text in [
            "outcome:remediated",
            "outcome:remed",
            "is:closed",
            "is:manual",
            "is:exempt",
            "!setting:acl",
        ] {
            assert!(kept(text, &closed), "{text}");
        }
        assert!(!kept("is:open", &closed));
    }
}
