//! Whom a statement names: people and roles of an account, services, and what is left of those who
//! were deleted.

use serde_json::{Value, json};

/// One entry of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// `AWS`, `Service`, `Federated` or `CanonicalUser`; `AWS` where the statement says only `*`.
    pub kind: String,
    pub id: String,
}

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// Everybody on the internet, with or without an AWS account.
    Everyone,
    /// An account, or a user, role or session of one; its twelve digits.
    Account(&'a str),
    /// A user or role that was deleted: IAM puts its unique id in the place of its ARN.
    Gone,
    Service(&'a str),
    /// Something of AWS's own: a `CloudFront` identity, or the account that a service delivers logs
    /// from.
    Aws,
    /// An account by its canonical id.
    Canonical(&'a str),
    /// A web identity.
    Other,
}

/// Leaves those of a statement's `Principal` or `NotPrincipal` that stay; false where that is nobody.
/// An element that names no kinds, such as `*`, is left as it is.
pub fn keep(element: &mut Value, stays: impl Fn(&Principal) -> bool) -> bool {
    let Value::Object(kinds) = element else {
        return true;
    };
    for (kind, ids) in kinds.iter_mut() {
        let all = Principal::all(Some(&json!({ (kind.clone()): ids.clone() })));
        let kept = all.into_iter().filter(&stays);
        *ids = kept.map(|one| Value::String(one.id)).collect();
    }
    kinds.retain(|_, ids| ids.as_array().is_none_or(|ids| !ids.is_empty()));
    !kinds.is_empty()
}

impl Principal {
    /// Every entry of the element, in a fixed order.
    pub fn all(element: Option<&Value>) -> Vec<Self> {
        let entry = |kind: &str, id: &Value| Self {
            kind: kind.to_owned(),
            id: id.as_str().map_or_else(|| id.to_string(), str::to_owned),
        };
        match element {
            None => Vec::new(),
            Some(Value::Object(kinds)) => kinds
                .iter()
                .flat_map(|(kind, ids)| match ids {
                    Value::Array(ids) => ids.iter().map(|id| entry(kind, id)).collect(),
                    id => vec![entry(kind, id)],
                })
                .collect(),
            Some(Value::Array(ids)) => ids.iter().map(|id| entry("AWS", id)).collect(),
            Some(id) => vec![entry("AWS", id)],
        }
    }

    /// `*`, `AWS:arn:…`, `Service:logging.s3.amazonaws.com`: as rules and boxes say it.
    pub fn text(&self) -> String {
        match self.who() {
            Who::Everyone => "*".to_owned(),
            _ => format!("{}:{}", self.kind, self.id),
        }
    }

    /// Whether it delivers logs: a service that does, or an account of AWS's own that does so.
    pub fn delivers_logs(&self) -> bool {
        match self.who() {
            Who::Service(name) => LOG_SERVICES.contains(&name),
            // CloudFront's identities are no accounts.
            Who::Aws => Arn::of(&self.id).is_none_or(|arn| is_account(arn.account)),
            _ => false,
        }
    }

    pub fn who(&self) -> Who<'_> {
        let id = self.id.as_str();
        match self.kind.as_str() {
            "AWS" if id == "*" => Who::Everyone,
            "AWS" => named(id),
            "Service" => Who::Service(id),
            "CanonicalUser" => Who::Canonical(id),
            _ => Who::Other,
        }
    }
}

fn named(id: &str) -> Who<'_> {
    if is_account(id) {
        return if ELB_ACCOUNTS.contains(&id) {
            Who::Aws
        } else {
            Who::Account(id)
        };
    }
    let Some(arn) = Arn::of(id) else {
        return if is_unique_id(id) {
            Who::Gone
        } else {
            Who::Other
        };
    };
    // S3 takes no pattern in an account, but a document may come from elsewhere.
    if arn.account.contains(['*', '?']) {
        return Who::Everyone;
    }
    let delivers = match arn.resource {
        "root" => ELB_ACCOUNTS.contains(&arn.account),
        "user/logs" => REDSHIFT_ACCOUNTS.contains(&arn.account),
        _ => false,
    };
    if delivers || !is_account(arn.account) {
        // `arn:aws:iam::cloudfront:user/…` is the other one.
        Who::Aws
    } else {
        Who::Account(arn.account)
    }
}

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `AIDA…`, `AROA…` and their like, see
/// [unique identifiers](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
fn is_unique_id(text: &str) -> bool {
    const KINDS: [&str; 6] = ["AIDA", "AROA", "AGPA", "AIPA", "ANPA", "APKA"];
    text.len() >= 16
        && KINDS.iter().any(|kind| text.starts_with(kind))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `arn:partition:service:region:account:resource`
pub struct Arn<'a> {
    pub service: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    pub fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (_partition, service) = (parts.next()?, parts.next()?);
        let (_region, account) = (parts.next()?, parts.next()?);
        Some(Self {
            service,
            account,
            resource: parts.next()?,
        })
    }

    /// The account and name of a user or a role, for a session those of its role.
    pub fn identity(&self) -> (&'a str, &'a str) {
        let mut parts = self.resource.split('/');
        let kind = parts.next().unwrap_or_default();
        let name = if kind == "assumed-role" {
            parts.next()
        } else {
            parts.next_back()
        };
        (self.account, name.unwrap_or(kind))
    }
}

