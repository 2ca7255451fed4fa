//! `sixfold plan RULE BUCKET`: what a fix would run, without running it.

use std::sync::Arc;

use chrono::Datelike as _;
use color_eyre::{
    Result,
    eyre::{bail, eyre},
};

use super::{args::Common, exit, house, print};
use crate::{
    cloud,
    domain::{Asset, ChangeId, Manual, Plan, Remedy, Safe, Scope, Subject},
    engine::{Clock as _, SystemClock},
    room,
    rules::{self, Evaluator, Found, Rule, Verdict},
    scanner::Scanner,
};

pub async fn run(common: &Common, rule: &str, asset: &str) -> Result<u8> {
    let config = Arc::new(house::config(common)?);
    let library = Arc::new(room::library(&config)?);
    let Some(rule) = library.get(rule) else {
        bail!("there is no rule `{rule}`: `sixfold rules list` shows them all");
    };
    let judge = Arc::new(Evaluator::start(Arc::clone(&library))?);
    let accounts = Arc::new(cloud::connect(&config).await?);
    let scanner = Scanner::new(accounts, Arc::clone(&config), &library, judge);
    let found = scanner
        .look_for(asset)
        .await
        .map_err(|error| eyre!(room::listing_failed(&error, &config.cloud)))?;
    let Some(observation) = found else {
        bail!("there is no bucket `{asset}` in the accounts of this config");
    };
    about_it(rule, &observation.subject.asset)?;
    let verdict = observation
        .verdicts
        .iter()
        .find(|(id, _)| *id == rule.id)
        .map(|(_, verdict)| verdict);
    let found = match verdict {
        Some(Verdict::Violation(found)) => found,
        Some(Verdict::Compliant) => {
            return done(&format!(
                "{asset} is compliant with {}: nothing to do",
                rule.id
            ));
        }
        Some(Verdict::Skipped { why }) => {
            return done(&format!("{} is skipped for {asset}: {why}", rule.id));
        }
        Some(Verdict::Unknown { cause }) => {
            print::line(
                Safe::line(&format!("{} can't be judged for {asset}: {cause}", rule.id)).as_str(),
            )?;
            return Ok(exit::UNKNOWN);
        }
        None => bail!("the rule {} is disabled in this config", rule.id),
    };
    let Some(before) = observation.document(rule.setting.name()) else {
        bail!("the setting {} was not read", rule.setting.name());
    };
    // The number is given when a change opens; the shape of the commands is what counts here.
    let id = ChangeId::new(SystemClock.now().year(), 0);
    let subject = &observation.subject;
    let found = scanner
        .complete(&observation, &rule.id, found, SystemClock.now())
        .await;
    let found = &found;
    if let Some(why) = found.blocked() {
        let text = format!(
            "{}\n\nit can't be fixed as things are: {why}\nnothing was written",
            heading(rule, subject, found)
        );
        print::line(Safe::lines(&text).as_str())?;
        return Ok(exit::VIOLATIONS);
    }
    let Some(plan) = rules::plan(rule, subject, id, before, found) else {
        let remedy = rules::remedy(rule, subject, id, before, found);
        let steps = remedy.as_ref().and_then(Remedy::manual).map(Manual::text);
        let text = format!(
            "{}\n\n{}\n\nno call of this program can do it; nothing was written",
            heading(rule, subject, found),
            steps.unwrap_or_default(),
        );
        print::line(Safe::lines(&text).as_str())?;
        return Ok(exit::VIOLATIONS);
    };
    let text = shown(rule, subject, found, &plan);
    print::line(Safe::lines(&text).as_str())?;
    Ok(exit::VIOLATIONS)
}

/// What was found, and where.
fn heading(rule: &Rule, subject: &Subject, found: &Found) -> String {
    format!(
        "{} {} on {}\nevidence: {}",
        rule.primary.short(),
        rule.title,
        subject.asset.uri(),
        found.evidence.join(", ")
    )
}

fn shown(rule: &Rule, subject: &Subject, found: &Found, plan: &Plan) -> String {
    let mut text = format!(
        "{}\naction: {}\n\nforward\n{}\n",
        heading(rule, subject, found),
        plan.action,
        plan.command.text()
    );
    text.push_str(&format!("\ninverse\n{}\n", plan.inverse.text()));
    text.push_str(&format!(
        "\nbefore\n{}\ntarget\n{}",
        plan.before.pretty(),
        plan.target.pretty()
    ));
    for hazard in &plan.hazards {
        let level = hazard.level.word();
        text.push_str(&format!("\nhazard ({level}): {}", hazard.text));
    }
    if let Some(why) = plan.reversibility.one_way() {
        text.push_str(&format!(
            "\none-way, so it waits for a person in every environment: {why}"
        ));
    }
    for line in &plan.residue {
        text.push_str(&format!("\nnot restored by the inverse: {line}"));
    }
    text.push_str(
        "\n\nfiles named CHG-… get the change's number when it opens; nothing was written",
    );
    text
}

/// A rule about the account says nothing of a bucket, nor the other way about.
fn about_it(rule: &Rule, asset: &Asset) -> Result<()> {
    let (id, account) = (&rule.id, &asset.account);
    match (rule.scope(), asset.scope()) {
        (Scope::Account, Scope::Bucket) => {
            bail!("the rule {id} is about the account: `sixfold plan {id} account:{account}`")
        }
        (Scope::Bucket, Scope::Account) => {
            bail!("the rule {id} is about buckets: name one of account {account}")
        }
        _ => Ok(()),
    }
}

fn done(words: &str) -> Result<u8> {
    print::line(words)?;
    Ok(exit::OK)
}
