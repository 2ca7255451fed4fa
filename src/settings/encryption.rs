//! Default encryption: what S3 encrypts new objects with. Objects that are there keep what they
//! were written with, whatever this becomes.
//!
//! S3 always encrypts, so "not set" exists on emulators only, and the delete call resets to SSE-S3.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
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
struct Configuration {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    apply_server_side_encryption_by_default: Option<ByDefault>,
    /// S3 answers `false` where nobody said anything, so that is what stands here too.
    #[serde(default)]
    bucket_key_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_encryption_types: Option<Blocked>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    kms_key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Blocked {
    encryption_type: Vec<String>,
}

impl Configuration {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    fn in_order(mut self) -> Self {
        for blocked in self
            .rules
            .iter_mut()
            .filter_map(|rule| rule.blocked_encryption_types.as_mut())
        {
            blocked.encryption_type.sort();
        }
        self
    }
}

impl Rule {
    fn line(&self) -> String {
        let mut line = match &self.apply_server_side_encryption_by_default {
            None => "no default".to_owned(),
            Some(default) => match &default.kms_key {
                None => default.algorithm.clone(),
                Some(key) => format!("{} with {key}", default.algorithm),
            },
        };
        if self.bucket_key_enabled {
            line.push_str(", bucket key on");
        }
        if let Some(blocked) = &self.blocked_encryption_types {
            line.push_str(", blocked: ");
            line.push_str(&blocked.encryption_type.join(" "));
        }
        line
    }
}

pub struct Encryption;

#[async_trait]
impl Setting for Encryption {
    fn name(&self) -> &'static str {
        "encryption"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketEncryption", get_bucket_encryption);
        call::read(
            "GetBucketEncryption",
            "ServerSideEncryptionConfigurationNotFoundError",
            answer,
            |output| {
                let Some(configuration) = output.server_side_encryption_configuration else {
                    return Ok(Document::ABSENT);
                };
                let rules = configuration.rules.into_iter().map(from_sdk).collect();
                shape::document(&Configuration { rules }.in_order())
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let Some(value) = target.value() else {
            let answer = s3!(bucket, "DeleteBucketEncryption", delete_bucket_encryption);
            return answer.map(Written::from);
        };
        let configuration = shape::typed(value.clone())
            .and_then(to_sdk)
            .map_err(|message| CallError::unfit("PutBucketEncryption", message))?;
        s3!(
            bucket,
            "PutBucketEncryption",
            put_bucket_encryption,
            server_side_encryption_configuration(configuration)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-bucket-encryption", bucket)
        } else {
            Command::s3api("put-bucket-encryption", bucket).with(
                "--server-side-encryption-configuration",
                format!("file://{file}"),
            )
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn restored(&self, before: &Document) -> Document {
        if before.is_absent() {
            Document::present(json!({"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": false,
            }]}))
        } else {
            before.clone()
        }
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        let mut residue = Vec::new();
        if before.is_absent() {
            residue.push("the default goes back to SSE-S3; S3 has no state without one".to_owned());
        }
        residue.push("objects written meanwhile keep the encryption they were given".to_owned());
        residue
    }

    /// Beside `Rules`: the first rule's `algorithm`, `kms_key`, `bucket_key` and `blocked`, and
    /// `own_key`: a KMS key is named, and not by the alias of the one that AWS manages for S3. S3 keeps
    /// [one rule a bucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html).
    fn view(&self, document: &Document) -> Value {
        let rules: Vec<Value> = Configuration::of(document)
            .rules
            .into_iter()
            .map(|rule| {
                let default = rule.apply_server_side_encryption_by_default;
                let (algorithm, kms_key) = default
                    .map(|default| (default.algorithm, default.kms_key.unwrap_or_default()))
                    .unwrap_or_default();
                let blocked = rule
                    .blocked_encryption_types
                    .map(|blocked| blocked.encryption_type)
                    .unwrap_or_default();
                json!({
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": algorithm,
                        "KMSMasterKeyID": kms_key,
                    },
                    "BucketKeyEnabled": rule.bucket_key_enabled,
                    "BlockedEncryptionTypes": {"EncryptionType": blocked},
                })
            })
            .collect();
        let first = |path: &str| rules.first().and_then(|rule| rule.pointer(path)).cloned();
        let default = "/ApplyServerSideEncryptionByDefault";
        let key = first(&format!("{default}/KMSMasterKeyID"));
        let key = key
            .and_then(|key| Some(key.as_str()?.to_owned()))
            .unwrap_or_default();
        json!({
            "own_key": !key.is_empty() && !key.ends_with("alias/aws/s3"),
            "kms_key": key,
            "algorithm": first(&format!("{default}/SSEAlgorithm")).unwrap_or_else(|| json!("")),
            "bucket_key": first("/BucketKeyEnabled").unwrap_or(json!(false)),
            "blocked": first("/BlockedEncryptionTypes/EncryptionType").unwrap_or_else(|| json!([])),
            "Rules": rules,
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let value = shape::without_empty(shape::without_derived(value));
        let configuration: Configuration = shape::typed(value)?;
        if configuration.rules.is_empty() {
            return Err("a configuration without rules".to_owned());
        }
        shape::document(&configuration.in_order())
    }

    fn summary(&self, document: &Document) -> Summary {
        let rules = Configuration::of(document).rules;
        Summary {
            noun: "rules".to_owned(),
            count: rules.len(),
            lines: rules.iter().map(Rule::line).collect(),
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        match Configuration::of(document).rules.as_slice() {
            [] => vec!["encryption returns nothing set".to_owned()],
            rules => std::iter::once(format!(
                "encryption returns {}",
                shape::counted(rules.len(), "rule")
            ))
            .chain(rules.iter().map(Rule::line))
            .collect(),
        }
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}

fn from_sdk(rule: ServerSideEncryptionRule) -> Rule {
    Rule {
        apply_server_side_encryption_by_default: rule.apply_server_side_encryption_by_default.map(
            |default| ByDefault {
                algorithm: default.sse_algorithm.as_str().to_owned(),
                kms_key: default.kms_master_key_id,
            },
        ),
        bucket_key_enabled: rule.bucket_key_enabled.unwrap_or_default(),
        blocked_encryption_types: rule.blocked_encryption_types.map(|blocked| Blocked {
            encryption_type: blocked
                .encryption_type
                .unwrap_or_default()
                .iter()
                .map(|word| word.as_str().to_owned())
                .collect(),
        }),
    }
}

fn to_sdk(configuration: Configuration) -> Result<ServerSideEncryptionConfiguration, String> {
    let rules = configuration
        .rules
        .into_iter()
        .map(|rule| {
            let default = rule
                .apply_server_side_encryption_by_default
                .map(|default| {
                    ServerSideEncryptionByDefault::builder()
                        .sse_algorithm(ServerSideEncryption::from(default.algorithm.as_str()))
                        .set_kms_master_key_id(default.kms_key)
                        .build()
                })
                .transpose()
                .map_err(|error| error.to_string())?;
            let blocked = rule.blocked_encryption_types.map(|blocked| {
                let words = blocked.encryption_type.iter();
                BlockedEncryptionTypes::builder()
                    .set_encryption_type(Some(
                        words
                            .map(|word| EncryptionType::from(word.as_str()))
                            .collect(),
                    ))
                    .build()
            });
            Ok(ServerSideEncryptionRule::builder()
                .set_apply_server_side_encryption_by_default(default)
                .bucket_key_enabled(rule.bucket_key_enabled)
                .set_blocked_encryption_types(blocked)
                .build())
        })
        .collect::<Result<_, String>>()?;
    ServerSideEncryptionConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(|error| error.to_string())
}
