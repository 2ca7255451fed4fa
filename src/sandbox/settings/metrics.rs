//! Metrics configurations. They are kept and given back; nothing is counted.

use s3s::{S3Result, dto};

use super::by_id;
use crate::sandbox::{
    errors::malformed_xml,
    state::{Bucket, BucketSettings, Setting},
};

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
    id: &str,
) -> S3Result<dto::GetBucketMetricsConfigurationOutput> {
    let all = &bucket.seen(Setting::Metrics).metrics;
    Ok(dto::GetBucketMetricsConfigurationOutput {
        metrics_configuration: Some(by_id::get(all, id)?),
    })
}

pub(in crate::sandbox) fn list(
    bucket: &Bucket,
    input: dto::ListBucketMetricsConfigurationsInput,
) -> S3Result<dto::ListBucketMetricsConfigurationsOutput> {
    let all = &bucket.seen(Setting::Metrics).metrics;
    let page = by_id::page(all, input.continuation_token.as_ref())?;
    Ok(dto::ListBucketMetricsConfigurationsOutput {
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        metrics_configuration_list: page.list,
        next_continuation_token: page.next,
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketMetricsConfigurationInput,
) -> S3Result<dto::PutBucketMetricsConfigurationOutput> {
    let one = input.metrics_configuration;
    // One condition is no conjunction.
    if let Some(dto::MetricsFilter::And(and)) = &one.filter {
        let conditions = usize::from(and.prefix.is_some())
            + usize::from(and.access_point_arn.is_some())
            + and.tags.as_ref().map_or(0, Vec::len);
        if conditions < 2 {
            return Err(malformed_xml());
        }
    }
    by_id::put(&mut new.metrics, &input.id, one.id.clone(), one)?;
    Ok(dto::PutBucketMetricsConfigurationOutput {})
}

pub(in crate::sandbox) fn delete(
    new: &mut BucketSettings,
    id: &str,
) -> S3Result<dto::DeleteBucketMetricsConfigurationOutput> {
    by_id::delete(&mut new.metrics, id)?;
    Ok(dto::DeleteBucketMetricsConfigurationOutput {})
}
