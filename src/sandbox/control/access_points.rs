//! Access points of a bucket: made, listed, looked at and deleted, and never changed. Nothing is read
//! or written through them here; what is imitated is what an owner sees of them.

use chrono::{DateTime, Utc};
use s3s::{
    Body, S3Request, S3Result,
    dto::TimestampFormat,
    xml::{DeError, DeResult, Deserializer, SerResult},
};

use super::{LARGEST, NAMESPACE, parameter, public_access_block};
use crate::sandbox::{
    errors::{
        invalid_argument, invalid_request, malformed_xml, no_such_bucket, not_imitated, refuse,
    },
    state::PublicAccessBlock,
    times,
    world::Buckets,
    xml::{Writer, document},
};

/// The most that one page can hold, and what it holds where nothing is asked for.
const LARGEST_PAGE: usize = 1_000;

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct AccessPoint {
    pub bucket: String,
    /// `None`: reached from the internet.
    pub vpc: Option<String>,
    pub block: PublicAccessBlock,
    pub created: DateTime<Utc>,
}

/// What a creation asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    bucket: String,
    vpc: Option<String>,
    block: PublicAccessBlock,
}

/// Whose access points, and where they live.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub account: &'a str,
    pub region: &'a str,
}

impl Place<'_> {
    pub(super) fn arn(self, name: &str) -> String {
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let Self { account, region } = self;
        format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}")
    }

    /// Made up, and always the same for one access point.
    fn alias(self, name: &str) -> String {
        let digest = crate::domain::Digest::of(self.arn(name));
        format!("{name}-{}-s3alias", &digest.as_str()[..34])
    }
}

fn no_such_access_point() -> s3s::S3Error {
    refuse(
        404,
        "NoSuchAccessPoint",
        "The specified accesspoint does not exist",
    )
}

pub(super) fn list(buckets: &Buckets, place: Place<'_>, query: &str) -> S3Result<Body> {
    let most = match parameter(query, "maxResults").map(str::parse::<usize>) {
        None => LARGEST_PAGE,
        Some(Ok(most)) if (1..=LARGEST_PAGE).contains(&most) => most,
        Some(_) => return Err(invalid_argument("maxResults must be between 0 and 1000")),
    };
    let (of, after) = (parameter(query, "bucket"), parameter(query, "nextToken"));
    let points = buckets.points.of(place.account, place.region);
    let mut points = points
        .filter(|(_, point)| of.is_none_or(|of| point.bucket == of))
        .filter(|(name, _)| after.is_none_or(|after| *name > after));
    let page: Vec<_> = points.by_ref().take(most).collect();
    let more = points.next().is_some();
    document(|s| {
        s.element_with_ns("ListAccessPointsResult", NAMESPACE, |s| {
            s.element("AccessPointList", |s| {
                page.iter().try_for_each(|(name, point)| {
                    s.element("AccessPoint", |s| common(s, place, name, point))
                })
            })?;
            match page.last() {
                Some((name, _)) if more => s.content("NextToken", *name),
                _ => Ok(()),
            }
        })
    })
}

pub(super) fn get(buckets: &Buckets, place: Place<'_>, name: &str) -> S3Result<Body> {
    let point = buckets.points.get(place.account, place.region, name);
    let point = point.ok_or_else(no_such_access_point)?;
    let created = times::to_dto(point.created);
    document(|s| {
        s.element_with_ns("GetAccessPointResult", NAMESPACE, |s| {
            common(s, place, name, point)?;
            s.element("PublicAccessBlockConfiguration", |s| {
                public_access_block::flags(point.block, s)
            })?;
            s.timestamp("CreationDate", &created, TimestampFormat::DateTime)
        })
    })
}

fn common(s: &mut Writer<'_>, place: Place<'_>, name: &str, point: &AccessPoint) -> SerResult {
    s.content("Name", name)?;
    let origin = if point.vpc.is_some() {
        "VPC"
    } else {
        "Internet"
    };
    s.content("NetworkOrigin", origin)?;
    if let Some(vpc) = &point.vpc {
        s.element("VpcConfiguration", |s| s.content("VpcId", vpc))?;
    }
    s.content("Bucket", &point.bucket)?;
    s.content("AccessPointArn", &place.arn(name))?;
    s.content("Alias", &place.alias(name))?;
    s.content("BucketAccountId", place.account)
}

pub(super) fn create(
    buckets: &mut Buckets,
    place: Place<'_>,
    name: &str,
    wanted: Wanted,
    now: DateTime<Utc>,
) -> S3Result<Body> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(3..=50).contains(&name.len())
        || !name.bytes().all(plain)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(invalid_request("The access point name is not valid"));
    }
    let bucket = buckets.get(&wanted.bucket).ok_or_else(no_such_bucket)?;
    if bucket.account != place.account {
        return Err(not_imitated("an access point for another account's bucket"));
    }
    if bucket.region != place.region {
        return Err(invalid_request(
            "The bucket is in a different region than the access point",
        ));
    }
    if buckets
        .points
        .get(place.account, place.region, name)
        .is_some()
    {
        return Err(refuse(
            409,
            "AccessPointAlreadyOwnedByYou",
            "Your previous request to create the named accesspoint succeeded and you already own it.",
        ));
    }
    let point = AccessPoint {
        bucket: wanted.bucket,
        vpc: wanted.vpc,
        block: wanted.block,
        created: now,
    };
    buckets
        .points
        .insert(place.account, place.region, name, point);
    document(|s| {
        s.element_with_ns("CreateAccessPointResult", NAMESPACE, |s| {
            s.content("AccessPointArn", &place.arn(name))?;
            s.content("Alias", &place.alias(name))
        })
    })
}

pub(super) fn delete(buckets: &mut Buckets, place: Place<'_>, name: &str) -> S3Result<()> {
    let gone = buckets.points.remove(place.account, place.region, name);
    gone.then_some(()).ok_or_else(no_such_access_point)
}

/// The document of a creation. Where it says nothing about public access, all of it is blocked.
pub(super) async fn received(request: &mut S3Request<Body>) -> S3Result<Wanted> {
    let body = request.input.store_all_limited(LARGEST).await;
    let body = body.map_err(|_| malformed_xml())?;
    let text = String::from_utf8_lossy(&body);
    if let Some(what) = ["<Scope>", "<Tags>"].iter().find(|it| text.contains(**it)) {
        return Err(not_imitated(&format!("an access point with {what}")));
    }
    let mut xml = Deserializer::new(&body);
    let wanted = xml
        .named_element("CreateAccessPointRequest", read)
        .map_err(|_| malformed_xml())?;
    xml.expect_eof().map_err(|_| malformed_xml())?;
    Ok(wanted)
}

fn read(d: &mut Deserializer<'_>) -> DeResult<Wanted> {
    let (mut bucket, mut vpc, mut block) = (None, None, PublicAccessBlock::ALL);
    d.for_each_element(|d, name| match name {
        b"Bucket" => {
            bucket = Some(d.content()?);
            Ok(())
        }
        b"VpcConfiguration" => d.for_each_element(|d, name| match name {
            b"VpcId" => {
                vpc = Some(d.content()?);
                Ok(())
            }
            _ => Err(DeError::UnexpectedTagName),
        }),
        b"PublicAccessBlockConfiguration" => {
            block = public_access_block::read(d)?;
            Ok(())
        }
        b"BucketAccountId" => d.content::<String>().map(drop),
        _ => Err(DeError::UnexpectedTagName),
    })?;
    Ok(Wanted {
        bucket: bucket.ok_or(DeError::MissingField)?,
        vpc,
        block,
    })
}
