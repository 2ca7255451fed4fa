//! `sixfold doctor --print-iam`: the least that each identity needs, for the rules that are enabled and the
//! accounts that the config names.
//!
//! Four sorts of rights: what the room's own identity does (get into accounts, ask the organisation), who
//! looks, who writes, and who keeps the vault. Where no role is named for one of them, its policy belongs to
//! the room's own identity. A test runs a room on nothing but these.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{StartError, library};
use crate::{
    cloud::{self, TICKET},
    config::{Config, Role, Way},
    domain::{Account, Identity, Scope, partition},
    rules::{Library, ProbeKind, Rule},
    settings::{self, Setting, rights},
};

/// One identity, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// A role's ARN, or the room's own identity in words.
    pub identity: String,
    /// Who may assume it; none for the room's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Value>,
    /// By name, each to be attached to it.
    pub policies: BTreeMap<&'static str, Value>,
}

/// The room's own identity, as far as it is known.
pub struct Own<'a> {
    pub account: &'a Account,
    pub identity: &'a Identity,
    pub region: &'a str,
}

/// Everybody who needs something, by a config alone: AWS is asked only for the account, and only where the
/// config does not name it.
pub async fn of(config: &Config) -> Result<Vec<Holder>, StartError> {
    let library = library(config)?;
    let accounts = cloud::connect(config).await?;
    let own = Own {
        account: accounts.own().account(),
        identity: accounts.identity_of_room(),
        region: accounts.home(),
    };
    Ok(holders(config, &library, &own))
}

/// Everybody who needs something, the room's own identity first.
pub fn holders(config: &Config, library: &Library, own: &Own<'_>) -> Vec<Holder> {
    let partition = partition(own.region);
    let needs = Needs::of(config, library, partition);
    let mut roles: BTreeMap<String, Holder> = BTreeMap::new();
    let mut room = BTreeMap::new();
    let mut entered = Entered::default();
    for (account, way) in ways(config, own.account) {
        let arn = |role: &Role| match &account {
            Some(account) => role.arn(partition, account),
            None => role.in_any_account(partition),
        };
        let scan = way.scanner.as_ref().map(arn);
        let write = way.remediator.as_ref().map(arn);
        let external = way.external_id.as_deref();
        match &scan {
            None => drop(room.insert("scanner", needs.scanner())),
            Some(arn) => {
                entered.looks.insert(arn.clone());
                let holder = holder(&mut roles, arn, || trust(own, external, false));
                holder.policies.insert("scanner", needs.scanner());
            }
        }
        match &write {
            // Whoever has no role to write by writes by whatever looks.
            None => {
                let policies = match &scan {
                    None => &mut room,
                    Some(arn) => {
                        &mut holder(&mut roles, arn, || trust(own, external, false)).policies
                    }
                };
                policies.insert("remediator", needs.remediator(false));
            }
            Some(arn) => {
                entered.writes.insert(arn.clone());
                let holder = holder(&mut roles, arn, || trust(own, external, true));
                holder.policies.insert("remediator", needs.remediator(true));
            }
        }
    }
    if let Some(vault) = &config.vault {
        let policy = needs.vault(&vault.bucket);
        match &vault.keeper {
            None => drop(room.insert("vault", policy)),
            Some(keeper) => {
                let arn = keeper.role.arn(partition, &keeper.account);
                entered.looks.insert(arn.clone());
                let external = keeper.external_id.as_deref();
                let holder = holder(&mut roles, &arn, || trust(own, external, false));
                holder.policies.insert("vault", policy);
            }
        }
    }
    let asks = config
        .members
        .as_ref()
        .is_some_and(|members| members.organization);
    if let Some(policy) = entered.policy(asks) {
        room.insert("room", policy);
    }
    let identity = own.identity.arn.clone();
    let named = identity.unwrap_or_else(|| "the room's own".to_owned());
    let room = Holder {
        identity: format!("{named}, in account {}", own.account),
        trust: None,
        policies: room,
    };
    std::iter::once(room).chain(roles.into_values()).collect()
}

/// How each account is reached; none for whichever accounts the organisation has.
fn ways(config: &Config, own: &Account) -> Vec<(Option<Account>, Way)> {
    let named = std::iter::once(own).chain(config.named_members(own));
    let mut ways: Vec<_> = named
        .filter_map(|account| Some((Some(account.clone()), config.way(account, own)?)))
        .collect();
    let organization = config
        .members
        .as_ref()
        .filter(|members| members.organization);
    ways.extend(organization.map(|members| (None, members.way())));
    ways
}

fn holder<'a>(
    roles: &'a mut BTreeMap<String, Holder>,
    arn: &str,
    trust: impl FnOnce() -> Value,
) -> &'a mut Holder {
    roles.entry(arn.to_owned()).or_insert_with(|| Holder {
        identity: arn.to_owned(),
        trust: Some(trust()),
        policies: BTreeMap::new(),
    })
}

