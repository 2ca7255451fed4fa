//! `GetObject` and `HeadObject`: the same answer, with and without the body.

use s3s::{S3Error, S3Result, dto};

use super::{Object, Version, put::precondition_failed};
use crate::sandbox::{
    errors::refuse,
    state::{Bucket, Versioning},
    times,
};

pub(in crate::sandbox) fn get(
    bucket: &Bucket,
    input: &dto::GetObjectInput,
) -> S3Result<dto::GetObjectOutput> {
    let (version, object) = bucket
        .objects
        .find(&input.key, input.version_id.as_deref())?;
    conditions(
        object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    let whole = object.body.len() as u64;
    let (body, content_range) = match &input.range {
        None => (object.body.clone(), None),
        Some(range) => {
            let part = range.check(whole).map_err(|_| unsatisfiable())?;
            let shown = format!("bytes {}-{}/{whole}", part.start, part.end - 1);
            // A satisfiable range lies within the body, whose length is a usize.
            let index = |n: u64| usize::try_from(n).unwrap_or(object.body.len());
            let part = object.body.slice(index(part.start)..index(part.end));
            (part, Some(shown))
        }
    };
    let head = head_of(
        bucket,
        version,
        object,
        input.checksum_mode.as_ref(),
        content_range.is_some(),
    );
    Ok(dto::GetObjectOutput {
        content_length: i64::try_from(body.len()).ok(),
        body: Some(dto::StreamingBlob::from(s3s::Body::from(body))),
        content_range,
        accept_ranges: head.accept_ranges,
        bucket_key_enabled: head.bucket_key_enabled,
        cache_control: head.cache_control,
        checksum_crc32: head.checksum_crc32,
        checksum_crc32c: head.checksum_crc32c,
        checksum_crc64nvme: head.checksum_crc64nvme,
        checksum_sha1: head.checksum_sha1,
        checksum_sha256: head.checksum_sha256,
        checksum_type: head.checksum_type,
        content_disposition: head.content_disposition,
        content_encoding: head.content_encoding,
        content_language: head.content_language,
        content_type: head.content_type,
        e_tag: head.e_tag,
        last_modified: head.last_modified,
        metadata: head.metadata,
        object_lock_mode: head.object_lock_mode,
        object_lock_retain_until_date: head.object_lock_retain_until_date,
        ssekms_key_id: head.ssekms_key_id,
        server_side_encryption: head.server_side_encryption,
        storage_class: head.storage_class,
        version_id: head.version_id,
        ..Default::default()
    })
}

pub(in crate::sandbox) fn head(
    bucket: &Bucket,
    input: &dto::HeadObjectInput,
) -> S3Result<dto::HeadObjectOutput> {
    let (version, object) = bucket
        .objects
        .find(&input.key, input.version_id.as_deref())?;
    conditions(
        object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    Ok(head_of(
        bucket,
        version,
        object,
        input.checksum_mode.as_ref(),
        false,
    ))
}

fn head_of(
    bucket: &Bucket,
    version: &Version,
    object: &Object,
    checksum_mode: Option<&dto::ChecksumMode>,
    partial: bool,
) -> dto::HeadObjectOutput {
    // Checksums are those of the whole object, so a part comes without them.
    let asked = !partial
        && checksum_mode.map(dto::ChecksumMode::as_str) == Some(dto::ChecksumMode::ENABLED);
    let checksum = if asked {
        object.checksum.clone()
    } else {
        dto::Checksum::default()
    };
    let ever_versioned = bucket.settings.versioning.is_some();
    dto::HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        bucket_key_enabled: object.bucket_key.then_some(true),
        cache_control: object.cache_control.clone(),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        checksum_type: checksum.checksum_type,
        content_disposition: object.content_disposition.clone(),
        content_encoding: object.content_encoding.clone(),
        content_language: object.content_language.clone(),
        content_length: i64::try_from(object.body.len()).ok(),
        content_type: object
            .content_type
            .clone()
            .or_else(|| Some("binary/octet-stream".to_owned())),
        e_tag: Some(dto::ETag::Strong(object.etag.clone())),
        last_modified: Some(times::to_dto(version.at)),
        metadata: object.metadata.clone(),
        object_lock_mode: object
            .retention
            .map(|retention| dto::ObjectLockMode::from_static(retention.mode.word())),
        object_lock_retain_until_date: object
            .retention
            .map(|retention| times::to_dto(retention.until)),
        ssekms_key_id: object.kms_key.clone(),
        server_side_encryption: Some(object.encryption.to_owned().into()),
        storage_class: object.storage_class.clone().map(Into::into),
        version_id: ever_versioned.then(|| version.id.clone()),
        ..Default::default()
    }
}

fn conditions(
    object: &Object,
    if_match: Option<&dto::ETagCondition>,
    if_none_match: Option<&dto::ETagCondition>,
) -> S3Result<()> {
    let same = |condition: &dto::ETagCondition| match condition {
        dto::ETagCondition::Any => true,
        dto::ETagCondition::ETag(etag) => etag.value() == object.etag,
    };
    if if_match.is_some_and(|condition| !same(condition)) {
        return Err(precondition_failed());
    }
    if if_none_match.is_some_and(same) {
        return Err(refuse(304, "NotModified", "Not Modified"));
    }
    Ok(())
}

fn unsatisfiable() -> S3Error {
    refuse(
        416,
        "InvalidRange",
        "The requested range is not satisfiable",
    )
}

/// Whether versions are kept from now on, for an answer's `x-amz-version-id`.
pub(in crate::sandbox) fn keeps_versions(bucket: &Bucket) -> bool {
    bucket.settings.versioning == Some(Versioning::Enabled)
}
