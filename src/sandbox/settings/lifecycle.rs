//! Lifecycle rules. They are kept and given back; nothing expires in here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{invalid_argument, invalid_request, malformed_xml, refuse},
    state::{Bucket, BucketSettings, Lifecycle, Setting},
};

/// What S3 assumes for transitions where nothing is said.
pub(in crate::sandbox) const DEFAULT_MINIMUM: &str = "all_storage_classes_128K";
const MOST_RULES: usize = 1_000;
const LONGEST_ID: usize = 255;
/// Storage classes in the order in which objects can move through them, each with the fewest days
/// after which they can come.
const CLASSES: [(&str, i32); 6] = [
    ("STANDARD_IA", 30),
    ("INTELLIGENT_TIERING", 0),
    ("ONEZONE_IA", 30),
    ("GLACIER_IR", 0),
    ("GLACIER", 0),
    ("DEEP_ARCHIVE", 0),
];

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
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(malformed_xml());
    }
    if new.mfa_delete {
        return Err(refuse(
            409,
            "InvalidBucketState",
            "Lifecycle configuration cannot be changed on a bucket that has MFA delete enabled.",
        ));
    }
    let old_form = rules.iter().any(|rule| rule.prefix.is_some());
    for at in 0..rules.len() {
        check(&rules[at], old_form)?;
        // S3 names a rule that came without a name.
        let id = rules[at]
            .id
            .get_or_insert_with(|| format!("rule-{at}"))
            .clone();
        if id.len() > LONGEST_ID {
            return Err(invalid_argument(
                "ID length should not exceed allowed limit of 255",
            ));
        }
        if rules[..at]
            .iter()
            .any(|other| other.id.as_ref() == Some(&id))
        {
            return Err(invalid_argument(
                "Rule ID must be unique. Found same ID for more than one rule",
            ));
        }
        if old_form {
            for other in &rules[..at] {
                overlap(other, &rules[at])?;
            }
        }
    }
    let minimum_size = input.transition_default_minimum_object_size;
    let minimum_size =
        minimum_size.map_or(DEFAULT_MINIMUM.to_owned(), |size| size.as_str().to_owned());
    if ![DEFAULT_MINIMUM, "varies_by_storage_class"].contains(&minimum_size.as_str()) {
        return Err(invalid_argument(
            "Invalid value for x-amz-transition-default-minimum-object-size",
        ));
    }
    new.lifecycle = Some(Lifecycle {
        rules,
        minimum_size: minimum_size.clone(),
    });
    Ok(dto::PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(minimum_size.into()),
    })
}

/// The actions of a rule, by AWS's names.
fn actions(rule: &dto::LifecycleRule) -> Vec<&'static str> {
    let there = [
        ("Expiration", rule.expiration.is_some()),
        ("Transition", rule.transitions.is_some()),
        (
            "NoncurrentVersionExpiration",
            rule.noncurrent_version_expiration.is_some(),
        ),
        (
            "NoncurrentVersionTransition",
            rule.noncurrent_version_transitions.is_some(),
        ),
        (
            "AbortIncompleteMultipartUpload",
            rule.abort_incomplete_multipart_upload.is_some(),
        ),
    ];
    let there = there.into_iter().filter(|(_, there)| *there);
    there.map(|(name, _)| name).collect()
}

/// Rules of the old form may not do the same thing to the same objects.
fn overlap(one: &dto::LifecycleRule, other: &dto::LifecycleRule) -> S3Result<()> {
    let prefix = |rule: &dto::LifecycleRule| rule.prefix.clone().unwrap_or_default();
    let (a, b) = (prefix(one), prefix(other));
    let same = actions(one)
        .into_iter()
        .find(|action| actions(other).contains(action));
    match same {
        Some(action) if a.starts_with(&b) || b.starts_with(&a) => Err(invalid_request(format!(
            "Found overlapping prefixes '{a}' and '{b}' for same action type '{action}'"
        ))),
        _ => Ok(()),
    }
}

/// What a rule's filter narrows by.
#[derive(Default)]
struct Scope {
    tags: bool,
    sizes: bool,
}

