//! Server access logging. No log is ever written in here, but a target that could not take one is
//! refused, as S3 refuses it.
//!
//! Whether AWS looks for a policy where ACLs are disabled is not documented; the strict reading is
//! imitated, so that nothing here works that would lose logs there.

use s3s::{S3Error, S3Result, dto};

use crate::sandbox::{
    acl::{Grantee, Permission},
    errors::{invalid_argument, malformed_xml, refuse},
    policy::{Policy, Says, ServiceRequest},
    state::{Bucket, BucketSettings, Setting},
    world::Buckets,
};

/// Who delivers logs where a policy must say so.
const SERVICE: &str = "logging.s3.amazonaws.com";

pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketLoggingOutput {
    dto::GetBucketLoggingOutput {
        logging_enabled: bucket.seen(Setting::Logging).logging.clone(),
    }
}

/// Whether the buckets allow what is asked for: the target's part of [`put`].
pub(in crate::sandbox) fn check(
    buckets: &Buckets,
    input: &dto::PutBucketLoggingInput,
) -> S3Result<()> {
    let Some(asked) = &input.bucket_logging_status.logging_enabled else {
        return Ok(());
    };
    // That the source is there, the gate has seen.
    let Some(source) = buckets.get(&input.bucket) else {
        return Ok(());
    };
    let target = buckets.get(&asked.target_bucket);
    let target =
        target.ok_or_else(|| invalid_target("The target bucket for logging does not exist"))?;
    if target.account != source.account {
        return Err(invalid_target(
            "The owner for the bucket to be logged and the target bucket must be the same.",
        ));
    }
    if target.region != source.region {
        return Err(refuse(
            403,
            "CrossLocationLoggingProhibited",
            "Cross S3 location logging not allowed. ",
        ));
    }
    let granted = asked
        .target_grants
        .as_ref()
        .is_some_and(|list| !list.is_empty());
    if granted && target.settings.owner_enforced() {
        return Err(invalid_argument(
            "Target grants are not supported where the target bucket's object ownership is bucket owner enforced",
        ));
    }
    if by_acl(target) || by_policy(target, source, &asked.target_prefix) {
        Ok(())
    } else {
        Err(invalid_target(
            "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket",
        ))
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketLoggingInput,
) -> S3Result<dto::PutBucketLoggingOutput> {
    let enabled = input.bucket_logging_status.logging_enabled;
    for grant in enabled
        .iter()
        .flat_map(|it| it.target_grants.iter().flatten())
    {
        let permission = grant
            .permission
            .as_ref()
            .map(dto::BucketLogsPermission::as_str);
        if grant.grantee.is_none() || !matches!(permission, Some("FULL_CONTROL" | "READ" | "WRITE"))
        {
            return Err(malformed_xml());
        }
    }
    new.logging = enabled;
    Ok(dto::PutBucketLoggingOutput {})
}

fn by_acl(target: &Bucket) -> bool {
    let has = |wanted| {
        target.settings.acl.iter().any(|grant| {
            grant.grantee == Grantee::LogDelivery
                && (grant.permission == wanted || grant.permission == Permission::FullControl)
        })
    };
    !target.settings.owner_enforced() && has(Permission::Write) && has(Permission::ReadAcp)
}

fn by_policy(target: &Bucket, source: &Bucket, prefix: &str) -> bool {
    let text = target.settings.policy.as_deref();
    let Some(Ok(policy)) = text.map(|text| Policy::accept(text, &target.name)) else {
        return false;
    };
    // What the keys of log objects look like.
    let key = format!("{prefix}2026-04-18-09-12-44-0123456789ABCDEF");
    let said = policy.says_to_service(&ServiceRequest {
        service: SERVICE,
        action: "s3:PutObject",
        resource: &format!("arn:aws:s3:::{}/{key}", target.name),
        source_arn: &format!("arn:aws:s3:::{}", source.name),
        source_account: &source.account,
    });
    said == Says::Allowed
}

fn invalid_target(message: &'static str) -> S3Error {
    refuse(400, "InvalidTargetBucketForLogging", message)
}
