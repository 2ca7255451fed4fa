//! The demo estate: the walkthrough's bucket, some thirty others of the same company with mixed faults and some
//! with none, and the vault. Written straight into the server's state, always the same.
//!
//! [`fault`] and [`served`] know how each fault looks in a bucket's settings, [`table`] says which bucket has
//! which, and [`make_many`] draws as many more as a benchmark wants.

mod fault;
mod served;
mod table;

use chrono::{DateTime, TimeDelta, Utc};
use s3s::dto;
use serde_json::json;

use super::{
    FaultKind, FaultRule, Grant, Grantee, KmsKey, Sandbox, SandboxOptions,
    acl::Permission,
    faults::mix,
    settings::{
        encryption::Encryption,
        lifecycle::DEFAULT_MINIMUM,
        object_lock::{LockMode, ObjectLock, Span},
    },
    state::{BucketSettings, Lifecycle, NewBucket, Ownership, Versioning},
};
use fault::Fault;
use served::LOG_BUCKETS;
use table::{BUCKETS, Row, UNREADABLE};

/// The bucket of the walkthrough.
pub const WALKTHROUGH: &str = "acme-prod-customer-exports";
/// Where snapshots and rollback bundles are kept.
pub const VAULT: &str = "acme-rollback-vault";
/// How long the vault keeps them.
const VAULT_DAYS: u32 = 30;

/// Fills the sandbox with the demo estate. Two buckets refuse one read for good, so that what a scanner
/// does not know can be seen.
pub fn make(sandbox: &Sandbox) {
    let options = sandbox.options();
    let state = sandbox.state();
    for key in keys(options) {
        state.insert_key(key);
    }
    state.insert(bucket(
        options,
        WALKTHROUGH,
        &options.region,
        0,
        walkthrough(options),
    ));
    state.insert(bucket(options, VAULT, &options.region, 1, vault(options)));
    for (at, (region, name)) in LOG_BUCKETS.iter().enumerate() {
        let owner = "platform-security@acme.com";
        let mut settings = compliant(options, region, name, "prod", owner, "internal");
        served::log_bucket(&mut settings, options, name);
        state.insert(bucket(options, name, region, at + 40, settings));
    }
    for (at, row) in BUCKETS.iter().enumerate() {
        let region = row.region.unwrap_or(&options.region);
        let settings = settings(options, region, row);
        state.insert(bucket(options, row.name, region, at + 2, settings));
    }
    for (name, operation) in UNREADABLE {
        let rule = FaultRule::new(FaultKind::Denied).on(operation).of(name);
        sandbox.faults().add(rule);
    }
}

/// Adds `n` synthetic buckets, the same for the same seed: about a third without a fault.
pub fn make_many(sandbox: &Sandbox, n: usize, seed: u64) {
    const TEAMS: [&str; 8] = [
        "billing", "catalog", "checkout", "fraud", "ledger", "media", "search", "support",
    ];
    const USES: [&str; 6] = [
        "archive",
        "events",
        "exports",
        "reports",
        "snapshots",
        "uploads",
    ];
    let options = sandbox.options();
    for at in 0..n {
        let mut draws = Draws { seed, at, drawn: 0 };
        let env = *draws.pick(&["prod", "prod", "staging", "dev"]);
        let team = *draws.pick(&TEAMS);
        let name = format!("acme-{env}-{team}-{}-{at:05}", draws.pick(&USES));
        let class = *draws.pick(&["public", "internal", "internal", "confidential"]);
        let owner = format!("{team}@acme.com");
        let region = options.region.clone();
        let mut settings = compliant(options, &region, &name, env, &owner, class);
        if draws.below(3) > 0 {
            for fault in Fault::ALL {
                if draws.below(6) == 0 {
                    fault.break_it(&mut settings, &name);
                }
            }
        }
        sandbox
            .state()
            .insert(bucket(options, &name, &region, at, settings));
    }
}

/// A stream of numbers for one bucket, from the seed and its place alone.
struct Draws {
    seed: u64,
    at: usize,
    drawn: u64,
}

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let number = mix(self.seed ^ mix(self.at as u64 + 1) ^ mix(self.drawn << 32));
        // The remainder is below `end`, so it fits again.
        usize::try_from(number % (end as u64)).unwrap_or_default()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

fn bucket(
    options: &SandboxOptions,
    name: &str,
    region: &str,
    at: usize,
    settings: BucketSettings,
) -> NewBucket {
    NewBucket {
        name: name.to_owned(),
        region: region.to_owned(),
        account: options.owner.account.to_string(),
        owner: options.owner.canonical_id(),
        created: created(at),
        settings,
    }
}

