//! Objects and their versions, in memory. One file per thing that is done with them:
//! [`put`], [`get`], [`delete`], [`list`], [`retention`].

pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod put;
pub(super) mod retention;

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use s3s::{S3Error, S3Result, dto};

use super::{errors::refuse, settings::object_lock::LockMode, state::StoredObject};

/// The version id of whatever is written while versioning is off or suspended.
pub(super) const NULL_VERSION: &str = "null";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retention {
    pub mode: LockMode,
    pub until: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub body: Bytes,
    /// MD5 in hex, without quotes.
    pub etag: String,
    pub checksum: dto::Checksum,
    pub metadata: Option<dto::Metadata>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_language: Option<String>,
    pub storage_class: Option<String>,
    /// The algorithm it was encrypted with.
    pub encryption: &'static str,
    pub kms_key: Option<String>,
    pub bucket_key: bool,
    pub retention: Option<Retention>,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Object(Box<Object>),
    DeleteMarker,
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub id: String,
    pub at: DateTime<Utc>,
    pub content: Content,
}

impl Version {
    pub(super) fn object(&self) -> Option<&Object> {
        match &self.content {
            Content::Object(object) => Some(object),
            Content::DeleteMarker => None,
        }
    }
}

/// All keys of a bucket, each with its versions from oldest to newest. No key is without a version.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    keys: BTreeMap<String, Vec<Version>>,
}

impl Objects {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Vec<Version>)> {
        self.keys.iter()
    }

    /// The newest version that is not hidden by a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<(&Version, &Object)> {
        let version = self.keys.get(key)?.last()?;
        version.object().map(|object| (version, object))
    }

    /// The version that was asked for, or the newest. Errors as `GetObject` and `HeadObject` have them.
    pub(super) fn find(&self, key: &str, id: Option<&str>) -> S3Result<(&Version, &Object)> {
        let versions = self.keys.get(key);
        let Some(id) = id else {
            let newest = versions.and_then(|versions| versions.last());
            let newest = newest.ok_or_else(no_such_key)?;
            return match newest.object() {
                Some(object) => Ok((newest, object)),
                None => Err(with_marker(no_such_key(), newest)),
            };
        };
        let version = versions.and_then(|versions| versions.iter().find(|each| each.id == id));
        let version = version.ok_or_else(no_such_version)?;
        if let Some(object) = version.object() {
            Ok((version, object))
        } else {
            let error = refuse(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            );
            Err(with_marker(error, version))
        }
    }

    pub(super) fn find_mut(&mut self, key: &str, id: Option<&str>) -> S3Result<&mut Object> {
        let id = self.find(key, id)?.0.id.clone();
        let versions = self.keys.get_mut(key);
        let version = versions.and_then(|all| all.iter_mut().find(|each| each.id == id));
        match version.map(|version| &mut version.content) {
            Some(Content::Object(object)) => Ok(object),
            _ => Err(no_such_key()),
        }
    }

    pub(super) fn push(&mut self, key: &str, version: Version) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        // There is one null version at most: a new one takes the place of the old.
        if version.id == NULL_VERSION {
            versions.retain(|each| each.id != NULL_VERSION);
        }
        versions.push(version);
    }

    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let at = versions.iter().position(|each| each.id == id)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(removed)
    }

    pub(super) fn stored(&self) -> Vec<StoredObject> {
        let versions = |(key, versions): (&String, &Vec<Version>)| {
            let of_key = |version: &Version| {
                version.object().map(|object| StoredObject {
                    key: key.clone(),
                    version_id: version.id.clone(),
                    body: object.body.clone(),
                })
            };
            versions.iter().filter_map(of_key).collect::<Vec<_>>()
        };
        self.keys.iter().flat_map(versions).collect()
    }
}

pub(super) fn no_such_key() -> S3Error {
    refuse(404, "NoSuchKey", "The specified key does not exist.")
}

pub(super) fn no_such_version() -> S3Error {
    refuse(
        404,
        "NoSuchVersion",
        "The specified version does not exist.",
    )
}

/// S3 says in headers that it was a delete marker that was found.
fn with_marker(mut error: S3Error, version: &Version) -> S3Error {
    let mut headers = hyper::HeaderMap::new();
    let marker = hyper::header::HeaderValue::from_static("true");
    headers.insert("x-amz-delete-marker", marker);
    if let Ok(id) = version.id.parse() {
        headers.insert("x-amz-version-id", id);
    }
    let xml = hyper::header::HeaderValue::from_static("application/xml");
    headers.insert(hyper::header::CONTENT_TYPE, xml);
    error.set_headers(headers);
    error
}
