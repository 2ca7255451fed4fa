//! Static website hosting: an endpoint of its own, which speaks plain HTTP only. S3 takes the first
//! routing rule that matches, so their order is kept.
//!
//! An empty text is no missing one here: an empty `ReplaceKeyPrefixWith` takes a prefix away. So views
//! show what is missing as null where an empty text would mean something.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    Condition as SdkCondition, ErrorDocument as SdkErrorDocument,
    IndexDocument as SdkIndexDocument, Protocol, Redirect as SdkRedirect, RedirectAllRequestsTo,
    RoutingRule as SdkRoutingRule, WebsiteConfiguration,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Website {
    #[serde(skip_serializing_if = "Option::is_none")]
    index_document: Option<Index>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_document: Option<ErrorKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_all_requests_to: Option<RedirectAll>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    routing_rules: Vec<RoutingRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Index {
    suffix: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ErrorKey {
    key: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RedirectAll {
    host_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RoutingRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    redirect: Redirect,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    http_error_code_returned_equals: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_prefix_equals: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Redirect {
    #[serde(skip_serializing_if = "Option::is_none")]
    host_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_redirect_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_key_prefix_with: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_key_with: Option<String>,
}

impl Website {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// Without what a view fills in.
    fn document(mut self) -> Result<Document, String> {
        let filled = shape::filled;
        self.index_document = self.index_document.filter(|it| !it.suffix.is_empty());
        self.error_document = self.error_document.filter(|it| !it.key.is_empty());
        let all = self.redirect_all_requests_to.take();
        let all = all.filter(|it| !it.host_name.is_empty());
        self.redirect_all_requests_to = all.map(|it| RedirectAll {
            protocol: filled(it.protocol),
            ..it
        });
        for rule in &mut self.routing_rules {
            let condition = rule.condition.take().map(|it| Condition {
                http_error_code_returned_equals: filled(it.http_error_code_returned_equals),
                ..it
            });
            rule.condition = condition.filter(|it| *it != Condition::default());
            let redirect = std::mem::take(&mut rule.redirect);
            rule.redirect = Redirect {
                host_name: filled(redirect.host_name),
                http_redirect_code: filled(redirect.http_redirect_code),
                protocol: filled(redirect.protocol),
                ..redirect
            };
        }
        if self == Self::default() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(
            self.index_document
                .iter()
                .map(|it| format!("index: {}", it.suffix)),
        );
        lines.extend(
            self.error_document
                .iter()
                .map(|it| format!("error: {}", it.key)),
        );
        lines.extend(self.redirect_all_requests_to.iter().map(RedirectAll::line));
        let rules = self.routing_rules.iter().enumerate();
        lines.extend(rules.map(|(at, rule)| rule.line(at)));
        lines
    }
}

/// Whether a redirect leads to another host without TLS. Where no protocol is said it is that of the
/// request, and website endpoints know plain HTTP only; which is also why one of them can't be
/// redirected to with TLS.
fn plain(protocol: Option<&str>, host: &str) -> bool {
    let endpoint = host.contains(".s3-website");
    !host.is_empty() && !endpoint && protocol.is_none_or(|protocol| protocol == "http")
}

impl RedirectAll {
    fn line(&self) -> String {
        let protocol = self.protocol.as_deref().unwrap_or("the request's protocol");
        format!("every request goes to {} by {protocol}", self.host_name)
    }

    fn view(&self) -> Value {
        json!({
            "HostName": self.host_name,
            "Protocol": self.protocol.as_deref().unwrap_or_default(),
            "plain_http": plain(self.protocol.as_deref(), &self.host_name),
            "line": if self.host_name.is_empty() { String::new() } else { self.line() },
        })
    }
}

impl RoutingRule {
    fn line(&self, at: usize) -> String {
        let Redirect {
            host_name,
            protocol,
            ..
        } = &self.redirect;
        let host = host_name.as_deref().unwrap_or("the same host");
        let protocol = protocol.as_deref().unwrap_or("the request's protocol");
        format!("routing rule {}: to {host} by {protocol}", at + 1)
    }

    fn view(&self, at: usize) -> Value {
        let condition = self.condition.clone().unwrap_or_default();
        let redirect = &self.redirect;
        let host = redirect.host_name.as_deref().unwrap_or_default();
        json!({
            "Condition": {
                "HttpErrorCodeReturnedEquals":
                    condition.http_error_code_returned_equals.unwrap_or_default(),
                "KeyPrefixEquals": condition.key_prefix_equals,
            },
            "Redirect": {
                "HostName": host,
                "HttpRedirectCode": redirect.http_redirect_code.as_deref().unwrap_or_default(),
                "Protocol": redirect.protocol.as_deref().unwrap_or_default(),
                "ReplaceKeyPrefixWith": redirect.replace_key_prefix_with,
                "ReplaceKeyWith": redirect.replace_key_with,
            },
            "plain_http": plain(redirect.protocol.as_deref(), host),
            "line": self.line(at),
        })
    }
}

pub struct WebsiteHosting;

#[async_trait]
impl Setting for WebsiteHosting {
    fn name(&self) -> &'static str {
        "website"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketWebsite", get_bucket_website);
        let not_set = "NoSuchWebsiteConfiguration";
        call::read("GetBucketWebsite", not_set, answer, |output| {
            let rules = output.routing_rules.unwrap_or_default();
            let all = output.redirect_all_requests_to;
            let website = Website {
                index_document: output.index_document.map(|it| Index { suffix: it.suffix }),
                error_document: output.error_document.map(|it| ErrorKey { key: it.key }),
                redirect_all_requests_to: all.map(|it| RedirectAll {
                    host_name: it.host_name,
                    protocol: it.protocol.map(|it| it.as_str().to_owned()),
                }),
                routing_rules: rules.into_iter().map(from_sdk).collect(),
            };
            website.document()
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let Some(value) = step.to.value() else {
            let answer = s3!(bucket, "DeleteBucketWebsite", delete_bucket_website);
            return answer.map(Written::from);
        };
        let website = shape::typed(value.clone())
            .and_then(to_sdk)
            .map_err(|message| CallError::unfit("PutBucketWebsite", message))?;
        s3!(
            bucket,
            "PutBucketWebsite",
            put_bucket_website,
            website_configuration(website)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-website", bucket)
        } else {
            Command::s3api("put-bucket-website", bucket)
                .with("--website-configuration", format!("file://{file}"))
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        vec![
            "visitors, caches and search engines keep what the website answered meanwhile"
                .to_owned(),
        ]
    }

    /// Beside the CLI's fields: `on`; `redirects`, whether it is a redirect of everything; its
    /// `protocol`; and `line` and `plain_http` (to another host, without TLS) of each redirect.
    fn view(&self, document: &Document) -> Value {
        let website = Website::of(document);
        let all = website.redirect_all_requests_to.unwrap_or_default();
        let rules = website.routing_rules.iter().enumerate();
        json!({
            "on": !document.is_absent(),
            "redirects": !all.host_name.is_empty(),
            "protocol": all.protocol.as_deref().unwrap_or_default(),
            "IndexDocument": {"Suffix": website.index_document.map(|it| it.suffix).unwrap_or_default()},
            "ErrorDocument": {"Key": website.error_document.map(|it| it.key).unwrap_or_default()},
            "RedirectAllRequestsTo": all.view(),
            "RoutingRules": rules.map(|(at, rule)| rule.view(at)).collect::<Vec<_>>(),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let website: Website = shape::typed(shape::without_derived(value))?;
        website.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines = Website::of(document).lines();
        Summary {
            noun: "website parts".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let lines = Website::of(document).lines();
        if lines.is_empty() {
            return vec!["website returns nothing set".to_owned()];
        }
        let count = shape::counted(lines.len(), "part");
        std::iter::once(format!("website returns {count}"))
            .chain(lines)
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |name, text| {
            text.trim().is_empty() && ["routingrules", "protocol", "hostname"].contains(&name)
        })
    }
}

fn from_sdk(rule: SdkRoutingRule) -> RoutingRule {
    let redirect = rule.redirect;
    RoutingRule {
        condition: rule.condition.map(|condition| Condition {
            http_error_code_returned_equals: condition.http_error_code_returned_equals,
            key_prefix_equals: condition.key_prefix_equals,
        }),
        redirect: redirect.map_or_else(Redirect::default, |redirect| Redirect {
            host_name: redirect.host_name,
            http_redirect_code: redirect.http_redirect_code,
            protocol: redirect.protocol.map(|it| it.as_str().to_owned()),
            replace_key_prefix_with: redirect.replace_key_prefix_with,
            replace_key_with: redirect.replace_key_with,
        }),
    }
}

fn to_sdk(website: Website) -> Result<WebsiteConfiguration, String> {
    let protocol = |word: Option<String>| word.map(|word| Protocol::from(word.as_str()));
    let fault = |error: aws_sdk_s3::error::BuildError| error.to_string();
    let index = website.index_document;
    let index = index.map(|it| SdkIndexDocument::builder().suffix(it.suffix).build());
    let error = website.error_document;
    let error = error.map(|it| SdkErrorDocument::builder().key(it.key).build());
    let all = website.redirect_all_requests_to.map(|it| {
        RedirectAllRequestsTo::builder()
            .host_name(it.host_name)
            .set_protocol(protocol(it.protocol))
            .build()
    });
    let rules = website.routing_rules.into_iter().map(|rule| {
        let condition = rule.condition.map(|condition| {
            SdkCondition::builder()
                .set_http_error_code_returned_equals(condition.http_error_code_returned_equals)
                .set_key_prefix_equals(condition.key_prefix_equals)
                .build()
        });
        let redirect = SdkRedirect::builder()
            .set_host_name(rule.redirect.host_name)
            .set_http_redirect_code(rule.redirect.http_redirect_code)
            .set_protocol(protocol(rule.redirect.protocol))
            .set_replace_key_prefix_with(rule.redirect.replace_key_prefix_with)
            .set_replace_key_with(rule.redirect.replace_key_with)
            .build();
        SdkRoutingRule::builder()
            .set_condition(condition)
            .redirect(redirect)
            .build()
    });
    let rules: Vec<_> = rules.collect();
    Ok(WebsiteConfiguration::builder()
        .set_index_document(index.transpose().map_err(fault)?)
        .set_error_document(error.transpose().map_err(fault)?)
        .set_redirect_all_requests_to(all.transpose().map_err(fault)?)
        .set_routing_rules((!rules.is_empty()).then_some(rules))
        .build())
}
