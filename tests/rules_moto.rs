//! Every rule against an S3 that we did not write, on ten buckets each where it can hold them: the
//! violation is found, the planned write leads to the target, a second look finds nothing, and the
//! write back gives what the plan says that an undo gives.
//!
//! Only settings that this S3 (moto) keeps, and rules whose violations it lets a bucket be in; what is
//! left out is listed here with the reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

mod estates;
mod peer;

use std::{path::Path, sync::Arc};

use aws_sdk_s3::Client;
use estates::{Names, Seed};
use peer::Moto;
use sixfold::{
    cloud::{self, Cloud, Urgency},
    config::{AccountFacts, Config},
    domain::{ChangeId, Document},
    rules::{self, Evaluator, Library, Rule, Verdict},
    scanner::{Observation, Scanner},
    settings::{self, Step},
};

/// Buckets for each rule; this S3 is slow, and the embedded one takes thirty.
const BUCKETS: usize = 10;
/// With so many buckets the next rule gets a moto of its own.
const FULL: usize = 200;

/// Rules that moto can't be asked about, and why.
const NOT_HERE: &[(&str, &str)] = &[
    (
        "kms-for-classified",
        "it forgets BlockedEncryptionTypes, and has no second region here",
    ),
    (
        "policy-orphan-principal",
        "a policy that names somebody who was deleted comes about by deleting one",
    ),
    ("block-sse-c", "it forgets BlockedEncryptionTypes"),
    (
        "tag-values",
        "its tests have tags of the system, which nobody can put",
    ),
];

/// Settings that moto does not answer for as S3 does, and how not. Rules that look at them are left out,
/// and buckets are made without them.
const NOT_KEPT: &[(&str, &str)] = &[
    (
        "object_lock",
        "the answer has days and years, one of them zero",
    ),
    ("notification", "the root element is none of S3's"),
    ("accelerate", "the root element is none of S3's"),
    ("request_payment", "the answer is a list of objects"),
    ("inventory", "the root element is none of S3's"),
    ("metrics", "the answer is a list of objects"),
    ("intelligent_tiering", "the answer is a list of objects"),
];

fn kept(setting: &str) -> bool {
    !NOT_KEPT.iter().any(|(name, _)| *name == setting)
}

/// The folders of rules that each test proves; together they are all.
const PARTS: [&[&str]; 3] = [
    &["access", "manual"],
    &[
        "encryption",
        "ownership",
        "recovery",
        "retention",
        "transport",
    ],
    &["events", "exposure", "insight", "logging"],
];

struct World {
    client: Client,
    names: Names,
    moto: Moto,
}

async fn world() -> World {
    let moto = Moto::start();
    let folder = tempfile::tempdir().unwrap();
    let accounts = cloud::connect(&moto.config(folder.path())).await.unwrap();
    let client = accounts.own().client("us-east-1");
    client.create_bucket().bucket("owner").send().await.unwrap();
    let acl = client
        .get_bucket_acl()
        .bucket("owner")
        .send()
        .await
        .unwrap();
    let names = Names {
        account: "123456789012".to_owned(),
        canonical_id: acl.owner.unwrap().id.unwrap(),
    };
    World {
        client,
        names,
        moto,
    }
}

/// Only this rule judges.
fn only(library: &Library, rule: &Rule) -> Library {
    let mut one = library.clone();
    for other in library.rules() {
        if other.id != rule.id {
            assert!(one.disable(&other.id));
        }
    }
    one
}

async fn prove(library: &Library, rule: &Rule, world: &World) -> Result<(), String> {
    let library = Arc::new(only(library, rule));
    let judge = Arc::new(Evaluator::start(Arc::clone(&library)).unwrap());
    let mut seeds = estates::seeds(rule);
    seeds.retain(|seed| seed.region == "us-east-1");
    let (mut proven, mut refused) = (0, Vec::new());
    let mut hopeless = vec![false; seeds.len()];
    for number in 0..BUCKETS * 10 {
        if proven == BUCKETS || hopeless.iter().all(|it| *it) {
            break;
        }
        let (at, variation) = (number % seeds.len(), number / seeds.len());
        if hopeless[at] {
            continue;
        }
        let (seed, name) = (&seeds[at], format!("moto-{}-{number}", rule.id));
        let mut documents = estates::documents(rule, seed, &world.names, &name, variation);
        documents.retain(|setting, _| kept(setting));
        estates::companions(&world.client, &seed.region, seed, &world.names, &name).await;
        if let Err(why) = estates::make(&world.client, &seed.region, &name, &documents).await {
            hopeless[at] = variation == 0;
            refused.push(format!("{} ({variation}): {why}", seed.test));
            continue;
        }
        let config = Arc::new(config(world, seed, &name));
        let accounts = Arc::new(cloud::connect(&config).await.unwrap());
        let cloud = Arc::clone(accounts.own());
        let scanner = Scanner::new(accounts, config, &library, Arc::clone(&judge));
        match fixed_and_put_back(&scanner, &cloud, rule, &name).await? {
            Some(why) => {
                hopeless[at] = variation == 0;
                refused.push(format!("{} ({variation}): {why}", seed.test));
            }
            None => proven += 1,
        }
        // A short listing is quickly read; one that is not empty stays.
        let _ = world.client.delete_bucket().bucket(&name).send().await;
    }
    if proven < BUCKETS {
        return Err(format!("only {proven} buckets; refused: {refused:#?}"));
    }
    Ok(())
}

