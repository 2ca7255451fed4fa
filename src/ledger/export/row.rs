//! The columns of the change export, each with where it comes from.

use crate::{
    domain::{
        Change, Control, Digest, RevertState, Safe, Stamp,
        artifact::{Approval, Decision, FixStatus},
        time::rfc3339,
    },
    ledger::Recorded,
};

/// The header, always written.
pub const COLUMNS: [&str; 35] = [
    "change_id",
    "ledger_seq",
    "environment",
    "account_id",
    "region",
    "asset",
    "rule_id",
    "rule_version",
    "violation",
    "frameworks",
    "severity",
    "owner",
    "detected_at",
    "approval_required",
    "approver",
    "approval_via",
    "decision",
    "reason",
    "approved_at",
    "plan_hash",
    "action",
    "command",
    "before_sha256",
    "after_sha256",
    "backup_uri",
    "backup_verified",
    "fix_status",
    "verified_at",
    "rollback_uri",
    "rollback_until",
    "outcome",
    "closed_at",
    "duration_s",
    "alert_delivered_at",
    "entry_hash",
];

/// A change with what a row says beyond it.
pub(super) struct Traced {
    pub change: Change,
    /// The entry that the row is bound to: the close-out record, else the change's last one.
    seq: u64,
    hash: Digest,
    pub delivered_at: Option<Stamp>,
}

impl Traced {
    pub(super) fn new(change: Change, recorded: &Recorded) -> Self {
        Self {
            change,
            seq: recorded.entry.seq,
            hash: recorded.hash.clone(),
            delivered_at: None,
        }
    }

    /// Takes the change as one more entry left it.
    pub(super) fn follow(&mut self, change: Change, recorded: &Recorded) {
        if self.change.alert.is_none() {
            self.seq = recorded.entry.seq;
            self.hash = recorded.hash.clone();
        }
        self.change = change;
    }

    pub(super) fn cells(&self) -> [String; COLUMNS.len()] {
        let change = &self.change;
        let ticket = &change.ticket;
        let (approval, plan) = (change.approval.as_ref(), ticket.plan());
        let (backup, fix) = (change.backup.as_ref(), change.fix.as_ref());
        let (rollback, alert) = (change.rollback.as_ref(), change.alert.as_ref());
        let frameworks = std::iter::once(&ticket.primary).chain(&ticket.frameworks);
        let frameworks: Vec<_> = frameworks.map(Control::long).collect();
        let required = approval.map_or(
            !ticket.waits_for().is_empty() || plan.is_none(),
            |approval| approval.decision != Decision::NotRequired,
        );
        // What a person did by hand stands where a decision stands otherwise.
        let marked = change
            .by_hand
            .as_ref()
            .and_then(|by_hand| by_hand.marked.as_ref());
        let marked = marked.filter(|_| approval.is_none());
        // A halted fix was not verified, nor is what an exception lets be.
        let verified = fix.filter(|fix| fix.status != FixStatus::Halted);
        let exempt = change.exempt();
        let resolved = change.resolved.as_ref().filter(|_| exempt.is_none());
        let denial = approval.and_then(|approval| approval.reason.as_ref());
        let reason = denial.map(ToString::to_string);
        let reason = reason.or_else(|| exempt.map(ToOwned::to_owned));
        [
            change.id.to_string(),
            self.seq.to_string(),
            ticket.environment.to_string(),
            ticket.asset.account.to_string(),
            ticket.asset.region.clone(),
            ticket.asset.uri(),
            ticket.rule.id.clone(),
            ticket.rule.version.to_string(),
            ticket.violation(),
            frameworks.join(" · "),
            ticket.severity.to_string(),
            ticket.owner.to_string(),
            rfc3339(ticket.detected_at),
            if required { "yes" } else { "no" }.to_owned(),
            text(approval, people) + &text(marked, |marked| marked.by.to_string()),
            text(approval, ways) + &text(marked, |marked| marked.via.to_string()),
            text(approval, |approval| word(approval.decision).to_owned())
                + &text(marked, |_| "done-by-hand".to_owned()),
            reason.unwrap_or_default(),
            text(approval, |approval| rfc3339(approval.at))
                + &text(marked, |marked| rfc3339(marked.at)),
            ticket.plan_hash.to_string(),
            ticket.remedy.action().to_owned(),
            text(plan, |plan| plan.command.text()),
            text(plan, |plan| plan.before.digest().to_string()),
            text(fix.and_then(|fix| fix.observed.as_ref()), |observed| {
                observed.to_string()
            }),
            text(backup, |backup| backup.uri.clone()),
            // A receipt exists only after the vault was read back and found equal.
            text(backup, |_| "yes".to_owned()),
            text(fix, |fix| fix.status.to_string()),
            text(verified, |fix| rfc3339(fix.at))
                + &text(resolved, |resolved| rfc3339(resolved.at)),
            text(rollback, |rollback| rollback.uri.clone()),
            text(rollback, |rollback| rfc3339(rollback.expires)),
            outcome(change),
            text(alert, |alert| rfc3339(alert.closed_at)),
            text(alert, |alert| alert.duration_s.to_string()),
            text(self.delivered_at.as_ref(), |at| rfc3339(*at)),
            self.hash.to_string(),
        ]
        .map(|cell| guarded(&cell))
    }
}

fn text<T>(value: Option<&T>, show: impl FnOnce(&T) -> String) -> String {
    value.map(show).unwrap_or_default()
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Denied => "denied",
        Decision::NotRequired => "not-required",
    }
}

/// A reverted change must not read as if the fix were still in place.
fn outcome(change: &Change) -> String {
    let outcome = change.outcome().map(|outcome| outcome.to_string());
    let reverted = change.revert.as_ref();
    match reverted.filter(|revert| revert.state == RevertState::Done) {
        Some(revert) => format!(
            "{}, reverted by {} at {}",
            outcome.unwrap_or_default(),
            revert.by,
            rfc3339(revert.at)
        ),
        None => outcome.unwrap_or_default(),
    }
}

/// Foreign text made visible, and nothing that a spreadsheet would run as a formula.
fn guarded(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = Safe::lines(cell).into_string();
    if formula { format!("'{safe}") } else { safe }
}

/// Everybody who agreed, the last one last.
fn people(approval: &Approval) -> String {
    let agreed = approval.agreed();
    let all: Vec<_> = agreed.iter().map(|agreed| agreed.by.name()).collect();
    all.join(" + ")
}

/// By which ways, in the same order.
fn ways(approval: &Approval) -> String {
    let agreed = approval.agreed();
    let all: Vec<_> = agreed.iter().map(|agreed| agreed.via.to_string()).collect();
    all.join(" + ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'<U+0009>=1"),
            ("\r=1", "'<U+000D>=1"),
            ("a=1", "a=1"),
            ("a\u{202e}b", "a<U+202E>b"),
            ("aws \\\n  --acl", "aws \\\n  --acl"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), safe);
        }
    }
}
