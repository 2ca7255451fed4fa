//! From a finding to the plan that is shown, hashed, approved and run.

use super::{judge::Found, rule::Rule};
use crate::{
    domain::{ChangeId, Document, Plan, Subject},
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
    let setting = rule.setting;
    let bucket = &subject.asset.bucket;
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
        residue: setting.residue(before, target),
    }
}
