//! Block Public Access of the account: the same four flags as a bucket's, over all its buckets and
//! access points, of today and to come.
//!
//! It is read and written by S3 Control, which is asked about an account and not about a bucket. A
//! block that the organisation enforces is told as the account's, and refuses other writes
//! ([Block Public Access](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)).

use async_trait::async_trait;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use serde_json::Value;

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, control},
    fidelity,
    public_access_block::Flags,
    shape,
};
use crate::domain::{Command, Document, Scope, artifact::Summary};

pub struct AccountPublicAccessBlock;

#[async_trait]
impl Setting for AccountPublicAccessBlock {
    fn name(&self) -> &'static str {
        "account_public_access_block"
    }

    fn scope(&self) -> Scope {
        Scope::Account
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = control!(bucket, "GetPublicAccessBlock", get_public_access_block);
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
        let Some(value) = step.to.value() else {
            let answer = control!(
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
        control!(
            bucket,
            "PutPublicAccessBlock",
            put_public_access_block,
            public_access_block_configuration(flags)
        )
        .map(Written::from)
    }

    fn command(&self, account: &str, step: Step<'_>, file: &str) -> Command {
        match shape::held::<Flags>(step.to) {
            None => self.inverse(account, step, file),
            Some(flags) => Command::s3control("put-public-access-block", account)
                .with("--public-access-block-configuration", flags.shorthand()),
        }
    }

    fn inverse(&self, account: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            Command::s3control("delete-public-access-block", account)
        } else {
            Command::s3control("put-public-access-block", account).with(
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
        Flags::returns(document, "the account's public access block")
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}
