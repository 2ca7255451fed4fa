//! What conditions leave of "everyone".
//!
//! S3 calls a policy public unless each statement is tied to a fixed value that says who or where the
//! caller is: [the meaning of "public"](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
//! Some conditions tie it down without S3 counting them, such as a pattern below a fixed account. Both
//! are told apart here: what is narrow in effect is nobody's leak, but S3 still refuses to store it
//! under `BlockPublicPolicy`.

use std::net::IpAddr;

use super::principal::{Arn, is_account};

/// One key of one operator, with the values of which any will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As it is spelled, such as `ForAnyValue:StringLike`.
    pub operator: String,
    /// In lower case: IAM does not tell keys apart by their case.
    pub key: String,
    pub values: Vec<String>,
}

/// How far a condition narrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Narrowing {
    Open,
    /// Strangers are kept out, and S3 calls it public all the same.
    InEffect,
    /// By a fixed value, as S3 asks for.
    Fixed,
}

impl Condition {
    /// The operator without quantifier and `IfExists`, in lower case, and whether the condition also
    /// holds where the request has no such key.
    pub fn operator(&self) -> (String, bool) {
        let lower = self.operator.to_ascii_lowercase();
        let (quantifier, operator) = lower.split_once(':').unwrap_or(("", &lower));
        let plain = operator.strip_suffix("ifexists");
        let may_lack = plain.is_some() || quantifier == "forallvalues";
        (plain.unwrap_or(operator).to_owned(), may_lack)
    }

    /// `Null: {key: false}`: only requests that have the key.
    fn wants(&self, key: &str) -> bool {
        self.key == key
            && self.operator.eq_ignore_ascii_case("Null")
            && self.values.iter().all(|value| value == "false")
            && !self.values.is_empty()
    }

    /// How far it narrows, beside the others of its statement.
    pub fn narrowing(&self, others: &[Self]) -> Narrowing {
        let (operator, may_lack) = self.operator();
        let narrowing = match operator.as_str() {
            "ipaddress" if self.key == "aws:sourceip" => self.least(|_, range| source(range)),
            "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike" => {
                self.least(value)
            }
            _ => Narrowing::Open,
        };
        if !may_lack {
            narrowing
        } else if others.iter().any(|other| other.wants(&self.key)) {
            narrowing.min(Narrowing::InEffect)
        } else {
            // A request that lacks the key, as an anonymous one does, gets through.
            Narrowing::Open
        }
    }

    /// Any of the values lets a caller in, so the widest counts.
    fn least(&self, of: impl Fn(&str, &str) -> Narrowing) -> Narrowing {
        let each = self.values.iter().map(|value| of(&self.key, value));
        each.min().unwrap_or(Narrowing::Open)
    }
}

/// Keys whose fixed value S3 counts.
const COUNTED: [&str; 10] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
];