/// The roles that the room's own identity assumes.
#[derive(Default)]
struct Entered {
    looks: BTreeSet<String>,
    writes: BTreeSet<String>,
}

impl Entered {
    fn policy(&self, asks_organization: bool) -> Option<Value> {
        let mut statements = Vec::new();
        if !self.looks.is_empty() {
            statements.push(allow(&["sts:AssumeRole"], &json!(self.looks)));
        }
        if !self.writes.is_empty() {
            statements.push(allow(&FOR_ONE_CHANGE, &json!(self.writes)));
        }
        if asks_organization {
            statements.push(allow(&["organizations:ListAccounts"], &json!("*")));
        }
        (!statements.is_empty()).then(|| policy(&statements))
    }
}

/// What assuming a role for one change takes.
const FOR_ONE_CHANGE: [&str; 3] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];

fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn allow(actions: &[impl Serialize], resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// Who may assume a role: the room's own identity and nobody else, as far as it is known. A session that does
/// not say for which change, or in whose name, is none of the room's.
///
/// Each action is in a statement of its own, with the keys that AWS lists for it: one on a key that is not
/// there would never match. <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
fn trust(own: &Own<'_>, external_id: Option<&str>, writes: bool) -> Value {
    let account = format!("arn:{}:iam::{}:root", partition(own.region), own.account);
    let arns = own.identity.arn.as_deref().map(principals);
    let admit = |action: &str, external_id: Option<&str>, set: &[&str]| {
        let mut condition = serde_json::Map::new();
        if let Some(id) = external_id {
            condition.insert("StringEquals".to_owned(), json!({ "sts:ExternalId": id }));
        }
        if let Some(arns) = &arns {
            condition.insert("ArnLike".to_owned(), json!({ "aws:PrincipalArn": arns }));
        }
        if !set.is_empty() {
            let set: BTreeMap<_, _> = set.iter().map(|key| (key, "false")).collect();
            condition.insert("Null".to_owned(), json!(set));
        }
        json!({
            "Effect": "Allow",
            "Principal": { "AWS": account },
            "Action": action,
            "Condition": condition,
        })
    };
    if !writes {
        return policy(&[admit("sts:AssumeRole", external_id, &[])]);
    }
    let (by, ticket) = ("sts:SourceIdentity", format!("aws:RequestTag/{TICKET}"));
    policy(&[
        admit("sts:AssumeRole", external_id, &[by, &ticket]),
        admit("sts:SetSourceIdentity", None, &[by]),
        admit("sts:TagSession", None, &[&ticket]),
    ])
}

/// The ARN of an identity as conditions see it. A session's ARN leaves out its role's path.
fn principals(arn: &str) -> Vec<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "sts", _, account, session] => {
            let role = session.split('/').nth(1).unwrap_or_default();
            let of = |path: &str| format!("arn:{partition}:iam::{account}:role/{path}{role}");
            vec![of(""), of("*/")]
        }
        _ => vec![arn.to_owned()],
    }
}

/// What the enabled rules take.
struct Needs {
    partition: &'static str,
    /// Of buckets and of the account.
    reads: BTreeSet<&'static str>,
    reads_of_account: BTreeSet<&'static str>,
    writes: BTreeSet<&'static str>,
    writes_of_account: BTreeSet<&'static str>,
    asks_keys: bool,
    counts: bool,
    /// Roles that a fix hands to S3.
    handed: BTreeSet<String>,
    vault: Option<String>,
}

impl Needs {
    fn of(config: &Config, library: &Library, partition: &'static str) -> Self {
        let rules: Vec<_> = library.enabled().collect();
        let probes = || rules.iter().flat_map(|rule| &rule.probes);
        let beside = probes().flat_map(|probe| match &probe.kind {
            ProbeKind::Bucket(reads) => reads.clone(),
            ProbeKind::Key | ProbeKind::Objects => Vec::new(),
        });
        let written: Vec<&dyn Setting> =
            rules.iter().filter_map(|rule| Rule::writes(rule)).collect();
        let weighed = written.iter().flat_map(|setting| setting.weighs());
        let read: Vec<&dyn Setting> = rules
            .iter()
            .flat_map(|rule| rule.reads.iter().copied().chain([rule.setting]))
            .chain(beside)
            .chain(weighed.filter_map(|name| settings::by_name(name)))
            // Environment and owner come from the tags, whatever the rules read.
            .chain(settings::by_name("tagging"))
            .collect();
        let actions = |settings: &[&dyn Setting], about_account: bool, write: bool| {
            let of_that = settings
                .iter()
                .filter(|setting| asks_account(**setting) == about_account);
            of_that
                .filter_map(|setting| rights(setting.name()))
                .flat_map(|rights| if write { rights.write } else { rights.read })
                .copied()
                .collect::<BTreeSet<_>>()
        };
        let given = config.given_parameters();
        let handed = given.filter(|(name, _)| *name == "replication_role");
        Self {
            partition,
            reads: actions(&read, false, false),
            reads_of_account: actions(&read, true, false),
            writes: actions(&written, false, true),
            writes_of_account: actions(&written, true, true),
            asks_keys: probes().any(|probe| matches!(probe.kind, ProbeKind::Key)),
            counts: probes().any(|probe| matches!(probe.kind, ProbeKind::Objects)),
            handed: handed
                .filter_map(|(_, given)| Some(given.value.as_str()?.to_owned()))
                .collect(),
            vault: config.vault.as_ref().map(|vault| vault.bucket.clone()),
        }
    }

