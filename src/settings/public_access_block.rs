//! Block Public Access of one bucket: four flags, each off where nothing is set.
//!
//! The account's own block applies beside it, and the strictest holds. It is a setting of its own with
//! the same document ([`account_public_access_block`](super::account_public_access_block)), so the
//! flags' ways into words are here for both. An organisation's block shows as the account's.

use async_trait::async_trait;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

// The four flags are the setting's own; S3 knows no other form.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(super) struct Flags {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

impl Flags {
    fn named(self) -> [(&'static str, bool); 4] {
        [
            ("BlockPublicAcls", self.block_public_acls),
            ("IgnorePublicAcls", self.ignore_public_acls),
            ("BlockPublicPolicy", self.block_public_policy),
            ("RestrictPublicBuckets", self.restrict_public_buckets),
        ]
    }

    pub fn on(self) -> usize {
        self.named().iter().filter(|(_, on)| *on).count()
    }

    /// The names of those that are off.
    pub fn off(self) -> Vec<&'static str> {
        let named = self.named().into_iter();
        named
            .filter_map(|(name, on)| (!on).then_some(name))
            .collect()
    }

    /// What follows `--public-access-block-configuration`.
    pub fn shorthand(self) -> String {
        let flags = self.named().map(|(name, on)| format!("{name}={on}"));
        flags.join(",")
    }

    /// Beside the four flags: `configured`, `flags_on` (0 to 4) and `flags_off`, their names.
    pub fn view(document: &Document) -> Value {
        let flags: Self = shape::held(document).unwrap_or_default();
        json!({
            "BlockPublicAcls": flags.block_public_acls,
            "IgnorePublicAcls": flags.ignore_public_acls,
            "BlockPublicPolicy": flags.block_public_policy,
            "RestrictPublicBuckets": flags.restrict_public_buckets,
            "configured": !document.is_absent(),
            "flags_on": flags.on(),
            "flags_off": flags.off(),
        })
    }

    pub fn tidy(value: Value) -> Result<Document, String> {
        let flags: Self = shape::typed(shape::without_derived(value))?;
        shape::document(&flags)
    }

    pub fn summary(document: &Document) -> Summary {
        let lines: Vec<String> = shape::held::<Self>(document)
            .map(|flags| flags.named().map(|(name, on)| format!("{name}: {on}")))
            .into_iter()
            .flatten()
            .collect();
        Summary {
            noun: "flags".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    /// `subject` is the words before `returns`.
    pub fn returns(document: &Document, subject: &str) -> Vec<String> {
        vec![match shape::held::<Self>(document) {
            None => format!("{subject} returns nothing set"),
            Some(flags) => format!("{subject} returns {} of 4 flags on", flags.on()),
        }]
    }
}

pub struct PublicAccessBlock;

#[async_trait]
impl Setting for PublicAccessBlock {
    fn name(&self) -> &'static str {
        "public_access_block"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetPublicAccessBlock", get_public_access_block);
        call::read(
            "GetPublicAccessBlock",
            "NoSuchPublicAccessBlockConfiguration",
            answer,
            |output| {
                let Some(flags) = output.public_access_block_configuration else {
                    return Ok(Document::ABSENT);
                };
                shape::document(&Flags {
                    block_public_acls: flags.block_public_acls.unwrap_or_default(),
                    ignore_public_acls: flags.ignore_public_acls.unwrap_or_default(),
                    block_public_policy: flags.block_public_policy.unwrap_or_default(),
                    restrict_public_buckets: flags.restrict_public_buckets.unwrap_or_default(),
                })
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let Some(value) = target.value() else {
            let answer = s3!(
                bucket,
                "DeletePublicAccessBlock",
                delete_public_access_block
            );
            return answer.map(Written::from);
        };
        let flags: Flags = shape::typed(value.clone())
            .map_err(|message| CallError::unfit("PutPublicAccessBlock", message))?;
        let flags = PublicAccessBlockConfiguration::builder()
            .block_public_acls(flags.block_public_acls)
            .ignore_public_acls(flags.ignore_public_acls)
            .block_public_policy(flags.block_public_policy)
            .restrict_public_buckets(flags.restrict_public_buckets)
            .build();
        s3!(
            bucket,
            "PutPublicAccessBlock",
            put_public_access_block,
            public_access_block_configuration(flags)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        match shape::held::<Flags>(step.to) {
            None => self.inverse(bucket, step, file),
            Some(flags) => Command::s3api("put-public-access-block", bucket)
                .with("--public-access-block-configuration", flags.shorthand()),
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3api("delete-public-access-block", bucket)
        } else {
            Command::s3api("put-public-access-block", bucket).with(
                "--public-access-block-configuration",
                format!("file://{file}"),
            )
        }
    }

    /// As [`Flags::view`] says.
    fn view(&self, document: &Document) -> Value {
        Flags::view(document)
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        Flags::tidy(value)
    }

    fn summary(&self, document: &Document) -> Summary {
        Flags::summary(document)
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        Flags::returns(document, "public access block")
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}
