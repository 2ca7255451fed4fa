//! Which member of one list is which of the other: by name, then by being the same, then by likeness.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lists::List;

/// Pairs that are compared at most in search of likeness. Two lists that have more strangers in them
/// than this have little in common.
const COMPARED: usize = 10_000;

type At = (Option<usize>, Option<usize>);

/// Every member of both lists once, alone or with its other self.
pub fn pairs(list: &List, old: &[Value], new: &[Value]) -> Vec<At> {
    let mut found = by_name(list, old, new);
    let left = |found: &Vec<(usize, usize)>| {
        let taken: (BTreeSet<_>, BTreeSet<_>) = found.iter().copied().unzip();
        let rest = |all: &[Value], taken: &BTreeSet<usize>| -> Vec<usize> {
            (0..all.len()).filter(|at| !taken.contains(at)).collect()
        };
        (rest(old, &taken.0), rest(new, &taken.1))
    };
    found.extend(the_same(old, new, left(&found)));
    let (ones, others) = left(&found);
    if ones.len() * others.len() <= COMPARED {
        found.extend(alike(list, old, new, &ones, &others));
    }
    let (ones, others) = left(&found);
    if let ([one], [other], true) = (&ones[..], &others[..], list.lone)
        && [&old[*one], &new[*other]]
            .iter()
            .any(|member| list.identity(member).is_none())
    {
        found.push((*one, *other));
    }
    let (ones, others) = left(&found);
    let both = found
        .into_iter()
        .map(|(one, other)| (Some(one), Some(other)));
    both.chain(ones.into_iter().map(|at| (Some(at), None)))
        .chain(others.into_iter().map(|at| (None, Some(at))))
        .collect()
}

/// A name that one list has twice names nobody.
fn by_name(list: &List, old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let named = |all: &[Value]| {
        let mut places: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (at, member) in all.iter().enumerate() {
            if let Some(name) = list.identity(member) {
                places.entry(name).or_default().push(at);
            }
        }
        places
    };
    let others = named(new);
    let pair = |(name, ones): (Vec<String>, Vec<usize>)| match (
        &ones[..],
        others.get(&name)?.as_slice(),
    ) {
        ([one], [other]) => Some((*one, *other)),
        _ => None,
    };
    named(old).into_iter().filter_map(pair).collect()
}

fn the_same(old: &[Value], new: &[Value], left: (Vec<usize>, Vec<usize>)) -> Vec<(usize, usize)> {
    let (ones, mut others) = left;
    let mut found = Vec::new();
    for one in ones {
        if let Some(at) = others.iter().position(|other| new[*other] == old[one]) {
            found.push((one, others.remove(at)));
        }
    }
    found
}

/// The likest first, then the nearest.
fn alike(
    list: &List,
    old: &[Value],
    new: &[Value],
    ones: &[usize],
    others: &[usize],
) -> Vec<(usize, usize)> {
    /// Hundredths of what they have that must be the same.
    const ENOUGH: usize = 50;
    let mut scored = Vec::new();
    for &one in ones {
        for &other in others {
            let names = (list.identity(&old[one]), list.identity(&new[other]));
            let strangers = list.strict && matches!(names, (Some(a), Some(b)) if a != b);
            let score = likeness(&old[one], &new[other]);
            if !strangers && score >= ENOUGH {
                scored.push((score, one, other));
            }
        }
    }
    scored.sort_by_key(|&(score, one, other)| (100 - score, one.abs_diff(other), one));
    let mut taken = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for (_, one, other) in scored {
        if !taken.0.contains(&one) && !taken.1.contains(&other) {
            taken.0.insert(one);
            taken.1.insert(other);
            found.push((one, other));
        }
    }
    found
}

/// Hundredths of the keys of two objects whose values are the same.
fn likeness(one: &Value, other: &Value) -> usize {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else {
        return 0;
    };
    let same = one
        .iter()
        .filter(|(key, value)| other.get(*key) == Some(*value))
        .count();
    let all = one.len() + other.keys().filter(|key| !one.contains_key(*key)).count();
    (100 * same).checked_div(all).unwrap_or(100)
}
