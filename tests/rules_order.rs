//! No two fixes undo each other: whichever legal order the fixes of a bucket are applied in, they end,
//! they end in one state, and in that state no rule that can be fixed finds anything.
//!
//! "Legal" is what the library declares: a rule waits while a rule that it comes after violates. The
//! buckets are mixed from the violations that the rules' own tests describe. Of the rules that went into a
//! bucket every order is tried; of the whole library, under which many more violate, some.
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

/// Mixed buckets whose every order is tried, and how many rules' violations go into one.
const BUCKETS: u64 = 150;
const MIXED: u64 = 6;
/// Mixed buckets under the whole library, and the orders that are drawn for each.
const BUCKETS_UNDER_ALL: u64 = 80;
const ORDERS: u64 = 4;

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

    /// What violates, and what each fix would make of its setting; of the rules in `only`, if given.
    fn violations(
        &self,
        bucket: &Mixed,
        state: &State,
        only: Option<&BTreeSet<String>>,
    ) -> BTreeMap<String, Document> {
        let verdicts = self.verdicts(bucket, state, only).into_iter();
        let violation = |(id, verdict): (String, Verdict)| match verdict {
            Verdict::Violation(found) => Some((id, found.target()?.clone())),
            _ => None,
        };
        verdicts.filter_map(violation).collect()
    }

    fn verdicts(
        &self,
        bucket: &Mixed,
        state: &State,
        only: Option<&BTreeSet<String>>,
    ) -> Vec<(String, Verdict)> {
        let mut case = Case {
            subject: subject(tags(&state["tagging"])),
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
        match only {
            None => self.evaluator.judge(case),
            Some(ids) => {
                let one = |id: &String| {
                    case.rules = Which::One(id.clone());
                    self.evaluator.judge(case.clone())
                };
                ids.iter().flat_map(one).collect()
            }
        }
    }

    fn blocked(&self, bucket: &Mixed, state: &State, only: &BTreeSet<String>) -> bool {
        let verdicts = self.verdicts(bucket, state, Some(only));
        verdicts.iter().any(|(_, verdict)| {
            matches!(verdict, Verdict::Violation(found) if found.blocked().is_some())
        })
    }

    fn fixed(&self, state: &State, id: &str, target: &Document) -> State {
        let rule = self.library.get(id).unwrap();
        let mut next = state.clone();
        next.insert(rule.setting.name().to_owned(), target.clone());
        next
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

/// Every state in which nothing is left to fix, over all legal orders of the fixes of some rules; the
/// path of a circle instead.
fn ends(
    bench: &Bench,
    bucket: &Mixed,
    only: &BTreeSet<String>,
) -> Result<BTreeSet<String>, String> {
    struct Walk<'a> {
        bench: &'a Bench,
        bucket: &'a Mixed,
        only: &'a BTreeSet<String>,
        seen: BTreeSet<Digest>,
        ends: Ends,
    }
    impl Walk<'_> {
        fn from(&mut self, state: &State, path: &mut Vec<(Digest, String)>) -> Result<(), String> {
            let digest = Digest::of(canonical(state));
            if path.iter().any(|(before, _)| *before == digest) {
                let steps: Vec<_> = path.iter().map(|(_, id)| id.as_str()).collect();
                return Err(format!("a circle: {}", steps.join(" → ")));
            }
            if !self.seen.insert(digest.clone()) {
                return Ok(());
            }
            let found = self.bench.violations(self.bucket, state, Some(self.only));
            let legal = self.bench.legal(&found);
            if legal.is_empty() {
                let end = end(state, &found)?;
                let blocked = self.bench.blocked(self.bucket, state, self.only);
                let ends = if blocked {
                    &mut self.ends.blocked
                } else {
                    &mut self.ends.whole
                };
                ends.insert(end);
            }
            for (id, target) in legal {
                path.push((digest.clone(), id.clone()));
                self.from(&self.bench.fixed(state, id, target), path)?;
                path.pop();
            }
            Ok(())
        }
    }
    let mut walk = Walk {
        bench,
        bucket,
        only,
        seen: BTreeSet::new(),
        ends: Ends::default(),
    };
    walk.from(&bucket.state, &mut Vec::new())?;
    let Ends { whole, blocked } = walk.ends;
    Ok(if whole.is_empty() { blocked } else { whole })
}

/// Where orders end. With some rules alone, one that is blocked may wait for a rule that is not among
/// them; such an end says nothing beside one where nothing is.
#[derive(Default)]
struct Ends {
    whole: BTreeSet<String>,
    blocked: BTreeSet<String>,
}

/// Where one legal order of the fixes of the whole library ends; which one, the draw says.
fn end_of_one(bench: &Bench, bucket: &Mixed, draw: u64) -> Result<String, String> {
    let mut state = bucket.state.clone();
    let mut path: Vec<String> = Vec::new();
    loop {
        let found = bench.violations(bucket, &state, None);
        let legal = bench.legal(&found);
        if legal.is_empty() {
            return end(&state, &found);
        }
        let digest = Digest::of(format!("{draw} {}", path.len()));
        let number = usize::from_str_radix(&digest.as_str()[..8], 16).unwrap();
        let (id, target) = legal[number % legal.len()];
        state = bench.fixed(&state, id, target);
        path.push(id.clone());
        if path.len() > 4 * bench.library.rules().len() {
            return Err(format!("a circle: {}", path.join(" → ")));
        }
    }
}

fn end(state: &State, left: &BTreeMap<String, Document>) -> Result<String, String> {
    if left.is_empty() {
        return Ok(canonical(state));
    }
    let waiting: Vec<_> = left.keys().collect();
    Err(format!("they wait for each other: {waiting:?}"))
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

fn one_end(ends: Result<BTreeSet<String>, String>, bucket: &Mixed, wrong: &mut Vec<String>) {
    match ends {
        Ok(ends) if ends.len() == 1 => {}
        Ok(ends) => wrong.push(format!("{:?} ends {}", bucket.from, apart(&ends))),
        Err(why) => wrong.push(format!("{:?}: {why}", bucket.from)),
    }
}

#[test]
fn every_legal_order_of_fixes_ends_in_the_same_compliant_state() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    for seed in 0..BUCKETS {
        let bucket = mix(&bench.library, seed, MIXED);
        one_end(ends(&bench, &bucket, &bucket.rules), &bucket, &mut wrong);
    }
    assert!(
        wrong.is_empty(),
        "{} of {BUCKETS}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// All orders of all that violates in a bucket are more than can be tried; these are drawn from them.
#[test]
fn orders_of_the_whole_library_end_in_the_same_compliant_state() {
    let bench = Bench::new();
    let (mut wrong, mut fixed) = (Vec::new(), BTreeSet::new());
    for seed in 0..BUCKETS_UNDER_ALL {
        let bucket = mix(&bench.library, seed, MIXED);
        fixed.extend(bench.violations(&bucket, &bucket.state, None).into_keys());
        let ends = (0..ORDERS).map(|order| end_of_one(&bench, &bucket, seed * ORDERS + order));
        one_end(ends.collect(), &bucket, &mut wrong);
    }
    assert!(
        wrong.is_empty(),
        "{} of {BUCKETS_UNDER_ALL}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    let rules = bench.library.rules();
    let fixable = rules.iter().filter(|rule| rule.writes().is_some());
    let mixed = fixable.filter(|rule| !estates::seeds(rule).is_empty());
    let absent: Vec<_> = mixed
        .map(|rule| &rule.id)
        .filter(|id| !fixed.contains(*id))
        .collect();
    assert!(absent.is_empty(), "never violated in the mix: {absent:?}");
}