/// Keys whose fixed value keeps strangers out without S3's documentation naming them. A key that a
/// stranger sets as he likes (`aws:Referer`, `aws:PrincipalTag/…`, `aws:username`), and one that is
/// about the bucket (`aws:ResourceAccount`), is not among them.
const NOT_COUNTED: [&str; 6] = [
    "aws:ec2instancesourcevpc",
    "aws:sourceorgid",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

fn value(key: &str, value: &str) -> Narrowing {
    let below = |fixed: bool| {
        if fixed {
            Narrowing::InEffect
        } else {
            Narrowing::Open
        }
    };
    if value.is_empty() || value.contains("${") {
        return Narrowing::Open;
    }
    match key {
        // The name of an access point may be a pattern, its account may not.
        "s3:dataaccesspointarn" => match Arn::of(value) {
            Some(arn) if is_account(arn.account) && !wild(arn.service) => Narrowing::Fixed,
            _ => Narrowing::Open,
        },
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => {
            let organisation = value.split('/').next().unwrap_or_default();
            below(organisation.starts_with("o-") && !wild(organisation))
        }
        _ if COUNTED.contains(&key) && !wild(value) => Narrowing::Fixed,
        _ if NOT_COUNTED.contains(&key) => below(!wild(value)),
        "aws:userid" => below(value.strip_suffix(":*").is_some_and(|id| !wild(id))),
        "aws:sourcearn" | "aws:principalarn" => {
            below(Arn::of(value).is_some_and(|arn| is_account(arn.account)))
        }
        _ => Narrowing::Open,
    }
}

fn wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Ranges wider than /8 (IPv4) or /32 (IPv6) are as good as everyone.
fn source(range: &str) -> Narrowing {
    let (address, bits) = match range.split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u8>().ok()),
        None => (range, Some(u8::MAX)),
    };
    let enough = match (address.parse::<IpAddr>(), bits) {
        (Ok(IpAddr::V4(_)), Some(bits)) => bits >= 8,
        // Within `::ffff:0:0/96` stand the IPv4 addresses.
        (Ok(IpAddr::V6(address)), Some(bits)) if address.to_ipv4_mapped().is_some() => bits >= 104,
        (Ok(IpAddr::V6(_)), Some(bits)) => bits >= 32,
        _ => false,
    };
    if enough {
        Narrowing::Fixed
    } else {
        Narrowing::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(operator: &str, key: &str, values: &[&str]) -> Condition {
        Condition {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    fn narrowing(operator: &str, key: &str, values: &[&str]) -> Narrowing {
        one(operator, key, values).narrowing(&[])
    }

    #[test]
    fn only_fixed_values_of_who_or_where_the_caller_is_narrow() {
        use Narrowing::{Fixed, InEffect, Open};
        for (operator, key, value, expected) in [
            ("StringEquals", "aws:principalorgid", "o-a1b2c3d4e5", Fixed),
            ("StringLike", "aws:principalorgid", "o-*", Open),
            ("StringEquals", "aws:sourcevpc", "vpc-91237329", Fixed),
            ("StringLike", "aws:sourcevpc", "vpc-*", Open),
            ("StringLike", "aws:sourceaccount", "123456789012", Fixed),
            (
                "StringEquals",
                "aws:sourceaccount",
                "${aws:PrincipalAccount}",
                Open,
            ),
            (
                "ArnLike",
                "aws:sourcearn",
                "arn:aws:cloudfront::123456789012:distribution/*",
                InEffect,
            ),
            ("ArnLike", "aws:sourcearn", "arn:aws:s3:::logs-*", Open),
            ("ArnLike", "aws:sourcearn", "*", Open),
            (
                "ArnEquals",
                "aws:principalarn",
                "arn:aws:iam::123456789012:role/x",
                Fixed,
            ),
            ("ArnLike", "aws:principalarn", "arn:aws:iam::*:role/x", Open),
            ("StringLike", "aws:userid", "AROAEXAMPLEID:*", InEffect),
            ("StringLike", "aws:userid", "AROA*:*", Open),
            ("StringEquals", "aws:userid", "AIDAEXAMPLEID", Fixed),
            (
                "StringLike",
                "s3:dataaccesspointarn",
                "arn:aws:s3:us-west-2:123456789012:accesspoint/*",
                Fixed,
            ),
            (
                "StringLike",
                "s3:dataaccesspointarn",
                "arn:aws:s3:us-west-2:*:accesspoint/x",
                Open,
            ),
            (
                "ForAnyValue:StringLike",
                "aws:principalorgpaths",
                "o-a1b2c3/r-ab12/ou-ab12-1/*",
                InEffect,
            ),
            ("ForAnyValue:StringLike", "aws:principalorgpaths", "*", Open),
            (
                "ForAllValues:StringEquals",
                "aws:principalorgid",
                "o-a1b2c3d4e5",
                Open,
            ),
            ("StringEqualsIfExists", "aws:sourcevpce", "vpce-1", Open),
            ("StringNotEquals", "aws:sourcevpce", "vpce-1", Open),
            ("StringEquals", "aws:resourceaccount", "123456789012", Open),
            ("StringEquals", "aws:referer", "https://example.com", Open),
            ("StringEquals", "aws:principaltag/team", "data", Open),
            ("Bool", "aws:securetransport", "true", Open),
            ("StringEquals", "aws:sourceorgid", "o-a1b2c3d4e5", InEffect),
        ] {
            let found = narrowing(operator, key, &[value]);
            assert_eq!(found, expected, "{operator} {key} {value}");
        }
    }

    #[test]
    fn one_value_that_lets_everyone_in_undoes_the_others() {
        let key = "aws:principalorgid";
        let both = narrowing("StringLike", key, &["o-a1b2c3d4e5", "*"]);
        assert_eq!(both, Narrowing::Open);
        assert_eq!(narrowing("StringEquals", key, &[]), Narrowing::Open);
    }

    #[test]
    fn an_address_range_narrows_unless_it_is_very_broad() {
        for (range, narrow) in [
            ("203.0.113.0/24", true),
            ("203.0.113.7", true),
            ("10.0.0.0/8", true),
            ("8.0.0.0/7", false),
            ("0.0.0.0/1", false),
            ("0.0.0.0/0", false),
            ("2001:db8::/32", true),
            ("2000::/3", false),
            ("::ffff:0:0/96", false),
            ("::ffff:203.0.113.0/120", true),
            ("anywhere", false),
        ] {
            let found = narrowing("IpAddress", "aws:sourceip", &[range]);
            assert_eq!(found == Narrowing::Fixed, narrow, "{range}");
        }
        let not = narrowing("NotIpAddress", "aws:sourceip", &["203.0.113.0/24"]);
        assert_eq!(not, Narrowing::Open);
    }

    #[test]
    fn a_condition_on_a_key_that_may_be_missing_narrows_only_where_the_key_is_asked_for() {
        let maybe = one("StringEqualsIfExists", "aws:principalorgid", &["o-1"]);
        let wanted = one("Null", "aws:principalorgid", &["false"]);
        let elsewhere = one("Null", "aws:sourcevpc", &["false"]);
        assert_eq!(maybe.narrowing(&[elsewhere]), Narrowing::Open);
        assert_eq!(maybe.narrowing(&[wanted]), Narrowing::InEffect);
    }
}
