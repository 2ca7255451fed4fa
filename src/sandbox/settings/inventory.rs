//! Inventory configurations. They are kept and given back; no report is ever delivered. Like S3 this does
//! not look whether the destination is there: that shows only when reports do not come.

use s3s::{S3Result, dto};

use super::by_id;
use crate::sandbox::{
    errors::{invalid_argument, malformed_xml},
    state::{Bucket, BucketSettings, Setting},
};

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
    id: &str,
) -> S3Result<dto::GetBucketInventoryConfigurationOutput> {
    let all = &bucket.seen(Setting::Inventory).inventory;
    Ok(dto::GetBucketInventoryConfigurationOutput {
        inventory_configuration: Some(by_id::get(all, id)?),
    })
}

pub(in crate::sandbox) fn list(
    bucket: &Bucket,
    input: dto::ListBucketInventoryConfigurationsInput,
) -> S3Result<dto::ListBucketInventoryConfigurationsOutput> {
    let all = &bucket.seen(Setting::Inventory).inventory;
    let page = by_id::page(all, input.continuation_token.as_ref())?;
    Ok(dto::ListBucketInventoryConfigurationsOutput {
        continuation_token: input.continuation_token,
        inventory_configuration_list: page.list,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next,
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketInventoryConfigurationInput,
) -> S3Result<dto::PutBucketInventoryConfigurationOutput> {
    let one = input.inventory_configuration;
    check(&one)?;
    by_id::put(&mut new.inventory, &input.id, one.id.clone(), one)?;
    Ok(dto::PutBucketInventoryConfigurationOutput {})
}

pub(in crate::sandbox) fn delete(
    new: &mut BucketSettings,
    id: &str,
) -> S3Result<dto::DeleteBucketInventoryConfigurationOutput> {
    by_id::delete(&mut new.inventory, id)?;
    Ok(dto::DeleteBucketInventoryConfigurationOutput {})
}

fn check(one: &dto::InventoryConfiguration) -> S3Result<()> {
    let to = &one.destination.s3_bucket_destination;
    let words = [
        (["CSV", "ORC", "Parquet"].as_slice(), to.format.as_str()),
        (&["Daily", "Weekly"], one.schedule.frequency.as_str()),
        (&["All", "Current"], one.included_object_versions.as_str()),
    ];
    if words.iter().any(|(known, word)| !known.contains(word)) {
        return Err(malformed_xml());
    }
    let encryption = to.encryption.as_ref();
    if encryption.is_some_and(|it| it.sses3.is_some() == it.ssekms.is_some()) {
        return Err(malformed_xml());
    }
    let arn: Vec<&str> = to.bucket.split(':').collect();
    match arn.as_slice() {
        ["arn", partition, "s3", "", "", name]
            if partition.starts_with("aws") && !name.is_empty() =>
        {
            Ok(())
        }
        _ => Err(invalid_argument("Invalid bucket ARN.")),
    }
}