fn scope(rule: &dto::LifecycleRule, old_form: bool) -> S3Result<Scope> {
    let Some(filter) = &rule.filter else {
        // The old form, or neither.
        return if rule.prefix.is_some() {
            Ok(Scope::default())
        } else {
            Err(malformed_xml())
        };
    };
    if old_form {
        return Err(invalid_request(
            "Filter element can only be used in Lifecycle V2.",
        ));
    }
    let conditions = [
        filter.prefix.is_some(),
        filter.tag.is_some(),
        filter.object_size_greater_than.is_some(),
        filter.object_size_less_than.is_some(),
        filter.and.is_some(),
    ];
    if conditions.into_iter().filter(|it| *it).count() > 1 {
        return Err(malformed_xml());
    }
    let and = filter.and.clone().unwrap_or_default();
    Ok(Scope {
        tags: filter.tag.is_some() || and.tags.is_some_and(|tags| !tags.is_empty()),
        sizes: filter.object_size_greater_than.is_some()
            || filter.object_size_less_than.is_some()
            || and.object_size_greater_than.is_some()
            || and.object_size_less_than.is_some(),
    })
}

fn positive(days: Option<i32>, name: &str, action: &str) -> S3Result<()> {
    if days.is_some_and(|days| days < 1) {
        return Err(invalid_argument(format!(
            "'{name}' for {action} action must be a positive integer"
        )));
    }
    Ok(())
}

fn check(rule: &dto::LifecycleRule, old_form: bool) -> S3Result<()> {
    if ![
        dto::ExpirationStatus::ENABLED,
        dto::ExpirationStatus::DISABLED,
    ]
    .contains(&rule.status.as_str())
    {
        return Err(malformed_xml());
    }
    if actions(rule).is_empty() {
        return Err(invalid_request(
            "At least one action needs to be specified in a rule",
        ));
    }
    let scope = scope(rule, old_form)?;
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        let action = "AbortIncompleteMultipartUpload";
        if scope.tags || scope.sizes {
            let what = if scope.tags { "Tags" } else { "Object Size" };
            return Err(invalid_request(format!(
                "{action} cannot be specified with {what}."
            )));
        }
        let days = abort.days_after_initiation.ok_or_else(malformed_xml)?;
        positive(Some(days), "DaysAfterInitiation", action)?;
    }
    if let Some(expiration) = &rule.expiration {
        let marker = expiration.expired_object_delete_marker == Some(true);
        if marker && scope.tags {
            return Err(invalid_request(
                "ExpiredObjectDeleteMarker cannot be specified with Tags.",
            ));
        }
        let given = [
            expiration.days.is_some(),
            expiration.date.is_some(),
            expiration.expired_object_delete_marker.is_some(),
        ];
        if given.into_iter().filter(|it| *it).count() != 1 {
            return Err(malformed_xml());
        }
        positive(expiration.days, "Days", "Expiration")?;
    }
    if let Some(noncurrent) = &rule.noncurrent_version_expiration {
        let days = noncurrent.noncurrent_days.ok_or_else(malformed_xml)?;
        positive(Some(days), "NoncurrentDays", "NoncurrentVersionExpiration")?;
        let kept = noncurrent.newer_noncurrent_versions;
        if kept.is_some_and(|kept| !(1..=100).contains(&kept)) {
            return Err(invalid_argument(
                "'NewerNoncurrentVersions' must be between 1 and 100",
            ));
        }
        if kept.is_some() && rule.filter.is_none() {
            return Err(invalid_request(
                "NewerNoncurrentVersions can only be used in Lifecycle V2.",
            ));
        }
    }
    transitions(rule)
}

/// Objects move down through the storage classes only, and are moved before they expire.
fn transitions(rule: &dto::LifecycleRule) -> S3Result<()> {
    let Some(list) = &rule.transitions else {
        return Ok(());
    };
    let mut moves: Vec<(i32, usize)> = Vec::new();
    for transition in list {
        let class = transition
            .storage_class
            .as_ref()
            .ok_or_else(malformed_xml)?;
        let place = CLASSES.iter().position(|(name, _)| *name == class.as_str());
        let place = place.ok_or_else(malformed_xml)?;
        let (name, fewest) = CLASSES[place];
        if transition.days.is_some() == transition.date.is_some() {
            return Err(malformed_xml());
        }
        let Some(days) = transition.days else {
            continue;
        };
        if days < fewest {
            return Err(invalid_argument(format!(
                "'Days' in Transition action must be greater than or equal to {fewest} for storageClass '{name}'"
            )));
        }
        moves.push((days, place));
    }
    moves.sort_unstable();
    if moves.windows(2).any(|two| two[0].1 >= two[1].1) {
        return Err(invalid_argument(
            "'Days' of the Transition actions must grow in the order of their storage classes",
        ));
    }
    let expires = rule.expiration.as_ref().and_then(|it| it.days);
    if let (Some(expires), Some((last, _))) = (expires, moves.last())
        && expires <= *last
    {
        return Err(invalid_argument(
            "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
        ));
    }
    Ok(())
}
