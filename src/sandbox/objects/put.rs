//! `PutObject`: the body is read and its checksums compared first; everything else is decided in one
//! step, so that of two writers with `If-None-Match: *` exactly one wins.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use s3s::{
    Body, S3Error, S3Request, S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto,
};

use super::{Content, NULL_VERSION, Object, Retention, Version};
use crate::sandbox::{
    errors::{access_denied, invalid_argument, invalid_request, not_imitated, refuse},
    settings::{acl::not_supported, object_lock::LockMode},
    state::{Bucket, Versioning},
    times,
};

/// The vault's files are small; more than this is a mistake.
const LARGEST: usize = 64 * 1024 * 1024;

/// A body that was received whole and as announced.
pub(in crate::sandbox) struct Received {
    pub body: Bytes,
    etag: String,
    checksum: dto::Checksum,
    /// Whether the client sent a checksum of its own.
    checked: bool,
}

pub(in crate::sandbox) async fn receive(
    request: &mut S3Request<dto::PutObjectInput>,
) -> S3Result<Received> {
    let body = match request.input.body.take() {
        Some(stream) => Body::from(stream).store_all_limited(LARGEST).await,
        None => Ok(Bytes::new()),
    };
    let body = body.map_err(|error| {
        let mut refused = refuse(
            400,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        );
        refused.set_source(error);
        refused
    })?;
    let md5 = Md5::checksum(&body);
    let md5_checked = match &request.input.content_md5 {
        Some(sent) if *sent != aws_smithy_types::base64::encode(md5.as_ref()) => {
            return Err(refuse(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
        sent => sent.is_some(),
    };
    let announced = announced(&request.input, request.trailing_headers.as_ref());
    let (checksum, sum_checked) = verify(&body, &announced)?;
    Ok(Received {
        etag: hex(md5.as_ref()),
        checksum,
        checked: md5_checked || sum_checked,
        body,
    })
}

/// The checksums that came with the request, in its headers or behind the body.
fn announced(input: &dto::PutObjectInput, trailers: Option<&TrailingHeaders>) -> dto::Checksum {
    let trailer = |name: &str| {
        trailers.and_then(|trailers| {
            trailers.read(|headers| {
                let value = headers.get(format!("x-amz-checksum-{name}"))?;
                value.to_str().ok().map(str::to_owned)
            })?
        })
    };
    dto::Checksum {
        checksum_crc32: input.checksum_crc32.clone().or_else(|| trailer("crc32")),
        checksum_crc32c: input.checksum_crc32c.clone().or_else(|| trailer("crc32c")),
        checksum_crc64nvme: input
            .checksum_crc64nvme
            .clone()
            .or_else(|| trailer("crc64nvme")),
        checksum_sha1: input.checksum_sha1.clone().or_else(|| trailer("sha1")),
        checksum_sha256: input.checksum_sha256.clone().or_else(|| trailer("sha256")),
        checksum_type: None,
    }
}

/// Compares what was announced with what arrived. Without an announcement S3 keeps a CRC-64 of its own.
fn verify(body: &[u8], announced: &dto::Checksum) -> S3Result<(dto::Checksum, bool)> {
    let mut hasher = ChecksumHasher {
        crc32: announced.checksum_crc32.as_ref().map(|_| Crc32::new()),
        crc32c: announced.checksum_crc32c.as_ref().map(|_| Crc32c::new()),
        sha1: announced.checksum_sha1.as_ref().map(|_| Sha1::new()),
        sha256: announced.checksum_sha256.as_ref().map(|_| Sha256::new()),
        crc64nvme: announced
            .checksum_crc64nvme
            .as_ref()
            .map(|_| Crc64Nvme::new()),
    };
    let any = *announced != dto::Checksum::default();
    if !any {
        hasher.crc64nvme = Some(Crc64Nvme::new());
    }
    hasher.update(body);
    let mut found = hasher.finalize();
    for (name, sent, computed) in [
        ("CRC32", &announced.checksum_crc32, &found.checksum_crc32),
        ("CRC32C", &announced.checksum_crc32c, &found.checksum_crc32c),
        ("SHA1", &announced.checksum_sha1, &found.checksum_sha1),
        ("SHA256", &announced.checksum_sha256, &found.checksum_sha256),
        (
            "CRC64NVME",
            &announced.checksum_crc64nvme,
            &found.checksum_crc64nvme,
        ),
    ] {
        if sent.is_some() && sent != computed {
            return Err(refuse(
                400,
                "BadDigest",
                format!("The {name} you specified did not match the calculated checksum."),
            ));
        }
    }
    found.checksum_type = Some(dto::ChecksumType::from_static(
        dto::ChecksumType::FULL_OBJECT,
    ));
    Ok((found, any))
}

/// Stores it, or refuses it and changes nothing.
pub(in crate::sandbox) fn store(
    bucket: &mut Bucket,
    input: &dto::PutObjectInput,
    received: Received,
    version_id: String,
    now: DateTime<Utc>,
) -> S3Result<dto::PutObjectOutput> {
    acl(bucket, input)?;
    encryption_asked(bucket, input)?;
    let retention = retention(bucket, input, received.checked, now)?;
    preconditions(bucket, input)?;
    let versioned = bucket.settings.versioning == Some(Versioning::Enabled);
    let default = &bucket.settings.encryption;
    let object = Object {
        etag: received.etag,
        checksum: received.checksum,
        body: received.body,
        metadata: input.metadata.clone(),
        content_type: input.content_type.clone(),
        content_encoding: input.content_encoding.clone(),
        cache_control: input.cache_control.clone(),
        content_disposition: input.content_disposition.clone(),
        content_language: input.content_language.clone(),
        storage_class: input
            .storage_class
            .as_ref()
            .map(|class| class.as_str().to_owned()),
        encryption: default.algorithm.word(),
        kms_key: default.kms_key.clone(),
        bucket_key: default.bucket_key,
        retention,
    };
    let id = if versioned {
        version_id
    } else {
        NULL_VERSION.to_owned()
    };
    let output = dto::PutObjectOutput {
        e_tag: Some(dto::ETag::Strong(object.etag.clone())),
        checksum_crc32: object.checksum.checksum_crc32.clone(),
        checksum_crc32c: object.checksum.checksum_crc32c.clone(),
        checksum_crc64nvme: object.checksum.checksum_crc64nvme.clone(),
        checksum_sha1: object.checksum.checksum_sha1.clone(),
        checksum_sha256: object.checksum.checksum_sha256.clone(),
        checksum_type: object.checksum.checksum_type.clone(),
        server_side_encryption: Some(object.encryption.to_owned().into()),
        ssekms_key_id: object.kms_key.clone(),
        version_id: versioned.then(|| id.clone()),
        ..Default::default()
    };
    let version = Version {
        id,
        at: now,
        content: Content::Object(Box::new(object)),
    };
    bucket.objects.push(&input.key, version);
    Ok(output)
}

fn acl(bucket: &Bucket, input: &dto::PutObjectInput) -> S3Result<()> {
    let canned = input.acl.as_ref().map(dto::ObjectCannedACL::as_str);
    let headers = input.grant_full_control.is_some()
        || input.grant_read.is_some()
        || input.grant_read_acp.is_some()
        || input.grant_write_acp.is_some();
    if bucket.settings.owner_enforced() {
        return match canned {
            None | Some("bucket-owner-full-control") if !headers => Ok(()),
            _ => Err(not_supported()),
        };
    }
    match canned {
        Some("public-read" | "public-read-write" | "authenticated-read")
            if bucket.block().block_public_acls =>
        {
            Err(access_denied())
        }
        None | Some("private" | "bucket-owner-read" | "bucket-owner-full-control") if !headers => {
            Ok(())
        }
        _ => Err(not_imitated("ACLs of objects that grant others something")),
    }
}

/// Objects get the bucket's default encryption. Asking for the same is fine.
fn encryption_asked(bucket: &Bucket, input: &dto::PutObjectInput) -> S3Result<()> {
    if input.sse_customer_algorithm.is_some() {
        let blocked = &bucket.settings.encryption.blocked;
        return Err(if blocked.iter().any(|kind| kind == "SSE-C") {
            access_denied()
        } else {
            not_imitated("SSE-C")
        });
    }
    let asked = input.server_side_encryption.as_ref();
    let default = bucket.settings.encryption.algorithm.word();
    match asked {
        Some(asked) if asked.as_str() != default => Err(not_imitated(
            "an object's encryption that differs from its bucket's default",
        )),
        _ if input.object_lock_legal_hold_status.is_some() => Err(not_imitated("legal holds")),
        _ => Ok(()),
    }
}

/// The retention of the new version: what was asked for, else the bucket's default.
fn retention(
    bucket: &Bucket,
    input: &dto::PutObjectInput,
    checked: bool,
    now: DateTime<Utc>,
) -> S3Result<Option<Retention>> {
    let asked = match (
        &input.object_lock_mode,
        &input.object_lock_retain_until_date,
    ) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some((mode, until)),
        _ => {
            return Err(invalid_argument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            ));
        }
    };
    let Some(lock) = bucket.settings.object_lock else {
        return match asked {
            None => Ok(None),
            Some(_) => Err(missing_lock()),
        };
    };
    // S3 wants to know that what it will keep for so long is what was meant.
    if (asked.is_some() || lock.default.is_some()) && !checked {
        return Err(invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
        ));
    }
    match asked {
        Some((mode, until)) => {
            let mode = LockMode::named(mode.as_str())
                .map_err(|_| invalid_argument("Unknown wormMode directive."))?;
            let until = times::from_dto(until).filter(|until| *until > now);
            let until = until
                .ok_or_else(|| invalid_argument("The retain until date must be in the future!"))?;
            Ok(Some(Retention { mode, until }))
        }
        None => Ok(lock.default.map(|(mode, span)| Retention {
            mode,
            until: span.after(now),
        })),
    }
}

pub(in crate::sandbox) fn missing_lock() -> S3Error {
    invalid_request("Bucket is missing Object Lock Configuration")
}

fn preconditions(bucket: &Bucket, input: &dto::PutObjectInput) -> S3Result<()> {
    let current = bucket.objects.current(&input.key);
    match (&input.if_none_match, &input.if_match) {
        (None, None) => Ok(()),
        (Some(dto::ETagCondition::Any), None) => match current {
            Some(_) => Err(precondition_failed()),
            None => Ok(()),
        },
        (None, Some(dto::ETagCondition::ETag(etag))) => match current {
            Some((_, object)) if object.etag == etag.value() => Ok(()),
            Some(_) => Err(precondition_failed()),
            None => Err(super::no_such_key()),
        },
        _ => Err(refuse(
            501,
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
        )),
    }
}

pub(in crate::sandbox) fn precondition_failed() -> S3Error {
    refuse(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
