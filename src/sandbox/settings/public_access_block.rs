//! Block Public Access of the bucket. The account's own block applies beside it and does not show here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::refuse,
    state::{Bucket, BucketSettings, PublicAccessBlock, Setting},
};

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetPublicAccessBlockOutput> {
    let block = bucket.seen(Setting::PublicAccessBlock).public_access_block;
    let block = block.ok_or_else(|| {
        refuse(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        )
    })?;
    Ok(dto::GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(dto::PublicAccessBlockConfiguration {
            block_public_acls: Some(block.block_public_acls),
            block_public_policy: Some(block.block_public_policy),
            ignore_public_acls: Some(block.ignore_public_acls),
            restrict_public_buckets: Some(block.restrict_public_buckets),
        }),
    })
}

/// A flag that is left out is off.
pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: &dto::PutPublicAccessBlockInput,
) -> dto::PutPublicAccessBlockOutput {
    let sent = &input.public_access_block_configuration;
    new.public_access_block = Some(PublicAccessBlock {
        block_public_acls: sent.block_public_acls.unwrap_or_default(),
        ignore_public_acls: sent.ignore_public_acls.unwrap_or_default(),
        block_public_policy: sent.block_public_policy.unwrap_or_default(),
        restrict_public_buckets: sent.restrict_public_buckets.unwrap_or_default(),
    });
    dto::PutPublicAccessBlockOutput {}
}
