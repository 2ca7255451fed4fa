//! What each setting makes of S3's own answers, and what it sends: the real SDK over a connector
//! that answers from a table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

use std::sync::{Arc, LazyLock, Mutex};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;

/// Answers from a list, the last answer for good, and keeps the requests: method, URI, headers and
/// body.
#[derive(Clone, Debug)]
struct Canned {
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
    seen: Seen,
}

type Seen = Arc<Mutex<Vec<String>>>;

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let header = |name: &'static str| request.headers().get(name).unwrap_or("-");
        let mut seen = self.seen.lock().unwrap();
        let answer = self.bodies[seen.len().min(self.bodies.len() - 1)];
        seen.push(format!(
            "{} {} owner={} acl={} skip={} size={} {}",
            request.method(),
            request.uri(),
            header("x-amz-expected-bucket-owner"),
            header("x-amz-acl"),
            header("x-amz-skip-destination-validation"),
            header("x-amz-transition-default-minimum-object-size"),
            String::from_utf8_lossy(body)
        ));
        drop(seen);
        if self.status == 0 {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            return HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())));
        }
        let mut response = HttpResponse::new(
            self.status.try_into().unwrap(),
            SdkBody::from(answer.as_bytes()),
        );
        let id = ("x-amz-request-id", "REQ1EXAMPLE");
        for (name, value) in std::iter::once(id).chain(self.header) {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn s3(status: u16, body: &'static str) -> (Client, Seen) {
    s3_that_answers(status, vec![body], None)
}

pub(super) fn s3_that_answers(
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
) -> (Client, Seen) {
    let (connector, seen) = connector(status, bodies, header);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "test"))
        .endpoint_url("http://127.0.0.1:1")
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (Client::from_conf(config), seen)
}

fn connector(
    status: u16,
    bodies: Vec<&'static str>,
    header: Option<(&'static str, &'static str)>,
) -> (SharedHttpConnector, Seen) {
    let seen = Arc::default();
    let canned = Canned {
        status,
        bodies,
        header,
        seen: Arc::clone(&seen),
    };
    (SharedHttpConnector::new(canned), seen)
}

/// A bucket without an account to ask.
pub(super) fn on<'a>(client: &'a Client, owner: Option<&'a str>) -> Bucket<'a> {
    static NOWHERE: LazyLock<aws_sdk_s3control::Client> = LazyLock::new(|| {
        let config =
            aws_sdk_s3control::Config::builder().behavior_version(BehaviorVersion::latest());
        aws_sdk_s3control::Client::from_conf(config.build())
    });
    Bucket {
        client,
        control: &NOWHERE,
        name: "b",
        owner,
    }
}

async fn read(setting: &str, status: u16, body: &'static str) -> Result<Read, CallError> {
    if by_name(setting).unwrap().scope() == Scope::Account || setting == "access_points" {
        // S3 Control wraps what S3 says as it is.
        let body = if body.starts_with("<Error>") {
            format!("<ErrorResponse>{body}</ErrorResponse>").leak()
        } else {
            body
        };
        return read_account(setting, status, body).await;
    }
    let (client, _) = s3(status, body);
    let bucket = on(&client, Some("123456789012"));
    by_name(setting).unwrap().read(bucket).await
}

async fn sent(setting: &str, target: Value) -> String {
    sent_from(setting, &Document::ABSENT, target).await
}

/// The one request that a step makes.
pub(super) async fn sent_from(setting: &str, from: &Document, target: Value) -> String {
    let (client, seen) = s3(200, "");
    let bucket = on(&client, Some("123456789012"));
    let target: Document = serde_json::from_value(target).unwrap();
    let written = by_name(setting)
        .unwrap()
        .write(bucket, Step::new(from, &target))
        .await;
    assert_eq!(
        written.unwrap().request_id.as_deref(),
        Some("REQ1EXAMPLE"),
        "{setting}"
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "{setting}: one write, one request");
    seen[0].clone()
}

const GROUP: &str = "http://acs.amazonaws.com/groups";

/// The walkthrough's ACL, with the grants in another order than the boxes print them.
const ACL_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><ID>0wner</ID><DisplayName>acme</DisplayName></Owner>
  <AccessControlList>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee><Permission>WRITE</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>0wner</ID><DisplayName>acme</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>
  </AccessControlList>
</AccessControlPolicy>"#;

fn acl() -> Value {
    json!({
        "Owner": {"ID": "0wner"},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "0wner"}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"Type": "Group", "URI": format!("{GROUP}/global/AllUsers")}, "Permission": "READ"},
            {"Grantee": {"Type": "Group", "URI": format!("{GROUP}/s3/LogDelivery")}, "Permission": "WRITE"},
        ],
    })
}

fn private_acl() -> Value {
    json!({"Owner": {"ID": "0wner"}, "Grants": [acl()["Grants"][0]]})
}

