//! What S3 answers, and the document that each answer is: shared by reads and views.

use super::*;

pub(super) const GROUP: &str = "http://acs.amazonaws.com/groups";

/// The walkthrough's ACL, with the grants in another order than the boxes print them.
pub(super) const ACL_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><ID>0wner</ID><DisplayName>acme</DisplayName></Owner>
  <AccessControlList>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee><Permission>WRITE</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>0wner</ID><DisplayName>acme</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>
  </AccessControlList>
</AccessControlPolicy>"#;

pub(super) fn acl() -> Value {
    json!({
        "Owner": {"ID": "0wner"},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "0wner"}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"Type": "Group", "URI": format!("{GROUP}/global/AllUsers")}, "Permission": "READ"},
            {"Grantee": {"Type": "Group", "URI": format!("{GROUP}/s3/LogDelivery")}, "Permission": "WRITE"},
        ],
    })
}

pub(super) fn private_acl() -> Value {
    json!({"Owner": {"ID": "0wner"}, "Grants": [acl()["Grants"][0]]})
}

pub(super) fn lock() -> Value {
    json!({"ObjectLockEnabled": "Enabled",
           "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}})
}

/// (setting, S3's body, the document it becomes)
pub(in crate::settings) type Body = (&'static str, &'static str, Value);

pub(super) fn bodies() -> Vec<Body> {
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

pub(super) fn small_bodies() -> Vec<Body> {
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

pub(super) const CORS_XML: &str = "<CORSConfiguration><CORSRule><ID>app</ID><AllowedMethod>PUT</AllowedMethod>\
    <AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://b.acme.com</AllowedOrigin>\
    <AllowedOrigin>*</AllowedOrigin><AllowedHeader>x-b</AllowedHeader><AllowedHeader>x-a</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>0</MaxAgeSeconds></CORSRule>\
    <CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>http://a.acme.com</AllowedOrigin></CORSRule>\
    </CORSConfiguration>";

/// The order of rules is theirs; within a rule there is none.
pub(super) fn cors() -> Value {
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

pub(super) const WEBSITE_XML: &str = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
    <ErrorDocument><Key>error.html</Key></ErrorDocument><RoutingRules><RoutingRule>\
    <Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>\
    <Redirect><ReplaceKeyPrefixWith></ReplaceKeyPrefixWith></Redirect></RoutingRule><RoutingRule>\
    <Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>\
    <Redirect><Protocol>http</Protocol><HostName>acme.com</HostName><ReplaceKeyWith>x</ReplaceKeyWith>\
    <HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>";

/// The empty text of the first rule takes a prefix away, and is no missing one.
pub(super) fn website() -> Value {
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

pub(super) const LOGGING_XML: &str = r#"<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket>
  <TargetPrefix>b/</TargetPrefix><TargetGrants>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>auditor</ID><DisplayName>audit</DisplayName></Grantee><Permission>READ</Permission></Grant>
  </TargetGrants><TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>
</LoggingEnabled></BucketLoggingStatus>"#;

pub(super) fn logging() -> Value {
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

pub(super) const NOTIFICATION_XML: &str = "<NotificationConfiguration><TopicConfiguration><Id>t</Id>\
    <Topic>arn:aws:sns:us-east-1:123456789012:t</Topic><Event>s3:ObjectRemoved:*</Event><Event>s3:ObjectCreated:Put</Event>\
    <Filter><S3Key><FilterRule><Name>Suffix</Name><Value>.csv</Value></FilterRule><FilterRule><Name>Prefix</Name><Value></Value>\
    </FilterRule></S3Key></Filter></TopicConfiguration><QueueConfiguration><Id>q</Id>\
    <Queue>arn:aws:sqs:us-east-1:999988887777:q</Queue><Event>s3:ObjectRestore:*</Event><Filter><S3Key/></Filter></QueueConfiguration>\
    <CloudFunctionConfiguration><Id>f</Id><CloudFunction>arn:aws:lambda:us-east-1:123456789012:function:f</CloudFunction>\
    <Event>s3:LifecycleExpiration:*</Event></CloudFunctionConfiguration><EventBridgeConfiguration/></NotificationConfiguration>";

pub(super) fn notification() -> Value {
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

pub(super) fn documents() -> impl Iterator<Item = (&'static dyn Setting, Document)> {
    let absent = all().iter().map(|setting| (*setting, Document::ABSENT));
    let present = bodies().into_iter().map(|(name, _, document)| {
        (
            by_name(name).unwrap(),
            serde_json::from_value(document).unwrap(),
        )
    });
    absent.chain(present)
}
