//! CORS rules: which pages' scripts a browser lets read and write the bucket. S3 takes the first rule
//! that matches, so their order is kept; within a rule methods, origins and headers are sets.

use std::{collections::BTreeSet, net::Ipv4Addr};

use async_trait::async_trait;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    #[serde(rename = "CORSRules")]
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_headers: Vec<String>,
    #[serde(default)]
    allowed_methods: Vec<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expose_headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<i32>,
}

/// Methods by which a page's script changes something.
const WRITES: [&str; 3] = ["PUT", "POST", "DELETE"];

impl Configuration {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    fn document(mut self) -> Result<Document, String> {
        for (at, rule) in self.rules.iter_mut().enumerate() {
            rule.id = shape::filled(rule.id.take());
            for list in [
                &mut rule.allowed_headers,
                &mut rule.allowed_methods,
                &mut rule.allowed_origins,
                &mut rule.expose_headers,
            ] {
                list.sort();
            }
            if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
                return Err(format!("CORS rule {} has no method or no origin", at + 1));
            }
        }
        if self.rules.is_empty() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn lines(&self) -> Vec<String> {
        let rules = self.rules.iter().enumerate();
        rules.map(|(at, rule)| rule.line(at)).collect()
    }
}

impl Rule {
    fn line(&self, at: usize) -> String {
        let name = match &self.id {
            Some(id) => format!("rule {} ({id})", at + 1),
            None => format!("rule {}", at + 1),
        };
        format!(
            "{name}: {} from {}",
            self.allowed_methods.join(" "),
            self.allowed_origins.join(" ")
        )
    }

    fn origins(&self, which: fn(&str) -> bool) -> Vec<&str> {
        let origins = self.allowed_origins.iter().map(String::as_str);
        origins.filter(|origin| which(origin)).collect()
    }

    /// The origins without TLS as they would be with it, each once.
    fn with_tls(&self) -> BTreeSet<String> {
        let plain = self.origins(plain_http).into_iter();
        plain
            .filter_map(|origin| without_tls(origin).map(|host| format!("https://{host}")))
            .collect()
    }

    fn view(&self, at: usize) -> Value {
        let writes = |method: &&String| WRITES.contains(&method.as_str());
        json!({
            "ID": self.id.as_deref().unwrap_or_default(),
            "AllowedHeaders": self.allowed_headers,
            "AllowedMethods": self.allowed_methods,
            "AllowedOrigins": self.allowed_origins,
            "ExposeHeaders": self.expose_headers,
            "MaxAgeSeconds": self.max_age_seconds,
            "origins_any": self.allowed_origins.iter().any(|origin| origin == "*"),
            "origins_echoed": self.origins(any_host),
            "plain_http": self.origins(plain_http),
            "with_tls": self.with_tls(),
            "headers_any": self.allowed_headers.iter().any(|header| header == "*"),
            "writes": self.allowed_methods.iter().filter(writes).collect::<Vec<_>>(),
            "line": self.line(at),
        })
    }
}

/// `https://*`, `http*`, `*:8443`: every host, and yet not the plain `*`. S3 answers such a rule with
/// the caller's own origin and with `Access-Control-Allow-Credentials`.
fn any_host(origin: &str) -> bool {
    let Some((before, after)) = origin.split_once('*') else {
        return false;
    };
    let port = |text: &str| {
        let digits = text.strip_prefix(':');
        digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let schemes = ["https://", "http://"];
    origin != "*"
        && (before.is_empty() || schemes.iter().any(|scheme| scheme.starts_with(before)))
        && (after.is_empty() || port(after))
}

/// The host, with its port, of an origin that a page without TLS may have: `http://…`, or a pattern
/// whose star stands in the scheme's place, such as `*.example.com` or `http*://example.com`. Every
/// host in another spelling ([`any_host`]) is told apart by that.
fn without_tls(origin: &str) -> Option<String> {
    if let Some(host) = origin.strip_prefix("http://") {
        return Some(host.to_owned());
    }
    let (before, after) = origin.split_once('*')?;
    if !"http://".starts_with(before) || origin == "*" || any_host(origin) {
        return None;
    }
    let in_scheme = after.split_once("//").map(|(_, host)| host);
    let host = in_scheme.or_else(|| after.strip_prefix('/'));
    Some(host.map_or_else(|| format!("*{after}"), str::to_owned))
}

/// An origin without TLS. The reader's own machine is no network.
fn plain_http(origin: &str) -> bool {
    let Some(host) = without_tls(origin) else {
        return false;
    };
    let host = host.split(':').next().unwrap_or_default();
    let loopback = host
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback());
    !(loopback || host == "localhost" || host.ends_with(".localhost"))
}

pub struct Cors;