fn lock() -> Value {
    json!({"ObjectLockEnabled": "Enabled",
           "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}})
}

/// (setting, S3's body, the document it becomes)
pub(super) type Body = (&'static str, &'static str, Value);

fn bodies() -> Vec<Body> {
    let larger = [
        lifecycle::tests::bodies(),
        replication::tests::bodies(),
        by_id::tests::bodies(),
    ];
    small_bodies()
        .into_iter()
        .chain(larger.into_iter().flatten())
        .collect()
}

fn small_bodies() -> Vec<Body> {
    vec![
        ("acl", ACL_XML, acl()),
        (
            "public_access_block",
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
            json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
                   "BlockPublicPolicy": true, "RestrictPublicBuckets": false}),
        ),
        (
            "policy",
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root"]},"Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}]}"#,
            json!({"Version": "2012-10-17", "Statement": [{
                "Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"},
                "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*",
            }]}),
        ),
        (
            "ownership_controls",
            "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>\
             </OwnershipControls>",
            json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
        ),
        (
            "encryption",
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>key</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>\
             <BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>\
             </Rule></ServerSideEncryptionConfiguration>",
            json!({"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"},
                "BucketKeyEnabled": true,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            }]}),
        ),
        (
            "versioning",
            "<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>\
             </VersioningConfiguration>",
            json!({"Status": "Suspended"}),
        ),
        (
            "versioning",
            r#"<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#,
            json!({"absent": true}),
        ),
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>owner</Key><Value></Value></Tag>\
             <Tag><Key>env</Key><Value>a &amp; b</Value></Tag></TagSet></Tagging>",
            json!({"TagSet": [{"Key": "env", "Value": "a & b"}, {"Key": "owner", "Value": ""}]}),
        ),
        (
            "object_lock",
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
             <Mode>COMPLIANCE</Mode><Years>7</Years></DefaultRetention></Rule></ObjectLockConfiguration>",
            lock(),
        ),
        (
            "object_lock",
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
            json!({"ObjectLockEnabled": "Enabled"}),
        ),
        (
            "request_payment",
            "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
            json!({"Payer": "Requester"}),
        ),
        ("cors", CORS_XML, cors()),
        ("website", WEBSITE_XML, website()),
        (
            "website",
            "<WebsiteConfiguration><RedirectAllRequestsTo><HostName>acme.com</HostName>\
             <Protocol>http</Protocol></RedirectAllRequestsTo></WebsiteConfiguration>",
            json!({"RedirectAllRequestsTo": {"HostName": "acme.com", "Protocol": "http"}}),
        ),
        (
            "accelerate",
            "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>",
            json!({"Status": "Enabled"}),
        ),
        (
            "accelerate",
            r#"<AccelerateConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#,
            json!({"absent": true}),
        ),
        ("logging", LOGGING_XML, logging()),
        (
            "logging",
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix/>\
             <TargetGrants/><TargetObjectKeyFormat><SimplePrefix/></TargetObjectKeyFormat>\
             </LoggingEnabled></BucketLoggingStatus>",
            json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}),
        ),
        (
            "logging",
            r#"<BucketLoggingStatus xmlns="http://doc.s3.amazonaws.com/2006-03-01"/>"#,
            json!({"absent": true}),
        ),
        ("notification", NOTIFICATION_XML, notification()),
        (
            "notification",
            "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>",
            json!({"EventBridgeConfiguration": {}}),
        ),
        (
            "notification",
            "<NotificationConfiguration></NotificationConfiguration>",
            json!({"absent": true}),
        ),
    ]
}

const CORS_XML: &str = "<CORSConfiguration><CORSRule><ID>app</ID><AllowedMethod>PUT</AllowedMethod>\
    <AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://b.acme.com</AllowedOrigin>\
    <AllowedOrigin>*</AllowedOrigin><AllowedHeader>x-b</AllowedHeader><AllowedHeader>x-a</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>0</MaxAgeSeconds></CORSRule>\
    <CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>http://a.acme.com</AllowedOrigin></CORSRule>\
    </CORSConfiguration>";

/// The order of rules is theirs; within a rule there is none.
fn cors() -> Value {
    json!({"CORSRules": [
        {
            "ID": "app",
            "AllowedHeaders": ["x-a", "x-b"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedOrigins": ["*", "https://b.acme.com"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 0,
        },
        {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["http://a.acme.com"]},
    ]})
}

const WEBSITE_XML: &str = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
    <ErrorDocument><Key>error.html</Key></ErrorDocument><RoutingRules><RoutingRule>\
    <Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>\
    <Redirect><ReplaceKeyPrefixWith></ReplaceKeyPrefixWith></Redirect></RoutingRule><RoutingRule>\
    <Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>\
    <Redirect><Protocol>http</Protocol><HostName>acme.com</HostName><ReplaceKeyWith>x</ReplaceKeyWith>\
    <HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>";

/// The empty text of the first rule takes a prefix away, and is no missing one.
fn website() -> Value {
    json!({
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "error.html"},
        "RoutingRules": [
            {
                "Condition": {"KeyPrefixEquals": "old/"},
                "Redirect": {"ReplaceKeyPrefixWith": ""},
            },
            {
                "Condition": {"HttpErrorCodeReturnedEquals": "404"},
                "Redirect": {
                    "HostName": "acme.com", "HttpRedirectCode": "302", "Protocol": "http",
                    "ReplaceKeyWith": "x",
                },
            },
        ],
    })
}

const LOGGING_XML: &str = r#"<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket>
  <TargetPrefix>b/</TargetPrefix><TargetGrants>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>auditor</ID><DisplayName>audit</DisplayName></Grantee><Permission>READ</Permission></Grant>
  </TargetGrants><TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>
</LoggingEnabled></BucketLoggingStatus>"#;

fn logging() -> Value {
    json!({"LoggingEnabled": {
        "TargetBucket": "logs",
        "TargetPrefix": "b/",
        "TargetGrants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "auditor"}, "Permission": "READ"},
            {"Grantee": {"Type": "Group", "URI": format!("{GROUP}/global/AllUsers")}, "Permission": "READ"},
        ],
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }})
}

