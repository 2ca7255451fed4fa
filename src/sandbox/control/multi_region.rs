//! Multi-Region Access Points: made and listed. AWS makes them in the background and takes half an
//! hour; here they are there at once.

use chrono::{DateTime, Utc};
use s3s::{
    Body, S3Request, S3Result,
    dto::TimestampFormat,
    xml::{DeError, DeResult, Deserializer},
};

use super::{LARGEST, NAMESPACE, public_access_block};
use crate::sandbox::{
    errors::{invalid_request, malformed_xml, no_such_bucket, refuse},
    state::PublicAccessBlock,
    times,
    world::Buckets,
    xml::document,
};

/// All requests about them go there, wherever the buckets are.
const REGION: &str = "us-west-2";

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct MultiRegionAccessPoint {
    pub buckets: Vec<String>,
    pub block: PublicAccessBlock,
    pub created: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Wanted {
    name: String,
    buckets: Vec<String>,
    block: PublicAccessBlock,
}

/// The words are ours: what AWS says to a request in another region is not documented.
pub(super) fn here(region: &str) -> S3Result<()> {
    if region == REGION {
        return Ok(());
    }
    let message = format!("Multi-Region Access Points are asked for in {REGION}");
    Err(invalid_request(message))
}

/// An alias is made up, and always the same for one name.
fn alias(account: &str, name: &str) -> String {
    let digest = crate::domain::Digest::of(format!("{account}/{name}"));
    format!("{}.mrap", &digest.as_str()[..13])
}

pub(super) fn list(buckets: &Buckets, account: &str) -> S3Result<Body> {
    document(|s| {
        s.element_with_ns("ListMultiRegionAccessPointsResult", NAMESPACE, |s| {
            s.element("AccessPoints", |s| {
                buckets
                    .points
                    .multi_region(account)
                    .try_for_each(|(name, point)| {
                        s.element("AccessPoint", |s| {
                            s.content("Name", name)?;
                            s.content("Alias", &alias(account, name))?;
                            let created = times::to_dto(point.created);
                            s.timestamp("CreatedAt", &created, TimestampFormat::DateTime)?;
                            s.element("PublicAccessBlock", |s| {
                                public_access_block::flags(point.block, s)
                            })?;
                            s.content("Status", "READY")?;
                            s.element("Regions", |s| {
                                point.buckets.iter().try_for_each(|bucket| {
                                    s.element("Region", |s| {
                                        s.content("Bucket", bucket)?;
                                        let region =
                                            buckets.get(bucket).map(|it| it.region.as_str());
                                        s.content("Region", region.unwrap_or_default())?;
                                        s.content("BucketAccountId", account)
                                    })
                                })
                            })
                        })
                    })
            })
        })
    })
}

pub(super) fn create(
    buckets: &mut Buckets,
    account: &str,
    wanted: Wanted,
    now: DateTime<Utc>,
) -> S3Result<Body> {
    let own = |name: &String| buckets.get(name).is_some_and(|it| it.account == account);
    if !wanted.buckets.iter().all(own) {
        return Err(no_such_bucket());
    }
    let point = MultiRegionAccessPoint {
        buckets: wanted.buckets,
        block: wanted.block,
        created: now,
    };
    if !buckets
        .points
        .insert_multi_region(account, &wanted.name, point)
    {
        return Err(refuse(
            409,
            "MultiRegionAccessPointAlreadyOwnedByYou",
            "You already have a Multi-Region Access Point with the same name",
        ));
    }
    let token = format!(
        "arn:aws:s3:{REGION}:{account}:async-request/mrap/create/{}",
        alias(account, &wanted.name)
    );
    document(|s| {
        s.element_with_ns("CreateMultiRegionAccessPointResult", NAMESPACE, |s| {
            s.content("RequestTokenARN", &token)
        })
    })
}

/// The document of a creation. Where it says nothing about public access, all of it is blocked.
pub(super) async fn received(request: &mut S3Request<Body>) -> S3Result<Wanted> {
    let body = request.input.store_all_limited(LARGEST).await;
    let body = body.map_err(|_| malformed_xml())?;
    let mut xml = Deserializer::new(&body);
    let wanted = xml
        .named_element("CreateMultiRegionAccessPointRequest", read)
        .map_err(|_| malformed_xml())?;
    xml.expect_eof().map_err(|_| malformed_xml())?;
    Ok(wanted)
}

fn read(d: &mut Deserializer<'_>) -> DeResult<Wanted> {
    let (mut name, mut buckets, mut block) = (None, Vec::new(), PublicAccessBlock::ALL);
    d.for_each_element(|d, element| match element {
        b"ClientToken" => d.content::<String>().map(drop),
        b"Details" => d.for_each_element(|d, element| match element {
            b"Name" => {
                name = Some(d.content()?);
                Ok(())
            }
            b"PublicAccessBlock" => {
                block = public_access_block::read(d)?;
                Ok(())
            }
            b"Regions" => d.for_each_element(|d, element| match element {
                b"Region" => region(d, &mut buckets),
                _ => Err(DeError::UnexpectedTagName),
            }),
            _ => Err(DeError::UnexpectedTagName),
        }),
        _ => Err(DeError::UnexpectedTagName),
    })?;
    Ok(Wanted {
        name: name.ok_or(DeError::MissingField)?,
        buckets,
        block,
    })
}

fn region(d: &mut Deserializer<'_>, buckets: &mut Vec<String>) -> DeResult {
    d.for_each_element(|d, element| match element {
        b"Bucket" => {
            buckets.push(d.content()?);
            Ok(())
        }
        b"BucketAccountId" => d.content::<String>().map(drop),
        _ => Err(DeError::UnexpectedTagName),
    })
}
