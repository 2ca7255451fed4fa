//! From S3's answers to documents: all of them, the absent ones, and what is not understood.

use super::*;

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
