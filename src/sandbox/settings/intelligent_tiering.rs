//! Intelligent-Tiering configurations. They are kept and given back; nothing is moved.

use s3s::{S3Result, dto};

use super::by_id;
use crate::sandbox::{
    errors::{invalid_argument, malformed_xml},
    state::{Bucket, BucketSettings, Setting},
};

/// The archive tiers, each with the fewest days without a request after which it can begin.
const TIERS: [(&str, i32); 2] = [("ARCHIVE_ACCESS", 90), ("DEEP_ARCHIVE_ACCESS", 180)];
/// The most days for both.
const MOST_DAYS: i32 = 730;

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
    id: &str,
) -> S3Result<dto::GetBucketIntelligentTieringConfigurationOutput> {
    let all = &bucket.seen(Setting::IntelligentTiering).intelligent_tiering;
    Ok(dto::GetBucketIntelligentTieringConfigurationOutput {
        intelligent_tiering_configuration: Some(by_id::get(all, id)?),
    })
}

pub(in crate::sandbox) fn list(
    bucket: &Bucket,
    input: dto::ListBucketIntelligentTieringConfigurationsInput,
) -> S3Result<dto::ListBucketIntelligentTieringConfigurationsOutput> {
    let all = &bucket.seen(Setting::IntelligentTiering).intelligent_tiering;
    let page = by_id::page(all, input.continuation_token.as_ref())?;
    Ok(dto::ListBucketIntelligentTieringConfigurationsOutput {
        continuation_token: input.continuation_token,
        intelligent_tiering_configuration_list: page.list,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next,
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketIntelligentTieringConfigurationInput,
) -> S3Result<dto::PutBucketIntelligentTieringConfigurationOutput> {
    let one = input.intelligent_tiering_configuration;
    check(&one)?;
    by_id::put(&mut new.intelligent_tiering, &input.id, one.id.clone(), one)?;
    Ok(dto::PutBucketIntelligentTieringConfigurationOutput {})
}

pub(in crate::sandbox) fn delete(
    new: &mut BucketSettings,
    id: &str,
) -> S3Result<dto::DeleteBucketIntelligentTieringConfigurationOutput> {
    by_id::delete(&mut new.intelligent_tiering, id)?;
    Ok(dto::DeleteBucketIntelligentTieringConfigurationOutput {})
}

fn check(one: &dto::IntelligentTieringConfiguration) -> S3Result<()> {
    if !["Enabled", "Disabled"].contains(&one.status.as_str()) || one.tierings.is_empty() {
        return Err(malformed_xml());
    }
    let mut seen = Vec::new();
    for tiering in &one.tierings {
        let tier = TIERS
            .iter()
            .find(|(name, _)| *name == tiering.access_tier.as_str());
        let (name, fewest) = tier.ok_or_else(malformed_xml)?;
        if !(*fewest..=MOST_DAYS).contains(&tiering.days) {
            return Err(invalid_argument(format!(
                "'Days' for {name} must be between {fewest} and {MOST_DAYS}"
            )));
        }
        if seen.contains(name) {
            return Err(invalid_argument(format!("{name} is specified twice")));
        }
        seen.push(name);
    }
    Ok(())
}
