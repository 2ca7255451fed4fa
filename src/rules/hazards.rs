//! What a fix may break: which hazards of a rule hold, given what its probes found.
//!
//! A hazard that looks at an answer which is not there can't be judged. That is said, once for each
//! probe, at level medium: silence would read as "nothing to fear". A verdict never hangs on it.

use std::collections::{BTreeMap, BTreeSet};

use cel::{Context, Env};

use super::{
    expression::{self, Expression, Failure},
    judge::Case,
    probe::{Answered, Asked},
    rule::Rule,
};
use crate::domain::{Hazard, HazardLevel};

/// The probes and hazards of one rule, compiled.
pub struct Compiled {
    /// In the order of the rule's probes.
    probes: Vec<Expression>,
    hazards: Vec<CompiledHazard>,
}

/// What became of a rule's probes and hazards.
pub struct Feared {
    /// Those that hold, in the order of the file.
    pub hazards: Vec<Hazard>,
    /// The questions behind them.
    pub asks: Vec<Asked>,
    /// The first that holds and blocks the fix.
    pub blocked: Option<String>,
}

struct CompiledHazard {
    blocks: bool,
    level: HazardLevel,
    when: Expression,
    text: String,
    names: Option<Expression>,
    probes: BTreeSet<String>,
}

impl Compiled {
    pub fn new(env: &Env, rule: &Rule) -> Result<Self, String> {
        let compile = |source: &str| Expression::compile(env, source);
        let probes = rule.probes.iter().map(|probe| compile(&probe.expression));
        let hazards = rule.hazards.iter().map(|hazard| {
            Ok(CompiledHazard {
                blocks: hazard.blocks,
                level: hazard.level,
                when: compile(&hazard.when)?,
                text: hazard.text.clone(),
                names: hazard.names.as_deref().map(compile).transpose()?,
                probes: hazard.probes.clone(),
            })
        });
        Ok(Self {
            probes: probes.collect::<Result<_, _>>()?,
            hazards: hazards.collect::<Result<_, String>>()?,
        })
    }

    pub fn judge(&self, rule: &Rule, case: &Case, context: &Context) -> Result<Feared, String> {
        let mut asked = Vec::new();
        let mut answers: BTreeMap<&str, Answered> = BTreeMap::new();
        for (probe, source) in rule.probes.iter().zip(&self.probes) {
            let value = source
                .json(context)
                .map_err(|failure| failure.at(&probe.name));
            let answer = match value.and_then(|value| probe.kind.ask(&value)) {
                Err(why) => Err(why),
                Ok(ask) => {
                    asked.push(Asked {
                        probe: probe.name.clone(),
                        ask,
                    });
                    let given = case.answers.get(&probe.name).cloned();
                    given.unwrap_or_else(|| Err("it was not asked".to_owned()))
                }
            };
            answers.insert(&probe.name, answer);
        }
        let mut context = context.new_inner_scope();
        for (name, answer) in &answers {
            if let Ok(answer) = answer {
                context.add_variable_from_value(*name, expression::from_json(&answer.view()));
            }
        }
        let (hazards, blocked) = self.hazards(rule, &answers, &context)?;
        Ok(Feared {
            hazards,
            asks: asked,
            blocked,
        })
    }

    fn hazards(
        &self,
        rule: &Rule,
        answers: &BTreeMap<&str, Answered>,
        context: &Context,
    ) -> Result<(Vec<Hazard>, Option<String>), String> {
        let mut hazards: Vec<Hazard> = Vec::new();
        let mut blocked = None;
        for (index, hazard) in self.hazards.iter().enumerate() {
            let failed = rule.probes.iter().find_map(|probe| {
                let looked = hazard.probes.contains(&probe.name);
                let cause = answers.get(probe.name.as_str())?.as_ref().err()?;
                looked.then(|| unchecked(&probe.about, cause))
            });
            let said = match failed {
                Some(failed) => Some(failed),
                None => match hazard.holds(context) {
                    Ok(said) => {
                        let why = said.as_ref().filter(|_| hazard.blocks);
                        blocked = blocked.or(why.map(|said| said.text.clone()));
                        said
                    }
                    // An answer of an unforeseen shape must not cost the verdict.
                    Err((_, failure)) if !hazard.probes.is_empty() => {
                        Some(unchecked(&hazard.text, &failure.at("when")))
                    }
                    Err((key, failure)) => {
                        return Err(failure.at(&format!("hazards[{index}].{key}")));
                    }
                },
            };
            if let Some(said) = said
                && !hazards.contains(&said)
            {
                hazards.push(said);
            }
        }
        Ok((hazards, blocked))
    }
}

impl CompiledHazard {
    fn holds(&self, context: &Context) -> Result<Option<Hazard>, (&'static str, Failure)> {
        if !self
            .when
            .bool(context)
            .map_err(|failure| ("when", failure))?
        {
            return Ok(None);
        }
        let names = match &self.names {
            None => Vec::new(),
            Some(names) => names.texts(context).map_err(|failure| ("names", failure))?,
        };
        let text = if names.is_empty() {
            self.text.clone()
        } else {
            format!("{}: {}", self.text, names.join(", "))
        };
        Ok(Some(Hazard {
            level: self.level,
            text,
        }))
    }
}

fn unchecked(about: &str, cause: &str) -> Hazard {
    Hazard {
        level: HazardLevel::Medium,
        text: format!("could not be checked: {about} ({cause})"),
    }
}
