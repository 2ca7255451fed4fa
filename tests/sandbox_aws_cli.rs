//! The embedded S3 against something that we did not write: the real `aws` command drives it through every
//! setting, the vault's objects and the paging, and must understand every answer and every refusal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

#[path = "common/sandbox.rs"]
mod common;

use common::{Ran, aws, aws_as};
use serde_json::{Value, json};
use sixfold::sandbox::{KeyState, KmsKey, Ownership, Sandbox, SandboxOptions};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// A sandbox and one bucket in it, with the command's words shortened.
struct Desk {
    sandbox: Sandbox,
}

impl Desk {
    /// With bucket `b` as AWS makes it.
    async fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default().with_another_account());
        let desk = Self {
            sandbox: sandbox.await.unwrap(),
        };
        desk.s3(&["create-bucket", "--bucket", "b-one"])
            .await
            .json();
        desk
    }

    async fn s3(&self, args: &[&str]) -> Ran {
        aws_as(&self.sandbox, &self.sandbox.options().owner, args).await
    }

    /// `command --bucket b-one MORE`
    async fn on(&self, command: &str, more: &[&str]) -> Ran {
        let mut args = vec![command, "--bucket", "b-one"];
        args.extend(more);
        self.s3(&args).await
    }

    /// The same, where success prints nothing.
    async fn done(&self, command: &str, more: &[&str]) {
        let ran = self.on(command, more).await;
        assert!(ran.ok, "{command} {more:?} was refused: {}", ran.stderr);
    }

    /// ACLs on and no Block Public Access, as in buckets from before 2023.
    fn as_in_old_times(&self) {
        let relax = |settings: &mut sixfold::sandbox::BucketSettings| {
            settings.ownership = Some(Ownership::ObjectWriter);
            settings.public_access_block = None;
        };
        self.sandbox.state().patch("b-one", relax).unwrap();
    }

    fn owner(&self) -> String {
        self.sandbox.options().owner.canonical_id()
    }
}

