//! One bucket, its documents, and what each rule makes of them.
//!
//! The order of questions decides what an unreadable setting means: a parameter that is missing or a
//! bucket that the rule is not about is skipped whatever could be read; past that, a setting that
//! could not be read makes the verdict unknown, and so does an expression that fails. Only an
//! expression that ran and said "no violation" makes a bucket compliant.

use std::{collections::BTreeMap, sync::Arc};

use cel::{Context, Env};
use serde_json::Value;

use super::{
    expression::{self, Expression, Failure},
    hazards,
    hazards::Feared,
    library::Library,
    param,
    probe::{Answered, Asked},
    rule::{Reading, Rule},
    vocabulary,
};
use crate::{
    domain::{Document, Hazard, HazardLevel, Identity, Judged, Subject},
    settings::{self, Proposed, Step},
};

/// Which rules judge a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that are enabled.
    All,
    /// The one of this id, enabled or not.
    One(String),
}

/// A bucket as it was read.
#[derive(Clone, Debug)]
pub struct Case {
    pub subject: Subject,
    /// By setting; the cause where a read failed.
    pub documents: BTreeMap<String, Result<Document, String>>,
    /// What the organisation set.
    pub params: BTreeMap<String, Value>,
    /// By probe; for a case of one rule.
    pub answers: BTreeMap<String, Answered>,
    /// Whose calls a fix would be made with.
    pub room: Identity,
    pub rules: Which,
}

/// What a rule says about a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Compliant,
    Skipped { why: String },
    Unknown { cause: String },
    Violation(Box<Found>),
}

/// A violation, and what would end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The part of the documents that violates, in words.
    pub evidence: Vec<String>,
    pub way: Way,
    pub hazards: Vec<Hazard>,
    /// What hazards want to know beside the documents. Until the case is judged again with the
    /// answers, the hazards say that they could not be checked.
    pub asks: Vec<Asked>,
}

/// How a violation would end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The whole document that the setting becomes.
    To(Document),
    /// A person has to do it.
    ByHand,
    /// S3 would not take the write as things are, or the room would shut itself out with it; the
    /// words say why. There is no plan until that has changed.
    Blocked(String),
}

impl Found {
    /// What the setting would become; none where nothing is to be written.
    pub const fn target(&self) -> Option<&Document> {
        match &self.way {
            Way::To(target) => Some(target),
            Way::ByHand | Way::Blocked(_) => None,
        }
    }

    /// Why it can't be fixed as things are.
    pub fn blocked(&self) -> Option<&str> {
        match &self.way {
            Way::Blocked(why) => Some(why),
            Way::To(_) | Way::ByHand => None,
        }
    }
}

impl Verdict {
    fn unknown(cause: impl Into<String>) -> Self {
        Self::Unknown {
            cause: cause.into(),
        }
    }

    /// What it amounts to, before any exception.
    pub const fn judged(&self) -> Judged {
        match self {
            Self::Compliant => Judged::Compliant,
            Self::Skipped { .. } => Judged::Skipped,
            Self::Unknown { .. } => Judged::Unknown,
            Self::Violation(_) => Judged::Violating,
        }
    }

    /// The word for lists and reports.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::Skipped { .. } => "skipped",
            Self::Unknown { .. } => "unknown",
            Self::Violation(_) => "violation",
        }
    }
}

/// The library with its expressions compiled. It lives and dies on a deep stack.
pub struct Bench {
    env: Arc<Env>,
    rules: Vec<(Arc<Rule>, Result<Compiled, String>)>,
}

struct Compiled {
    applies: Option<Expression>,
    violates: Expression,
    evidence: Expression,
    /// None where a person has to do it.
    target: Option<Expression>,
    hazards: hazards::Compiled,
}

impl Compiled {
    fn new(env: &Env, rule: &Rule) -> Result<Self, String> {
        let compile = |source: &str| Expression::compile(env, source);
        Ok(Self {
            applies: rule
                .applies
                .as_ref()
                .map(|applies| compile(&applies.when))
                .transpose()?,
            violates: compile(&rule.violates)?,
            evidence: compile(&rule.evidence)?,
            target: rule
                .fix
                .automatic()
                .map(|fix| compile(&fix.target))
                .transpose()?,
            hazards: hazards::Compiled::new(env, rule)?,
        })
    }
}

impl Bench {
    pub fn new(library: &Library) -> Result<Self, String> {
        let env = expression::environment()?;
        let rules = library
            .rules()
            .iter()
            .map(|rule| (Arc::clone(rule), Compiled::new(&env, rule)))
            .collect();
        Ok(Self { env, rules })
    }

    /// Judges a case. `about_to` is told each rule's id before it runs, `benched` why a rule is not
    /// to run at all.
    pub fn judge(
        &self,
        case: &Case,
        ids: &[String],
        about_to: impl Fn(&str),
        benched: impl Fn(&str) -> Option<String>,
    ) -> Vec<(String, Verdict)> {
        let context = self.context(case);
        ids.iter()
            .map(|id| {
                about_to(id);
                let verdict = match (benched(id), &context) {
                    (Some(why), _) => Verdict::unknown(why),
                    (None, Err(why)) => Verdict::unknown(why),
                    (None, Ok(context)) => self.verdict(case, id, context),
                };
                (id.clone(), verdict)
            })
            .collect()
    }

