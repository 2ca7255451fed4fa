//! Which buckets there are, and where.

use super::{Cloud, Urgency};
use crate::{
    domain::Asset,
    settings::{CallError, CallErrorKind},
};

/// One page of the account's buckets.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub assets: Vec<Asset>,
    /// Hands on to the next page; none at the last.
    pub next: Option<String>,
}

impl Cloud {
    /// One page of at most a thousand buckets, of the regions that are looked at. S3 tells a bucket's region only to those who send a
    /// parameter ([ListBuckets](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html)),
    /// so the page size is always sent; endpoints that never tell are taken to be in the home region.
    pub async fn list(&self, from: Option<String>) -> Result<Listed, CallError> {
        let region = self.region(&self.home);
        let page = self
            .patiently(&region, Urgency::Scan, || async {
                let call = region
                    .client
                    .list_buckets()
                    .max_buckets(1_000)
                    .set_continuation_token(from.clone());
                call.send()
                    .await
                    .map_err(|error| CallError::of("ListBuckets", &error))
            })
            .await?;
        let assets = page.buckets().iter().filter_map(|bucket| {
            let region = bucket.bucket_region().unwrap_or(&self.home);
            if self
                .only_in
                .as_ref()
                .is_some_and(|only| !only.contains(region))
            {
                return None;
            }
            Some(Asset::bucket(self.account.clone(), region, bucket.name()?))
        });
        Ok(Listed {
            assets: assets.collect(),
            next: page.continuation_token().map(str::to_owned),
        })
    }

    /// The bucket that a person calls so; none when no page of the listing has it.
    pub async fn named(&self, name: &str) -> Result<Option<Asset>, CallError> {
        let mut from = None;
        loop {
            let page = self.list(from).await?;
            if let Some(asset) = page.assets.into_iter().find(|asset| asset.answers_to(name)) {
                return Ok(Some(asset));
            }
            from = page.next;
            if from.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether a bucket that a listing left out is really gone. Anything but a clear "no such
    /// bucket" means that it is not known to be, and the account itself never is.
    pub async fn is_gone(&self, asset: &Asset) -> bool {
        let Some(bucket) = asset.bucket_name() else {
            return false;
        };
        let region = self.region(&asset.region);
        let head = self
            .patiently(&region, Urgency::Scan, || async {
                let call = region
                    .client
                    .head_bucket()
                    .bucket(bucket)
                    .expected_bucket_owner(asset.account.as_str());
                call.send()
                    .await
                    .map_err(|error| CallError::of("HeadBucket", &error))
            })
            .await;
        // A HEAD has no body, so its code is only `NotFound`.
        matches!(head, Err(error) if error.kind == CallErrorKind::NoSuchBucket || error.status == Some(404))
    }
}
