//! The order that rules declare with `after`, over the whole library: every id must be a rule's, and
//! following the order must come to an end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    fault::{Faults, RuleFault},
    rule::{After, Rule},
};

/// Which rule comes before which, directly or through others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Rule → every rule that comes before it.
    before: BTreeMap<String, BTreeSet<String>>,
}

impl Order {
    /// Refuses an id that no rule has, and an order that runs in a circle.
    pub fn of(rules: &[Arc<Rule>]) -> Result<Self, Vec<RuleFault>> {
        let after: BTreeMap<&str, &[After]> = rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule.after.as_slice()))
            .collect();
        let mut order = Self::default();
        let mut found = Vec::new();
        for rule in rules {
            let mut faults = Faults::new(&rule.file, &rule.text);
            let mut before = BTreeSet::new();
            for link in &rule.after {
                if !after.contains_key(link.rule.as_str()) {
                    let message = format!(
                        "there is no rule `{}`; `sixfold rules list` shows them all",
                        link.rule
                    );
                    faults.add(&link.at, "after", message);
                } else if let Some(way) = way_back(&after, &link.rule, &rule.id) {
                    let message = format!(
                        "the order runs in a circle: {} after {}",
                        rule.id,
                        way.join(" after ")
                    );
                    faults.add(&link.at, "after", message);
                }
                reach(&after, &link.rule, &mut before);
            }
            order.before.insert(rule.id.clone(), before);
            found.extend(faults.into_inner());
        }
        if found.is_empty() {
            Ok(order)
        } else {
            Err(found)
        }
    }

    pub fn is_before(&self, first: &str, second: &str) -> bool {
        self.before
            .get(second)
            .is_some_and(|before| before.contains(first))
    }
}

/// Everything that comes before `rule`, and itself.
fn reach(after: &BTreeMap<&str, &[After]>, rule: &str, reached: &mut BTreeSet<String>) {
    let mut to_visit = vec![rule];
    while let Some(rule) = to_visit.pop() {
        if reached.insert(rule.to_owned()) {
            let links = after.get(rule).copied().unwrap_or_default();
            to_visit.extend(links.iter().map(|link| link.rule.as_str()));
        }
    }
}

/// The rules on a shortest way along `after` from one to another, both included.
fn way_back<'a>(
    after: &BTreeMap<&str, &'a [After]>,
    from: &'a str,
    to: &str,
) -> Option<Vec<&'a str>> {
    let mut reached = BTreeSet::from([from]);
    let mut ways = std::collections::VecDeque::from([vec![from]]);
    while let Some(way) = ways.pop_front() {
        let last = way.last().copied().unwrap_or(from);
        if last == to {
            return Some(way);
        }
        for link in after.get(last).copied().unwrap_or_default() {
            if reached.insert(&link.rule) {
                ways.push_back(way.iter().copied().chain([link.rule.as_str()]).collect());
            }
        }
    }
    None
}
