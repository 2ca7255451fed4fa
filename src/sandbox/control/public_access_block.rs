//! Block Public Access of the account. It takes effect on every bucket of it, beside the bucket's own.

use s3s::{
    Body, S3Request, S3Result,
    xml::{DeError, DeResult, Deserializer, SerResult},
};

use super::{LARGEST, NAMESPACE};
use crate::sandbox::{
    errors::{malformed_xml, refuse},
    state::PublicAccessBlock,
    world::Buckets,
    xml::{Writer, document},
};

const ROOT: &str = "PublicAccessBlockConfiguration";

pub(super) fn get(buckets: &Buckets, account: &str) -> S3Result<Body> {
    let block = buckets.account_block(account).ok_or_else(|| {
        refuse(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        )
    })?;
    document(|s| s.element_with_ns(ROOT, NAMESPACE, |s| flags(block, s)))
}

/// A flag that is left out is off.
pub(super) async fn received(request: &mut S3Request<Body>) -> S3Result<PublicAccessBlock> {
    let body = request.input.store_all_limited(LARGEST).await;
    let body = body.map_err(|_| malformed_xml())?;
    let mut xml = Deserializer::new(&body);
    let block = xml.named_element(ROOT, read).map_err(|_| malformed_xml())?;
    xml.expect_eof().map_err(|_| malformed_xml())?;
    Ok(block)
}

pub(super) fn flags(block: PublicAccessBlock, s: &mut Writer<'_>) -> SerResult {
    s.content("BlockPublicAcls", &block.block_public_acls)?;
    s.content("IgnorePublicAcls", &block.ignore_public_acls)?;
    s.content("BlockPublicPolicy", &block.block_public_policy)?;
    s.content("RestrictPublicBuckets", &block.restrict_public_buckets)
}

pub(super) fn read(d: &mut Deserializer<'_>) -> DeResult<PublicAccessBlock> {
    let mut block = PublicAccessBlock::default();
    d.for_each_element(|d, name| {
        let flag = match name {
            b"BlockPublicAcls" => &mut block.block_public_acls,
            b"IgnorePublicAcls" => &mut block.ignore_public_acls,
            b"BlockPublicPolicy" => &mut block.block_public_policy,
            b"RestrictPublicBuckets" => &mut block.restrict_public_buckets,
            _ => return Err(DeError::UnexpectedTagName),
        };
        *flag = d.content()?;
        Ok(())
    })?;
    Ok(block)
}