fn config(world: &World, seed: &Seed, bucket: &str) -> Config {
    let mut config = world.moto.config(Path::new("unused"));
    config.accounts.insert(
        world.names.account.clone().try_into().unwrap(),
        AccountFacts {
            environment: Some(seed.environment.clone().unwrap_or_else(|| "dev".to_owned())),
            owner: Some("owner@example.com".to_owned()),
            ..AccountFacts::default()
        },
    );
    for (name, value) in &seed.params {
        let value = world.names.on(bucket, value);
        config.parameters.insert(name.clone(), value);
    }
    config
}

fn verdict<'a>(observation: &'a Observation, rule: &Rule) -> &'a Verdict {
    let mut verdicts = observation.verdicts.iter();
    &verdicts.find(|(id, _)| *id == rule.id).unwrap().1
}

/// None when all went well, the reason when the bucket does not violate.
async fn fixed_and_put_back(
    scanner: &Scanner,
    cloud: &Cloud,
    rule: &Rule,
    bucket: &str,
) -> Result<Option<String>, String> {
    let observation = scanner.look_for(bucket).await.unwrap().unwrap();
    let Verdict::Violation(found) = verdict(&observation, rule) else {
        return Ok(Some(format!("{:?}", verdict(&observation, rule))));
    };
    let id = ChangeId::new(2026, 114);
    let before = observation.document(rule.setting.name()).unwrap();
    let plan = rules::plan(rule, &observation.subject, id, before, found).unwrap();
    let setting = settings::by_name(&plan.setting).unwrap();
    let asset = &observation.subject.asset;
    let client = cloud.client(&asset.region);
    let read = || async {
        let read = cloud.read(setting, asset, Urgency::Fix).await;
        read.map(|read| read.document)
            .map_err(|error| format!("{bucket}: {error}"))
    };
    let write = |from: Document, to: Document| {
        let client = client.clone();
        async move {
            let step = Step::new(&from, &to);
            let written = setting.write(estates::at(&client, bucket), step).await;
            written.map_err(|error| format!("{bucket}: {error}"))
        }
    };
    write(plan.before.clone(), plan.target.clone()).await?;
    let now = read().await?;
    if now != plan.target {
        return Err(format!("{bucket}: the fix reads {}", now.to_json()));
    }
    let lost = estates::lost(&plan.before, &now);
    if !lost.is_empty() {
        return Err(format!("{bucket}: the fix lost {lost:?}"));
    }
    let again = scanner.look_for(bucket).await.unwrap().unwrap();
    match verdict(&again, rule) {
        Verdict::Compliant => {}
        // The stranger has gone, and whose the bucket beside it is nobody said.
        Verdict::Unknown { cause } if cause.contains("`the account of ") => {}
        other => return Err(format!("{bucket}: fixed, and {other:?}")),
    }
    write(plan.target.clone(), plan.before.clone()).await?;
    let now = read().await?;
    // moto reads as never set where S3 names a default.
    if now.digest() != plan.restored && now != plan.before {
        return Err(format!("{bucket}: the undo reads {}", now.to_json()));
    }
    Ok(None)
}

fn folder(rule: &Rule) -> &str {
    rule.file.split('/').nth(1).unwrap()
}

async fn prove_all(folders: &[&str]) {
    let library = estates::library();
    let mut world = world().await;
    let mut wrong = Vec::new();
    // What a person does is not ours to prove.
    let ours = |rule: &Rule| {
        rule.writes().is_some()
            && folders.contains(&folder(rule))
            && rule.reads.iter().all(|setting| kept(setting.name()))
            && !NOT_HERE.iter().any(|(id, _)| *id == rule.id)
    };
    for rule in estates::rules(&library).filter(|rule| ours(rule)) {
        // moto lists a thousand buckets and then no more.
        let there = world.client.list_buckets().send().await.unwrap();
        if there.buckets().len() > FULL {
            world = self::world().await;
        }
        if let Err(why) = prove(&library, rule, &world).await {
            wrong.push(format!("{}: {why}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_reach_a_bucket_is_fixed_and_put_back_on_moto() {
    prove_all(PARTS[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_protects_data_is_fixed_and_put_back_on_moto() {
    prove_all(PARTS[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_bucket_is_watched_and_served_is_fixed_and_put_back_on_moto() {
    prove_all(PARTS[2]).await;
}

#[test]
fn every_folder_of_rules_belongs_to_a_part_of_the_proof_on_moto() {
    for rule in estates::library().rules() {
        let told = PARTS.iter().any(|part| part.contains(&folder(rule)));
        assert!(told, "{} is not proven", rule.file);
    }
}
