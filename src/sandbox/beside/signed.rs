//! Signatures of requests that the protocol library of the S3 side does not take:
//! [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
//! in the header. Signed addresses are not imitated here.

use hmac::{Hmac, Mac};
use hyper::{HeaderMap, http::request::Parts};
use sha2::Sha256;

use super::header;
use crate::domain::Digest;

pub(super) struct Signature<'a> {
    pub access_key: &'a str,
    pub region: &'a str,
    date: &'a str,
    service: &'a str,
    /// The names of the headers that are signed, sorted.
    headers: &'a str,
    hex: &'a str,
}

impl<'a> Signature<'a> {
    /// `None` where there is none, or one of another kind.
    pub(super) fn of(headers: &'a HeaderMap) -> Option<Self> {
        let fields = header(headers, "authorization").strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field = |name: &str| {
            let mut fields = fields.split(',').filter_map(|it| it.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let [access_key, date, region, service, "aws4_request"] = scope[..] else {
            return None;
        };
        Some(Self {
            access_key,
            region,
            date,
            service,
            headers: field("SignedHeaders")?,
            hex: field("Signature")?,
        })
    }

    /// Whether the request is as it was when it was signed with this secret.
    pub(super) fn fits(&self, head: &Parts, body: &[u8], secret: &str) -> bool {
        let scope = [self.date, self.region, self.service, "aws4_request"];
        let request = Digest::of(self.canonical(head, body));
        let at = header(&head.headers, "x-amz-date");
        let text = format!("AWS4-HMAC-SHA256\n{at}\n{}\n{request}", scope.join("/"));
        let key = scope
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
                mac(&key, part)
            });
        let hex: Vec<_> = mac(&key, &text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        hex.concat() == self.hex
    }

    fn canonical(&self, head: &Parts, body: &[u8]) -> String {
        let mut query: Vec<_> = head.uri.query().unwrap_or_default().split('&').collect();
        query.sort_unstable();
        let lines = self.headers.split(';').map(|name| {
            let value = header(&head.headers, name).split_whitespace();
            format!("{name}:{}\n", value.collect::<Vec<_>>().join(" "))
        });
        let headers = lines.collect::<Vec<_>>().concat();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            head.method,
            head.uri.path(),
            query.join("&"),
            self.headers,
            Digest::of(body)
        )
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // Any length of key will do, so this is never an error.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