/// 2021-02-03 and on, some days apart; begins again after six years.
fn created(at: usize) -> DateTime<Utc> {
    let days = i64::try_from(at * 17 % 2_190).unwrap_or_default();
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_612_343_000) + TimeDelta::days(days)
}

fn settings(options: &SandboxOptions, region: &str, row: &Row) -> BucketSettings {
    let mut settings = compliant(options, region, row.name, row.env, row.owner, row.class);
    for fault in row.faults {
        fault.break_it(&mut settings, row.name);
    }
    for served in row.served {
        served.put(&mut settings, options, row.name);
    }
    settings
}

/// A bucket that none of the rules objects to.
fn compliant(
    options: &SandboxOptions,
    region: &str,
    name: &str,
    env: &str,
    owner: &str,
    class: &str,
) -> BucketSettings {
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut settings = BucketSettings {
        policy: Some(json!({ "Version": "2012-10-17", "Statement": [tls_only(name)] }).to_string()),
        encryption: if class == "confidential" || class == "restricted" {
            Encryption::kms(&kms_key(options))
        } else {
            Encryption::sse_s3()
        },
        versioning: Some(Versioning::Enabled),
        tags: vec![
            tag("env", env),
            tag("owner", owner),
            tag("data-classification", class),
        ],
        ..BucketSettings::of_a_new_bucket(&options.owner.canonical_id())
    };
    served::compliant(&mut settings, region, name);
    settings
}

fn tls_only(bucket: &str) -> serde_json::Value {
    json!({
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    })
}

fn kms_key(options: &SandboxOptions) -> String {
    format!(
        "arn:aws:kms:{}:{}:key/6f1d2c3b-58a4-4e0f-9b7a-2d94c1e0a7f3",
        options.region, options.owner.account
    )
}

/// The estate's keys: the one that most buckets use, the one for classified data that the demo's config
/// names, and what AWS made for S3 itself.
fn keys(options: &SandboxOptions) -> [KmsKey; 3] {
    let arn = |id: &str| {
        format!(
            "arn:aws:kms:{}:{}:key/{id}",
            options.region, options.owner.account
        )
    };
    let mut classified = KmsKey::new(&arn("5f1c2b7e-0d3a-4c55-9d61-2f6a7b8c9d01"));
    classified.aliases = vec!["alias/classified".to_owned()];
    let mut managed = KmsKey::new(&arn("0a4b6c1d-7e21-4f0e-8c9d-3b5a1f2e6d70"));
    managed.aliases = vec!["alias/aws/s3".to_owned()];
    managed.aws_managed = true;
    [KmsKey::new(&kms_key(options)), classified, managed]
}

/// The walkthrough's words: a production bucket with a public-read grant, three grants in all, and no owner tag.
fn walkthrough(options: &SandboxOptions) -> BucketSettings {
    let mut settings = compliant(
        options,
        &options.region,
        WALKTHROUGH,
        "prod",
        "",
        "confidential",
    );
    settings.tags.retain(|(key, _)| key != "owner");
    settings.acl.extend([
        Grant::new(Grantee::AllUsers, Permission::Read),
        Grant::new(Grantee::LogDelivery, Permission::Write),
    ]);
    settings.ownership = Some(Ownership::ObjectWriter);
    settings.public_access_block = None;
    settings.policy = None;
    settings
}

/// Versions, a lock and an end: what is stored here can neither be changed nor lost before its time.
fn vault(options: &SandboxOptions) -> BucketSettings {
    let owner = "platform-security@acme.com";
    let days = i32::try_from(VAULT_DAYS).ok();
    BucketSettings {
        object_lock: Some(ObjectLock {
            default: Some((LockMode::Governance, Span::Days(VAULT_DAYS))),
        }),
        lifecycle: Some(Lifecycle {
            rules: vec![dto::LifecycleRule {
                id: Some("rollback-window".to_owned()),
                status: dto::ExpirationStatus::from_static(dto::ExpirationStatus::ENABLED),
                filter: Some(dto::LifecycleRuleFilter {
                    prefix: Some(String::new()),
                    ..Default::default()
                }),
                expiration: Some(dto::LifecycleExpiration {
                    days,
                    ..Default::default()
                }),
                noncurrent_version_expiration: Some(dto::NoncurrentVersionExpiration {
                    noncurrent_days: Some(1),
                    ..Default::default()
                }),
                abort_incomplete_multipart_upload: None,
                noncurrent_version_transitions: None,
                prefix: None,
                transitions: None,
            }],
            minimum_size: DEFAULT_MINIMUM.to_owned(),
        }),
        ..compliant(
            options,
            &options.region,
            VAULT,
            "prod",
            owner,
            "confidential",
        )
    }
}