    fn buckets(&self) -> Value {
        json!(format!("arn:{}:s3:::*", self.partition))
    }

    fn scanner(&self) -> Value {
        // Whether a bucket exists, and whose it is.
        let mut of_buckets: BTreeSet<&str> = ["s3:ListBucket"].into();
        of_buckets.extend(&self.reads);
        of_buckets.extend(self.counts.then_some("s3:ListBucketVersions"));
        let mut of_account: BTreeSet<&str> = ["s3:ListAllMyBuckets"].into();
        of_account.extend(&self.reads_of_account);
        of_account.extend(self.asks_keys.then_some("kms:DescribeKey"));
        policy(&[
            allow(&Vec::from_iter(of_account), &json!("*")),
            allow(&Vec::from_iter(of_buckets), &self.buckets()),
        ])
    }

    /// `apart` is a role of its own, which is assumed for one change at a time.
    fn remediator(&self, apart: bool) -> Value {
        let mut allowed = Vec::new();
        if !self.writes.is_empty() {
            allowed.push(allow(&Vec::from_iter(&self.writes), &self.buckets()));
        }
        if !self.writes_of_account.is_empty() {
            allowed.push(allow(&Vec::from_iter(&self.writes_of_account), &json!("*")));
        }
        if !self.handed.is_empty() {
            let mut hand = allow(&["iam:PassRole"], &json!(self.handed));
            let to_s3 = json!({ "StringEquals": { "iam:PassedToService": "s3.amazonaws.com" } });
            hand["Condition"] = to_s3;
            allowed.push(hand);
        }
        if apart {
            for statement in &mut allowed {
                let mut condition = statement["Condition"].take();
                if condition.is_null() {
                    condition = json!({});
                }
                condition["Null"] = json!({ format!("aws:PrincipalTag/{TICKET}"): "false" });
                statement["Condition"] = condition;
            }
        }
        allowed.extend(self.never(apart));
        policy(&allowed)
    }

    /// What nobody who writes settings has to do with: data, and the vault's own settings.
    fn never(&self, apart: bool) -> Vec<Value> {
        let deny = |actions: Value, resource: (&str, Value)| json!({ "Effect": "Deny", "Action": actions, resource.0: resource.1 });
        let data = json!([
            "s3:BypassGovernanceRetention",
            "s3:DeleteBucket",
            "s3:DeleteObject*"
        ]);
        let mut never = vec![deny(data, ("Resource", json!("*")))];
        let of_vault = self.vault.as_ref().map(|bucket| {
            let arn = format!("arn:{}:s3:::{bucket}", self.partition);
            (arn.clone(), format!("{arn}/CHG-*"))
        });
        match of_vault {
            // Whoever also keeps the vault writes its objects and nothing else of it.
            Some((vault, backups)) if !apart => {
                never.push(deny(
                    json!("s3:PutObject*"),
                    ("NotResource", json!(backups)),
                ));
                never.push(deny(json!(self.writes), ("Resource", json!(vault))));
            }
            Some((vault, _)) => {
                never.push(deny(json!("s3:PutObject*"), ("Resource", json!("*"))));
                let all = json!([vault, format!("{vault}/*")]);
                never.push(deny(json!("s3:*"), ("Resource", all)));
            }
            None => never.push(deny(json!("s3:PutObject*"), ("Resource", json!("*")))),
        }
        never
    }

    fn vault(&self, bucket: &str) -> Value {
        let arn = format!("arn:{}:s3:::{bucket}", self.partition);
        policy(&[
            allow(
                &["s3:GetObject", "s3:PutObject"],
                &json!(format!("{arn}/CHG-*")),
            ),
            allow(
                &[
                    "s3:GetBucketObjectLockConfiguration",
                    "s3:GetBucketVersioning",
                    "s3:GetLifecycleConfiguration",
                ],
                &json!(arn),
            ),
        ])
    }
}

/// Access points are asked of the account too, and have ARNs of their own.
fn asks_account(setting: &dyn Setting) -> bool {
    setting.scope() == Scope::Account || setting.is_read_only()
}
