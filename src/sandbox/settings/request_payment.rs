//! Who pays for requests: the owner, unless somebody said otherwise. Nobody pays in here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::malformed_xml,
    state::{Bucket, BucketSettings, Setting},
};

pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketRequestPaymentOutput {
    let payer = if bucket.seen(Setting::RequestPayment).requester_pays {
        dto::Payer::REQUESTER
    } else {
        dto::Payer::BUCKET_OWNER
    };
    dto::GetBucketRequestPaymentOutput {
        payer: Some(dto::Payer::from_static(payer)),
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: &dto::PutBucketRequestPaymentInput,
) -> S3Result<dto::PutBucketRequestPaymentOutput> {
    new.requester_pays = match input.request_payment_configuration.payer.as_str() {
        dto::Payer::REQUESTER => true,
        dto::Payer::BUCKET_OWNER => false,
        _ => return Err(malformed_xml()),
    };
    Ok(dto::PutBucketRequestPaymentOutput {})
}