const NOTIFICATION_XML: &str = "<NotificationConfiguration><TopicConfiguration><Id>t</Id>\
    <Topic>arn:aws:sns:us-east-1:123456789012:t</Topic><Event>s3:ObjectRemoved:*</Event><Event>s3:ObjectCreated:Put</Event>\
    <Filter><S3Key><FilterRule><Name>Suffix</Name><Value>.csv</Value></FilterRule><FilterRule><Name>Prefix</Name><Value></Value>\
    </FilterRule></S3Key></Filter></TopicConfiguration><QueueConfiguration><Id>q</Id>\
    <Queue>arn:aws:sqs:us-east-1:999988887777:q</Queue><Event>s3:ObjectRestore:*</Event><Filter><S3Key/></Filter></QueueConfiguration>\
    <CloudFunctionConfiguration><Id>f</Id><CloudFunction>arn:aws:lambda:us-east-1:123456789012:function:f</CloudFunction>\
    <Event>s3:LifecycleExpiration:*</Event></CloudFunctionConfiguration><EventBridgeConfiguration/></NotificationConfiguration>";

fn notification() -> Value {
    json!({
        "TopicConfigurations": [{
            "Id": "t",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
            "Events": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"],
            "Filter": {"Key": {"FilterRules": [
                {"Name": "prefix", "Value": ""}, {"Name": "suffix", "Value": ".csv"}]}},
        }],
        "QueueConfigurations": [{
            "Id": "q",
            "QueueArn": "arn:aws:sqs:us-east-1:999988887777:q",
            "Events": ["s3:ObjectRestore:*"],
        }],
        "LambdaFunctionConfigurations": [{
            "Id": "f",
            "LambdaFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Events": ["s3:LifecycleExpiration:*"],
        }],
        "EventBridgeConfiguration": {},
    })
}

