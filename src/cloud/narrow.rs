//! Session policies: the least that a session is worth having for.
//!
//! A session can do what both its role and its policy allow
//! ([session policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session)), so whatever
//! else the remediator's role may do, a session for one change can't.

use serde_json::{Value, json};

use crate::{
    domain::{Asset, Document, Scope},
    settings::{self, Setting},
};

/// What one write of a setting takes, on its one asset.
pub(super) fn one_write(setting: &dyn Setting, asset: &Asset, target: &Document) -> String {
    let actions = settings::rights(setting.name()).map_or(&[][..], |rights| rights.write);
    // Settings of the account have no resource of their own.
    let resource = match asset.scope() {
        Scope::Account => "*".to_owned(),
        Scope::Bucket => asset.arn(),
    };
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": resource,
    })];
    statements.extend(handed_on(setting, target).map(|role| {
        json!({
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": role,
            "Condition": { "StringEquals": { "iam:PassedToService": "s3.amazonaws.com" } },
        })
    }));
    policy(&statements)
}

/// For a session that is only tried out.
pub(super) fn nothing() -> String {
    policy(&[json!({ "Effect": "Deny", "Action": "*", "Resource": "*" })])
}

fn policy(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// The role that S3 is handed with a replication, for which the writer has to have the right.
fn handed_on<'a>(setting: &dyn Setting, target: &'a Document) -> Option<&'a str> {
    if setting.name() != "replication" {
        return None;
    }
    target.value()?.get("Role")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;

    fn account() -> Account {
        Account::try_from("222233334444".to_owned()).unwrap()
    }

    fn written(setting: &str, asset: &Asset, target: &Value) -> Value {
        let setting = settings::by_name(setting).unwrap();
        let target = Document::present(target.clone());
        serde_json::from_str(&one_write(setting, asset, &target)).unwrap()
    }

    #[test]
    fn a_session_for_one_change_reaches_one_bucket_of_its_partition() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
        ] {
            let asset = Asset::bucket(account(), region, "exports");
            let policy = written("acl", &asset, &json!({}));
            let wanted = json!([{
                "Effect": "Allow",
                "Action": ["s3:PutBucketAcl"],
                "Resource": format!("arn:{partition}:s3:::exports"),
            }]);
            assert_eq!(policy["Statement"], wanted);
        }
    }

    #[test]
    fn only_a_replication_hands_its_role_on() {
        let asset = Asset::bucket(account(), "eu-west-1", "exports");
        let role = "arn:aws:iam::222233334444:role/replication";
        let target = json!({ "Role": role, "Rules": [] });
        let policy = written("replication", &asset, &target);
        assert_eq!(policy["Statement"][1]["Action"], "iam:PassRole");
        assert_eq!(policy["Statement"][1]["Resource"], role);
        let other = written("tagging", &asset, &target);
        assert_eq!(other["Statement"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn the_accounts_own_setting_has_no_resource() {
        let policy = written(
            "account_public_access_block",
            &Asset::account(account(), "us-east-1"),
            &json!({}),
        );
        assert_eq!(policy["Statement"][0]["Resource"], "*");
        assert_eq!(
            policy["Statement"][0]["Action"],
            json!(["s3:PutAccountPublicAccessBlock"])
        );
    }

    #[test]
    fn every_write_fits_into_a_session_policy() {
        let asset = Asset::bucket(account(), "us-gov-west-1", "b".repeat(63));
        for setting in settings::all() {
            let role = format!("arn:aws-us-gov:iam::222233334444:role/{}", "r".repeat(512));
            let target = Document::present(json!({ "Role": role }));
            assert!(one_write(*setting, &asset, &target).len() <= 2_048);
        }
    }
}
