//! Documents that are written by hand, where the protocol library knows no operation.

use s3s::{
    Body, S3Error, S3Result,
    xml::{SerResult, Serializer},
};

pub(super) type Writer<'a> = Serializer<&'a mut Vec<u8>>;

pub(super) fn document(write: impl FnOnce(&mut Writer<'_>) -> SerResult) -> S3Result<Body> {
    let mut text = Vec::with_capacity(512);
    let mut serializer = Serializer::new(&mut text);
    let written = serializer.decl().and_then(|()| write(&mut serializer));
    written.map_err(S3Error::internal_error)?;
    Ok(Body::from(text))
}
