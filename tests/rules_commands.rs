//! The commands of a plan, run by the real `aws` program as they are printed, reach the documents
//! that the plan names: forward the target, backward what it says that an undo gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

mod estates;

use std::{path::Path, process::Stdio, sync::Arc};

use estates::{
    Seed,
    world::{World, client, make, world},
};
use sixfold::{
    cli::demo_config,
    cloud,
    config::AccountFacts,
    domain::{ChangeId, Document, Plan},
    rules::{self, Evaluator, Library, Rule, Verdict},
    sandbox::Sandbox,
    scanner::Scanner,
    settings::{self, Step},
};

/// The plan for a bucket that was made from a seed; none where the bucket can't be or does not violate.
async fn planned(
    library: &Arc<Library>,
    rule: &Rule,
    seed: &Seed,
    World { sandbox, names }: &World,
    bucket: &str,
) -> Result<Plan, String> {
    let s3 = client(sandbox, &seed.region);
    let documents = estates::documents(rule, seed, names, bucket, 0);
    estates::companions(&s3, &seed.region, seed, names, bucket).await;
    make(sandbox, &s3, &seed.region, bucket, &documents).await?;
    let folder = tempfile::tempdir().unwrap();
    let mut config = demo_config(sandbox, folder.path()).unwrap();
    config.cloud.calls_per_second = 5_000.0;
    config.accounts.insert(
        names.account.clone().try_into().unwrap(),
        AccountFacts {
            environment: Some(seed.environment.clone().unwrap_or_else(|| "dev".to_owned())),
            owner: Some("owner@example.com".to_owned()),
            ..AccountFacts::default()
        },
    );
    for (name, value) in &seed.params {
        let value = names.on(bucket, value);
        config.parameters.insert(name.clone(), value);
    }
    let cloud = Arc::new(cloud::connect(&config).await.unwrap());
    let judge = Arc::new(Evaluator::start(Arc::clone(library)).unwrap());
    let scanner = Scanner::new(cloud, Arc::new(config), library, judge);
    let observed = scanner.look_for(bucket).await.unwrap().unwrap();
    let verdict = observed.verdicts.iter().find(|(id, _)| *id == rule.id);
    let Some((_, Verdict::Violation(found))) = verdict else {
        return Err(format!("it does not violate: {verdict:?}"));
    };
    let before = observed.document(rule.setting.name()).unwrap();
    let id = ChangeId::new(2026, 114);
    Ok(rules::plan(rule, &observed.subject, id, before, found).unwrap())
}

/// Runs a printed command by a shell, in a folder with its files.
fn run_printed(sandbox: &Sandbox, region: &str, folder: &Path, text: &str) -> Result<(), String> {
    let aws = std::env::var_os("SIXFOLD_AWS_CLI")
        .expect("the aws command is missing: run the tests by `tests/run`, which installs it");
    let path = format!(
        "{}:{}",
        Path::new(&aws).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let owner = &sandbox.options().owner;
    let output = std::process::Command::new("sh")
        .args(["-eu", "-c", text])
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("PATH", path)
        .env_remove("AWS_PROFILE")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ACCESS_KEY_ID", &owner.access_key)
        .env("AWS_SECRET_ACCESS_KEY", &owner.secret_key)
        .env("AWS_DEFAULT_REGION", region)
        .env("AWS_ENDPOINT_URL", sandbox.endpoint_url())
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(format!(
            "{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

async fn agree(world: &World, seed: &Seed, plan: &Plan, bucket: &str) -> Result<(), String> {
    let sandbox = &world.sandbox;
    let id = ChangeId::new(2026, 114);
    let setting = settings::by_name(&plan.setting).unwrap();
    let s3 = client(sandbox, &seed.region);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: String, from: &Document, to: &Document| {
        let bytes = setting.file(Step::new(from, to));
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    file(
        Plan::target_file(&plan.setting, id),
        &plan.before,
        &plan.target,
    );
    file(
        Plan::snapshot_file(&plan.setting, id),
        &plan.target,
        &plan.before,
    );
    run_printed(sandbox, &seed.region, folder.path(), &plan.command.text())?;
    let now = estates::read(&s3, bucket, setting).await?;
    if now != plan.target {
        return Err(format!(
            "{}\nreads {}\ninstead of {}",
            plan.command.text(),
            now.to_json(),
            plan.target.to_json()
        ));
    }
    run_printed(sandbox, &seed.region, folder.path(), &plan.inverse.text())?;
    let now = estates::read(&s3, bucket, setting).await?;
    if now.digest() != plan.restored {
        return Err(format!("{}\nreads {}", plan.inverse.text(), now.to_json()));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_commands_of_every_rule_reach_what_the_plan_names() {
    let library = Arc::new(estates::library());
    let world = world().await;
    let mut wrong = Vec::new();
    for rule in estates::rules(&library) {
        // What a person does is not ours to prove.
        let by_hand = rule.writes().is_none();
        if by_hand || estates::NOT_HERE.iter().any(|(id, _)| *id == rule.id) {
            continue;
        }
        let mut refused = Vec::new();
        let mut done = false;
        for (at, seed) in estates::seeds(rule).iter().enumerate() {
            let bucket = format!("cli-{}-{at}", rule.id);
            match planned(&library, rule, seed, &world, &bucket).await {
                Err(why) => refused.push(format!("{}: {why}", seed.test)),
                Ok(plan) => {
                    if let Err(why) = agree(&world, seed, &plan, &bucket).await {
                        wrong.push(format!("{}: {why}", rule.id));
                    }
                    done = true;
                    break;
                }
            }
        }
        if !done {
            wrong.push(format!("{}: no bucket for it: {refused:#?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
