//! Whose turn it is when one asset violates several rules.
//!
//! Two changes of one setting would each be planned on the state that the other one ends, and a
//! policy that is still public can't be put while Block Public Access is on. So one setting of one
//! asset is changed by one change at a time, and a rule may name others that must be settled first.
//! Whatever else is unrelated goes side by side. Decided here from values alone; whoever asks may
//! ask again at any time.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{order::Order, rule::Rule};
use crate::domain::{Behind, ChangeId, OpenChange};

/// A rule that an asset violates, and what is on record about that.
#[derive(Clone, Copy, Debug)]
pub struct Violation<'a> {
    pub rule: &'a Rule,
    pub claim: Claim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it wants a change.
    New,
    /// It has one.
    Open(ChangeId),
    /// It gets none, for this reason: `exempt`, `held`.
    Kept(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Now,
    Waits(Behind),
}

/// The turn of each violation that is new, by rule id. `open`: every open change of the asset.
///
/// 1. While a rule that it names in `after` violates, or has an open change, it waits, also where
///    that rule is exempt or held: what a person keeps as it is, is not worked around.
/// 2. While an open change writes its setting, it waits.
/// 3. Of several that are left on one setting, the first one goes: by the declared order, then the
///    most severe, then by id.
pub fn turns(
    order: &Order,
    violations: &[Violation<'_>],
    open: &[OpenChange],
) -> BTreeMap<String, Turn> {
    let mut turns = BTreeMap::new();
    let mut ready: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for Violation { rule, .. } in violations.iter().filter(|one| one.claim == Claim::New) {
        match predecessor(rule, violations, open).or_else(|| writer(rule, open)) {
            Some(behind) => drop(turns.insert(rule.id.clone(), Turn::Waits(behind))),
            None => match rule.writes() {
                Some(setting) => ready.entry(setting.name()).or_default().push(rule),
                // What a person does is in nobody's way.
                None => drop(turns.insert(rule.id.clone(), Turn::Now)),
            },
        }
    }
    for rules in ready.into_values() {
        let declared_later = |rule: &Rule| {
            rules
                .iter()
                .any(|other| order.is_before(&other.id, &rule.id))
        };
        let winner = rules
            .iter()
            .filter(|rule| !declared_later(rule))
            .min_by_key(|rule| (Reverse(rule.severity), &rule.id))
            .map(|rule| rule.id.clone());
        for rule in &rules {
            let turn = match &winner {
                Some(id) if *id != rule.id => Turn::Waits(Behind::Rule {
                    id: id.clone(),
                    why: "comes first".to_owned(),
                }),
                _ => Turn::Now,
            };
            turns.insert(rule.id.clone(), turn);
        }
    }
    turns
}

/// The first of the rules that must come before, and does not let this one go on yet.
fn predecessor(rule: &Rule, violations: &[Violation<'_>], open: &[OpenChange]) -> Option<Behind> {
    rule.after.iter().find_map(|after| {
        if let Some(change) = open.iter().find(|change| change.rule == after.rule) {
            return Some(Behind::Change(change.id));
        }
        let violation = violations
            .iter()
            .find(|violation| violation.rule.id == after.rule)?;
        Some(match violation.claim {
            Claim::Open(id) => Behind::Change(id),
            Claim::New => Behind::Rule {
                id: after.rule.clone(),
                why: "comes first".to_owned(),
            },
            Claim::Kept(why) => Behind::Rule {
                id: after.rule.clone(),
                why: why.to_owned(),
            },
        })
    })
}

/// The change that writes the rule's setting now.
fn writer(rule: &Rule, open: &[OpenChange]) -> Option<Behind> {
    let setting = rule.writes()?.name();
    open.iter()
        .find(|change| change.setting == setting)
        .map(|change| Behind::Change(change.id))
}
