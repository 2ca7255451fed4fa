//! Access control lists: the grants of a bucket, and the three ways to write them (a canned name,
//! grant headers, a document).

use s3s::S3Result;
use s3s::dto;

use super::errors::{invalid_argument, invalid_request, refuse};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
/// The account that the canned ACL `aws-exec-read` speaks of: EC2's image bundles.
const EC2_BUNDLES: &str = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// By canonical user id: 64 hexadecimal digits.
    Account(String),
    AllUsers,
    /// Anybody with any AWS account.
    AuthenticatedUsers,
    LogDelivery,
}

impl Grantee {
    fn group(uri: &str) -> S3Result<Self> {
        match uri {
            ALL_USERS => Ok(Self::AllUsers),
            AUTHENTICATED_USERS => Ok(Self::AuthenticatedUsers),
            LOG_DELIVERY => Ok(Self::LogDelivery),
            _ => Err(invalid_argument("Invalid group uri")),
        }
    }

    fn account(id: &str) -> S3Result<Self> {
        if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self::Account(id.to_owned()))
        } else {
            Err(invalid_argument("Invalid id"))
        }
    }

    fn uri(&self) -> Option<&'static str> {
        match self {
            Self::Account(_) => None,
            Self::AllUsers => Some(ALL_USERS),
            Self::AuthenticatedUsers => Some(AUTHENTICATED_USERS),
            Self::LogDelivery => Some(LOG_DELIVERY),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    FullControl,
    Read,
    Write,
    ReadAcp,
    WriteAcp,
}

impl Permission {
    const ALL: [Self; 5] = [
        Self::FullControl,
        Self::Read,
        Self::Write,
        Self::ReadAcp,
        Self::WriteAcp,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub grantee: Grantee,
    pub permission: Permission,
}

impl Grant {
    pub fn new(grantee: Grantee, permission: Permission) -> Self {
        Self {
            grantee,
            permission,
        }
    }

    /// What `private` means, and what every reader sees while ACLs are disabled.
    pub fn owner_only(owner: &str) -> Vec<Self> {
        vec![Self::new(
            Grantee::Account(owner.to_owned()),
            Permission::FullControl,
        )]
    }

    pub(super) fn to_dto(&self) -> dto::Grant {
        let (id, kind) = match &self.grantee {
            Grantee::Account(id) => (Some(id.clone()), dto::Type::CANONICAL_USER),
            _ => (None, dto::Type::GROUP),
        };
        dto::Grant {
            grantee: Some(dto::Grantee {
                display_name: None,
                email_address: None,
                id,
                type_: dto::Type::from_static(kind),
                uri: self.grantee.uri().map(str::to_owned),
            }),
            permission: Some(dto::Permission::from_static(self.permission.word())),
        }
    }
}

/// Whether anybody but the owner is granted anything.
pub(super) fn grants_others(grants: &[Grant], owner: &str) -> bool {
    grants
        .iter()
        .any(|grant| grant.grantee != Grantee::Account(owner.to_owned()))
}

/// The grants that a canned ACL stands for; `None` for a name that S3 does not know.
pub(super) fn canned(name: &str, owner: &str) -> Option<Vec<Grant>> {
    let mut grants = Grant::owner_only(owner);
    let more: &[(Grantee, Permission)] = match name {
        // The two `bucket-owner-…` words are for objects; S3 ignores them on buckets.
        "private" | "bucket-owner-read" | "bucket-owner-full-control" => &[],
        "public-read" => &[(Grantee::AllUsers, Permission::Read)],
        "public-read-write" => &[
            (Grantee::AllUsers, Permission::Read),
            (Grantee::AllUsers, Permission::Write),
        ],
        "authenticated-read" => &[(Grantee::AuthenticatedUsers, Permission::Read)],
        "log-delivery-write" => &[
            (Grantee::LogDelivery, Permission::Write),
            (Grantee::LogDelivery, Permission::ReadAcp),
        ],
        "aws-exec-read" => &[(Grantee::Account(EC2_BUNDLES.to_owned()), Permission::Read)],
        _ => return None,
    };
    grants.extend(
        more.iter()
            .map(|(grantee, permission)| Grant::new(grantee.clone(), *permission)),
    );
    Some(grants)
}

/// The three ways in which a request may carry an ACL.
#[derive(Default)]
pub(super) struct Asked {
    pub canned: Option<String>,
    /// Grant headers with what each grants.
    pub headers: Vec<(Permission, String)>,
    pub document: Option<dto::AccessControlPolicy>,
}

impl Asked {
    pub(super) fn header(mut self, permission: Permission, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| (permission, value)));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.canned.is_none() && self.headers.is_empty() && self.document.is_none()
    }

    /// The grants that were asked for.
    pub(super) fn grants(self, owner: &str) -> S3Result<Vec<Grant>> {
        if self.document.is_some() && (self.canned.is_some() || !self.headers.is_empty()) {
            return Err(refuse(
                400,
                "UnexpectedContent",
                "This request does not support content",
            ));
        }
        match (self.canned, self.document) {
            (Some(_), _) if !self.headers.is_empty() => Err(invalid_request(
                "Specifying both Canned ACLs and Header Grants is not allowed",
            )),
            (Some(name), _) => canned(&name, owner).ok_or_else(|| invalid_argument("")),
            (None, Some(document)) => from_document(document, owner),
            (None, None) if self.headers.is_empty() => Err(refuse(
                400,
                "MissingSecurityHeader",
                "Your request was missing a required header",
            )),
            (None, None) => from_headers(&self.headers),
        }
    }
}

