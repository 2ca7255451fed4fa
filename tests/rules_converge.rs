//! A whole estate of buckets with many violations each, under the whole library at once: the room
//! fixes one after the other until nothing is left, and then a scanner that knows nothing of the room
//! finds nothing. What no change was about reads as it did before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

mod estates;
mod house;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use estates::{
    Names,
    mix::{Mixed, mix},
    world::{client, world},
};
use house::House;
use serde_json::{Value, json};
use sixfold::{
    cloud,
    config::AccountFacts,
    domain::{Change, Document, Stage, artifact::Outcome},
    rules::{Evaluator, Library, Verdict},
    scanner::Scanner,
    settings,
};

const BUCKETS: u64 = 40;
/// Rules whose violations go into one bucket.
const MIXED: u64 = 8;

/// What the organisation has set: of each parameter the value that most tests of the rules have.
fn parameters(library: &Library) -> BTreeMap<String, Value> {
    let mut told: BTreeMap<String, BTreeMap<String, (usize, Value)>> = BTreeMap::new();
    for seed in library.rules().iter().flat_map(|rule| estates::seeds(rule)) {
        for (name, value) in seed.params {
            let values = told.entry(name).or_default();
            values.entry(value.to_string()).or_insert((0, value)).0 += 1;
        }
    }
    let commonest = |(name, values): (String, BTreeMap<String, (usize, Value)>)| {
        let (_, value) = values.into_values().max_by_key(|(count, _)| *count)?;
        Some((name, value))
    };
    told.into_iter().filter_map(commonest).collect()
}

/// What a bucket is to be: the violations that were mixed into it, as far as S3 takes them side by side.
async fn build(
    s3: &aws_sdk_s3::Client,
    names: &Names,
    name: &str,
    bucket: &Mixed,
    params: &BTreeMap<String, Value>,
) {
    let speaks_of = estates::Seed {
        test: String::new(),
        region: "us-east-1".to_owned(),
        environment: None,
        documents: bucket
            .state
            .iter()
            .map(|(setting, document)| (setting.clone(), document.to_json()))
            .collect(),
        tags: BTreeMap::new(),
        params: params.clone(),
    };
    estates::companions(s3, "us-east-1", &speaks_of, names, name).await;
    estates::make(s3, "us-east-1", name, &BTreeMap::new())
        .await
        .unwrap();
    for setting in estates::ORDER {
        let Some(document) = bucket.state.get(setting) else {
            continue;
        };
        let mut value = names.on(name, &document.to_json());
        // The library disables ACLs in the log buckets too, and from then on S3 takes no logging that
        // grants the logs to somebody: rules say so (`blocked`) instead of trying.
        if let Some(Value::Array(grants)) = value.pointer_mut("/LoggingEnabled/TargetGrants") {
            grants.retain(|grant| grant["Grantee"]["Type"] == "Group");
        }
        if value != json!({"absent": true}) {
            let document = settings::by_name(setting).unwrap().tidy(value).unwrap();
            // What S3 refuses beside the rest, this bucket does not have.
            let _ = estates::put(s3, name, setting, &document).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_leaves_nothing_of_what_its_library_covers() {
    let library = Arc::new(estates::library());
    let estates::world::World { sandbox, names } = world().await;
    let s3 = client(&sandbox, "us-east-1");
    let params = parameters(&library);
    let mut before = BTreeMap::new();
    for seed in 0..BUCKETS {
        let bucket = mix(&library, seed + 10_000, MIXED);
        let name = format!("mixed-{seed}");
        build(&s3, &names, &name, &bucket, &params).await;
        let everything = estates::everything(&s3, &name).await;
        before.insert(name, everything);
    }

    let house = House::open(sandbox, "2026-04-18T09:12:44.000Z", |config| {
        config.accounts.insert(
            names.account.clone().try_into().unwrap(),
            AccountFacts {
                environment: Some("dev".to_owned()),
                owner: Some("owner@example.com".to_owned()),
                ..AccountFacts::default()
            },
        );
        for (name, value) in &params {
            let value = names.on("example-bucket", value);
            config.parameters.insert(name.clone(), value);
        }
        config.breaker.fixes_per_hour = 100_000;
        config.breaker.halts_in_a_row = 100_000;
    })
    .await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    house.until_quiet().await;

    let changes = house.changes();
    let cause = |change: &Change| change.fix.as_ref().and_then(|fix| fix.cause.clone());
    let ended = |change: &&Change| match change.outcome() {
        Some(Outcome::Remediated | Outcome::ResolvedElsewhere) => true,
        // It stepped back for what had to go first, and had its turn later.
        Some(Outcome::Drifted) => {
            cause(change).is_some_and(|why| why.contains("can't be fixed now"))
        }
        // What no call can fix waits for a person.
        _ => change.stage == Stage::ByHand,
    };
    let badly: Vec<_> = changes
        .iter()
        .filter(|change| !ended(change))
        .map(|change| {
            let (rule, asset) = (&change.ticket.rule, &change.ticket.asset);
            format!("{rule} on {asset}: {}: {:?}", change.word(), cause(change))
        })
        .collect();
    assert!(badly.is_empty(), "{}", badly.join("\n"));
    let fixed: BTreeSet<_> = changes
        .iter()
        .map(|change| &change.ticket.rule.id)
        .collect();
    assert!(
        fixed.len() * 10 >= library.rules().len() * 6,
        "a thin estate: only {fixed:?} were violated"
    );

    let wrong = wrongs(&house, &library, &s3, &changes, &before).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await.0.stop().await;
}

/// What a scanner that knows nothing of the room still finds, and what was changed by nobody's plan.
async fn wrongs(
    house: &House,
    library: &Arc<Library>,
    s3: &aws_sdk_s3::Client,
    changes: &[Change],
    before: &BTreeMap<String, BTreeMap<&'static str, Document>>,
) -> Vec<String> {
    let config = Arc::clone(&house.room.engine.config);
    let cloud = Arc::new(cloud::connect(&config).await.unwrap());
    let judge = Arc::new(Evaluator::start(Arc::clone(library)).unwrap());
    let scanner = Scanner::new(cloud, config, library, judge);
    let mut wrong = Vec::new();
    for (name, before) in before {
        let observation = scanner.look_for(name).await.unwrap().unwrap();
        for (id, verdict) in &observation.verdicts {
            let stays = match verdict {
                // What no call can fix waits for a person.
                Verdict::Violation(found)
                    if found.target().is_none() && found.blocked().is_none() =>
                {
                    true
                }
                // Grants by which logs are delivered, or a trusted account reads, are another
                // rule's to keep; a person has to move them to the policy, and is told so.
                Verdict::Violation(found) => found.blocked().is_some_and(|why| {
                    id == "acls-disabled" && why.contains("those grants have to go first")
                }),
                // Nor does S3 take every rule beside those of the old form.
                Verdict::Unknown { cause } => {
                    cause.contains("rules of the old form may not overlap")
                }
                Verdict::Compliant | Verdict::Skipped { .. } => true,
            };
            if !stays {
                wrong.push(format!("{name}: {id}: {verdict:?}"));
            }
        }
        let of = |change: &&Change| change.ticket.asset.answers_to(name);
        let written: BTreeSet<&str> = changes
            .iter()
            .filter(of)
            .filter_map(|change| Some(change.ticket.plan()?.setting.as_str()))
            .collect();
        for (setting, document) in estates::everything(s3, name).await {
            if !written.contains(setting) && document != before[setting] {
                wrong.push(format!("{name}: {setting} was changed by nobody's plan"));
            }
        }
    }
    wrong
}
