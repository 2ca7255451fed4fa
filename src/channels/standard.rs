//! [Standard Webhooks 1.0.0](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
//! what is sent says when and by whom, and a receiver checks both with any library of that name.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{Asking, Record};
use crate::{
    config::SigningKey,
    domain::{Stamp, time},
};

/// The id that stays the same over retries. What is signed is joined by dots, so it has none.
pub(super) fn id(id: &str) -> String {
    id.replace('.', "_")
}

/// `v1,…` for each key, the newest first as the config has them.
pub(super) fn signatures(
    keys: &[SigningKey],
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Result<String, String> {
    let one = |key: &SigningKey| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal())
            .map_err(|_| "its signing secret can't be used".to_owned())?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!(
            "v1,{}",
            STANDARD.encode(mac.finalize().into_bytes())
        ))
    };
    let signatures: Result<Vec<_>, String> = keys.iter().map(one).collect();
    Ok(signatures?.join(" "))
}

pub(super) fn record(record: &Record) -> Value {
    let fields = record.fields.iter();
    let fields: Map<_, _> = fields
        .map(|(label, value)| ((*label).to_owned(), json!(value)))
        .collect();
    json!({
        "type": record.kind,
        "timestamp": time::rfc3339(record.at),
        "data": {
            "subject": record.subject,
            "title": record.title,
            "text": record.text,
            "fields": fields,
            "ledger": { "seq": record.seq, "hash": record.hash },
        },
    })
}

pub(super) fn asking(asking: &Asking, now: Stamp) -> Value {
    json!({
        "type": "approval.requested",
        "timestamp": time::rfc3339(now),
        "data": {
            "subject": asking.change.to_string(),
            "text": asking.text,
            "warning": asking.warning,
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The vector that the specification's own libraries are tested with:
    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/rust/src/lib.rs>
    #[test]
    fn the_published_vector_is_signed_as_published() {
        let key = SigningKey::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = signatures(
            &[key],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            body,
        );
        assert_eq!(
            signed.as_deref(),
            Ok("v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=")
        );
    }
}
