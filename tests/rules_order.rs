//! No two fixes undo each other: whichever legal order the fixes of a bucket are applied in, they end,
//! they end in one state, and in that state no rule that can be fixed finds anything.
//!
//! "Legal" is what the library declares: a rule waits while a rule that it comes after violates. The
//! buckets are mixed from the violations that the rules' own tests describe.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod estates;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use estates::mix::{Mixed, State, mix};
use serde_json::Value;
use sixfold::{
    domain::{
        Account, Asset, Digest, Document, Environment, Identity, Owner, Subject, Tags, canonical,
    },
    rules::{Case, Evaluator, Library, Rule, Verdict, Which},
};

/// Mixed buckets, and how many rules' violations go into one.
const BUCKETS: u64 = 80;
const MIXED: u64 = 6;
/// States of one bucket that are looked at; what branches further is cut, and counted.
const STATES: usize = 300;

struct Bench {
    library: Arc<Library>,
    evaluator: Evaluator,
    after: BTreeMap<String, Vec<String>>,
}

impl Bench {
    fn new() -> Self {
        let library = Arc::new(estates::library());
        let after = library
            .rules()
            .iter()
            .map(|rule| (rule.id.clone(), after(rule)));
        Self {
            after: after.collect(),
            evaluator: Evaluator::start(Arc::clone(&library)).unwrap(),
            library,
        }
    }

    /// What violates, and what each fix would make of its setting.
    fn violations(&self, bucket: &Mixed, state: &State) -> BTreeMap<String, Document> {
        let tags = tags(&state["tagging"]);
        let case = Case {
            subject: subject(tags),
            documents: state
                .iter()
                .map(|(name, document)| (name.clone(), Ok(document.clone())))
                .collect(),
            params: bucket.params.clone(),
            answers: BTreeMap::new(),
            room: Identity {
                account: Some("123456789012".to_owned()),
                ..Identity::default()
            },
            rules: Which::All,
        };
        let verdicts = self.evaluator.judge(case);
        let violation = |(id, verdict): (String, Verdict)| match verdict {
            Verdict::Violation(found) => Some((id, found.target()?.clone())),
            _ => None,
        };
        verdicts.into_iter().filter_map(violation).collect()
    }

    /// Those that need not wait for another.
    fn legal<'a>(
        &self,
        violations: &'a BTreeMap<String, Document>,
    ) -> Vec<(&'a String, &'a Document)> {
        let free = |id: &str| {
            !self.after[id]
                .iter()
                .any(|other| violations.contains_key(other))
        };
        violations.iter().filter(|(id, _)| free(id)).collect()
    }
}

fn after(rule: &Rule) -> Vec<String> {
    let file: toml::Table = toml::from_str(&rule.text).unwrap();
    let list = file.get("after").and_then(toml::Value::as_array);
    let ids = list.into_iter().flatten().filter_map(toml::Value::as_str);
    ids.map(str::to_owned).collect()
}

fn tags(tagging: &Document) -> Tags {
    let set = tagging.to_json()["TagSet"].as_array().cloned();
    let text = |tag: &Value, key: &str| tag[key].as_str().unwrap_or_default().to_owned();
    let tag = |tag: &Value| (text(tag, "Key"), text(tag, "Value"));
    set.unwrap_or_default().iter().map(tag).collect()
}

fn subject(tags: Tags) -> Subject {
    Subject {
        asset: Asset::bucket(
            Account::try_from("123456789012".to_owned()).unwrap(),
            "us-east-1",
            "example-bucket",
        ),
        tags,
        environment: Environment {
            name: "dev".to_owned(),
            production: false,
            from: "account map".to_owned(),
        },
        owner: Owner {
            contact: "owner@example.com".to_owned(),
            team: "example-team".to_owned(),
            from: "account map".to_owned(),
        },
    }
}

/// Every state in which nothing is left to fix, over all legal orders; the path of a circle instead.
fn ends(bench: &Bench, bucket: &Mixed) -> Result<(BTreeSet<String>, usize), String> {
    struct Walk<'a> {
        bench: &'a Bench,
        bucket: &'a Mixed,
        seen: BTreeSet<Digest>,
        ends: BTreeSet<String>,
    }
    impl Walk<'_> {
        fn from(&mut self, state: &State, path: &mut Vec<(Digest, String)>) -> Result<(), String> {
            let digest = Digest::of(canonical(state));
            if path.iter().any(|(before, _)| *before == digest) {
                let steps: Vec<_> = path.iter().map(|(_, id)| id.as_str()).collect();
                return Err(format!("a circle: {}", steps.join(" → ")));
            }
            if self.seen.len() >= STATES || !self.seen.insert(digest.clone()) {
                return Ok(());
            }
            let violations = self.bench.violations(self.bucket, state);
            let legal = self.bench.legal(&violations);
            if legal.is_empty() {
                let waiting: Vec<_> = violations.keys().collect();
                if !waiting.is_empty() {
                    return Err(format!("they wait for each other: {waiting:?}"));
                }
                self.ends.insert(canonical(state));
            }
            for (id, target) in legal {
                let rule = self.bench.library.get(id).unwrap();
                let mut next = state.clone();
                next.insert(rule.setting.name().to_owned(), target.clone());
                path.push((digest.clone(), id.clone()));
                self.from(&next, path)?;
                path.pop();
            }
            Ok(())
        }
    }
    let mut walk = Walk {
        bench,
        bucket,
        seen: BTreeSet::new(),
        ends: BTreeSet::new(),
    };
    walk.from(&bucket.state, &mut Vec::new())?;
    Ok((walk.ends, walk.seen.len()))
}

/// Where the first two ends differ.
fn apart(ends: &BTreeSet<String>) -> String {
    let ends: Vec<BTreeMap<String, Value>> = ends
        .iter()
        .map(|end| serde_json::from_str(end).unwrap())
        .collect();
    let [one, other, ..] = ends.as_slice() else {
        return "nowhere".to_owned();
    };
    let differing = one.iter().filter(|(name, value)| other[*name] != **value);
    let lines = differing.map(|(name, value)| format!("{name}: {value}\n  or {}", other[name]));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_legal_order_of_fixes_ends_in_the_same_compliant_state() {
    let bench = Bench::new();
    let (mut wrong, mut fixed, mut cut) = (Vec::new(), BTreeSet::new(), 0);
    for seed in 0..BUCKETS {
        let bucket = mix(&bench.library, seed, MIXED);
        let violations = bench.violations(&bucket, &bucket.state);
        fixed.extend(violations.keys().cloned());
        match ends(&bench, &bucket) {
            Ok((ends, states)) => {
                cut += usize::from(states >= STATES);
                let enough = states >= STATES && ends.len() <= 1;
                if ends.len() != 1 && !enough {
                    wrong.push(format!("{:?} ends {}", bucket.from, apart(&ends)));
                }
            }
            Err(why) => wrong.push(format!("{:?}: {why}", bucket.from)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {BUCKETS}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(cut < 30, "{cut} buckets have too many orders to look at");
    let rules = bench.library.rules();
    let fixable = rules.iter().filter(|rule| rule.writes().is_some());
    let mixed = fixable.filter(|rule| !estates::seeds(rule).is_empty());
    let absent: Vec<_> = mixed
        .map(|rule| &rule.id)
        .filter(|id| !fixed.contains(*id))
        .collect();
    assert!(absent.is_empty(), "never violated in the mix: {absent:?}");
}
