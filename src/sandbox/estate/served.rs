//! What the company's buckets have beside access and protection: where their logs and events go, and
//! how they are served. Good ones, and the faults among them.

use s3s::dto;
use serde_json::{Value, json};

use crate::sandbox::{
    SandboxOptions,
    state::{Acceleration, BucketSettings},
};

/// The log bucket of each region.
pub(super) const LOG_BUCKETS: [(&str, &str); 3] = [
    ("us-east-1", "acme-access-logs"),
    ("eu-west-1", "acme-access-logs-eu"),
    ("us-west-2", "acme-access-logs-usw2"),
];

/// How a bucket of the company that nobody objects to logs and tells what happens in it.
pub(super) fn compliant(settings: &mut BucketSettings, region: &str, bucket: &str) {
    let target = LOG_BUCKETS.iter().find(|(there, _)| *there == region);
    settings.logging = target.map(|(_, target)| logs_to(target, &format!("{bucket}/")));
    settings.notification.event_bridge_configuration = Some(dto::EventBridgeConfiguration {});
}

/// A bucket that takes the logs of all others of its account: it has none itself.
pub(super) fn log_bucket(settings: &mut BucketSettings, options: &SandboxOptions, bucket: &str) {
    settings.logging = None;
    take_logs(settings, options, bucket);
}

fn take_logs(settings: &mut BucketSettings, options: &SandboxOptions, bucket: &str) {
    let statement = json!({
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
        "Condition": { "StringEquals": { "aws:SourceAccount": options.owner.account } }
    });
    allow(settings, statement);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// CloudTrail writes here; no fault by itself.
    Trail,
    NoLogging,
    LogsToItself,
    /// To a bucket of another team.
    ForeignLogs,
    /// Everyone may read the log objects, by grants from before the log bucket's ACLs were disabled.
    PublicLogs,
    NoEvents,
    /// One queue in a stranger's account, beside what is the company's own.
    StrangersQueue,
    /// With a redirect to a host without TLS.
    Website,
    WritableFromEverywhere,
    CredentialsEverywhere,
    PlainHttpOrigin,
    Accelerated,
    RequesterPays,
}

impl Served {
    pub(super) fn put(self, settings: &mut BucketSettings, options: &SandboxOptions, bucket: &str) {
        let account = &options.owner.account;
        match self {
            Self::Trail => allow(
                settings,
                json!({
                    "Sid": "TrailWrites",
                    "Effect": "Allow",
                    "Principal": { "Service": "cloudtrail.amazonaws.com" },
                    "Action": "s3:PutObject",
                    "Resource": format!("arn:aws:s3:::{bucket}/AWSLogs/{account}/*"),
                    "Condition": { "StringEquals": {
                        "s3:x-amz-acl": "bucket-owner-full-control",
                        "aws:SourceArn": format!("arn:aws:cloudtrail:{}:{account}:trail/acme", options.region),
                    } }
                }),
            ),
            Self::NoLogging => settings.logging = None,
            Self::LogsToItself => {
                take_logs(settings, options, bucket);
                settings.logging = Some(logs_to(bucket, "logs/"));
            }
            Self::ForeignLogs => {
                settings.logging = Some(logs_to("acme-staging-partner-feed", "logs/"));
            }
            Self::PublicLogs => {
                let everybody = dto::Grantee {
                    display_name: None,
                    email_address: None,
                    id: None,
                    type_: dto::Type::from_static(dto::Type::GROUP),
                    uri: Some("http://acs.amazonaws.com/groups/global/AllUsers".to_owned()),
                };
                settings.logging = settings.logging.take().map(|logging| dto::LoggingEnabled {
                    target_grants: Some(vec![dto::TargetGrant {
                        grantee: Some(everybody),
                        permission: Some("READ".to_owned().into()),
                    }]),
                    ..logging
                });
            }
            Self::NoEvents => settings.notification = dto::NotificationConfiguration::default(),
            Self::StrangersQueue => {
                let queue = |owner: &str, id: &str, event: &str| dto::QueueConfiguration {
                    events: vec![event.to_owned().into()],
                    filter: None,
                    id: Some(id.to_owned()),
                    queue_arn: format!("arn:aws:sqs:{}:{owner}:{id}", options.region),
                };
                settings.notification.queue_configurations = Some(vec![
                    queue(account.as_str(), "thumbnails", "s3:ObjectCreated:*"),
                    queue("999988887777", "former-contractor", "s3:ObjectRemoved:*"),
                ]);
            }
            Self::Website => settings.website = Some(website()),
            Self::WritableFromEverywhere => {
                settings.cors = vec![
                    cors(&["GET", "PUT"], &["*"]),
                    cors(&["GET", "PUT", "DELETE"], &["https://app.acme.com"]),
                ];
            }
            Self::CredentialsEverywhere => settings.cors = vec![cors(&["GET"], &["https://*"])],
            Self::PlainHttpOrigin => {
                let origins = ["http://www.staging.acme.com", "http://localhost:3000"];
                settings.cors = vec![cors(&["GET", "HEAD"], &origins)];
            }
            Self::Accelerated => settings.accelerate = Some(Acceleration::Enabled),
            Self::RequesterPays => settings.requester_pays = true,
        }
    }
}

fn logs_to(target: &str, prefix: &str) -> dto::LoggingEnabled {
    dto::LoggingEnabled {
        target_bucket: target.to_owned(),
        target_grants: None,
        target_object_key_format: None,
        target_prefix: prefix.to_owned(),
    }
}

fn website() -> dto::WebsiteConfiguration {
    dto::WebsiteConfiguration {
        error_document: Some(dto::ErrorDocument {
            key: "404.html".to_owned(),
        }),
        index_document: Some(dto::IndexDocument {
            suffix: "index.html".to_owned(),
        }),
        redirect_all_requests_to: None,
        routing_rules: Some(vec![dto::RoutingRule {
            condition: Some(dto::Condition {
                http_error_code_returned_equals: None,
                key_prefix_equals: Some("press/".to_owned()),
            }),
            redirect: dto::Redirect {
                host_name: Some("press.acme.com".to_owned()),
                protocol: Some(dto::Protocol::from_static(dto::Protocol::HTTP)),
                replace_key_prefix_with: Some(String::new()),
                ..dto::Redirect::default()
            },
        }]),
    }
}

fn cors(methods: &[&str], origins: &[&str]) -> dto::CORSRule {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    dto::CORSRule {
        allowed_headers: None,
        allowed_methods: texts(methods),
        allowed_origins: texts(origins),
        expose_headers: None,
        id: None,
        max_age_seconds: Some(3_000),
    }
}

/// Adds a statement to the policy, which may be missing.
fn allow(settings: &mut BucketSettings, statement: Value) {
    let text = settings.policy.as_deref().unwrap_or("{}");
    let mut policy: Value = serde_json::from_str(text).unwrap_or_default();
    let mut statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    statements.push(statement);
    policy["Version"] = json!("2012-10-17");
    policy["Statement"] = Value::Array(statements);
    settings.policy = Some(policy.to_string());
}
