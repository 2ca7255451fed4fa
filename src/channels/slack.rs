//! The shape that a [Slack incoming
//! webhook](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) takes: `text`,
//! which notifications and screen readers have, and blocks, which the channel shows. A channel's
//! export keeps both, so the ledger's number and hash stand in both.

use serde_json::{Value, json};

use super::{Asking, Record};

// Limits of [Block Kit](https://docs.slack.dev/reference/block-kit/blocks), in characters, with room for
// the markup around each.
const TEXT: usize = 3_900;
const HEADER: usize = 150;
const SECTION: usize = 2_900;
const FIELD: usize = 1_900;
const FIELDS: usize = 10;

pub(super) fn record(record: &Record) -> Value {
    let reference = record.reference();
    let field = |(label, value): &(&str, String)| {
        // Within a code span nothing is read as markup.
        mrkdwn(&format!("*{label}*\n`{}`", quoted(value, FIELD)))
    };
    let fields: Vec<_> = record.fields.iter().take(FIELDS).map(field).collect();
    let room = TEXT - reference.len() - 1;
    let mut blocks = vec![
        json!({
            "type": "header",
            "text": { "type": "plain_text", "text": cut(&record.title, HEADER), "emoji": false },
        }),
        box_of(&record.text),
    ];
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    blocks.push(json!({ "type": "context", "elements": [mrkdwn(&reference)] }));
    json!({
        "text": format!("{}\n{reference}", escaped(&record.text, room)),
        "blocks": blocks,
    })
}

/// A question, without buttons: what is pressed here could decide nothing.
pub(super) fn asking(asking: &Asking) -> Value {
    let mut blocks = vec![box_of(&asking.text)];
    blocks.extend(asking.warning.as_deref().map(box_of));
    json!({ "text": escaped(&asking.text, TEXT), "blocks": blocks })
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text })
}

fn box_of(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(&format!("```{}```", quoted(text, SECTION))) })
}

/// Backticks would end the code that the text stands in.
fn quoted(text: &str, most: usize) -> String {
    escaped(&text.replace('`', "'"), most)
}

/// `&`, `<` and `>` are the three characters that [Slack reads as
/// markup](https://docs.slack.dev/messaging/formatting-message-text#escaping). At most so many
/// characters, counted as they are sent; none of the three is cut in two.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for c in text.chars() {
        let mut spelled = [0; 4];
        let spelled = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            c => c.encode_utf8(&mut spelled),
        };
        length += spelled.chars().count();
        if length >= most {
            out.push('…');
            break;
        }
        out.push_str(spelled);
    }
    out
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most - 1) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_leaves_every_entity_whole() {
        assert_eq!(escaped("a<b", 99), "a&lt;b");
        assert_eq!(escaped("<<<", 9), "&lt;&lt;…");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 5), "abcd");
    }

    proptest! {
        #[test]
        fn nothing_that_is_told_can_format_ping_or_outgrow_a_block(text in "[<>&`@!*a-z\n]{0,6000}") {
            let record = Record {
                id: "x".into(),
                kind: "change.closed",
                at: chrono::DateTime::UNIX_EPOCH,
                subject: "x".into(),
                title: "CHG closed".into(),
                text: text.clone(),
                fields: vec![("asset", text.clone()); 12],
                seq: 1,
                hash: "ab".repeat(32),
            };
            let body = record_parts(&super::record(&record));
            for (part, most) in body {
                prop_assert!(part.chars().count() <= most, "{} > {most}", part.chars().count());
                prop_assert!(!part.contains('<') && !part.contains('>'));
                let entities = part.matches("&amp;").count() + part.matches("&lt;").count() + part.matches("&gt;").count();
                prop_assert_eq!(part.matches('&').count(), entities);
            }
        }
    }

    /// Every text of a message with Slack's own limit for it.
    fn record_parts(body: &Value) -> Vec<(String, usize)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut parts = vec![(text(&body["text"]), 4_000)];
        let Value::Array(blocks) = &body["blocks"] else {
            return parts;
        };
        for block in blocks {
            let most = if block["type"] == "header" {
                150
            } else {
                3_000
            };
            parts.push((text(&block["text"]["text"]), most));
            if let Value::Array(fields) = &block["fields"] {
                assert!(fields.len() <= 10);
                parts.extend(fields.iter().map(|field| (text(&field["text"]), 2_000)));
            }
        }
        parts
    }
}