/// `AllUsers READ`, `owner FULL_CONTROL`, …
fn grants(acl: &Value, owner: &str) -> Vec<String> {
    let list = acl["Grants"].as_array().unwrap();
    list.iter()
        .map(|grant| {
            let grantee = &grant["Grantee"];
            let who = match grantee["URI"].as_str() {
                Some(uri) => uri.rsplit('/').next().unwrap(),
                None if grantee["ID"] == owner => "owner",
                None => "other",
            };
            format!("{who} {}", grant["Permission"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_new_bucket_has_what_aws_gives_new_buckets() {
    let desk = Desk::new().await;
    let block = desk.on("get-public-access-block", &[]).await.json();
    assert_eq!(
        block["PublicAccessBlockConfiguration"],
        json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true})
    );
    let ownership = desk.on("get-bucket-ownership-controls", &[]).await.json();
    assert_eq!(
        ownership["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "BucketOwnerEnforced"
    );
    let encryption = desk.on("get-bucket-encryption", &[]).await.json();
    assert_eq!(
        encryption["ServerSideEncryptionConfiguration"]["Rules"],
        json!([{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": false,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}
        }])
    );
    assert!(desk.on("get-bucket-versioning", &[]).await.is_silent());
    let acl = desk.on("get-bucket-acl", &[]).await.json();
    assert_eq!(grants(&acl, &desk.owner()), ["owner FULL_CONTROL"]);
    assert_eq!(acl["Owner"], json!({"ID": desk.owner()}));
    for (command, code) in [
        ("get-bucket-policy", "NoSuchBucketPolicy"),
        ("get-bucket-policy-status", "NoSuchBucketPolicy"),
        ("get-bucket-tagging", "NoSuchTagSet"),
        (
            "get-bucket-lifecycle-configuration",
            "NoSuchLifecycleConfiguration",
        ),
        (
            "get-object-lock-configuration",
            "ObjectLockConfigurationNotFoundError",
        ),
    ] {
        assert_eq!(desk.on(command, &[]).await.code(), code, "{command}");
    }
    let head = desk.on("head-bucket", &[]).await.json();
    assert_eq!(head["BucketRegion"], "us-east-1");
    let location = desk.on("get-bucket-location", &[]).await.json();
    assert_eq!(location["LocationConstraint"], Value::Null);
    let missing = desk.s3(&["get-bucket-acl", "--bucket", "nowhere"]).await;
    assert_eq!(missing.code(), "NoSuchBucket");
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn acls_are_written_in_three_ways_and_refused_where_they_are_disabled() {
    let desk = Desk::new().await;
    // Disabled: even `private` is refused.
    let refused = desk.on("put-bucket-acl", &["--acl", "private"]).await;
    assert_eq!(refused.code(), "AccessControlListNotSupported");

    desk.as_in_old_times();
    for (name, expected) in [
        ("public-read", vec!["AllUsers READ"]),
        ("public-read-write", vec!["AllUsers READ", "AllUsers WRITE"]),
        ("authenticated-read", vec!["AuthenticatedUsers READ"]),
        ("private", vec![]),
    ] {
        desk.done("put-bucket-acl", &["--acl", name]).await;
        let acl = desk.on("get-bucket-acl", &[]).await.json();
        let found = grants(&acl, &desk.owner());
        assert_eq!(found[0], "owner FULL_CONTROL", "{name}");
        assert_eq!(found[1..], expected, "{name}");
    }

    // A header replaces the whole ACL, the owner's own grant too.
    let header = format!("uri={ALL_USERS}");
    desk.done("put-bucket-acl", &["--grant-read", &header])
        .await;
    let acl = desk.on("get-bucket-acl", &[]).await.json();
    assert_eq!(grants(&acl, &desk.owner()), ["AllUsers READ"]);

    // What get prints is what put takes.
    let group = |uri: &str| json!({"Type": "Group", "URI": uri});
    let document = json!({
        "Owner": {"ID": desk.owner()},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": desk.owner()}, "Permission": "FULL_CONTROL"},
            {"Grantee": group(ALL_USERS), "Permission": "READ"},
            {"Grantee": group(LOG_DELIVERY), "Permission": "WRITE"},
        ]
    });
    desk.done(
        "put-bucket-acl",
        &["--access-control-policy", &document.to_string()],
    )
    .await;
    assert_eq!(desk.on("get-bucket-acl", &[]).await.json(), document);

    // ACLs cannot be disabled while they grant others something.
    let enforced = "Rules=[{ObjectOwnership=BucketOwnerEnforced}]";
    let refused = desk
        .on(
            "put-bucket-ownership-controls",
            &["--ownership-controls", enforced],
        )
        .await;
    assert_eq!(refused.code(), "InvalidBucketAclWithObjectOwnership");

    // With the block on, a public ACL is refused and a private one is not.
    desk.done(
        "put-public-access-block",
        &[
            "--public-access-block-configuration",
            "BlockPublicAcls=true",
        ],
    )
    .await;
    let refused = desk.on("put-bucket-acl", &["--acl", "public-read"]).await;
    assert_eq!(refused.code(), "AccessDenied");
    desk.done("put-bucket-acl", &["--acl", "private"]).await;
    desk.done(
        "put-bucket-ownership-controls",
        &["--ownership-controls", enforced],
    )
    .await;
    desk.done("delete-bucket-ownership-controls", &[]).await;
    assert_eq!(
        desk.on("get-bucket-ownership-controls", &[]).await.code(),
        "OwnershipControlsNotFoundError"
    );
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn policies_keep_their_bytes_and_public_ones_meet_the_block() {
    let desk = Desk::new().await;
    // Odd spacing and order, which must come back as they are.
    let tls = r#"{ "Statement":[{"Sid":"Tls",  "Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b-one","arn:aws:s3:::b-one/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}],"Version":"2012-10-17" }"#;
    desk.done("put-bucket-policy", &["--policy", tls]).await;
    let policy = desk.on("get-bucket-policy", &[]).await.json();
    assert_eq!(policy["Policy"], tls);
    let status = desk.on("get-bucket-policy-status", &[]).await.json();
    assert_eq!(status["PolicyStatus"]["IsPublic"], false);

    let public = tls
        .replace("Deny", "Allow")
        .replace(r#""s3:*""#, r#""s3:GetObject""#)
        .replace(
            r#","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#,
            "",
        );
    let refused = desk.on("put-bucket-policy", &["--policy", &public]).await;
    assert_eq!(refused.code(), "AccessDenied");
    let refused = desk
        .on("put-bucket-policy", &["--policy", "{\"Version\":"])
        .await;
    assert_eq!(refused.code(), "MalformedPolicy");

    desk.done("delete-public-access-block", &[]).await;
    assert_eq!(
        desk.on("get-public-access-block", &[]).await.code(),
        "NoSuchPublicAccessBlockConfiguration"
    );
    desk.done("put-bucket-policy", &["--policy", &public]).await;
    let status = desk.on("get-bucket-policy-status", &[]).await.json();
    assert_eq!(status["PolicyStatus"]["IsPublic"], true);
    desk.done("delete-bucket-policy", &[]).await;
    desk.done("delete-bucket-policy", &[]).await;
    assert_eq!(
        desk.on("get-bucket-policy", &[]).await.code(),
        "NoSuchBucketPolicy"
    );
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn encryption_versioning_and_tags_follow_aws_s_rules() {
    let desk = Desk::new().await;
    // What get prints unwrapped is what put takes, the newest element too.
    let rules = json!({"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/acme"},
        "BucketKeyEnabled": true,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}
    }]});
    let argument = "--server-side-encryption-configuration";
    desk.done("put-bucket-encryption", &[argument, &rules.to_string()])
        .await;
    let encryption = desk.on("get-bucket-encryption", &[]).await.json();
    assert_eq!(encryption["ServerSideEncryptionConfiguration"], rules);
    let odd = r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256","KMSMasterKeyID":"k"}}]}"#;
    let refused = desk.on("put-bucket-encryption", &[argument, odd]).await;
    assert_eq!(refused.code(), "InvalidArgument");
    desk.done("delete-bucket-encryption", &[]).await;
    let reset = desk.on("get-bucket-encryption", &[]).await.json();
    assert_eq!(
        reset["ServerSideEncryptionConfiguration"]["Rules"],
        json!([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}])
    );

    let configuration = "--versioning-configuration";
    desk.done("put-bucket-versioning", &[configuration, "Status=Enabled"])
        .await;
    let versioning = desk.on("get-bucket-versioning", &[]).await.json();
    assert_eq!(versioning, json!({"Status": "Enabled"}));
    desk.done(
        "put-bucket-versioning",
        &[configuration, "Status=Suspended"],
    )
    .await;
    let refused = desk
        .on("put-bucket-versioning", &[configuration, "{}"])
        .await;
    assert_eq!(refused.code(), "IllegalVersioningConfigurationException");

    let tags = json!({"TagSet": [{"Key": "env", "Value": "prod"}, {"Key": "owner", "Value": "Jürgen <j@acme.com>".replace(['<', '>'], "")}]});
    desk.done("put-bucket-tagging", &["--tagging", &tags.to_string()])
        .await;
    assert_eq!(desk.on("get-bucket-tagging", &[]).await.json(), tags);
    desk.done("delete-bucket-tagging", &[]).await;
    assert_eq!(
        desk.on("get-bucket-tagging", &[]).await.code(),
        "NoSuchTagSet"
    );
    let system = ("aws:cloudformation:stack-name".to_owned(), "web".to_owned());
    let patch = |settings: &mut sixfold::sandbox::BucketSettings| settings.tags.push(system);
    desk.sandbox.state().patch("b-one", patch).unwrap();
    for refused in [
        desk.on("delete-bucket-tagging", &[]).await,
        desk.on("put-bucket-tagging", &["--tagging", &tags.to_string()])
            .await,
    ] {
        assert_eq!(refused.code(), "InvalidTag");
        assert!(refused.stderr.contains("System tags cannot be removed"));
    }
    desk.sandbox.stop().await;
}

/// The settings whose whole `get` output is what the `put` takes.
#[tokio::test]
async fn what_get_prints_of_logging_cors_websites_and_notifications_is_what_put_takes() {
    let desk = Desk::new().await;
    desk.s3(&["create-bucket", "--bucket", "logs"]).await.json();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b-one"}},
    }]})
    .to_string();
    let args = ["put-bucket-policy", "--bucket", "logs", "--policy", &policy];
    assert!(desk.s3(&args).await.ok);
    let account = desk.sandbox.options().owner.account.to_string();

    for (get, put, argument, document, delete) in [
        (
            "get-bucket-logging",
            "put-bucket-logging",
            "--bucket-logging-status",
            json!({"LoggingEnabled": {
                "TargetBucket": "logs",
                "TargetPrefix": "b-one/",
                "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
            }}),
            None,
        ),
        (
            "get-bucket-cors",
            "put-bucket-cors",
            "--cors-configuration",
            json!({"CORSRules": [
                {
                    "ID": "app", "AllowedHeaders": ["*"], "AllowedMethods": ["PUT", "GET"],
                    "AllowedOrigins": ["https://*.acme.com"], "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 0,
                },
                {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]},
            ]}),
            Some(("delete-bucket-cors", "NoSuchCORSConfiguration")),
        ),
        (
            "get-bucket-website",
            "put-bucket-website",
            "--website-configuration",
            json!({
                "IndexDocument": {"Suffix": "index.html"},
                "ErrorDocument": {"Key": "errors/404.html"},
                "RoutingRules": [{
                    "Condition": {"KeyPrefixEquals": "old/"},
                    "Redirect": {
                        "HostName": "acme.com", "HttpRedirectCode": "301", "Protocol": "https",
                        "ReplaceKeyPrefixWith": "",
                    },
                }],
            }),
            Some(("delete-bucket-website", "NoSuchWebsiteConfiguration")),
        ),
        (
            "get-bucket-notification-configuration",
            "put-bucket-notification-configuration",
            "--notification-configuration",
            json!({
                "TopicConfigurations": [{
                    "Id": "created", "TopicArn": format!("arn:aws:sns:us-east-1:{account}:t"),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}]}},
                }],
                "QueueConfigurations": [{
                    "Id": "gone", "QueueArn": format!("arn:aws:sqs:us-east-1:{account}:q"),
                    "Events": ["s3:ObjectRemoved:*"],
                }],
                "LambdaFunctionConfigurations": [{
                    "Id": "out", "LambdaFunctionArn": format!("arn:aws:lambda:us-east-1:{account}:function:f"),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "out/"}]}},
                }],
                "EventBridgeConfiguration": {},
            }),
            None,
        ),
        (
            "get-bucket-accelerate-configuration",
            "put-bucket-accelerate-configuration",
            "--accelerate-configuration",
            json!({"Status": "Enabled"}),
            None,
        ),
        (
            "get-bucket-request-payment",
            "put-bucket-request-payment",
            "--request-payment-configuration",
            json!({"Payer": "Requester"}),
            None,
        ),
    ] {
        match delete {
            Some((_, code)) => assert_eq!(desk.on(get, &[]).await.code(), code),
            None if get == "get-bucket-request-payment" => {
                assert_eq!(
                    desk.on(get, &[]).await.json(),
                    json!({"Payer": "BucketOwner"})
                );
            }
            None => assert!(desk.on(get, &[]).await.is_silent(), "{get}"),
        }
        desk.done(put, &[argument, &document.to_string()]).await;
        assert_eq!(desk.on(get, &[]).await.json(), document, "{get}");
        if let Some((delete, code)) = delete {
            desk.done(delete, &[]).await;
            assert_eq!(desk.on(get, &[]).await.code(), code);
            // S3 does not mind a second time.
            desk.done(delete, &[]).await;
        }
    }
    // What has no delete call is emptied by a put.
    desk.done("put-bucket-logging", &["--bucket-logging-status", "{}"])
        .await;
    assert!(desk.on("get-bucket-logging", &[]).await.is_silent());
    let empty = [
        "--skip-destination-validation",
        "--notification-configuration",
        "{}",
    ];
    desk.done("put-bucket-notification-configuration", &empty)
        .await;
    let silent = desk.on("get-bucket-notification-configuration", &[]).await;
    assert!(silent.is_silent());
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn what_s3_refuses_of_cors_websites_and_notifications_is_refused_in_its_words() {
    let desk = Desk::new().await;
    let cors = |rule: Value| {
        (
            "put-bucket-cors",
            "--cors-configuration",
            json!({"CORSRules": [rule]}),
        )
    };
    let website = |website| ("put-bucket-website", "--website-configuration", website);
    let put = "put-bucket-notification-configuration";
    let notification = |them: Value| {
        (
            put,
            "--notification-configuration",
            json!({"QueueConfigurations": them}),
        )
    };
    let queue = |region: &str, event: &str, prefix: &str, suffix: &str| {
        json!({
            "QueueArn": format!("arn:aws:sqs:{region}:111122223333:{event}{prefix}{suffix}").replace('*', "any"),
            "Events": [event],
            "Filter": {"Key": {"FilterRules": [
                {"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]}},
        })
    };
    let created = "s3:ObjectCreated:*";
    let here = "us-east-1";
    for ((command, argument, document), code, part) in [
        (
            cors(json!({"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]})),
            "InvalidRequest",
            "Unsupported method is PATCH",
        ),
        (
            cors(json!({"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.*.com"]})),
            "InvalidRequest",
            "can not have more than one wildcard",
        ),
        (
            cors(
                json!({"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["x-*"]}),
            ),
            "InvalidRequest",
            "do not support wildcard for ExposeHeader",
        ),
        (
            (
                "put-bucket-cors",
                "--cors-configuration",
                json!({"CORSRules": vec![json!({"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}); 101]}),
            ),
            "MalformedXML",
            "",
        ),
        (
            website(json!({"IndexDocument": {"Suffix": "a/index.html"}})),
            "InvalidArgument",
            "Suffix is not well formed",
        ),
        (
            website(json!({"ErrorDocument": {"Key": "e"}})),
            "InvalidArgument",
            "A value for IndexDocument Suffix must be provided",
        ),
        (
            website(
                json!({"IndexDocument": {"Suffix": "i"}, "RedirectAllRequestsTo": {"HostName": "acme.com"}}),
            ),
            "InvalidArgument",
            "in conjunction with other Routing Rules",
        ),
        (
            website(json!({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [
                {"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]})),
            "InvalidRequest",
            "not both",
        ),
        (
            website(json!({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [
                {"Redirect": {"HostName": "h", "HttpRedirectCode": "200"}}]})),
            "InvalidRequest",
            "redirect code (200)",
        ),
        (
            notification(json!([queue("eu-west-1", created, "", "")])),
            "InvalidArgument",
            "destination service region is not valid",
        ),
        (
            notification(
                json!([{"QueueArn": "arn:aws:sns:us-east-1:111122223333:t", "Events": [created]}]),
            ),
            "InvalidArgument",
            "ARN is not well formed",
        ),
        (
            notification(json!([queue(here, "s3:ObjectRead:*", "", "")])),
            "InvalidArgument",
            "event is not supported",
        ),
        (
            notification(json!([
                queue(here, created, "images/", ".jpg"),
                queue(here, "s3:ObjectCreated:Put", "images/2026/", ""),
            ])),
            "InvalidArgument",
            "ambiguously defined",
        ),
    ] {
        let refused = desk.on(command, &[argument, &document.to_string()]).await;
        assert_eq!(refused.code(), code, "{document}");
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    // The same events of other keys, and other events of the same keys.
    let apart = json!({"QueueConfigurations": [
        queue(here, created, "images/", ".jpg"),
        queue(here, created, "images/", ".png"),
        queue(here, "s3:ObjectRemoved:*", "images/", ".jpg"),
    ]});
    desk.done(put, &["--notification-configuration", &apart.to_string()])
        .await;
    let read = desk
        .on("get-bucket-notification-configuration", &[])
        .await
        .json();
    let ids = read["QueueConfigurations"].as_array().unwrap();
    assert!(
        ids.iter()
            .all(|it| it["Id"].as_str().is_some_and(|id| id.len() == 32)),
        "S3 names them"
    );
    desk.s3(&["create-bucket", "--bucket", "with.dots"])
        .await
        .json();
    let dotted = [
        "put-bucket-accelerate-configuration",
        "--bucket",
        "with.dots",
        "--accelerate-configuration",
        "Status=Enabled",
    ];
    assert_eq!(desk.s3(&dotted).await.code(), "InvalidRequest");
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn the_vault_keeps_versions_refuses_to_overwrite_and_guards_locked_ones() {
    let desk = Desk::new().await;
    desk.s3(&[
        "create-bucket",
        "--bucket",
        "vault",
        "--object-lock-enabled-for-bucket",
    ])
    .await
    .json();
    let vault = async |command: &str, more: &[&str]| {
        let mut args = vec![command, "--bucket", "vault"];
        args.extend(more);
        desk.s3(&args).await
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.json");
    std::fs::write(&file, "{\"grants\": 3}\n").unwrap();
    let file = file.to_str().unwrap();
    let key = ["--key", "CHG-2026-0418-114/acl ü+%.json"];

    let sha256 = "--checksum-algorithm";
    let put = [
        &key[..],
        &["--body", file, "--if-none-match", "*", sha256, "SHA256"],
    ]
    .concat();
    let stored = vault("put-object", &put).await.json();
    let version = stored["VersionId"].as_str().unwrap();
    let checksum = stored["ChecksumSHA256"].as_str().unwrap();
    assert_eq!(vault("put-object", &put).await.code(), "PreconditionFailed");

    let out = folder.path().join("back.json");
    let get = [
        &key[..],
        &["--checksum-mode", "ENABLED", out.to_str().unwrap()],
    ]
    .concat();
    let got = vault("get-object", &get).await.json();
    assert_eq!(got["ChecksumSHA256"], checksum);
    assert_eq!(got["VersionId"], version);
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(file).unwrap());
    let head = vault("head-object", &key).await.json();
    assert_eq!(head["ContentLength"], 14);

    let wrong = [
        &key[..],
        &[
            "--body",
            file,
            "--checksum-sha256",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        ],
    ]
    .concat();
    assert_eq!(vault("put-object", &wrong).await.code(), "BadDigest");

    // A lock on the version; then deleting hides the object but cannot take the version.
    let retention = [
        &key[..],
        &[
            "--version-id",
            version,
            "--retention",
            "Mode=COMPLIANCE,RetainUntilDate=2099-01-01T00:00:00Z",
        ],
    ]
    .concat();
    assert!(vault("put-object-retention", &retention).await.ok);
    let locked = vault("get-object-retention", &key).await.json();
    assert_eq!(locked["Retention"]["Mode"], "COMPLIANCE");
    let refused = vault(
        "delete-object",
        &[&key[..], &["--version-id", version]].concat(),
    )
    .await;
    assert_eq!(refused.code(), "AccessDenied");
    let marker = vault("delete-object", &key).await.json();
    assert_eq!(marker["DeleteMarker"], true);
    assert_eq!(vault("get-object", &get).await.code(), "NoSuchKey");
    let versions = vault("list-object-versions", &[]).await.json();
    assert_eq!(versions["Versions"][0]["VersionId"], version);
    assert_eq!(versions["DeleteMarkers"][0]["IsLatest"], true);

    // Default retention, the window, and what a lock forbids.
    let configuration = r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":30}}}"#;
    let put = ["--object-lock-configuration", configuration];
    assert!(vault("put-object-lock-configuration", &put).await.ok);
    let read = vault("get-object-lock-configuration", &[]).await.json();
    assert_eq!(
        read["ObjectLockConfiguration"],
        serde_json::from_str::<Value>(configuration).unwrap()
    );
    let suspend = ["--versioning-configuration", "Status=Suspended"];
    assert_eq!(
        vault("put-bucket-versioning", &suspend).await.code(),
        "InvalidBucketState"
    );
    let rules = json!({"Rules": [{"ID": "window", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 30}}]});
    let put = ["--lifecycle-configuration", &rules.to_string()];
    assert!(vault("put-bucket-lifecycle-configuration", &put).await.ok);
    let read = vault("get-bucket-lifecycle-configuration", &[])
        .await
        .json();
    assert_eq!(read["Rules"], rules["Rules"]);
    assert!(vault("delete-bucket-lifecycle", &[]).await.ok);
    assert_eq!(
        vault("get-bucket-lifecycle-configuration", &[])
            .await
            .code(),
        "NoSuchLifecycleConfiguration"
    );
    assert_eq!(vault("delete-bucket", &[]).await.code(), "BucketNotEmpty");
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn listing_has_pages_regions_and_prefixes() {
    let desk = Desk::new().await;
    let elsewhere = "LocationConstraint=eu-west-1";
    for name in ["c-eu", "d-eu"] {
        desk.s3(&[
            "create-bucket",
            "--bucket",
            name,
            "--create-bucket-configuration",
            elsewhere,
        ])
        .await
        .json();
    }
    let names = |listed: &Value| -> Vec<String> {
        let buckets = listed["Buckets"].as_array().cloned().unwrap_or_default();
        let name = |bucket: &Value| bucket["Name"].as_str().unwrap().to_owned();
        buckets.iter().map(name).collect()
    };
    // Without a parameter there is no region; with one there is.
    let plain = desk.s3(&["list-buckets", "--no-paginate"]).await.json();
    assert_eq!(names(&plain), ["b-one", "c-eu", "d-eu"]);
    assert_eq!(plain["Buckets"][0]["BucketRegion"], Value::Null);
    let paged = desk.s3(&["list-buckets", "--page-size", "1"]).await.json();
    assert_eq!(names(&paged), ["b-one", "c-eu", "d-eu"]);
    assert_eq!(paged["Buckets"][1]["BucketRegion"], "eu-west-1");
    let first = desk
        .s3(&["list-buckets", "--no-paginate", "--max-buckets", "2"])
        .await
        .json();
    assert_eq!(names(&first), ["b-one", "c-eu"]);
    let token = first["ContinuationToken"].as_str().unwrap();
    let second = [
        "list-buckets",
        "--no-paginate",
        "--continuation-token",
        token,
    ];
    assert_eq!(names(&desk.s3(&second).await.json()), ["d-eu"]);
    let filtered = desk
        .s3(&["list-buckets", "--bucket-region", "eu-west-1"])
        .await
        .json();
    assert_eq!(names(&filtered), ["c-eu", "d-eu"]);
    let filtered = desk.s3(&["list-buckets", "--prefix", "d-"]).await.json();
    assert_eq!(names(&filtered), ["d-eu"]);
    let bad = desk
        .s3(&["list-buckets", "--no-paginate", "--continuation-token", "%"])
        .await;
    assert_eq!(bad.code(), "InvalidArgument");

    // Keys, with the high-level command that people use.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    std::fs::write(&file, "x").unwrap();
    for key in ["a/1", "a/2", "b", "c & d"] {
        let body = file.to_str().unwrap();
        desk.on("put-object", &["--key", key, "--body", body])
            .await
            .json();
    }
    let keys = desk
        .on("list-objects-v2", &["--page-size", "1"])
        .await
        .json();
    let found: Vec<_> = keys["Contents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["Key"].clone())
        .collect();
    assert_eq!(found, ["a/1", "a/2", "b", "c & d"]);
    let rolled = desk
        .on("list-objects-v2", &["--delimiter", "/"])
        .await
        .json();
    assert_eq!(rolled["CommonPrefixes"], json!([{"Prefix": "a/"}]));
    let printed = aws(
        &desk.sandbox,
        &desk.sandbox.options().owner,
        "s3",
        &["cp", "s3://b-one/c & d", "-"],
    )
    .await;
    assert_eq!(printed.stdout, "x");
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn a_wrong_owner_another_account_or_an_unknown_key_gets_nothing() {
    let desk = Desk::new().await;
    let mine = ["--expected-bucket-owner", "111122223333"];
    let not_mine = ["--expected-bucket-owner", "444455556666"];
    assert!(desk.on("get-bucket-acl", &mine).await.ok);
    for (command, more) in [
        ("get-bucket-acl", vec![]),
        ("get-bucket-policy", vec![]),
        ("get-bucket-encryption", vec![]),
        ("put-bucket-acl", vec!["--acl", "private"]),
        ("delete-bucket-policy", vec![]),
        (
            "put-bucket-encryption",
            vec![
                "--server-side-encryption-configuration",
                r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}"#,
            ],
        ),
        ("list-objects-v2", vec![]),
    ] {
        let ran = desk
            .on(command, &[more.as_slice(), &not_mine].concat())
            .await;
        assert_eq!(ran.code(), "AccessDenied", "{command}");
    }
    let other = desk.sandbox.options().other.clone().unwrap();
    let get = ["get-bucket-encryption", "--bucket", "b-one"];
    assert_eq!(
        aws_as(&desk.sandbox, &other, &get).await.code(),
        "AccessDenied"
    );
    let taken = ["create-bucket", "--bucket", "b-one"];
    assert_eq!(
        aws_as(&desk.sandbox, &other, &taken).await.code(),
        "BucketAlreadyExists"
    );
    let mut unknown = other.clone();
    unknown.access_key = "AKIANOBODY0000000000".to_owned();
    assert_eq!(
        aws_as(&desk.sandbox, &unknown, &get).await.code(),
        "InvalidAccessKeyId"
    );
    let mut forged = other;
    forged.secret_key = "guessed".to_owned();
    assert_eq!(
        aws_as(&desk.sandbox, &forged, &get).await.code(),
        "SignatureDoesNotMatch"
    );
    desk.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_command_describes_keys_by_id_arn_and_alias() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let arn = "arn:aws:kms:us-east-1:111122223333:key/6f1d2c3b-58a4-4e0f-9b7a-2d94c1e0a7f3";
    let mut key = KmsKey::new(arn);
    key.aliases = vec!["alias/data".to_owned()];
    key.state = KeyState::PendingDeletion;
    sandbox.state().insert_key(key);
    let owner = sandbox.options().owner.clone();
    let describe =
        async |id: &str| aws(&sandbox, &owner, "kms", &["describe-key", "--key-id", id]).await;
    for id in [
        arn,
        "6f1d2c3b-58a4-4e0f-9b7a-2d94c1e0a7f3",
        "alias/data",
        "arn:aws:kms:us-east-1:111122223333:alias/data",
    ] {
        let metadata = describe(id).await.json()["KeyMetadata"].clone();
        assert_eq!(metadata["Arn"], arn, "{id}");
        assert_eq!(metadata["KeyState"], "PendingDeletion");
        assert_eq!(metadata["Enabled"], false);
        assert_eq!(metadata["KeyManager"], "CUSTOMER");
    }
    for (id, code) in [
        ("alias/other", "NotFoundException"),
        (
            "arn:aws:kms:eu-west-1:111122223333:key/k",
            "NotFoundException",
        ),
        (
            "arn:aws:kms:us-east-1:444455556666:key/k",
            "AccessDeniedException",
        ),
        ("arn:aws:s3:::bucket", "InvalidArnException"),
    ] {
        assert_eq!(describe(id).await.code(), code, "{id}");
    }
    let others = aws(&sandbox, &owner, "kms", &["list-keys"]).await;
    assert_eq!(others.code(), "UnknownOperationException");
}

/// Refused, with its code and a part of its message; what is refused changes nothing.
async fn refused(desk: &Desk, command: &str, argument: &str, document: &Value, told: (&str, &str)) {
    let ran = desk.on(command, &[argument, &document.to_string()]).await;
    assert_eq!(ran.code(), told.0, "{document}: {}", ran.stderr);
    assert!(ran.stderr.contains(told.1), "{document}: {}", ran.stderr);
}

#[tokio::test]
async fn lifecycle_rules_come_back_as_they_went_and_bad_ones_are_refused() {
    let desk = Desk::new().await;
    let put = "put-bucket-lifecycle-configuration";
    let argument = "--lifecycle-configuration";
    let get = "get-bucket-lifecycle-configuration";
    let rules = json!({"Rules": [
        {"ID": "empty", "Filter": {}, "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "all", "Filter": {"Prefix": ""}, "Status": "Disabled",
         "Expiration": {"Date": "2030-01-01T00:00:00.000Z"},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 2}},
        {"ID": "some", "Status": "Enabled",
         "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 5}},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}],
         "Expiration": {"Days": 61}},
    ]});
    let varies = [
        "--transition-default-minimum-object-size",
        "varies_by_storage_class",
    ];
    let text = rules.to_string();
    desk.on(put, &[&[argument, &text], &varies[..]].concat())
        .await
        .json();
    let read = desk.on(get, &[]).await.json();
    assert_eq!(read["Rules"], rules["Rules"]);
    assert_eq!(
        read["TransitionDefaultMinimumObjectSize"],
        "varies_by_storage_class"
    );
    // Without the header the size goes back to what S3 assumes.
    desk.on(put, &[argument, &text]).await.json();
    let read = desk.on(get, &[]).await.json();
    assert_eq!(
        read["TransitionDefaultMinimumObjectSize"],
        "all_storage_classes_128K"
    );

    let rule = |id: &str, more: Value| {
        let mut rule = json!({"ID": id, "Filter": {"Prefix": ""}, "Status": "Enabled"});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        rule
    };
    let old = |id: &str, prefix: &str| json!({"ID": id, "Prefix": prefix, "Status": "Enabled", "Expiration": {"Days": 1}});
    let days = |days: i32| json!({"Expiration": {"Days": days}});
    let tagged = json!({"Tag": {"Key": "k", "Value": "v"}});
    let many: Vec<Value> = (0..1_001)
        .map(|n| rule(&format!("r{n}"), days(1)))
        .collect();
    for (rules, code, told) in [
        (
            json!([rule("x", days(0))]),
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            json!([rule("x", days(1)), rule("x", days(2))]),
            "InvalidArgument",
            "Rule ID must be unique",
        ),
        (
            json!([rule(&"x".repeat(256), days(1))]),
            "InvalidArgument",
            "ID length",
        ),
        (
            json!([rule("x", json!({}))]),
            "InvalidRequest",
            "At least one action",
        ),
        (
            json!([rule("x", days(1)), old("y", "a/")]),
            "InvalidRequest",
            "can only be used in Lifecycle V2",
        ),
        (
            json!([old("x", ""), old("y", "a/")]),
            "InvalidRequest",
            "overlapping prefixes '' and 'a/'",
        ),
        (
            json!([rule(
                "x",
                json!({"Filter": tagged, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})
            )]),
            "InvalidRequest",
            "cannot be specified with Tags",
        ),
        (
            json!([rule(
                "x",
                json!({"Filter": {"ObjectSizeGreaterThan": 1}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})
            )]),
            "InvalidRequest",
            "Object Size",
        ),
        (
            json!([rule(
                "x",
                json!({"Filter": tagged, "Expiration": {"ExpiredObjectDeleteMarker": true}})
            )]),
            "InvalidRequest",
            "cannot be specified with Tags",
        ),
        (
            json!([rule(
                "x",
                json!({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": true}})
            )]),
            "MalformedXML",
            "",
        ),
        (
            json!([rule(
                "x",
                json!({"NoncurrentVersionExpiration": {"NoncurrentDays": 0}})
            )]),
            "InvalidArgument",
            "NoncurrentDays",
        ),
        (
            json!([rule(
                "x",
                json!({"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]})
            )]),
            "InvalidArgument",
            "greater than or equal to 30",
        ),
        (
            json!([rule(
                "x",
                json!({"Transitions": [{"Days": 40, "StorageClass": "STANDARD_IA"}, {"Days": 30, "StorageClass": "GLACIER"}]})
            )]),
            "InvalidArgument",
            "order of their storage classes",
        ),
        (
            json!([rule(
                "x",
                json!({"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}], "Expiration": {"Days": 30}})
            )]),
            "InvalidArgument",
            "must be greater than",
        ),
        (
            json!([json!({"ID": "x", "Status": "Enabled", "Expiration": {"Days": 1}})]),
            "MalformedXML",
            "",
        ),
        (json!(many), "MalformedXML", ""),
    ] {
        refused(&desk, put, argument, &json!({"Rules": rules}), (code, told)).await;
    }
    assert_eq!(desk.on(get, &[]).await.json()["Rules"], rules["Rules"]);
    let apart = json!({"Rules": [old("x", "a/"), old("y", "b/")]});
    desk.on(put, &[argument, &apart.to_string()]).await.json();
    assert_eq!(desk.on(get, &[]).await.json()["Rules"], apart["Rules"]);

    let mfa = |settings: &mut sixfold::sandbox::BucketSettings| settings.mfa_delete = true;
    desk.sandbox.state().patch("b-one", mfa).unwrap();
    assert_eq!(
        desk.on("get-bucket-versioning", &[]).await.json()["MFADelete"],
        "Enabled"
    );
    refused(
        &desk,
        put,
        argument,
        &apart,
        ("InvalidBucketState", "MFA delete"),
    )
    .await;
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn replication_needs_versions_at_both_ends_and_keeps_them() {
    let desk = Desk::new().await;
    for name in ["b-two", "b-plain"] {
        desk.s3(&["create-bucket", "--bucket", name]).await.json();
    }
    let (put, get) = ("put-bucket-replication", "get-bucket-replication");
    let argument = "--replication-configuration";
    let rule = |id: &str, priority: i32, more: Value| {
        let mut rule = json!({
            "ID": id, "Priority": priority, "Filter": {"Prefix": ""}, "Status": "Enabled",
            "Destination": {"Bucket": "arn:aws:s3:::b-two"}, "DeleteMarkerReplication": {"Status": "Disabled"},
        });
        for (key, value) in more.as_object().unwrap() {
            if value.is_null() {
                rule.as_object_mut().unwrap().remove(key);
            } else {
                rule[key] = value.clone();
            }
        }
        rule
    };
    let copier = "arn:aws:iam::111122223333:role/replicate";
    let with = |rules: Value| json!({"Role": copier, "Rules": rules});
    let one = with(json!([rule("one", 1, json!({}))]));
    let invalid = |told| ("InvalidRequest", told);

    assert_eq!(
        desk.on(get, &[]).await.code(),
        "ReplicationConfigurationNotFoundError"
    );
    let on = ["--versioning-configuration", "Status=Enabled"];
    refused(
        &desk,
        put,
        argument,
        &one,
        invalid("Destination bucket must have versioning"),
    )
    .await;
    desk.s3(&["put-bucket-versioning", "--bucket", "b-two", on[0], on[1]])
        .await;
    refused(
        &desk,
        put,
        argument,
        &one,
        invalid("Versioning must be 'Enabled'"),
    )
    .await;
    desk.done("put-bucket-versioning", &on).await;
    desk.done(put, &[argument, &one.to_string()]).await;
    let read = desk.on(get, &[]).await.json();
    assert_eq!(read["ReplicationConfiguration"], one);
    let off = ["--versioning-configuration", "Status=Suspended"];
    let suspended = desk.on("put-bucket-versioning", &off).await;
    assert_eq!(suspended.code(), "InvalidBucketState");

    let to = |to: Value| json!({"Destination": to});
    let tagged = json!({"Filter": {"Tag": {"Key": "k", "Value": "v"}}, "DeleteMarkerReplication": {"Status": "Enabled"}});
    let kms = json!({"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}});
    for (rules, told) in [
        (
            json!([rule("x", 1, to(json!({"Bucket": "arn:aws:s3:::nowhere"})))]),
            invalid("must exist"),
        ),
        (
            json!([rule("x", 1, to(json!({"Bucket": "arn:aws:s3:::b-one"})))]),
            invalid("same as the source"),
        ),
        (
            json!([rule("x", 1, to(json!({"Bucket": "arn:aws:s3:::b-plain"})))]),
            invalid("must have versioning"),
        ),
        (
            json!([rule("x", 1, to(json!({"Bucket": "b-two"})))]),
            ("InvalidArgument", "ARN"),
        ),
        (
            json!([rule("x", 1, json!({})), rule("y", 1, json!({}))]),
            invalid("duplicate priority '1'"),
        ),
        (
            json!([rule("x", 1, json!({})), rule("x", 2, json!({}))]),
            invalid("must be unique"),
        ),
        (
            json!([rule("x", 1, json!({"Priority": null}))]),
            invalid("Priority must be specified"),
        ),
        (
            json!([rule("x", 1, json!({"DeleteMarkerReplication": null}))]),
            invalid("DeleteMarkerReplication must be"),
        ),
        (
            json!([rule("x", 1, json!({"Filter": null}))]),
            invalid("Priority cannot be used"),
        ),
        (json!([rule("x", 1, tagged)]), invalid("if any Tag filter")),
        (
            json!([rule("x", 1, kms)]),
            invalid("ReplicaKmsKeyID must be"),
        ),
    ] {
        refused(&desk, put, argument, &with(rules), told).await;
    }
    let nobody = json!({"Role": "nobody", "Rules": one["Rules"]});
    refused(&desk, put, argument, &nobody, ("InvalidArgument", "Role")).await;
    // Another account's bucket is not looked for here.
    let theirs = to(json!({"Bucket": "arn:aws:s3:::theirs", "Account": "999988887777"}));
    let there = with(json!([rule("away", 2, theirs), rule("one", 1, json!({}))]));
    desk.done(put, &[argument, &there.to_string()]).await;
    desk.done("delete-bucket-replication", &[]).await;
    desk.done("put-bucket-versioning", &off).await;
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn an_object_lock_comes_to_a_versioned_bucket_and_never_goes() {
    let desk = Desk::new().await;
    let (put, get) = (
        "put-object-lock-configuration",
        "get-object-lock-configuration",
    );
    let argument = "--object-lock-configuration";
    let on = json!({"ObjectLockEnabled": "Enabled"});
    let lasting = |retention: Value| json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}});
    refused(
        &desk,
        put,
        argument,
        &on,
        ("InvalidBucketState", "Versioning must be 'Enabled'"),
    )
    .await;
    desk.done(
        "put-bucket-versioning",
        &["--versioning-configuration", "Status=Enabled"],
    )
    .await;
    let years = lasting(json!({"Mode": "COMPLIANCE", "Years": 7}));
    desk.done(put, &[argument, &years.to_string()]).await;
    assert_eq!(
        desk.on(get, &[]).await.json()["ObjectLockConfiguration"],
        years
    );
    for (document, code) in [
        (
            lasting(json!({"Mode": "GOVERNANCE", "Days": 1, "Years": 1})),
            "MalformedXML",
        ),
        (
            lasting(json!({"Mode": "GOVERNANCE", "Days": 0})),
            "InvalidArgument",
        ),
        (
            lasting(json!({"Mode": "GOVERNANCE", "Years": 101})),
            "InvalidArgument",
        ),
        (json!({}), "MalformedXML"),
    ] {
        refused(&desk, put, argument, &document, (code, "")).await;
    }
    desk.done(put, &[argument, &on.to_string()]).await;
    assert_eq!(
        desk.on(get, &[]).await.json()["ObjectLockConfiguration"],
        on
    );
    let suspended = desk
        .on(
            "put-bucket-versioning",
            &["--versioning-configuration", "Status=Suspended"],
        )
        .await;
    assert_eq!(suspended.code(), "InvalidBucketState");
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn what_is_kept_by_id_is_put_got_listed_and_deleted_by_id() {
    let desk = Desk::new().await;
    let inventory = |id: &str| {
        json!({
            "Id": id, "IsEnabled": true, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Weekly"},
            "Filter": {"Prefix": "a/"}, "OptionalFields": ["Size", "ETag"],
            "Destination": {"S3BucketDestination": {
                "AccountId": "111122223333", "Bucket": "arn:aws:s3:::b-two", "Format": "CSV", "Encryption": {"SSES3": {}}}},
        })
    };
    let metrics = |id: &str| json!({"Id": id, "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}});
    let tiering = |id: &str| {
        json!({"Id": id, "Status": "Enabled", "Filter": {"Prefix": "a/"},
               "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]})
    };
    let with = |mut document: Value, pointer: &str, value: Value| {
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    for (kind, key, good, bad) in [
        (
            "inventory",
            "InventoryConfiguration",
            inventory("x"),
            vec![
                (
                    with(
                        inventory("x"),
                        "/Destination/S3BucketDestination/Bucket",
                        json!("b-two"),
                    ),
                    "InvalidArgument",
                ),
                (
                    with(
                        inventory("x"),
                        "/Destination/S3BucketDestination/Format",
                        json!("XLS"),
                    ),
                    "MalformedXML",
                ),
                (
                    with(
                        inventory("x"),
                        "/Destination/S3BucketDestination/Encryption",
                        json!({"SSES3": {}, "SSEKMS": {"KeyId": "k"}}),
                    ),
                    "MalformedXML",
                ),
                (inventory("y"), "InvalidArgument"),
            ],
        ),
        (
            "metrics",
            "MetricsConfiguration",
            metrics("x"),
            vec![
                (
                    json!({"Id": "x", "Filter": {"And": {"Prefix": "a/"}}}),
                    "MalformedXML",
                ),
                (metrics("y"), "InvalidArgument"),
            ],
        ),
        (
            "intelligent-tiering",
            "IntelligentTieringConfiguration",
            tiering("x"),
            vec![
                (
                    with(tiering("x"), "/Tierings/0/Days", json!(89)),
                    "InvalidArgument",
                ),
                (
                    with(tiering("x"), "/Tierings/1/Days", json!(731)),
                    "InvalidArgument",
                ),
                (
                    with(tiering("x"), "/Tierings/0/AccessTier", json!("FROZEN")),
                    "MalformedXML",
                ),
                (tiering("y"), "InvalidArgument"),
            ],
        ),
    ] {
        let call = |verb: &str| format!("{verb}-bucket-{kind}-configuration");
        let list = format!("list-bucket-{kind}-configurations");
        let argument = format!("--{kind}-configuration");
        let id = ["--id", "x"];
        for verb in ["get", "delete"] {
            assert_eq!(
                desk.on(&call(verb), &id).await.code(),
                "NoSuchConfiguration",
                "{kind}"
            );
        }
        assert_eq!(
            desk.on(&list, &[]).await.json()["IsTruncated"],
            false,
            "{kind}"
        );
        desk.done(&call("put"), &["--id", "x", &argument, &good.to_string()])
            .await;
        assert_eq!(desk.on(&call("get"), &id).await.json()[key], good);
        assert_eq!(
            desk.on(&list, &[]).await.json()[format!("{key}List")],
            json!([good])
        );
        for (document, code) in bad {
            let ran = desk
                .on(
                    &call("put"),
                    &["--id", "x", &argument, &document.to_string()],
                )
                .await;
            assert_eq!(ran.code(), code, "{document}: {}", ran.stderr);
        }
        assert_eq!(desk.on(&call("get"), &id).await.json()[key], good);
        let odd = desk
            .on(
                &call("put"),
                &[
                    "--id",
                    "x y",
                    &argument,
                    &good.to_string().replace("\"x\"", "\"x y\""),
                ],
            )
            .await;
        assert_eq!(odd.code(), "InvalidArgument", "{kind}");
        desk.done(&call("delete"), &id).await;
        assert_eq!(
            desk.on(&call("get"), &id).await.code(),
            "NoSuchConfiguration"
        );
    }
    desk.sandbox.stop().await;
}