    /// Every setting that could be read, and `bucket`; `params` differ from rule to rule.
    fn context(&self, case: &Case) -> Result<Context<'static, 'static>, String> {
        let mut context = expression::context(&self.env)?;
        for setting in settings::all() {
            if let Some(Ok(document)) = case.documents.get(setting.name()) {
                let view = expression::from_json(&setting.view(document));
                context.add_variable_from_value(setting.name(), view);
            }
        }
        let bucket = vocabulary::bucket(&case.subject);
        context.add_variable_from_value("bucket", expression::from_json(&bucket));
        Ok(context)
    }

    fn verdict(&self, case: &Case, id: &str, context: &Context) -> Verdict {
        let Some((rule, compiled)) = self.rules.iter().find(|(rule, _)| rule.id == id) else {
            return Verdict::unknown(format!("there is no rule `{id}`"));
        };
        match compiled {
            Ok(compiled) => judge(rule, compiled, case, context).unwrap_or_else(Verdict::unknown),
            Err(why) => Verdict::unknown(why),
        }
    }
}

/// The verdict, or the cause of there being none.
fn judge(
    rule: &Rule,
    compiled: &Compiled,
    case: &Case,
    context: &Context,
) -> Result<Verdict, String> {
    let params = match param::values(&rule.params, &case.params, &case.subject) {
        Ok(params) => expression::from_json(&params),
        Err(why) => return Ok(Verdict::Skipped { why }),
    };
    let mut context = context.new_inner_scope();
    context.add_variable_from_value("params", params);

    let reading = |name: &str| -> Reading {
        let reading = case.documents.get(name).cloned();
        reading
            .unwrap_or_else(|| Err("not read".to_owned()))
            .map_err(|cause| format!("{name}: {cause}"))
    };
    if let (Some(applies), Some(when)) = (&rule.applies, &compiled.applies) {
        for name in &applies.needs {
            reading(name)?;
        }
        if !when.bool(&context).map_err(at("applies"))? {
            return Ok(Verdict::Skipped {
                why: applies.why.clone(),
            });
        }
    }
    for setting in &rule.reads {
        reading(setting.name())?;
    }
    let before = reading(rule.setting.name())?;
    if !compiled.violates.bool(&context).map_err(at("violates"))? {
        return Ok(Verdict::Compliant);
    }

    let told = |context: &Context| compiled.evidence.texts(context).map_err(at("evidence"));
    let evidence = told(&context)?;
    let Some(target) = &compiled.target else {
        return Ok(Verdict::Violation(Box::new(Found {
            evidence,
            way: Way::ByHand,
            hazards: Vec::new(),
            asks: Vec::new(),
        })));
    };
    let target = target.json(&context).map_err(at("fix.target"))?;
    let tidied = rule.setting.tidy(target).map_err(Failure::Broken);
    let target = tidied.map_err(at("fix.target"))?;
    if target == before {
        return Err("fix.target: it would change nothing".to_owned());
    }
    let fits = rule.setting.fits(Step::new(&before, &target));
    fits.map_err(Failure::Broken).map_err(at("fix.target"))?;
    // A fix that leaves the violation would be found, and made, again with every pass. Where a fix is
    // about one part of many, it must at least leave less of it.
    let mut after = context.new_inner_scope();
    let view = expression::from_json(&rule.setting.view(&target));
    after.add_variable_from_value(rule.setting.name(), view);
    // What nobody said is not known afterwards either, and no fault of the fix.
    let still = match compiled.violates.bool(&after) {
        Err(Failure::Missing(_)) => false,
        known => known.map_err(at("violates"))?,
    };
    if still && !(rule.setting.one_at_a_time() && told(&after)?.len() < evidence.len()) {
        return Err("fix.target: it would still violate the rule".to_owned());
    }
    let refusal = |before: &Document, target: &Document| {
        rule.setting.refusal(&Proposed {
            bucket: case.subject.asset.name(),
            before,
            target,
            others: &case.documents,
            room: &case.room,
        })
    };
    let Feared {
        mut hazards,
        asks,
        blocked,
    } = compiled.hazards.judge(rule, case, &context)?;
    hazards.extend(denied(rule, case));
    // The way back may be closed where the way there is open.
    if let Some(why) = refusal(&target, &rule.setting.restored(&before)) {
        hazards.push(Hazard {
            level: HazardLevel::Medium,
            text: format!("as things are, a revert would be refused: {why}"),
        });
    }
    // A plan that could not be carried out, or that would shut the room out, must not exist.
    let way = match refusal(&before, &target).or(blocked) {
        Some(why) => Way::Blocked(why),
        None => Way::To(target),
    };
    Ok(Verdict::Violation(Box::new(Found {
        evidence,
        way,
        hazards,
        asks,
    })))
}

/// Said where the bucket's policy keeps the room from writing what the rule would fix.
fn denied(rule: &Rule, case: &Case) -> Option<Hazard> {
    let policy = case.documents.get("policy")?.as_ref().ok()?;
    let bucket = case.subject.asset.name();
    let statement = settings::denied(policy, rule.setting.name(), bucket, &case.room)?;
    Some(Hazard {
        level: HazardLevel::High,
        text: format!(
            "the bucket's policy denies this very write to the room, which will be refused. Statement: {statement}"
        ),
    })
}

/// Puts the key before the message, where it is the rule's author who has to mend something.
fn at(key: &str) -> impl Fn(Failure) -> String + '_ {
    move |failure| failure.at(key)
}
