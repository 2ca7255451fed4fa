//! A webhook: which shape it gets, and the plain one.

use serde_json::{Value, json};

use super::{Fault, Record, http, slack, standard};
use crate::{
    config::{Webhook, WebhookKind},
    domain::{ChangeId, Safe, Stamp},
};

/// An approval request on its way to one channel: its box, without buttons, and below it what the fix
/// may break. It is decided on the screen or the command line.
#[derive(Clone, Debug)]
pub struct Asking {
    pub change: ChangeId,
    /// Each round is another message.
    pub round: u32,
    pub text: String,
    pub warning: Option<String>,
}

pub(super) fn record(hook: &Webhook, record: &Record, now: Stamp) -> Result<(), Fault> {
    let body = match &hook.kind {
        WebhookKind::Plain => plain(record),
        WebhookKind::Slack => slack::record(record),
        WebhookKind::Standard(_) => standard::record(record),
    };
    post(hook, &record.id, &body, now)
}

pub(super) fn ask(hook: &Webhook, asking: &Asking, now: Stamp) -> Result<(), Fault> {
    let safe = Asking {
        text: Safe::lines(&asking.text).into_string(),
        warning: asking
            .warning
            .as_deref()
            .map(|warning| Safe::lines(warning).into_string()),
        ..*asking
    };
    let body = match &hook.kind {
        WebhookKind::Plain => plain_asking(&safe),
        WebhookKind::Slack => slack::asking(&safe),
        WebhookKind::Standard(_) => standard::asking(&safe, now),
    };
    let id = format!("{}.request.{}", asking.change, asking.round);
    post(hook, &id, &body, now)
}

/// The id stays the same over retries, so a receiver can tell a repetition.
fn post(hook: &Webhook, id: &str, body: &Value, now: Stamp) -> Result<(), Fault> {
    let body = body.to_string().into_bytes();
    let url = hook.url.reveal();
    let WebhookKind::Standard(keys) = &hook.kind else {
        return http::post(url, &[("webhook-id", id)], &body, now);
    };
    let id = standard::id(id);
    let timestamp = now.timestamp();
    let signatures =
        standard::signatures(keys, &id, timestamp, &body).map_err(Fault::of_channel)?;
    let timestamp = timestamp.to_string();
    let headers = [
        ("webhook-id", id.as_str()),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &signatures),
    ];
    http::post(url, &headers, &body, now)
}

fn plain(record: &Record) -> Value {
    let text = slack::escaped(&record.text, usize::MAX);
    json!({
        "text": text,
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": format!("```{text}```") } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": record.reference() }] },
        ],
    })
}

/// The most characters of a warning; the markup around it is taken off.
const BLOCK: usize = 2_900;

fn plain_asking(asking: &Asking) -> Value {
    let text = slack::escaped(&asking.text, usize::MAX);
    let section = |text: &str| json!({ "type": "section", "text": { "type": "mrkdwn", "text": format!("```{text}```") } });
    let mut blocks = vec![section(&text)];
    if let Some(warning) = &asking.warning {
        let mut warning = slack::escaped(warning, usize::MAX);
        if let Some((end, _)) = warning.char_indices().nth(BLOCK) {
            warning.truncate(end);
            warning.push_str("… the rest is on the screen");
        }
        blocks.push(section(&warning));
    }
    json!({ "text": text, "blocks": blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_name_can_not_ping_a_channel() {
        let asking = Asking {
            change: ChangeId::new(2026, 1),
            round: 1,
            text: Safe::lines("<!channel> & \u{1b}[31m").into_string(),
            warning: Some("<!here>".into()),
        };
        for body in [plain_asking(&asking), slack::asking(&asking)] {
            let body = body.to_string();
            assert!(
                body.contains("&lt;!channel&gt; &amp; &lt;U+001B&gt;[31m"),
                "{body}"
            );
            assert!(body.contains("&lt;!here&gt;"), "{body}");
        }
    }
}
