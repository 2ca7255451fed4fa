//! The bucket's access control list: who, beside policies, may do what with it.
//!
//! S3 keeps no order of grants, so the document has one of its own: the owner first, then groups,
//! then other accounts. Under `BucketOwnerEnforced` a read shows the owner's grant only.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    AccessControlPolicy, BucketCannedAcl, Grant as SdkGrant, Grantee as SdkGrantee,
    Owner as SdkOwner, Permission, Type,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Proposed, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, artifact::Summary};

/// Whom `CloudFront`'s standard logs are delivered as, worldwide and in China, see
/// [its guide](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html#AccessLogsBucketAndFileOwnership).
const CLOUDFRONT: [&str; 2] = [
    "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
    "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
    #[serde(default)]
    grants: Vec<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Grant {
    grantee: Grantee,
    permission: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Grantee {
    r#type: String,
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "URI", skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
}

impl Grantee {
    /// The name that boxes print: `AllUsers`, `log-delivery`, else the id.
    pub(super) fn name(&self) -> String {
        let uri = self.uri.as_deref().unwrap_or_default();
        match uri.rsplit_once("/groups/").map(|(_, group)| group) {
            Some("global/AllUsers") => "AllUsers".to_owned(),
            Some("global/AuthenticatedUsers") => "AuthenticatedUsers".to_owned(),
            Some("s3/LogDelivery") => "log-delivery".to_owned(),
            _ => [&self.uri, &self.id, &self.email_address]
                .into_iter()
                .flatten()
                .next()
                .cloned()
                .unwrap_or_else(|| self.r#type.clone()),
        }
    }

    /// All fields, empty where it has none.
    pub(super) fn view(&self) -> Value {
        json!({
            "Type": self.r#type,
            "ID": self.id.as_deref().unwrap_or_default(),
            "URI": self.uri.as_deref().unwrap_or_default(),
            "EmailAddress": self.email_address.as_deref().unwrap_or_default(),
        })
    }

    /// Without the empty fields of [`Self::view`].
    pub(super) fn filled(self) -> Self {
        Self {
            id: shape::filled(self.id),
            uri: shape::filled(self.uri),
            email_address: shape::filled(self.email_address),
            ..self
        }
    }

    pub(super) fn checked(&self) -> Result<(), String> {
        let (wanted, there) = match self.r#type.as_str() {
            "CanonicalUser" => ("ID", self.id.is_some()),
            "Group" => ("URI", self.uri.is_some()),
            "AmazonCustomerByEmail" => ("EmailAddress", self.email_address.is_some()),
            other => return Err(format!("unknown grantee type `{other}`")),
        };
        if there {
            Ok(())
        } else {
            Err(format!("a {} grantee without {wanted}", self.r#type))
        }
    }

    pub(super) fn from_sdk(grantee: SdkGrantee) -> Self {
        Self {
            r#type: grantee.r#type.as_str().to_owned(),
            id: grantee.id,
            uri: grantee.uri,
            email_address: grantee.email_address,
        }
    }

    pub(super) fn into_sdk(self) -> Result<SdkGrantee, String> {
        SdkGrantee::builder()
            .r#type(Type::from(self.r#type.as_str()))
            .set_id(self.id)
            .set_uri(self.uri)
            .set_email_address(self.email_address)
            .build()
            .map_err(|error| error.to_string())
    }
}

impl Policy {
    fn owner_id(&self) -> Option<&str> {
        self.owner.as_ref().map(|owner| owner.id.as_str())
    }

    fn is_owner(&self, grantee: &Grantee) -> bool {
        grantee.id.is_some() && grantee.id.as_deref() == self.owner_id()
    }

    /// Whether it is one of those that AWS delivers logs as.
    fn is_delivery(&self, grantee: &Grantee) -> bool {
        matches!(
            self.name(grantee).as_str(),
            "log-delivery" | "cloudfront-logs"
        )
    }

    fn is_public(&self, grantee: &Grantee) -> bool {
        matches!(
            self.name(grantee).as_str(),
            "AllUsers" | "AuthenticatedUsers"
        )
    }

    /// The name that boxes print: `bucket-owner`, `AllUsers`, `log-delivery`, else the id.
    fn name(&self, grantee: &Grantee) -> String {
        if self.is_owner(grantee) {
            return "bucket-owner".to_owned();
        }
        if grantee
            .id
            .as_deref()
            .is_some_and(|id| CLOUDFRONT.contains(&id))
        {
            return "cloudfront-logs".to_owned();
        }
        grantee.name()
    }

    fn line(&self, grant: &Grant) -> String {
        format!("{}: {}", self.name(&grant.grantee), grant.permission)
    }

    /// What `--acl private` gives: the owner's full control and nothing else.
    fn is_private(&self) -> bool {
        matches!(self.grants.as_slice(), [grant]
            if self.is_owner(&grant.grantee) && grant.permission == "FULL_CONTROL")
    }

    fn in_order(mut self) -> Self {
        let mut grants = std::mem::take(&mut self.grants);
        grants.sort_by_cached_key(|grant| {
            let who = &grant.grantee;
            let rank = match (self.is_owner(who), who.uri.is_some()) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            };
            (rank, grant.clone())
        });
        Self { grants, ..self }
    }

    fn checked(self) -> Result<Self, String> {
        for grant in &self.grants {
            grant.grantee.checked()?;
        }
        if self.grants.is_empty() {
            return Err("an ACL without grants would shut out its owner".to_owned());
        }
        Ok(self)
    }
}

pub struct Acl;

#[async_trait]
impl Setting for Acl {
    fn name(&self) -> &'static str {
        "acl"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(bucket, "GetBucketAcl", get_bucket_acl);
        call::read("GetBucketAcl", "", answer, |output| {
            let owner = output.owner.and_then(|owner| owner.id);
            let grants = output.grants.unwrap_or_default();
            let policy = Policy {
                owner: owner.map(|id| Owner { id }),
                grants: grants.into_iter().map(from_sdk).collect::<Result<_, _>>()?,
            };
            shape::document(&policy.in_order())
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let target = step.to;
        let unfit = |message: String| CallError::unfit("PutBucketAcl", message);
        let policy = match target.value() {
            None => None,
            Some(value) => {
                let policy: Policy = shape::typed(value.clone()).map_err(unfit)?;
                (!policy.is_private()).then_some(policy)
            }
        };
        let answer = match policy {
            None => {
                let private = BucketCannedAcl::Private;
                s3!(bucket, "PutBucketAcl", put_bucket_acl, acl(private))
            }
            Some(policy) => {
                let policy = to_sdk(policy).map_err(unfit)?;
                s3!(
                    bucket,
                    "PutBucketAcl",
                    put_bucket_acl,
                    access_control_policy(policy)
                )
            }
        };
        answer.map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if shape::held::<Policy>(step.to).is_some_and(|policy| policy.is_private()) {
            Command::s3api("put-bucket-acl", bucket).with("--acl", "private")
        } else {
            self.inverse(bucket, step, file)
        }
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        let put = Command::s3api("put-bucket-acl", bucket);
        if step.to.is_absent() {
            put.with("--acl", "private")
        } else {
            put.with("--access-control-policy", format!("file://{file}"))
        }
    }

    fn weighs(&self) -> &'static [&'static str] {
        &[
            "ownership_controls",
            "public_access_block",
            "account_public_access_block",
        ]
    }

    fn refusal(&self, proposed: &Proposed<'_>) -> Option<String> {
        let enforced = proposed
            .view("ownership_controls")
            .is_some_and(|view| view["acls_in_force"] == false);
        if enforced {
            return Some("ACLs are disabled by BucketOwnerEnforced, and S3 takes none".to_owned());
        }
        let target: Policy = shape::held(proposed.target)?;
        let mut public = target
            .grants
            .iter()
            .filter(|g| target.is_public(&g.grantee));
        let grant = public
            .next()
            .filter(|_| proposed.blocks("BlockPublicAcls"))?;
        Some(format!(
            "while BlockPublicAcls is on, S3 takes no ACL with a public grant ({}); it has to go first",
            target.line(grant)
        ))
    }

    /// Beside the CLI's fields: `name` and `line` of each grant, as the boxes print them, whether it
    /// is the `owner`'s, `public` (a group that anybody is in), or AWS's for the `delivery` of logs.
    fn view(&self, document: &Document) -> Value {
        let policy = shape::held::<Policy>(document).unwrap_or(Policy {
            owner: None,
            grants: Vec::new(),
        });
        let grants: Vec<Value> = policy
            .grants
            .iter()
            .map(|grant| {
                let who = &grant.grantee;
                json!({
                    "Grantee": who.view(),
                    "Permission": grant.permission,
                    "name": policy.name(who),
                    "line": policy.line(grant),
                    "owner": policy.is_owner(who),
                    "public": policy.is_public(who),
                    "delivery": policy.is_delivery(who),
                })
            })
            .collect();
        json!({"Owner": {"ID": policy.owner_id().unwrap_or_default()}, "Grants": grants})
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let value = shape::without_empty(shape::without_derived(value));
        let policy: Policy = shape::typed(value)?;
        shape::document(&policy.checked()?.in_order())
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines: Vec<String> = shape::held::<Policy>(document)
            .map(|policy| policy.grants.iter().map(|g| policy.line(g)).collect())
            .unwrap_or_default();
        Summary {
            noun: "grants".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let policy = shape::held::<Policy>(document);
        let grants = policy.as_ref().map_or(&[][..], |policy| &policy.grants);
        let mut lines = vec![format!(
            "acl returns {}",
            shape::counted(grants.len(), "grant")
        )];
        lines.extend(policy.iter().flat_map(|policy| {
            policy
                .grants
                .iter()
                .map(|grant| format!("{}, {}", policy.name(&grant.grantee), grant.permission))
        }));
        lines
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        // S3 ignores display names on write and fills them in by itself.
        fidelity::compare_xml(read, |name, text| {
            name == "displayname" || (name == "accesscontrollist" && text.trim().is_empty())
        })
    }
}

fn from_sdk(grant: SdkGrant) -> Result<Grant, String> {
    let grantee = grant.grantee.ok_or("a grant without a grantee")?;
    let permission = grant.permission.ok_or("a grant without a permission")?;
    Ok(Grant {
        grantee: Grantee::from_sdk(grantee),
        permission: permission.as_str().to_owned(),
    })
}

fn to_sdk(policy: Policy) -> Result<AccessControlPolicy, String> {
    let policy = policy.checked()?;
    let grants = policy
        .grants
        .into_iter()
        .map(|grant| {
            Ok(SdkGrant::builder()
                .grantee(grant.grantee.into_sdk()?)
                .permission(Permission::from(grant.permission.as_str()))
                .build())
        })
        .collect::<Result<Vec<_>, String>>()?;
    let owner = policy.owner.map(|owner| owner.id);
    Ok(AccessControlPolicy::builder()
        .owner(SdkOwner::builder().set_id(owner).build())
        .set_grants(Some(grants))
        .build())
}