#[tokio::test]
async fn each_body_of_s3_becomes_one_document_that_holds_all_of_it() {
    for (name, body, document) in bodies() {
        let read = read(name, 200, body).await.unwrap();
        assert_eq!(read.document.to_json(), document, "{name}");
        assert_eq!(read.raw.as_deref(), Some(body), "{name}");
        assert_eq!(read.request_id.as_deref(), Some("REQ1EXAMPLE"), "{name}");
        assert_eq!(
            by_name(name).unwrap().representable(&read),
            Ok(()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_field_that_the_sdk_does_not_know_is_named_and_never_erased() {
    for (name, body) in [
        (
            "encryption",
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
             </ApplyServerSideEncryptionByDefault><NewThing><Deep>x</Deep></NewThing></Rule>\
             </ServerSideEncryptionConfiguration>",
        ),
        (
            "acl",
            r#"<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant Deep="x"><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>o</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"#,
        ),
        (
            "public_access_block",
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><Deep>x</Deep>\
             </PublicAccessBlockConfiguration>",
        ),
        (
            "versioning",
            "<VersioningConfiguration><Status>Enabled</Status><Deep>x</Deep></VersioningConfiguration>",
        ),
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><Deep>x</Deep></Tag></TagSet></Tagging>",
        ),
        (
            "ownership_controls",
            "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership><Deep>x</Deep></Rule></OwnershipControls>",
        ),
        (
            "object_lock",
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><Deep>x</Deep>\
             </Rule></ObjectLockConfiguration>",
        ),
        (
            "lifecycle",
            "<LifecycleConfiguration><Rule><ID>i</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days>\
             <Deep>x</Deep></Expiration></Rule></LifecycleConfiguration>",
        ),
        (
            "replication",
            "<ReplicationConfiguration><Role>arn:aws:iam::1:role/r</Role><Rule><ID>i</ID><Priority>1</Priority><Filter/>\
             <Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::d</Bucket><Deep>x</Deep></Destination></Rule>\
             </ReplicationConfiguration>",
        ),
        (
            "metrics",
            "<ListMetricsConfigurationsResult><MetricsConfiguration><Id>i</Id><Deep>x</Deep></MetricsConfiguration>\
             <IsTruncated>false</IsTruncated></ListMetricsConfigurationsResult>",
        ),
        (
            "request_payment",
            "<RequestPaymentConfiguration><Payer>Requester</Payer><Deep>x</Deep></RequestPaymentConfiguration>",
        ),
        (
            "cors",
            "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>\
             <Deep>x</Deep></CORSRule></CORSConfiguration>",
        ),
        (
            "website",
            "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule>\
             <Redirect><HostName>h</HostName><Deep>x</Deep></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>",
        ),
        (
            "accelerate",
            "<AccelerateConfiguration><Status>Enabled</Status><Deep>x</Deep></AccelerateConfiguration>",
        ),
        (
            "logging",
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>l</TargetBucket><TargetPrefix/><Deep>x</Deep>\
             </LoggingEnabled></BucketLoggingStatus>",
        ),
        (
            "notification",
            "<NotificationConfiguration><TopicConfiguration><Id>t</Id><Topic>arn:aws:sns:r:1:t</Topic>\
             <Event>s3:ObjectCreated:*</Event><Deep>x</Deep></TopicConfiguration></NotificationConfiguration>",
        ),
    ] {
        let read = read(name, 200, body).await.unwrap();
        let lost = by_name(name).unwrap().representable(&read).unwrap_err();
        assert_eq!(lost, ["`deep` = `x`"], "{name}");
    }
}

#[tokio::test]
async fn only_the_settings_own_code_means_not_set() {
    for (name, code) in [
        (
            "public_access_block",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        ("policy", "NoSuchBucketPolicy"),
        ("ownership_controls", "OwnershipControlsNotFoundError"),
        (
            "encryption",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        ("tagging", "NoSuchTagSet"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("object_lock", "ObjectLockConfigurationNotFoundError"),
        ("cors", "NoSuchCORSConfiguration"),
        ("website", "NoSuchWebsiteConfiguration"),
        ("accelerate", "UnsupportedArgument"),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>").leak();
        let absent = read(name, 404, body).await.unwrap();
        assert!(absent.document.is_absent(), "{name}");
        assert_eq!(absent.request_id.as_deref(), Some("REQ1EXAMPLE"), "{name}");
    }
    for setting in all() {
        let body = "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>";
        let error = read(setting.name(), 404, body).await.unwrap_err();
        assert_eq!(
            error.kind,
            CallErrorKind::NoSuchBucket,
            "{}",
            setting.name()
        );
        let body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        let error = read(setting.name(), 403, body).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Denied, "{}", setting.name());
        assert!(
            error
                .to_string()
                .ends_with(": AccessDenied (403): Access Denied"),
            "{error}"
        );
        let error = read(setting.name(), 503, "").await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Throttled, "{}", setting.name());
        let error = read(setting.name(), 200, "<Surprise/>").await;
        if let Err(error) = error {
            assert_eq!(error.code, "UnreadableAnswer", "{error}");
            assert!(!error.message.is_empty(), "{error}");
        }
        let error = read(setting.name(), 0, "").await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Unreachable, "{error}");
        assert_eq!(error.status, None);
    }
}

#[tokio::test]
async fn a_policy_that_says_two_things_at_once_is_not_read_as_one_of_them() {
    let body = r#"{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}"#;
    let error = read("policy", 200, body).await.unwrap_err();
    assert!(error.to_string().contains("twice"), "{error}");
}

#[tokio::test]
async fn a_write_sends_what_the_printed_command_says() {
    let owner = "owner=123456789012";
    for (name, target, parts) in [
        (
            "acl",
            private_acl(),
            vec!["PUT", "/b/?acl", "acl=private ", owner],
        ),
        (
            "acl",
            json!({"absent": true}),
            vec!["PUT", "/b/?acl", "acl=private "],
        ),
        (
            "acl",
            acl(),
            vec![
                "acl=- ",
                "AllUsers</URI>",
                "LogDelivery</URI>",
                "<ID>0wner</ID>",
                owner,
            ],
        ),
        (
            "public_access_block",
            bodies()[1].2.clone(),
            vec![
                "PUT",
                "publicAccessBlock",
                "<IgnorePublicAcls>false</IgnorePublicAcls>",
            ],
        ),
        (
            "public_access_block",
            json!({"absent": true}),
            vec!["DELETE", "publicAccessBlock"],
        ),
        (
            "policy",
            bodies()[2].2.clone(),
            vec!["PUT", "/b/?policy", r#"{"Statement":[{"Action":["#, owner],
        ),
        (
            "policy",
            json!({"absent": true}),
            vec!["DELETE", "/b/?policy", owner],
        ),
        (
            "ownership_controls",
            bodies()[3].2.clone(),
            vec!["PUT", "ownershipControls", "BucketOwnerEnforced"],
        ),
        (
            "ownership_controls",
            json!({"absent": true}),
            vec!["DELETE", "ownershipControls"],
        ),
        (
            "encryption",
            bodies()[4].2.clone(),
            vec![
                "PUT",
                "encryption",
                "<BucketKeyEnabled>true<",
                "<EncryptionType>SSE-C<",
                "<KMSMasterKeyID>key<",
            ],
        ),
        (
            "encryption",
            json!({"absent": true}),
            vec!["DELETE", "encryption"],
        ),
        (
            "versioning",
            json!({"Status": "Enabled", "MFADelete": "Enabled"}),
            vec![
                "PUT",
                "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <Status>Enabled</Status></VersioningConfiguration>",
            ],
        ),
        (
            "versioning",
            json!({"absent": true}),
            vec!["PUT", "<Status>Suspended</Status>"],
        ),
        (
            "tagging",
            bodies()[7].2.clone(),
            vec!["PUT", "tagging", "<Value>a &amp; b</Value>", owner],
        ),
        (
            "tagging",
            json!({"absent": true}),
            vec!["DELETE", "tagging"],
        ),
        (
            "object_lock",
            lock(),
            vec![
                "PUT",
                "object-lock",
                "<Mode>COMPLIANCE<",
                "<Years>7<",
                owner,
            ],
        ),
        (
            "object_lock",
            json!({"absent": true}),
            vec![
                "PUT",
                "<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
            ],
        ),
        (
            "request_payment",
            json!({"absent": true}),
            vec!["PUT", "requestPayment", "<Payer>BucketOwner</Payer>", owner],
        ),
        (
            "cors",
            cors(),
            vec![
                "PUT",
                "/b/?cors",
                "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>",
                "<MaxAgeSeconds>0<",
                owner,
            ],
        ),
        ("cors", json!({"absent": true}), vec!["DELETE", "/b/?cors"]),
        (
            "website",
            website(),
            vec![
                "PUT",
                "/b/?website",
                "<ReplaceKeyPrefixWith></ReplaceKeyPrefixWith>",
                "<Protocol>http<",
            ],
        ),
        (
            "website",
            json!({"absent": true}),
            vec!["DELETE", "/b/?website", owner],
        ),
        (
            "accelerate",
            json!({"absent": true}),
            vec!["PUT", "accelerate", "<Status>Suspended</Status>"],
        ),
        (
            "logging",
            logging(),
            vec![
                "PUT",
                "/b/?logging",
                "xsi:type=\"CanonicalUser\"",
                "<ID>auditor<",
                "<PartitionDateSource>EventTime<",
                owner,
            ],
        ),
        (
            "logging",
            json!({"absent": true}),
            vec![
                "PUT",
                "/b/?logging",
                "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></BucketLoggingStatus>",
            ],
        ),
        (
            "notification",
            notification(),
            vec![
                "PUT",
                "/b/?notification",
                "skip=true ",
                "<Topic>arn:aws:sns:",
                "<Queue>arn:aws:sqs:",
                "<CloudFunction>arn:aws:lambda:",
                "<EventBridgeConfiguration></EventBridgeConfiguration>",
                "<Name>suffix</Name><Value>.csv</Value>",
                owner,
            ],
        ),
        (
            "notification",
            json!({"absent": true}),
            vec![
                "PUT",
                "skip=true ",
                "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></NotificationConfiguration>",
            ],
        ),
    ] {
        let request = sent(name, target).await;
        for part in parts {
            assert!(request.contains(part), "{name}: {part} in {request}");
        }
    }
}

#[tokio::test]
async fn a_target_that_does_not_fit_is_refused_before_anything_is_sent() {
    for (name, target) in [
        ("acl", json!({"Owner": {"ID": "o"}, "Grants": [], "New": 1})),
        ("public_access_block", json!({"BlockPublicAcls": "yes"})),
        ("encryption", json!({"Rules": "x"})),
        ("tagging", json!({"TagSet": [{"Key": "k"}]})),
        ("versioning", json!({"Status": 1})),
        ("ownership_controls", json!({})),
        ("object_lock", json!({"ObjectLockEnabled": true})),
        ("lifecycle", json!({"Rules": [{"ID": "i"}]})),
        (
            "replication",
            json!({"Role": "r", "Rules": [{"Status": "Enabled"}]}),
        ),
        ("inventory", json!({"Configurations": [{"Id": "i"}]})),
        (
            "metrics",
            json!({"Configurations": [{"Id": "i", "Filter": {"Suffix": "x"}}]}),
        ),
        (
            "intelligent_tiering",
            json!({"Configurations": [{"Id": "i"}]}),
        ),
        ("request_payment", json!({"Payer": 1})),
        ("cors", json!({"CORSRules": [{"Methods": []}]})),
        ("website", json!({"IndexDocument": {}})),
        ("accelerate", json!({"Status": 1})),
        ("logging", json!({"LoggingEnabled": {"TargetPrefix": "x"}})),
        (
            "notification",
            json!({"EventBridgeConfiguration": {"x": 1}}),
        ),
    ] {
        let (client, seen) = s3(200, "");
        let bucket = on(&client, None);
        let target = Document::present(target);
        let error = by_name(name)
            .unwrap()
            .write(bucket, Step::new(&Document::ABSENT, &target))
            .await
            .unwrap_err();
        assert_eq!(error.code, "UnfitDocument", "{name}");
        assert!(seen.lock().unwrap().is_empty(), "{name}");
    }
}

fn documents() -> impl Iterator<Item = (&'static dyn Setting, Document)> {
    let absent = all().iter().map(|setting| (*setting, Document::ABSENT));
    let present = bodies().into_iter().map(|(name, _, document)| {
        (
            by_name(name).unwrap(),
            serde_json::from_value(document).unwrap(),
        )
    });
    absent.chain(present)
}

#[test]
fn what_a_view_shows_tidies_back_to_the_document() {
    for (setting, document) in documents() {
        if document.is_absent() {
            continue;
        }
        let back = setting.tidy(setting.view(&document));
        assert_eq!(back, Ok(document), "{}", setting.name());
    }
}

#[test]
fn the_fields_of_a_view_are_there_whether_or_not_the_setting_is() {
    for (setting, document) in documents() {
        let keys = |document| -> Vec<String> {
            let view = setting.view(document);
            view.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(
            keys(&document),
            keys(&Document::ABSENT),
            "{}",
            setting.name()
        );
    }
}

#[test]
fn an_inverse_reads_the_snapshot_file_exactly_when_there_was_something() {
    for (setting, before) in documents() {
        // A step of a setting by id is of one configuration; those have tests of their own.
        if setting.fits(Step::new(&Document::ABSENT, &before)).is_err() {
            continue;
        }
        let words = setting
            .inverse("b", Step::new(&Document::ABSENT, &before), "snapshot.json")
            .words();
        let by_file = words.contains(&"file://snapshot.json".to_owned());
        assert_eq!(by_file, !before.is_absent(), "{words:?}");
        let file: Value =
            serde_json::from_slice(&setting.file(Step::new(&Document::ABSENT, &before))).unwrap();
        assert_eq!(file == json!({"absent": true}), before.is_absent());
        assert!(setting.residue(&before, &before).is_empty());
    }
}

#[test]
fn the_commands_are_the_clis() {
    let command = |name: &str, target: Value| {
        let target: Document = serde_json::from_value(target).unwrap();
        let words =
            by_name(name)
                .unwrap()
                .command("b", Step::new(&Document::ABSENT, &target), "t.json");
        words.words()[2..].join(" ").replace(" --bucket b", "")
    };
    let absent = || json!({"absent": true});
    for (name, target, text) in [
        ("acl", private_acl(), "put-bucket-acl --acl private"),
        ("acl", absent(), "put-bucket-acl --acl private"),
        (
            "acl",
            acl(),
            "put-bucket-acl --access-control-policy file://t.json",
        ),
        (
            "public_access_block",
            bodies()[1].2.clone(),
            "put-public-access-block --public-access-block-configuration BlockPublicAcls=true,\
             IgnorePublicAcls=false,BlockPublicPolicy=true,RestrictPublicBuckets=false",
        ),
        (
            "public_access_block",
            absent(),
            "delete-public-access-block",
        ),
        (
            "policy",
            bodies()[2].2.clone(),
            "put-bucket-policy --policy file://t.json",
        ),
        ("policy", absent(), "delete-bucket-policy"),
        (
            "ownership_controls",
            bodies()[3].2.clone(),
            "put-bucket-ownership-controls --ownership-controls \
             Rules=[{ObjectOwnership=BucketOwnerEnforced}]",
        ),
        (
            "ownership_controls",
            absent(),
            "delete-bucket-ownership-controls",
        ),
        (
            "encryption",
            bodies()[4].2.clone(),
            "put-bucket-encryption --server-side-encryption-configuration file://t.json",
        ),
        ("encryption", absent(), "delete-bucket-encryption"),
        (
            "versioning",
            json!({"Status": "Enabled"}),
            "put-bucket-versioning --versioning-configuration Status=Enabled",
        ),
        (
            "versioning",
            absent(),
            "put-bucket-versioning --versioning-configuration Status=Suspended",
        ),
        (
            "tagging",
            bodies()[7].2.clone(),
            "put-bucket-tagging --tagging file://t.json",
        ),
        ("tagging", absent(), "delete-bucket-tagging"),
        (
            "object_lock",
            lock(),
            "put-object-lock-configuration --object-lock-configuration file://t.json",
        ),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled"}),
            "put-object-lock-configuration --object-lock-configuration ObjectLockEnabled=Enabled",
        ),
        (
            "object_lock",
            absent(),
            "put-object-lock-configuration --object-lock-configuration ObjectLockEnabled=Enabled",
        ),
        (
            "lifecycle",
            lifecycle::tests::bodies()[0].2.clone(),
            "put-bucket-lifecycle-configuration --transition-default-minimum-object-size \
             all_storage_classes_128K --lifecycle-configuration file://t.json",
        ),
        ("lifecycle", absent(), "delete-bucket-lifecycle"),
        (
            "replication",
            replication::tests::bodies()[0].2.clone(),
            "put-bucket-replication --replication-configuration file://t.json",
        ),
        ("replication", absent(), "delete-bucket-replication"),
        (
            "request_payment",
            absent(),
            "put-bucket-request-payment --request-payment-configuration Payer=BucketOwner",
        ),
        (
            "cors",
            cors(),
            "put-bucket-cors --cors-configuration file://t.json",
        ),
        ("cors", absent(), "delete-bucket-cors"),
        (
            "website",
            website(),
            "put-bucket-website --website-configuration file://t.json",
        ),
        ("website", absent(), "delete-bucket-website"),
        (
            "accelerate",
            absent(),
            "put-bucket-accelerate-configuration --accelerate-configuration Status=Suspended",
        ),
        (
            "logging",
            logging(),
            "put-bucket-logging --bucket-logging-status file://t.json",
        ),
        (
            "logging",
            absent(),
            "put-bucket-logging --bucket-logging-status {}",
        ),
        (
            "notification",
            notification(),
            "put-bucket-notification-configuration --skip-destination-validation \
             --notification-configuration file://t.json",
        ),
        (
            "notification",
            absent(),
            "put-bucket-notification-configuration --skip-destination-validation \
             --notification-configuration {}",
        ),
    ] {
        assert_eq!(command(name, target), text, "{name}");
    }
}

#[test]
fn the_walkthroughs_acl_is_told_in_its_words() {
    let setting = by_name("acl").unwrap();
    let summary = setting.summary(&Document::present(acl()));
    assert_eq!((summary.noun.as_str(), summary.count), ("grants", 3));
    assert_eq!(
        summary.lines,
        [
            "bucket-owner: FULL_CONTROL",
            "AllUsers: READ",
            "log-delivery: WRITE"
        ]
    );
    assert_eq!(
        setting.returns(&Document::present(private_acl())),
        ["acl returns 1 grant", "bucket-owner, FULL_CONTROL"]
    );
}

#[test]
fn a_target_with_a_hole_is_not_tidied_into_something_else() {
    for (name, value) in [
        ("acl", json!({"Owner": {"ID": "o"}, "Grants": []})),
        (
            "acl",
            json!({"Owner": {"ID": ""}, "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": ""}, "Permission": "FULL_CONTROL"}]}),
        ),
        (
            "acl",
            json!({"Grants": [{"Grantee": {"Type": "Robot", "ID": "x"}, "Permission": "READ"}]}),
        ),
        ("public_access_block", json!({"BlockPublicAcl": true})),
        ("encryption", json!({"Rules": []})),
        ("ownership_controls", json!({"Rules": []})),
        ("versioning", json!({"Status": "On"})),
        (
            "tagging",
            json!({"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}),
        ),
        ("policy", json!({"Version": "2012-10-17"})),
        ("policy", json!("text")),
        ("object_lock", json!({"ObjectLockEnabled": "Disabled"})),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled",
                   "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}}}),
        ),
        (
            "object_lock",
            json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Days": 1}}}),
        ),
        ("request_payment", json!({"Payer": "Nobody"})),
        ("cors", json!({"CORSRules": [{"AllowedMethods": ["GET"]}]})),
        ("website", json!({"RoutingRules": [{"Condition": {}}]})),
        ("accelerate", json!({"Status": "On"})),
        (
            "logging",
            json!({"LoggingEnabled": {"TargetBucket": "", "TargetPrefix": "b/"}}),
        ),
        // S3 would give it an Id of its own.
        (
            "notification",
            json!({"TopicConfigurations": [{"TopicArn": "arn:aws:sns:r:1:t", "Events": ["s3:ObjectCreated:*"]}]}),
        ),
        (
            "notification",
            json!({"QueueConfigurations": [{"Id": "q", "TopicArn": "arn:aws:sns:r:1:t", "Events": []}]}),
        ),
    ] {
        let outcome = by_name(name).unwrap().tidy(value.clone());
        assert!(outcome.is_err(), "{name}: {value}");
    }
}

#[test]
fn the_words_that_rules_need_stand_in_the_views() {
    let view = |name: &str, value: Value| by_name(name).unwrap().view(&Document::present(value));
    let cors = view("cors", cors());
    assert_eq!(cors["CORSRules"][0]["origins_any"], true);
    assert_eq!(cors["CORSRules"][0]["writes"], json!(["PUT"]));
    assert_eq!(
        cors["CORSRules"][1]["plain_http"],
        json!(["http://a.acme.com"])
    );
    let website = view("website", website());
    assert_eq!(website["on"], true);
    assert_eq!(website["redirects"], false);
    assert_eq!(website["RoutingRules"][0]["plain_http"], false);
    assert_eq!(website["RoutingRules"][1]["plain_http"], true);
    let endpoint = "acme.s3-website-us-east-1.amazonaws.com";
    for (host, protocol, plain) in [
        ("acme.com", None, true),
        ("acme.com", Some("http"), true),
        ("acme.com", Some("https"), false),
        (endpoint, None, false),
    ] {
        let all = json!({"RedirectAllRequestsTo": {"HostName": host, "Protocol": protocol}});
        let all = by_name("website").unwrap().tidy(all).unwrap();
        let view = by_name("website").unwrap().view(&all);
        assert_eq!(
            view["RedirectAllRequestsTo"]["plain_http"], plain,
            "{host} {protocol:?}"
        );
        assert_eq!(view["redirects"], true);
    }
    let logging = view("logging", logging());
    assert_eq!(
        (&logging["enabled"], &logging["target"], &logging["prefix"]),
        (&json!(true), &json!("logs"), &json!("b/"))
    );
    let notification = view("notification", notification());
    assert_eq!(notification["event_bridge"], true);
    let accounts: Vec<_> = notification["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["account"].as_str().unwrap())
        .collect();
    assert_eq!(accounts, ["123456789012", "999988887777", "123456789012"]);
    let payment = view("request_payment", json!({"Payer": "Requester"}));
    assert_eq!(payment["requester_pays"], true);
    assert_eq!(
        view("accelerate", json!({"Status": "Suspended"}))["enabled"],
        false
    );
}

#[test]
fn what_an_inverse_cannot_reach_is_said_beforehand() {
    let absent = Document::ABSENT;
    for (name, target, restored) in [
        (
            "accelerate",
            json!({"Status": "Enabled"}),
            json!({"Status": "Suspended"}),
        ),
        (
            "request_payment",
            json!({"Payer": "Requester"}),
            json!({"Payer": "BucketOwner"}),
        ),
    ] {
        let setting = by_name(name).unwrap();
        assert_eq!(setting.restored(&absent), Document::present(restored));
        assert!(
            !setting
                .residue(&absent, &Document::present(target))
                .is_empty()
        );
    }
    let setting = by_name("logging").unwrap();
    let other = json!({"LoggingEnabled": {"TargetBucket": "other", "TargetPrefix": ""}});
    let residue = setting.residue(&Document::present(logging()), &Document::present(other));
    assert_eq!(
        residue,
        [
            "log objects that were delivered meanwhile stay in other/",
            "requests made meanwhile are missing from logs/b/"
        ]
    );
}

/// Only S3 Control answers: no setting of the account may ask S3.
fn control(status: u16, bodies: Vec<&'static str>) -> (aws_sdk_s3control::Client, Seen) {
    let (connector, seen) = connector(status, bodies, None);
    let config = aws_sdk_s3control::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (aws_sdk_s3control::Client::from_conf(config), seen)
}

fn account<'a>(client: &'a Client, control: &'a aws_sdk_s3control::Client) -> Bucket<'a> {
    Bucket {
        control,
        ..on(client, Some("123456789012"))
    }
}

async fn read_account(setting: &str, status: u16, body: &'static str) -> Result<Read, CallError> {
    let (client, asked) = s3(500, "");
    let (control, _) = control(status, vec![body]);
    let setting = by_name(setting).unwrap();
    let read = setting.read(account(&client, &control)).await;
    assert!(asked.lock().unwrap().is_empty());
    read
}

async fn sent_to_account(target: Value) -> String {
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, vec![""]);
    let target: Document = serde_json::from_value(target).unwrap();
    let setting = by_name("account_public_access_block").unwrap();
    let step = Step::new(&Document::ABSENT, &target);
    let written = setting.write(account(&client, &control), step).await;
    assert_eq!(written.unwrap().request_id.as_deref(), Some("REQ1EXAMPLE"));
    seen.lock().unwrap().join("\n")
}

#[tokio::test]
async fn the_accounts_block_is_asked_of_s3_control_and_is_the_same_document_as_a_buckets() {
    const NAME: &str = "account_public_access_block";
    let (_, body, document) = bodies().swap_remove(1);
    let block = read(NAME, 200, body).await.unwrap();
    assert_eq!(block.document.to_json(), document);
    assert_eq!(by_name(NAME).unwrap().representable(&block), Ok(()));
    let more = body.replace("</Pub", "<Deep>x</Deep></Pub").leak();
    let more = read(NAME, 200, more).await.unwrap();
    let lost = by_name(NAME).unwrap().representable(&more).unwrap_err();
    assert_eq!(lost, ["`deep` = `x`"]);

    // As AWS says it, which is not as S3 says it of a bucket.
    let nothing = "<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code>\
        <Message>The public access block configuration was not found</Message>\
        <AccountId>123456789012</AccountId></Error><RequestId>R</RequestId></ErrorResponse>";
    assert!(read(NAME, 404, nothing).await.unwrap().document.is_absent());

    let at = "https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/configuration/\
              publicAccessBlock";
    let put = sent_to_account(document.clone()).await;
    assert!(put.starts_with(&format!("PUT {at} ")), "{put}");
    assert!(
        put.contains("<IgnorePublicAcls>false</IgnorePublicAcls>"),
        "{put}"
    );
    let delete = sent_to_account(json!({"absent": true})).await;
    assert!(delete.starts_with(&format!("DELETE {at} ")), "{delete}");

    let setting = by_name(NAME).unwrap();
    let (absent, present) = (Document::ABSENT, Document::present(document));
    let there = Step::new(&absent, &present);
    assert_eq!(
        setting.command("123456789012", there, "t").words()[1..].join(" "),
        "s3control put-public-access-block --account-id 123456789012 \
         --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=false,\
         BlockPublicPolicy=true,RestrictPublicBuckets=false"
    );
    let back = setting.inverse("123456789012", Step::new(&present, &absent), "s");
    assert_eq!(
        back.words()[1..].join(" "),
        "s3control delete-public-access-block --account-id 123456789012"
    );
}

#[tokio::test]
async fn access_points_are_listed_to_the_last_page_and_each_is_asked_for_its_flags() {
    let page = |name: &str, next: &str| {
        format!(
            "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>{name}</Name>\
             <NetworkOrigin>Internet</NetworkOrigin><Bucket>b</Bucket></AccessPoint>\
             </AccessPointList>{next}</ListAccessPointsResult>"
        )
        .leak()
    };
    let point = |name: &str| {
        format!(
            "<GetAccessPointResult><Name>{name}</Name><Bucket>b</Bucket>\
             <NetworkOrigin>VPC</NetworkOrigin><VpcConfiguration><VpcId>vpc-1</VpcId></VpcConfiguration>\
             <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             </PublicAccessBlockConfiguration></GetAccessPointResult>"
        )
        .leak()
    };
    let answers: Vec<&'static str> = vec![
        page("z", "<NextToken>more</NextToken>"),
        page("a", ""),
        point("z"),
        point("a"),
    ];
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, answers);
    let setting = by_name("access_points").unwrap();
    let read = setting.read(account(&client, &control)).await.unwrap();
    let flags = json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
                       "BlockPublicPolicy": false, "RestrictPublicBuckets": false});
    let one = |name: &str| {
        json!({"Name": name, "NetworkOrigin": "VPC", "VpcId": "vpc-1",
               "PublicAccessBlockConfiguration": flags})
    };
    let all = json!({"AccessPoints": [one("a"), one("z")]});
    assert_eq!(read.document.to_json(), all);
    assert_eq!(
        setting.tidy(setting.view(&read.document)),
        Ok(read.document)
    );
    let asked = seen.lock().unwrap().join("\n");
    assert!(asked.contains("accesspoint?bucket=b "), "{asked}");
    assert!(asked.contains("nextToken=more"), "{asked}");

    let refused = setting
        .write(
            account(&client, &control),
            Step::new(&Document::ABSENT, &Document::present(all)),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.code, "UnfitDocument");
    assert_eq!(seen.lock().unwrap().len(), 4, "nothing was sent");
}

