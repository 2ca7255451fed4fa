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
