//! Lifecycle rules. They are kept and given back; nothing expires in here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{invalid_argument, invalid_request, malformed_xml, refuse},
    state::{Bucket, BucketSettings, Lifecycle, Setting},
};

/// What S3 assumes for transitions where nothing is said.
pub(in crate::sandbox) const DEFAULT_MINIMUM: &str = "all_storage_classes_128K";

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
) -> S3Result<dto::GetBucketLifecycleConfigurationOutput> {
    let lifecycle = bucket.seen(Setting::Lifecycle).lifecycle.clone();
    let lifecycle = lifecycle.ok_or_else(|| {
        refuse(
            404,
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist",
        )
    })?;
    Ok(dto::GetBucketLifecycleConfigurationOutput {
        rules: Some(lifecycle.rules),
        transition_default_minimum_object_size: Some(lifecycle.minimum_size.into()),
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketLifecycleConfigurationInput,
) -> S3Result<dto::PutBucketLifecycleConfigurationOutput> {
    let mut rules = input
        .lifecycle_configuration
        .ok_or_else(malformed_xml)?
        .rules;
    if rules.is_empty() {
        return Err(malformed_xml());
    }
    for at in 0..rules.len() {
        check(&rules[at])?;
        // S3 names a rule that came without a name.
        let id = rules[at]
            .id
            .get_or_insert_with(|| format!("rule-{at}"))
            .clone();
        if rules[..at]
            .iter()
            .any(|other| other.id.as_ref() == Some(&id))
        {
            return Err(invalid_argument(
                "Rule ID must be unique. Found same ID for more than one rule",
            ));
        }
    }
    let minimum_size = input.transition_default_minimum_object_size;
    let minimum_size =
        minimum_size.map_or(DEFAULT_MINIMUM.to_owned(), |size| size.as_str().to_owned());
    new.lifecycle = Some(Lifecycle {
        rules,
        minimum_size: minimum_size.clone(),
    });
    Ok(dto::PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(minimum_size.into()),
    })
}

fn check(rule: &dto::LifecycleRule) -> S3Result<()> {
    if ![
        dto::ExpirationStatus::ENABLED,
        dto::ExpirationStatus::DISABLED,
    ]
    .contains(&rule.status.as_str())
    {
        return Err(malformed_xml());
    }
    let acts = rule.expiration.is_some()
        || rule.noncurrent_version_expiration.is_some()
        || rule.abort_incomplete_multipart_upload.is_some()
        || rule.transitions.is_some()
        || rule.noncurrent_version_transitions.is_some();
    if !acts {
        return Err(invalid_request(
            "At least one action needs to be specified in a rule",
        ));
    }
    let days = rule
        .expiration
        .as_ref()
        .and_then(|expiration| expiration.days);
    if days.is_some_and(|days| days < 1) {
        return Err(invalid_argument(
            "'Days' for Expiration action must be a positive integer",
        ));
    }
    Ok(())
}
