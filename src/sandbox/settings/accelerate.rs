//! Transfer Acceleration: never set, enabled or suspended. Nothing gets faster in here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{invalid_request, malformed_xml},
    state::{Acceleration, Bucket, BucketSettings, Setting},
};

pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketAccelerateConfigurationOutput {
    let status = bucket.seen(Setting::Accelerate).accelerate;
    dto::GetBucketAccelerateConfigurationOutput {
        request_charged: None,
        status: status.map(|status| {
            dto::BucketAccelerateStatus::from_static(match status {
                Acceleration::Enabled => dto::BucketAccelerateStatus::ENABLED,
                Acceleration::Suspended => dto::BucketAccelerateStatus::SUSPENDED,
            })
        }),
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    bucket: &Bucket,
    input: &dto::PutBucketAccelerateConfigurationInput,
) -> S3Result<dto::PutBucketAccelerateConfigurationOutput> {
    if bucket.name.contains('.') {
        return Err(invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        ));
    }
    let status = input.accelerate_configuration.status.as_ref();
    new.accelerate = match status.map(dto::BucketAccelerateStatus::as_str) {
        Some(dto::BucketAccelerateStatus::ENABLED) => Some(Acceleration::Enabled),
        Some(dto::BucketAccelerateStatus::SUSPENDED) => Some(Acceleration::Suspended),
        _ => return Err(malformed_xml()),
    };
    Ok(dto::PutBucketAccelerateConfigurationOutput {})
}