/// Services whose logs S3 buckets take.
const LOG_SERVICES: [&str; 5] = [
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "logdelivery.elasticloadbalancing.amazonaws.com",
    "logging.s3.amazonaws.com",
];

/// Accounts from which Elastic Load Balancing delivers access logs, one a region, see
/// [its guide](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
const ELB_ACCOUNTS: [&str; 26] = [
    "009996457667",
    "027434742980",
    "033677994240",
    "037604701340",
    "048591011584",
    "054676820928",
    "076674570225",
    "098369216593",
    "114774131450",
    "127311923021",
    "156460612806",
    "190560391635",
    "383597477331",
    "507241528517",
    "582318560864",
    "589379963580",
    "600734575887",
    "635631232127",
    "638102146993",
    "652711504416",
    "718504428378",
    "754344448648",
    "783225319266",
    "797873946194",
    "897822967062",
    "985666609251",
];

/// Accounts whose user `logs` delivers Redshift's audit logs, one a region, see
/// [its guide](https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing-enable-logging.html).
const REDSHIFT_ACCOUNTS: [&str; 24] = [
    "013126148197",
    "053454850223",
    "075028567923",
    "090321488786",
    "111890595117",
    "193672423079",
    "210876761215",
    "262260360010",
    "307160386991",
    "313564881002",
    "361669875840",
    "365689465814",
    "391106570357",
    "404641285394",
    "660998842044",
    "665727464434",
    "729911121831",
    "760740231472",
    "762762565011",
    "865932855811",
    "902366379725",
    "907379612154",
    "915173422425",
    "945612479654",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_spelling_says_who_is_meant() {
        for (kind, id, who) in [
            ("AWS", "*", Who::Everyone),
            ("AWS", "arn:aws:iam::*:root", Who::Everyone),
            ("AWS", "444455556666", Who::Account("444455556666")),
            (
                "AWS",
                "arn:aws-cn:iam::444455556666:root",
                Who::Account("444455556666"),
            ),
            (
                "AWS",
                "arn:aws-us-gov:sts::444455556666:assumed-role/reader/session",
                Who::Account("444455556666"),
            ),
            ("AWS", "AIDAJQABLZS4A3QDU576Q", Who::Gone),
            ("AWS", "AROA1234567123456DXYZ", Who::Gone),
            (
                "AWS",
                "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
                Who::Aws,
            ),
            ("AWS", "arn:aws:iam::127311923021:root", Who::Aws),
            (
                "AWS",
                "arn:aws:iam::127311923021:role/x",
                Who::Account("127311923021"),
            ),
            ("AWS", "arn:aws:iam::193672423079:user/logs", Who::Aws),
            (
                "AWS",
                "arn:aws:iam::193672423079:root",
                Who::Account("193672423079"),
            ),
            (
                "Service",
                "cloudtrail.amazonaws.com",
                Who::Service("cloudtrail.amazonaws.com"),
            ),
            ("Federated", "*", Who::Other),
            ("CanonicalUser", "79a59df9", Who::Canonical("79a59df9")),
        ] {
            let principal = Principal {
                kind: kind.to_owned(),
                id: id.to_owned(),
            };
            assert_eq!(principal.who(), who, "{kind} {id}");
        }
    }

    #[test]
    fn accounts_of_aws_deliver_logs_as_its_services_do() {
        for (kind, id, delivers) in [
            ("AWS", "arn:aws:iam::127311923021:root", true),
            ("AWS", "127311923021", true),
            ("AWS", "arn:aws:iam::193672423079:user/logs", true),
            ("AWS", "arn:aws:iam::123456789012:root", false),
            (
                "AWS",
                "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
                false,
            ),
            ("Service", "cloudtrail.amazonaws.com", true),
            ("Service", "cloudfront.amazonaws.com", false),
        ] {
            let (kind, id) = (kind.to_owned(), id.to_owned());
            let principal = Principal { kind, id };
            assert_eq!(principal.delivers_logs(), delivers, "{principal:?}");
        }
    }

    #[test]
    fn everyone_is_a_star_whichever_way_it_was_spelled() {
        for element in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
            let all = Principal::all(Some(&element));
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].text(), "*");
        }
    }

    #[test]
    fn a_session_is_the_role_that_it_was_made_from() {
        for (arn, name) in [
            ("arn:aws:iam::1:role/path/to/sixfold", "sixfold"),
            (
                "arn:aws:sts::1:assumed-role/sixfold/sixfold-scan",
                "sixfold",
            ),
            ("arn:aws:iam::1:user/ops/nina", "nina"),
            ("arn:aws:iam::1:root", "root"),
        ] {
            let identity = Arn::of(arn).map(|arn| arn.identity());
            assert_eq!(identity, Some(("1", name)), "{arn}");
        }
    }
}
