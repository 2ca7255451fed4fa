//! Between the document's shape and the SDK's.

use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus,
    Destination as SdkDestination, EncryptionConfiguration, ExistingObjectReplication,
    ExistingObjectReplicationStatus, Metrics as SdkMetrics, MetricsStatus, OwnerOverride,
    ReplicaModifications, ReplicaModificationsStatus, ReplicationRule, ReplicationRuleAndOperator,
    ReplicationRuleFilter, ReplicationRuleStatus, ReplicationTime as SdkTime,
    ReplicationTimeStatus, ReplicationTimeValue, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus, StorageClass,
};
use aws_smithy_types::error::operation::BuildError;

use super::rule::{
    Destination, Encryption, MaybeSwitch, Metrics, Minutes, ReplicationTime, Rule, Selection,
    Switch, Translation,
};
use crate::settings::filter::{And, Filter, Tag};

// Taken by value because that is how they come.
#[allow(clippy::needless_pass_by_value)]
fn wrong(error: BuildError) -> String {
    error.to_string()
}

fn switch(word: &str) -> Switch {
    Switch {
        status: word.to_owned(),
    }
}

pub fn from_sdk(rule: ReplicationRule) -> Result<Rule, String> {
    let to = rule.destination.ok_or("a rule without a destination")?;
    #[allow(deprecated)] // the old form is still out there, and is to stay as it is
    let prefix = rule.prefix;
    Ok(Rule {
        id: rule.id,
        priority: rule.priority,
        prefix,
        filter: rule.filter.map(|filter| Filter {
            prefix: filter.prefix,
            tag: filter.tag.map(Tag::from_sdk),
            and: filter.and.map(|and| And {
                prefix: and.prefix,
                tags: Tag::all_from_sdk(and.tags),
                ..And::default()
            }),
            ..Filter::default()
        }),
        status: rule.status.as_str().to_owned(),
        source_selection_criteria: rule.source_selection_criteria.map(|it| Selection {
            sse_kms_encrypted_objects: it
                .sse_kms_encrypted_objects
                .map(|it| switch(it.status.as_str())),
            replica_modifications: it
                .replica_modifications
                .map(|it| switch(it.status.as_str())),
        }),
        existing_object_replication: rule
            .existing_object_replication
            .map(|it| switch(it.status.as_str())),
        destination: destination_from_sdk(to),
        delete_marker_replication: rule.delete_marker_replication.map(|it| MaybeSwitch {
            status: it.status.map(|status| status.as_str().to_owned()),
        }),
    })
}

fn destination_from_sdk(to: SdkDestination) -> Destination {
    let minutes = |time: ReplicationTimeValue| Minutes {
        minutes: time.minutes,
    };
    Destination {
        bucket: to.bucket,
        account: to.account,
        storage_class: to.storage_class.map(|class| class.as_str().to_owned()),
        access_control_translation: to.access_control_translation.map(|it| Translation {
            owner: it.owner.as_str().to_owned(),
        }),
        encryption_configuration: to.encryption_configuration.map(|it| Encryption {
            replica_kms_key: it.replica_kms_key_id,
        }),
        replication_time: to.replication_time.map(|it| ReplicationTime {
            status: it.status.as_str().to_owned(),
            time: it.time.map(minutes),
        }),
        metrics: to.metrics.map(|it| Metrics {
            status: it.status.as_str().to_owned(),
            event_threshold: it.event_threshold.map(minutes),
        }),
    }
}

pub fn to_sdk(rule: Rule) -> Result<ReplicationRule, String> {
    let mut to = ReplicationRule::builder()
        .set_id(rule.id)
        .set_priority(rule.priority)
        .status(ReplicationRuleStatus::from(rule.status.as_str()))
        .destination(destination_to_sdk(rule.destination)?);
    #[allow(deprecated)]
    {
        to = to.set_prefix(rule.prefix);
    }
    if let Some(filter) = rule.filter {
        let and = match filter.and {
            None => None,
            Some(and) => Some(
                ReplicationRuleAndOperator::builder()
                    .set_prefix(and.prefix)
                    .set_tags(Tag::all_to_sdk(and.tags.as_ref())?)
                    .build(),
            ),
        };
        let built = ReplicationRuleFilter::builder()
            .set_prefix(filter.prefix)
            .set_tag(filter.tag.as_ref().map(Tag::to_sdk).transpose()?)
            .set_and(and);
        to = to.filter(built.build());
    }
    if let Some(it) = rule.source_selection_criteria {
        let kms = it.sse_kms_encrypted_objects.map(|it| {
            SseKmsEncryptedObjects::builder()
                .status(SseKmsEncryptedObjectsStatus::from(it.status.as_str()))
                .build()
        });
        let replicas = it.replica_modifications.map(|it| {
            ReplicaModifications::builder()
                .status(ReplicaModificationsStatus::from(it.status.as_str()))
                .build()
        });
        let criteria = SourceSelectionCriteria::builder()
            .set_sse_kms_encrypted_objects(kms.transpose().map_err(wrong)?)
            .set_replica_modifications(replicas.transpose().map_err(wrong)?);
        to = to.source_selection_criteria(criteria.build());
    }
    if let Some(it) = rule.existing_object_replication {
        let existing = ExistingObjectReplication::builder()
            .status(ExistingObjectReplicationStatus::from(it.status.as_str()));
        to = to.existing_object_replication(existing.build().map_err(wrong)?);
    }
    if let Some(it) = rule.delete_marker_replication {
        let status = it
            .status
            .as_deref()
            .map(DeleteMarkerReplicationStatus::from);
        let markers = DeleteMarkerReplication::builder().set_status(status);
        to = to.delete_marker_replication(markers.build());
    }
    to.build().map_err(wrong)
}

fn destination_to_sdk(it: Destination) -> Result<SdkDestination, String> {
    let minutes = |time: Minutes| {
        ReplicationTimeValue::builder()
            .set_minutes(time.minutes)
            .build()
    };
    let mut to = SdkDestination::builder()
        .bucket(it.bucket)
        .set_account(it.account)
        .set_storage_class(it.storage_class.as_deref().map(StorageClass::from));
    if let Some(translation) = it.access_control_translation {
        let built = AccessControlTranslation::builder()
            .owner(OwnerOverride::from(translation.owner.as_str()));
        to = to.access_control_translation(built.build().map_err(wrong)?);
    }
    if let Some(encryption) = it.encryption_configuration {
        let built =
            EncryptionConfiguration::builder().set_replica_kms_key_id(encryption.replica_kms_key);
        to = to.encryption_configuration(built.build());
    }
    if let Some(time) = it.replication_time {
        let built = SdkTime::builder()
            .status(ReplicationTimeStatus::from(time.status.as_str()))
            .set_time(time.time.map(minutes));
        to = to.replication_time(built.build().map_err(wrong)?);
    }
    if let Some(metrics) = it.metrics {
        let built = SdkMetrics::builder()
            .status(MetricsStatus::from(metrics.status.as_str()))
            .set_event_threshold(metrics.event_threshold.map(minutes));
        to = to.metrics(built.build().map_err(wrong)?);
    }
    to.build().map_err(wrong)
}
