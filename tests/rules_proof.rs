//! Every rule of the library, on thirty buckets each, through the whole chain over HTTP: the violation
//! is found, fixed as planned and verified; a second pass finds nothing; everything that the rule is
//! not about reads as before; and a revert gives the first document back, or what the plan said
//! beforehand that it would give.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

mod estates;
mod house;

use std::{collections::BTreeMap, ops::Range, time::Duration};

use estates::{
    Made, Seed,
    world::{World, client, make, world},
};
use house::House;
use sixfold::{
    domain::{
        Change, Document, RevertState, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    room::protocol::Answer,
    rules::Rule,
    settings::{self, Setting},
};

/// Buckets for each rule.
const BUCKETS: usize = 30;

/// Proves one rule; the words say what went wrong, where.
async fn prove(rule: &Rule) -> Result<(), String> {
    let all = estates::seeds(rule);
    // What differs for a whole room is a room of its own.
    let mut rooms: BTreeMap<String, Vec<Seed>> = BTreeMap::new();
    for seed in all {
        let key = format!("{:?} {:?}", seed.params, seed.environment);
        rooms.entry(key).or_default().push(seed);
    }
    let each = BUCKETS.div_ceil(rooms.len().max(1));
    let (mut proven, mut refused) = (0, Vec::new());
    let mut fruitful = Vec::new();
    for seeds in rooms.values() {
        let here = prove_room(rule, seeds, 0..each, &mut refused).await?;
        proven += here;
        fruitful.extend((here > 0).then_some(seeds));
    }
    // Some tests describe what no bucket can be in: the others make up for them.
    for (round, seeds) in fruitful.iter().cycle().enumerate().take(20) {
        if proven >= BUCKETS {
            break;
        }
        let from = each * (round / fruitful.len() + 1);
        proven += prove_room(rule, seeds, from..from + BUCKETS - proven, &mut refused).await?;
    }
    if proven < BUCKETS {
        return Err(format!("only {proven} buckets; refused: {refused:#?}"));
    }
    Ok(())
}

async fn prove_room(
    rule: &Rule,
    seeds: &[Seed],
    numbers: Range<usize>,
    refused: &mut Vec<String>,
) -> Result<usize, String> {
    let World { sandbox, names } = world().await;
    let mut made: Vec<Made> = Vec::new();
    let mut hopeless = vec![false; seeds.len()];
    for number in numbers {
        let (at, variation) = (number % seeds.len(), number / seeds.len());
        if hopeless[at] {
            continue;
        }
        let seed = &seeds[at];
        let name = format!("proof-{}-{number}", rule.id);
        let documents = estates::documents(rule, seed, &names, &name, variation);
        let client = client(&sandbox, &seed.region);
        estates::companions(&client, &seed.region, seed, &names, &name).await;
        match make(&sandbox, &client, &seed.region, &name, &documents).await {
            Ok(()) => made.push(Made {
                name,
                seed: seed.clone(),
                documents,
            }),
            Err(why) => {
                hopeless[at] = variation == 0;
                refused.push(format!("{} ({variation}): {why}", seed.test));
                // It may not be there at all.
                let _ = sandbox.state().remove(&name);
            }
        }
    }
    if made.is_empty() {
        return Ok(0);
    }
    let mut before = BTreeMap::new();
    for bucket in &made {
        let client = client(&sandbox, &bucket.seed.region);
        before.insert(
            bucket.name.clone(),
            estates::everything(&client, &bucket.name).await,
        );
    }

    let seed = &made[0].seed;
    let house = House::open(sandbox, "2026-04-18T09:12:44.000Z", |config| {
        house::only(config, &rule.id);
        let account = names.account.clone().try_into().unwrap();
        let environment = Some(seed.environment.clone().unwrap_or_else(|| "dev".to_owned()));
        let owner = Some("owner@example.com".to_owned());
        let facts = config.accounts.entry(account).or_default();
        (facts.environment, facts.owner) = (environment, owner);
        for (name, value) in &seed.params {
            config
                .parameters
                .insert(name.clone(), names.on("example-bucket", value));
        }
        config.breaker.fixes_per_hour = 100_000;
        // What a second pass finds is looked at when the first is.
        config.scan.pause = Duration::from_hours(1);
    })
    .await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    let mut proven = 0;
    for bucket in &made {
        let Some(change) = house.change_on(&rule.id, &bucket.name) else {
            refused.push(format!(
                "{}: {} does not violate",
                bucket.seed.test, bucket.name
            ));
            continue;
        };
        let what = format!("{} ({}), {}", rule.id, bucket.seed.test, bucket.name);
        let change = fixed(&house, change).await;
        if change.outcome() != Some(Outcome::Remediated) {
            return Err(format!("{what}: {:?} {:#?}", change.outcome(), change.fix));
        }
        after_the_fix(&house, &what, bucket, &change, &before[&bucket.name]).await?;
        proven += 1;
    }
    nothing_more(&house, rule).await?;
    let mut changes = house.changes();
    changes.reverse();
    for bucket in &made {
        let here = |change: &&Change| change.ticket.asset.answers_to(&bucket.name);
        let mut first = None;
        for change in changes.iter().filter(here) {
            let what = format!("{} ({}), {}", rule.id, bucket.seed.test, bucket.name);
            reverted(&house, &what, bucket, change).await?;
            first = change.ticket.plan();
        }
        // With the first change reverted last, everything is as it was.
        if let Some(plan) = first
            && plan.before != before[&bucket.name][plan.setting.as_str()]
        {
            let name = &bucket.name;
            return Err(format!("{name}: it was not planned on what was there"));
        }
    }
    house.close().await.0.stop().await;
    Ok(proven)
}

/// Passes find nothing, but for the other parts of a setting that takes one at a time.
async fn nothing_more(house: &House, rule: &Rule) -> Result<(), String> {
    let one_at_a_time = rule.writes().is_some_and(Setting::one_at_a_time);
    loop {
        let opened = house.changes().len();
        house.another_pass().await;
        house.another_pass().await;
        let more = house.changes().split_off(opened);
        if more.is_empty() {
            return Ok(());
        }
        if !one_at_a_time {
            let words = house.words();
            return Err(format!("{}: a second pass found more: {words:#?}", rule.id));
        }
        // One part of many was fixed; what is left of them is found by the next pass.
        for change in more {
            let change = fixed(house, change).await;
            if change.outcome() != Some(Outcome::Remediated) {
                return Err(format!("{}: {:#?}", rule.id, change.fix));
            }
        }
    }
}

/// Waits for the end of a change, approving what waits for a person.
async fn fixed(house: &House, change: Change) -> Change {
    let id = change.id;
    let now = house
        .until("it is closed or asks", |house| {
            let now = house.change(id);
            matches!(
                now.stage,
                Stage::Closed | Stage::Halted | Stage::AwaitingApproval
            )
            .then_some(now)
        })
        .await;
    if now.stage != Stage::AwaitingApproval {
        return now;
    }
    let hash = now.ticket.plan_hash.clone();
    let caller = house::nina(Via::Cli);
    let decided = house
        .room
        .engine
        .decide(&caller, id, &hash, Answer::Approve)
        .await;
    decided.unwrap_or_else(|refusal| panic!("{id}: {refusal:?}"));
    house
        .until("it is closed", |house| {
            let now = house.change(id);
            matches!(now.stage, Stage::Closed | Stage::Halted).then_some(now)
        })
        .await
}

async fn after_the_fix(
    house: &House,
    what: &str,
    bucket: &Made,
    change: &Change,
    before: &BTreeMap<&'static str, Document>,
) -> Result<(), String> {
    let plan = change.ticket.plan().unwrap();
    let client = client(&house.sandbox, &bucket.seed.region);
    let after = estates::everything(&client, &bucket.name).await;
    for (setting, document) in &after {
        if *setting == plan.setting {
            if *document != plan.target {
                return Err(format!("{what}: {setting} is not the target"));
            }
            let lost = estates::lost(&before[setting], document);
            if !lost.is_empty() {
                return Err(format!("{what}: the fix lost {lost:?}"));
            }
        } else if *document != before[setting] {
            return Err(format!("{what}: the fix changed {setting} too"));
        }
    }
    Ok(())
}

async fn reverted(house: &House, what: &str, bucket: &Made, change: &Change) -> Result<(), String> {
    let reason = Reason {
        code: ReasonCode::Maintenance,
        note: String::new(),
    };
    let asked = house
        .room
        .engine
        .revert(&house::nina(Via::Cli), change.id, reason)
        .await;
    asked.map_err(|refusal| format!("{what}: {refusal:?}"))?;
    let revert = house
        .until("it is reverted", |house| {
            let revert = house.change(change.id).revert?;
            (revert.state != RevertState::Pending).then_some(revert)
        })
        .await;
    if revert.state != RevertState::Done {
        return Err(format!("{what}: {:?}", revert.state));
    }
    let plan = change.ticket.plan().unwrap();
    let setting = settings::by_name(&plan.setting).unwrap();
    let client = client(&house.sandbox, &bucket.seed.region);
    let now = estates::read(&client, &bucket.name, setting).await?;
    if now.digest() != plan.restored {
        return Err(format!("{what}: the revert reads {}", now.to_json()));
    }
    if now != plan.before && plan.residue.is_empty() {
        return Err(format!(
            "{what}: the first document did not come back, and nobody said so"
        ));
    }
    Ok(())
}

/// All rules that write one of these settings.
async fn prove_all(written: &[&str]) {
    let library = estates::library();
    let mut wrong = Vec::new();
    for rule in estates::rules(&library) {
        let unreachable = estates::NOT_HERE.iter().any(|(id, _)| *id == rule.id);
        // What a person does is not ours to prove.
        let writes = rule
            .writes()
            .is_some_and(|setting| written.contains(&setting.name()));
        if !writes || unreachable {
            continue;
        }
        if let Err(why) = prove(rule).await {
            wrong.push(format!("{}: {why}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Each test proves the rules of some settings, so that they run side by side; together they are all.
const PARTS: [&[&str]; 6] = [
    &[
        "acl",
        "public_access_block",
        "ownership_controls",
        "tagging",
    ],
    &["policy", "encryption", "versioning"],
    &["logging", "notification"],
    &["cors", "website", "request_payment", "accelerate"],
    &["lifecycle", "object_lock"],
    &["replication", "inventory", "metrics", "intelligent_tiering"],
];

#[tokio::test(flavor = "multi_thread")]
async fn who_may_reach_a_bucket_is_fixed_and_put_back() {
    prove_all(PARTS[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_protects_data_is_fixed_and_put_back() {
    prove_all(PARTS[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_of_requests_and_events_is_fixed_and_put_back() {
    prove_all(PARTS[2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_bucket_is_served_is_fixed_and_put_back() {
    prove_all(PARTS[3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_data_is_kept_is_fixed_and_put_back() {
    prove_all(PARTS[4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_elsewhere_is_fixed_and_put_back() {
    prove_all(PARTS[5]).await;
}

#[test]
fn every_setting_belongs_to_a_part_of_the_proof() {
    let parts: Vec<&str> = PARTS.iter().flat_map(|part| part.iter().copied()).collect();
    let library = estates::library();
    for rule in estates::rules(&library) {
        // What a person does is not ours to prove.
        let Some(setting) = rule.writes() else {
            continue;
        };
        assert!(parts.contains(&setting.name()), "{} is not proven", rule.id);
    }
}
