//! Between the document's shape and the SDK's.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition, Transition as SdkTransition, TransitionStorageClass,
};

use super::rule::{
    Abort, Expiration, NoncurrentExpiration, NoncurrentTransition, Rule, Transition, instant,
    written,
};
use crate::settings::filter::{And, Filter, Tag};

pub fn from_sdk(rule: LifecycleRule) -> Result<Rule, String> {
    let class = |class: Option<TransitionStorageClass>| class.map(|it| it.as_str().to_owned());
    let date = |date: Option<aws_smithy_types::DateTime>| date.as_ref().map(written).transpose();
    let expiration = |it: LifecycleExpiration| {
        Ok::<_, String>(Expiration {
            date: date(it.date)?,
            days: it.days,
            expired_object_delete_marker: it.expired_object_delete_marker,
        })
    };
    let transition = |it: SdkTransition| {
        Ok::<_, String>(Transition {
            date: date(it.date)?,
            days: it.days,
            storage_class: class(it.storage_class),
        })
    };
    let transitions = rule.transitions.filter(|list| !list.is_empty());
    let noncurrent = rule
        .noncurrent_version_transitions
        .filter(|list| !list.is_empty());
    #[allow(deprecated)] // the old form is still out there, and is to stay as it is
    let prefix = rule.prefix;
    Ok(Rule {
        id: rule.id,
        prefix,
        filter: rule.filter.map(filter_from_sdk),
        status: rule.status.as_str().to_owned(),
        expiration: rule.expiration.map(expiration).transpose()?,
        transitions: transitions
            .map(|list| list.into_iter().map(transition).collect())
            .transpose()?,
        noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|it| {
            NoncurrentExpiration {
                noncurrent_days: it.noncurrent_days,
                newer_noncurrent_versions: it.newer_noncurrent_versions,
            }
        }),
        noncurrent_version_transitions: noncurrent.map(|list| {
            let one = |it: NoncurrentVersionTransition| NoncurrentTransition {
                noncurrent_days: it.noncurrent_days,
                storage_class: class(it.storage_class),
                newer_noncurrent_versions: it.newer_noncurrent_versions,
            };
            list.into_iter().map(one).collect()
        }),
        abort_incomplete_multipart_upload: rule.abort_incomplete_multipart_upload.map(|it| Abort {
            days_after_initiation: it.days_after_initiation,
        }),
    })
}

pub fn to_sdk(rule: Rule) -> Result<LifecycleRule, String> {
    let date = |date: Option<&String>| date.map(|it| instant(it)).transpose();
    let class = |class: Option<&String>| class.map(|it| TransitionStorageClass::from(it.as_str()));
    let mut to = LifecycleRule::builder()
        .set_id(rule.id)
        .set_filter(rule.filter.as_ref().map(filter_to_sdk).transpose()?)
        .status(ExpirationStatus::from(rule.status.as_str()));
    #[allow(deprecated)]
    {
        to = to.set_prefix(rule.prefix);
    }
    if let Some(it) = &rule.expiration {
        let expiration = LifecycleExpiration::builder()
            .set_date(date(it.date.as_ref())?)
            .set_days(it.days)
            .set_expired_object_delete_marker(it.expired_object_delete_marker);
        to = to.expiration(expiration.build());
    }
    for it in rule.transitions.iter().flatten() {
        let transition = SdkTransition::builder()
            .set_date(date(it.date.as_ref())?)
            .set_days(it.days)
            .set_storage_class(class(it.storage_class.as_ref()));
        to = to.transitions(transition.build());
    }
    if let Some(it) = &rule.noncurrent_version_expiration {
        let expiration = NoncurrentVersionExpiration::builder()
            .set_noncurrent_days(it.noncurrent_days)
            .set_newer_noncurrent_versions(it.newer_noncurrent_versions);
        to = to.noncurrent_version_expiration(expiration.build());
    }
    for it in rule.noncurrent_version_transitions.iter().flatten() {
        let transition = NoncurrentVersionTransition::builder()
            .set_noncurrent_days(it.noncurrent_days)
            .set_storage_class(class(it.storage_class.as_ref()))
            .set_newer_noncurrent_versions(it.newer_noncurrent_versions);
        to = to.noncurrent_version_transitions(transition.build());
    }
    if let Some(it) = &rule.abort_incomplete_multipart_upload {
        let abort = AbortIncompleteMultipartUpload::builder()
            .set_days_after_initiation(it.days_after_initiation);
        to = to.abort_incomplete_multipart_upload(abort.build());
    }
    to.build().map_err(|error| error.to_string())
}

fn filter_from_sdk(filter: LifecycleRuleFilter) -> Filter {
    Filter {
        prefix: filter.prefix,
        tag: filter.tag.map(Tag::from_sdk),
        access_point_arn: None,
        object_size_greater_than: filter.object_size_greater_than,
        object_size_less_than: filter.object_size_less_than,
        and: filter.and.map(|and| And {
            prefix: and.prefix,
            tags: Tag::all_from_sdk(and.tags),
            access_point_arn: None,
            object_size_greater_than: and.object_size_greater_than,
            object_size_less_than: and.object_size_less_than,
        }),
    }
}

fn filter_to_sdk(filter: &Filter) -> Result<LifecycleRuleFilter, String> {
    let and = match &filter.and {
        None => None,
        Some(and) => Some(
            LifecycleRuleAndOperator::builder()
                .set_prefix(and.prefix.clone())
                .set_tags(Tag::all_to_sdk(and.tags.as_ref())?)
                .set_object_size_greater_than(and.object_size_greater_than)
                .set_object_size_less_than(and.object_size_less_than)
                .build(),
        ),
    };
    Ok(LifecycleRuleFilter::builder()
        .set_prefix(filter.prefix.clone())
        .set_tag(filter.tag.as_ref().map(Tag::to_sdk).transpose()?)
        .set_object_size_greater_than(filter.object_size_greater_than)
        .set_object_size_less_than(filter.object_size_less_than)
        .set_and(and)
        .build())
}
