//! `ListObjectsV2` and `ListObjectVersions`: by key, with prefix, delimiter and pages.

use s3s::{S3Result, dto};

use super::Version;
use crate::sandbox::{errors::invalid_argument, state::Bucket, times};

/// S3 never gives more keys in one page.
const PAGE: usize = 1000;

fn page_size(max: Option<i32>) -> S3Result<usize> {
    let max = max.map_or(Ok(PAGE), usize::try_from);
    let max = max.map_err(|_| {
        invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647")
    })?;
    Ok(max.min(PAGE))
}

/// What of a key's name is rolled up: `a/b/c` under the prefix `a/` with the delimiter `/` is `a/b/`.
fn rolled<'a>(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Option<&'a str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let at = key.get(prefix.len()..)?.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

pub(in crate::sandbox) fn objects(
    bucket: &Bucket,
    input: dto::ListObjectsV2Input,
) -> S3Result<dto::ListObjectsV2Output> {
    let max = page_size(input.max_keys)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    // The token is the last name of the page before, so any later page can be asked for at any time.
    let after = input
        .continuation_token
        .as_deref()
        .or(input.start_after.as_deref());
    let mut contents = Vec::new();
    let mut rolled_up: Vec<String> = Vec::new();
    let mut last = None;
    let mut truncated = false;
    for (key, versions) in bucket.objects.iter() {
        let Some((version, object)) = versions
            .last()
            .and_then(|version| version.object().map(|object| (version, object)))
        else {
            continue;
        };
        if !key.starts_with(&prefix) || after.is_some_and(|after| key.as_str() <= after) {
            continue;
        }
        let roll = rolled(key, &prefix, input.delimiter.as_deref());
        // A prefix that was the last name of the page before is not given again.
        if roll.is_some_and(|roll| after.is_some_and(|after| after.starts_with(roll))) {
            continue;
        }
        if roll.is_some() && rolled_up.last().map(String::as_str) == roll {
            continue;
        }
        if contents.len() + rolled_up.len() == max {
            truncated = true;
            break;
        }
        if let Some(roll) = roll {
            rolled_up.push(roll.to_owned());
            last = Some(roll.to_owned());
            continue;
        }
        last = Some(key.clone());
        contents.push(dto::Object {
            e_tag: Some(dto::ETag::Strong(object.etag.clone())),
            key: Some(key.clone()),
            last_modified: Some(times::to_dto(version.at)),
            size: i64::try_from(object.body.len()).ok(),
            storage_class: Some(dto::ObjectStorageClass::from_static("STANDARD")),
            ..Default::default()
        });
    }
    let count = contents.len() + rolled_up.len();
    Ok(dto::ListObjectsV2Output {
        name: Some(bucket.name.clone()),
        prefix: Some(prefix),
        max_keys: i32::try_from(max).ok(),
        key_count: i32::try_from(count).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(truncated),
        next_continuation_token: last.filter(|_| truncated),
        contents: Some(contents),
        common_prefixes: Some(common(rolled_up)),
        delimiter: input.delimiter,
        start_after: input.start_after,
        ..Default::default()
    })
}

pub(in crate::sandbox) fn versions(
    bucket: &Bucket,
    input: &dto::ListObjectVersionsInput,
) -> S3Result<dto::ListObjectVersionsOutput> {
    let max = page_size(input.max_keys)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    if input.version_id_marker.is_some() && input.key_marker.is_none() {
        return Err(invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
        ));
    }
    let mut output = dto::ListObjectVersionsOutput {
        name: Some(bucket.name.clone()),
        prefix: Some(prefix.clone()),
        max_keys: i32::try_from(max).ok(),
        is_truncated: Some(false),
        key_marker: input.key_marker.clone(),
        version_id_marker: input.version_id_marker.clone(),
        delimiter: input.delimiter.clone(),
        ..Default::default()
    };
    let mut versions = Vec::new();
    let mut markers = Vec::new();
    let mut rolled_up: Vec<String> = Vec::new();
    let mut last: Option<(String, String)> = None;
    for (key, version, latest) in remaining(bucket, &prefix, input) {
        let roll = rolled(key, &prefix, input.delimiter.as_deref());
        if roll.is_some() && rolled_up.last().map(String::as_str) == roll {
            last = Some((key.to_owned(), version.id.clone()));
            continue;
        }
        if versions.len() + markers.len() + rolled_up.len() == max {
            output.is_truncated = Some(true);
            if let Some((key, id)) = last {
                output.next_key_marker = Some(key);
                output.next_version_id_marker = Some(id);
            }
            break;
        }
        last = Some((key.to_owned(), version.id.clone()));
        if let Some(roll) = roll {
            rolled_up.push(roll.to_owned());
        } else if let Some(object) = version.object() {
            versions.push(dto::ObjectVersion {
                e_tag: Some(dto::ETag::Strong(object.etag.clone())),
                is_latest: Some(latest),
                key: Some(key.to_owned()),
                last_modified: Some(times::to_dto(version.at)),
                size: i64::try_from(object.body.len()).ok(),
                storage_class: Some(dto::ObjectVersionStorageClass::from_static("STANDARD")),
                version_id: Some(version.id.clone()),
                ..Default::default()
            });
        } else {
            markers.push(dto::DeleteMarkerEntry {
                is_latest: Some(latest),
                key: Some(key.to_owned()),
                last_modified: Some(times::to_dto(version.at)),
                owner: None,
                version_id: Some(version.id.clone()),
            });
        }
    }
    output.versions = Some(versions);
    output.delete_markers = Some(markers);
    output.common_prefixes = Some(common(rolled_up));
    Ok(output)
}

/// Every version after the markers: by key, newest first, with whether it is the newest of its key.
fn remaining<'a>(
    bucket: &'a Bucket,
    prefix: &str,
    input: &dto::ListObjectVersionsInput,
) -> Vec<(&'a str, &'a Version, bool)> {
    let mut found = Vec::new();
    for (key, versions) in bucket.objects.iter() {
        if !key.starts_with(prefix) {
            continue;
        }
        let newest_first = versions.iter().rev().enumerate();
        let mut skipping = match &input.key_marker {
            Some(marker) if key < marker => continue,
            // Without a version marker the whole key was given before.
            Some(marker) if key == marker => Some(input.version_id_marker.as_deref()),
            _ => None,
        };
        for (at, version) in newest_first {
            if let Some(until) = skipping {
                if until == Some(version.id.as_str()) {
                    skipping = None;
                }
                continue;
            }
            found.push((key.as_str(), version, at == 0));
        }
    }
    found
}

fn common(prefixes: Vec<String>) -> Vec<dto::CommonPrefix> {
    let prefixes = prefixes.into_iter().map(|prefix| dto::CommonPrefix {
        prefix: Some(prefix),
    });
    prefixes.collect()
}
