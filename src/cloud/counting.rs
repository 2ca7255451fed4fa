//! How many objects a lifecycle rule would reach, by listing them; ended early where there are many,
//! and that is said.

use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};
use aws_smithy_types::DateTime;
use chrono::TimeDelta;

use super::{Cloud, Region, Urgency};
use crate::{
    domain::{Asset, Counted, Reach, Stamp},
    settings::CallError,
};

/// Objects that one count looks at, at most.
const LOOKED_AT: i32 = 10_000;
/// The most that one page of a listing holds.
const PAGE: i32 = 1_000;

impl Cloud {
    /// Counts what `reach` means as of `now`, within the first ten thousand objects or versions.
    pub async fn count(
        &self,
        asset: &Asset,
        reach: &Reach,
        now: Stamp,
        urgency: Urgency,
    ) -> Result<Counted, CallError> {
        let region = self.region(&asset.region);
        let before = now - TimeDelta::days(i64::from(reach.older_than_days));
        let before = DateTime::from_millis(before.timestamp_millis());
        if reach.noncurrent {
            self.versions(&region, asset, reach, before, urgency).await
        } else {
            self.objects(&region, asset, reach, before, urgency).await
        }
    }

    async fn objects(
        &self,
        region: &Region,
        asset: &Asset,
        reach: &Reach,
        before: DateTime,
        urgency: Urgency,
    ) -> Result<Counted, CallError> {
        let mut counted = nothing();
        let mut from: Option<String> = None;
        for _ in 0..LOOKED_AT / PAGE {
            let page = self
                .patiently(region, urgency, || async {
                    let call = region
                        .client
                        .list_objects_v2()
                        .bucket(asset.name())
                        .expected_bucket_owner(asset.account.as_str())
                        .prefix(&reach.prefix)
                        .max_keys(PAGE)
                        .set_continuation_token(from.clone());
                    call.send()
                        .await
                        .map_err(|error| CallError::of("ListObjectsV2", &error))
                })
                .await?;
            for object in page.contents() {
                if object.last_modified().is_some_and(|at| *at <= before) {
                    add(&mut counted, object.size());
                }
            }
            from = page.next_continuation_token().map(str::to_owned);
            if from.is_none() {
                return Ok(counted);
            }
        }
        counted.complete = false;
        Ok(counted)
    }

    async fn versions(
        &self,
        region: &Region,
        asset: &Asset,
        reach: &Reach,
        before: DateTime,
        urgency: Urgency,
    ) -> Result<Counted, CallError> {
        let mut counted = nothing();
        let (mut key, mut version): (Option<String>, Option<String>) = (None, None);
        let mut newer: Option<Entry> = None;
        for _ in 0..LOOKED_AT / PAGE {
            let page = self
                .patiently(region, urgency, || async {
                    let call = region
                        .client
                        .list_object_versions()
                        .bucket(asset.name())
                        .expected_bucket_owner(asset.account.as_str())
                        .prefix(&reach.prefix)
                        .max_keys(PAGE)
                        .set_key_marker(key.clone())
                        .set_version_id_marker(version.clone());
                    call.send()
                        .await
                        .map_err(|error| CallError::of("ListObjectVersions", &error))
                })
                .await?;
            for entry in in_order(page.versions(), page.delete_markers()) {
                // A version is noncurrent since the next newer one, or a delete marker, took its place.
                let since = newer
                    .filter(|newer| newer.key == entry.key)
                    .map(|newer| newer.at);
                if let (Some(since), Some(size), false) = (since, entry.size, entry.latest)
                    && since <= before
                {
                    add(&mut counted, Some(size));
                }
                newer = Some(entry);
            }
            key = page.next_key_marker().map(str::to_owned);
            version = page.next_version_id_marker().map(str::to_owned);
            if key.is_none() {
                return Ok(counted);
            }
        }
        counted.complete = false;
        Ok(counted)
    }
}

/// A version or a delete marker.
#[derive(Clone, Debug)]
struct Entry {
    key: String,
    at: DateTime,
    latest: bool,
    /// None for a delete marker.
    size: Option<i64>,
}

/// A page's entries as they were listed: by key, and the newest of each first. The SDK hands versions
/// and delete markers apart.
fn in_order(versions: &[ObjectVersion], markers: &[DeleteMarkerEntry]) -> Vec<Entry> {
    let versions = versions.iter().map(|version| Entry {
        key: version.key().unwrap_or_default().to_owned(),
        at: *version.last_modified().unwrap_or(&DateTime::from_secs(0)),
        latest: version.is_latest().unwrap_or_default(),
        size: Some(version.size().unwrap_or_default()),
    });
    let markers = markers.iter().map(|marker| Entry {
        key: marker.key().unwrap_or_default().to_owned(),
        at: *marker.last_modified().unwrap_or(&DateTime::from_secs(0)),
        latest: marker.is_latest().unwrap_or_default(),
        size: None,
    });
    let mut entries: Vec<Entry> = versions.chain(markers).collect();
    // Stable, so that versions of one second stay in the order of their list.
    entries.sort_by(|one, other| {
        let newest_first = other.latest.cmp(&one.latest).then(other.at.cmp(&one.at));
        one.key.cmp(&other.key).then(newest_first)
    });
    entries
}

const fn nothing() -> Counted {
    Counted {
        count: 0,
        bytes: 0,
        complete: true,
    }
}

fn add(counted: &mut Counted, size: Option<i64>) {
    counted.count += 1;
    counted.bytes += size
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or_default();
}
