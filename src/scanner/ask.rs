//! Asking what hazards want to know beside a bucket's settings. It is asked of what violates and is
//! new, and again before people are asked; never in every pass.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::judge;
use crate::{
    cloud::{Accounts, Urgency},
    domain::{Account, Asset, Stamp},
    rules::{Answer, Answered, Ask, Case, Evaluator, Found, Verdict, Which},
    settings,
};

/// How long an answer about a key or a bucket serves other findings of a scan.
const FRESH: Duration = Duration::from_mins(1);

/// Answers that many findings share: a thousand buckets may want the same key.
#[derive(Debug, Default)]
pub struct Answers(Mutex<HashMap<Key, (Instant, Answered)>>);

/// What is ours differs by account, and what is at hand by region.
type Key = (Account, String, Ask);

fn key(asset: &Asset, ask: &Ask) -> Key {
    (asset.account.clone(), asset.region.clone(), ask.clone())
}

impl Answers {
    fn get(&self, key: &Key) -> Option<Answered> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answered) = answers.get(key)?;
        (at.elapsed() < FRESH).then(|| answered.clone())
    }

    fn keep(&self, key: Key, answered: &Answered) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, (at, _)| at.elapsed() < FRESH);
        answers.insert(key, (Instant::now(), answered.clone()));
    }
}

/// Asks what a finding's hazards want to know, and judges `case` once more with the answers. Whatever
/// comes of it, the finding stays one: only its hazards differ, and whether one of them blocks the fix.
pub async fn with_answers(
    accounts: &Accounts,
    evaluator: &Evaluator,
    shared: Option<&Answers>,
    mut case: Case,
    rule: &str,
    found: Found,
    now: Stamp,
) -> Found {
    if found.asks.is_empty() {
        return found;
    }
    let mut answers: BTreeMap<String, Answered> = BTreeMap::new();
    for asked in &found.asks {
        let asset = &case.subject.asset;
        let answered = ask_once(accounts, shared, asset, &asked.ask, now).await;
        answers.insert(asked.probe.clone(), answered);
    }
    case.answers = answers;
    case.rules = Which::One(rule.to_owned());
    match judge(evaluator, case).await.into_iter().next() {
        Some((_, Verdict::Violation(again))) => Found {
            hazards: again.hazards,
            way: again.way,
            ..found
        },
        // Judged a moment ago and not now: the hazards say that they could not be checked.
        _ => found,
    }
}

async fn ask_once(
    accounts: &Accounts,
    shared: Option<&Answers>,
    asset: &Asset,
    ask: &Ask,
    now: Stamp,
) -> Answered {
    // What is asked about the bucket itself is asked for it alone.
    let alone = match ask {
        Ask::Objects(_) => true,
        Ask::Bucket { name, .. } => asset.bucket_name() == Some(name),
        Ask::Key(_) => false,
    };
    let Some(shared) = shared.filter(|_| !alone) else {
        let urgency = if shared.is_some() {
            Urgency::Scan
        } else {
            Urgency::Fix
        };
        return answer(accounts, asset, ask, urgency, now).await;
    };
    let key = key(asset, ask);
    if let Some(answered) = shared.get(&key) {
        return answered;
    }
    let answered = answer(accounts, asset, ask, Urgency::Scan, now).await;
    shared.keep(key, &answered);
    answered
}

async fn answer(
    accounts: &Accounts,
    asset: &Asset,
    ask: &Ask,
    urgency: Urgency,
    now: Stamp,
) -> Answered {
    let cloud = accounts
        .of(&asset.account)
        .map_err(|error| error.to_string())?;
    let answer = match ask {
        Ask::Key(key) => cloud
            .kms_key(key, &asset.region, urgency)
            .await
            .map(Answer::Key),
        Ask::Objects(_) if asset.bucket_name().is_none() => {
            return Err("the account itself has no objects to count".to_owned());
        }
        Ask::Objects(reach) => cloud
            .count(asset, reach, now, urgency)
            .await
            .map(Answer::Objects),
        Ask::Bucket { name, reads } => {
            let reads: Vec<_> = reads
                .iter()
                .filter_map(|name| settings::by_name(name))
                .collect();
            cloud
                .other_bucket(name, &reads, asset, urgency)
                .await
                .map(Answer::Bucket)
        }
    };
    answer.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_serves_only_findings_of_the_same_account_and_region() {
        let asset = |account: &str, region: &str| {
            let account = Account::try_from(account.to_owned()).unwrap();
            Asset::bucket(account, region, "exports")
        };
        let ask = Ask::Key("alias/house".to_owned());
        let answers = Answers::default();
        let of = |account, region| key(&asset(account, region), &ask);
        let here = of("111122223333", "eu-central-1");
        answers.keep(here.clone(), &Err("not found".to_owned()));
        assert!(answers.get(&here).is_some());
        assert!(answers.get(&of("222233334444", "eu-central-1")).is_none());
        assert!(answers.get(&of("111122223333", "us-east-1")).is_none());
    }
}