#[tokio::test]
async fn access_points_over_several_regions_are_asked_for_where_aws_answers() {
    let body = "<ListMultiRegionAccessPointsResult><AccessPoints><AccessPoint><Name>global</Name>\
        <Alias>m.mrap</Alias><PublicAccessBlock><BlockPublicAcls>true</BlockPublicAcls>\
        </PublicAccessBlock><Status>READY</Status><Regions><Region><Bucket>b</Bucket>\
        <Region>eu-west-1</Region></Region></Regions></AccessPoint></AccessPoints>\
        </ListMultiRegionAccessPointsResult>";
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, vec![body]);
    let setting = by_name("multi_region_access_points").unwrap();
    let read = setting.read(account(&client, &control)).await.unwrap();
    let view = setting.view(&read.document);
    assert_eq!(view["AccessPoints"][0]["Buckets"], json!(["b (eu-west-1)"]));
    assert_eq!(view["AccessPoints"][0]["block"]["flags_on"], 1);
    assert_eq!(setting.tidy(view), Ok(read.document));
    let at = "GET https://123456789012.s3-control.us-west-2.amazonaws.com/v20180820/mrap/instances";
    let asked = seen.lock().unwrap().join("\n");
    assert!(asked.starts_with(at), "{asked}");
}

proptest::proptest! {
    #[test]
    fn the_order_in_which_s3_lists_things_never_shows(swaps in proptest::collection::vec((0..3usize, 0..3usize), 6)) {
        let mut grants = acl();
        let mut tags = json!({"TagSet": [
            {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]});
        let sorted = tags.clone();
        for (one, other) in swaps {
            grants["Grants"].as_array_mut().unwrap().swap(one, other);
            tags["TagSet"].as_array_mut().unwrap().swap(one, other);
        }
        let tidy = |name: &str, value| by_name(name).unwrap().tidy(value).unwrap();
        proptest::prop_assert_eq!(tidy("acl", grants), Document::present(acl()));
        proptest::prop_assert_eq!(tidy("tagging", tags), Document::present(sorted));
    }
}