#[async_trait]
impl Setting for Cors {
    fn name(&self) -> &'static str {
        "cors"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketCors", get_bucket_cors);
        call::read(
            "GetBucketCors",
            "NoSuchCORSConfiguration",
            answer,
            |output| {
                let rules = output.cors_rules.unwrap_or_default();
                let configuration = Configuration {
                    rules: rules.into_iter().map(from_sdk).collect(),
                };
                configuration.document()
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let Some(value) = step.to.value() else {
            let answer = s3!(bucket, "DeleteBucketCors", delete_bucket_cors);
            return answer.map(Written::from);
        };
        let configuration = shape::typed(value.clone())
            .and_then(to_sdk)
            .map_err(|message| CallError::unfit("PutBucketCors", message))?;
        s3!(
            bucket,
            "PutBucketCors",
            put_bucket_cors,
            cors_configuration(configuration)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-cors", bucket)
        } else {
            Command::s3api("put-bucket-cors", bucket)
                .with("--cors-configuration", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        vec!["browsers keep an answer about a rule for up to its MaxAgeSeconds".to_owned()]
    }

    /// Each rule with `line`, `writes` (its methods that write), `origins_any` (`*`),
    /// `origins_echoed` (every host in another spelling), `plain_http` (origins without TLS),
    /// `with_tls` (the same with it) and `headers_any`; `MaxAgeSeconds` is null where nothing is said.
    fn view(&self, document: &Document) -> Value {
        let rules = Configuration::of(document).rules;
        let rules = rules.iter().enumerate();
        json!({"CORSRules": rules.map(|(at, rule)| rule.view(at)).collect::<Vec<_>>()})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let configuration: Configuration = shape::typed(shape::without_derived(value))?;
        configuration.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let configuration = Configuration::of(document);
        Summary {
            noun: "CORS rules".to_owned(),
            count: configuration.rules.len(),
            lines: configuration.lines(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let configuration = Configuration::of(document);
        let count = shape::counted(configuration.rules.len(), "rule");
        let mut lines = vec![format!("cors returns {count}")];
        lines.extend(configuration.lines());
        lines
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        const RENAMED: [(&str, &str); 4] = [
            ("allowedheader", "allowedheaders"),
            ("allowedmethod", "allowedmethods"),
            ("allowedorigin", "allowedorigins"),
            ("exposeheader", "exposeheaders"),
        ];
        fidelity::compare_renamed_xml(read, &RENAMED, |name, text| name == "id" && text.is_empty())
    }
}

fn from_sdk(rule: CorsRule) -> Rule {
    Rule {
        id: rule.id,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    }
}

fn to_sdk(configuration: Configuration) -> Result<CorsConfiguration, String> {
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    let rules = configuration
        .rules
        .into_iter()
        .map(|rule| {
            CorsRule::builder()
                .set_id(rule.id)
                .set_allowed_headers(some(rule.allowed_headers))
                .set_allowed_methods(Some(rule.allowed_methods))
                .set_allowed_origins(Some(rule.allowed_origins))
                .set_expose_headers(some(rule.expose_headers))
                .set_max_age_seconds(rule.max_age_seconds)
                .build()
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    CorsConfiguration::builder()
        .set_cors_rules(Some(rules))
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_is_found_in_its_other_spellings() {
        for origin in [
            "https://*",
            "http://*",
            "http*",
            "https:*",
            "*:8443",
            "https://*:443",
        ] {
            assert!(any_host(origin), "{origin}");
        }
        for origin in [
            "*",
            "https://*.acme.com",
            "https://acme.com",
            "*.acme.com",
            "https://app-*",
        ] {
            assert!(!any_host(origin), "{origin}");
        }
    }

    #[test]
    fn a_star_in_the_place_of_the_scheme_lets_in_pages_without_tls() {
        for (origin, host) in [
            ("http://shop.acme.com", Some("shop.acme.com")),
            ("*.acme.com", Some("*.acme.com")),
            ("*acme.com:8080", Some("*acme.com:8080")),
            ("http*.acme.com", Some("*.acme.com")),
            ("http*://acme.com", Some("acme.com")),
            ("*://acme.com", Some("acme.com")),
            ("http:/*/acme.com", Some("acme.com")),
            ("https://*.acme.com", None),
            ("acme.com", None),
            ("*", None),
            ("http*", None),
            ("*:8443", None),
        ] {
            assert_eq!(without_tls(origin).as_deref(), host, "{origin}");
        }
    }

    #[test]
    fn the_readers_own_machine_is_no_network() {
        assert!(plain_http("http://shop.acme.com"));
        assert!(plain_http("http://localhost.acme.com"));
        assert!(plain_http("http://127.acme.com"));
        assert!(!plain_http("*.localhost:3000"));
        for origin in [
            "https://shop.acme.com",
            "http://localhost:3000",
            "http://127.0.0.1",
            "*",
        ] {
            assert!(!plain_http(origin), "{origin}");
        }
    }
}
