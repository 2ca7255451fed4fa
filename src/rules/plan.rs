//! From a finding to the plan that is shown, hashed, approved and run.

use super::{judge::Found, rule::Rule};
use crate::{
    domain::{ChangeId, Document, Plan, Reversibility, Subject},
    settings::Step,
};

/// The plan of a change. A pure function: the same finding gives the same bytes everywhere.
pub fn plan(
    rule: &Rule,
    subject: &Subject,
    change: ChangeId,
    before: &Document,
    found: &Found,
) -> Plan {
    let reversibility = reversibility(rule, before, &found.target);
    let setting = rule.setting;
    let bucket = subject.asset.name();
    let target = &found.target;
    Plan {
        setting: setting.name().to_owned(),
        action: rule.fix.action.clone(),
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
    }
}

/// What the rule says, over what the setting knows of the step.
fn reversibility(rule: &Rule, before: &Document, target: &Document) -> Reversibility {
    match &rule.fix.one_way {
        Some(why) => Reversibility::OneWay(why.clone()),
        None => rule.setting.reversibility(before, target),
    }
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
