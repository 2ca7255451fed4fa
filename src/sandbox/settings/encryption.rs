//! Default encryption. S3 always encrypts, so this setting is never absent and a delete is a reset.
//!
//! Get and put are read and written here by hand: the `BlockedEncryptionTypes` element is newer than
//! the protocol library, which would refuse a document that has it.

use s3s::{
    Body, S3Request, S3Response, S3Result,
    xml::{self, DeError, DeResult, Deserializer, SerResult, Serializer},
};

use crate::sandbox::{
    errors::{invalid_argument, malformed_xml},
    state::{Bucket, BucketSettings, Setting},
};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const ROOT: &str = "ServerSideEncryptionConfiguration";
/// Far above any such document.
const LARGEST: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SSE-S3.
    Aes256,
    /// SSE-KMS.
    Kms,
    /// Two layers of SSE-KMS.
    KmsDsse,
}

impl Algorithm {
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
            Self::KmsDsse => "aws:kms:dsse",
        }
    }

    fn named(word: &str) -> DeResult<Self> {
        [Self::Aes256, Self::Kms, Self::KmsDsse]
            .into_iter()
            .find(|each| each.word() == word)
            .ok_or(DeError::InvalidContent)
    }
}

/// The one rule of a bucket's default encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    pub algorithm: Algorithm,
    /// A KMS key's ARN or id; `None` is the AWS managed key. S3 does not check that it exists.
    pub kms_key: Option<String>,
    pub bucket_key: bool,
    /// What uploads may not use, such as `SSE-C`; empty where nothing was ever said.
    pub blocked: Vec<String>,
}

impl Encryption {
    /// SSE-S3 and nothing else: every bucket since January 2023, and what a delete gives back.
    pub fn sse_s3() -> Self {
        Self {
            algorithm: Algorithm::Aes256,
            kms_key: None,
            bucket_key: false,
            blocked: Vec::new(),
        }
    }

    /// Since April 2026 new buckets refuse keys that the caller brings along.
    pub fn of_a_new_bucket() -> Self {
        Self {
            blocked: vec!["SSE-C".to_owned()],
            ..Self::sse_s3()
        }
    }

    /// SSE-KMS with a bucket key.
    pub fn kms(key: &str) -> Self {
        Self {
            algorithm: Algorithm::Kms,
            kms_key: Some(key.to_owned()),
            bucket_key: true,
            blocked: Vec::new(),
        }
    }
}

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<S3Response<Body>> {
    let encryption = &bucket.seen(Setting::Encryption).encryption;
    let mut text = Vec::with_capacity(512);
    write(encryption, &mut Serializer::new(&mut text)).map_err(s3s::S3Error::internal_error)?;
    let mut answer = S3Response::new(Body::from(text));
    let xml = hyper::header::HeaderValue::from_static("application/xml");
    answer.headers.insert(hyper::header::CONTENT_TYPE, xml);
    Ok(answer)
}

/// The document of a put, read to its end.
pub(in crate::sandbox) async fn received(request: &mut S3Request<Body>) -> S3Result<Encryption> {
    let body = request.input.store_all_limited(LARGEST).await;
    let body = body.map_err(|_| malformed_xml())?;
    let mut xml = Deserializer::new(&body);
    let read = xml
        .named_element(ROOT, rules)
        .map_err(|_| malformed_xml())?;
    xml.expect_eof().map_err(|_| malformed_xml())?;
    let [encryption] = <[Encryption; 1]>::try_from(read).map_err(|_| malformed_xml())?;
    if encryption.algorithm == Algorithm::Aes256 && encryption.kms_key.is_some() {
        return Err(invalid_argument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        ));
    }
    Ok(encryption)
}

pub(in crate::sandbox) fn reset(new: &mut BucketSettings) {
    new.encryption = Encryption::sse_s3();
}

fn write(encryption: &Encryption, s: &mut Serializer<&mut Vec<u8>>) -> SerResult {
    s.decl()?;
    s.element_with_ns(ROOT, NAMESPACE, |s| {
        s.element("Rule", |s| {
            s.element("ApplyServerSideEncryptionByDefault", |s| {
                s.content("SSEAlgorithm", encryption.algorithm.word())?;
                if let Some(key) = &encryption.kms_key {
                    s.content("KMSMasterKeyID", key)?;
                }
                Ok(())
            })?;
            s.content("BucketKeyEnabled", &encryption.bucket_key)?;
            if !encryption.blocked.is_empty() {
                s.element("BlockedEncryptionTypes", |s| {
                    s.flattened_list("EncryptionType", &encryption.blocked)
                })?;
            }
            Ok(())
        })
    })
}

fn rules(d: &mut Deserializer<'_>) -> DeResult<Vec<Encryption>> {
    let mut rules = Vec::new();
    d.for_each_element(|d, name| match name {
        b"Rule" => {
            rules.push(rule(d)?);
            Ok(())
        }
        _ => Err(DeError::UnexpectedTagName),
    })?;
    Ok(rules)
}

fn rule(d: &mut Deserializer<'_>) -> DeResult<Encryption> {
    let mut encryption = Encryption::sse_s3();
    d.for_each_element(|d, name| match name {
        b"ApplyServerSideEncryptionByDefault" => by_default(d, &mut encryption),
        b"BucketKeyEnabled" => {
            encryption.bucket_key = d.content()?;
            Ok(())
        }
        b"BlockedEncryptionTypes" => d.for_each_element(|d, name| match name {
            b"EncryptionType" => {
                let kind: String = xml::DeserializeContent::deserialize_content(d)?;
                if !["NONE", "SSE-C"].contains(&kind.as_str()) {
                    return Err(DeError::InvalidContent);
                }
                encryption.blocked.push(kind);
                Ok(())
            }
            _ => Err(DeError::UnexpectedTagName),
        }),
        _ => Err(DeError::UnexpectedTagName),
    })?;
    Ok(encryption)
}

fn by_default(d: &mut Deserializer<'_>, encryption: &mut Encryption) -> DeResult {
    let mut named = false;
    d.for_each_element(|d, name| match name {
        b"SSEAlgorithm" => {
            encryption.algorithm = d.text(Algorithm::named)?;
            named = true;
            Ok(())
        }
        b"KMSMasterKeyID" => {
            let key: String = d.content()?;
            encryption.kms_key = (!key.is_empty()).then_some(key);
            Ok(())
        }
        _ => Err(DeError::UnexpectedTagName),
    })?;
    if named {
        Ok(())
    } else {
        Err(DeError::MissingField)
    }
}
