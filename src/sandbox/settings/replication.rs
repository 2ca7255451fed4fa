//! Replication rules. They are kept and given back; nothing is copied. Both ends must keep versions, and a
//! destination that is said to be another account's is taken at its word when it is not here.

use s3s::{S3Error, S3Result, dto};

use crate::sandbox::{
    errors::{invalid_argument, invalid_request, malformed_xml, refuse},
    state::{Bucket, BucketSettings, Setting, Versioning},
    world::Buckets,
};

const MOST_RULES: usize = 1_000;
const LONGEST_ID: usize = 255;

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketReplicationOutput> {
    let replication = bucket.seen(Setting::Replication).replication.clone();
    let replication = replication.ok_or_else(|| {
        refuse(
            404,
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found",
        )
    })?;
    Ok(dto::GetBucketReplicationOutput {
        replication_configuration: Some(replication),
    })
}

/// What a put asks of the destinations.
pub(in crate::sandbox) fn destinations(
    buckets: &Buckets,
    input: &dto::PutBucketReplicationInput,
) -> S3Result<()> {
    let source = buckets.get(&input.bucket);
    for rule in &input.replication_configuration.rules {
        let to = &rule.destination;
        let name = named(&to.bucket)?;
        if name == input.bucket {
            return Err(invalid_request(
                "Destination bucket cannot be the same as the source bucket.",
            ));
        }
        let Some(there) = buckets.get(name) else {
            let elsewhere =
                to.account.is_some() && to.account.as_ref() != source.map(|source| &source.account);
            if elsewhere {
                continue;
            }
            return Err(invalid_request("Destination bucket must exist."));
        };
        if there.settings.versioning != Some(Versioning::Enabled) {
            return Err(invalid_request(
                "Destination bucket must have versioning enabled.",
            ));
        }
    }
    Ok(())
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketReplicationInput,
) -> S3Result<dto::PutBucketReplicationOutput> {
    let mut replication = input.replication_configuration;
    if new.versioning != Some(Versioning::Enabled) {
        return Err(invalid_request(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        ));
    }
    let role: Vec<&str> = replication.role.splitn(6, ':').collect();
    if !matches!(role.as_slice(), ["arn", _, "iam", "", _, role] if role.starts_with("role/")) {
        return Err(invalid_argument("Invalid Role ARN"));
    }
    if replication.rules.is_empty() {
        return Err(malformed_xml());
    }
    if replication.rules.len() > MOST_RULES {
        return Err(invalid_request(
            "The number of replication rules must not exceed the allowed limit of 1000 rules.",
        ));
    }
    let (mut ids, mut priorities) = (Vec::new(), Vec::new());
    let old = |rule: &dto::ReplicationRule| rule.filter.is_none();
    let oldest = old(&replication.rules[0]);
    for (at, rule) in replication.rules.iter_mut().enumerate() {
        if old(rule) != oldest {
            return Err(invalid_request(
                "Rules with and without Filter cannot be specified in the same replication configuration.",
            ));
        }
        check(rule)?;
        // S3 names a rule that came without a name.
        let id = rule.id.get_or_insert_with(|| format!("rule-{at}"));
        if id.len() > LONGEST_ID {
            return Err(invalid_argument("Rule Id must not exceed 255 characters"));
        }
        if ids.contains(id) {
            return Err(invalid_request("Rule Id must be unique"));
        }
        ids.push(id.clone());
        if let Some(priority) = rule.priority {
            if priorities.contains(&priority) {
                return Err(invalid_request(format!(
                    "Found duplicate priority '{priority}'."
                )));
            }
            priorities.push(priority);
        }
    }
    new.replication = Some(replication);
    Ok(dto::PutBucketReplicationOutput {})
}

fn check(rule: &dto::ReplicationRule) -> S3Result<()> {
    let words = |wanted: &str| {
        invalid_request(format!(
            "{wanted} for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
        ))
    };
    if !["Enabled", "Disabled"].contains(&rule.status.as_str()) {
        return Err(malformed_xml());
    }
    let markers = rule.delete_marker_replication.as_ref();
    match &rule.filter {
        Some(filter) => {
            let and = filter.and.as_ref();
            let conditions = [filter.prefix.is_some(), filter.tag.is_some(), and.is_some()];
            if rule.prefix.is_some() || conditions.into_iter().filter(|it| *it).count() > 1 {
                return Err(malformed_xml());
            }
            if rule.priority.is_none() {
                return Err(words("Priority must be specified"));
            }
            let Some(markers) = markers else {
                return Err(words("DeleteMarkerReplication must be specified"));
            };
            let tags = and.and_then(|and| and.tags.as_ref()).map_or(0, Vec::len);
            let copies = markers
                .status
                .as_ref()
                .is_some_and(|it| it.as_str() == "Enabled");
            if copies && (filter.tag.is_some() || tags > 0) {
                return Err(invalid_request(
                    "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information.",
                ));
            }
        }
        None if rule.priority.is_some() => {
            return Err(words("Priority cannot be used"));
        }
        None if markers.is_some() => {
            return Err(words("DeleteMarkerReplication cannot be used"));
        }
        None => {}
    }
    destination(rule)
}

fn destination(rule: &dto::ReplicationRule) -> S3Result<()> {
    let to = &rule.destination;
    if to.access_control_translation.is_some() && to.account.is_none() {
        return Err(invalid_request(
            "Account must be specified if AccessControlTranslation is present.",
        ));
    }
    if to.replication_time.is_some() && to.metrics.is_none() {
        return Err(invalid_request(
            "Metrics must be specified if ReplicationTime is present.",
        ));
    }
    let kms = rule.source_selection_criteria.as_ref();
    let kms = kms.and_then(|criteria| criteria.sse_kms_encrypted_objects.as_ref());
    let key = to.encryption_configuration.as_ref();
    if kms.is_some_and(|it| it.status.as_str() == "Enabled")
        && key.is_none_or(|key| key.replica_kms_key_id.is_none())
    {
        return Err(invalid_request(
            "ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.",
        ));
    }
    Ok(())
}

/// The bucket that an ARN names.
fn named(arn: &str) -> S3Result<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "s3", "", "", name] if !name.is_empty() => Ok(name),
        _ => Err(invalid_argument("Invalid bucket ARN.")),
    }
}

/// Versioning stays on while there is replication.
pub(in crate::sandbox) fn keeps_versioning() -> S3Error {
    refuse(
        409,
        "InvalidBucketState",
        "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.",
    )
}
