//! The operations on buckets as such: list, head, location, create, delete.

use chrono::{DateTime, Utc};
use s3s::{S3Result, dto};

use super::{
    acl::{Asked, Grant, Permission, grants_others},
    auth::Known,
    errors::{invalid_argument, refuse},
    public,
    settings::{object_lock::ObjectLock, ownership::acl_with_ownership},
    state::{Bucket, BucketSettings, NewBucket, Ownership, Versioning},
    times,
    world::Buckets,
};

/// The most that one page of `ListBuckets` can hold.
const LARGEST_PAGE: usize = 10_000;

/// The buckets of the caller's account. Their regions are told only when a parameter is sent.
pub(super) fn list(
    buckets: &Buckets,
    caller: &Known,
    input: dto::ListBucketsInput,
) -> S3Result<dto::ListBucketsOutput> {
    let with_parameters = input.bucket_region.is_some()
        || input.continuation_token.is_some()
        || input.max_buckets.is_some()
        || input.prefix.is_some();
    let max = match input.max_buckets.map(usize::try_from) {
        None => LARGEST_PAGE,
        Some(Ok(max)) if (1..=LARGEST_PAGE).contains(&max) => max,
        Some(_) => {
            return Err(invalid_argument(
                "Argument max-buckets must be an integer between 1 and 10000",
            ));
        }
    };
    let after = input
        .continuation_token
        .as_deref()
        .map(after_token)
        .transpose()?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let region = input.bucket_region.as_deref();
    let mut listed = Vec::new();
    let mut more = false;
    for bucket in buckets.values() {
        if bucket.account != caller.account.as_str()
            || !bucket.name.starts_with(prefix)
            || region.is_some_and(|region| region != bucket.region)
            || after.as_ref().is_some_and(|after| bucket.name <= *after)
        {
            continue;
        }
        if listed.len() == max {
            more = true;
            break;
        }
        listed.push(dto::Bucket {
            bucket_region: with_parameters.then(|| bucket.region.clone()),
            creation_date: Some(times::to_dto(bucket.created)),
            name: Some(bucket.name.clone()),
        });
    }
    let last = listed.last().and_then(|bucket| bucket.name.as_deref());
    Ok(dto::ListBucketsOutput {
        continuation_token: last.filter(|_| more).map(token),
        buckets: Some(listed),
        owner: Some(dto::Owner {
            display_name: None,
            id: Some(caller.canonical_id.clone()),
        }),
        prefix: input.prefix,
    })
}

/// The token is opaque to clients: the last name of the page, in base 64.
pub(super) fn token(last: &str) -> String {
    aws_smithy_types::base64::encode(last)
}

pub(super) fn after_token(token: &str) -> S3Result<String> {
    let invalid = || invalid_argument("The continuation token provided is incorrect");
    let bytes = aws_smithy_types::base64::decode(token).map_err(|_| invalid())?;
    String::from_utf8(bytes).map_err(|_| invalid())
}

pub(super) fn head(bucket: &Bucket) -> dto::HeadBucketOutput {
    dto::HeadBucketOutput {
        access_point_alias: Some(false),
        bucket_region: Some(bucket.region.clone()),
        ..Default::default()
    }
}

/// us-east-1 has no name here.
pub(super) fn location(bucket: &Bucket) -> dto::GetBucketLocationOutput {
    let named = (bucket.region != "us-east-1").then(|| bucket.region.clone());
    dto::GetBucketLocationOutput {
        location_constraint: named.map(Into::into),
    }
}

/// Creates a bucket with AWS's defaults. In us-east-1 one's own bucket can be created again, which resets its ACL.
pub(super) fn create(
    buckets: &mut Buckets,
    caller: &Known,
    signed_region: Option<&str>,
    input: dto::CreateBucketInput,
    now: DateTime<Utc>,
) -> S3Result<dto::CreateBucketOutput> {
    let region = region(signed_region, &input)?;
    let output = dto::CreateBucketOutput {
        location: Some(format!("/{}", input.bucket)),
    };
    if let Some(existing) = buckets.get_mut(&input.bucket) {
        if existing.account != caller.account.as_str() {
            return Err(refuse(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
            ));
        }
        if existing.region != "us-east-1" || region != "us-east-1" {
            return Err(refuse(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        existing.settings.acl = Grant::owner_only(&existing.owner);
        return Ok(output);
    }
    let name = input.bucket.clone();
    let settings = settings(caller, input)?;
    let bucket = Bucket::new(NewBucket {
        name: name.clone(),
        region,
        account: caller.account.to_string(),
        owner: caller.canonical_id.clone(),
        created: now,
        settings,
    });
    buckets.insert(bucket);
    Ok(output)
}

/// Where the bucket comes to stand. From us-east-1 every region can be asked for, from others only their own.
fn region(signed: Option<&str>, input: &dto::CreateBucketInput) -> S3Result<String> {
    let constraint = input
        .create_bucket_configuration
        .as_ref()
        .and_then(|configuration| configuration.location_constraint.as_ref())
        .map(dto::BucketLocationConstraint::as_str)
        .filter(|constraint| !constraint.is_empty());
    let signed = signed.unwrap_or("us-east-1");
    let wanted = match constraint {
        None => "us-east-1",
        Some("EU") => "eu-west-1",
        // The one region that cannot be named.
        Some("us-east-1") => {
            return Err(refuse(
                400,
                "InvalidLocationConstraint",
                "The specified location-constraint is not valid",
            ));
        }
        Some(named) => named,
    };
    if signed != "us-east-1" && signed != wanted {
        let shown = constraint.unwrap_or("unspecified");
        return Err(refuse(
            400,
            "IllegalLocationConstraintException",
            format!(
                "The {shown} location constraint is incompatible for the region specific endpoint this request was sent to."
            ),
        ));
    }
    Ok(wanted.to_owned())
}

fn settings(caller: &Known, input: dto::CreateBucketInput) -> S3Result<BucketSettings> {
    let owner = &caller.canonical_id;
    let mut settings = BucketSettings::of_a_new_bucket(owner);
    if let Some(ownership) = &input.object_ownership {
        settings.ownership = Some(Ownership::named(ownership.as_str())?);
    }
    let asked = Asked {
        canned: input.acl.map(|name| name.as_str().to_owned()),
        ..Asked::default()
    }
    .header(Permission::FullControl, input.grant_full_control)
    .header(Permission::Read, input.grant_read)
    .header(Permission::Write, input.grant_write)
    .header(Permission::ReadAcp, input.grant_read_acp)
    .header(Permission::WriteAcp, input.grant_write_acp);
    if !asked.is_empty() {
        let grants = asked.grants(owner)?;
        if settings.owner_enforced() && grants_others(&grants, owner) {
            return Err(acl_with_ownership());
        }
        if public::acl(&grants) {
            return Err(refuse(
                400,
                "InvalidBucketAclWithBlockPublicAccessError",
                "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
            ));
        }
        settings.acl = grants;
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        settings.versioning = Some(Versioning::Enabled);
        settings.object_lock = Some(ObjectLock::default());
    }
    Ok(settings)
}

pub(super) fn delete(buckets: &mut Buckets, name: &str) -> S3Result<dto::DeleteBucketOutput> {
    if buckets
        .get(name)
        .is_some_and(|bucket| !bucket.objects.is_empty())
    {
        return Err(refuse(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        ));
    }
    if buckets.points.any_of(name) {
        return Err(refuse(
            409,
            "BucketHasAccessPointsAttached",
            "The bucket you tried to delete has access points attached. Delete your access points and try again.",
        ));
    }
    buckets.remove(name);
    Ok(dto::DeleteBucketOutput {})
}
