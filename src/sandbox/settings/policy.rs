//! The bucket policy and its status.

use s3s::{S3Error, S3Result, dto};

use crate::sandbox::{
    errors::{access_denied, refuse},
    policy::Policy,
    public,
    state::{Bucket, BucketSettings, Setting},
};

fn absent() -> S3Error {
    refuse(
        404,
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
    )
}

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketPolicyOutput> {
    let policy = bucket.seen(Setting::Policy).policy.clone();
    Ok(dto::GetBucketPolicyOutput {
        policy: Some(policy.ok_or_else(absent)?),
    })
}

/// Public only where the policy is and nothing restricts it.
pub(in crate::sandbox) fn status(bucket: &Bucket) -> S3Result<dto::GetBucketPolicyStatusOutput> {
    let text = bucket.seen(Setting::Policy).policy.as_deref();
    let text = text.ok_or_else(absent)?;
    let seen = bucket.seen(Setting::PublicAccessBlock);
    let restricted = bucket.block_with(seen).restrict_public_buckets;
    let is_public = !restricted
        && Policy::accept(text, &bucket.name).is_ok_and(|policy| public::policy(&policy));
    Ok(dto::GetBucketPolicyStatusOutput {
        policy_status: Some(dto::PolicyStatus {
            is_public: Some(is_public),
        }),
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    bucket: &Bucket,
    input: dto::PutBucketPolicyInput,
) -> S3Result<dto::PutBucketPolicyOutput> {
    let policy = Policy::accept(&input.policy, &bucket.name)?;
    if bucket.block_with(new).block_public_policy && public::policy(&policy) {
        return Err(access_denied());
    }
    new.policy = Some(input.policy);
    Ok(dto::PutBucketPolicyOutput {})
}
