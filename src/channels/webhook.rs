//! A webhook: JSON in the shape that Slack's incoming webhooks take, over HTTPS.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::Record;
use crate::{config::Webhook, domain::Safe};

/// Longer than any receiver should take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why a record was not taken. Never holds the address, which is a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("webhook `{name}`: {cause}")]
pub struct Fault {
    pub name: String,
    pub cause: String,
    /// What the receiver asked us to wait, where it did.
    pub retry_after: Option<Duration>,
}

/// `&`, `<` and `>` are the three characters that [Slack reads as
/// markup](https://docs.slack.dev/messaging/formatting-message-text#escaping).
fn escape(text: &str) -> String {
    Safe::lines(text)
        .as_str()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The close-out record.
pub fn record_body(record: &Record) -> Value {
    let text = escape(&record.text);
    json!({
        "text": text,
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": format!("```{text}```") } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": record.reference() }] },
        ],
    })
}

/// The most characters of one text that Slack shows; the markup around it is taken off.
const BLOCK: usize = 2_900;

/// An approval request: its box, without buttons, and below it what the fix may break. It is decided on
/// the screen or the command line.
pub fn request_body(text: &str, warning: Option<&str>) -> Value {
    let text = escape(text);
    let section = |text: &str| json!({ "type": "section", "text": { "type": "mrkdwn", "text": format!("```{text}```") } });
    let mut blocks = vec![section(&text)];
    if let Some(warning) = warning {
        let mut warning = escape(warning);
        if let Some((end, _)) = warning.char_indices().nth(BLOCK) {
            warning.truncate(end);
            warning.push_str("… the rest is on the screen");
        }
        blocks.push(section(&warning));
    }
    json!({ "text": text, "blocks": blocks })
}

/// Sends one body. `id` stays the same over retries, so a receiver can tell a repetition.
/// Blocks for at most fifteen seconds.
pub fn post(hook: &Webhook, id: &str, body: &Value) -> Result<(), Fault> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    let fault = |cause: String, retry_after| Fault {
        name: hook.name.clone(),
        cause,
        retry_after,
    };
    let sent = agent
        .post(hook.url.reveal())
        .header("webhook-id", id)
        .send_json(body);
    // An error of the transport may quote the address; its kind is enough.
    let answer = sent.map_err(|error| fault(kind(&error).to_owned(), None))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let header = answer.headers().get("retry-after");
    let seconds = header.and_then(|value| value.to_str().ok()?.parse().ok());
    Err(fault(
        format!("answered {}", status.as_u16()),
        seconds.map(Duration::from_secs),
    ))
}

pub(super) const fn kind(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "no answer in time",
        ureq::Error::HostNotFound => "host not found",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "the TLS connection failed",
        ureq::Error::BadUri(_) => "its url is not one",
        _ => "no connection",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_name_can_not_ping_a_channel() {
        let record = Record {
            id: "x".into(),
            text: "<!channel> & \u{1b}[31m".into(),
            seq: 1,
            hash: "00".into(),
        };
        let body = record_body(&record).to_string();
        assert!(
            body.contains("&lt;!channel&gt; &amp; &lt;U+001B&gt;[31m"),
            "{body}"
        );
    }
}
