//! One POST over HTTPS, and what its answer means.
//!
//! No redirect is followed, and no name that leads to a metadata or link-local address is connected
//! to, so that neither a receiver nor its DNS can have this machine ask for its own credentials.

use std::time::{Duration, SystemTime};

use ureq::{
    Agent, Error,
    config::Config,
    http::{Uri, header::RETRY_AFTER},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use super::{Extent, Fault};
use crate::{config::forbidden, domain::Stamp};

/// From the first lookup to the last byte.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Posts JSON. The headers come beside `content-type` and `user-agent`.
pub(super) fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    now: Stamp,
) -> Result<(), Fault> {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("sixfold/", env!("CARGO_PKG_VERSION")))
        .build();
    let mut request = guarded(config)
        .post(url)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // An error of the transport may quote the address; its kind is enough.
    let answer = request
        .send(body)
        .map_err(|error| Fault::of_channel(kind(&error).to_owned()))?;
    let status = answer.status().as_u16();
    if answer.status().is_success() {
        return Ok(());
    }
    let wait = answer.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|value| retry_after(value.to_str().ok()?, now));
    Err(answered(status, wait))
}

/// What a status that is no success says, after the [specification of Standard
/// Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#delivery-success-and-failure).
fn answered(status: u16, retry_after: Option<Duration>) -> Fault {
    let (extent, more) = match status {
        410 => (Extent::Dead, ", gone for good"),
        429 | 502..=504 => (Extent::Throttled, ""),
        300..=399 => (Extent::Channel, ", a redirect, which is not followed"),
        400 | 413 | 422 => (Extent::Message, ""),
        _ => (Extent::Channel, ""),
    };
    Fault {
        cause: format!("answered {status}{more}"),
        extent,
        retry_after,
    }
}

/// Seconds, or a [date](https://www.rfc-editor.org/rfc/rfc9110#name-retry-after).
fn retry_after(value: &str, now: Stamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    // One that is over means at once.
    Some(at.duration_since(SystemTime::from(now)).unwrap_or_default())
}

/// An agent that goes nowhere where nothing is sent to.
pub(super) fn guarded(config: Config) -> Agent {
    Agent::with_parts(config, DefaultConnector::default(), Guarded::default())
}

pub(super) const fn kind(error: &Error) -> &'static str {
    match error {
        Error::Timeout(_) => "no answer in time",
        Error::HostNotFound => "host not found",
        Error::Tls(_) | Error::Rustls(_) => "the TLS connection failed",
        Error::BadUri(_) => "its url is not one",
        Error::Other(_) => "its name leads to an address that nothing is sent to",
        _ => "no connection",
    }
}

/// Looks a name up as ever, and refuses where it leads astray.
#[derive(Debug, Default)]
struct Guarded(DefaultResolver);

#[derive(Debug, thiserror::Error)]
#[error("a forbidden address")]
struct Forbidden;

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        if found.iter().any(|address| forbidden(address.ip())) {
            return Err(Error::Other(Box::new(Forbidden)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_receiver_may_say_when_in_seconds_or_by_a_date() {
        let now: Stamp = "2026-04-15T03:14:02Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 15 Apr 2026 03:15:02 GMT", Some(60)),
            ("Wed, 15 Apr 2026 03:00:00 GMT", Some(0)),
            ("-3", None),
            ("soon", None),
            ("", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(value, now), expected, "{value}");
        }
    }

    #[test]
    fn each_status_says_whether_the_message_or_the_channel_failed() {
        for (status, extent) in [
            (301, Extent::Channel),
            (400, Extent::Message),
            (401, Extent::Channel),
            (404, Extent::Channel),
            (410, Extent::Dead),
            (413, Extent::Message),
            (429, Extent::Throttled),
            (500, Extent::Channel),
            (502, Extent::Throttled),
            (503, Extent::Throttled),
            (504, Extent::Throttled),
        ] {
            assert_eq!(answered(status, None).extent, extent, "{status}");
        }
    }

    #[test]
    fn a_name_that_leads_to_the_machines_credentials_is_not_asked() {
        let now = Stamp::default();
        let fault = post("http://169.254.169.254:1/latest", &[], b"{}", now).unwrap_err();
        assert!(fault.cause.contains("nothing is sent to"), "{fault}");
    }
}
