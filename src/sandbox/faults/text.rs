//! The text form of faults, for a command line: `slow=50ms,slowdown=5%,conflict=2%,stale=500ms,cut=1%`.

use std::time::Duration;

use super::{Chance, FaultKind, FaultRule};

/// The part of the text that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}`: {problem}")]
pub struct FaultTextError {
    pub part: String,
    pub problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "no such fault; there are slow, slowdown, conflict, denied, broken, stale, cut and lost"
    )]
    Unknown,
    #[error("a value is wanted, as in `slow=50ms` or `slowdown=5%`")]
    NoValue,
    #[error("a duration is wanted, as in `50ms` or `2s`")]
    NotADuration,
    #[error("a share of calls from 0% to 100% is wanted, as in `5%`")]
    NotAShare,
}

pub(super) fn parse(text: &str) -> Result<Vec<FaultRule>, FaultTextError> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            rule(part).map_err(|problem| FaultTextError {
                part: part.to_owned(),
                problem,
            })
        })
        .collect()
}

fn rule(part: &str) -> Result<FaultRule, Problem> {
    let (name, value) = match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (part, None),
    };
    let kind = match name {
        "slow" | "stale" => {
            let span = duration(value.ok_or(Problem::NoValue)?)?;
            return Ok(FaultRule::new(if name == "slow" {
                FaultKind::Slow(span)
            } else {
                FaultKind::Stale(span)
            }));
        }
        "slowdown" => FaultKind::SlowDown,
        "conflict" => FaultKind::Conflict,
        "denied" => FaultKind::Denied,
        "broken" => FaultKind::Broken,
        "cut" => FaultKind::Cut,
        "lost" => FaultKind::AnswerLost,
        _ => return Err(Problem::Unknown),
    };
    let chance = share(value.ok_or(Problem::NoValue)?)?;
    Ok(FaultRule::new(kind).chance(chance))
}

fn duration(text: &str) -> Result<Duration, Problem> {
    let parse = |digits: &str| digits.parse::<u32>().map_err(|_| Problem::NotADuration);
    if let Some(digits) = text.strip_suffix("ms") {
        Ok(Duration::from_millis(parse(digits)?.into()))
    } else if let Some(digits) = text.strip_suffix('s') {
        Ok(Duration::from_secs(parse(digits)?.into()))
    } else {
        Err(Problem::NotADuration)
    }
}

/// `5%` or `0.25%`: up to four decimals, read without floating point.
fn share(text: &str) -> Result<Chance, Problem> {
    let number = text.strip_suffix('%').ok_or(Problem::NotAShare)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return Err(Problem::NotAShare);
    }
    let parse = |text: &str| text.parse::<u32>().map_err(|_| Problem::NotAShare);
    let whole = parse(whole)?;
    let decimals = parse(&format!("{decimals:0<4}"))?;
    let parts = whole
        .checked_mul(10_000)
        .and_then(|parts| parts.checked_add(decimals))
        .filter(|parts| *parts <= 1_000_000);
    parts.map(Chance::per_million).ok_or(Problem::NotAShare)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_form_gives_one_rule_a_part() {
        let rules =
            parse("slow=50ms, slowdown=5%,conflict=2%,stale=2s,cut=0.25%,lost=100%").unwrap();
        let shown: Vec<_> = rules
            .iter()
            .map(|rule| format!("{:?} {}", rule.kind, rule.chance.per_million))
            .collect();
        assert_eq!(
            shown,
            [
                "Slow(50ms) 1000000",
                "SlowDown 50000",
                "Conflict 20000",
                "Stale(2s) 1000000",
                "Cut 2500",
                "AnswerLost 1000000",
            ]
        );
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn the_bad_part_is_named_with_what_was_wanted() {
        for (text, part, problem) in [
            ("slow=50ms,sloww=5%", "sloww=5%", Problem::Unknown),
            ("slow", "slow", Problem::NoValue),
            ("cut", "cut", Problem::NoValue),
            ("slow=5%", "slow=5%", Problem::NotADuration),
            ("stale=50", "stale=50", Problem::NotADuration),
            ("cut=1", "cut=1", Problem::NotAShare),
            ("cut=101%", "cut=101%", Problem::NotAShare),
            ("cut=-1%", "cut=-1%", Problem::NotAShare),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.part.as_str(), error.problem), (part, problem));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_but_never_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
