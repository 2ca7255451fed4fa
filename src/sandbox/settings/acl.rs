//! The bucket's ACL.

use s3s::{S3Result, dto};

use crate::sandbox::{
    acl::{Asked, Grant, Permission},
    errors::{access_denied, refuse},
    public,
    state::{Bucket, BucketSettings, Setting},
};

/// While ACLs are disabled the owner's full control is all that is shown, whatever is stored.
pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketAclOutput {
    let grants = if bucket.seen(Setting::OwnershipControls).owner_enforced() {
        Grant::owner_only(&bucket.owner)
    } else {
        bucket.seen(Setting::Acl).acl.clone()
    };
    dto::GetBucketAclOutput {
        grants: Some(grants.iter().map(Grant::to_dto).collect()),
        owner: Some(dto::Owner {
            display_name: None,
            id: Some(bucket.owner.clone()),
        }),
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    bucket: &Bucket,
    input: dto::PutBucketAclInput,
) -> S3Result<dto::PutBucketAclOutput> {
    let asked = Asked {
        canned: input.acl.map(|name| name.as_str().to_owned()),
        document: input.access_control_policy,
        headers: Vec::new(),
    }
    .header(Permission::FullControl, input.grant_full_control)
    .header(Permission::Read, input.grant_read)
    .header(Permission::Write, input.grant_write)
    .header(Permission::ReadAcp, input.grant_read_acp)
    .header(Permission::WriteAcp, input.grant_write_acp);
    let grants = asked.grants(&bucket.owner)?;
    // Even `private` is refused: S3 accepts a `bucket-owner-full-control` on objects only.
    if new.owner_enforced() {
        return Err(not_supported());
    }
    if bucket.block_with(new).block_public_acls && public::acl(&grants) {
        return Err(access_denied());
    }
    new.acl = grants;
    Ok(dto::PutBucketAclOutput {})
}

pub(in crate::sandbox) fn not_supported() -> s3s::S3Error {
    refuse(
        400,
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    )
}
