//! Whether a condition holds for a request of which some is known.

use super::{glob::matches, narrowing::Condition};

/// How likely a statement is about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    No,
    Maybe,
    Yes,
}

/// What a request has for a condition's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    Value(String),
    /// The request has no such key.
    Nothing,
    Unknown,
}

/// Whether a condition holds for a request that has this for its key.
pub fn holds(condition: &Condition, has: Has) -> Hit {
    let sure = |holds: bool| if holds { Hit::Yes } else { Hit::No };
    let (operator, may_lack) = condition.operator();
    let value = match has {
        Has::Unknown => return Hit::Maybe,
        Has::Nothing if operator == "null" => {
            return sure(condition.values.iter().any(|value| value == "true"));
        }
        // A negated operator holds where there is nothing to compare.
        Has::Nothing => return sure(may_lack || operator.contains("not")),
        Has::Value(value) => value,
    };
    let any = |same: &dyn Fn(&str) -> bool| condition.values.iter().any(|other| same(other));
    let below = |other: &str| -> Option<std::cmp::Ordering> {
        value
            .parse::<f64>()
            .ok()?
            .partial_cmp(&other.parse::<f64>().ok()?)
    };
    match operator.as_str() {
        "null" => sure(any(&|other| other == "false")),
        "bool"
        | "stringequals"
        | "arnequals"
        | "stringlike"
        | "arnlike"
        | "stringequalsignorecase" => sure(any(&|other| matches(&fold(other), &fold(&value)))),
        "stringnotequals"
        | "stringnotlike"
        | "arnnotequals"
        | "arnnotlike"
        | "stringnotequalsignorecase" => sure(!any(&|other| matches(&fold(other), &fold(&value)))),
        "numericlessthan" => sure(any(&|other| {
            below(other).is_some_and(std::cmp::Ordering::is_lt)
        })),
        "numericlessthanequals" => sure(any(&|other| {
            below(other).is_some_and(std::cmp::Ordering::is_le)
        })),
        "numericgreaterthan" => sure(any(&|other| {
            below(other).is_some_and(std::cmp::Ordering::is_gt)
        })),
        _ => Hit::Maybe,
    }
}

/// A session's ARN compares as its role's, and nothing here is told apart by its case.
fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    match lower.split_once(":assumed-role/") {
        Some((before, rest)) => {
            let role = rest.split('/').next().unwrap_or_default();
            format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1))
        }
        None => lower,
    }
}