/// `x-amz-grant-read: uri="http://…/AllUsers", id="64 hex digits"`. Such a request replaces the whole ACL.
fn from_headers(headers: &[(Permission, String)]) -> S3Result<Vec<Grant>> {
    let mut grants = Vec::new();
    for (permission, value) in headers {
        for part in value.split(',') {
            let (kind, who) = part
                .trim()
                .split_once('=')
                .ok_or_else(|| invalid_argument("Argument format not recognized"))?;
            let who = who.trim().trim_matches('"');
            let grantee = match kind.trim() {
                "id" => Grantee::account(who)?,
                "uri" => Grantee::group(who)?,
                "emailAddress" => return Err(email_grantee()),
                _ => return Err(invalid_argument("Argument format not recognized")),
            };
            grants.push(Grant::new(grantee, *permission));
        }
    }
    Ok(grants)
}

fn from_document(document: dto::AccessControlPolicy, owner: &str) -> S3Result<Vec<Grant>> {
    let malformed = || {
        refuse(
            400,
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let named = document.owner.and_then(|owner| owner.id);
    match named {
        None => return Err(malformed()),
        Some(id) if id != owner => return Err(invalid_argument("Invalid id")),
        Some(_) => {}
    }
    let grants = document.grants.unwrap_or_default();
    // AWS's limit on the grants of one ACL.
    if grants.len() > 100 {
        return Err(malformed());
    }
    let mut read = Vec::with_capacity(grants.len());
    for grant in grants {
        let grantee = grant.grantee.ok_or_else(malformed)?;
        let permission = grant
            .permission
            .and_then(|word| Permission::named(word.as_str()))
            .ok_or_else(malformed)?;
        let grantee = match (grantee.type_.as_str(), grantee.id, grantee.uri) {
            (dto::Type::CANONICAL_USER, Some(id), _) => Grantee::account(&id)?,
            (dto::Type::GROUP, _, Some(uri)) => Grantee::group(&uri)?,
            (dto::Type::AMAZON_CUSTOMER_BY_EMAIL, ..) => return Err(email_grantee()),
            _ => return Err(malformed()),
        };
        read.push(Grant::new(grantee, permission));
    }
    Ok(read)
}

/// S3 takes no e-mail grantees since October 2025.
fn email_grantee() -> s3s::S3Error {
    refuse(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn owner() -> String {
        "ab".repeat(32)
    }

    #[test]
    fn canned_names_stand_for_aws_s_own_grants() {
        for (name, expected) in [
            ("private", vec![]),
            ("bucket-owner-full-control", vec![]),
            ("public-read", vec![(Grantee::AllUsers, "READ")]),
            (
                "public-read-write",
                vec![(Grantee::AllUsers, "READ"), (Grantee::AllUsers, "WRITE")],
            ),
            (
                "authenticated-read",
                vec![(Grantee::AuthenticatedUsers, "READ")],
            ),
            (
                "log-delivery-write",
                vec![
                    (Grantee::LogDelivery, "WRITE"),
                    (Grantee::LogDelivery, "READ_ACP"),
                ],
            ),
        ] {
            let grants = canned(name, &owner()).unwrap();
            assert_eq!(grants[0], Grant::owner_only(&owner())[0], "{name}");
            let others: Vec<_> = grants[1..]
                .iter()
                .map(|grant| (grant.grantee.clone(), grant.permission.word()))
                .collect();
            assert_eq!(others, expected, "{name}");
        }
        assert!(canned("world-readable", &owner()).is_none());
    }

    #[test]
    fn a_request_with_two_kinds_of_acl_is_refused() {
        let both = Asked {
            canned: Some("private".to_owned()),
            ..Asked::default()
        }
        .header(Permission::Read, Some(format!("uri=\"{ALL_USERS}\"")));
        let error = both.grants(&owner()).unwrap_err();
        assert_eq!(error.code().as_str(), "InvalidRequest");
        let nothing = Asked::default().grants(&owner()).unwrap_err();
        assert_eq!(nothing.code().as_str(), "MissingSecurityHeader");
    }
}
