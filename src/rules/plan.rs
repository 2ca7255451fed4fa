//! From a finding to the plan that is shown, hashed, approved and run, or to the steps of a person.

use super::{
    judge::Found,
    rule::{Fix, Rule},
};
use crate::{
    domain::{ChangeId, Document, Plan, Remedy, Reversibility, Subject},
    settings::Step,
};

/// What ends a violation that this rule found: the plan, or what a person is to do. None where the
/// finding is not this rule's.
pub fn remedy(
    rule: &Rule,
    subject: &Subject,
    change: ChangeId,
    before: &Document,
    found: &Found,
) -> Option<Remedy> {
    match &rule.fix {
        Fix::Automatic(_) => plan(rule, subject, change, before, found).map(Remedy::from),
        Fix::Manual(steps) => Some(Remedy::Manual(steps.on(&subject.asset))),
    }
}

/// The plan of a change; none where a person has to make it. A pure function: the same finding gives
/// the same bytes everywhere.
pub fn plan(
    rule: &Rule,
    subject: &Subject,
    change: ChangeId,
    before: &Document,
    found: &Found,
) -> Option<Plan> {
    let (fix, target) = (rule.fix.automatic()?, found.target()?);
    let setting = rule.setting;
    let reversibility = match &fix.one_way {
        // What the rule says, over what the setting knows of the step.
        Some(why) => Reversibility::OneWay(why.clone()),
        None => setting.reversibility(before, target),
    };
    let bucket = subject.asset.name();
    Some(Plan {
        setting: setting.name().to_owned(),
        action: fix.action.clone(),
        before: before.clone(),
        target: target.clone(),
        command: setting.command(
            bucket,
            Step::new(before, target),
            &Plan::target_file(setting.name(), change),
        ),
        inverse: setting.inverse(
            bucket,
            Step::new(target, before),
            &Plan::snapshot_file(setting.name(), change),
        ),
        restored: setting.restored(before).digest(),
        hazards: found.hazards.clone(),
        residue: residue(setting.residue(before, target), &reversibility),
        reversibility,
    })
}

/// What can't be had back is always among what the inverse does not restore.
fn residue(mut residue: Vec<String>, reversibility: &Reversibility) -> Vec<String> {
    if let Some(why) = reversibility.one_way()
        && !residue.iter().any(|line| line == why)
    {
        residue.insert(0, why.to_owned());
    }
    residue
}
